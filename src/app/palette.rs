//! Every action, found by typing: with its key, what it does, and the reason where it does not apply now.
//!
//! `?` opens it by groups, as the help; `:` with what was used last on top. `Enter` runs what is highlighted.
//! Commands about a card take its last four digits, and where money moves an amount: `top-up 4242 50` opens the
//! form of that card with the amount in it, and sends nothing.

pub(crate) mod view;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::actions::{self, Act, Action, Group};
use super::appearance::Appearance;
use super::keymap::{self, command};
use super::msg::Setup;

use super::store::{CardRow, Store};
use super::views::Views;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::{AccountId, HolderId};
use crate::domain::suggest::suggest;
use crate::domain::text::SafeText;

/// Most cards and accounts that are offered.
const OFFERED: usize = 50;
/// Most characters that are taken.
pub(crate) const MOST: usize = 120;

/// The palette while it is open.
#[derive(Debug, Default)]
pub struct Palette {
    pub(crate) input: Input,
    /// Opened as the help.
    grouped: bool,
    /// The highlighted one of those that can be run.
    pub(crate) at: usize,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Heading(&'static str),
    Action(Act),
    /// A key that is pressed after the one of an action, and what both do.
    Chord(Act, &'static str, &'static str),
    /// Go to the card, and then this.
    Card {
        act: Option<Act>,
        row: CardRow,
        amount: Option<String>,
    },
    Account(AccountId),
    Holder(HolderId),
    Theme(String),
    Profile(String),
    /// Open it.
    View(String),
    /// Keep the focused pane as it is under this name.
    SaveView(String),
    DeleteView(String),
    /// Something to type on from, and what it is for.
    Begin(&'static str, &'static str),
    /// A sentence, not to be chosen.
    Note(String),
}

impl Entry {
    fn is_choice(&self) -> bool {
        !matches!(self, Entry::Heading(_) | Entry::Note(_) | Entry::Chord(..))
    }
}

/// What arguments are offered from.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) store: &'a Store,
    pub(crate) recent: &'a [Act],
    pub(crate) setup: &'a Setup,
    pub(crate) appearance: &'a Appearance,
    pub(crate) views: &'a Views,
}

pub(crate) fn action(act: Act) -> Option<&'static Action> {
    actions::table().iter().find(|action| action.act == act)
}

/// Whether an action ends something for good. It is found by its name or the beginning of it, never by letters that
/// happen to stand in it.
fn is_destructive(act: Act) -> bool {
    matches!(act, Act::Close | Act::DropWebhook | Act::Quit | Act::Interrupt | Act::Lock | Act::Suspend)
}

/// Whether an action is about one card.
fn takes_card(act: Act) -> bool {
    matches!(act, Act::Freeze | Act::Unfreeze | Act::TopUp | Act::Withdraw | Act::Close | Act::Edit)
}

impl Palette {
    /// The palette with this typed into it.
    pub(crate) fn typing(text: &str) -> Palette {
        Palette { input: Input::new(text.to_owned()), ..Palette::default() }
    }

    pub fn open(grouped: bool) -> Palette {
        Palette { grouped, ..Palette::default() }
    }

    /// With the name of an action typed, so that its argument can be chosen.
    pub fn asking(act: Act) -> Palette {
        let typed = action(act).map_or_else(String::new, |action| format!("{} ", command(action)));
        Palette { input: Input::new(typed), ..Palette::default() }
    }

    pub(crate) fn typed(&self) -> &str {
        self.input.value()
    }

