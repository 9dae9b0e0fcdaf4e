//! Freezing and unfreezing: who and which card, what it pays for, and the other cards of its holder.
//!
//! `y` does it, at once and not `Enter`: a support agent types `f` `y` in one go, and a held or doubled
//! `Enter` from the list underneath must not.

use std::collections::{HashMap, HashSet};

use chrono::{TimeDelta, Utc};

use super::super::form::{Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::private;
use super::super::store::{Held, Scope, Store, Whose};
use super::super::text::{self, AmountFit};
use super::{Asked, Asks, Confirm, Wrong};
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus};
use crate::domain::field::Field;
use crate::domain::ids::CardId;
use crate::domain::intent::{Act, Before, CardAt, checks};
use crate::domain::money::{Currency, Money};
use crate::domain::transaction::{TransactionKind, TransactionStatus};

/// How far back charges are counted.
const DAYS: i64 = 60;
/// Most merchants that are named.
const MERCHANTS: usize = 4;

/// Asks whether to freeze or to unfreeze.
#[derive(Debug)]
pub struct Freeze {
    freeze: bool,
    /// The cards it is about; more than one only when an earlier act on several is undone.
    cards: Vec<CardAt>,
    /// Other cards of the holder that can be frozen too.
    others: Vec<CardAt>,
    with_others: bool,
    /// Why the state that is shown may not be the card's: then both ways are offered.
    doubt: Option<String>,
    /// Cards that may be active although they are shown as frozen.
    open: HashSet<CardId>,
    /// The list of the holder's cards was asked for.
    asked: bool,
    /// Why there may be other cards of the holder that are not known here.
    unread: Option<&'static str>,
}

/// Other cards of the holder that can be frozen, as far as is known; `open` as in [`may_freeze`].
fn others(card: &Card, open: &HashSet<CardId>, store: &Store) -> Vec<CardAt> {
    (store.cards.of(None).iter().map(|row| store.cards.get(*row)))
        .filter(|other| other.id != card.id && same_holder(card, other) && may_freeze(other, open.contains(&other.id)))
        .filter_map(at)
        .collect()
}

/// A card as an act names it; `None` while its account is not known.
pub fn at(card: &Card) -> Option<CardAt> {
    let account = card.account.clone()?;
    Some(CardAt { account, card: card.id.clone(), last_four: card.number.last_four })
}

/// Whether a card can be frozen, as far as is known; `open`: a change of its state was sent, and nobody knows what became
/// of it, so that one which is shown as frozen may be active.
pub fn may_freeze(card: &Card, open: bool) -> bool {
    checks::freeze(card).is_ok() || (open && card.status == CardStatus::Frozen)
}

/// Whether two cards are certainly of one person: by the merchant's own id, else by name and e-mail both.
fn same_holder(one: &Card, other: &Card) -> bool {
    match (&one.holder_id, &other.holder_id) {
        (Some(one), Some(other)) => one == other,
        (None, None) => {
            one.holder.is_some()
                && one.holder_email.is_some()
                && one.holder == other.holder
                && one.holder_email == other.holder_email
        }
        _ => false,
    }
}

impl Freeze {
    /// On one card. Its state speaks against it only where nobody doubts the state; nor does that of other cards of its
    /// holder that are among `open`. The error is a sentence.
    pub fn new(
        card: &Card,
        freeze: bool,
        doubt: Option<String>,
        open: HashSet<CardId>,
        store: &Store,
    ) -> Result<Freeze, String> {
        let check = if freeze { checks::freeze(card) } else { checks::unfreeze(card) };
        if doubt.is_none() || card.status == CardStatus::Closed {
            check?;
        }
        let this = at(card).ok_or("its account is not known yet")?;
        let others = if freeze { others(card, &open, store) } else { Vec::new() };
        let (with_others, asked, unread) = (false, false, None);
        Ok(Freeze { freeze, cards: vec![this], others, with_others, doubt, open, asked, unread })
    }

    /// Undoes what was done to these cards.
    pub fn undo(cards: Vec<CardAt>, frozen: bool) -> Freeze {
        let (others, with_others, doubt) = (Vec::new(), false, None);
        let open = HashSet::new();
        Freeze { freeze: !frozen, cards, others, with_others, doubt, open, asked: true, unread: None }
    }

    /// What should be read for it.
    pub fn topics(&self) -> Vec<Topic> {
        let mut topics = Vec::new();
        for at in self.cards.iter().take(3) {
            topics.push(Topic::Card(at.account.clone(), at.card.clone()));
            if self.freeze {
                topics.push(Topic::CardTransactions(at.card.clone()));
            }
        }
        topics
    }

    /// The cards it would act on, and whether it freezes them.
    fn chosen(&self) -> impl Iterator<Item = &CardAt> {
        let others: &[CardAt] = if self.with_others { &self.others } else { &[] };
        self.cards.iter().chain(others)
    }

