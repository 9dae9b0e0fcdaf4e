//! `fourpay transfer`: money from one account to another, only where the API says it may go.

use rust_decimal::Decimal;

use super::act::{self, ActArgs, Ask, DespiteArgs, Hand, Plan, Prepared, Told};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use super::lookup::{self, Lists};
use super::money::{Description, unfit};
use crate::domain::account::{Account, AccountStatus, Destination};
use crate::domain::field::Field;
use crate::domain::intent::{Act, Before, checks};
use crate::domain::money::Money;

/// Amounts above this, in whatever currency, are given twice (M10).
const LARGE: Decimal = Decimal::ONE_THOUSAND;

/// Arguments of `transfer`.
#[derive(clap::Args, Debug)]
pub struct TransferArgs {
    /// The account that pays, by name or id
    #[arg(value_name = "FROM")]
    from: String,
    /// The account that receives, by name or id
    #[arg(value_name = "TO")]
    to: String,
    /// For example 100.00, in the currency of the account that pays
    #[arg(value_name = "AMOUNT", allow_negative_numbers = true)]
    amount: String,
    /// The amount once more, for more than 1000
    #[arg(long, value_name = "AMOUNT")]
    confirm_amount: Option<String>,
    #[command(flatten)]
    words: Description,
    #[command(flatten)]
    pub act: ActArgs,
    #[command(flatten)]
    despite: DespiteArgs,
}

/// The same number, however many zeros it is written with.
fn same_amount(given: &str, word: &str) -> bool {
    let read = |text: &str| crate::domain::money::parse_decimal(text.trim()).ok();
    read(given).is_some() && read(given) == read(word)
}

/// Moves money between two accounts.
pub async fn run(asked: &TransferArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let description = asked.words.read()?;
    let failed = |failure| connection.failed(&failure);
    let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
    let from = lookup::one_account(&asked.from, &accounts)?.id.clone();
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &asked.despite.despite };
    act::run(&hand, async || {
        let mut accounts = Lists { items: accounts.items.clone(), gaps: accounts.gaps.clone() };
        let to = lookup::one_account(&asked.to, &accounts).ok().map(|account| account.id.clone());
        let both = accounts.items.iter_mut().filter(|account| account.id == from || Some(&account.id) == to.as_ref());
        for account in both {
            if let Ok(detail) = connection.client.account(&account.id).await {
                *account = act::fresher(&detail.account, account);
            }
        }
        let unknown = || Stop::new(Exit::NotFound, "the account is not listed any more; nothing was sent");
        let payer = accounts.items.iter().find(|account| account.id == from).ok_or_else(unknown)?;
        checks_out(payer)?;
        let mut places = Lists { items: Vec::new(), gaps: Vec::new() };
        let read = connection.client.all_destinations(&from).await.map_err(failed)?;
        places.take("accounts that money can be sent to", read);
        let place = one_place(&asked.to, &places, &accounts)?;
        let receiver = accounts.items.iter().find(|account| account.id == place.id);
        let listed = receiver.cloned().unwrap_or_else(|| as_account(place));
        let refused = |why: String| Stop::new(Exit::Refused, format!("{why}; nothing was sent"));
        checks::transfer(payer, &listed).map_err(refused)?;
        let available = payer.available.known().copied();
        let currency = payer.currency.or(available.map(|money| money.currency()));
        let currency = currency
            .ok_or_else(|| Stop::new(Exit::Incomplete, "the currency of the account is not known; nothing was sent"))?;
        let amount = checks::amount(&asked.amount, currency, available, connection.grouping);
        let amount = amount.map_err(|why| unfit(&why.to_string(), &why))?;
        if let Some(given) = asked.confirm_amount.as_deref().filter(|given| !same_amount(given, &amount.wire())) {
            let given = crate::domain::text::SafeText::name(given);
            return Err(Stop::usage(format!("--confirm-amount {given} is not {}; nothing was sent", amount.wire())));
        }
        let before =
            Before { account: available, other: receiver.and_then(|account| account.available.known().copied()) };
        let act = Act::Transfer { from: from.clone(), to: place.id.clone(), amount, description: description.clone() };
        let mut shown = accounts.items.clone();
        if receiver.is_none() {
            shown.push(listed);
        }
        let store = act::store(connection, &shown, &[]);
        let review = act::money(&act, &before, None, None, &store);
        let prepared = Prepared::new(Plan::one(act, before), review, store);
        Ok(match is_large(&amount) {
            true => prepared.asking(Ask::Typed {
                what: format!("the amount ({})", amount.wire()),
                word: amount.wire(),
                like: same_amount,
                flag: "--confirm-amount",
                given: asked.confirm_amount.clone(),
                and_yes: true,
            }),
            false => prepared,
        })
    })
    .await
}

fn is_large(amount: &Money) -> bool {
    amount.amount() > LARGE
}

/// Why no money can be sent from an account.
fn checks_out(from: &Account) -> Result<(), Stop> {
    match from.transfer_allowed {
        Some(false) => {
            Err(Stop::new(Exit::Refused, format!("account {} does not allow transfers; nothing was sent", from.name)))
        }
        _ => Ok(()),
    }
}

/// Where the money goes: one of the places that the API names for this account.
fn one_place<'a>(
    word: &str,
    places: &'a Lists<Destination>,
    accounts: &Lists<Account>,
) -> Result<&'a Destination, Stop> {
    let as_accounts = Lists {
        items: places.items.iter().map(|place| named_as(place, accounts)).collect(),
        gaps: places.gaps.clone(),
    };
    let Ok(found) = lookup::one_account(word, &as_accounts) else {
        return match lookup::one_account(word, accounts) {
            Ok(account) if places.is_whole() => {
                let says = format!(
                    "the API names {} not among those this account can send to; nothing was sent",
                    account.name
                );
                Err(Stop::new(Exit::Refused, says))
            }
            _ => lookup::one_account(word, &as_accounts).and_then(|_| Err(Stop::usage("no such place"))),
        };
    };
    places.items.iter().find(|place| place.id == found.id).ok_or_else(|| Stop::usage("no such place"))
}

/// A place as an account of the same name, to be looked up by the same rules.
fn named_as(place: &Destination, accounts: &Lists<Account>) -> Account {
    match accounts.items.iter().find(|account| account.id == place.id) {
        Some(account) => account.clone(),
        None => as_account(place),
    }
}

/// A place that is not in the list of accounts, as one, to be checked by the same rules.
fn as_account(place: &Destination) -> Account {
    Account {
        id: place.id.clone(),
        name: place.name.clone(),
        currency: place.currency,
        balance: Field::Absent,
        held: Field::Absent,
        available: Field::Absent,
        status: AccountStatus::Active,
        cards: None,
        card_kinds: Vec::new(),
        transfer_allowed: None,
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}
