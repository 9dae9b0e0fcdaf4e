//! What of a card, a transaction, an account or an intent a filter can ask.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::query::{Field, Grammar, Record, contains};
use crate::app::insights::measure;
use crate::app::msg::Past;
use crate::app::store::decline::{Later, paid_later};
use crate::app::store::{HolderRow, Store};
use crate::app::ui::describe;
use crate::app::ui::describe::kind_word;
use crate::domain::account::{Account, AccountStatus};
use crate::domain::card::{Card, CardStatus};
use crate::domain::cardholder::Cardholder;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::text::SafeText;
use crate::domain::transaction::{Transaction, TransactionKind, TransactionStatus};
use crate::domain::webhook::{DeliveryStatus, Event, EventKind};

/// The fields of pane 1.
pub const ACCOUNTS: Grammar = Grammar {
    fields: &[Field::Name, Field::Status, Field::Balance, Field::Id],
    statuses: || AccountStatus::KNOWN.iter().map(|status| status.as_str().to_owned()).collect(),
    kinds: Vec::new,
};

/// The fields of pane 2.
pub const CARDS: Grammar = Grammar {
    fields: &[
        Field::LastFour,
        Field::Status,
        Field::Holder,
        Field::Name,
        Field::Email,
        Field::Balance,
        Field::Kind,
        Field::Bin,
        Field::Account,
        Field::Id,
        Field::Since,
        Field::Before,
    ],
    statuses: || CardStatus::KNOWN.iter().map(|status| status.as_str().to_owned()).collect(),
    kinds: || vec!["virtual".into(), "physical".into()],
};

/// The fields of pane 3.
pub const TRANSACTIONS: Grammar = Grammar {
    fields: &[
        Field::Merchant,
        Field::Amount,
        Field::Status,
        Field::Reason,
        Field::Category,
        Field::Kind,
        Field::LastFour,
        Field::Bin,
        Field::Holder,
        Field::Name,
        Field::Account,
        Field::Id,
        Field::Since,
        Field::Before,
    ],
    statuses: || TransactionStatus::KNOWN.iter().map(|status| status.as_str().to_owned()).collect(),
    kinds: || TransactionKind::KNOWN.iter().map(|kind| kind.as_str().to_owned()).collect(),
};

/// The fields of pane 4.
pub const CARDHOLDERS: Grammar = Grammar {
    fields: &[Field::Name, Field::Email, Field::Phone, Field::LastFour, Field::Id],
    statuses: Vec::new,
    kinds: Vec::new,
};

/// The fields of pane 7.
pub const JOURNAL: Grammar = Grammar {
    fields: &[Field::Status, Field::Kind, Field::Amount, Field::Id, Field::Since, Field::Before],
    statuses: || Stage::ALL.iter().map(|stage| describe::stage(*stage).1.replace(' ', "-")).collect(),
    kinds: || {
        let kinds = ["issue", "freeze", "unfreeze", "close", "top-up", "withdrawal", "transfer", "new-cardholder"];
        kinds.map(str::to_owned).to_vec()
    },
};

/// The fields of pane 5: its lines are not filtered.
pub const INSIGHTS: Grammar = Grammar { fields: &[], statuses: Vec::new, kinds: Vec::new };

/// The fields of pane 6.
pub const WEBHOOKS: Grammar = Grammar {
    fields: &[Field::Status, Field::Kind, Field::LastFour, Field::Account, Field::Id, Field::Since, Field::Before],
    statuses: || DeliveryStatus::KNOWN.iter().map(|status| status.as_str().to_owned()).collect(),
    kinds: || EventKind::KNOWN.iter().map(|kind| kind.as_str().to_owned()).collect(),
};

type Is<'a> = &'a mut dyn FnMut(&str) -> bool;

fn any<'a>(texts: impl IntoIterator<Item = Option<&'a str>>, is: Is<'_>) -> bool {
    texts.into_iter().flatten().any(is)
}

/// A card.
pub struct OfCard<'a>(pub &'a Store, pub &'a Card);

impl OfCard<'_> {
    fn holder(&self) -> Option<&str> {
        self.0.holder_of(self.1).map(SafeText::as_str)
    }

    /// What the card says, and what its cardholder does.
    fn emails(&self) -> [Option<&str>; 2] {
        let of_holder = || self.0.holder(self.1.holder_id.as_ref()?)?.email.as_ref();
        [self.1.holder_email.as_ref(), of_holder()].map(|email| email.map(SafeText::as_str))
    }

    fn account(&self) -> Option<&str> {
        self.1.account.as_ref().and_then(|id| self.0.account(id)).map(|account| account.name.as_str())
    }
}

