//! Copying from a card, and the panel that shows its number.
//!
//! ```text
//!   y ──▶ menu ── n e c h i b ──▶ copied; nothing was drawn
//!   r ──▶ masked ── r, Enter ──▶ reading… ──▶ shown, counting down ──▶ blank
//!                                                time, focus lost, resize, suspend, lock,
//!                                                any other key, any failure
//! ```
//!
//! The shown panel is the one place and the one time in which a secret is in the model. What is copied never
//! is: the runtime reads it and hands it to the clipboard (D2, D4).

use std::time::Duration;

use tui_input::Input;

use super::form::Line;
use crate::app::key::{Key, KeyCode};

use super::overlay::seen::Seen;
use super::theme::Theme;
use crate::domain::card::Card;
use crate::domain::intent::{CardAt, CardField};
use crate::domain::secret::Sensitive;
use crate::domain::text::SafeText;

/// Columns of the panel.
pub(crate) const WIDTH: u16 = 52;
/// Longest reason, in characters.
pub(crate) const REASON: usize = 120;
/// Cells of the countdown.
pub(crate) const BAR: u32 = 20;

#[derive(Debug)]
pub(crate) enum Face {
    Masked,
    Reading,
    Shown { data: Sensitive, until: Duration },
}

/// What somebody wants of a card's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Copy(CardField),
    Show,
}

#[derive(Debug)]
pub(crate) enum Open {
    Menu(CardAt),
    /// The profile wants to know why.
    Reason {
        card: CardAt,
        wanted: Wanted,
        input: Box<Input>,
    },
    Panel(CardAt, Face),
}

/// What is open about a card's secrets: the menu, the question why, or the panel.
#[derive(Debug)]
pub struct CardData {
    pub(crate) open: Open,
    /// Why it was asked for, as long as the panel is open.
    pub(crate) why: Option<SafeText>,
    /// Whether the panel was on the screen before the key that has it show something.
    pub(crate) seen: Seen<()>,
}

impl CardData {
    pub(crate) fn drawn(&mut self) {
        self.seen.drawn(());
    }

    pub(crate) fn input_is_empty(&mut self) {
        self.seen.input_is_empty();
    }

    /// Whether it is the panel, which shows something or will.
    pub(crate) fn is_panel(&self) -> bool {
        matches!(self.open, Open::Panel(..))
    }

    /// Whether a secret is in the model now.
    pub fn is_shown(&self) -> bool {
        matches!(self.open, Open::Panel(_, Face::Shown { .. }))
    }

    /// When the picture changes by itself.
    pub(crate) fn wake_at(&self, up: Duration) -> Option<Duration> {
        match &self.open {
            Open::Panel(_, Face::Shown { until, .. }) => {
                // Whole seconds before the end, as the panel says them.
                let left = until.saturating_sub(up);
                let part = Duration::from_nanos(u64::from(left.subsec_nanos()).max(1));
                Some(up.saturating_add(part).min(*until))
            }
            _ => None,
        }
    }
}

/// The field of a key, in the menu and in the panel.
pub(crate) fn field_of(key: Key) -> Option<CardField> {
    match key.code {
        _ if key.ctrl || key.alt => None,
        KeyCode::Char('n') => Some(CardField::Number),
        KeyCode::Char('e') => Some(CardField::Expiry),
        KeyCode::Char('c') => Some(CardField::Cvv),
        KeyCode::Char('h') => Some(CardField::Holder),
        _ => None,
    }
}

pub(crate) fn at(card: &Card) -> Option<CardAt> {
    let account = card.account.clone()?;
    Some(CardAt { account, card: card.id.clone(), last_four: card.number.last_four })
}

/// The digits in groups of four.
pub(crate) fn groups(digits: &str) -> impl Iterator<Item = &str> {
    (0..digits.len()).step_by(4).filter_map(|from| digits.get(from..(from + 4).min(digits.len())))
}

pub(crate) fn reason(input: &Input, theme: &Theme) -> Vec<Line> {
    let columns = usize::from(WIDTH) - 14;
    let from = input.visual_scroll(columns.saturating_sub(1));
    let typed: String = input.value().chars().skip(from).take(columns).collect();
    vec![
        vec![("Why       ".to_owned(), theme.dim()), (typed, theme.plain()), ("▏".to_owned(), theme.key())],
        Line::new(),
        vec![("For the journal. It may be left empty.".to_owned(), theme.dim())],
    ]
}

pub(crate) fn menu(next: &str, transaction: bool, theme: &Theme) -> Vec<Line> {
    let next = format!("the next: {next}");
    let mut rows = vec![
        ("y", next.as_str()),
        ("n", "number"),
        ("e", "expiry, as MM/YY"),
        ("c", "CVV"),
        ("h", "holder, as on the card"),
        ("i", "card id"),
        ("b", "ticket block: masked, in Markdown"),
    ];
    if transaction {
        rows.extend([("t", "transaction id"), ("T", "ticket block of the transaction")]);
    }
    let line = |(key, what): (&str, &str)| vec![(key.to_owned(), theme.key()), (format!("  {what}"), theme.plain())];
    rows.into_iter().map(line).collect()
}
