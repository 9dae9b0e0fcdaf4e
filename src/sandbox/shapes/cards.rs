//! Cardholders and cards as JSON, and what is derived from a card rather than kept: its number, CVV, expiry.

use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::{Code, Plain, Two};
use crate::sandbox::clock::{self, DAY, Time};
use crate::sandbox::demo::BINS;
use crate::sandbox::ids::{Id, Kind, mix};
use crate::sandbox::ledger::{CardStatus, Ledger, Limit};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HolderItem<'a> {
    card_owner_id: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    phone: Option<&'a str>,
    address: Option<()>,
}

pub fn holder(ledger: &Ledger, at: u32) -> HolderItem<'_> {
    let holder = &ledger.holders[at as usize];
    HolderItem {
        card_owner_id: &holder.owner_id,
        first_name: &holder.first,
        last_name: &holder.last,
        email: &holder.email,
        phone: holder.phone.as_deref(),
        address: None,
    }
}

/// A card's number: its BIN, nine digits that differ from card to card, and Luhn's check digit.
pub fn number(ledger: &Ledger, at: u32) -> Zeroizing<String> {
    const BILLION: u64 = 1_000_000_000;
    let bin = BINS[ledger.cards[at as usize].bin as usize].digits;
    // 3^18 has no factor in common with 10^9, so no two cards meet.
    let middle = (u64::from(at) * 387_420_489 + ledger.salt() % BILLION) % BILLION;
    let mut number = Zeroizing::new(String::with_capacity(16));
    number.push_str(bin);
    number.push_str(&Zeroizing::new(format!("{middle:09}")));
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    number.push(char::from(b'0' + ((10 - sum % 10) % 10) as u8));
    number
}

/// The last four digits, and the number with its middle hidden.
fn shown(ledger: &Ledger, at: u32) -> (String, String) {
    let number = number(ledger, at);
    (number[12..].to_owned(), format!("{}******{}", &number[..6], &number[12..]))
}

/// Month and year of expiry: three years after issue.
fn expiry(ledger: &Ledger, at: u32) -> (i64, i64) {
    let (year, month, _) = clock::civil(ledger.cards[at as usize].created.div_euclid(DAY));
    (month, year + 3)
}

/// Month and year of expiry, of a card that the provider has made.
pub fn shown_expiry(ledger: &Ledger, at: u32) -> Option<(i64, i64)> {
    made(ledger, at).then(|| expiry(ledger, at))
}

fn embossed(ledger: &Ledger, at: u32) -> String {
    let holder = &ledger.holders[ledger.cards[at as usize].holder as usize];
    format!("{} {}", holder.first, holder.last).to_uppercase()
}

/// Whether the provider has made the card yet: before that it has no number, expiry or balance.
fn made(ledger: &Ledger, at: u32) -> bool {
    !matches!(ledger.cards[at as usize].status, CardStatus::Creating | CardStatus::CreatingFailed)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardItem<'a> {
    card_id: Id,
    id: Id,
    account_uuid: Id,
    card_owner_id: &'a str,
    card_holder: String,
    name: &'a str,
    status: &'static str,
    card_type: &'static str,
    card_network: &'static str,
    masked_number: Option<String>,
    last_four: Option<String>,
    available_balance: Option<Two>,
    currency: Code,
    created_at: Time,
    updated_at: Time,
}

fn card_type(physical: bool) -> &'static str {
    if physical { "physical" } else { "virtual" }
}

pub fn card_item(ledger: &Ledger, at: u32) -> CardItem<'_> {
    let card = &ledger.cards[at as usize];
    let (last_four, masked) = made(ledger, at).then(|| shown(ledger, at)).unzip();
    CardItem {
        card_id: ledger.card_id(at),
        id: ledger.card_id(at),
        account_uuid: ledger.account_id(card.account),
        card_owner_id: &ledger.holders[card.holder as usize].owner_id,
        card_holder: embossed(ledger, at),
        name: &card.name,
        status: card.status.word(),
        card_type: card_type(card.physical),
        card_network: BINS[card.bin as usize].network,
        masked_number: masked,
        last_four,
        available_balance: made(ledger, at).then(|| Plain(card.purse.available())),
        currency: Code(ledger.currency_of(at)),
        created_at: Time(card.created),
        updated_at: Time(card.updated),
    }
}

