//! Short messages above the footer that go by themselves.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::private;
use super::text;
use super::theme::{Theme, Tone};

/// How long a message stands.
const STANDS: Duration = Duration::from_secs(4);
/// How long messages of the start stand: nobody waited for them.
const AT_START: Duration = Duration::from_secs(12);
/// Most messages at once.
const MOST: usize = 3;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    pub tone: Tone,
    /// Moment of `Now::up` at which it goes.
    pub until: Duration,
}

/// The messages that stand now, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toasts(Vec<Toast>);

impl Toasts {
    /// Says something. The same said again only stands longer.
    pub fn say(&mut self, up: Duration, text: impl Into<String>, tone: Tone) {
        self.say_for(STANDS, up, text, tone);
    }

    /// Says what stands in the configuration and cannot be used; as much of it as there is room for.
    pub fn complain(&mut self, up: Duration, complaints: &[String]) {
        const SHOWN: usize = 2;
        for complaint in complaints.iter().take(SHOWN) {
            self.say_for(AT_START, up, complaint.clone(), Tone::Waiting);
        }
        let more = complaints.len().saturating_sub(SHOWN);
        if more > 0 {
            self.say_for(
                AT_START,
                up,
                format!("{more} more like that: fourpay config check lists them"),
                Tone::Waiting,
            );
        }
    }

    fn say_for(&mut self, time: Duration, up: Duration, text: impl Into<String>, tone: Tone) {
        let toast = Toast { text: private::guarded(&text.into()), tone, until: up.saturating_add(time) };
        self.0.retain(|known| known.text != toast.text);
        self.0.push(toast);
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Takes away what has stood long enough.
    pub fn expire(&mut self, up: Duration) {
        self.0.retain(|toast| toast.until > up);
    }

    /// When the next one goes.
    pub fn next_expiry(&self) -> Option<Duration> {
        self.0.iter().map(|toast| toast.until).min()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.0.iter()
    }

    /// Draws them right-aligned at the bottom of `body`, the newest lowest.
    pub fn view(&self, buffer: &mut Buffer, body: Rect, theme: &Theme) {
        let body = body.intersection(buffer.area);
        for (toast, up) in self.0.iter().rev().zip(1u16..) {
            if up > body.height {
                break;
            }
            let line = format!(" {} ", text::cut(&toast.text, usize::from(body.width.saturating_sub(4))));
            let width = u16::try_from(text::width(&line)).unwrap_or(u16::MAX);
            let x = body.right().saturating_sub(width.saturating_add(1)).max(body.x);
            let style = Style::reset().patch(theme.tone(toast.tone)).patch(theme.selected());
            text::put(buffer, body, x, body.bottom() - up, &line, width, style);
        }
    }
}
