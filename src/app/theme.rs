//! Colours and signs, on the terminal's own background.
//!
//! Every state is sign, word and colour: without colours (`NO_COLOR`) nothing is lost. Signs are one column
//! wide everywhere and have no emoji form. The colours stand in `assets/themes`, and in the user's own files
//! ([`book`]); here they get their meaning.

pub mod book;

use ratatui::style::{Color, Modifier, Style};

use crate::domain::account::AccountStatus;
use crate::domain::card::CardStatus;
use crate::domain::settings::{Environment, Tint};
use crate::domain::transaction::TransactionStatus;

/// What a state means to the person, whatever it is a state of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Cold,
    Waiting,
    Bad,
    Over,
}

/// Text, then ground.
type Badge = (Color, Color);

/// The colours of a theme, for as many as the terminal has. `Reset` is the terminal's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colours {
    accent: Color,
    good: Color,
    warn: Color,
    bad: Color,
    cold: Color,
    /// `None` is the terminal's own way to dim.
    dim: Option<Color>,
    sandbox: Badge,
    production: Badge,
    read_only: Badge,
    private: Badge,
}

/// How things look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme(Option<Colours>);

impl Theme {
    /// No colours at all.
    pub const MONOCHROME: Theme = Theme(None);

    fn colour(&self, colour: impl Fn(&Colours) -> Color) -> Style {
        match &self.0 {
            None => Style::new(),
            Some(colours) => Style::new().fg(colour(colours)),
        }
    }

    pub fn plain(&self) -> Style {
        Style::new()
    }

