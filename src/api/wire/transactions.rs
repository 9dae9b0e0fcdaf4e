//! Transactions of both feeds, flat or nested as `transactionDetails`. API sheet section 5.

use super::record::record;
use super::{Decode, RawField, Record};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, TransactionId};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;
use crate::domain::transaction::{Costs, Feed, More, Transaction, TransactionKind, TransactionStatus};

/// Most fields of a transaction that are shown although nobody knows them.
const MOST_OTHER: usize = 60;

record! {
    // The names of the newer documents come first: they are tried in this order.
    TransactionRecord {
        id = "id", card_id = "cardUuid" | "cardId" | "card_uuid" | "card_id",
        account_id = "accountUuid" | "accountId" | "account_uuid" | "account_id",
        amount = "amount", currency = "currency", kind = "type", status = "status",
        created = "createdAt" | "created_at", updated = "updatedAt" | "updated_at",
        merchant = "merchantName" | "merchant", category = "merchantCategory",
        transaction_id = "transactionId" | "transactionUuid" | "transaction_id",
        account = "account", card = "card", details = "transactionDetails", data = "data",
        mcc = "mcc", done = "transactionAt", fee = "feeAmount", fee_currency = "feeCurrency",
        settlement = "settlementAmount", settlement_currency = "settlementCurrency",
        decline = "declineReason", description = "description", country = "merchantCountry",
        parent = "parentId", related = "relatedId", authorization = "authorizationCode", rrn = "rrn",
    }
}

record! {
    OwnerRef {
        id = "id", card = "cardId" | "cardUuid", account = "accountId" | "accountUuid", currency = "currency",
    }
}

/// A transaction of `feed`; `None` when the list mixes both.
pub(crate) struct TransactionRow {
    pub feed: Option<Feed>,
}

impl<'a> TransactionRecord<'a> {
    fn unwrapped(mut self) -> TransactionRecord<'a> {
        if !self.id.is_said()
            && !self.transaction_id.is_said()
            && let Some(inner) = self.data.record::<TransactionRecord<'a>>()
        {
            self = inner;
        }
        if let Some(mut inner) = self.details.record::<TransactionRecord<'a>>() {
            inner.details = RawField::default();
            self.fill(inner);
        }
        self
    }
}

impl Decode for TransactionRow {
    type Record<'a> = TransactionRecord<'a>;
    type Out = Transaction;

    fn build<'a>(&self, record: TransactionRecord<'a>) -> Option<Transaction> {
        let row = record.unwrapped();
        let card = row.card.record::<OwnerRef<'a>>().unwrap_or_default();
        let account = row.account.record::<OwnerRef<'a>>().unwrap_or_default();
        let mut card_id = row.card_id.or(card.card).or(card.id);
        if !card_id.is_said() && row.card.text().is_some() {
            card_id = row.card;
        }
        let card_id = card_id.id(CardId::parse);
        let currency = row.currency.currency().or(card.currency.currency()).or(account.currency.currency());
        let settlement = settlement(&row, currency);
        let feed = self.feed.unwrap_or(if card_id.is_some() { Feed::Cards } else { Feed::Accounts });
        Some(Transaction {
            id: row.id.or(row.transaction_id).id(TransactionId::parse)?,
            feed,
            account: row.account_id.or(account.account).or(account.id).id(AccountId::parse),
            card: card_id,
            amount: if stands_in(&row) { settlement } else { row.amount.money(currency) },
            kind: row.kind.word_or_unknown(TransactionKind::from_wire),
            status: row.status.word_or_unknown(TransactionStatus::from_wire),
            merchant: row.merchant.label(),
            category: category(row.mcc.or(row.category)),
            created_at: row.created.time().or(row.done.time()),
            updated_at: row.updated.time(),
            merchant_country: row.country.name(),
            costs: costs(&row, currency, settlement),
            more: more(&row),
        })
    }
}

/// Whether the row says what was settled and no amount: its settlement is shown in place of it, marked.
fn stands_in(row: &TransactionRecord<'_>) -> bool {
    row.settlement.is_said() && !row.amount.is_said()
}

/// What was settled. Where there is no other amount, the one currency of the row is its currency.
fn settlement(row: &TransactionRecord<'_>, currency: Field<Currency>) -> Field<Money> {
    match row.settlement_currency.currency() {
        Field::Absent if stands_in(row) => row.settlement.money(currency),
        settled => row.settlement.money(settled),
    }
}

fn costs(row: &TransactionRecord<'_>, currency: Field<Currency>, settlement: Field<Money>) -> Option<Box<Costs>> {
    if ![row.fee, row.settlement].iter().any(RawField::is_said) {
        return None;
    }
    let settled = row.settlement_currency.currency();
    // A fee without a currency is in the transaction's, unless the row speaks of two.
    let fee_currency = match (row.fee_currency.currency(), settled, currency) {
        (Field::Absent, Field::Known(settled), Field::Known(own)) if settled != own => Field::Absent,
        (Field::Absent, settled, Field::Absent) if stands_in(row) => settled,
        (Field::Absent, _, own) => own,
        (said, _, _) => said,
    };
    Some(Box::new(Costs { fee: row.fee.money(fee_currency), settlement, stands_in: stands_in(row) }))
}

fn more(row: &TransactionRecord<'_>) -> Option<Box<More>> {
    let rare = [row.decline, row.description, row.parent, row.related, row.authorization, row.rrn];
    if !rare.iter().any(RawField::is_said) {
        return None;
    }
    Some(Box::new(More {
        decline_reason: row.decline.prose(),
        description: row.description.prose(),
        parent: row.parent.id(TransactionId::parse),
        related: row.related.id(TransactionId::parse),
        authorization_code: row.authorization.name(),
        rrn: row.rrn.name(),
    }))
}

/// A category code has four digits; as a number it has lost its leading zeros.
fn category(slot: RawField<'_>) -> Option<SafeText> {
    if slot.is_number() {
        return slot.text().map(|text| SafeText::name(&format!("{text:0>4}")));
    }
    slot.name()
}

/// What a detail says beyond the fields that are known, for the inspector. Objects are flattened: `card.name`.
pub(crate) fn others(body: &[u8]) -> Vec<(SafeText, SafeText)> {
    let text = super::whole(body);
    let mut others = Vec::new();
    let mut pending: Vec<(String, RawField<'_>, u8)> = vec![(String::new(), RawField::new(&text), 0)];
    while let Some((within, slot, depth)) = pending.pop() {
        for (name, value) in slot.entries().unwrap_or_default() {
            if !value.is_said() || others.len() >= MOST_OTHER {
                continue;
            }
            let path = if within.is_empty() { name.to_string() } else { format!("{within}.{name}") };
            if value.is_object() && depth < 3 {
                let envelope = matches!(&*name, "data" | "transactionDetails");
                pending.push((if envelope { within.clone() } else { path }, value, depth + 1));
            } else if !is_shown(&within, &name) {
                others.push((SafeText::name(&path), value.shown()));
            }
        }
    }
    others
}

/// Whether a field is already in the transaction itself.
fn is_shown(within: &str, name: &str) -> bool {
    match within {
        "" => <TransactionRecord<'_> as Record<'_>>::NAMES.contains(&name),
        "card" | "account" => <OwnerRef<'_> as Record<'_>>::NAMES.contains(&name),
        _ => false,
    }
}
