#!/bin/sh
# A finance person's hour: what is there, what was declined, bring a card to a level, move money, the books.
set -eu
card=$1 level=$2 from=$3 to=$4 folder=$5

fourpay accounts --totals
fourpay transactions declined --since 30d --csv --totals > "$folder/declined.csv"
head -n 1 "$folder/declined.csv" | grep -q '^id,'
fourpay insights declines --by merchant --last 30d
fourpay insights spend --by category --last 30d --csv > "$folder/spend.csv"
fourpay insights runway

# Bring a card to a level. What is there already sends nothing.
fourpay top-up "$card" --to "$level" --yes
fourpay top-up "$card" --to "$level" --yes 2>&1 | grep -q 'nothing was sent'

fourpay transfer "$from" "$to" 12.34 --yes

# The books agree with the balances that the API says, or the difference is said (7).
for format in hledger beancount ofx csv; do
    fourpay export --format "$format" --output "$folder/books.$format" || test $? -eq 7
    test -s "$folder/books.$format"
done
fourpay reconcile --day today || test $? -eq 7
fourpay statement "$from" || test $? -eq 7
