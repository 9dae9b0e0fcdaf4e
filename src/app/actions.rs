//! The one table of actions: name, keys, help, when each applies and why not.
//!
//! Hints, help, palette, `assets/keys.toml`, the man page and the table of keys in `docs/usage.md` all come from here,
//! by way of the [`keymap`] where the user may have said otherwise. Does not know how an action is carried out.

use std::borrow::Cow;

use super::keymap;
use crate::app::key::{Key, KeyCode};
use crate::app::pane::Pane;

/// What a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Accounts,
    Cards,
    Transactions,
    NextPane,
    PreviousPane,
    Left,
    Right,
    In,
    Back,
    Zoom,
    Filter,
    Find,
    Search,
    SortNext,
    SortReverse,
    Pause,
    Refresh,
    Privacy,
    Theme,
    Issue,
    Freeze,
    /// Named, never a key: it means this and nothing else.
    Unfreeze,
    Undo,
    TopUp,
    Withdraw,
    Transfer,
    Close,
    Edit,
    Copy,
    Reveal,
    Cardholders,
    Insights,
    /// The next range of days, and the one before.
    Range,
    RangeBack,
    /// What stands in the rows of the lens, and in its columns.
    LensRows,
    LensColumns,
    Holder,
    Webhooks,
    Mark,
    MarkRange,
    MarkAll,
    Views,
    Export,
    Plan,
    SetWebhook,
    DropWebhook,
    Replay,
    Gaps,
    Journal,
    Local,
    Recorded,
    Lock,
    Mouse,
    Login,
    Profile,
    Help,
    Commands,
    Quit,
    Suspend,
    Interrupt,
}

/// Where an action stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Moving,
    Panes,
    Lists,
    Acts,
    Program,
}

impl Group {
    pub const ALL: [Group; 5] = [Group::Moving, Group::Panes, Group::Lists, Group::Acts, Group::Program];

    pub fn title(self) -> &'static str {
        match self {
            Group::Moving => "Moving",
            Group::Panes => "Panes",
            Group::Lists => "Lists",
            Group::Acts => "Cards and money",
            Group::Program => "Program",
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Action {
    pub act: Act,
    pub name: &'static str,
    pub keys: &'static [Key],
    pub help: &'static str,
    pub group: Group,
    /// Whether the footer tells of it.
    pub hinted: bool,
}

/// What decides whether an action applies. Derived from the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    pub screen: Screen,
    pub focus: Pane,
    /// Whether the focused pane has a row to stand on.
    pub any_row: bool,
    /// An account is chosen, not all of them.
    pub account: bool,
    /// The transactions are those of one card.
    pub card_scope: bool,
    pub zoomed: bool,
    /// `Enter` led here, and can be taken back.
    pub entered: bool,
    /// A line of pane 5 led here.
    pub from_insights: bool,
    /// The focused list shows only what its filter leaves.
    pub filtered: bool,
    /// Older transactions are looked for.
    pub searching: bool,
    pub paused: bool,
    /// Rows are marked in the focused pane.
    pub marked: bool,
    /// Where the details of the selected row are.
    pub details: Details,
    /// Acts that do not apply to what is selected now, and why.
    pub refusals: Vec<(Act, String)>,
    /// The selected card is frozen, so that the same key unfreezes it.
    pub frozen: bool,
}

impl Situation {
    /// Whether nothing about what is selected speaks against it.
    fn may(&self, act: Act) -> bool {
        self.refusals.iter().all(|(refused, _)| *refused != act)
    }
}

/// What has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Panes,
    Help,
    /// A dialog has all keys.
    Dialog,
    /// The filter of the focused list is being typed.
    Filter,
    TooSmall,
}

/// Where the details of the selected row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// They stand beside the panes.
    Beside,
    /// They lie over the panes.
    Open,
    /// `Enter` opens them.
    Closed,
}

const fn plain(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false }
}

const fn letter(c: char) -> Key {
    plain(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true, alt: false }
}

macro_rules! actions {
    ($($act:ident $group:ident $hinted:literal $name:literal [$($key:expr),*] $help:literal;)*) => {
        const TABLE: &[Action] = &[$(Action {
            act: Act::$act, name: $name, keys: &[$($key),*], help: $help, group: Group::$group, hinted: $hinted,
        }),*];
    };
}

