#!/bin/sh
# A support agent's hour: somebody lost a card and knows its last four digits; another one asks about a decline.
set -eu
four=$1

# Which card is it, and whose?
fourpay card "$four"
id=$(fourpay cards "last4:$four" --tsv --columns id | tail -n 1)

# Freeze it; a second time is no fault and sends nothing.
fourpay freeze "$four" --reason lost --yes
test "$(fourpay cards "id:$id" --tsv --columns status | tail -n 1)" = frozen
fourpay freeze "$four" --yes

# Who did that, and when?
fourpay journal list
fourpay journal verify

# The newest decline of the week, in words.
declined=$(fourpay transactions declined type:purchase --since 400d --tsv --columns id | sed -n 2p)
if [ -n "$declined" ]; then
    fourpay why "$declined"
fi

# The card was found again.
fourpay unfreeze "$four" --yes
test "$(fourpay cards "id:$id" --tsv --columns status | tail -n 1)" = active
