//! A platform: books that conserve money, what it answers, and when. Knows no program and no journal; keeps the truth
//! about every request that ever arrived.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use fourpay::domain::intent::Reference;

use super::clocks::Clocks;
use super::script::{Act, CARDS, Deployment, Does, Echo, Fate, Hears, Label, Names, money};

/// What a purse holds at the beginning.
const FUNDS: i64 = 5_000_000;

#[derive(Clone, Debug)]
pub struct Card {
    pub account: usize,
    pub name: String,
    pub frozen: bool,
    pub cents: i64,
    pub created: u64,
    pub last_four: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Completed,
    Declined,
    Canceled,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Completed => "completed",
            Status::Declined => "declined",
            Status::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Row {
    /// On the card feed, else on that of accounts.
    pub of_card: bool,
    pub account: usize,
    pub card: Option<usize>,
    pub cents: i64,
    pub kind: &'static str,
    pub status: Status,
    pub description: Option<String>,
    pub dated: DateTime<Utc>,
    /// When it can be read.
    pub from: u64,
    /// When its description can be read.
    pub described: Option<u64>,
    /// Of whose doing: an attempt.
    pub attempt: Option<usize>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It will never be done.
    Never,
    /// It is still to be done.
    Coming,
    Done(u64),
    Declined,
    Reversed,
}

/// A request to change something that arrived.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub act: Act,
    pub cents: i64,
    pub reference: Option<Reference>,
    pub wish: Option<u32>,
    pub truth: Truth,
    /// The API has said that it took it on.
    pub accepted: bool,
    pub arrived: u64,
    pub rows: Vec<usize>,
    /// Its description, or the name of the card that it makes.
    pub name: String,
    /// The card that it has made.
    pub made: Option<usize>,
    /// What the person's computer hears of it.
    pub hears: Hears,
}

#[derive(Clone, Copy, Debug)]
enum Due {
    Perform(usize),
    Complete(usize),
    Decline(usize),
    Reverse(usize),
}

#[derive(Debug)]
pub struct Platform {
    pub index: usize,
    pub deployment: Deployment,
    prefix: &'static str,
    clocks: &'static Clocks,
    pub accounts: [i64; 2],
    pub cards: Vec<Card>,
    pub rows: Vec<Row>,
    pub attempts: Vec<Attempt>,
    due: BTreeMap<(u64, u64), Due>,
    planned: u64,
    /// What came in from outside, less what went out.
    outside: i64,
    /// Movements that somebody made by hand: what, how much, when.
    pub by_hand: Vec<(Act, i64, u64)>,
    /// Movements whose row on their essential side can be read: attempt and since when, described.
    pub news: Vec<String>,
}

/// An HTTP answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<String>) -> Reply {
        Reply { status, headers: vec![("content-type", "application/json".into())], body: body.into() }
    }

    pub fn page(status: u16) -> Reply {
        let body = "<html><body><h1>Gateway</h1></body></html>".to_owned();
        Reply { status, headers: vec![("content-type", "text/html".into())], body }
    }

    pub fn bare(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: String::new() }
    }

    pub fn words(status: u16, words: &str) -> Reply {
        Reply::json(status, format!("{{\"detail\":\"{words}\"}}"))
    }
}

impl Platform {
    pub fn new(index: usize, deployment: Deployment, prefix: &'static str, clocks: &'static Clocks) -> Platform {
        let card = |at: usize| Card {
            account: at / 2,
            name: format!("Card {at}"),
            frozen: false,
            cents: 100_000,
            created: 0,
            last_four: CARDS[at].to_owned(),
        };
        Platform {
            index,
            deployment,
            prefix,
            clocks,
            accounts: [FUNDS; 2],
            cards: (0..3).map(card).collect(),
            rows: Vec::new(),
            attempts: Vec::new(),
            due: BTreeMap::new(),
            planned: 0,
            outside: 2 * FUNDS + 300_000,
            by_hand: Vec::new(),
            news: Vec::new(),
        }
    }

