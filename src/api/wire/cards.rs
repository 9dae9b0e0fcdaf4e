//! Cards, from the list, the details, a cardholder's list, an issuing answer or a webhook: flat, or nested as
//! `{account, card}`. API sheet section 4.

use super::record::record;
use super::{Decode, RawField, Record};
use crate::domain::account::{CardKind, Network, Wallet};
use crate::domain::card::{Card, CardStatus, Expiry, LastFour, Limit, LimitKind, MaskedNumber};
use crate::domain::field::Field;
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::money::Currency;
use crate::domain::text::SafeText;

record! {
    // The names of the newer documents come first: they are tried in this order.
    CardRecord {
        id = "id", card_id = "cardId" | "card_id", account_id = "accountUuid" | "accountId" | "account_uuid" | "account_id",
        name = "name" | "cardName", status = "status" | "cardStatus", kind = "cardType" | "card_type",
        currency = "currency", balance = "balance", available = "availableBalance",
        last_four = "lastFour" | "last_four" | "last4", masked = "maskedNumber" | "maskedPan",
        created = "createdAt" | "created_at", updated = "updatedAt" | "updated_at",
        owner_id = "cardOwnerId" | "card_owner_id", month = "expiryMonth" | "expMonth", year = "expiryYear" | "expYear",
        card_uuid = "cardUuid" | "card_uuid", account = "account", card = "card", data = "data",
        owner = "cardOwner" | "card_owner", holder = "holder" | "cardHolder" | "cardholder",
        network = "cardNetwork" | "paymentSystem" | "network", spent = "spendedBalance" | "spentBalance",
        expires = "expiredAt" | "expiry" | "expiresAt", limits = "limits",
        wallets = "cardTokenizations" | "tokenizations",
    }
}

record! {
    OwnerRecord {
        id = "cardOwnerId" | "card_owner_id" | "id", first = "firstName" | "first_name",
        last = "lastName" | "last_name", email = "email",
    }
}

record! {
    AccountRef { id = "id" | "accountUuid" | "accountId", currency = "currency" }
}

impl<'a> CardRecord<'a> {
    /// Steps into `data`, and into `card` where the account stands beside it.
    fn unwrapped(mut self) -> CardRecord<'a> {
        for _ in 0..2 {
            let named = self.id.is_said() || self.card_id.is_said() || self.card_uuid.is_said();
            let inner = if self.card.is_object() {
                self.card
            } else if !named {
                self.data
            } else {
                break;
            };
            let Some(mut inner) = inner.record::<CardRecord<'a>>() else { break };
            // The outer id may be anything's; the rest of what stands around it is about the card.
            let around =
                CardRecord { id: RawField::default(), card: RawField::default(), data: RawField::default(), ..self };
            inner.fill(around);
            self = inner;
        }
        self
    }
}

/// A card. `account` is the one whose list was asked for, for rows that do not name theirs.
pub(crate) struct CardRow<'c> {
    pub account: Option<&'c AccountId>,
}

impl Decode for CardRow<'_> {
    type Record<'a> = CardRecord<'a>;
    type Out = Card;

    fn build<'a>(&self, record: CardRecord<'a>) -> Option<Card> {
        let card = record.unwrapped();
        let account = card.account.record::<AccountRef<'a>>().unwrap_or_default();
        let owner = card.owner.record::<OwnerRecord<'a>>().unwrap_or_default();
        let holder = card.holder.record::<OwnerRecord<'a>>().unwrap_or_default();
        let (owner_first, owner_last) = (owner.first.or(holder.first), owner.last.or(holder.last));
        let currency = card.currency.currency().or(account.currency.currency());
        // The new API says `id`, upstream `cardId`; where both stand, `cardId` cannot be anything else.
        let id = card.card_id.or(card.card_uuid).or(card.id);
        Some(Card {
            id: id.id(CardId::parse)?,
            account: card.account_id.or(account.id).id(AccountId::parse).or_else(|| self.account.cloned()),
            holder_id: card.owner_id.or(owner.id).or(holder.id).id(HolderId::parse),
            holder: card.holder.name().or_else(|| full_name(owner_first, owner_last)),
            holder_email: owner.email.or(holder.email).name(),
            name: card.name.label(),
            status: card.status.word_or_unknown(CardStatus::from_wire),
            kind: card.kind.word(CardKind::from_wire),
            network: card.network.word(Network::from_wire),
            number: number(card.masked, card.last_four),
            balance: card.balance.money(currency),
            available: card.available.money(currency),
            spent: card.spent.money(currency),
            expiry: expiry(card.month, card.year, card.expires),
            limits: limits(card.limits, currency),
            wallets: card.wallets.each(|wallet| wallet.word(Wallet::from_wire)),
            created_at: card.created.time(),
            updated_at: card.updated.time(),
        })
    }
}