impl Record for OfCard<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        let card = self.1;
        let four = card.number.last_four.as_ref().map(|four| four.as_str());
        let name = card.name.as_ref().map(SafeText::as_str);
        let [own, holders] = self.emails();
        any([four, name, self.holder(), own, holders, self.account()], is)
    }

    fn has_id(&self, part: &str) -> bool {
        self.1.id.id().holds(part)
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        let card = self.1;
        match field {
            Field::LastFour => card.number.last_four.is_some_and(|four| is(four.as_str())),
            Field::Bin => card.number.bin.as_ref().is_some_and(|bin| is(bin.as_str())),
            Field::Status => is(card.status.as_str()),
            Field::Kind => card.kind.as_ref().is_some_and(|kind| is(kind.as_str())),
            Field::Name => card.name.as_ref().is_some_and(|name| is(name.as_str())),
            Field::Holder => self.holder().is_some_and(is),
            Field::Email => any(self.emails(), is),
            Field::Account => self.account().is_some_and(is),
            Field::Phone
            | Field::Merchant
            | Field::Reason
            | Field::Category
            | Field::Id
            | Field::Balance
            | Field::Amount
            | Field::Since
            | Field::Before
            | Field::Sum
            | Field::Currency
            | Field::Fee
            | Field::Hour
            | Field::Paid
            | Field::Card
            | Field::Found => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        self.1.spendable().known().map(|money| money.amount())
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        self.1.created_at.known().copied()
    }
}

/// A transaction.
pub struct OfTransaction<'a>(pub &'a Store, pub &'a Transaction);

impl OfTransaction<'_> {
    /// In what very many rows say alike: a phrase of the store.
    pub fn has_in_phrase(&self, is: Is<'_>) -> bool {
        let row = self.1;
        let account = row.account.as_ref().and_then(|id| self.0.account(id)).map(|account| account.name.as_str());
        let merchant = row.merchant.as_ref().map(SafeText::as_str);
        any([merchant, row.decline_reason().map(SafeText::as_str), Some(kind_word(&row.kind)), account], is)
    }

    pub fn has_in_description(&self, is: Is<'_>) -> bool {
        self.1.description().is_some_and(|text| is(text.as_str()))
    }

    pub fn has_in_card(&self, is: Is<'_>) -> bool {
        self.of_card(&mut |card| card.any_text(is))
    }

    /// Whether a declined payment was made up for, where that can be told.
    fn paid(&self) -> Option<&'static str> {
        let row = self.0.transactions.row(&self.1.id).filter(|_| self.1.status == TransactionStatus::Declined)?;
        match paid_later(self.0, row) {
            Later::Paid(_) => Some("later"),
            Later::NotPaid => Some("not"),
            Later::NotSeen | Later::NotTold => None,
        }
    }

    fn of_card(&self, is: &mut dyn FnMut(&OfCard<'_>) -> bool) -> bool {
        let card = self.1.card.as_ref().and_then(|id| self.0.card(id));
        card.is_some_and(|card| is(&OfCard(self.0, card)))
    }
}

impl Record for OfTransaction<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        self.has_in_phrase(is) || self.has_in_description(is) || self.has_in_card(is)
    }

    fn has_id(&self, part: &str) -> bool {
        self.1.id.id().holds(part)
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        let row = self.1;
        match field {
            Field::Merchant => row.merchant.as_ref().is_some_and(|merchant| is(merchant.as_str())),
            Field::Reason => row.decline_reason().is_some_and(|reason| is(reason.as_str())),
            Field::Category => row.category.as_ref().is_some_and(|category| is(category.as_str())),
            Field::Status => is(row.status.as_str()),
            Field::Kind => is(row.kind.as_str()) || is(kind_word(&row.kind)),
            Field::Account => {
                let account = row.account.as_ref().and_then(|id| self.0.account(id));
                account.is_some_and(|account| is(account.name.as_str()))
            }
            Field::LastFour | Field::Bin | Field::Holder | Field::Name => {
                self.of_card(&mut |card| card.text(field, is))
            }
            Field::Sum => measure::word_of(row).is_some_and(is),
            Field::Currency => row.amount.known().is_some_and(|amount| is(amount.currency().as_str())),
            Field::Fee => measure::fee_of(row).is_some_and(|fee| is(fee.currency().as_str())),
            Field::Paid => self.paid().is_some_and(is),
            Field::Card => row.card.as_ref().is_some_and(|card| is(&card.to_string())),
            Field::Found => {
                let row = self.0.transactions.row(&row.id);
                is(if row.is_some_and(|row| self.0.transactions.is_scattered(row)) { "search" } else { "list" })
            }
            Field::Email
            | Field::Phone
            | Field::Id
            | Field::Balance
            | Field::Amount
            | Field::Since
            | Field::Before
            | Field::Hour => false,
        }
    }

    fn exact(&self, field: Field, is: Is<'_>) -> bool {
        let row = self.1;
        match field {
            Field::Id => is(&row.id.to_string()),
            Field::Kind => is(row.kind.as_str()),
            Field::Account => {
                let name = row.account.as_ref().and_then(|id| self.0.account(id)).map(|account| account.name.as_str());
                row.account.as_ref().is_some_and(|id| is(&id.to_string())) || name.is_some_and(is)
            }
            Field::Holder => self.of_card(&mut |OfCard(store, card)| {
                let Some(id) = &card.holder_id else { return false };
                let name = store.holder(id).and_then(|holder| store.holder_name(holder));
                is(&id.to_string()) || name.is_some_and(|name| is(name.as_str()))
            }),
            field => self.text(field, is),
        }
    }

    fn amount(&self) -> Option<Decimal> {
        self.1.amount.known().map(|money| money.amount().abs())
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        self.1.created_at.known().copied()
    }
}

