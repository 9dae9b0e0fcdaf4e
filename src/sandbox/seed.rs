//! Ninety days of the demo merchant, ending now: accounts, people, cards, and what they did.
//!
//! History is played through the ledger, one act after another, so every balance is the sum of its rows.
//! Knows nothing of HTTP; the same seed, counts and end give the same merchant.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::clock::{self, DAY, HOUR, SECOND};
use super::demo::{self, ACCOUNTS, PEOPLE, Theme};
use super::habits::{Habits, Pace};
use super::ids::mix;
use super::ledger::{Account, CardStatus, Issue, Ledger, NewHolder, Purse, Span};
use crate::domain::money::Currency;

/// How far back the history reaches.
pub const HISTORY: i64 = 90 * DAY;

/// How much of everything there is to be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub accounts: usize,
    pub cards: usize,
    /// Rows of the card feed; up to three more may come out.
    pub transactions: usize,
    pub seed: u64,
    /// Accounts open with parts below a cent, which stay with them.
    pub sub_cents: bool,
}

/// Plays the history up to `now`. `told` is called after each slot of time; for the last `told_rows` of
/// them it finds what changed in the outbox.
pub fn play(size: Size, now: i64, told_rows: usize, mut told: impl FnMut(&mut Ledger, i64)) -> (Ledger, Habits) {
    let mut ledger = Ledger::new(mix(size.seed));
    let start = now - HISTORY;
    let themes = open_accounts(&mut ledger, &size, start);
    let mut habits = Habits::new(ChaCha8Rng::seed_from_u64(size.seed), themes);
    hire(&mut ledger, &size);
    let mut story = Story { issued: 0, endings: BTreeMap::new(), size, start, now };
    let slots = size.transactions.max(1);
    let mut clock = Rhythm::new(start, now);
    for slot in 0..slots {
        let place = slot as u64 * 1_000 + habits.rng().random_range(0..1_000);
        let at = clock.at(place, slots as u64 * 1_000);
        ledger.advance(at);
        story.unfold(&mut ledger, &habits, at);
        if !ledger.telling && slots - slot <= told_rows {
            ledger.telling = true;
        }
        // A top-up or a refund took the place of this slot when there are more rows than slots.
        for _ in 0..4 {
            if ledger.card_txs.len() <= slot && slot < size.transactions {
                habits.step(&mut ledger, at, Pace::History);
            }
        }
        told(&mut ledger, at);
    }
    ledger.telling = true;
    ledger.advance(now);
    story.finish(&mut ledger, &habits, now);
    // With very few cards a slot may have stayed empty; with none that works there is nothing to be done.
    for _ in 0..slots {
        if ledger.card_txs.len() >= size.transactions {
            break;
        }
        habits.step(&mut ledger, now, Pace::History);
    }
    told(&mut ledger, now);
    habits.meet(&ledger);
    (ledger, habits)
}

fn open_accounts(ledger: &mut Ledger, size: &Size, start: i64) -> Vec<Theme> {
    let mut themes = Vec::new();
    for at in 0..size.accounts {
        let (name, theme) = ACCOUNTS[at % ACCOUNTS.len()];
        let euro = theme == Theme::Euro;
        let round = at / ACCOUNTS.len();
        let created = start - DAY * (ACCOUNTS.len() + size.accounts - at) as i64;
        let account = ledger.open_account(Account {
            name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
            currency: if euro { Currency::EUR } else { Currency::USD },
            purse: Purse::default(),
            physical: theme == Theme::Office || theme == Theme::Travel,
            transfers: true,
            purchase_fee: Decimal::new(if theme == Theme::Ads { 10 } else { 15 }, 1),
            issuing_fee: Decimal::new(if euro { 250 } else { 300 }, 2),
            bins: match theme {
                Theme::Office => vec![0, 1],
                Theme::Ads => vec![2, 0],
                Theme::Travel => vec![1],
                Theme::Euro => vec![3],
            },
            living: 0,
            created,
            updated: created,
            cards: Vec::new(),
            card_feed: Vec::new(),
            account_feed: Vec::new(),
        });
        let mut opening = Decimal::from(if theme == Theme::Office { 40_000 } else { 12_000 });
        if size.sub_cents {
            // Nine decimals, the last of them never zero.
            let part = mix(size.seed ^ (at as u64) << 16) % 99_999_999 * 10 + 7;
            opening += Decimal::new(i64::try_from(part).unwrap_or(7), 9);
        }
        drop(ledger.payin(account, opening, "Opening balance", false, start));
        themes.push(theme);
    }
    themes
}

