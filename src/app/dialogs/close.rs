//! Closing a card for good: its last four are typed (M10). Money on it goes to its account first.

use super::super::form::{Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::{Asked, Asks, Wrong, money};
use crate::app::ui::describe;
use crate::domain::card::{Card, CardStatus};
use crate::domain::field::Field as Known;
use crate::domain::intent::checks;
use crate::domain::intent::{Act, Before, CardAt, Kind};

/// Closes a card.
#[derive(Clone, Debug)]
pub struct Close {
    at: CardAt,
    /// What is typed to confirm.
    word: String,
}

/// Why a card cannot be closed, not even after it was emptied.
pub fn check(card: &Card, store: &Store) -> Result<(), String> {
    let Some(balance) = checks::left_on(card) else { return checks::close(card) };
    // That it has money is no obstacle here; everything else is.
    let empty = Card { balance: Known::Absent, available: Known::Absent, ..card.clone() };
    checks::close(&empty)?;
    money::check(card, false, store)
        .map_err(|why| format!("{balance} is on the card and cannot be withdrawn: {why}"))?;
    match card.spendable().known() {
        Some(free) if *free != balance => {
            Err(format!("{balance} is on the card, but only {free} can be withdrawn now"))
        }
        _ => Ok(()),
    }
}

impl Close {
    /// The error is a sentence.
    pub fn new(card: &Card, store: &Store) -> Result<(Close, Form), String> {
        let at = super::freeze::at(card).ok_or("its account is not known yet")?;
        check(card, store)?;
        let word = at.confirming_word();
        let help = match at.last_four {
            Some(_) => "type the last four digits of this card",
            None => "type the last four characters of the card's id",
        };
        let form = Form::new(vec![Field::text(FieldId::LastFour, "last four", help, 8)]);
        Ok((Close { at, word }, form))
    }

    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::Account(self.at.account.clone()), Topic::Card(self.at.account.clone(), self.at.card.clone())]
    }
}

impl Asks for Close {
    fn title(&self, _: &Store) -> String {
        format!("Close {} for good", describe::card(&self.at))
    }

    fn go(&self, asked: Option<&Asked>) -> String {
        match asked {
            Some(Asked::Wish(Wish::EmptyAndClose { amount, .. })) => format!("Withdraw {amount}, then close"),
            _ => "Close for good".into(),
        }
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (store, theme) = (ctx.store, &ctx.theme);
        let Some(card) = store.card(&self.at.card) else { return Vec::new() };
        let mut lines = describe::who(card, ctx, columns);
        lines.push(Line::new());
        let say = "This cannot be undone. Subscriptions billed to this card will fail.";
        lines.extend(super::prose(say, theme.warn(), columns));
        if checks::on_card(card).known().is_none() {
            lines.extend(super::prose(checks::CLOSES_BLINDLY, theme.warn(), columns));
        }
        if let Some(balance) = checks::left_on(card).filter(|_| card.status != CardStatus::Closed) {
            let say = format!(
                "{} is on it. It is returned to {} first; the card is closed once that is confirmed.",
                text::money(&balance, ctx.store.grouping),
                describe::account(store, &self.at.account)
            );
            lines.extend(super::prose(&say, theme.plain(), columns));
        }
        if self.at.last_four.is_none() {
            lines.extend(describe::pair("id", &card.id.to_string(), theme.dim(), ctx, columns));
        }
        lines
    }

    fn read(&self, form: &Form, store: &Store) -> Result<Asked, Wrong> {
        let card = store.card(&self.at.card).ok_or_else(|| Wrong::top("the card is not listed any more"))?;
        check(card, store).map_err(Wrong::top)?;
        if form.value(FieldId::LastFour) != self.word {
            let which = if self.at.last_four.is_some() { "digits of the card" } else { "characters of its id" };
            return Err(Wrong::at(FieldId::LastFour, format!("these are not the last four {which}")));
        }
        let before = Before {
            account: store.account(&self.at.account).and_then(|account| account.available.known().copied()),
            other: card.spendable().known().copied(),
        };
        let at = self.at.clone();
        Ok(Asked::Wish(match checks::left_on(card) {
            Some(amount) => Wish::EmptyAndClose { at, amount, before },
            None => Wish::One { act: Act::Close(at), before },
        }))
    }

    fn receipt(&self, store: &Store) -> Vec<String> {
        let mut labels = vec!["close".to_owned()];
        if store.card(&self.at.card).and_then(checks::left_on).is_some() {
            labels.extend([Kind::Withdraw.noun().into(), describe::account(store, &self.at.account)]);
            labels.push(describe::card(&self.at));
        }
        labels
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let mut lines =
            describe::pair("close", &describe::whose(ctx.store, &self.at), ctx.theme.strong(), ctx, columns);
        if let Asked::Wish(Wish::EmptyAndClose { at, amount, before }) = asked {
            let act = Act::Withdraw { at: at.clone(), amount: *amount, description: None };
            lines.extend(describe::money(&act, before, ctx));
            lines.extend(describe::touched_by_one(&act, before, ctx, columns));
        }
        lines
    }
}
