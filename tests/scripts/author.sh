#!/bin/sh
# A script author's hour: exit codes, lines of JSON, a hook, and an outcome that is waited for.
set -eu
card=$1 folder=$2

# What is not there has a code of its own, and nothing is done.
code=0; fourpay freeze 'nobody at all' --yes 2> "$folder/error" || code=$?
test "$code" -eq 4
code=0; fourpay top-up "$card" 1e3 --yes 2> "$folder/error" || code=$?
test "$code" -eq 2
# Without a terminal nothing is asked, and nothing is done without --yes.
code=0; fourpay top-up "$card" 5 2> "$folder/error" < /dev/null || code=$?
test "$code" -eq 2
code=0; fourpay --read-only freeze "$card" --yes 2> "$folder/error" || code=$?
test "$code" -eq 5

# A hook for each top up from now on.
printf '#!/bin/sh\ncat >> "%s"\n' "$folder/events" > "$folder/hook"
chmod 700 "$folder/hook"
fourpay watch --name topups --when type:topup --exec "$folder/hook" --once
test ! -e "$folder/events"

# An act, by its reference: 0 done, 3 open.
code=0; fourpay top-up "$card" 5.00 --yes --wait 0 --json > "$folder/act.json" || code=$?
reference=$(sed -n 's/.*"reference": *"\(fp-[A-Z0-9]*\)".*/\1/p' "$folder/act.json" | head -n 1)
test -n "$reference"
code=0; fourpay journal wait "$reference" --for 60 || code=$?
test "$code" -eq 0 || test "$code" -eq 3

# The event comes once.
fourpay watch --name topups --when type:topup --exec "$folder/hook" --once
fourpay watch --name topups --when type:topup --exec "$folder/hook" --once
test "$(sort -u "$folder/events" | wc -l)" -ge 1
test "$(sort "$folder/events" | uniq -d | wc -l)" -eq 0

# Lines of JSON stop when nobody reads them, and that is no error.
fourpay transactions --all --jsonl | head -n 1 | grep -q '"record":"transaction"'
fourpay journal follow --once | tail -n 1 | grep -q '"hash":"'
