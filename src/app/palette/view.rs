//! How the palette is drawn: what is typed, and a line for each entry. Does not know what they lead to.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};

use super::{Entry, Known, MOST, Palette, action};
use crate::app::actions::{self, Situation};
use crate::app::keymap::command;
use crate::app::text;
use crate::app::theme::{Theme, Tone};
use crate::app::ui::describe;
use crate::app::ui::frame::{Piece, Title, frame, say};
use crate::app::views::View;
use crate::domain::text::SafeText;

/// Columns for the keys.
const KEYS: usize = 12;
/// Columns for what is done to a card, with its amount.
const COMMAND: usize = 17;
/// Columns for the name.
const NAME: usize = 16;
/// Columns for the name of a view.
const VIEW: usize = 20;

/// Where the palette lies.
fn area(body: Rect) -> Rect {
    let width = body.width.min(130);
    Rect { x: body.x + (body.width - width) / 2, width, ..body }
}

/// Lines of it that fit, below the one that is typed on.
pub(crate) fn palette_rows(body: Rect) -> usize {
    usize::from(area(body).height.saturating_sub(4))
}

type Run = (String, Style);

fn line(entry: &Entry, now: &Situation, known: Known<'_>, theme: &Theme) -> Vec<Run> {
    let (store, appearance) = (known.store, known.appearance);
    let column = |text: &str, columns| text::fit(text, columns, text::Align::Left);
    match entry {
        Entry::Heading(title) => vec![((*title).to_owned(), theme.strong())],
        Entry::Action(act) => {
            let Some(action) = action(*act) else { return Vec::new() };
            let (keys, name) = (column(&appearance.keys.labels(action), KEYS), column(&command(action), NAME));
            match actions::applies(*act, now) {
                Ok(()) => vec![(keys, theme.key()), (name, theme.plain()), (action.help.to_owned(), theme.dim())],
                Err(why) => vec![
                    (keys, theme.dim()),
                    (name, theme.dim()),
                    (format!("not now: {}  ", describe::guarded(store, &why)), theme.warn()),
                    (action.help.to_owned(), theme.dim()),
                ],
            }
        }
        Entry::Chord(act, key, help) => {
            let first = action(*act).map_or_else(String::new, |action| appearance.keys.first(action));
            vec![
                (column(&format!("{first} {key}"), KEYS), theme.key()),
                (column("", NAME), theme.plain()),
                ((*help).to_owned(), theme.dim()),
            ]
        }
        Entry::Card { act, row, amount } => {
            let card = store.cards.get(*row);
            let name =
                card.name.as_ref().map_or_else(String::new, |name| text::cut(&text::name(name), 22).into_owned());
            let holder =
                store.holder_of(card).map_or_else(String::new, |name| text::cut(&text::name(name), 20).into_owned());
            let account = card.account.as_ref().and_then(|id| store.account(id));
            let account = account.map_or_else(String::new, |account| text::name(&account.name));
            let verb = act.and_then(action).map_or_else(|| "go to".to_owned(), |action| action.name.to_owned());
            let amount = amount.as_ref().map_or_else(String::new, |amount| format!(" {}", SafeText::name(amount)));
            vec![
                (column(&format!("{verb}{amount}"), COMMAND), theme.key()),
                (column(&describe::short(card), 7), theme.plain()),
                (column(&name, 23), theme.plain()),
                (column(&holder, 21), theme.dim()),
                (account, theme.dim()),
            ]
        }
        Entry::Holder(id) => {
            let holder = store.holder(id);
            let name = holder.and_then(|holder| store.holder_name(holder)).map_or("".into(), text::name);
            let email = holder.and_then(|holder| holder.email.as_ref()).map_or("".into(), text::name);
            let cards = text::count(store.cards.of_holder(id).len(), store.grouping);
            vec![
                (column("go to", KEYS), theme.key()),
                (column(&name, 31), theme.plain()),
                (column(&email, 37), theme.dim()),
                (if cards == "1" { "1 card".to_owned() } else { format!("{cards} cards") }, theme.dim()),
            ]
        }
        Entry::Theme(name) => {
            let now = if appearance.book.name() == name { "in use" } else { "" };
            vec![
                (column("theme", KEYS), theme.key()),
                (column(name, NAME), theme.plain()),
                (now.to_owned(), theme.dim()),
            ]
        }
        Entry::Profile(name) => {
            let here = if *name == known.setup.profile { "this one" } else { "" };
            vec![
                (column("profile", KEYS), theme.key()),
                (column(&SafeText::name(name).to_string(), NAME), theme.plain()),
                (here.to_owned(), theme.dim()),
            ]
        }
        Entry::View(name) => view_line("open", name, known, theme.dim()),
        Entry::DeleteView(name) => view_line("delete", name, known, theme.dim()),
        Entry::SaveView(name) => match known.views.find(name) {
            Some(_) => {
                let mut line = view_line("save", name, known, theme.dim());
                line.insert(2, ("in place of  ".to_owned(), theme.warn()));
                line
            }
            None => vec![
                (column("save", KEYS), theme.key()),
                (column(name, VIEW), theme.plain()),
                ("the focused pane: filter, order and zoom".to_owned(), theme.dim()),
            ],
        },
        Entry::Begin(text, what) => {
            vec![(column(text, KEYS + NAME), theme.key()), ((*what).to_owned(), theme.dim())]
        }
        Entry::Note(words) => vec![(words.clone(), theme.warn())],
        Entry::Account(id) => {
            let name = store.account(id).map_or_else(String::new, |account| text::name(&account.name));
            vec![(column("go to", KEYS), theme.key()), (name, theme.plain())]
        }
    }
}

