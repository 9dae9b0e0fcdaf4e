//! What was copied, and until when: told once, and counted down in the header as long as it is out there (C1).

use std::time::Duration;

use super::theme::Tone;
use crate::app::ui::frame::Piece;
use crate::domain::intent::CardField;

/// A secret that is in a clipboard now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    pub(crate) field: CardField,
    /// In `Now::up`.
    pub(crate) until: Duration,
}

impl Copied {
    /// For the header: `number copied · 24 s`.
    pub(crate) fn piece(&self, up: Duration) -> Piece {
        let seconds = self.until.saturating_sub(up).as_millis().div_ceil(1000);
        Piece::new(format!("{} copied · {seconds} s", name_of(self.field)), Tone::Plain)
    }

    /// When the count changes.
    pub(crate) fn wake_at(&self, up: Duration) -> Duration {
        // Whole seconds before the end, as they are said.
        let left = self.until.saturating_sub(up);
        let part = Duration::from_nanos(u64::from(left.subsec_nanos()).max(1));
        up.saturating_add(part).min(self.until)
    }

    pub(crate) fn is_over(&self, up: Duration) -> bool {
        self.until <= up
    }
}

pub(crate) fn name_of(field: CardField) -> &'static str {
    match field {
        CardField::All => "card data",
        CardField::Number => "number",
        CardField::Expiry => "expiry",
        CardField::Cvv => "CVV",
        CardField::Holder => "holder",
    }
}