    pub fn account_id(&self, at: usize) -> String {
        format!("{}acc-{at}", self.prefix)
    }

    pub fn card_id(&self, at: usize) -> String {
        format!("{}card-{at}", self.prefix)
    }

    pub fn holder_id(&self) -> String {
        format!("{}holder-1", self.prefix)
    }

    /// The ledger is conserved.
    pub fn is_conserved(&self) -> bool {
        self.accounts.iter().sum::<i64>() + self.cards.iter().map(|card| card.cents).sum::<i64>() == self.outside
    }

    fn plan(&mut self, at: u64, due: Due) {
        self.planned += 1;
        self.due.insert((at, self.planned), due);
    }

    /// Does what is due by now.
    pub fn advance(&mut self) {
        let now = self.clocks.ms();
        while let Some((key, due)) = self.due.first_key_value().map(|(key, due)| (*key, *due)) {
            if key.0 > now {
                break;
            }
            self.due.remove(&key);
            match due {
                Due::Perform(attempt) => self.perform(attempt, key.0),
                Due::Complete(attempt) => self.mark(attempt, Status::Completed),
                Due::Decline(attempt) => {
                    self.mark(attempt, Status::Declined);
                    self.attempts[attempt].truth = Truth::Declined;
                    self.tell(key.0, format!("{} declined", self.describe(attempt)));
                }
                Due::Reverse(attempt) => {
                    if !matches!(self.attempts[attempt].truth, Truth::Done(_)) {
                        continue;
                    }
                    let Attempt { act, cents, .. } = self.attempts[attempt];
                    self.shift(act, -cents);
                    self.mark(attempt, Status::Canceled);
                    self.attempts[attempt].truth = Truth::Reversed;
                    self.tell(key.0, format!("{} taken back", self.describe(attempt)));
                }
            }
        }
    }

    fn tell(&mut self, at: u64, text: String) {
        let at = self.clocks.at(at).format("%H:%M:%S");
        self.news.push(format!("{at} platform {}: {text}", self.index));
    }

    pub fn describe(&self, attempt: usize) -> String {
        let Attempt { act, cents, wish, reference, .. } = &self.attempts[attempt];
        let mut text = act.to_string();
        if act.moves() {
            let _ = write!(text, " by {}", money(*cents));
        }
        if let Some(wish) = wish {
            let _ = write!(text, " (wish {wish})");
        }
        if let Some(reference) = reference {
            let _ = write!(text, " {reference}");
        }
        text
    }

    fn mark(&mut self, attempt: usize, status: Status) {
        for row in self.attempts[attempt].rows.clone() {
            self.rows[row].status = status;
        }
    }

    /// Moves money between two purses; a negative amount moves it back.
    fn shift(&mut self, act: Act, cents: i64) {
        match act {
            Act::TopUp { card } => {
                self.accounts[self.cards[card].account] -= cents;
                self.cards[card].cents += cents;
            }
            Act::Withdraw { card } => {
                self.cards[card].cents -= cents;
                self.accounts[self.cards[card].account] += cents;
            }
            Act::Transfer { from } => {
                self.accounts[from] -= cents;
                self.accounts[1 - from] += cents;
            }
            Act::Issue { .. } | Act::Freeze { .. } | Act::Unfreeze { .. } => {}
        }
    }

