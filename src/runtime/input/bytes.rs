//! What a terminal sends, byte by byte, as events.
//!
//! Our own reading, and not a library's, for three reasons: answers to what we have asked the terminal are known as
//! such and never become keys, however late they come; the reader can be held while somebody else has the terminal;
//! and nothing that was typed stays behind in a buffer (S4).

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use zeroize::{Zeroize, Zeroizing};

/// Most bytes of a paste that are kept; the rest is passed over.
const PASTE: usize = 64 * 1024;
/// Longest sequence: one that does not end within this is none.
const LONGEST: usize = 256;

const ESC: u8 = 0x1b;
const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// Beginning of an answer that says a colour: 10 the text's, 11 the ground's.
const COLOURS: [&[u8]; 2] = [b"\x1b]10;", b"\x1b]11;"];

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    Event(Event),
    /// The colour of the terminal's ground, each part of 65,535.
    Ground([u16; 3]),
    /// It knows kitty's protocol of the keyboard.
    Keyboard,
    /// It has answered everything that it will answer.
    Answered,
}

/// How long to wait for the rest of what has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// Nothing has begun.
    Not,
    /// `Esc` was pressed, or a sequence begins: its bytes come together, unless the link is slow.
    Shortly,
    /// Something that only a terminal sends has begun.
    Long,
}

/// What stands at the beginning of what came.
enum Begins {
    /// So many bytes, and what they mean.
    Whole(usize, Option<Came>),
    /// It goes on.
    Part(Waits),
}

/// What was given up last, before its rest came. A slow link may pause anywhere, also inside of an answer: what comes
/// next is the rest of it then, and no keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum GivenUp {
    #[default]
    Nothing,
    /// These bytes, which were keys as far as anybody could tell: `Esc`, or `Esc ]`, with which an answer begins.
    Begun([u8; 4], usize),
    /// The answer to what was asked about a colour, without its end.
    Colour,
    /// The same with its end begun.
    End,
    /// A control sequence.
    Sequence,
}

/// Bytes that came and are not yet whole.
#[derive(Default)]
pub struct Reader {
    bytes: Zeroizing<Vec<u8>>,
    given_up: GivenUp,
    /// Text that is being pasted.
    paste: Option<Zeroizing<Vec<u8>>>,
}

impl Reader {
    pub fn new() -> Reader {
        // Allocated whole: a buffer that grows leaves copies behind.
        Reader { bytes: Zeroizing::new(Vec::with_capacity(128 * 1024)), given_up: GivenUp::Nothing, paste: None }
    }

    /// Takes bytes in, and gives what they make whole.
    pub fn take(&mut self, bytes: &[u8], mut to: impl FnMut(Came)) -> Waits {
        self.bytes.extend_from_slice(bytes);
        match self.rest_of_what_was_given_up() {
            Ok(dropped) => self.go_on(false, dropped, &mut to),
            Err(waits) => waits,
        }
    }

    /// Nothing more came in time: what has begun was typed key by key.
    pub fn give_up(&mut self, mut to: impl FnMut(Came)) -> Waits {
        if let Some(mut text) = self.paste.take() {
            text.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            to(pasted(&text));
        }
        match given_up(&self.bytes) {
            // Nothing of an answer after `Esc`, but a key that one could begin with.
            _ if matches!(self.given_up, GivenUp::Begun(..)) && !self.bytes.is_empty() => {
                self.given_up = GivenUp::Nothing;
                self.go_on(true, 0, &mut to)
            }
            what => {
                let waits = self.go_on(true, 0, &mut to);
                self.given_up = what;
                waits
            }
        }
    }