    fn charges(&self, id: &CardId, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, theme) = (ctx.store, &ctx.theme);
        let seen = Charges::of(store, id, ctx.now.wall);
        let fit = AmountFit::of(seen.by_merchant.iter().map(|(_, _, sum)| sum).chain(&seen.open), ctx.store.grouping);
        let mut lines = Vec::new();
        let status = store.status(&Topic::CardTransactions(id.clone()));
        let label = format!("{DAYS} days");
        if seen.by_merchant.is_empty() {
            let word = match (status.at, status.failed) {
                (None, None) => "charges are being read",
                (_, Some(_)) => "charges could not be read",
                (Some(_), None) => "no charges",
            };
            lines.extend(describe::pair(&label, word, theme.dim(), ctx, columns));
        }
        for (place, (merchant, count, sum)) in seen.by_merchant.iter().take(MERCHANTS).enumerate() {
            let label = text::fit(if place == 0 { &label } else { "" }, super::super::form::LABEL, text::Align::Left);
            lines.push(vec![
                (format!("  {label}"), theme.dim()),
                (fit.show(sum), theme.plain()),
                (format!("  {} ", text::cut(&private::name(merchant), 28)), theme.plain()),
                (if *count > 1 { format!("× {count}") } else { String::new() }, theme.dim()),
            ]);
        }
        if let Some(more) = seen.by_merchant.len().checked_sub(MERCHANTS).filter(|more| *more > 0) {
            lines.extend(describe::pair("", &format!("and {more} more merchants"), theme.dim(), ctx, columns));
        }
        let holds = match seen.open.as_slice() {
            [] => "none".to_owned(),
            sums => {
                let sums: Vec<String> = sums.iter().map(|sum| text::money(sum, ctx.store.grouping)).collect();
                format!("{}, {} in all; they can still be charged", seen.open_count, sums.join(" and "))
            }
        };
        lines.extend(describe::pair("open holds", &holds, theme.plain(), ctx, columns));
        lines
    }
}

/// What a card has paid for.
struct Charges {
    /// Merchant, how many, how much; the largest first. One line for each currency.
    by_merchant: Vec<(String, usize, Money)>,
    /// Open authorizations by currency.
    open: Vec<Money>,
    open_count: usize,
}

impl Charges {
    fn of(store: &Store, card: &CardId, now: chrono::DateTime<Utc>) -> Charges {
        let since = now - TimeDelta::days(DAYS);
        let mut sums: HashMap<(&str, Currency), (usize, Money)> = HashMap::new();
        let mut open: Vec<Money> = Vec::new();
        let mut open_count = 0;
        let list = store.transactions.newest(&Scope::Card(card.clone()));
        for row in store.transactions.unscattered(list) {
            let row = store.transactions.get(row);
            let Field::Known(amount) = row.amount else { continue };
            let amount = amount.abs();
            if row.kind != TransactionKind::Purchase || row.created_at.known().is_some_and(|at| *at < since) {
                continue;
            }
            match row.status {
                TransactionStatus::Authorized | TransactionStatus::Pending => {
                    open_count += 1;
                    match open.iter_mut().find(|sum| sum.currency() == amount.currency()) {
                        Some(sum) => *sum = sum.checked_add(&amount).unwrap_or(*sum),
                        None => open.push(amount),
                    }
                }
                TransactionStatus::Completed => {}
                _ => continue,
            }
            let merchant = row.merchant.as_ref().map_or("unknown merchant", |name| name.as_str());
            let (count, sum) =
                sums.entry((merchant, amount.currency())).or_insert_with(|| (0, Money::zero(amount.currency())));
            *count += 1;
            *sum = sum.checked_add(&amount).unwrap_or(*sum);
        }
        let mut by_merchant: Vec<(String, usize, Money)> =
            sums.into_iter().map(|((merchant, _), (count, sum))| (merchant.to_owned(), count, sum)).collect();
        by_merchant.sort_by(|a, b| b.2.amount().cmp(&a.2.amount()).then_with(|| a.0.cmp(&b.0)));
        Charges { by_merchant, open, open_count }
    }
}

impl Asks for Freeze {
    fn title(&self, _: &Store) -> String {
        let verb = if self.freeze { "Freeze" } else { "Unfreeze" };
        match self.cards.as_slice() {
            [one] => format!("{verb} {}", describe::card(one)),
            cards => format!("{verb} {} cards", cards.len()),
        }
    }

    fn go(&self, _: Option<&Asked>) -> String {
        let verb = if self.freeze { "freeze" } else { "unfreeze" };
        match self.chosen().count() {
            1 => verb.to_owned(),
            count => format!("{verb} {count} cards"),
        }
    }