actions! {
    In Panes true "in" [plain(KeyCode::Enter)] "go in: account, its cards, one card's transactions, details";
    Back Panes true "back" [plain(KeyCode::Esc)] "come back, one step at a time";
    Issue Acts true "issue" [letter('n')] "issue a card, or a series of cards; in pane 4 a new cardholder";
    Freeze Acts true "freeze" [letter('f')] "freeze the card, or unfreeze it; y confirms";
    Unfreeze Acts false "unfreeze" [] "unfreeze the card; y confirms";
    TopUp Acts true "top up" [letter('t')] "top up the card from its account";
    Withdraw Acts true "withdraw" [letter('w')] "withdraw from the card to its account";
    Undo Acts false "undo" [letter('u')] "undo the last freeze or unfreeze";
    Transfer Acts false "transfer" [letter('T')] "move money from this account to another";
    Close Acts false "close" [letter('X')] "close the card for good; its last four are typed";
    Edit Acts false "edit" [letter('e')] "another name and other limits for the card";
    Copy Acts true "copy" [letter('y')] "copy: n number, e expiry, c CVV, h holder, i id, b a ticket block";
    Reveal Acts true "reveal" [letter('r')] "the card's number, expiry and CVV; r again shows them for a while";
    Down Moving false "down" [letter('j'), plain(KeyCode::Down)] "next row";
    Up Moving false "up" [letter('k'), plain(KeyCode::Up)] "previous row";
    PageDown Moving false "page down" [plain(KeyCode::PageDown)] "a page down";
    PageUp Moving false "page up" [plain(KeyCode::PageUp)] "a page up";
    Top Moving false "first" [letter('g'), plain(KeyCode::Home)] "first row; in transactions, follow the newest";
    Bottom Moving false "last" [letter('G'), plain(KeyCode::End)] "last row; once more in transactions: search older ones";
    NextPane Panes true "pane" [plain(KeyCode::Tab)] "next pane";
    PreviousPane Panes false "previous pane" [plain(KeyCode::BackTab)] "previous pane";
    Left Panes false "pane left" [letter('h'), plain(KeyCode::Left)] "pane to the left";
    Right Panes false "pane right" [letter('l'), plain(KeyCode::Right)] "pane to the right";
    Accounts Panes false "accounts" [letter('1')] "go to accounts";
    Cards Panes false "cards" [letter('2')] "go to cards";
    Transactions Panes false "transactions" [letter('3')] "go to transactions";
    Cardholders Panes false "cardholders" [letter('4')] "cardholders: cards, spending, declines";
    Insights Panes false "insights" [letter('5')] "spending, declines and money left of a range of days";
    Range Lists true "range" [letter(']')] "insights: the next range of days";
    RangeBack Lists false "range back" [letter('[')] "insights: the range of days before";
    LensRows Lists true "lens rows" [letter('.')] "insights: another property in the rows of the table of declines";
    LensColumns Lists true "lens columns" [letter(',')] "insights: another property in its columns";
    Holder Panes false "holder" [letter('o')] "the person whose card this is, in pane 4, and back";
    Webhooks Panes false "webhooks" [letter('6')] "where events are delivered to, and the log of deliveries";
    SetWebhook Acts true "set up" [letter('E')] "webhooks: set up where events are delivered to, or change it";
    DropWebhook Acts false "end deliveries" [letter('D')] "webhooks: delete the configuration; y confirms";
    Replay Acts true "replay" [letter('R')] "webhooks: send this event once more, to an address of yours";
    Gaps Acts true "gaps" [letter('c')] "webhooks: compare the log with the transactions";
    Journal Panes false "journal" [letter('7')] "every action taken from this computer, and its result";
    Filter Lists true "filter" [letter('/')] "filter this list as you type; Esc clears it";
    Find Lists true "find" [ctrl('f')] "everything at once: cards, cardholders, accounts, merchants, ids";
    Search Lists false "search" [] "search the server for older transactions";
    Mark Lists false "mark" [letter(' ')] "mark the card, and go on to the next";
    MarkRange Lists false "mark range" [letter('v')] "begin a range of marks, and end it";
    MarkAll Lists false "mark all" [letter('*')] "mark all cards that the filter shows, or none of them";
    Views Lists false "view" [letter('V')] "saved views; view save NAME keeps this pane as it is";
    Export Lists false "export" [letter('x')] "write what this list shows into a file: CSV, JSON or XLSX";
    Plan Acts false "plan" [letter('b')] "actions on many cards, row by row: the last, and those left undone";
    Zoom Panes true "zoom" [letter('z')] "the focused pane on the whole screen, and back";
    SortNext Lists true "sort" [letter('s')] "sort by the next column";
    SortReverse Lists false "reverse" [letter('S')] "turn the order round";
    Pause Lists true "pause" [letter('p')] "pause or follow the live list of transactions";
    Refresh Program true "refresh" [ctrl('r')] "read what is on the screen again, now";
    Privacy Program false "privacy" [letter('P')] "hide amounts, names, e-mails and numbers everywhere, and show them again";
    Theme Program false "theme" [] "other colours: theme light, dark, high-contrast, colour-blind, or one of your own";
    Profile Program false "profile" [] "change to another profile: profile prod";
    Help Program true "help" [letter('?')] "keys and actions, searched by typing; Enter runs one";
    Commands Program true "commands" [letter(':'), ctrl('p')] "every action by its name, with its arguments";
    Login Program false "login" [ctrl('l')] "log in, over whatever is open; from the demo to your own merchant";
    Local Program false "local" [] "say that you sit at this machine, where that cannot be told before a copy";
    Recorded Program false "recorded" [] "let card data be shown although this terminal is being recorded";
    Lock Program false "lock" [] "hide everything until the credential is read again, or the passphrase typed";
    Mouse Program false "mouse" [letter('m')] "leave the mouse to the terminal, or take it again";
    Quit Program true "quit" [letter('q')] "quit";
    Suspend Program false "suspend" [ctrl('z')] "back to the shell; fg returns";
    Interrupt Program false "quit at once" [ctrl('c')] "quit at once";
}