fn full_name(first: RawField<'_>, last: RawField<'_>) -> Option<SafeText> {
    match (first.text(), last.text()) {
        (None, None) => None,
        (first, last) => {
            let both = format!("{} {}", first.unwrap_or_default(), last.unwrap_or_default());
            Some(both.trim()).filter(|name| !name.is_empty()).map(SafeText::name)
        }
    }
}

fn number(masked: RawField<'_>, last_four: RawField<'_>) -> MaskedNumber {
    let mut number = masked.text().map(|text| MaskedNumber::from_wire(text.trim())).unwrap_or_default();
    if let Some(text) = last_four.text() {
        // As a number it has lost its leading zeros.
        let read = match last_four.is_number() {
            true => LastFour::parse(&format!("{text:0>4}")),
            false => LastFour::parse(text.trim()),
        };
        number.last_four = read.or(number.last_four);
    }
    number
}

/// `expiryMonth` and `expiryYear` as numbers or strings, or `expiredAt` as `12.2027`, `12/27`, `2027-12`,
/// or a date.
pub(super) fn expiry(month: RawField<'_>, year: RawField<'_>, whole: RawField<'_>) -> Field<Expiry> {
    let small = |slot: RawField<'_>| slot.count().and_then(|count| u32::try_from(count).ok());
    if month.is_said() || year.is_said() {
        let read = small(month).zip(small(year)).and_then(|(month, year)| Expiry::new(month, year));
        return read.map_or(Field::Unreadable, Field::Known);
    }
    if !whole.is_said() {
        return Field::Absent;
    }
    let Some(text) = whole.text() else { return Field::Unreadable };
    let parts: Vec<&str> = text.trim().split(['.', '/', '-']).collect();
    let part = |at: usize| {
        parts.get(at).filter(|part| part.bytes().all(|b| b.is_ascii_digit())).and_then(|part| part.parse::<u32>().ok())
    };
    let read = match (parts.as_slice(), part(0), part(1)) {
        // As a number, `10.2030` has lost its last zero.
        ([_, year], Some(_), Some(_)) if whole.is_number() && year.len() != 4 => None,
        ([year, _], Some(first), Some(second)) if year.len() == 4 => Expiry::new(second, first),
        ([_, _], Some(first), Some(second)) => Expiry::new(first, second),
        ([year, _, _], Some(first), Some(second)) if year.len() == 4 => Expiry::new(second, first),
        _ => None,
    };
    read.map_or(Field::Unreadable, Field::Known)
}

record! {
    LimitRecord {
        kind = "type" | "name", value = "value" | "amount" | "limit",
        spent = "spend" | "spent" | "used", currency = "currency",
    }
}

/// A list of `{type, value, spend}`, or a map from the limit's name to its value.
fn limits(slot: RawField<'_>, currency: Field<Currency>) -> Field<Vec<Limit>> {
    let read = |kind: LimitKind, limit: LimitRecord<'_>| {
        let currency = limit.currency.currency().or(currency);
        Limit { kind, value: limit.value.money(currency), spent: limit.spent.money(currency) }
    };
    let limits: Option<Vec<Limit>> = if !slot.is_said() {
        return Field::Absent;
    } else if slot.is_list() {
        slot.list().and_then(|entries| {
            entries
                .into_iter()
                .map(|entry| {
                    let limit = entry.record::<LimitRecord<'_>>()?;
                    Some(read(limit.kind.word(LimitKind::from_wire)?, limit))
                })
                .collect()
        })
    } else {
        slot.entries().map(|entries| {
            entries
                .into_iter()
                .map(|(name, value)| {
                    let limit = value.record().unwrap_or(LimitRecord { value, ..LimitRecord::default() });
                    read(LimitKind::from_wire(&name), limit)
                })
                .collect()
        })
    };
    limits.map_or(Field::Unreadable, Field::Known)
}