/// A card among those of its holder.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldCard<'a> {
    card_id: Id,
    account_uuid: Id,
    name: &'a str,
    status: &'static str,
    masked_number: Option<String>,
    available_balance: Option<Two>,
    currency: Code,
}

pub fn held_card(ledger: &Ledger, at: u32) -> HeldCard<'_> {
    let card = &ledger.cards[at as usize];
    HeldCard {
        card_id: ledger.card_id(at),
        account_uuid: ledger.account_id(card.account),
        name: &card.name,
        status: card.status.word(),
        masked_number: made(ledger, at).then(|| shown(ledger, at).1),
        available_balance: made(ledger, at).then(|| Plain(card.purse.available())),
        currency: Code(ledger.currency_of(at)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardDetails<'a> {
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    card_id: Option<Id>,
    account_uuid: Id,
    card_owner_id: &'a str,
    status: &'static str,
    card_type: &'static str,
    last_four: Option<String>,
    balance: Option<Two>,
    available_balance: Option<Two>,
    currency: Code,
    expiry_month: Option<i64>,
    expiry_year: Option<i64>,
    name: &'a str,
    masked_number: Option<String>,
    card_network: &'static str,
    card_holder: String,
    spended_balance: Two,
    card_tokenizations: &'static [&'static str],
    limits: Vec<LimitItem>,
    card_owner: HolderItem<'a>,
    created_at: Time,
    updated_at: Time,
}

#[derive(Serialize)]
struct LimitItem {
    id: Id,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Two,
    spend: Two,
}

/// A card in full; also the payload of `card_state`. `both_ids` is for the answer to issuing.
pub fn card(ledger: &Ledger, at: u32, now: i64, both_ids: bool) -> CardDetails<'_> {
    let card = &ledger.cards[at as usize];
    let (last_four, masked) = made(ledger, at).then(|| shown(ledger, at)).unzip();
    let (month, year) = made(ledger, at).then(|| expiry(ledger, at)).unzip();
    let limit = |(place, limit): (u32, &Limit)| LimitItem {
        id: ledger.other_id(Kind::Limit, at.wrapping_mul(8) + place),
        kind: limit.span.word(),
        value: Plain(limit.value),
        spend: Plain(limit.spend(now)),
    };
    CardDetails {
        id: ledger.card_id(at),
        card_id: both_ids.then(|| ledger.card_id(at)),
        account_uuid: ledger.account_id(card.account),
        card_owner_id: &ledger.holders[card.holder as usize].owner_id,
        status: card.status.word(),
        card_type: card_type(card.physical),
        last_four,
        balance: made(ledger, at).then_some(Plain(card.purse.total)),
        available_balance: made(ledger, at).then(|| Plain(card.purse.available())),
        currency: Code(ledger.currency_of(at)),
        expiry_month: month,
        expiry_year: year,
        name: &card.name,
        masked_number: masked,
        card_network: BINS[card.bin as usize].network,
        card_holder: embossed(ledger, at),
        spended_balance: Plain(card.spent),
        card_tokenizations: BINS[card.bin as usize].tokenizations,
        limits: (0u32..).zip(&card.limits).map(limit).collect(),
        card_owner: holder(ledger, card.holder),
        created_at: Time(card.created),
        updated_at: Time(card.updated),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sensitive {
    #[serde(serialize_with = "exposed")]
    card_number: Zeroizing<String>,
    #[serde(serialize_with = "exposed")]
    cvv: Zeroizing<String>,
    expiry_month: String,
    expiry_year: String,
    card_holder: String,
}

fn exposed<S: Serializer>(secret: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(secret)
}

pub fn sensitive(ledger: &Ledger, at: u32) -> Sensitive {
    let (month, year) = expiry(ledger, at);
    Sensitive {
        card_number: number(ledger, at),
        cvv: Zeroizing::new(format!("{:03}", mix(ledger.salt() ^ (u64::from(at) << 20)) % 1_000)),
        expiry_month: format!("{month:02}"),
        expiry_year: format!("{year:04}"),
        card_holder: embossed(ledger, at),
    }
}