/// All actions, in the order hints are shown.
pub fn table() -> &'static [Action] {
    TABLE
}

/// A key by its place on the keyboard, whatever the layout.
pub fn in_place(key: Key) -> Key {
    match key.code {
        KeyCode::Char(c) => Key { code: KeyCode::Char(physical(c)), ..key },
        _ => key,
    }
}

/// The letter that stands on the same key of a Latin keyboard, for letters of a Cyrillic (ЙЦУКЕН) or Greek one.
/// For commands alone: in a text field a letter is itself.
fn physical(c: char) -> char {
    const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>";
    const CYRILLIC: &str = "йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ";
    const GREEK: &str = ";ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,.:΅ΕΡΤΥΘΙΟΠ{}ΑΣΔΦΓΗΞΚΛ¨\"ΖΧΨΩΒΝΜ<>";
    if c.is_ascii() {
        return c;
    }
    let at = |layout: &str| layout.chars().position(|known| known == c);
    at(CYRILLIC).or_else(|| at(GREEK)).and_then(|at| LATIN.chars().nth(at)).unwrap_or(c)
}

/// Whether an action applies now, and if not, why, in words that follow its name.
pub fn applies(act: Act, now: &Situation) -> Result<(), Cow<'static, str>> {
    place(act, now)?;
    match now.refusals.iter().find(|(refused, _)| *refused == act) {
        Some((_, why)) => Err(Cow::Owned(why.clone())),
        None => Ok(()),
    }
}

/// Whether an action applies where the keys go now.
fn place(act: Act, now: &Situation) -> Result<(), &'static str> {
    let first_pane = now.focus == Pane::Accounts;
    let last_pane = now.focus == Pane::Transactions;
    match (act, now.screen) {
        (Act::Quit | Act::Suspend | Act::Interrupt, _) => Ok(()),
        (_, Screen::TooSmall) => Err("the window is too small"),
        (_, Screen::Help) => Err("commands are open"),
        (_, Screen::Dialog) => Err("a dialog is open"),
        (_, Screen::Filter) => Err("a filter is being typed"),
        // Older rows may be there.
        (Act::Bottom, Screen::Panes)
            if matches!(now.focus, Pane::Transactions | Pane::Insights) && (now.searching || now.may(Act::Search)) =>
        {
            Ok(())
        }
        (Act::Down | Act::Up | Act::PageDown | Act::PageUp | Act::Top | Act::Bottom, Screen::Panes) => {
            now.any_row.then_some(()).ok_or("the list is empty")
        }
        (Act::In, Screen::Panes) => match (now.focus, now.details) {
            _ if !now.any_row => Err("the list is empty"),
            (pane, _) if pane.is_sheet() => Ok(()),
            (Pane::Transactions, Details::Open) => Err("the details are shown"),
            _ => Ok(()),
        },
        (Act::Holder, Screen::Panes) => match now.focus {
            Pane::Cardholders | Pane::Cards | Pane::Transactions => Ok(()),
            _ => Err("this pane has no cards"),
        },
        // There they choose a column of the table of declines.
        (Act::Left | Act::Right, Screen::Panes) if now.focus == Pane::Insights => {
            now.any_row.then_some(()).ok_or("there are no declines")
        }
        (Act::Range | Act::RangeBack | Act::LensRows | Act::LensColumns, Screen::Panes) => {
            (now.focus == Pane::Insights).then_some(()).ok_or("only in pane 5")
        }
        (Act::Filter | Act::SortNext | Act::SortReverse, Screen::Panes) if now.focus == Pane::Insights => {
            Err("its lines are not filtered or sorted")
        }
        (Act::Left | Act::Right | Act::NextPane | Act::PreviousPane | Act::Zoom | Act::Pause, Screen::Panes)
            if now.focus.is_sheet() =>
        {
            Err("this pane has the whole screen")
        }
        (Act::Mark | Act::MarkRange | Act::MarkAll, Screen::Panes) => match (now.focus.can_mark(), now.any_row) {
            (true, true) => Ok(()),
            (true, false) => Err("the list is empty"),
            (false, _) => Err("cards are marked in pane 2, actions in pane 7"),
        },
        (Act::Export, Screen::Panes) if now.focus == Pane::Insights => Err("it is no list; Enter shows one"),
        (Act::Export, Screen::Panes) => now.any_row.then_some(()).ok_or("the list is empty"),
        (Act::SetWebhook | Act::DropWebhook | Act::Replay | Act::Gaps, Screen::Panes) => match (now.focus, act) {
            (Pane::Webhooks, Act::Replay) => now.any_row.then_some(()).ok_or("the log is empty"),
            (Pane::Webhooks, _) => Ok(()),
            _ => Err("only for webhooks"),
        },
        (Act::Back, Screen::Panes) => {
            let somewhere = now.filtered
                || now.searching
                || now.marked
                || now.details == Details::Open
                || now.card_scope
                || now.entered
                || now.focus.is_sheet()
                || now.zoomed;
            somewhere.then_some(()).ok_or("this is the outermost place")
        }
        (Act::Left, Screen::Panes) => (!first_pane).then_some(()).ok_or("this is the first pane"),
        (Act::Right, Screen::Panes) => (!last_pane).then_some(()).ok_or("this is the last pane"),
        _ => Ok(()),
    }
}