    fn entries(&self, known: Known<'_>) -> Vec<Entry> {
        let typed = self.typed().trim_start();
        if typed.is_empty() {
            return if self.grouped { grouped() } else { latest(known.recent) };
        }
        if let Some(offers) = offers(typed, known) {
            return offers;
        }
        let pattern = Pattern::new(typed.trim(), CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        let mut found: Vec<(u32, Act)> = Vec::new();
        for action in actions::table() {
            // The name weighs most; one key is a name too.
            let key = known.appearance.keys.of(action).iter().any(|key| keymap::label(key) == typed);
            let name = command(action);
            let typed = typed.trim().to_lowercase();
            let begins = name.starts_with(&typed) || action.name.starts_with(&typed);
            let best = if key {
                Some(u32::MAX)
            } else if name == typed || action.name == typed {
                Some(u32::MAX - 1)
            } else if begins {
                Some(u32::MAX - 2)
            } else if is_destructive(action.act) {
                None
            } else {
                // The help is searched by its words, and only as the help: a command is found by its name.
                let by_name = score(&name).into_iter().chain(score(action.name)).max().map(|score| score + 1);
                by_name.or_else(|| (self.grouped && helps(action, &typed)).then_some(0))
            };
            found.extend(best.map(|score| (score, action.act)));
        }
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        if found.is_empty() {
            let words = SafeText::name(typed.trim());
            let names: Vec<String> = actions::table().iter().map(command).collect();
            let near = suggest(typed.trim(), names.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return vec![Entry::Note(format!("there is no command {words}{near}"))];
        }
        found.into_iter().flat_map(|(_, act)| with_chords(act)).collect()
    }

    /// Those that can be run, in order.
    pub(crate) fn choices(&self, known: Known<'_>) -> Vec<Entry> {
        let mut entries = self.entries(known);
        entries.retain(Entry::is_choice);
        entries
    }
}

/// An action, and below it the keys that follow its own.
fn with_chords(act: Act) -> impl Iterator<Item = Entry> {
    let chords = actions::chords(act).iter().map(move |(key, help)| Entry::Chord(act, key, help));
    std::iter::once(Entry::Action(act)).chain(chords)
}

/// Whether what an action does, or what its keys do with another after them, is said in these words.
fn helps(action: &Action, words: &str) -> bool {
    let chords = actions::chords(action.act).iter().map(|(_, help)| *help);
    std::iter::once(action.help).chain(chords).any(|help| help.to_lowercase().contains(words))
}

fn grouped() -> Vec<Entry> {
    let of = |group: Group| {
        let actions = actions::table().iter().filter(move |action| action.group == group);
        std::iter::once(Entry::Heading(group.title())).chain(actions.flat_map(|action| with_chords(action.act)))
    };
    Group::ALL.into_iter().flat_map(of).collect()
}

/// What `Tab` makes of a line.
pub(crate) fn completed(entry: &Entry) -> Option<String> {
    match entry {
        Entry::Action(act) => {
            let takes = takes_card(*act) || matches!(act, Act::Holder | Act::Theme | Act::Profile | Act::Views);
            action(*act).map(|action| format!("{}{}", command(action), if takes { " " } else { "" }))
        }
        Entry::View(name) => Some(format!("view {name}")),
        Entry::DeleteView(name) => Some(format!("view delete {name}")),
        Entry::Begin(text, _) => Some((*text).to_owned()),
        _ => None,
    }
}

/// What was used last first, then all others.
fn latest(recent: &[Act]) -> Vec<Entry> {
    let others = actions::table().iter().map(|action| action.act).filter(|act| !recent.contains(act));
    recent.iter().copied().chain(others).flat_map(with_chords).collect()
}

/// What a command with an argument can be about; `None` for what takes none.
fn offers(typed: &str, known: Known<'_>) -> Option<Vec<Entry>> {
    let (store, appearance) = (known.store, known.appearance);
    let (word, rest) = typed.split_once(' ')?;
    if word == "profile" {
        return Some(profiles(rest.trim(), known.setup));
    }
    if word == "view" {
        return Some(views(rest.trim_start(), known.views));
    }
    let mut rest = rest.split_whitespace();
    let wanted = rest.next().unwrap_or("");
    if word == "account" {
        let fits = |name: &SafeText| super::filter::contains(name.as_str(), &typed[word.len()..].trim().to_lowercase());
        let accounts = store.accounts.value.iter().filter(|account| fits(&account.name));
        return Some(accounts.take(OFFERED).map(|account| Entry::Account(account.id.clone())).collect());
    }
    if word == "holder" {
        let wanted = typed[word.len()..].trim().to_lowercase();
        let fits = |holder: &&Cardholder| {
            let email = holder.email.as_ref().map_or("", SafeText::as_str);
            let name = store.holder_name(holder).map_or("", SafeText::as_str);
            [name, email].iter().any(|text| super::filter::contains(text, &wanted))
        };
        let holders = store.holders.value.iter().filter(fits).take(OFFERED);
        return Some(holders.map(|holder| Entry::Holder(holder.id.clone())).collect());
    }
    if word == "theme" {
        let names = appearance.book.names().filter(|name| name.starts_with(wanted));
        return Some(names.map(|name| Entry::Theme(name.to_owned())).collect());
    }
    let act = match word {
        "card" => None,
        word => Some(actions::table().iter().find(|action| takes_card(action.act) && command(action) == word)?.act),
    };
    if !wanted.is_empty() && !wanted.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Vec::new());
    }
    let amount = rest.next().map(str::to_owned).filter(|_| matches!(act, Some(Act::TopUp | Act::Withdraw)));
    let fits = |row: &&CardRow| {
        let four = store.cards.get(**row).number.last_four;
        four.is_some_and(|four| four.as_str().starts_with(wanted))
    };
    let rows = store.cards.of(None).iter().filter(fits).take(OFFERED);
    Some(rows.map(|row| Entry::Card { act, row: *row, amount: amount.clone() }).collect())
}