fn hire(ledger: &mut Ledger, size: &Size) {
    if size.accounts == 0 {
        return;
    }
    let count = (size.cards / 3).clamp(1, 50_000).min(if size.cards <= 400 { PEOPLE.len() } else { 50_000 });
    for at in 0..count {
        let (first, last, mail) = PEOPLE[at % PEOPLE.len()];
        let round = at / PEOPLE.len();
        let number = if round == 0 { String::new() } else { (round + 1).to_string() };
        let account = (at % size.accounts) as u32;
        let new = NewHolder {
            owner_id: format!("emp-{:03}", at + 1),
            first: first.to_owned(),
            last: last.to_owned(),
            email: format!("{mail}{number}@northlight.example"),
            phone: at.is_multiple_of(3).then(|| format!("+1555{:07}", 100_000 + at)),
        };
        // Numbered names cannot collide.
        drop(ledger.create_holder(account, new));
    }
}

/// What becomes of the cards over the ninety days.
struct Story {
    size: Size,
    start: i64,
    now: i64,
    issued: usize,
    /// Cards to be frozen or closed, by time.
    endings: BTreeMap<(i64, u32), Ending>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Freeze,
    Close,
}

impl Story {
    /// Issues the cards whose day has come, freezes and closes those whose time has come.
    fn unfold(&mut self, ledger: &mut Ledger, habits: &Habits, at: i64) {
        if self.size.accounts == 0 || ledger.holders.is_empty() {
            return;
        }
        // Most cards are there from the first day on; the last ones are issued a day before now.
        let early = self.size.cards * 6 / 10;
        let span = (self.now - self.start - DAY).max(1);
        let late = (self.size.cards - early) as i128 * i128::from(at - self.start) / i128::from(span);
        let wanted = (early + late as usize).min(self.size.cards);
        while self.issued < wanted {
            self.issue(ledger, habits, at);
        }
        while let Some(due) = self.endings.first_entry().filter(|due| due.key().0 <= at) {
            let ((_, card), ending) = due.remove_entry();
            if !end(ledger, card, ending, at) {
                self.endings.insert((at + 6 * HOUR, card), ending);
            }
        }
    }

    fn issue(&mut self, ledger: &mut Ledger, habits: &Habits, at: i64) {
        let number = self.issued;
        self.issued += 1;
        // Its own dice, so that a card is the same card whatever the time of day at the start.
        let mut rng = ChaCha8Rng::seed_from_u64(mix(self.size.seed ^ (number as u64) << 24));
        // The main account and the advertising account have most of the cards.
        let share = [0, 1, 1, 0, 2, 1, 0, 3, 1, 2];
        let among = rng.random_range(0..self.size.accounts.div_ceil(4));
        let account = (share[number % 10] + 4 * among) % self.size.accounts;
        let theme = habits.theme(account as u32);
        let names = demo::card_names(theme);
        let name = names[rng.random_range(0..names.len())];
        let owner = &ledger.accounts[account];
        let asked = Issue {
            name: if number.is_multiple_of(5) { name.to_owned() } else { format!("{name} {:03}", number + 1) },
            owner_id: ledger.holders[rng.random_range(0..ledger.holders.len())].owner_id.clone(),
            physical: owner.physical && rng.random_ratio(1, 12),
            bin: owner.bins[rng.random_range(0..owner.bins.len())],
            limits: limits(theme, &mut rng),
            takes: rng.random_range(2 * SECOND..4 * SECOND),
            // One card of a company of some size was never made.
            works: self.size.cards < 10 || number != self.size.cards * 3 / 4,
        };
        if ledger.accounts[account].purse.available() < Decimal::TEN {
            drop(ledger.payin(account as u32, Decimal::from(20_000), "Bank transfer", false, at));
        }
        let Ok(card) = ledger.issue(account as u32, asked, at) else { return };
        let ending = match rng.random_range(0..100) {
            0..7 => Ending::Freeze,
            7..13 => Ending::Close,
            _ => return,
        };
        let when = at + DAY + rng.random_range(0..(self.now - at).max(2) / 2);
        self.endings.insert((when, card), ending);
    }

    /// What must be there at the end: every card issued.
    fn finish(&mut self, ledger: &mut Ledger, habits: &Habits, now: i64) {
        if self.size.accounts == 0 || ledger.holders.is_empty() {
            return;
        }
        while self.issued < self.size.cards {
            self.issue(ledger, habits, now);
        }
    }
}

fn limits(theme: Theme, rng: &mut ChaCha8Rng) -> Vec<(Span, Decimal)> {
    let day = match theme {
        Theme::Ads => rng.random_range(4u32..12) * 100,
        Theme::Travel => rng.random_range(4u32..14) * 100,
        Theme::Office | Theme::Euro => rng.random_range(2u32..8) * 100,
    };
    match rng.random_range(0..10) {
        0..3 => vec![(Span::Day, Decimal::from(day))],
        3 => vec![(Span::Day, Decimal::from(day)), (Span::Month, Decimal::from(day * 8))],
        4 => vec![(Span::Transaction, Decimal::from(day / 2))],
        5 => vec![(Span::Month, Decimal::from(day * 10)), (Span::Lifetime, Decimal::from(day * 100))],
        _ => Vec::new(),
    }
}

