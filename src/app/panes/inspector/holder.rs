//! What is known of one person: who they are, what their cards did, the cards.

use super::super::transactions::SETTLED;
use super::{LABEL, Sheet};
use crate::app::actions::Act;
use crate::app::private;
use crate::app::store::{Held, insight};
use crate::app::text::{self, AmountFit};
use crate::app::theme;
use crate::app::ui::describe;
use crate::domain::cardholder::Cardholder;
use crate::domain::money::Money;

/// Most cards of a person that are listed.
const HELD: usize = 16;

pub(super) fn lines(sheet: &mut Sheet<'_>, holder: &Cardholder) {
    let ctx = sheet.ctx;
    let (store, theme) = (ctx.store, ctx.theme);
    if let Some(name) = store.holder_name(holder) {
        sheet.line(vec![(text::name(name), theme.strong())]);
    }
    sheet.text("e-mail", holder.email.as_ref());
    sheet.text("phone", holder.phone.as_ref());
    // A merchant's own id of somebody is often made of the name.
    sheet.pair("id", &private::name(&holder.id.to_string()), theme.plain());
    sheet.gap();
    let figures = insight::figures(&store.transactions, store.lists_of_holder(&holder.id), ctx.now);
    let sums: Vec<Money> = figures.spent.iter().filter_map(|(_, sum)| *sum).collect();
    let fit = AmountFit::of(&sums, sheet.ctx.store.grouping);
    for (place, (currency, sum)) in figures.spent.iter().enumerate() {
        let label = text::fit(if place == 0 { "spent 30 d" } else { "" }, LABEL, text::Align::Left);
        let sum = match sum {
            Some(sum) => (fit.show(sum), theme.plain()),
            None => (format!("too large to add up, in {currency}"), theme.unreadable()),
        };
        sheet.line(vec![(label, theme.dim()), sum]);
    }
    if figures.settled > 0 {
        let rows = text::count(figures.settled, store.grouping);
        sheet.pair("", &format!("{SETTLED} {rows} rows by what was settled"), theme.dim());
    }
    if figures.unreadable > 0 {
        sheet.pair(
            "",
            &format!("{} rows unreadable", text::count(figures.unreadable, store.grouping)),
            theme.unreadable(),
        );
    }
    let held = store.held(&holder.id);
    match figures.purchases {
        0 if held.exact().is_none() => sheet.pair("declined", "not known before the cards are read", theme.dim()),
        0 => sheet.pair("declined", "no purchases in 30 days", theme.dim()),
        purchases => {
            let rate = super::super::cardholders::rate(figures.declined, purchases, sheet.ctx.store.grouping);
            sheet.pair("declined", rate.trim_start(), theme.plain());
            sheet.rate(figures.declined, purchases);
        }
    }
    if figures.cut {
        sheet.pair("", "of the newest rows", theme.dim());
    } else if let Some(sample) = super::super::cardholders::sample(store, (ctx.setup, ctx.now)) {
        sheet.pair("", &sample, theme.dim());
    }
    let rows = store.cards.of_holder(&holder.id);
    sheet.gap();
    let known = text::count(rows.len(), store.grouping);
    match held {
        Held::Exact(_) => sheet.pair("cards", &known, theme.plain()),
        Held::AtLeast(_) => sheet.pair("cards", &format!("{known} known; not all are read yet"), theme.dim()),
        Held::NotTold(_) => sheet.pair("cards", &format!("{known} known; the API does not list them"), theme.dim()),
    }
    for row in rows.iter().take(HELD) {
        let card = store.cards.get(*row);
        let (sign, word, tone) = theme::card_status(&card.status);
        let name = card.name.as_ref().map_or("".into(), text::name);
        sheet.line(vec![
            (text::fit(&describe::short(card), 7, text::Align::Left), theme.plain()),
            (text::fit(&name, 20, text::Align::Left), theme.plain()),
            (format!(" {sign} "), theme.tone(tone)),
            (word.to_owned(), theme.word(tone)),
        ]);
    }
    if let Some(more) = rows.len().checked_sub(HELD).filter(|more| *more > 0) {
        sheet.line(vec![(
            format!("and {} more; {} shows all", text::count(more, store.grouping), sheet.ctx.key(Act::In)),
            theme.dim(),
        )]);
    }
}
