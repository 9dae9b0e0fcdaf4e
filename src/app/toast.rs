//! Short messages above the footer that go by themselves, the later the more there is to read.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::private;
use super::text::{self, Align};
use super::theme::{self, Theme, Tone};

/// How long a message stands at least.
const STANDS: Duration = Duration::from_secs(4);
/// How long somebody reads at one column of it.
const READ: Duration = Duration::from_millis(60);
/// How long messages of the start stand: nobody waited for them.
const AT_START: Duration = Duration::from_secs(12);
/// Most messages at once.
const MOST: usize = 3;
/// Most lines of one.
const LINES: usize = 5;

/// What is said of an act until something is known of it. That takes its place.
pub const ACCEPTED: &str = " requested; waiting for 4pay to show it";

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
        let text = text.into();
        let long = READ.saturating_mul(u32::try_from(text::width(&text)).unwrap_or(u32::MAX));
        self.say_for(STANDS.max(long).min(AT_START), up, text, tone);
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

    /// Something is known of this act now: what said that it is waited for goes.
    pub fn ends_wait(&mut self, act: &str) {
        let waiting = private::guarded(&format!("{act}{ACCEPTED}"));
        self.0.retain(|known| known.text != waiting);
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

    /// Draws them right-aligned at the bottom of `body`, the newest lowest; a sentence that is too long for a line
    /// has more of them, as far as there is room.
    pub fn view(&self, buffer: &mut Buffer, body: Rect, theme: &Theme) {
        let body = body.intersection(buffer.area);
        let columns = usize::from(body.width.saturating_sub(4));
        let mut bottom = body.bottom();
        for toast in self.0.iter().rev() {
            let room = usize::from(bottom - body.y).min(LINES);
            let sign = theme::sign(toast.tone);
            let columns = columns.saturating_sub(text::width(sign));
            let mut lines = even(text::ending(&toast.text, columns, room), columns);
            for (at, line) in lines.iter_mut().enumerate() {
                let before = if at == 0 { sign.to_owned() } else { " ".repeat(text::width(sign)) };
                line.insert_str(0, &before);
            }
            let wide = lines.iter().map(|line| text::width(line)).max().unwrap_or(0);
            let width = u16::try_from(wide + 2).unwrap_or(u16::MAX);
            let x = body.right().saturating_sub(width.saturating_add(1)).max(body.x);
            let style = Style::reset().patch(theme.toast(toast.tone));
            let top = bottom - u16::try_from(lines.len()).unwrap_or(0);
            for (line, y) in lines.iter().zip(top..bottom) {
                text::put(buffer, body, x, y, &format!(" {} ", text::fit(line, wide, Align::Left)), width, style);
            }
            bottom = top;
        }
    }
}

/// The same lines with no word left alone on the last of them.
fn even(lines: Vec<String>, columns: usize) -> Vec<String> {
    let whole = lines.join(" ");
    let least = text::width(&whole).div_ceil(lines.len().max(1));
    (least..columns).map(|narrow| text::wrap(&whole, narrow)).find(|even| even.len() == lines.len()).unwrap_or(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, columns: u16, rows: u16) -> Vec<String> {
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        let mut toasts = Toasts::default();
        toasts.say(Duration::ZERO, text, Tone::Bad);
        toasts.view(&mut buffer, area, &Theme::MONOCHROME);
        let rows = buffer.content.chunks(usize::from(columns));
        let rows = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim().to_owned());
        rows.filter(|row| !row.is_empty()).collect()
    }

    #[test]
    fn what_is_known_of_an_act_takes_the_place_of_waiting_for_it() {
        let mut toasts = Toasts::default();
        for of in ["freeze of •4242", "freeze of •1111"] {
            toasts.say(Duration::ZERO, format!("{of}{ACCEPTED}"), Tone::Plain);
        }
        toasts.ends_wait("freeze of •4242");
        toasts.say(Duration::ZERO, "•4242 frozen · u to undo", Tone::Good);
        let texts: Vec<&str> = toasts.iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["freeze of •1111 requested; waiting for 4pay to show it", "•4242 frozen · u to undo"]);
    }

    #[test]
    fn a_long_sentence_is_read_to_its_end_and_stands_longer() {
        let long = "number of •4242 not copied: the API refused (Card is frozen. Unfreeze the card before its details \
                    are asked for; ask your manager when you may not)";
        let lines = drawn(long, 80, 18);
        assert_eq!(lines.len(), 2);
        assert!(text::width(&lines[1]) > 60, "{lines:?}");
        assert_eq!(lines.join(" "), format!("✗ {long}"));
        // The longest refusal names its settings at the end, and they are read at 80 columns.
        let refused = "this is a remote session (SSH, by SSH_CONNECTION); there is no desktop clipboard here; tmux does not \
                       pass it on; set allow-passthrough or set-clipboard to on; mosh-server does not pass it on; the \
                       settings need allow_remote_copy = true and osc52_secrets = true; r shows it";
        assert!(drawn(refused, 80, 18).concat().ends_with("osc52_secrets = true; r shows it"));
        // One line is all there is below a dialog: the particulars are at the end.
        assert!(drawn(long, 80, 1).concat().starts_with("✗ the API refused (Card is frozen. Unfreeze the card"));
        assert_eq!(drawn("copied", 80, 18), ["✗ copied"]);
        let words = "word ".repeat(200);
        let lines = drawn(&words, 60, 10);
        assert_eq!(lines.len(), LINES);
        assert!(lines.concat().ends_with('…'), "{lines:?}");

        let stands = |text: &str| {
            let mut toasts = Toasts::default();
            toasts.say(Duration::ZERO, text, Tone::Bad);
            toasts.next_expiry().unwrap()
        };
        assert_eq!(stands("copied"), STANDS);
        assert!(stands(long) > STANDS * 2, "{:?}", stands(long));
        assert_eq!(stands(&words), AT_START);
    }
}