/// An account.
pub struct OfAccount<'a>(pub &'a Account);

impl Record for OfAccount<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        let currency = self.0.available.known().map(|money| money.currency());
        is(self.0.name.as_str()) || currency.is_some_and(|currency| is(currency.as_str()))
    }

    fn has_id(&self, part: &str) -> bool {
        self.0.id.id().holds(part)
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        match field {
            Field::Name => is(self.0.name.as_str()),
            Field::Status => is(self.0.status.as_str()),
            _ => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        self.0.available.known().map(|money| money.amount())
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        None
    }
}

/// A cardholder; found by the last four of their cards too.
pub struct OfHolder<'a>(pub &'a Store, pub HolderRow);

impl OfHolder<'_> {
    fn name(&self) -> Option<&str> {
        self.0.holder_name_at(self.1).map(SafeText::as_str)
    }

    fn holder(&self) -> Option<&Cardholder> {
        self.0.holder_at(self.1)
    }

    fn of_cards(&self, is: &mut dyn FnMut(&str) -> bool) -> bool {
        let Some(holder) = self.holder() else { return false };
        let cards = self.0.cards.of_holder(&holder.id).iter().map(|row| self.0.cards.get(*row));
        cards.filter_map(|card| card.number.last_four.as_ref()).any(|four| is(four.as_str()))
    }
}

impl Record for OfHolder<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        let email = || self.holder()?.email.as_ref().map(SafeText::as_str);
        let phone = || self.holder()?.phone.as_ref().map(SafeText::as_str);
        // The merchant's own name for somebody.
        let chosen = || self.holder()?.id.id().chosen();
        self.name().is_some_and(&mut *is)
            || email().is_some_and(&mut *is)
            || phone().is_some_and(&mut *is)
            || chosen().is_some_and(is)
    }

    fn has_id(&self, part: &str) -> bool {
        self.holder().is_some_and(|holder| holder.id.id().holds(part))
    }

    fn has_digits(&self, digits: &str) -> bool {
        self.of_cards(&mut |four| four.contains(digits))
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        let Some(holder) = self.holder() else { return false };
        match field {
            Field::Name | Field::Holder => self.name().is_some_and(is),
            Field::Email => holder.email.as_ref().is_some_and(|email| is(email.as_str())),
            Field::Phone => holder.phone.as_ref().is_some_and(|phone| is(phone.as_str())),
            Field::LastFour => self.of_cards(is),
            _ => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        None
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        None
    }
}

/// What was asked for, with its outcome.
pub struct OfPast<'a>(pub &'a Store, pub &'a Past);

impl Record for OfPast<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        let act = describe::act(&self.1.intent.act, self.0);
        is(&act)
            || is(describe::stage(self.1.stage).1)
            || is(self.1.intent.act.kind().noun())
            || is(&self.1.intent.reference.to_string())
    }

    fn has_id(&self, part: &str) -> bool {
        contains(&self.1.intent.reference.to_string(), part)
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        match field {
            Field::Status => is(describe::stage(self.1.stage).1),
            Field::Kind => is(self.1.intent.act.kind().noun()),
            _ => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        self.1.intent.act.amount().map(|money| money.amount())
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        Some(self.1.intent.asked_at)
    }
}

/// An entry of the event log.
pub struct OfEvent<'a>(pub &'a Store, pub &'a Event);

impl Record for OfEvent<'_> {
    fn any_text(&self, is: Is<'_>) -> bool {
        let event = self.1;
        let error = event.error.as_ref().map(SafeText::as_str);
        let code = event.response_code.map(|code| code.to_string());
        any([Some(describe::event_kind_word(event.about())), Some(event.delivery.as_str()), error, code.as_deref()], is)
            || is(&describe::event_subject(event, self.0))
    }

    fn has_id(&self, part: &str) -> bool {
        let event = self.1;
        event.id.id().holds(part) || event.subject.record.as_ref().is_some_and(|record| record.id().holds(part))
    }

    fn text(&self, field: Field, is: Is<'_>) -> bool {
        let event = self.1;
        match field {
            Field::Status => is(event.delivery.as_str()),
            Field::Kind => is(event.about().as_str()) || is(describe::event_kind_word(event.about())),
            Field::LastFour => {
                let card = event.subject.card.as_ref().and_then(|id| self.0.card(id));
                card.and_then(|card| card.number.last_four).is_some_and(|four| is(four.as_str()))
            }
            Field::Account => {
                let account = event.subject.account.as_ref().and_then(|id| self.0.account(id));
                account.is_some_and(|account| is(account.name.as_str()))
            }
            _ => false,
        }
    }

    fn amount(&self) -> Option<Decimal> {
        None
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        self.1.created_at.known().copied()
    }
}
