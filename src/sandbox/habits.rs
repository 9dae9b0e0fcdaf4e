//! How the demo merchant's people use their cards: one step is one thing that happens somewhere in the company.
//!
//! The same steps make the history and the live traffic, and go through the same ledger rules, so every
//! decline has its cause in the books. Knows no clock: it is told the time and how fast things settle.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::clock::{DAY, HOUR, MINUTE, SECOND};
use super::demo::{MERCHANTS, Theme};
use super::ledger::{CardStatus, Decline, Ledger, TxStatus};

/// How long things take: days in history, seconds before somebody's eyes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    History,
    Live,
}

struct Habit {
    merchants: [u16; 4],
    /// Filled up before it runs dry; otherwise its purchases may be declined.
    kept: bool,
    /// What a top-up brings it to, in cents.
    target: u32,
}

/// The habits of every card that exists, and who is likely to act next.
pub struct Habits {
    rng: ChaCha8Rng,
    habits: Vec<Habit>,
    /// A card stands here as often as it is used.
    lots: Vec<u32>,
    themes: Vec<Theme>,
    /// Purchases tried, and those of them that were declined.
    asked: u64,
    declined: u64,
}

fn cents(amount: u32) -> Decimal {
    Decimal::new(i64::from(amount), 2)
}

impl Habits {
    /// `themes` says what each account is for.
    pub fn new(rng: ChaCha8Rng, themes: Vec<Theme>) -> Habits {
        Habits { rng, habits: Vec::new(), lots: Vec::new(), themes, asked: 0, declined: 0 }
    }

    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }

    pub fn theme(&self, account: u32) -> Theme {
        self.themes[account as usize]
    }

    /// Learns of cards that were issued since: cards of the history, and those a user issues later.
    pub fn meet(&mut self, ledger: &Ledger) {
        while self.habits.len() < ledger.cards.len() {
            let card = self.habits.len() as u32;
            let theme = self.theme(ledger.cards[card as usize].account);
            let known: Vec<u16> =
                (0u16..).zip(MERCHANTS).filter(|(_, merchant)| merchant.theme == theme).map(|(at, _)| at).collect();
            let merchants = std::array::from_fn(|_| known[self.rng.random_range(0..known.len())]);
            let (target, lots) = match theme {
                Theme::Office => (self.rng.random_range(4..20) * 5_000, self.rng.random_range(1..5)),
                Theme::Ads => (self.rng.random_range(10..40) * 10_000, self.rng.random_range(2..9)),
                Theme::Travel => (self.rng.random_range(8..30) * 10_000, self.rng.random_range(1..4)),
                Theme::Euro => (self.rng.random_range(4..16) * 5_000, self.rng.random_range(1..4)),
            };
            self.habits.push(Habit { merchants, kept: self.rng.random_ratio(5, 6), target });
            self.lots.extend((0..lots).map(|_| card));
        }
    }

    /// One thing happens: mostly a purchase, with the top-up it needs; now and then a refund to come, a
    /// withdrawal, a fee, a transfer.
    pub fn step(&mut self, ledger: &mut Ledger, at: i64, pace: Pace) {
        self.meet(ledger);
        if self.rng.random_ratio(1, 140) {
            self.rebalance(ledger, at);
        }
        let Some((card, merchant, amount)) = self.wish(ledger, at) else { return };
        if self.rng.random_ratio(1, 90) {
            // A refusal here is a card that cannot be charged now; then it is not.
            drop(ledger.charge_card(card, cents(50), "Card service fee", at));
            return;
        }
        if self.rng.random_ratio(1, 70) {
            let spare = (ledger.cards[card as usize].purse.available() / Decimal::TWO).trunc();
            if spare > Decimal::TEN {
                drop(ledger.withdraw(card, spare, Some("Unused budget"), at));
                return;
            }
        }
        self.buy(ledger, card, merchant, amount, at, pace);
    }

    /// Who buys what. Somebody who was refused often looks before they pay, so that the merchant as a whole
    /// sees about six declines in a hundred.
    fn wish(&mut self, ledger: &Ledger, at: i64) -> Option<(u32, u16, Decimal)> {
        let wary = self.declined * 1_000 > self.asked * 62;
        let mut found = None;
        for _ in 0..24 {
            let card = *self.lots.get(self.rng.random_range(0..self.lots.len().max(1)))?;
            let tries = match ledger.cards[card as usize].status {
                CardStatus::Active => true,
                // A subscription does not know that its card is frozen, and gives up on a closed one.
                CardStatus::Frozen => !wary && self.rng.random_ratio(1, 3),
                CardStatus::Closed => !wary && self.rng.random_ratio(1, 60),
                CardStatus::Creating | CardStatus::CreatingFailed => false,
            };
            if !tries {
                continue;
            }
            let merchant = self.habits[card as usize].merchants[self.rng.random_range(0..4)];
            let shop = &MERCHANTS[merchant as usize];
            let (least, most) = shop.cents;
            // Small charges are more common than large ones.
            let mut asked = (0..3).map(|_| self.rng.random_range(least..=most)).min().unwrap_or(least);
            if shop.round {
                asked = asked.div_ceil(500) * 500;
            }
            found = Some((card, merchant, cents(asked)));
            if !(wary && matches!(ledger.decline(card, cents(asked), at), Some(Decline::Limit(_)))) {
                break;
            }
        }
        found
    }

    fn buy(&mut self, ledger: &mut Ledger, card: u32, merchant: u16, amount: Decimal, at: i64, pace: Pace) {
        let habit = &self.habits[card as usize];
        let (kept, target) = (habit.kept, cents(habit.target));
        let wary = self.declined * 1_000 > self.asked * 62;
        let dry = ledger.cards[card as usize].purse.available() < amount * Decimal::new(102, 2);
        if dry && (wary || kept && self.rng.random_ratio(14, 15) || self.rng.random_ratio(1, 3)) {
            let fill = target.max((amount / Decimal::from(50)).ceil() * Decimal::from(50) + Decimal::from(50));
            self.fund(ledger, ledger.cards[card as usize].account, fill, at);
            let note = [None, None, Some("Monthly budget"), Some("Top up to target")][self.rng.random_range(0..4)];
            drop(ledger.top_up(card, fill, note, at));
        }
        let row = ledger.purchase(card, merchant, amount, at);
        self.asked += 1;
        if ledger.card_txs[row as usize].status != TxStatus::Authorized {
            self.declined += 1;
            return;
        }
        let (soon, late) = match pace {
            Pace::History => (MINUTE, 30 * HOUR),
            Pace::Live => (5 * SECOND, MINUTE),
        };
        let done = at + self.rng.random_range(soon..late);
        if self.rng.random_ratio(1, 60) {
            ledger.cancel_later(row, done);
            return;
        }
        ledger.settle_later(row, done);
        if self.rng.random_ratio(1, 40) {
            let whole = self.rng.random_ratio(2, 3);
            let part = if whole { amount } else { (amount / Decimal::TWO).round_dp(2) };
            let back = match pace {
                Pace::History => DAY + self.rng.random_range(0..8 * DAY),
                Pace::Live => self.rng.random_range(10 * SECOND..2 * MINUTE),
            };
            ledger.refund_later(row, part, done + back);
        }
    }

    /// Money comes in when an account would run out.
    fn fund(&mut self, ledger: &mut Ledger, account: u32, needed: Decimal, at: i64) {
        let reserve = Decimal::from(match self.theme(account) {
            Theme::Office => 18_000,
            Theme::Ads => 7_000,
            Theme::Travel => 6_000,
            Theme::Euro => 2_500,
        });
        let purse = ledger.accounts[account as usize].purse;
        if purse.available() >= needed + reserve {
            return;
        }
        let asked = Decimal::from(self.rng.random_range(8u32..30)) * Decimal::ONE_THOUSAND + needed.trunc();
        let crypto = self.rng.random_ratio(1, 3);
        let note = if crypto { "USDT top-up" } else { "Bank transfer" };
        drop(ledger.payin(account, asked, note, crypto, at));
        if !crypto {
            drop(ledger.charge(account, cents(1_500), "Incoming wire fee", at));
        }
    }

    /// Finance moves money between two accounts of one currency.
    fn rebalance(&mut self, ledger: &mut Ledger, at: i64) {
        let count = ledger.accounts.len();
        if count < 2 {
            return;
        }
        let (from, to) = (self.rng.random_range(0..count), self.rng.random_range(0..count));
        let spare = ledger.accounts[from].purse.available() - Decimal::from(12_000);
        if from == to || ledger.accounts[from].currency != ledger.accounts[to].currency || spare < Decimal::ONE_HUNDRED
        {
            return;
        }
        let amount = Decimal::from(self.rng.random_range(2u32..40)) * Decimal::ONE_HUNDRED;
        drop(ledger.transfer(from as u32, to as u32, amount.min(spare.trunc()), Some("Rebalance"), 3 * SECOND, at));
    }
}