    /// How many bytes are the rest of an answer that was given up; what it began with is put before it again where that
    /// tells what it is. The error: it cannot be told yet.
    fn rest_of_what_was_given_up(&mut self) -> Result<usize, Waits> {
        let bytes = self.bytes.as_slice();
        let end =
            |from: usize| bytes.iter().skip(from).position(|byte| matches!(*byte, 0x07 | ESC)).map(|at| at + from);
        Ok(match std::mem::take(&mut self.given_up) {
            GivenUp::Nothing => 0,
            GivenUp::Begun(before, length) => {
                let before_it = before.get(..length).unwrap_or_default();
                let whole: Zeroizing<Vec<u8>> =
                    Zeroizing::new(before_it.iter().chain(bytes).take(8).copied().collect());
                let known = [&b"\x1b]10;"[..], b"\x1b]11;"];
                let asked = b"\x1b[?";
                let is = known.iter().any(|known| whole.starts_with(known))
                    || (whole.starts_with(asked) && whole.get(3).is_some_and(u8::is_ascii_digit));
                if is {
                    self.bytes.splice(..0, before_it.iter().copied());
                } else if known.iter().any(|known| known.starts_with(&whole)) || asked.starts_with(&whole) {
                    self.given_up = GivenUp::Begun(before, length);
                    return Err(Waits::Shortly);
                }
                0
            }
            GivenUp::End => usize::from(bytes.first() == Some(&b'\\')),
            GivenUp::Colour => {
                let of_colour =
                    |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'/' | b':' | b';' | b'#' | b'r' | b'g');
                match end(0) {
                    Some(at) if !bytes[..at].iter().all(of_colour) => 0,
                    Some(at) if bytes[at] == 0x07 => at + 1,
                    Some(at) if bytes.get(at + 1) == Some(&b'\\') => at + 2,
                    Some(at) if at + 1 == bytes.len() => {
                        self.given_up = GivenUp::End;
                        at + 1
                    }
                    Some(_) => 0,
                    // One or two of these may be keys.
                    None if bytes.len() > 2 && bytes.iter().all(of_colour) => {
                        self.given_up = GivenUp::Colour;
                        bytes.len()
                    }
                    None => 0,
                }
            }
            GivenUp::Sequence => {
                let params = bytes.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
                let ends = bytes.get(params).is_some_and(|last| (0x40..=0x7e).contains(last));
                if ends && (params > 0 || bytes.first() == Some(&b'c')) { params + 1 } else { 0 }
            }
        })
    }

    fn go_on(&mut self, over: bool, from: usize, to: &mut impl FnMut(Came)) -> Waits {
        let mut at = from;
        let waits = loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            if rest.is_empty() && self.paste.is_none() {
                break Waits::Not;
            }
            if let Some(paste) = &mut self.paste {
                let end = memchr::memmem::find(rest, PASTE_ENDS);
                // The end may have begun.
                let whole = end.unwrap_or(rest.len().saturating_sub(PASTE_ENDS.len() - 1));
                let room = PASTE.saturating_sub(paste.len()).min(whole);
                paste.extend_from_slice(rest.get(..room).unwrap_or_default());
                at += whole;
                if end.is_none() {
                    break Waits::Long;
                }
                at += PASTE_ENDS.len();
                let text = self.paste.take().unwrap_or_default();
                to(pasted(&text));
                continue;
            }
            if rest.starts_with(PASTE_BEGINS) {
                at += PASTE_BEGINS.len();
                self.paste = Some(Zeroizing::new(Vec::with_capacity(PASTE)));
                continue;
            }
            match begins(rest, over) {
                Begins::Whole(length, came) => {
                    at += length.max(1);
                    came.into_iter().for_each(&mut *to);
                }
                Begins::Part(waits) => break waits,
            }
        };
        // What was read is overwritten where it stood.
        let left = self.bytes.len().saturating_sub(at);
        self.bytes.copy_within(at.., 0);
        if let Some(read) = self.bytes.get_mut(left..) {
            read.zeroize();
        }
        self.bytes.truncate(left);
        waits
    }
}