    /// A request has arrived. Its rows and its truth follow its fate.
    #[expect(clippy::too_many_arguments, reason = "everything that is known of a request")]
    pub fn take(
        &mut self,
        act: Act,
        cents: i64,
        description: Option<String>,
        name: String,
        reference: Option<Reference>,
        wish: Option<u32>,
        fate: Fate,
    ) -> usize {
        let now = self.clocks.ms();
        let at = self.attempts.len();
        self.attempts.push(Attempt {
            act,
            cents,
            reference,
            wish,
            truth: Truth::Never,
            accepted: false,
            arrived: now,
            rows: Vec::new(),
            name: description.unwrap_or(name),
            made: None,
            hears: fate.hears,
        });
        match fate.does {
            Does::Never => self.tell(now, format!("{} arrived, will not be done", self.describe(at))),
            Does::AtOnce => self.perform(at, now),
            Does::Later(ms) => {
                self.attempts[at].truth = Truth::Coming;
                self.plan(now + ms, Due::Perform(at));
                self.tell(now, format!("{} arrived, will be done in {} s", self.describe(at), ms / 1000));
            }
            Does::Declines(ms) => {
                self.book(at, now, Status::Pending);
                self.plan(now + ms, Due::Decline(at));
                self.tell(now, format!("{} arrived, pending", self.describe(at)));
            }
        }
        if let Some(after) = fate.reversed {
            let begins = match fate.does {
                Does::Later(ms) => now + ms,
                _ => now,
            };
            self.plan(begins + after, Due::Reverse(at));
        }
        at
    }

    fn perform(&mut self, at: usize, now: u64) {
        let Attempt { act, cents, .. } = self.attempts[at];
        self.attempts[at].truth = Truth::Done(now);
        self.shift(act, cents);
        match act {
            Act::Freeze { card } => self.cards[card].frozen = true,
            Act::Unfreeze { card } => self.cards[card].frozen = false,
            Act::Issue { account } => {
                let name = self.named(&self.attempts[at].name);
                let last_four = format!("{:04}", 7000 + self.cards.len());
                self.attempts[at].made = Some(self.cards.len());
                self.cards.push(Card { account, name, frozen: false, cents: 0, created: now, last_four });
            }
            _ => {
                let pending = self.deployment.pending;
                self.book(at, now, if pending > 0 { Status::Pending } else { Status::Completed });
                if pending > 0 {
                    self.plan(now + pending, Due::Complete(at));
                }
            }
        }
        self.tell(now, format!("{} executed", self.describe(at)));
    }

    fn named(&self, name: &str) -> String {
        match self.deployment.names {
            Names::AsTheyAre => name.to_owned(),
            Names::Capitals => name.to_uppercase(),
            Names::Cut => name.chars().take(5).collect(),
        }
    }

    /// What its rows are dated.
    fn date(&self, now: u64) -> DateTime<Utc> {
        let ahead = self.deployment.clock_ahead + self.deployment.rows_ahead;
        let at = self.clocks.at(now) + TimeDelta::milliseconds(ahead);
        match self.deployment.to_the_minute {
            true => at - TimeDelta::milliseconds(at.timestamp_millis().rem_euclid(60_000)),
            false => at,
        }
    }

    /// Books both rows of a movement.
    fn book(&mut self, at: usize, now: u64, status: Status) {
        let Attempt { act, cents, ref name, .. } = self.attempts[at];
        let description = Some(name.clone()).filter(|name| !name.is_empty());
        let rows = self.sides(act, cents, description, now, status, Some(at));
        self.attempts[at].rows = rows;
    }