    /// Secondary: labels, times, borders of what has no focus.
    pub fn dim(&self) -> Style {
        match self.0.and_then(|colours| colours.dim) {
            Some(dim) => Style::new().fg(dim),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    pub fn strong(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The one accent: where the focus is, and keys.
    pub fn accent(&self) -> Style {
        self.colour(|colours| colours.accent)
    }

    /// A key in a hint.
    pub fn key(&self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    pub fn border(&self, focused: bool) -> Style {
        match focused {
            true => self.accent(),
            false => self.dim(),
        }
    }

    pub fn title(&self, focused: bool) -> Style {
        match focused {
            true => self.accent().add_modifier(Modifier::BOLD),
            false => Style::new(),
        }
    }

    /// The row under the cursor of the pane that has the focus. One style for the whole row: a reversed
    /// row in several colours is hard to read.
    pub fn selected(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What the filter found in a row; visible without colours and in the selected row.
    pub fn found(&self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD)
    }

    pub fn bad(&self) -> Style {
        self.colour(|colours| colours.bad)
    }

    pub fn warn(&self) -> Style {
        self.colour(|colours| colours.warn)
    }

    pub fn good(&self) -> Style {
        self.colour(|colours| colours.good)
    }

    /// A field that came but could not be read exactly.
    pub fn unreadable(&self) -> Style {
        self.bad().add_modifier(Modifier::UNDERLINED)
    }

    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.plain(),
            Tone::Good => self.good(),
            Tone::Cold => self.colour(|colours| colours.cold),
            Tone::Waiting => self.warn(),
            Tone::Bad => self.bad(),
            Tone::Over => self.dim(),
        }
    }

    /// The word beside a sign in `tone`: only what wants attention has colour.
    pub fn word(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good | Tone::Over => self.dim(),
            Tone::Plain | Tone::Waiting => self.plain(),
            Tone::Bad | Tone::Cold => self.tone(tone),
        }
    }

    fn filled(&self, badge: impl Fn(&Colours) -> Badge) -> Style {
        let strong = Style::new().add_modifier(Modifier::BOLD);
        match self.0.as_ref().map(badge) {
            None => strong.add_modifier(Modifier::REVERSED),
            // Where bold letters are drawn in the bright colour, bold black is grey.
            Some((Color::Black, ground)) => Style::new().fg(Color::Black).bg(ground),
            Some((text, ground)) => strong.fg(text).bg(ground),
        }
    }

    /// A message that lies over whatever is there. It has a ground of its own, so that it can be read on any terminal:
    /// the tone's colour below black or white where colours are the program's; else the terminal's own, turned round,
    /// which is readable wherever its text is. The sixteen are the user's and promise no contrast.
    pub fn toast(&self, tone: Tone) -> Style {
        let ground = match tone {
            Tone::Plain | Tone::Over => None,
            tone => self.tone(tone).fg,
        };
        match ground {
            Some(Color::Rgb(r, g, b)) => Style::new().fg(book::text_on((r, g, b))).bg(Color::Rgb(r, g, b)),
            Some(Color::Indexed(at)) if at >= 16 => {
                Style::new().fg(book::text_on(book::shown(at))).bg(Color::Indexed(at))
            }
            _ => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// The badge of the header: which world this is, in the colour the profile asks for.
    pub fn badge(&self, environment: Environment, tint: Option<Tint>) -> Style {
        self.filled(|colours| match (tint, environment) {
            (None, Environment::Sandbox) => colours.sandbox,
            (None, Environment::Production) => colours.production,
            (Some(Tint::Red), _) => (Color::White, Color::Red),
            (Some(Tint::Green), _) => (Color::Black, Color::Green),
            (Some(Tint::Yellow), _) => (Color::Black, Color::LightYellow),
            (Some(Tint::Blue), _) => (Color::White, Color::Blue),
            (Some(Tint::Magenta), _) => (Color::White, Color::Magenta),
            (Some(Tint::Cyan), _) => (Color::Black, Color::Cyan),
        })
    }

    /// The badge that says nothing can be changed from here.
    pub fn read_only(&self) -> Style {
        self.filled(|colours| colours.read_only)
    }

    /// The badge that says amounts and names are hidden.
    pub fn private(&self) -> Style {
        self.filled(|colours| colours.private)
    }
}

/// The sign of a message in this tone, for whoever sees no colour.
pub fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "✗ ",
        Tone::Waiting => "⚠ ",
        Tone::Good => "✓ ",
        Tone::Plain | Tone::Cold | Tone::Over => "",
    }
}

/// Sign, word and tone of a card's status.
pub fn card_status(status: &CardStatus) -> (&'static str, &str, Tone) {
    match status {
        CardStatus::Creating => ("◌", "creating…", Tone::Waiting),
        CardStatus::Active => ("●", "active", Tone::Good),
        CardStatus::Frozen => ("❆", "frozen", Tone::Cold),
        CardStatus::Closed => ("○", "closed", Tone::Over),
        CardStatus::CreatingFailed => ("✗", "not created", Tone::Bad),
        CardStatus::Expired => ("○", "expired", Tone::Over),
        CardStatus::Blocked => ("■", "blocked", Tone::Bad),
        CardStatus::Other(word) => ("?", word.as_str(), Tone::Plain),
    }
}

/// Sign, word and tone of an account's status.
pub fn account_status(status: &AccountStatus) -> (&'static str, &str, Tone) {
    match status {
        AccountStatus::Active => ("●", "active", Tone::Good),
        AccountStatus::Inactive => ("○", "inactive", Tone::Over),
        AccountStatus::Creating => ("◌", "creating…", Tone::Waiting),
        AccountStatus::CreatingFailed => ("✗", "not created", Tone::Bad),
        AccountStatus::ActiveChanging => ("◌", "changing…", Tone::Waiting),
        AccountStatus::ActiveChangingFailed => ("✗", "change failed", Tone::Bad),
        AccountStatus::Activating => ("◌", "activating…", Tone::Waiting),
        AccountStatus::ActivatingFailed => ("✗", "not activated", Tone::Bad),
        AccountStatus::Other(word) => ("?", word.as_str(), Tone::Plain),
    }
}

/// Sign, word and tone of a transaction's status.
pub fn transaction_status(status: &TransactionStatus) -> (&'static str, &str, Tone) {
    match status {
        TransactionStatus::Authorized => ("◌", "authorized", Tone::Waiting),
        TransactionStatus::Pending => ("◌", "pending", Tone::Waiting),
        TransactionStatus::Completed => ("✓", "completed", Tone::Good),
        TransactionStatus::Declined => ("✗", "declined", Tone::Bad),
        TransactionStatus::Canceled => ("○", "canceled", Tone::Over),
        TransactionStatus::Other(word) => ("?", word.as_str(), Tone::Plain),
    }
}

/// Steps of the sign that something is being loaded.
const TURNING: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How long one step of the loading sign stands.
pub const TURN: std::time::Duration = std::time::Duration::from_millis(160);

/// The loading sign at this time since the start.
pub fn spinner(up: std::time::Duration) -> &'static str {
    let step = up.as_millis() / TURN.as_millis() % TURNING.len() as u128;
    TURNING.get(usize::try_from(step).unwrap_or(0)).copied().unwrap_or("⠋")
}
