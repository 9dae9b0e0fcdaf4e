//! How the search over everything is drawn: what is typed, and a line for each hit. Does not know what they lead to.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::{Find, Hit, MOST};
use crate::app::clock;
use crate::app::text;
use crate::app::theme::{self, Theme, Tone};
use crate::app::ui::describe;
use crate::app::ui::frame::{Piece, RenderCtx, Title, frame, say};
use crate::domain::field::Field;
use crate::domain::money::{Grouping, Money};
use crate::domain::text::SafeText;

/// Columns for what kind of thing it is.
const KIND: usize = 12;
/// Columns for the last four.
const FOUR: usize = 7;
/// Columns for the state of a card.
const STATUS: usize = 10;
/// Columns for a name, and for a second one.
const NAME: usize = 24;

/// Its keys, for the last line of the screen.
pub const TYPING: &str = "type to search · ↓ ↑ choose · Enter goes there · Tab: keys act on it · Esc closes";
/// The same, where keys act on the chosen card.
pub const ACTING: &str =
    "f freeze · t top up · w withdraw · e edit · y copy · o cardholder · Tab types on · Esc closes";

type Run = (String, Style);

/// Where it lies.
fn area(body: Rect) -> Rect {
    let width = body.width.min(130);
    Rect { x: body.x + (body.width - width) / 2, width, ..body }
}

/// Lines of hits that fit.
pub(crate) fn rows(body: Rect) -> usize {
    usize::from(area(body).height.saturating_sub(5))
}

fn line(hit: &Hit, ctx: &RenderCtx<'_>) -> Vec<Run> {
    let (store, colours) = (ctx.store, &ctx.theme);
    let column = |text: &str, columns| text::fit(text, columns, text::Align::Left);
    let kind = |word| (column(word, KIND), colours.key());
    let name = |name: Option<&SafeText>| {
        let name = name.map_or_else(String::new, |name| text::cut(&text::name(name), NAME - 1).into_owned());
        column(&name, NAME)
    };
    match hit {
        Hit::Card(row) => {
            let card = store.cards.get(*row);
            let account = card.account.as_ref().and_then(|id| store.account(id));
            vec![
                kind("card"),
                (column(&describe::short(card), FOUR), colours.strong()),
                (column(theme::card_status(&card.status).1, STATUS), colours.plain()),
                (name(card.name.as_ref()), colours.plain()),
                (name(store.holder_of(card)), colours.dim()),
                (account.map_or_else(String::new, |account| text::name(&account.name)), colours.dim()),
            ]
        }
        Hit::Holder(id) => {
            let holder = store.holder(id);
            let email = holder.and_then(|holder| holder.email.as_ref());
            vec![
                kind("cardholder"),
                (name(holder.and_then(|holder| store.holder_name(holder))), colours.plain()),
                (email.map_or_else(String::new, text::name), colours.dim()),
            ]
        }
        Hit::Account(id) => {
            let Some(account) = store.account(id) else { return Vec::new() };
            let available = amount(&account.available, store.grouping);
            vec![kind("account"), (name(Some(&account.name)), colours.plain()), (available, colours.dim())]
        }
        Hit::Merchant(merchant) => {
            vec![
                kind("merchant"),
                (name(Some(merchant)), colours.plain()),
                ("its transactions".to_owned(), colours.dim()),
            ]
        }
        Hit::Transaction(row) => {
            let row = store.transactions.get(*row);
            let at = match row.created_at {
                Field::Known(at) => clock::moment(at, ctx.now.wall, &ctx.setup.zone),
                Field::Absent => "no time".to_owned(),
                Field::Unreadable => "unreadable".to_owned(),
            };
            vec![
                kind("transaction"),
                (column(&at, 16), colours.dim()),
                (column(describe::kind_word(&row.kind), 14), colours.plain()),
                (name(row.merchant.as_ref().or(row.description())), colours.plain()),
                (amount(&row.signed(), store.grouping), colours.plain()),
            ]
        }
    }
}

/// An amount, or that it is not known: nothing would look like none.
fn amount(amount: &Field<Money>, grouping: Grouping) -> String {
    match amount {
        Field::Known(money) => text::money(money, grouping),
        Field::Absent => "not known".to_owned(),
        Field::Unreadable => "unreadable".to_owned(),
    }
}

