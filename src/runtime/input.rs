//! What the terminal sends, in the dashboard's words.
//!
//! A thread of its own waits in `read`. (The library's asynchronous stream keeps the waker of whoever asked
//! first, and keys wait for the next key when that was somebody else.)

use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use crate::app::msg::{Key, KeyCode, Msg};

/// Most of a paste that is taken, in bytes (D12).
const PASTE: usize = 4096;

/// Events that may wait for the dashboard; beyond it they wait in the terminal.
const WAITING: usize = 4096;

/// Starts reading. The channel closes when the terminal cannot be read any more.
pub fn listen() -> mpsc::Receiver<Event> {
    let (to, events) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if to.blocking_send(event).is_err() {
                return;
            }
        }
    });
    events
}

/// The message for an event; `None` for what the dashboard has no use for.
pub fn read(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => pressed(key).map(Msg::Pressed),
        Event::Paste(text) => Some(Msg::Pasted(pasted(&Zeroizing::new(text)).into())),
        Event::Resize(width, height) => Some(Msg::Resized(width, height)),
        Event::FocusGained => Some(Msg::FocusGained),
        Event::FocusLost => Some(Msg::FocusLost),
        Event::Mouse(mouse) => moused(mouse),
    }
}

fn moused(mouse: MouseEvent) -> Option<Msg> {
    let at = (mouse.column, mouse.row);
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Msg::Clicked(at.0, at.1)),
        MouseEventKind::ScrollDown => Some(Msg::Wheeled { at, down: true }),
        MouseEventKind::ScrollUp => Some(Msg::Wheeled { at, down: false }),
        _ => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let code = match key.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: key.modifiers.contains(KeyModifiers::CONTROL),
        alt: key.modifiers.contains(KeyModifiers::ALT),
    })
}

/// D12: one line, no control characters, bounded. Pasted text is text; it never fires an action.
fn pasted(text: &str) -> String {
    // Made whole: one that grows leaves copies behind.
    let mut kept = String::with_capacity(PASTE.min(text.len()));
    for c in text.chars().filter(|c| !c.is_control()) {
        if kept.len() + c.len_utf8() > PASTE {
            break;
        }
        kept.push(c);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d12_a_paste_is_one_bounded_line() {
        let Some(Msg::Pasted(text)) = read(Event::Paste("y\r\nq\u{1b}[A".into())) else { panic!("no paste") };
        assert_eq!(&*text, "yq[A");
        let Some(Msg::Pasted(text)) = read(Event::Paste("é".repeat(10_000))) else { panic!("no paste") };
        assert_eq!(text.len(), PASTE);
    }

    #[test]
    fn a_key_going_up_is_no_key() {
        let mut key = KeyEvent::new(Code::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(read(Event::Key(key)), None);
    }
}
