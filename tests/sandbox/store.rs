//! The dashboard's store against what the server holds: the real client and poller over HTTP on loopback, and no
//! screen. What the store says is equal, or it says that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use fourpay::api::{Auth, Client, Settings};
use fourpay::app::msg::{Effect, Key, KeyCode, Msg, Setup, Topic};
use fourpay::app::store::{Held, Whose};
use fourpay::app::{Model, update};
use fourpay::domain::field::Field;
use fourpay::domain::money::Money;
use fourpay::domain::secret::Token;
use fourpay::domain::transaction::Feed;
use fourpay::runtime::clock::Clock;
use fourpay::runtime::poller::{Ends, Poller, Request};
use fourpay::runtime::schedule::REFRESH;
use fourpay::sandbox::{Dialect, Inventory, Options, Quirk, Quirks, Sandbox};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet, LocalSet};

use super::support::quiet;

const FEEDS: [Feed; 2] = [Feed::Cards, Feed::Accounts];

/// A dashboard without a screen.
struct Headless {
    sandbox: Sandbox,
    client: Client,
    clock: Clock,
    model: Model,
    answers: mpsc::Receiver<Msg>,
    requests: mpsc::UnboundedSender<Request>,
    watch: watch::Sender<fourpay::app::msg::Watch>,
    poller: JoinHandle<()>,
}

impl Drop for Headless {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

impl Headless {
    async fn start(options: Options, history: usize) -> Headless {
        drop(rustls::crypto::ring::default_provider().install_default());
        let bearer = options.dialect == Dialect::Legacy || options.quirks.has(Quirk::BearerKey);
        let sandbox = Sandbox::start(options).await.unwrap();
        let auth = if bearer { Auth::Bearer } else { Auth::Token };
        let settings = Settings { auth, ..Settings::new(sandbox.base_url()) };
        let token = Token::parse(sandbox.token().to_owned().into()).unwrap();
        let client = Client::new(settings, token).unwrap();
        let clock = Clock::start();
        let setup = Setup { base_url: sandbox.base_url().to_owned(), history, ..Setup::default() };
        let model = Model::new(setup, (160, 48), clock.now());
        let (out, answers) = mpsc::channel(64);
        let (watch, watched) = watch::channel(model.watch());
        let (requests, asked) = mpsc::unbounded_channel();
        let poller = Poller::new(client.clone(), clock, history, REFRESH);
        let poller = tokio::spawn(poller.run(Ends { out, watch: watched, requests: asked }));
        Headless { sandbox, client, clock, model, answers, requests, watch, poller }
    }

    fn tell(&mut self, msg: Msg) {
        for effect in update(&mut self.model, self.clock.now(), msg).effects {
            match effect {
                Effect::Fetch(topic) => drop(self.requests.send(Request::Fetch(topic))),
                Effect::Refresh => drop(self.requests.send(Request::Refresh)),
                _ => {}
            }
        }
        self.watch.send_if_modified(|before| {
            let now = self.model.watch();
            std::mem::replace(before, now.clone()) != now
        });
    }

    fn press(&mut self, code: KeyCode) {
        self.model.drawn(self.clock.now());
        self.model.input_is_empty();
        self.tell(Msg::Pressed(Key { code, ctrl: false, alt: false }));
    }

    /// Takes answers in until it is so; whether it became so in this time.
    async fn until(&mut self, most: Duration, so: impl Fn(&Model) -> bool) -> bool {
        let deadline = tokio::time::Instant::now() + most;
        loop {
            if so(&self.model) {
                return true;
            }
            match tokio::time::timeout_at(deadline, self.answers.recv()).await {
                Ok(Some(msg)) => self.tell(msg),
                Ok(None) | Err(_) => return so(&self.model),
            }
        }
    }