/// Whether a pane has to do with an action at all: the footer has room for few.
pub fn is_at_home(act: Act, pane: Pane) -> bool {
    match act {
        Act::SetWebhook | Act::DropWebhook | Act::Replay | Act::Gaps => pane == Pane::Webhooks,
        Act::Range | Act::RangeBack | Act::LensRows | Act::LensColumns => pane == Pane::Insights,
        Act::Filter | Act::SortNext => pane != Pane::Insights,
        Act::Issue | Act::Freeze | Act::Unfreeze | Act::TopUp | Act::Withdraw | Act::Copy | Act::Reveal => {
            !matches!(pane, Pane::Webhooks | Pane::Insights)
        }
        _ => true,
    }
}

/// The word the footer puts after the key; it says what will happen now.
pub fn hint(action: &Action, now: &Situation) -> &'static str {
    match (action.act, now.focus, now.details) {
        (Act::In, Pane::Journal, _) if now.marked => "decide marked",
        (Act::In, pane, _) if pane.is_sheet() => pane.enters(),
        (Act::Issue, Pane::Cardholders, _) => "new holder",
        (Act::Back, _, Details::Beside | Details::Closed) if now.searching && !now.focus.is_sheet() => "stop search",
        (Act::Back, _, Details::Beside | Details::Closed) if now.from_insights => "insights",
        (Act::Back, _, Details::Beside | Details::Closed) if now.marked => "unmark",
        (Act::Back, _, Details::Beside | Details::Closed) if now.filtered => "clear filter",
        (Act::Back, pane, _) if pane.is_sheet() => "close",
        (Act::Freeze, Pane::Cards, _) if now.marked => "freeze marked",
        (Act::TopUp, Pane::Cards, _) if now.marked => "top up marked",
        (Act::Freeze, ..) if now.frozen => "unfreeze",
        (Act::In, Pane::Accounts, _) if !now.account => "cards",
        (Act::In, _, Details::Closed) => "details",
        (Act::In, pane, _) => pane.enters(),
        (Act::Back, _, Details::Open) => "close",
        (Act::Zoom, ..) if now.zoomed => "unzoom",
        (Act::Pause, ..) if now.paused => "follow",
        _ => action.name,
    }
}

/// Keys that are pressed after the one of an action, and what both do.
pub fn chords(act: Act) -> &'static [(&'static str, &'static str)] {
    match act {
        Act::Copy => &[
            ("y", "copy the next field: number, expiry, CVV, holder"),
            ("t", "copy the transaction's id"),
            ("T", "copy a ticket block of the transaction"),
        ],
        _ => &[],
    }
}

/// What is pressed for an action: its keys, or its name where it is found by that alone.
pub fn called(action: &Action) -> Vec<String> {
    match action.keys {
        [] => vec![format!(":{}", action.name)],
        keys => keys.iter().map(keymap::label).collect(),
    }
}

/// The table of keys as `docs/usage.md` shows it.
pub fn markdown() -> String {
    let mut out = String::from("| key | does |\n| --- | --- |\n");
    for group in Group::ALL {
        for action in TABLE.iter().filter(|action| action.group == group) {
            let keys: Vec<String> = called(action).iter().map(|key| format!("`{key}`")).collect();
            out.push_str(&format!("| {} | {} |\n", keys.join(" "), action.help));
        }
    }
    out
}