/// What was looked through, and whether that is all there is.
fn looked_through(find: &Find, ctx: &RenderCtx<'_>) -> String {
    let store = ctx.store;
    let count = |rows: usize, one: &str| {
        let s = if rows == 1 { "" } else { "s" };
        format!("{} {one}{s}", text::count(rows, store.grouping))
    };
    let all = [
        count(store.cards.len(), "card"),
        count(store.holders.value.len(), "cardholder"),
        count(store.accounts.value.len(), "account"),
        count(find.merchants(), "merchant"),
    ];
    let is_whole = store.status_of_all_cards().complete
        && store.status(&crate::app::msg::Topic::Cardholders).complete
        && store.short_cards().is_none();
    let rest = if is_whole { "" } else { " · not all of them are read yet" };
    format!("looked through {}{rest}", all.join(", "))
}

/// Draws it over the body.
pub(crate) fn view(buffer: &mut Buffer, body: Rect, find: &Find, ctx: &RenderCtx<'_>) {
    let theme: &Theme = &ctx.theme;
    let area = area(body).intersection(buffer.area);
    Clear.render(area, buffer);
    let mut title = Title { pieces: vec![Piece::new("Find", Tone::Plain)], ..Title::default() };
    if !find.hits().is_empty() {
        let grouping = ctx.store.grouping;
        let said = match find.found() == find.hits().len() {
            true => text::count(find.found(), grouping),
            false => {
                format!(
                    "the best {} of {}",
                    text::count(find.hits().len(), grouping),
                    text::count(find.found(), grouping)
                )
            }
        };
        title.pieces.push(Piece::new(said, Tone::Plain));
    }
    if find.is_fuzzy() {
        title.pieces.push(Piece::new("letters in this order", Tone::Waiting));
    }
    let inner = frame(buffer, area, &title, None, theme, true);
    if inner.height < 4 {
        return;
    }
    let typed = SafeText::new(find.typed(), MOST).to_string();
    let style = if find.acts { theme.dim() } else { theme.strong() };
    let x = text::put(buffer, inner, inner.x + 1, inner.y, "/", 1, theme.key());
    let x = text::put(buffer, inner, x + 1, inner.y, &typed, inner.width, style);
    if !find.acts {
        text::put(buffer, inner, x, inner.y, "▏", 1, theme.accent());
    }
    let foot = inner.bottom().saturating_sub(1);
    text::put(buffer, inner, inner.x + 2, foot, &looked_through(find, ctx), inner.width.saturating_sub(2), theme.dim());
    if typed.trim().is_empty() {
        let words = "last four, a name, an e-mail, an account, a merchant, or an id";
        text::put(buffer, inner, x + 2, inner.y, words, inner.right().saturating_sub(x + 2), theme.dim());
        return;
    }
    if find.hits().is_empty() {
        let lines = [
            ("nothing that is loaded is called that".to_owned(), theme.plain()),
            ("older transactions: End in pane 3 searches the server".to_owned(), theme.dim()),
        ];
        say(buffer, Rect { y: inner.y + 2, height: inner.height - 3, ..inner }, &lines);
        return;
    }
    let rows = usize::from(inner.height.saturating_sub(3));
    let top = find.at.saturating_sub(rows.saturating_sub(1) / 2).min(find.hits().len().saturating_sub(rows));
    for ((at, hit), y) in find.hits().iter().enumerate().skip(top).zip(inner.y + 2..foot) {
        let selected = at == find.at;
        if selected {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.selected());
            text::put(buffer, inner, inner.x, y, "▸", 1, theme.selected());
        }
        let mut x = inner.x.saturating_add(2);
        for (text, style) in line(hit, ctx) {
            let style = if selected { theme.selected() } else { style };
            let room = inner.right().saturating_sub(x);
            // What does not fit is cut, and what would stand behind it is not drawn.
            let is_last = text::width(&text) > usize::from(room);
            x = text::put(buffer, inner, x, y, if is_last { text.trim_end() } else { &text }, room, style);
            if is_last {
                break;
            }
        }
    }
}