/// Whether it could be done.
fn end(ledger: &mut Ledger, card: u32, ending: Ending, at: i64) -> bool {
    let now = &ledger.cards[card as usize];
    match ending {
        Ending::Freeze => ledger.freeze(card, at).is_ok(),
        Ending::Close if matches!(now.status, CardStatus::Active | CardStatus::Frozen) => {
            if !now.purse.held.is_zero() {
                return false;
            }
            let left = now.purse.total;
            (left.is_zero() || ledger.withdraw(card, left, Some("Before closing"), at).is_ok())
                && ledger.close(card, 2 * SECOND, at).is_ok()
        }
        Ending::Close => true,
    }
}

/// The hours of a company: busy on weekdays, at noon most, a little busier every week.
struct Rhythm {
    start: i64,
    /// How much has happened up to the end of each hour.
    until: Vec<u64>,
    hour: usize,
}

impl Rhythm {
    fn new(start: i64, now: i64) -> Rhythm {
        const DAILY: [u64; 24] = [2, 1, 1, 1, 2, 3, 6, 11, 17, 22, 24, 25, 27, 26, 25, 24, 23, 21, 18, 15, 12, 9, 6, 4];
        const WEEKLY: [u64; 7] = [20, 21, 22, 21, 19, 9, 7];
        let hours = ((now - start) / HOUR).max(1);
        let mut sum = 0;
        let until = (0..hours)
            .map(|hour| {
                let at = start + hour * HOUR;
                let growth = 100 + (hour / (24 * 3)) as u64;
                sum += DAILY[(at.rem_euclid(DAY) / HOUR) as usize] * WEEKLY[clock::weekday(at)] * growth;
                sum
            })
            .collect();
        Rhythm { start, until, hour: 0 }
    }

    /// The instant at which `part` of `whole` has happened. Asked in ascending order.
    fn at(&mut self, part: u64, whole: u64) -> i64 {
        let total = self.until.last().copied().unwrap_or(1);
        let mark = (u128::from(part) * u128::from(total) / u128::from(whole.max(1))) as u64;
        while self.until[self.hour] <= mark && self.hour + 1 < self.until.len() {
            self.hour += 1;
        }
        let before = if self.hour == 0 { 0 } else { self.until[self.hour - 1] };
        let within = (mark.saturating_sub(before) as i64) * HOUR / ((self.until[self.hour] - before).max(1) as i64);
        self.start + self.hour as i64 * HOUR + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::ledger::{CardTxKind, Decline, TxStatus};

    #[test]
    fn merchants_of_any_size_are_made() {
        for (accounts, cards, transactions) in
            [(1, 1, 50), (2, 3, 0), (3, 0, 40), (0, 5, 5), (5, 12, 300), (9, 2_000, 100)]
        {
            let size = Size { accounts, cards, transactions, seed: 3, sub_cents: cards % 2 == 1 };
            let (ledger, _) = play(size, 1_774_353_600_000, 10, |ledger, _| ledger.outbox.clear());
            ledger.audit().unwrap();
            let made = if accounts == 0 { 0 } else { cards };
            assert_eq!((ledger.accounts.len(), ledger.cards.len()), (accounts, made));
            let rows = if made == 0 { 0 } else { transactions };
            assert!((rows..=rows + 3).contains(&ledger.card_txs.len()), "{size:?}: {} rows", ledger.card_txs.len());
        }
    }

    /// The merchant must look right on every day of the week, at every hour and with any seed.
    #[test]
    fn every_history_adds_up_and_declines_for_a_cause() {
        for start in 0..8 {
            let now = 1_774_353_600_000 + start * (3 * DAY + 5 * HOUR);
            let size = Size { accounts: 4, cards: 130, transactions: 6_000, seed: start as u64, sub_cents: false };
            let (ledger, _) = play(size, now, 0, |_, _| {});
            ledger.audit().unwrap();
            let purchases = ledger.card_txs.iter().filter(|tx| tx.kind == CardTxKind::Purchase);
            let declines: Vec<Decline> = purchases.clone().filter_map(|tx| tx.decline).collect();
            let share = declines.len() * 1_000 / purchases.count();
            let of = |cause: fn(&Decline) -> bool| declines.iter().filter(|decline| cause(decline)).count();
            let causes = [
                of(|cause| *cause == Decline::Insufficient),
                of(|cause| *cause == Decline::Frozen),
                of(|cause| matches!(cause, Decline::Limit(_))),
            ];
            println!("seed {start}: {share} of a thousand declined, {causes:?}");
            assert!((50..=80).contains(&share), "seed {start}: {share} of a thousand declined: {causes:?}");
            assert!(causes.iter().all(|count| *count >= 10), "seed {start}: {causes:?}");
            assert!((6_000..=6_003).contains(&ledger.card_txs.len()));
            assert!(ledger.card_txs.iter().any(|tx| tx.status == TxStatus::Authorized));
            assert!(ledger.card_txs.last().is_some_and(|tx| tx.created <= now && now - tx.created < 6 * HOUR));
        }
    }
}