    fn sides(
        &mut self,
        act: Act,
        cents: i64,
        description: Option<String>,
        now: u64,
        status: Status,
        attempt: Option<usize>,
    ) -> Vec<usize> {
        let (card_from, account_from) =
            (now + self.deployment.card_rows_after, now + self.deployment.account_rows_after);
        let described = |from: u64| match self.deployment.echo {
            Echo::Always => Some(from),
            Echo::Late(ms) => Some(from + ms),
            Echo::Never => None,
        };
        let row = |of_card: bool, account: usize, card: Option<usize>, kind: &'static str| {
            let from = if of_card { card_from } else { account_from };
            Row {
                of_card,
                account,
                card,
                cents,
                kind,
                status,
                description: description.clone(),
                dated: self.date(now),
                from,
                described: described(from),
                attempt,
            }
        };
        let rows = match act {
            Act::TopUp { card } => {
                let account = self.cards[card].account;
                vec![row(false, account, Some(card), "withdrawal"), row(true, account, Some(card), "top_up")]
            }
            Act::Withdraw { card } => {
                let account = self.cards[card].account;
                vec![row(true, account, Some(card), "withdrawal"), row(false, account, Some(card), "payin")]
            }
            Act::Transfer { from } => {
                vec![row(false, from, None, "withdrawal"), row(false, 1 - from, None, "payin")]
            }
            _ => Vec::new(),
        };
        let first = self.rows.len();
        self.rows.extend(rows);
        (first..self.rows.len()).collect()
    }

    /// Somebody moves money by hand.
    pub fn by_hand(&mut self, act: Act, cents: i64, label: Label, reference: Reference) {
        let now = self.clocks.ms();
        self.shift(act, cents);
        let description = match label {
            Label::Nothing => None,
            Label::Text => Some("for the team".to_owned()),
            Label::Reference => Some(format!("lunch ref {reference}")),
        };
        self.sides(act, cents, description, now, Status::Completed, None);
        self.by_hand.push((act, cents, now));
        self.tell(now, format!("a colleague makes {act} by {} ({label:?})", money(cents)));
    }

    /// Money comes in, or is spent.
    pub fn outside(&mut self, card: Option<usize>, account: usize, cents: i64) {
        let now = self.clocks.ms();
        let (of_card, account, kind) = match card {
            Some(card) => {
                self.cards[card].cents -= cents;
                self.outside -= cents;
                (true, self.cards[card].account, "purchase")
            }
            None => {
                self.accounts[account] += cents;
                self.outside += cents;
                (false, account, "payin")
            }
        };
        let dated = self.date(now);
        let description = card.is_none().then(|| "wire".to_owned());
        self.rows.push(Row {
            of_card,
            account,
            card,
            cents,
            kind,
            status: Status::Completed,
            description,
            dated,
            from: now,
            described: Some(now),
            attempt: None,
        });
        self.tell(now, format!("{kind} of {}", money(cents)));
    }

    /// Since when the essential row of a movement can be read, completed and with its reference.
    pub fn readable(&self, attempt: usize) -> Option<u64> {
        let Attempt { act, ref rows, .. } = self.attempts[attempt];
        let essential = match act {
            Act::TopUp { .. } => rows.iter().find(|row| self.rows[**row].of_card)?,
            Act::Withdraw { .. } | Act::Transfer { .. } => rows.first()?,
            _ => return None,
        };
        let row = &self.rows[*essential];
        if row.status != Status::Completed {
            return None;
        }
        let done = match self.attempts[attempt].truth {
            Truth::Done(at) => at + self.deployment.pending,
            _ => return None,
        };
        // All rows of it, so that no look is between two.
        let all = rows.iter().map(|row| self.rows[*row].described.map(|at| at.max(self.rows[*row].from)));
        let latest = all.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        Some(latest.max(done))
    }

    /// A good answer to an attempt.
    pub fn accept(&mut self, attempt: usize) -> Reply {
        self.attempts[attempt].accepted = true;
        let Attempt { act, cents, ref rows, .. } = self.attempts[attempt];
        match act {
            Act::Issue { .. } => match self.attempts[attempt].made {
                Some(card) => Reply::json(201, self.card(card)),
                None => Reply::json(202, "{\"message\":\"accepted\",\"status\":\"processing\"}"),
            },
            Act::Freeze { card } | Act::Unfreeze { card } => Reply::json(200, self.card(card)),
            Act::TopUp { .. } | Act::Withdraw { .. } | Act::Transfer { .. } => {
                let names = self.deployment.names_rows && !rows.is_empty();
                let ids = match (names, rows.as_slice()) {
                    (true, [from, to]) => {
                        format!(
                            ",\"fromTransactionId\":\"{}\",\"toTransactionId\":\"{}\"",
                            self.row_id(*from),
                            self.row_id(*to)
                        )
                    }
                    _ => String::new(),
                };
                let body = format!(
                    "{{\"status\":null,\"message\":\"accepted\",\"amount\":\"{}\",\"currency\":\"USD\"{ids}}}",
                    money(cents)
                );
                Reply::json(200, body)
            }
        }
    }

    /// A good answer that names the rows of an earlier movement of the same kind, where there is one. Only where references
    /// come back at once: elsewhere nobody could tell whose the row is.
    pub fn accept_as_earlier(&mut self, attempt: usize) -> Reply {
        let Attempt { act, cents, .. } = self.attempts[attempt];
        let same = |other: &&Attempt| other.act == act && other.cents == cents && other.rows.len() == 2;
        let earlier = self.attempts[..attempt].iter().rev().find(same).map(|other| other.rows.clone());
        let Some(rows) = earlier.filter(|_| self.deployment.echo == Echo::Always) else { return self.accept(attempt) };
        let own = std::mem::replace(&mut self.attempts[attempt].rows, rows);
        let names = std::mem::replace(&mut self.deployment.names_rows, true);
        let reply = self.accept(attempt);
        self.attempts[attempt].rows = own;
        self.deployment.names_rows = names;
        reply
    }

    fn row_id(&self, at: usize) -> String {
        format!("{}t-{at:05}", self.prefix)
    }

    /// Its clock, as it tells it.
    pub fn clock(&self) -> DateTime<Utc> {
        self.clocks.truth() + TimeDelta::milliseconds(self.deployment.clock_ahead)
    }

    fn card(&self, at: usize) -> String {
        let card = &self.cards[at];
        let created = self.date(card.created).to_rfc3339_opts(SecondsFormat::Millis, true);
        format!(
            "{{\"cardId\":\"{}\",\"accountUuid\":\"{}\",\"cardOwnerId\":\"{}\",\"name\":\"{}\",\"status\":\"{}\",\
             \"cardType\":\"virtual\",\"lastFour\":\"{}\",\"availableBalance\":\"{}\",\
             \"currency\":\"USD\",\"createdAt\":\"{created}\",\"updatedAt\":\"{created}\",\"limits\":[]}}",
            self.card_id(at),
            self.account_id(card.account),
            self.holder_id(),
            card.name,
            if card.frozen { "frozen" } else { "active" },
            card.last_four,
            money(card.cents),
        )
    }

    fn account(&self, at: usize) -> String {
        let cents = money(self.accounts[at]);
        format!(
            "{{\"id\":\"{}\",\"name\":\"Account {at}\",\"balance\":\"{cents}\",\"holdedBalance\":\"0.00\",\
             \"availableBalance\":\"{cents}\",\"currency\":\"USD\",\"status\":\"active\",\"cards\":2,\
             \"isTransferAllowed\":true}}",
            self.account_id(at)
        )
    }

    fn row(&self, at: usize, now: u64) -> String {
        let row = &self.rows[at];
        let mut text = format!(
            "{{\"id\":\"{}\",\"accountUuid\":\"{}\",\"amount\":\"{}\",\"currency\":\"USD\",\"type\":\"{}\",\
             \"status\":\"{}\",\"createdAt\":\"{}\"",
            self.row_id(at),
            self.account_id(row.account),
            money(row.cents),
            row.kind,
            row.status.word(),
            row.dated.to_rfc3339_opts(SecondsFormat::Millis, true),
        );
        if let Some(card) = row.card {
            let key = if row.of_card { "cardUuid" } else { "relatedCardId" };
            let _ = write!(text, ",\"{key}\":\"{}\"", self.card_id(card));
        }
        if let (Some(description), Some(from)) = (&row.description, row.described)
            && from <= now
        {
            let _ = write!(text, ",\"description\":\"{description}\"");
        }
        text.push('}');
        text
    }

    /// Answers a read.
    pub fn read(&self, target: &str) -> Reply {
        let now = self.clocks.ms();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<&str, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.replace("%3A", ":").replace("%2B", "+")))
            .collect();
        let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
        let gone = || Reply::words(404, "Not found");
        let account = |id: &str| (0..2).find(|at| self.account_id(*at) == id);
        let card = |id: &str| (0..self.cards.len()).find(|at| self.card_id(*at) == id);
        let list = |items: Vec<String>| Reply::json(200, format!("{{\"items\":[{}]}}", items.join(",")));
        let holder = format!(
            "{{\"cardOwnerId\":\"{}\",\"firstName\":\"Ana\",\"lastName\":\"Lima\",\"email\":\"ana@example.com\"}}",
            self.holder_id()
        );
        match parts.as_slice() {
            ["accounts"] => list((0..2).map(|at| self.account(at)).collect()),
            ["accounts", id] => account(id).map_or_else(gone, |at| Reply::json(200, self.account(at))),
            ["accounts", id, "balance"] => account(id).map_or_else(gone, |at| {
                let cents = money(self.accounts[at]);
                Reply::json(
                    200,
                    format!("{{\"balance\":\"{cents}\",\"availableBalance\":\"{cents}\",\"currency\":\"USD\"}}"),
                )
            }),
            ["accounts", id, "transfer-destinations"] => {
                account(id).map_or_else(gone, |at| list(vec![self.account(1 - at)]))
            }
            ["accounts", id, "cards"] => account(id).map_or_else(gone, |of| {
                let here = (0..self.cards.len()).rev().filter(|at| self.cards[*at].account == of);
                let (limit, offset) = self.window(&query);
                list(here.skip(offset).take(limit).map(|at| self.card(at)).collect())
            }),
            ["accounts", of, "cards", id] => match (account(of), card(id)) {
                (Some(of), Some(at)) if self.cards[at].account == of => Reply::json(200, self.card(at)),
                _ => gone(),
            },
            ["cardholders"] => list(vec![holder]),
            ["cardholders", id] if *id == self.holder_id() => Reply::json(200, holder),
            ["cardholders", id, "cards"] if *id == self.holder_id() => {
                list((0..self.cards.len()).map(|at| self.card(at)).collect())
            }
            ["transactions", feed @ ("cards" | "accounts")] => self.feed(*feed == "cards", &query, now),
            ["transactions", feed @ ("cards" | "accounts"), id] => {
                let found = (0..self.rows.len()).find(|at| self.row_id(*at) == *id);
                let found =
                    found.filter(|at| self.rows[*at].of_card == (*feed == "cards") && self.rows[*at].from <= now);
                found.map_or_else(gone, |at| Reply::json(200, self.row(at, now)))
            }
            _ => gone(),
        }
    }

    fn window(&self, query: &BTreeMap<&str, String>) -> (usize, usize) {
        let number = |name: &str, usual: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
        (number("limit", 100).min(self.deployment.page), number("offset", 0))
    }

    fn feed(&self, of_card: bool, query: &BTreeMap<&str, String>, now: u64) -> Reply {
        let time = |name: &str| query.get(name).and_then(|text| text.parse::<DateTime<Utc>>().ok());
        let (since, until) = (time("dateFrom"), time("dateTo"));
        let fits = |at: &usize| {
            let row = &self.rows[*at];
            row.of_card == of_card
                && row.from <= now
                && query.get("accountUuid").is_none_or(|id| *id == self.account_id(row.account))
                && query.get("cardUuid").is_none_or(|id| row.card.is_some_and(|card| *id == self.card_id(card)))
                && since.is_none_or(|since| row.dated >= since)
                && until.is_none_or(|until| row.dated <= until)
        };
        let mut rows: Vec<usize> = (0..self.rows.len()).filter(fits).collect();
        // Those that become readable late have their place by their date all the same.
        rows.sort_by_key(|at| (self.rows[*at].dated, *at));
        if !self.deployment.oldest_first {
            rows.reverse();
        }
        let total = rows.len();
        let (limit, offset) = self.window(query);
        let items: Vec<String> = rows.into_iter().skip(offset).take(limit).map(|at| self.row(at, now)).collect();
        let total = if self.deployment.total { format!(",\"total\":{total}") } else { String::new() };
        Reply::json(200, format!("{{\"items\":[{}]{total}}}", items.join(",")))
    }
}
