//! How things of the ledger look as JSON, in the shapes of the newer API documents.
//!
//! Knows the books and how to write them down; decides nothing.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::clock::{self, DAY, Time};
use super::demo::{BINS, MERCHANTS};
use super::ids::{Id, Kind, mix};
use super::ledger::{CardStatus, Ledger, NONE, TxStatus};
use crate::domain::money::Currency;

/// A decimal string with at least so many decimals, and never fewer than it has.
#[derive(Clone, Copy)]
pub struct Plain<const SCALE: usize>(pub Decimal);

/// What accounts have.
pub type Nine = Plain<9>;
/// What everything else has.
pub type Two = Plain<2>;

impl<const SCALE: usize> Serialize for Plain<SCALE> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // 29 digits, 28 zeros in front of them or behind, a point and a sign.
        let mut text = [b'0'; 64];
        let mut at = text.len();
        let value = self.0.normalize();
        let scale = value.scale() as usize;
        let mut digits = value.mantissa().unsigned_abs();
        let decimals = scale.max(SCALE);
        let mut written = decimals - scale;
        at -= written;
        while digits > 0 || written <= decimals {
            if written == decimals && decimals > 0 {
                at -= 1;
                text[at] = b'.';
            }
            at -= 1;
            text[at] = b'0' + (digits % 10) as u8;
            digits /= 10;
            written += 1;
        }
        if value.is_sign_negative() && !value.is_zero() {
            at -= 1;
            text[at] = b'-';
        }
        to.serialize_str(std::str::from_utf8(&text[at..]).unwrap_or_default())
    }
}

/// A currency as its code.
#[derive(Clone, Copy)]
pub struct Code(pub Currency);

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.as_str())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountItem<'a> {
    id: Id,
    name: &'a str,
    balance: Nine,
    holded_balance: Nine,
    available_balance: Nine,
    currency: Code,
    status: &'static str,
    cards: usize,
    allowed_card_types: &'static [&'static str],
    is_transfer_allowed: bool,
    created_at: Time,
    updated_at: Time,
}

fn types(physical: bool) -> &'static [&'static str] {
    if physical { &["virtual", "physical"] } else { &["virtual"] }
}

pub fn account(ledger: &Ledger, at: u32) -> AccountItem<'_> {
    let account = &ledger.accounts[at as usize];
    AccountItem {
        id: ledger.account_id(at),
        name: &account.name,
        balance: Plain(account.purse.total),
        holded_balance: Plain(account.purse.held),
        available_balance: Plain(account.purse.available()),
        currency: Code(account.currency),
        status: "active",
        cards: account.living,
        allowed_card_types: types(account.physical),
        is_transfer_allowed: account.transfers,
        created_at: Time(account.created),
        updated_at: Time(account.updated),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountDetails<'a> {
    #[serde(flatten)]
    item: AccountItem<'a>,
    is_used_card_balance: bool,
    fees: Fees,
    bin_list: Vec<BinItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fees {
    card_transactions: Fee,
    card_issuing: Fee,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Fee {
    Percent { percent: String },
    Amount { amount: Two, currency: Code },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BinItem {
    card_provider_bin_id: Id,
    bin: &'static str,
    card_network: &'static str,
    issuer_country: &'static str,
    card_tokenizations: &'static [&'static str],
    category_ids: [Id; 1],
    tags: &'static [&'static str],
}

/// The id a BIN is asked for by.
pub fn bin_id(ledger: &Ledger, bin: u8) -> Id {
    ledger.other_id(Kind::Bin, u32::from(bin))
}

/// The id of the category a BIN is in.
pub fn category_id(ledger: &Ledger, bin: u8) -> Id {
    ledger.other_id(Kind::Category, BINS[bin as usize].category)
}

pub fn account_details(ledger: &Ledger, at: u32) -> AccountDetails<'_> {
    let account = &ledger.accounts[at as usize];
    let bin = |bin: &u8| {
        let known = &BINS[*bin as usize];
        BinItem {
            card_provider_bin_id: bin_id(ledger, *bin),
            bin: known.digits,
            card_network: known.network,
            issuer_country: known.country,
            card_tokenizations: known.tokenizations,
            category_ids: [category_id(ledger, *bin)],
            tags: known.tags,
        }
    };
    AccountDetails {
        item: self::account(ledger, at),
        is_used_card_balance: true,
        fees: Fees {
            card_transactions: Fee::Percent { percent: account.purchase_fee.to_string() },
            card_issuing: Fee::Amount { amount: Plain(account.issuing_fee), currency: Code(account.currency) },
        },
        bin_list: account.bins.iter().map(bin).collect(),
    }
}

/// Not `holdedBalance` here: the documents have it both ways.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    balance: Nine,
    held_balance: Nine,
    available_balance: Nine,
    cards: usize,
    currency: Code,
}

pub fn balance(ledger: &Ledger, at: u32) -> Balance {
    let account = &ledger.accounts[at as usize];
    Balance {
        balance: Plain(account.purse.total),
        held_balance: Plain(account.purse.held),
        available_balance: Plain(account.purse.available()),
        cards: account.living,
        currency: Code(account.currency),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Restrictions {
    max_cards: usize,
    current_cards: usize,
    allowed_card_types: &'static [&'static str],
    restrictions: [(); 0],
}

pub fn restrictions(ledger: &Ledger, at: u32) -> Restrictions {
    let account = &ledger.accounts[at as usize];
    Restrictions {
        max_cards: account.living.max(500) * 2,
        current_cards: account.living,
        allowed_card_types: types(account.physical),
        restrictions: [],
    }
}

#[derive(Serialize)]
pub struct Destination<'a> {
    id: Id,
    name: &'a str,
    currency: Code,
}