/// The profiles whose name fits, those that begin with what is typed first.
fn profiles(typed: &str, setup: &Setup) -> Vec<Entry> {
    let typed = typed.to_lowercase();
    let mut fit: Vec<&String> = setup.profiles.iter().filter(|name| name.to_lowercase().contains(&typed)).collect();
    fit.sort_by_key(|name| !name.to_lowercase().starts_with(&typed));
    fit.into_iter().take(OFFERED).map(|name| Entry::Profile(name.clone())).collect()
}

/// What can be done with views, from what is typed behind the word.
pub(crate) fn views(typed: &str, views: &Views) -> Vec<Entry> {
    let (word, name) = typed.split_once(' ').map_or((typed, None), |(word, name)| (word, Some(name.trim())));
    let (to_save, to_delete) = ("view save ", "view delete ");
    let unknown = |name: &str, entry: fn(String) -> Entry| {
        let (near, name) = (views.meant(name), SafeText::name(name));
        let meant = near.map_or_else(String::new, |near| format!("; did you mean {}?", near.name));
        let note = Entry::Note(format!("there is no view {name}{meant}"));
        std::iter::once(note).chain(near.map(|near| entry(near.name.clone()))).collect()
    };
    match (word, name) {
        ("save", name) => match views.may_save(name.unwrap_or("")) {
            Ok(()) => vec![Entry::SaveView(name.unwrap_or("").to_owned())],
            Err(why) => vec![Entry::Note(format!("save: {why}"))],
        },
        ("delete", Some(name)) => match views.like(name).as_slice() {
            [] => unknown(name, Entry::DeleteView),
            like => like.iter().map(|view| Entry::DeleteView(view.name.clone())).collect(),
        },
        _ => {
            let mut found: Vec<Entry> =
                views.like(typed.trim()).iter().map(|view| Entry::View(view.name.clone())).collect();
            let words = [(to_save, "keep the focused pane as it is, under a name"), (to_delete, "forget one")];
            let words = words.into_iter().filter(|(text, _)| *text == to_save || !views.all().is_empty());
            let begun = words.filter(|(text, _)| text.starts_with(&format!("view {typed}")));
            found.extend(begun.map(|(text, what)| Entry::Begin(text, what)));
            if found.is_empty() { unknown(typed.trim(), Entry::View) } else { found }
        }
    }
}

impl Palette {
    pub(crate) fn go(&mut self, at: usize) -> bool {
        let moved = self.at != at;
        self.at = at;
        moved
    }
}
