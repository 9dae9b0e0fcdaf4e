//! Accounts, their balances, fees, BINs, restrictions and transfer destinations. API sheet section 2.

use super::record::record;
use super::{Decode, RawField};
use crate::domain::account::{
    Account, AccountDetail, AccountStatus, Balances, Bin, CardKind, Destination, Fee, Fees, Network, Wallet,
};
use crate::domain::card::LimitKind;
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, BinCategoryId, BinId};
use crate::domain::money::Currency;
use crate::domain::restrictions::{LimitRange, Restrictions};
use crate::domain::text::SafeText;

/// Most restrictions that are kept as text.
const MOST_OTHER: usize = 100;

record! {
    AccountRecord {
        id = "id", account_id = "accountUuid" | "accountId" | "account_uuid" | "account_id" | "uuid",
        name = "name" | "accountName", currency = "currency",
        balance = "balance", held = "holdedBalance" | "heldBalance", available = "availableBalance",
        status = "status" | "accountStatus", cards = "cards" | "cardsCount", kinds = "allowedCardTypes",
        transfer = "isTransferAllowed",
        created = "createdAt" | "created_at", updated = "updatedAt" | "updated_at",
        cards_hold = "isUsedCardBalance", fees = "fees", bins = "binList",
        data = "data", account = "account",
    }
}

impl<'a> AccountRecord<'a> {
    /// Steps into `data` or `account` when the record itself has no id.
    fn unwrapped(mut self) -> AccountRecord<'a> {
        for _ in 0..2 {
            if self.id.is_said() || self.account_id.is_said() {
                break;
            }
            match self.data.or(self.account).record::<AccountRecord<'a>>() {
                Some(mut inner) => {
                    super::Record::fill(
                        &mut inner,
                        AccountRecord { data: RawField::default(), account: RawField::default(), ..self },
                    );
                    self = inner;
                }
                None => break,
            }
        }
        self
    }

    fn account(&self) -> Option<Account> {
        let currency = self.currency.currency();
        Some(Account {
            id: self.id.or(self.account_id).id(AccountId::parse)?,
            name: self.name.label().unwrap_or_else(|| SafeText::name("")),
            currency: currency.known().copied(),
            balance: self.balance.money(currency),
            held: self.held.money(currency),
            available: self.available.money(currency),
            status: self.status.word_or_unknown(AccountStatus::from_wire),
            cards: self.cards.count(),
            card_kinds: self.kinds.each(|kind| kind.word(CardKind::from_wire)),
            transfer_allowed: self.transfer.flag(),
            created_at: self.created.time(),
            updated_at: self.updated.time(),
        })
    }
}

/// A row of the account list.
pub(crate) struct AccountRow;

impl Decode for AccountRow {
    type Record<'a> = AccountRecord<'a>;
    type Out = Account;
    fn build<'a>(&self, record: AccountRecord<'a>) -> Option<Account> {
        record.unwrapped().account()
    }
}

/// An account in detail.
pub(crate) struct AccountWhole;

impl Decode for AccountWhole {
    type Record<'a> = AccountRecord<'a>;
    type Out = AccountDetail;
    fn build<'a>(&self, record: AccountRecord<'a>) -> Option<AccountDetail> {
        let record = record.unwrapped();
        let account = record.account()?;
        let currency = account.currency;
        let fees = record.fees.record::<FeesRecord<'a>>().unwrap_or_default();
        Some(AccountDetail {
            cards_hold_balance: record.cards_hold.flag(),
            fees: Fees {
                card_transactions: fee(fees.card_transactions, currency),
                card_issuing: fee(fees.card_issuing, currency),
                top_ups_allocation: fee(fees.top_ups_allocation, currency),
            },
            bins: record.bins.each(bin),
            restrictions: None,
            account,
        })
    }
}

record! {
    FeesRecord { card_transactions = "cardTransactions", card_issuing = "cardIssuing", top_ups_allocation = "topUpsAllocation" }
}

record! {
    FeeRecord { kind = "type", percent = "percent", amount = "amount", currency = "currency" }
}

fn fee(slot: RawField<'_>, account: Option<Currency>) -> Field<Fee> {
    if !slot.is_said() {
        return Field::Absent;
    }
    let Some(fee) = slot.record::<FeeRecord<'_>>() else { return Field::Unreadable };
    let fee = match fee.kind.text().as_deref() {
        Some("percent") => fee.percent.decimal().map(Fee::Percent),
        Some("amount") => fee.amount.money(fee.currency.currency().or(account.into())).map(Fee::Amount),
        _ => Field::Unreadable,
    };
    // A fee that is there but says no number is not "no fee".
    match fee {
        Field::Absent => Field::Unreadable,
        read => read,
    }
}

record! {
    BinRecord {
        id = "cardProviderBinId" | "id", number = "bin", network = "cardNetwork" | "paymentSystem",
        country = "issuerCountry", wallets = "cardTokenizations", categories = "categoryIds", tags = "tags",
    }
}