pub fn destination(ledger: &Ledger, at: u32) -> Destination<'_> {
    let account = &ledger.accounts[at as usize];
    Destination { id: ledger.account_id(at), name: &account.name, currency: Code(account.currency) }
}

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
    let limit = |(place, limit): (u32, &super::ledger::Limit)| LimitItem {
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CardTxItem<'a> {
    id: Id,
    card_uuid: Id,
    account_uuid: Id,
    amount: Two,
    currency: Code,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mcc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_country: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_amount: Option<Two>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_amount: Option<Two>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_currency: Option<Code>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created_at: Time,
    updated_at: Time,
}

/// A row of the card feed; list, detail and the payload of `card_transaction` are the same.
pub fn card_tx(ledger: &Ledger, at: u32) -> CardTxItem<'_> {
    let row = &ledger.card_txs[at as usize];
    let merchant = MERCHANTS.get(row.merchant as usize);
    let currency = Code(ledger.currency_of(row.card));
    let settled = row.status == TxStatus::Completed;
    CardTxItem {
        id: ledger.card_tx_id(at),
        card_uuid: ledger.card_id(row.card),
        account_uuid: ledger.account_id(ledger.cards[row.card as usize].account),
        amount: Plain(row.amount),
        currency,
        kind: row.kind.word(),
        status: row.status.word(),
        merchant_name: merchant.map(|merchant| merchant.name),
        merchant_category: merchant.map(|merchant| merchant.mcc),
        mcc: merchant.map(|merchant| merchant.mcc),
        merchant_country: merchant.map(|merchant| merchant.country),
        fee_amount: (!row.fee.is_zero()).then_some(Plain(row.fee)),
        settlement_amount: settled.then_some(Plain(row.amount)),
        settlement_currency: settled.then_some(currency),
        decline_reason: row.decline.map(|cause| cause.words()),
        parent_id: (row.parent != NONE).then(|| ledger.card_tx_id(row.parent)),
        related_id: if row.parent != NONE {
            Some(ledger.card_tx_id(row.parent))
        } else {
            (row.related != NONE).then(|| ledger.account_tx_id(row.related))
        },
        description: row.description.as_deref(),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTxItem<'a> {
    id: Id,
    account_uuid: Id,
    amount: Two,
    currency: Code,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    /// Not `cardUuid`: by that key receivers tell card rows from account rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    related_card_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterparty_account_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    created_at: Time,
    updated_at: Time,
}

/// A row of the account feed; list, detail and the payload of `account_transaction` are the same.
pub fn account_tx(ledger: &Ledger, at: u32) -> AccountTxItem<'_> {
    let row = &ledger.account_txs[at as usize];
    AccountTxItem {
        id: ledger.account_tx_id(at),
        account_uuid: ledger.account_id(row.account),
        amount: Plain(row.amount),
        currency: Code(ledger.accounts[row.account as usize].currency),
        kind: row.kind.word(),
        status: row.status.word(),
        related_card_id: (row.card != NONE).then(|| ledger.card_id(row.card)),
        counterparty_account_id: (row.other != NONE).then(|| ledger.account_id(row.other)),
        related_id: if row.other != NONE {
            (row.related != NONE).then(|| ledger.account_tx_id(row.related))
        } else {
            (row.related != NONE && (row.related as usize) < ledger.card_txs.len())
                .then(|| ledger.card_tx_id(row.related))
        },
        description: row.description.as_deref(),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}

/// A crypto top-up of an account: only ever told by webhook.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopUp {
    id: Id,
    account_uuid: Id,
    currency: &'static str,
    amount: Two,
    status: &'static str,
    settlement_amount: Two,
    settlement_currency: Code,
    created_at: Time,
    updated_at: Time,
}

pub fn top_up(ledger: &Ledger, at: u32) -> TopUp {
    let row = &ledger.account_txs[at as usize];
    TopUp {
        id: ledger.account_tx_id(at),
        account_uuid: ledger.account_id(row.account),
        currency: "USDTTRC20",
        amount: Plain(row.amount),
        status: "completed",
        settlement_amount: Plain(row.amount),
        settlement_currency: Code(ledger.accounts[row.account as usize].currency),
        created_at: Time(row.created),
        updated_at: Time(row.updated),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_their_scale_and_nothing_is_cut() {
        let nine = |text: &str| serde_json::to_string(&Plain::<9>(text.parse().unwrap())).unwrap();
        let two = |text: &str| serde_json::to_string(&Plain::<2>(text.parse().unwrap())).unwrap();
        assert_eq!(nine("2500"), "\"2500.000000000\"");
        assert_eq!(nine("0"), "\"0.000000000\"");
        assert_eq!(two("0"), "\"0.00\"");
        assert_eq!(two("50"), "\"50.00\"");
        assert_eq!(two("0.05"), "\"0.05\"");
        assert_eq!(two("-23.1"), "\"-23.10\"");
        assert_eq!(two("0.1234"), "\"0.1234\"");
        assert_eq!(two("99999999999999999999999999.99"), "\"99999999999999999999999999.99\"");
        assert_eq!(nine("79228162514264337593543950335"), "\"79228162514264337593543950335.000000000\"");
    }
}