/// What is done to a view, its name, and what it shows.
fn view_line(verb: &str, name: &str, known: Known<'_>, style: Style) -> Vec<Run> {
    let theme = known.appearance.theme();
    let shows = known.views.find(name).map_or_else(String::new, View::words);
    let column = |text: &str, columns| text::fit(text, columns, text::Align::Left);
    vec![(column(verb, KEYS), theme.key()), (column(name, VIEW), theme.plain()), (shows, style)]
}

/// Its keys, for the last line of the screen.
pub const PALETTE_KEYS: &str = "type to search · ↓ ↑ choose · Enter runs · Tab completes · Esc closes";

/// Draws it over the body.
pub(crate) fn view(
    buffer: &mut Buffer,
    body: Rect,
    palette: &Palette,
    now: &Situation,
    known: Known<'_>,
    theme: &Theme,
) {
    let area = area(body).intersection(buffer.area);
    Clear.render(area, buffer);
    let name = if palette.grouped { "Keys" } else { "Commands" };
    let title = Title { pieces: vec![Piece::new(name, Tone::Plain)], ..Title::default() };
    let inner = frame(buffer, area, &title, None, theme, true);
    if inner.height < 3 {
        return;
    }
    let typed = SafeText::new(palette.typed(), MOST).to_string();
    let x = text::put(buffer, inner, inner.x + 1, inner.y, if palette.grouped { "?" } else { ":" }, 1, theme.key());
    let x = text::put(buffer, inner, x + 1, inner.y, &typed, inner.width, theme.strong());
    text::put(buffer, inner, x, inner.y, "▏", 1, theme.accent());
    if typed.is_empty() {
        text::put(
            buffer,
            inner,
            x + 2,
            inner.y,
            "freeze 4242   top-up 4242 50   card 4242   account main   holder ana   theme light",
            inner.width,
            theme.dim(),
        );
    }
    let entries = palette.entries(known);
    let rows = usize::from(inner.height.saturating_sub(2));
    if entries.is_empty() {
        let lines =
            [("nothing is called that".to_owned(), theme.plain()), ("Ctrl-U begins anew".to_owned(), theme.dim())];
        say(buffer, Rect { y: inner.y + 2, height: inner.height - 2, ..inner }, &lines);
        return;
    }
    let chosen = entries.iter().enumerate().filter(|(_, entry)| entry.is_choice()).nth(palette.at);
    let chosen = chosen.map(|(at, _)| at);
    let top = chosen.unwrap_or(0).saturating_sub(rows.saturating_sub(1) / 2).min(entries.len().saturating_sub(rows));
    for ((at, entry), y) in entries.iter().enumerate().skip(top).zip(inner.y + 2..inner.bottom()) {
        let selected = Some(at) == chosen;
        if selected {
            buffer.set_style(Rect { y, height: 1, ..inner }, theme.selected());
            text::put(buffer, inner, inner.x, y, "▸", 1, theme.selected());
        }
        let mut x = inner.x.saturating_add(2);
        for (text, style) in line(entry, now, known, theme) {
            let style = if selected { theme.selected() } else { style };
            x = text::put(buffer, inner, x, y, &text, inner.right().saturating_sub(x), style);
        }
    }
}