    fn confirm(&self) -> Confirm {
        Confirm::Letter
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, theme) = (ctx.store, &ctx.theme);
        let mut lines = Vec::new();
        if let [one] = self.cards.as_slice() {
            if let Some(card) = store.card(&one.card) {
                lines.extend(describe::who(card, ctx, columns));
            }
            if let Some(doubt) = &self.doubt {
                let ways = match self.freeze {
                    true => "y freezes, whatever it is now · u for unfreezing",
                    false => "y unfreezes · u for freezing",
                };
                lines.extend(describe::pair("not certain", &format!("{doubt}: {ways}"), theme.warn(), ctx, columns));
            }
            if self.freeze {
                lines.push(Line::new());
                lines.extend(self.charges(&one.card, ctx, columns));
            }
        } else {
            let cards: Vec<String> = self.cards.iter().map(describe::card).collect();
            lines.extend(describe::pair("cards", &cards.join(" "), theme.strong(), ctx, columns));
        }
        if let Some(why) = self.unread.filter(|_| self.others.is_empty()) {
            lines.push(Line::new());
            lines.extend(describe::pair("same holder", why, theme.dim(), ctx, columns));
        }
        if !self.others.is_empty() {
            let names: Vec<String> = self
                .others
                .iter()
                .take(6)
                .map(|at| format!("{} {}", describe::card(at), describe::account(store, &at.account)))
                .collect();
            let more = self.others.len().saturating_sub(6);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let (sign, style) = if self.with_others { ("✓ ", theme.plain()) } else { ("", theme.dim()) };
            lines.push(Line::new());
            let words = format!("{sign}{}{more}", names.join(" · "));
            lines.extend(describe::pair("same holder", &words, style, ctx, columns));
            lines.extend(self.unread.map_or(Vec::new(), |why| describe::pair("", why, theme.dim(), ctx, columns)));
        }
        lines
    }

    fn refresh(&mut self, _: &mut Form, store: &Store) -> Vec<Topic> {
        let ([this], true) = (self.cards.as_slice(), self.freeze) else {
            self.unread = None;
            return Vec::new();
        };
        let Some((row, card)) = store.cards.row(&this.card).map(|row| (row, store.cards.get(row))) else {
            return Vec::new();
        };
        // Those that are chosen stay chosen; what was read meanwhile is offered too, while nothing is chosen.
        if !self.with_others {
            self.others = others(card, &self.open, store);
        }
        self.unread = match &card.holder_id {
            Some(holder) => match store.held(holder) {
                Held::Exact(_) => None,
                Held::AtLeast(_) => Some("other cards are being read"),
                Held::NotTold(_) => Some("there may be others: the API does not list them"),
            },
            None if store.whose(row, card) == Whose::NotRead => Some("not read yet"),
            None => None,
        };
        let wanted = card.holder_id.clone().filter(|holder| !self.asked && store.held(holder).exact().is_none());
        self.asked |= wanted.is_some();
        wanted.into_iter().map(Topic::HolderCards).collect()
    }

    fn letter(&mut self, letter: char) -> bool {
        if letter == 'u' && self.doubt.is_some() {
            self.freeze = !self.freeze;
            self.with_others = false;
            return true;
        }
        let takes = letter == 'a' && self.freeze && !self.others.is_empty();
        self.with_others ^= takes;
        takes
    }

    fn letters(&self) -> Vec<(&'static str, String)> {
        let mut letters = Vec::new();
        if self.doubt.is_some() {
            letters.push(("u", if self.freeze { "unfreeze instead" } else { "freeze instead" }.to_owned()));
        }
        let others = if self.freeze { self.others.len() } else { 0 };
        letters.extend(match (others, self.with_others) {
            (0, _) => None,
            (_, true) => Some(("a", "only this card".to_owned())),
            (1, false) => Some(("a", "the holder's other card too".to_owned())),
            (count, false) => Some(("a", format!("all {} cards of the holder", count + 1))),
        });
        letters
    }

    fn read(&self, _: &Form, store: &Store) -> Result<Asked, Wrong> {
        let mut acts = Vec::new();
        for at in self.chosen() {
            let card = store.card(&at.card);
            let check = if self.freeze { checks::freeze } else { checks::unfreeze };
            if self.doubt.is_none()
                && !self.open.contains(&at.card)
                && let Some(Err(why)) = card.map(check)
            {
                // One of several that is so already is left alone; the only one is said.
                if self.chosen().count() == 1 {
                    return Err(Wrong::top(why));
                }
                continue;
            }
            let before = Before { account: None, other: card.and_then(|card| card.spendable().known().copied()) };
            let act = if self.freeze { Act::Freeze(at.clone()) } else { Act::Unfreeze(at.clone()) };
            acts.push((act, before));
        }
        match acts.len() {
            0 => Err(Wrong::top("there is nothing left to do")),
            1 => match acts.pop() {
                Some((act, before)) => Ok(Asked::Wish(Wish::One { act, before })),
                None => Err(Wrong::default()),
            },
            _ => Ok(Asked::Wish(Wish::Each(acts))),
        }
    }

    fn review(&self, _: &Asked, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }
}
