//! `fourpay issue`: a card, or a series of cards of one kind.

use rust_decimal::Decimal;

use super::act::{self, ActArgs, Ask, DespiteArgs, Hand, Plan, Prepared, Step, Told, exactly, line};
use super::card_edit::{card_name, limit};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use super::holder;
use super::lookup;
use super::money::unfit;
use crate::domain::account::{AccountDetail, CardKind, Fee};
use crate::domain::field::Field;
use crate::domain::intent::{Act, Before, BinChoice, CardOrder, checks, series};
use crate::domain::money::{Currency, Money};
use crate::domain::text::SafeText;

/// Arguments of `issue`.
#[derive(clap::Args, Debug)]
pub struct IssueArgs {
    /// Whose card it is: by id, e-mail or whole name
    #[arg(long)]
    holder: String,
    /// Name of the card; a series needs {seq} or {seq:02} in it
    #[arg(long)]
    name: String,
    /// How many
    #[arg(long, value_name = "CARDS", default_value_t = 1)]
    count: u32,
    /// Where {seq} starts
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    first: u32,
    /// By name or id; not needed where one account is active
    #[arg(long)]
    account: Option<String>,
    /// virtual or physical
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The BIN's number or id, as `fourpay bins` lists them
    #[arg(long, conflicts_with = "category")]
    bin: Option<String>,
    /// Any BIN of this category, by its id
    #[arg(long)]
    category: Option<String>,
    /// A code, for example USD; the account's when nothing is said
    #[arg(long)]
    currency: Option<String>,
    /// transaction=, daily=, weekly=, monthly=, yearly= or lifetime= an amount; may be given several times
    #[arg(long = "limit", value_name = "KIND=AMOUNT")]
    limits: Vec<String>,
    #[command(flatten)]
    pub act: ActArgs,
    #[command(flatten)]
    despite: DespiteArgs,
}

/// Issues cards.
pub async fn run(asked: &IssueArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let names = series::names(&asked.name, asked.first, asked.count);
    let names = names.map_err(|why| Stop::usage(format!("{why}; nothing was sent")))?;
    card_name(&asked.name)?;
    let failed = |failure| connection.failed(&failure);
    let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
    let account = holder::account(asked.account.as_deref(), &accounts)?;
    let holders = lookup::holders(&connection.client).await.map_err(failed)?;
    let person = lookup::one_holder(&asked.holder, &holders)?;
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &asked.despite.despite };
    act::run(&hand, async || {
        let detail = connection.client.account(&account.id).await.ok();
        let account = detail.as_ref().map_or_else(|| account.clone(), |detail| act::fresher(&detail.account, account));
        let available = account.available.known().copied();
        let order = CardOrder {
            name: SafeText::name(&asked.name),
            holder: person.id.clone(),
            kind: kind(asked, &account.card_kinds)?,
            currency: currency(asked)?,
            bin: bin(asked, detail.as_ref())?,
            limits: limits(asked, account.currency.or(available.map(|money| money.currency())), connection)?,
        };
        let refused = |why: String| Stop::new(Exit::Refused, format!("{why}; nothing was sent"));
        checks::issue(&order, &account).map_err(refused)?;
        let fee = fee_in_all(detail.as_ref(), names.len());
        if let Some(fee) = fee.filter(|fee| !fee.is_zero()) {
            checks::covered(fee, available).map_err(|why| unfit(&format!("issuing costs {fee}; {why}"), &why))?;
        }
        let before = Before { account: available, other: None };
        let step = |name: &SafeText| {
            let order = CardOrder { name: name.clone(), ..order.clone() };
            Step { act: Act::IssueCard { account: account.id.clone(), order }, before }
        };
        let steps: Vec<Step> = names.iter().map(step).collect();
        let store = act::store(connection, &accounts.items, &[]);
        let mail = person.email.as_ref().map_or_else(String::new, |mail| format!(" · {mail}"));
        let mut review = vec![line("holder", &format!("{}{mail}", person.full_name()))];
        if let (Some(first), Some(last)) = (names.first(), names.last()) {
            let all = match names.len() {
                1 => format!("{first} ({})", order.kind),
                many => format!("{many} {} cards: {first} … {last}", order.kind),
            };
            review.push(line(if names.len() == 1 { "card" } else { "series" }, &all));
        }
        for (kind, amount) in &order.limits {
            review.push(line("limit", &format!("{kind} {}", act::shown(amount, &store))));
        }
        if let (Some(all), true) = (fee, names.len() > 1) {
            review.push(line("fee in all", &act::shown(&all, &store)));
        }
        if let Some(step) = steps.first() {
            let fees = detail.as_ref().map(|detail| &detail.fees);
            review.extend(act::money(&step.act, &before, fees, None, &store));
        }
        let many = names.len();
        let prepared = Prepared::new(Plan::Series(steps), review, store);
        Ok(match many {
            1 => prepared,
            // M10: typed at a terminal; with --yes the number stands in the command.
            _ => prepared.asking(Ask::Typed {
                what: format!("how many cards ({many})"),
                word: many.to_string(),
                like: exactly,
                flag: "--count",
                given: asked.act.is_confirmed().then(|| many.to_string()),
                and_yes: true,
            }),
        })
    })
    .await
}