/// What of these bytes ends before it is whole.
fn given_up(bytes: &[u8]) -> GivenUp {
    // All that is left is what has begun last.
    match bytes {
        [ESC] | [ESC, b'[' | b']'] | [ESC, b']', b'1'] | [ESC, b']', b'1', b'0' | b'1'] => {
            let mut before = [0; 4];
            before.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            GivenUp::Begun(before, bytes.len())
        }
        [ESC, b']', rest @ ..] if rest.len() > 2 => match rest.last() {
            Some(&ESC) => GivenUp::End,
            _ => GivenUp::Colour,
        },
        [ESC, b'[', rest @ ..] if !rest.is_empty() => GivenUp::Sequence,
        _ => GivenUp::Nothing,
    }
}

fn pasted(text: &[u8]) -> Came {
    Came::Event(Event::Paste(String::from_utf8_lossy(text).into_owned()))
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Came> {
    Some(Came::Event(Event::Key(KeyEvent::new(code, modifiers))))
}

/// What stands at the beginning of these bytes, which are not empty. `over`: nothing more will come in time.
fn begins(bytes: &[u8], over: bool) -> Begins {
    match (bytes[0], bytes.get(1)) {
        (ESC, None) if over => Begins::Whole(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        (ESC, None) => Begins::Part(Waits::Shortly),
        (ESC, Some(b'[')) => sequence(bytes, over),
        (ESC, Some(b'O')) => match bytes.get(2) {
            Some(last) if (0x40..=0x7e).contains(last) => Begins::Whole(3, single_shift(*last)),
            Some(_) => Begins::Whole(2, key(KeyCode::Char('O'), KeyModifiers::ALT)),
            None if over => Begins::Whole(2, key(KeyCode::Char('O'), KeyModifiers::ALT)),
            None => Begins::Part(Waits::Shortly),
        },
        (ESC, Some(b']')) => answer(bytes, over),
        (ESC, Some(&ESC)) => Begins::Whole(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        (ESC, Some(_)) => match plain(&bytes[1..], over) {
            Begins::Whole(length, Some(Came::Event(Event::Key(pressed)))) => {
                Begins::Whole(length + 1, key(pressed.code, pressed.modifiers | KeyModifiers::ALT))
            }
            Begins::Whole(length, _) => Begins::Whole(length + 1, None),
            part => part,
        },
        _ => plain(bytes, over),
    }
}

/// A character, or a key that is one byte.
fn plain(bytes: &[u8], over: bool) -> Begins {
    let control = |c: u8| key(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    let one = match bytes[0] {
        b'\r' | b'\n' => key(KeyCode::Enter, KeyModifiers::NONE),
        b'\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        0x7f => key(KeyCode::Backspace, KeyModifiers::NONE),
        0 => control(b' '),
        c @ 0x01..=0x1a => control(c - 1 + b'a'),
        c @ 0x1c..=0x1f => control(c - 0x1c + b'4'),
        c @ 0x20..=0x7e => key(KeyCode::Char(char::from(c)), KeyModifiers::NONE),
        first => {
            let length = match first {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return Begins::Whole(1, None),
            };
            return match bytes.get(..length) {
                Some(whole) => match std::str::from_utf8(whole).ok().and_then(|text| text.chars().next()) {
                    Some(c) => Begins::Whole(length, key(KeyCode::Char(c), KeyModifiers::NONE)),
                    None => Begins::Whole(1, None),
                },
                None if over => Begins::Whole(bytes.len(), None),
                None => Begins::Part(Waits::Shortly),
            };
        }
    };
    Begins::Whole(1, one)
}

/// `ESC O`: arrows and the first function keys, in the terminal's other mode.
fn single_shift(last: u8) -> Option<Came> {
    match last {
        b'M' => key(KeyCode::Enter, KeyModifiers::NONE),
        last => key(arrow(last)?, KeyModifiers::NONE),
    }
}

fn arrow(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// `ESC ]`: the answer to what was asked about a colour. Nothing else of that kind is ever asked.
fn answer(bytes: &[u8], over: bool) -> Begins {
    let known = |beginning: &&&[u8]| beginning.starts_with(bytes) || bytes.starts_with(beginning);
    let Some(beginning) = COLOURS.iter().find(known) else {
        return Begins::Whole(2, key(KeyCode::Char(']'), KeyModifiers::ALT));
    };
    let end = bytes.iter().skip(1).position(|byte| matches!(*byte, 0x07 | ESC)).map(|at| at + 1);
    match end {
        Some(at) if bytes[at] == 0x07 => Begins::Whole(at + 1, colour(beginning, &bytes[..at])),
        Some(at) => match bytes.get(at + 1) {
            Some(b'\\') => Begins::Whole(at + 2, colour(beginning, &bytes[..at])),
            // Cut off by something else.
            Some(_) => Begins::Whole(at, None),
            None if over => Begins::Whole(bytes.len(), colour(beginning, &bytes[..at])),
            None => Begins::Part(Waits::Long),
        },
        None if bytes.len() > LONGEST => Begins::Whole(bytes.len(), None),
        // Two keys, unless it is clear that nobody typed this.
        None if over && bytes.len() < 4 => Begins::Whole(2, key(KeyCode::Char(']'), KeyModifiers::ALT)),
        None if over => Begins::Whole(bytes.len(), None),
        None if bytes.len() < 4 => Begins::Part(Waits::Shortly),
        None => Begins::Part(Waits::Long),
    }
}

/// `rgb:ffff/ffff/dddd` or `rgba:…`, with one to four digits for each part; `#ffffff` of some.
fn colour(beginning: &[u8], answer: &[u8]) -> Option<Came> {
    if beginning != COLOURS[1] {
        return None;
    }
    let said = std::str::from_utf8(answer.get(beginning.len()..)?).ok()?;
    let part = |digits: &str| {
        let most = 16u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        u16::try_from(u64::from(value) * 0xffff / u64::from(most.max(1))).ok()
    };
    let parts: Vec<u16> = match said.strip_prefix('#') {
        Some(hex) if hex.is_ascii() && hex.len() % 3 == 0 && (3..=12).contains(&hex.len()) => {
            let width = hex.len() / 3;
            (0..3).filter_map(|at| part(hex.get(at * width..(at + 1) * width)?)).collect()
        }
        _ => {
            let said = said.strip_prefix("rgb:").or_else(|| said.strip_prefix("rgba:"))?;
            said.split('/').take(3).filter_map(part).collect()
        }
    };
    <[u16; 3]>::try_from(parts).ok().map(Came::Ground)
}

/// `ESC [`: a control sequence, as ECMA-48 builds them.
fn sequence(bytes: &[u8], over: bool) -> Begins {
    let body = bytes.get(2..).unwrap_or_default();
    let params = body.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
    let Some(last) = body.get(params).copied() else {
        return match over || bytes.len() > LONGEST {
            // `Esc`, then what else was typed.
            true if params == 0 => Begins::Whole(2, key(KeyCode::Char('['), KeyModifiers::ALT)),
            true => Begins::Whole(bytes.len(), None),
            false if params > 0 => Begins::Part(Waits::Long),
            false => Begins::Part(Waits::Shortly),
        };
    };
    let length = 2 + params + 1;
    if !(0x40..=0x7e).contains(&last) {
        // Cut off by something else.
        return Begins::Whole(length - 1, None);
    }
    let said = std::str::from_utf8(&body[..params]).unwrap_or("");
    // The console's function keys, and clicks in the oldest way: more bytes belong to them.
    let more = match (said, last) {
        ("", b'[') => 1,
        ("", b'M') => 3,
        _ => 0,
    };
    if more > 0 {
        return match bytes.get(length..length + more) {
            Some([button, column, row]) => {
                let at = |byte: &u8| u16::from(byte.saturating_sub(33));
                Begins::Whole(length + more, mouse(u32::from(button.saturating_sub(32)), at(column), at(row), true))
            }
            Some(_) => Begins::Whole(length + more, None),
            None if over => Begins::Whole(bytes.len(), None),
            None => Begins::Part(Waits::Long),
        };
    }
    Begins::Whole(length, meaning(said, last))
}

/// What a whole control sequence means to us; answers and what nobody asked for mean nothing.
fn meaning(said: &str, last: u8) -> Option<Came> {
    if let Some(report) = said.strip_prefix('<') {
        let mut numbers = report.split(';').map(|number| number.parse::<u32>().ok());
        let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
        let at = |cell: u32| u16::try_from(cell.saturating_sub(1)).unwrap_or(u16::MAX);
        return mouse(button, at(column), at(row), last == b'M');
    }
    if said.starts_with(['?', '>', '=']) {
        return match (said.starts_with('?'), last) {
            (true, b'c') => Some(Came::Answered),
            (true, b'u') => Some(Came::Keyboard),
            _ => None,
        };
    }
    let mut parts = said.split(';');
    let first = parts.next().unwrap_or("");
    let mut second = parts.next().unwrap_or("").split(':');
    let held = second.next().and_then(|mask| mask.parse::<u16>().ok()).unwrap_or(1).saturating_sub(1);
    let kind = match second.next() {
        Some("3") => KeyEventKind::Release,
        Some("2") => KeyEventKind::Repeat,
        _ => KeyEventKind::Press,
    };
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in
        [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL, KeyModifiers::SUPER].into_iter().enumerate()
    {
        modifiers.set(modifier, held & (1 << bit) != 0);
    }
    let code = match last {
        b'I' if said.is_empty() => return Some(Came::Event(Event::FocusGained)),
        b'O' if said.is_empty() => return Some(Came::Event(Event::FocusLost)),
        b'Z' => KeyCode::BackTab,
        b'~' => numbered(first.parse().ok()?)?,
        b'u' => {
            let mut codes = first.split(':');
            let code = encoded(codes.next()?.parse().ok()?, modifiers)?;
            match codes.next().and_then(|shifted| char::from_u32(shifted.parse().ok()?)) {
                Some(shifted) if modifiers.contains(KeyModifiers::SHIFT) => {
                    modifiers.remove(KeyModifiers::SHIFT);
                    KeyCode::Char(shifted)
                }
                _ => code,
            }
        }
        // The place of the cursor, which nobody asked for.
        b'R' if !first.is_empty() && first != "1" => return None,
        last => arrow(last)?,
    };
    Some(Came::Event(Event::Key(KeyEvent::new_with_kind(code, modifiers, kind))))
}

/// Keys that are told by a number.
fn numbered(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23 | 24 => KeyCode::F(number - 12),
        _ => return None,
    })
}

/// Keys that are told by their code (kitty's protocol); those of the number pad are what they show.
fn encoded(code: u32, modifiers: KeyModifiers) -> Option<KeyCode> {
    const PAD: &[u8] = b"0123456789./*-+";
    Some(match code {
        9 if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        57399..=57413 => KeyCode::Char(char::from(*PAD.get(usize::try_from(code - 57399).ok()?)?)),
        57415 => KeyCode::Char('='),
        57416 => KeyCode::Char(','),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        // Other keys of the private area are of no use here.
        57344..=63743 => return None,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

/// A report of the mouse; only what the dashboard listens to.
fn mouse(button: u32, column: u16, row: u16, down: bool) -> Option<Came> {
    // Shift, alt, control and movement have bits of their own.
    let kind = match button & !0b1_1100 {
        0 if down => MouseEventKind::Down(MouseButton::Left),
        64 => MouseEventKind::ScrollUp,
        65 => MouseEventKind::ScrollDown,
        _ => return None,
    };
    Some(Came::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Came> {
        let (mut reader, mut came) = (Reader::new(), Vec::new());
        reader.take(bytes, |what| came.push(what));
        reader.give_up(|what| came.push(what));
        came
    }

    /// Keys as `C-r`, `A-x`, `Up`.
    fn keys(bytes: &[u8]) -> Vec<String> {
        let words = |came: &Came| match came {
            Came::Event(Event::Key(key)) => {
                let code = match key.code {
                    KeyCode::Char(c) => c.to_string(),
                    other => format!("{other:?}"),
                };
                let held = |is: KeyModifiers, word: &'static str| if key.modifiers.contains(is) { word } else { "" };
                format!("{}{}{code}", held(KeyModifiers::CONTROL, "C-"), held(KeyModifiers::ALT, "A-"))
            }
            other => format!("{other:?}"),
        };
        all(bytes).iter().map(words).collect()
    }

    #[test]
    fn keys_as_terminals_send_them() {
        for (bytes, wanted) in [
            (&b"aZ5 "[..], &["a", "Z", "5", " "][..]),
            ("é日🙂".as_bytes(), &["é", "日", "🙂"]),
            (b"\r\n\t\x7f\x08", &["Enter", "Enter", "Tab", "Backspace", "C-h"]),
            (b"\x12\x03\x1a\x00\x1f", &["C-r", "C-c", "C-z", "C- ", "C-7"]),
            (b"\x1b", &["Esc"]),
            (b"\x1b\x1b[A", &["Esc", "Up"]),
            (b"\x1b[A\x1bOB\x1b[H\x1b[4~\x1b[Z\x1b[5~", &["Up", "Down", "Home", "End", "BackTab", "PageUp"]),
            (b"\x1b[1;5C\x1b[3~\x1bx\x1b\x12", &["C-Right", "Delete", "A-x", "C-A-r"]),
            (b"\x1b[27u\x1b[114;5u\x1b[9;2u\x1b[97:65;2u\x1b[57414u", &["Esc", "C-r", "BackTab", "A", "Enter"]),
            (b"\x1bO\x1b[", &["A-O", "A-["]),
            (b"\x1b[[A\x1b[1;2Rx", &["F(3)", "x"]),
            (b"\xff\xfex\x1b[?64;1;2", &["x"]),
        ] {
            assert_eq!(keys(bytes), wanted, "{}", bytes.escape_ascii());
        }
        let released = all(b"\x1b[97;1:3u");
        assert!(matches!(&released[0], Came::Event(Event::Key(key)) if key.kind == KeyEventKind::Release));
    }

    #[test]
    fn clicks_the_wheel_focus_and_pastes() {
        let mouse = |kind, column, row| {
            Came::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
        };
        let left = MouseEventKind::Down(MouseButton::Left);
        assert_eq!(all(b"\x1b[<0;5;4M\x1b[<0;5;4m"), [mouse(left, 4, 3)]);
        assert_eq!(all(b"\x1b[<65;5;4M"), [mouse(MouseEventKind::ScrollDown, 4, 3)]);
        assert_eq!(all(b"\x1b[M %$x")[0], mouse(left, 4, 3));
        assert_eq!(all(b"\x1b[<35;5;4M\x1b[<0;;M"), []);
        assert_eq!(all(b"\x1b[I\x1b[O"), [Came::Event(Event::FocusGained), Came::Event(Event::FocusLost)]);
        let paste = |text: &str| Came::Event(Event::Paste(text.to_owned()));
        assert_eq!(all(b"\x1b[200~y\r\x1b[A\x1b[201~"), [paste("y\r\x1b[A")]);
        // One that never ends does not swallow keys for ever.
        assert_eq!(all(b"\x1b[200~abc"), [paste("abc")]);
    }

    /// Answers are never keys: early, late, in pieces, with something between them.
    #[test]
    fn answers_of_the_terminal_are_no_keys() {
        let white = || Came::Ground([0xffff; 3]);
        assert_eq!(all(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?64;22c"), [white(), Came::Answered]);
        assert_eq!(all(b"\x1b]11;rgb:ff/ff/ff\x07"), [white()]);
        assert_eq!(all(b"\x1b]11;rgba:f/f/f/8\x07"), [white()]);
        assert_eq!(all(b"\x1b]11;#ffffff\x07"), [white()]);
        assert_eq!(
            all(b"\x1b]11;nonsense\x07\x1b]10;rgb:1/2/3\x07\x1b[?1;2c\x1b[?2026;2$y\x1b[>1u\x1b[4;5R"),
            [Came::Answered]
        );
        let keyed = all(b"j\x1b]11;rgb:0/0/0\x1b\\k");
        assert_eq!(keyed.len(), 3);
        assert_eq!(keyed[1], Came::Ground([0; 3]));
        // Cut off: what was sent of it is no keys either.
        assert_eq!(keys(b"\x1b]11;rgb:ffff/ff"), Vec::<String>::new());
        assert_eq!(keys(b"\x1b]x"), ["A-]", "x"]);
        assert_eq!(keys(b"\x1b]"), ["A-]"]);
    }

    /// The same over a link that pauses where it likes: what is sent late is never a key.
    #[test]
    fn answers_that_are_cut_by_a_pause_are_no_keys() {
        for answer in [&b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"[..], b"\x1b]11;rgb:fafa/f0f0/e6e6\x07", b"\x1b[?64;1;22c"] {
            for cut in 1..answer.len() {
                let (mut reader, mut came) = (Reader::new(), Vec::new());
                reader.take(&answer[..cut], |what| came.push(what));
                reader.give_up(|what| came.push(what));
                // What had come before the pause may have been typed: `Esc`, `Esc ]`. The rest was not.
                let before = came.iter().filter(|what| matches!(what, Came::Event(_))).count();
                reader.take(&answer[cut..], |what| came.push(what));
                reader.give_up(|what| came.push(what));
                let events = came.iter().filter(|what| matches!(what, Came::Event(_))).count();
                assert_eq!(events, before, "{} cut at {cut}: {came:?}", answer.escape_ascii());
                assert!(cut < 5 || before == 0, "{} cut at {cut}: {came:?}", answer.escape_ascii());
                // And what is typed afterwards is a key again.
                came.clear();
                reader.take(b"f", |what| came.push(what));
                assert_eq!(came, [key(KeyCode::Char('f'), KeyModifiers::NONE).unwrap()], "cut at {cut}");
            }
        }
        // A person who presses Esc and goes on typing has pressed these keys.
        for typed in [&b"]"[..], b"[", b"f", b"]1", b"[?"] {
            let (mut reader, mut came) = (Reader::new(), Vec::new());
            reader.take(b"\x1b", |what| came.push(what));
            reader.give_up(|what| came.push(what));
            reader.take(typed, |what| came.push(what));
            reader.give_up(|what| came.push(what));
            assert_eq!(came.len(), 1 + typed.len(), "{}", typed.escape_ascii());
        }
    }

    proptest! {
        /// However bytes are cut into reads, the same comes of them.
        #[test]
        fn what_comes_in_pieces_is_the_same(cuts in proptest::collection::vec(1usize..6, 40)) {
            let bytes: &[u8] = b"a\x1b[A\x1b[<0;5;4M\x1b]11;rgb:ffff/0000/8080\x1b\\\x1b[?62;4c\x1b[200~x\x1b[201\x1b[201~\xc3\xa9\x1b[27u";
            let (mut reader, mut came) = (Reader::new(), Vec::new());
            let mut left = bytes;
            for cut in cuts.into_iter().cycle() {
                if left.is_empty() {
                    break;
                }
                let (now, later) = left.split_at(cut.min(left.len()));
                reader.take(now, |what| came.push(what));
                left = later;
            }
            prop_assert_eq!(came, all(bytes));
        }

        /// Nothing that comes stops it, and nothing stays behind.
        #[test]
        fn whatever_comes_it_goes_on(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = Reader::new();
            reader.take(&bytes, |_| {});
            reader.give_up(|_| {});
            let mut came = Vec::new();
            reader.give_up(|what| came.push(what));
            reader.take(b"q", |what| came.push(what));
            let quit = key(KeyCode::Char('q'), KeyModifiers::NONE);
            prop_assert_eq!(came.last(), quit.as_ref());
            prop_assert!(reader.bytes.is_empty());
        }
    }
}