    fn ids(&self, feed: Feed) -> BTreeSet<String> {
        let transactions = &self.model.store().transactions;
        let rows = transactions.newest(&fourpay::app::store::Scope::All).iter().map(|row| transactions.get(row));
        rows.filter(|row| row.feed == feed).map(|row| row.id.to_string()).collect()
    }
}

/// Whether the list was read to an end of some kind.
fn is_settled(model: &Model, topic: &Topic) -> bool {
    let store = model.store();
    let status = store.status(topic);
    status.complete || store.short(topic).is_some() || status.failed.is_some_and(|failure| !failure.may_pass())
}

fn rows_of(inventory: &Inventory, feed: Feed) -> Vec<String> {
    let rows = match feed {
        Feed::Cards => &inventory.card_transactions,
        Feed::Accounts => &inventory.account_transactions,
    };
    rows.iter().map(|row| row.id.clone()).collect()
}

/// A feed that lists the oldest first and is longer than what is kept: the newest are here, and `End` goes back to
/// the very first.
#[tokio::test]
async fn the_newest_are_kept_where_the_oldest_come_first_and_end_goes_to_the_first() {
    LocalSet::new().run_until(read_back()).await;
}

async fn read_back() {
    const KEPT: usize = 150;
    let cases: [(Dialect, &[Quirk]); 6] = [
        (Dialect::Legacy, &[]),
        (Dialect::Rich, &[Quirk::OldestFirst]),
        (Dialect::Documented, &[Quirk::OldestFirst, Quirk::NoTotal]),
        (Dialect::Rich, &[Quirk::OldestFirst, Quirk::WrongTotal, Quirk::ClampedLimit]),
        (Dialect::Rich, &[Quirk::OldestFirst, Quirk::LowTotal, Quirk::PageQuantity, Quirk::NoOpenapi]),
        (Dialect::Upstream, &[Quirk::OldestFirst, Quirk::HasMore, Quirk::IgnoredFilters]),
    ];
    let mut all = JoinSet::new();
    for (dialect, quirks) in cases {
        all.spawn_local(async move {
            let quirks = Quirks::of(quirks);
            let what = format!("--dialect {dialect} --quirk {quirks}");
            let options = Options { dialect, quirks, transactions: 2_500, cards: 12, accounts: 2, ..quiet() };
            let mut at = Headless::start(options, KEPT).await;
            let inventory = at.sandbox.inventory();
            let done = at
                .until(Duration::from_secs(20), |model| {
                    FEEDS.iter().all(|feed| is_settled(model, &Topic::History(*feed)))
                })
                .await;
            assert!(done, "{what}: history never ended");
            let rows = rows_of(&inventory, Feed::Cards);
            let kept = at.ids(Feed::Cards);
            assert!(kept.len() >= KEPT && kept.len() < 2 * KEPT, "{what}: {} of {}", kept.len(), rows.len());
            let newest: BTreeSet<String> = rows.iter().rev().take(kept.len()).cloned().collect();
            // Rows of the same second may stand in either order where what is kept ends.
            let others = kept.difference(&newest).count();
            assert!(others <= 3, "{what}: {others} of {} are not the newest", kept.len());
            let sent = at.client.traffic().sent;
            // Older rows, to the very first.
            at.press(KeyCode::Char('3'));
            let most = inventory.card_transactions.len() + inventory.account_transactions.len();
            let is_all = |model: &Model| model.store().transactions.len() >= most;
            // One go is ten pages, of a hundred rows where the limit is clamped.
            for _ in 0..12 {
                at.press(KeyCode::End);
                if at.until(Duration::from_millis(2_500), is_all).await {
                    break;
                }
            }
            for feed in FEEDS {
                let all: BTreeSet<String> = rows_of(&inventory, feed).into_iter().collect();
                let (here, missing) = (at.ids(feed), all.difference(&at.ids(feed)).count());
                assert_eq!(missing, 0, "{what}: {feed:?}: {} of {}", here.len(), all.len());
            }
            let cost = at.client.traffic().sent - sent;
            assert!(cost < 250, "{what}: {cost} requests");
        });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}

/// An amount is equal, or it is not known; as cut as the server may show it.
fn same(what: &str, said: &Field<Money>, held: Decimal) -> Result<(), String> {
    match said {
        // What `bad-fields` puts in the place of any value; the server says that itself.
        Field::Known(money) if money.amount() == Decimal::from(12) => Ok(()),
        Field::Known(money) if money.amount().abs() != held.abs() => Err(format!("{what}: {money} and not {held}")),
        _ => Ok(()),
    }
}

/// What the store says that is not so.
fn faults(model: &Model, held: &Inventory, quirks: Quirks) -> Result<(), String> {
    let store = model.store();
    let skipped = store.skipped();
    let marked = |topic: &Topic| !store.status(topic).complete || store.short(topic).is_some();
    for account in &held.accounts {
        let Some(here) = store.accounts.value.iter().find(|here| here.id.to_string() == account.id) else {
            if marked(&Topic::Accounts) || skipped.accounts > 0 {
                continue;
            }
            return Err(format!("account {} is missing", account.id));
        };
        same("balance", &here.balance, account.balance)?;
        same("available", &here.available, account.available)?;
    }
    for card in &held.cards {
        let row = fourpay::domain::ids::CardId::parse(&card.id).and_then(|id| store.cards.row(&id));
        let Some(row) = row else {
            let list = fourpay::domain::ids::AccountId::parse(&card.account).map(Topic::Cards).unwrap();
            let all = store.status_of_all_cards().complete && store.short_cards().is_none();
            if marked(&list) && !all || skipped.cards > 0 || marked(&Topic::Accounts) && !all {
                continue;
            }
            return Err(format!("card {} is missing: {:?} {:?}", card.id, store.status(&list), store.short(&list)));
        };
        let here = store.cards.get(row);
        same("card balance", &here.balance, card.balance)?;
        same("card available", &here.available, card.available)?;
        if let Some(holder) = &here.holder_id
            && holder.to_string() != card.owner_id
        {
            return Err(format!("card {} is of {holder}, not of {}", card.id, card.owner_id));
        }
        if let (Whose::Named(name), Some(owner)) =
            (store.whose(row, here), held.holders.iter().find(|holder| holder.owner_id == card.owner_id))
            && name.as_str().to_uppercase() != owner.name.to_uppercase()
            // `bad-fields` puts anything in the place of a name; the server says that itself.
            && !quirks.has(Quirk::BadFields)
        {
            return Err(format!("card {} is of {:?}, not of {:?}", card.id, name.as_str(), owner.name));
        }
    }
    if store.cards.len() > held.cards.len() {
        return Err(format!("{} cards of {}", store.cards.len(), held.cards.len()));
    }
    for holder in &held.holders {
        let id = fourpay::domain::ids::HolderId::parse(&holder.owner_id).unwrap();
        if store.holder(&id).is_none() && !marked(&Topic::Cardholders) && skipped.holders == 0 {
            return Err(format!("cardholder {id} is missing"));
        }
        let cards = held.cards.iter().filter(|card| card.owner_id == holder.owner_id).count();
        match store.held(&id) {
            Held::Exact(count) if count != cards && skipped.cards == 0 => {
                return Err(format!("{id} has exactly {count} cards, and really {cards}"));
            }
            Held::AtLeast(count) | Held::NotTold(count) if count > cards => {
                return Err(format!("{id} has {count} cards or more, and really {cards}"));
            }
            _ => {}
        }
    }
    for feed in FEEDS {
        let topic = Topic::History(feed);
        let rows = match feed {
            Feed::Cards => &held.card_transactions,
            Feed::Accounts => &held.account_transactions,
        };
        let real: BTreeMap<&str, Decimal> = rows.iter().map(|row| (row.id.as_str(), row.amount)).collect();
        let mut here = 0;
        for row in store.transactions.newest(&fourpay::app::store::Scope::All).iter() {
            let row = store.transactions.get(row);
            if row.feed != feed {
                continue;
            }
            here += 1;
            let Some(amount) = real.get(row.id.to_string().as_str()) else {
                return Err(format!("{feed:?}: there is no {}", row.id));
            };
            if !row.amount_is_settlement() {
                same("transaction", &row.amount, *amount)?;
            }
        }
        if here < rows.len() && !marked(&topic) && skipped.transactions == 0 {
            return Err(format!("{feed:?}: {here} of {} rows, not marked: {:?}", rows.len(), store.status(&topic)));
        }
    }
    Ok(())
}

/// The lists that are read to their ends.
fn lists(model: &Model) -> Vec<Topic> {
    let accounts = model.store().accounts.value.iter().map(|account| Topic::Cards(account.id.clone()));
    let lists = [Topic::Accounts, Topic::Cardholders, Topic::History(Feed::Cards), Topic::History(Feed::Accounts)];
    lists.into_iter().chain(accounts).collect()
}

/// Runs one deployment; what the store says wrong.
async fn compare(dialect: Dialect, quirks: Quirks, seed: u64) -> Result<(), String> {
    let what = format!("--dialect {dialect} --quirk {quirks} (seed {seed})");
    let options = Options { dialect, quirks, seed, transactions: 260, cards: 24, accounts: 3, ..quiet() };
    let mut at = Headless::start(options, 20_000).await;
    let begun = Instant::now();
    let is_through = |model: &Model| lists(model).iter().all(|topic| is_settled(model, topic));
    let ended = at.until(Duration::from_secs(9), is_through).await;
    // The background reader goes on from there; what it knows meanwhile is to be right, too.
    for _ in 0..4 {
        let held = at.sandbox.inventory();
        faults(&at.model, &held, quirks).map_err(|fault| format!("{what}: {fault}"))?;
        let _ = at.until(Duration::from_millis(500), |_| false).await;
    }
    if !ended && std::env::var_os("FOURPAY_MIXTURES_SLOW").is_some() {
        let open: Vec<Topic> = lists(&at.model).into_iter().filter(|topic| !is_settled(&at.model, topic)).collect();
        eprintln!("{what}: not through after {:?}: {open:?}", begun.elapsed());
    }
    Ok(())
}

/// What no reader can get through with: every answer is refused or cannot be decoded.
const SHUT: Quirks = Quirks::of(&[Quirk::RateLimited, Quirk::Brotli]);

/// Equal or marked, on any mixture of quirks. `FOURPAY_MIXTURES=200` draws so many, others at each run.
#[tokio::test]
async fn what_the_store_says_of_any_deployment_is_so_or_not_said() {
    LocalSet::new().run_until(draw()).await;
}

async fn draw() {
    let asked = std::env::var("FOURPAY_MIXTURES").ok().and_then(|count| count.parse::<usize>().ok());
    let mut runner = if asked.is_some() { TestRunner::default() } else { TestRunner::deterministic() };
    let quirks = subsequence(Quirk::ALL.to_vec(), 0..=12);
    let drawn = (select(Dialect::ALL.to_vec()), quirks, 1u64..1_000);
    let (mut running, mut wrong) = (JoinSet::new(), Vec::new());
    for _ in 0..asked.unwrap_or(24) {
        let (dialect, quirks, seed) = drawn.new_tree(&mut runner).unwrap().current();
        let quirks = quirks.into_iter().collect::<Quirks>().without(SHUT);
        if running.len() >= 8
            && let Some(ended) = running.join_next().await
        {
            wrong.extend(Result::err(ended.unwrap()));
        }
        running.spawn_local(compare(dialect, quirks, seed));
    }
    while let Some(ended) = running.join_next().await {
        wrong.extend(Result::err(ended.unwrap()));
    }
    assert!(wrong.is_empty(), "{} mixtures:\n{}", wrong.len(), wrong.join("\n"));
}
