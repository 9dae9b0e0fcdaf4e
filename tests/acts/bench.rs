//! A quiet sandbox, a client with short time limits, a journal in a temporary folder, and a clock that is
//! turned by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fourpay::api::{Client, Settings};
use fourpay::domain::account::CardKind;
use fourpay::domain::card::LimitKind;
use fourpay::domain::ids::{AccountId, CardId, HolderId};
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::domain::intent::{Act, Before, BinChoice, CardAt, CardOrder, HolderOrder, Kind, Reference};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::secret::Token;
use fourpay::domain::text::SafeText;
use fourpay::ops::{Clock, Journal, Ops, Settling, SystemClock};
use fourpay::sandbox::{Dialect, Happening, HeldCard, Options, Sandbox};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::deployments::On;

/// The wall clock and what was added to it, in milliseconds.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>, Arc<AtomicU64>, Arc<AtomicI64>);

impl TestClock {
    /// The wall clock again. What was turned is past: the server's clock was not turned along.
    pub fn reset(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// The wall clock steps, and no time passes.
    pub fn step(&self, minutes: i64) {
        self.2.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    pub fn add(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn wall(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.0.load(Ordering::SeqCst) + self.2.load(Ordering::SeqCst))
    }

    fn boot(&self) -> Duration {
        SystemClock.boot() + Duration::from_millis(self.0.load(Ordering::SeqCst).unsigned_abs())
    }

    fn random(&self) -> u64 {
        let n = (u64::from(std::process::id()) << 24) | self.1.fetch_add(1, Ordering::SeqCst);
        n << 6
    }
}

pub struct Bench {
    pub sandbox: Sandbox,
    pub client: Client,
    pub ops: Ops,
    pub clock: TestClock,
    pub folder: TempDir,
    /// Looks of the last settling.
    pub looks: AtomicU64,
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn name(text: &str) -> SafeText {
    SafeText::name(text)
}

/// What the sandbox calls the endpoint of an act.
pub fn counted(kind: Kind) -> &'static str {
    match kind {
        Kind::IssueCard => "card_issue",
        Kind::Freeze => "card_freeze",
        Kind::Unfreeze => "card_unfreeze",
        Kind::Close => "card_close",
        Kind::UpdateCard => "card_update",
        Kind::TopUp => "card_topup",
        Kind::Withdraw => "card_withdraw",
        Kind::Transfer => "account_transfer",
        Kind::CreateCardholder => "cardholder_create",
        Kind::SetWebhook => "webhook_configure",
        Kind::DeleteWebhook => "webhook_forget",
    }
}

pub fn settings(base_url: &str) -> Settings {
    let mut settings = Settings::new(base_url);
    settings.connect_timeout = Duration::from_millis(300);
    settings.act_timeout = Duration::from_millis(600);
    settings.backoff = Duration::from_millis(1);
    settings
}

pub fn client(base_url: &str, token: &str) -> Client {
    client_of(settings(base_url), token)
}

pub fn client_of(settings: Settings, token: &str) -> Client {
    Client::new(settings, Token::parse(Zeroizing::new(token.to_owned())).unwrap()).unwrap()
}

pub async fn open(client: &Client, folder: &Path, clock: &TestClock, read_only: bool) -> Ops {
    let journal = Journal::open(folder, "demo", clock.wall()).unwrap();
    Ops::new(client.clone(), journal, "demo", read_only, clock.clone()).await.unwrap()
}

impl Bench {
    pub async fn start() -> Bench {
        Bench::on(Options { dialect: Dialect::Rich, ..Options::default() }).await
    }

    /// On another kind of server, quiet all the same.
    pub async fn on(options: Options) -> Bench {
        let options = Options { live_rate: 0, transactions: 300, cards: 60, work: Duration::from_millis(1), ..options };
        let on = On { dialect: options.dialect, quirks: options.quirks };
        let sandbox = Sandbox::start(options).await.unwrap();
        let auth = on.settings(sandbox.base_url()).auth;
        let client = client_of(Settings { auth, ..settings(sandbox.base_url()) }, sandbox.token());
        // One answer tells the server's clock, the deployment's document its own paths.
        client.accounts().await.unwrap();
        client.discover().await;
        let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let ops = open(&client, folder.path(), &clock, false).await;
        Bench { sandbox, client, ops, clock, folder, looks: AtomicU64::new(0) }
    }

    /// The program ended and starts again.
    pub async fn restart(&mut self) {
        self.ops = open(&self.client, self.folder.path(), &self.clock, false).await;
        // As the dashboard and the commands do before anything can be confirmed.
        self.ops.shown(&self.ops.entries());
    }

    pub fn executed(&self, kind: Kind) -> u64 {
        self.sandbox.acts().get(counted(kind)).copied().unwrap_or(0)
    }

    pub fn executed_in_all(&self) -> u64 {
        self.sandbox.acts().values().sum()
    }

    pub fn card(&self) -> CardAt {
        self.card_in("active")
    }

    pub fn card_in(&self, state: &str) -> CardAt {
        let (account, card) = self.sandbox.card_in(state).unwrap();
        CardAt { account: AccountId::parse(&account).unwrap(), card: CardId::parse(&card).unwrap(), last_four: None }
    }

    pub async fn before(&self, at: &CardAt) -> Before {
        let card = self.client.card(&at.account, &at.card).await.unwrap();
        let account = self.client.balances(&at.account).await.unwrap();
        Before { account: account.available.known().copied(), other: card.spendable().known().copied() }
    }

    pub async fn currency(&self, at: &CardAt) -> Currency {
        self.client.balances(&at.account).await.unwrap().currency.unwrap()
    }

    pub async fn top_up(&self, at: &CardAt, amount: &str) -> Act {
        let amount = Money::parse(amount, self.currency(at).await).unwrap();
        Act::TopUp { at: at.clone(), amount, description: Some(SafeText::prose("June ads")) }
    }

    /// An amount in the account's currency, by the list of accounts alone.
    pub async fn top_up_amount(&self, account: &AccountId, amount: &str) -> Money {
        let accounts = self.client.accounts().await.unwrap().items;
        let currency = accounts.iter().find(|known| known.id == *account).unwrap().currency.unwrap();
        Money::parse(amount, currency).unwrap()
    }

    /// An active card with nothing on it.
    pub async fn empty_card(&self) -> CardAt {
        let held = self.sandbox.inventory();
        let fits = |card: &&HeldCard| card.status == "active" && card.balance == card.available;
        let card = held.cards.iter().find(fits).expect("a card that can be emptied");
        if !card.available.is_zero() {
            let amount = card.available.to_string();
            self.sandbox.happen(Happening::Withdraw { card: card.id.clone(), amount }).unwrap();
        }
        let (account, card) = (AccountId::parse(&card.account).unwrap(), CardId::parse(&card.id).unwrap());
        CardAt { account, card, last_four: None }
    }

    pub async fn accounts_of_a_transfer(&self) -> (AccountId, AccountId, Currency) {
        for account in self.client.accounts().await.unwrap().items {
            let to = self.client.destinations(&account.id).await.unwrap().items;
            if let ([first, ..], Some(currency)) = (to.as_slice(), account.currency) {
                return (account.id, first.id.clone(), currency);
            }
        }
        panic!("no transfer is possible");
    }

    pub fn order(&self, label: &str) -> CardOrder {
        CardOrder {
            name: name(label),
            holder: HolderId::parse("emp-001").unwrap(),
            kind: CardKind::Virtual,
            currency: None,
            bin: BinChoice::Default,
            limits: vec![(LimitKind::Daily, usd("100"))],
        }
    }

    /// An act of a kind that can be done now, and the balances before it. `n` makes it different each time.
    pub async fn act(&self, kind: Kind, n: usize) -> (Act, Before) {
        let none = Before::default();
        match kind {
            Kind::IssueCard => {
                let account = self.card().account;
                (Act::IssueCard { account, order: self.order(&format!("Nova {n}")) }, none)
            }
            Kind::Freeze => (Act::Freeze(self.card()), none),
            Kind::Unfreeze => {
                let at = self.card();
                self.sandbox.happen(Happening::Freeze { card: at.card.to_string() }).unwrap();
                (Act::Unfreeze(at), none)
            }
            Kind::Close => (Act::Close(self.empty_card().await), none),
            Kind::UpdateCard => {
                let limits = None;
                (Act::UpdateCard { at: self.card(), name: Some(name(&format!("New name {n}"))), limits }, none)
            }
            Kind::TopUp => {
                let at = self.card();
                (self.top_up(&at, &format!("1.{:02}", 10 + n)).await, self.before(&at).await)
            }
            Kind::Withdraw => {
                let at = self.card();
                let amount = Money::parse(&format!("0.{:02}", 10 + n), self.currency(&at).await).unwrap();
                let before = self.before(&at).await;
                (Act::Withdraw { at, amount, description: None }, before)
            }
            Kind::Transfer => {
                let (from, to, currency) = self.accounts_of_a_transfer().await;
                let available = async |id| self.client.balances(id).await.unwrap().available.known().copied();
                let before = Before { account: available(&from).await, other: available(&to).await };
                let amount = Money::parse(&format!("2.{:02}", 10 + n), currency).unwrap();
                (Act::Transfer { from, to, amount, description: Some(SafeText::prose("reserve")) }, before)
            }
            Kind::CreateCardholder => {
                let order = HolderOrder {
                    id: HolderId::parse(&format!("new-{n}")).unwrap(),
                    first_name: name("Bo"),
                    last_name: name("Lind"),
                    email: name(&format!("bo{n}@example.org")),
                    phone: None,
                };
                (Act::CreateCardholder { account: self.card().account, order }, none)
            }
            Kind::SetWebhook => {
                let url = SafeText::prose(&format!("https://hooks.example.org/{n}"));
                (Act::SetWebhook { url, kinds: None, active: true, new_secret: false }, none)
            }
            Kind::DeleteWebhook => {
                if self.client.webhook_config().await.unwrap().is_none() {
                    let (set, before) = Box::pin(self.act(Kind::SetWebhook, n)).await;
                    let intent = self.ops.intend(set, before, None);
                    let reference = intent.reference;
                    self.ops.execute(intent).await;
                    assert!(self.settle(reference).await.stage.is_done());
                }
                (Act::DeleteWebhook, none)
            }
        }
    }

    /// Looks until it is known, or not seen, or a person has to look, turning the clock by each pause, and back at the
    /// end.
    pub async fn settle(&self, reference: Reference) -> Settling {
        let waits = |stage| matches!(stage, Stage::Recorded | Stage::Sent | Stage::Unknown | Stage::Accepted);
        for look in 1.. {
            self.looks.store(look, Ordering::SeqCst);
            let stands = self.ops.settle_once(reference).await.unwrap();
            match stands.again {
                Some(pause) if look < 60 && waits(stands.stage) => self.clock.add(pause),
                _ => {
                    self.clock.reset();
                    return stands;
                }
            }
        }
        unreachable!()
    }

    /// The books of the sandbox are sound, and so is the journal.
    pub fn sound(&self) {
        self.sandbox.conserved().unwrap();
        let seen = fourpay::ops::journal::verify(self.folder.path(), "demo").unwrap().unwrap();
        assert_eq!((seen.broken, seen.fault, seen.torn), (None, None, 0));
    }

    pub fn stage(&self, reference: Reference) -> Stage {
        self.ops.stage(reference).unwrap()
    }
}