fn kind(asked: &IssueArgs, allowed: &[CardKind]) -> Result<CardKind, Stop> {
    let Some(word) = &asked.kind else { return Ok(allowed.first().cloned().unwrap_or(CardKind::Virtual)) };
    let kind = CardKind::from_wire(word);
    match allowed.contains(&kind) || CardKind::KNOWN.contains(&kind) {
        true => Ok(kind),
        false => Err(Stop::usage("--kind is virtual or physical; nothing was sent")),
    }
}

fn currency(asked: &IssueArgs) -> Result<Option<Currency>, Stop> {
    let Some(code) = &asked.currency else { return Ok(None) };
    let wrong = || Stop::usage("--currency takes a code, for example USD; nothing was sent");
    Currency::parse(code).map(Some).ok_or_else(wrong)
}

/// A BIN by its number or id, among those of the account.
fn bin(asked: &IssueArgs, detail: Option<&AccountDetail>) -> Result<BinChoice, Stop> {
    let known = detail.map_or(&[][..], |detail| detail.bins.as_slice());
    let unread = || Stop::new(Exit::Incomplete, "the BINs of the account could not be read; nothing was sent");
    if let Some(word) = &asked.category {
        detail.ok_or_else(unread)?;
        let category = known.iter().flat_map(|bin| &bin.categories).find(|id| id.to_string() == *word);
        let lacks = || Stop::new(Exit::NotFound, "the account has no BIN of this category; nothing was sent");
        return category.cloned().map(BinChoice::Category).ok_or_else(lacks);
    }
    let Some(word) = &asked.bin else { return Ok(BinChoice::Default) };
    detail.ok_or_else(unread)?;
    let found: Vec<_> = known.iter().filter(|bin| bin.id.to_string() == *word || bin.number.as_str() == word).collect();
    match found.as_slice() {
        [one] => Ok(BinChoice::Bin(one.id.clone())),
        found => {
            let all = if found.is_empty() { known.iter().collect() } else { found.to_vec() };
            let candidates = all.iter().map(|bin| format!("{}  {}", bin.number, bin.id)).collect();
            let says = match found.len() {
                0 => "the account has no such BIN; nothing was sent",
                _ => "several BINs have this number; name one by its id; nothing was sent",
            };
            Err(Stop::new(Exit::NotFound, says).with_candidates(candidates))
        }
    }
}

fn limits(
    asked: &IssueArgs,
    currency: Option<Currency>,
    connection: &Connection,
) -> Result<Vec<(crate::domain::card::LimitKind, Money)>, Stop> {
    let all = asked.limits.iter().map(|text| limit(text, currency, connection.grouping));
    all.collect()
}

/// The issuing fee of so many cards, where the account states an amount.
fn fee_in_all(detail: Option<&AccountDetail>, count: usize) -> Option<Money> {
    match detail?.fees.card_issuing {
        Field::Known(Fee::Amount(each)) => {
            let all = each.amount().checked_mul(Decimal::from(count))?;
            Some(Money::new(all, each.currency()))
        }
        _ => None,
    }
}
