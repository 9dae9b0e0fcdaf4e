//! `fourpay holder create`: a person who may have cards.

use super::act::{self, ActArgs, Hand, Plan, Prepared, Told, line};
use super::connection::Connection;
use super::exit::{Exit, Stop};
use super::lookup::{self, Lists};
use crate::domain::account::{Account, AccountStatus};
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::intent::{Act, Before, HolderOrder, checks};
use crate::domain::text::SafeText;

/// Create cardholders.
#[derive(clap::Args, Debug)]
pub struct HolderArgs {
    #[command(subcommand)]
    pub what: What,
}

#[derive(clap::Subcommand, Debug)]
pub enum What {
    /// Create a cardholder
    Create(CreateArgs),
}

/// Arguments of `holder create`.
#[derive(clap::Args, Debug)]
pub struct CreateArgs {
    /// Your own id for the person: letters, digits and -
    #[arg(long)]
    id: String,
    #[arg(long, value_name = "NAME")]
    first_name: String,
    #[arg(long, value_name = "NAME")]
    last_name: String,
    #[arg(long)]
    email: String,
    #[arg(long)]
    phone: Option<String>,
    /// Where the person is made, by name or id; not needed where one account is active
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    pub act: ActArgs,
}

/// The account on which something is made: the one that is named, or the only active one.
pub fn account<'a>(named: Option<&str>, accounts: &'a Lists<Account>) -> Result<&'a Account, Stop> {
    if let Some(word) = named {
        return lookup::one_account(word, accounts);
    }
    let active: Vec<&Account> =
        accounts.items.iter().filter(|account| account.status == AccountStatus::Active).collect();
    match active.as_slice() {
        [one] if accounts.is_whole() => Ok(one),
        [] => Err(Stop::new(Exit::Refused, "no account is active; nothing was sent")),
        several => {
            let candidates = several.iter().map(|account| format!("{}  {}", account.name, account.id)).collect();
            Err(Stop::usage("say on which account: --account NAME; nothing was sent").with_candidates(candidates))
        }
    }
}

/// Who is to be made, or what is wrong with it.
fn order(asked: &CreateArgs) -> Result<HolderOrder, Stop> {
    let [id, first, last, email] =
        [&asked.id, &asked.first_name, &asked.last_name, &asked.email].map(|text| text.trim());
    let phone = asked.phone.as_deref().map_or("", str::trim);
    let wrong = checks::holder(id, first, last, email, phone);
    if !wrong.is_empty() {
        let flag = |field: &str| match field {
            "cardOwnerId" => "--id".to_owned(),
            field => format!("--{}", field.replace('_', "-")),
        };
        let says: Vec<String> = wrong.iter().map(|(field, why)| format!("{}: {why}", flag(field))).collect();
        return Err(Stop::usage(format!("{}; nothing was sent", says.join("; "))));
    }
    let safe = |flag: &str, typed: &str| act::as_typed(flag, typed, SafeText::new(typed, 255));
    Ok(HolderOrder {
        id: HolderId::parse(id).ok_or_else(|| Stop::usage("--id: letters, digits and - only; nothing was sent"))?,
        first_name: safe("--first-name", first)?,
        last_name: safe("--last-name", last)?,
        email: safe("--email", email)?,
        phone: if phone.is_empty() { None } else { Some(safe("--phone", phone)?) },
    })
}

/// What somebody else has already.
fn taken(order: &HolderOrder, holders: &[Cardholder]) -> Option<String> {
    let same = |known: &Option<SafeText>, mine: Option<&SafeText>| {
        known.as_ref().zip(mine).is_some_and(|(known, mine)| known.as_str().eq_ignore_ascii_case(mine.as_str()))
    };
    holders.iter().find_map(|other| {
        let what = match () {
            () if other.id == order.id => "id",
            () if same(&other.email, Some(&order.email)) => "e-mail",
            () if same(&other.phone, order.phone.as_ref()) => "phone",
            () => return None,
        };
        Some(format!("{} ({}) has this {what} already", other.full_name(), other.id))
    })
}

/// Creates a cardholder.
pub async fn create(asked: &CreateArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let order = order(asked)?;
    let failed = |failure| connection.failed(&failure);
    let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
    let account = account(asked.account.as_deref(), &accounts)?;
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &[] };
    act::run(&hand, async || {
        let holders = lookup::holders(&connection.client).await.map_err(failed)?;
        if let Some(why) = taken(&order, &holders.items) {
            return Err(Stop::new(Exit::Refused, format!("{why}; nothing was sent")));
        }
        let who = format!("{} {} · {} · {}", order.first_name, order.last_name, order.email, order.id);
        let mut review = vec![line("new holder", &who), line("account", account.name.as_str())];
        review.extend(holders.gaps.iter().map(|gap| line("not compared", gap)));
        let act = Act::CreateCardholder { account: account.id.clone(), order: order.clone() };
        let store = act::store(connection, &accounts.items, &[]);
        Ok(Prepared::new(Plan::one(act, Before::default()), review, store))
    })
    .await
}