fn bin(slot: RawField<'_>) -> Option<Bin> {
    let bin = slot.record::<BinRecord<'_>>()?;
    Some(Bin {
        id: bin.id.id(BinId::parse)?,
        number: bin.number.name().unwrap_or_else(|| SafeText::name("")),
        network: bin.network.word(Network::from_wire),
        country: bin.country.name(),
        wallets: bin.wallets.each(|wallet| wallet.word(Wallet::from_wire)),
        categories: bin.categories.each(|id| id.id(BinCategoryId::parse)),
        tags: bin.tags.each(|tag| tag.name()),
    })
}

/// `GET …/balance`.
pub(crate) struct BalanceWhole;

impl Decode for BalanceWhole {
    type Record<'a> = AccountRecord<'a>;
    type Out = Balances;
    fn build<'a>(&self, record: AccountRecord<'a>) -> Option<Balances> {
        let said = |record: &AccountRecord<'a>| record.balance.is_said() || record.available.is_said();
        let record = if said(&record) { record } else { record.data.record().unwrap_or(record) };
        // An object without any balance is some other object.
        if !said(&record) && !record.currency.is_said() {
            return None;
        }
        let currency = record.currency.currency();
        Some(Balances {
            balance: record.balance.money(currency),
            held: record.held.money(currency),
            available: record.available.money(currency),
            cards: record.cards.count(),
            currency: currency.known().copied(),
        })
    }
}

record! {
    DestinationRecord { id = "id" | "accountUuid" | "accountId", name = "name" | "accountName", currency = "currency" }
}

/// A row of the transfer destinations.
pub(crate) struct DestinationRow;

impl Decode for DestinationRow {
    type Record<'a> = DestinationRecord<'a>;
    type Out = Destination;
    fn build<'a>(&self, record: DestinationRecord<'a>) -> Option<Destination> {
        Some(Destination {
            id: record.id.id(AccountId::parse)?,
            name: record.name.label().unwrap_or_else(|| SafeText::name("")),
            currency: record.currency.currency().known().copied(),
        })
    }
}

record! {
    RangeRecord {
        kind = "type" | "name" | "limit", least = "amountMin" | "minAmount" | "min" | "amount_min",
        most = "amountMax" | "maxAmount" | "max" | "amount_max",
    }
}

/// Restrictions: two unrelated shapes are known, so what is not known stays key and value.
pub(crate) fn restrictions(body: &[u8]) -> Result<Restrictions, &'static str> {
    let text = super::whole(body);
    if text.is_empty() || text == "null" {
        return Ok(Restrictions::default());
    }
    let whole = RawField::new(&text);
    let fields = whole.entries().ok_or("the answer is no JSON object")?;
    let fields = match fields.as_slice() {
        [(name, inner)] if name == "data" && inner.is_object() => inner.entries().unwrap_or_default(),
        _ => fields,
    };
    let mut restrictions = Restrictions::default();
    for (name, slot) in fields {
        if !slot.is_said() {
            continue;
        }
        let counted = slot.count().map_or(Field::Unreadable, Field::Known);
        match &*name {
            "maxCards" | "max_cards" | "cardsLimit" => restrictions.most_cards = counted,
            "currentCards" | "current_cards" => restrictions.current_cards = counted,
            "allowedCardTypes" if slot.is_list() => {
                restrictions.card_kinds = slot.each(|kind| kind.word(CardKind::from_wire));
            }
            "cardBalance" | "isUsedCardBalance" if slot.flag().is_some() => {
                restrictions.cards_hold_balance = slot.flag();
            }
            "binList" if slot.is_list() => restrictions.bins = slot.each(bin),
            "limits" | "restrictions" if ranges(slot).is_some() => {
                restrictions.limits.extend(ranges(slot).unwrap_or_default());
            }
            _ if restrictions.other.len() >= MOST_OTHER => {}
            name => restrictions.other.push((SafeText::name(name), slot.shown())),
        }
    }
    Ok(restrictions)
}

/// A list of `{type, amountMin, amountMax}`, or a map from a limit's name to its least and most. `None` for anything
/// else, which is shown as it is.
fn ranges(slot: RawField<'_>) -> Option<Vec<LimitRange>> {
    let range = |kind: LimitKind, range: RangeRecord<'_>| LimitRange {
        kind,
        least: range.least.decimal(),
        most: range.most.decimal(),
    };
    match slot.list() {
        Some(entries) => entries
            .into_iter()
            .map(|entry| {
                let record = entry.record::<RangeRecord<'_>>()?;
                Some(range(record.kind.word(LimitKind::from_wire)?, record))
            })
            .collect(),
        None => slot
            .entries()?
            .into_iter()
            .map(|(name, entry)| Some(range(LimitKind::from_wire(&name), entry.record()?)))
            .collect(),
    }
}
