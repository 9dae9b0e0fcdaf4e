//! What the terminal sends, in the dashboard's words.
//!
//! ```text
//!   terminal ──▶ bytes ──▶ events ─▶ the loop
//!                  │          answers about its colours ─▶ whoever waits for them
//!   hold ──────────┘ while somebody else has the terminal nothing is read
//! ```
//!
//! A thread of its own waits for the terminal. It reads nothing while it is held: two that read from one terminal
//! would each get a part of what is typed.

mod bytes;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crossterm::event::{
    Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::terminal;
use crate::app::msg::{Key, KeyCode, Msg};

use crate::domain::settings::Ground;
use bytes::{Came, Reader, Waits};

/// Most of a paste that is taken, in bytes (D12).
const PASTE: usize = 4096;

/// Events that may wait for the dashboard; beyond it they wait in the terminal.
const WAITING: usize = 4096;

/// An event, and when it was read from the terminal. All events of one read have the same moment.
pub type Timed = (Event, Instant);

/// What the terminal sends, and whether more of it is on its way.
#[derive(Debug)]
pub struct Events {
    waiting: mpsc::Receiver<Timed>,
    /// More was read from the terminal than was handed over. It is set before an event is handed over and cleared
    /// after the last one was, so that nobody takes a gap between two events of one read for a pause.
    more: Arc<AtomicBool>,
}

impl Events {
    pub async fn recv(&mut self) -> Option<Timed> {
        self.waiting.recv().await
    }

    pub fn try_recv(&mut self) -> Option<Timed> {
        self.waiting.try_recv().ok()
    }

    /// Whether no input waits, neither here nor in the terminal.
    pub fn is_empty(&self) -> bool {
        // In this order: what was handed over last is seen in the channel.
        !self.more.load(Ordering::Acquire) && self.waiting.is_empty()
    }
}

/// Events of a test, which come one by one.
impl From<mpsc::Receiver<Timed>> for Events {
    fn from(waiting: mpsc::Receiver<Timed>) -> Events {
        Events { waiting, more: Arc::default() }
    }
}

/// How long the rest of a sequence may take that a key may have begun; and one that only a terminal sends.
const SHORTLY: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
const LONG: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// What is asked of the thread.
#[derive(Debug, Default)]
struct Asked {
    held: bool,
    /// It has noticed that it is held.
    rests: bool,
    /// The window changed.
    resized: bool,
}

/// The way to the thread that reads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Control {
    asked: Arc<(Mutex<Asked>, Condvar)>,
    wake: Arc<UnixStream>,
}

impl Control {
    fn ask(&self, change: impl FnOnce(&mut Asked)) {
        change(&mut self.asked.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.asked.1.notify_all();
        // A socket that is full wakes the thread just as well.
        let _ = (&*self.wake).write(b"!");
    }

    /// The window changed.
    pub fn resized(&self) {
        self.ask(|asked| asked.resized = true);
    }

    /// From the return of this on nothing is read.
    pub fn hold(&self) {
        self.ask(|asked| asked.held = true);
        let asked = self.asked.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread may have ended with the terminal: then it reads nothing either.
        let limit = std::time::Duration::from_millis(500);
        drop(self.asked.1.wait_timeout_while(asked, limit, |asked| !asked.rests));
    }

    pub fn go_on(&self) {
        self.ask(|asked| asked.held = false);
    }
}

/// What is read.
pub struct Input {
    /// Closes when the terminal cannot be read any more.
    pub events: Events,
    /// The ground of the terminal, when it has told.
    pub ground: watch::Receiver<Option<Ground>>,
    pub control: Control,
}

/// Starts reading.
pub fn listen() -> std::io::Result<Input> {
    let (to, waiting) = mpsc::channel(WAITING);
    let (tell, ground) = watch::channel(None);
    let more = Arc::new(AtomicBool::new(false));
    let (woken, wake) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    wake.set_nonblocking(true)?;
    let control = Control { asked: Arc::default(), wake: Arc::new(wake) };
    let thread = Thread { to, more: Arc::clone(&more), ground: tell, asked: Arc::clone(&control.asked), woken };
    std::thread::spawn(move || thread.run());
    Ok(Input { events: Events { waiting, more }, ground, control })
}

struct Thread {
    to: mpsc::Sender<Timed>,
    /// See [`Events`].
    more: Arc<AtomicBool>,
    ground: watch::Sender<Option<Ground>>,
    asked: Arc<(Mutex<Asked>, Condvar)>,
    woken: UnixStream,
}

impl Thread {
    /// Reads until the terminal or the dashboard is gone.
    fn run(mut self) {
        let input = std::io::stdin();
        let mut buffer = Zeroizing::new(vec![0; 64 * 1024]);
        let (mut reader, mut waits) = (Reader::new(), Waits::Not);
        loop {
            let limit = match waits {
                Waits::Not => None,
                Waits::Shortly => Some(&SHORTLY),
                Waits::Long => Some(&LONG),
            };
            let mut ready = [PollFd::new(&input, PollFlags::IN), PollFd::new(&self.woken, PollFlags::IN)];
            let events = match poll(&mut ready, limit) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
                Ok(0) => {
                    let mut came = Vec::new();
                    waits = reader.give_up(|what| came.push(what));
                    if self.tell(came, Instant::now()).is_none() {
                        return;
                    }
                    continue;
                }
                Ok(_) => [ready[0].revents(), ready[1].revents()],
            };
            if events[1].contains(PollFlags::IN) && self.obey().is_none() {
                return;
            }
            // Held meanwhile or not: what is there now is ours.
            if !events[0].intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR)
                || events[1].contains(PollFlags::IN)
            {
                continue;
            }
            let length = match rustix::io::read(&input, buffer.as_mut_slice()) {
                Ok(0) => return,
                Ok(length) => length,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(_) => return,
            };
            let mut came = Vec::new();
            let read_at = Instant::now();
            let read = buffer.get_mut(..length).unwrap_or_default();
            waits = reader.take(read, |what| came.push(what));
            zeroize::Zeroize::zeroize(read);
            if self.tell(came, read_at).is_none() {
                return;
            }
        }
    }

    /// Does what is asked; `None` when nobody listens any more.
    fn obey(&mut self) -> Option<()> {
        let mut drained = [0; 64];
        let _ = self.woken.read(&mut drained);
        let mut asked = self.asked.0.lock().unwrap_or_else(PoisonError::into_inner);
        while asked.held {
            asked.rests = true;
            self.asked.1.notify_all();
            asked = self.asked.1.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
        asked.rests = false;
        let resized = std::mem::take(&mut asked.resized);
        drop(asked);
        if resized {
            let (width, height) = terminal::size();
            self.to.blocking_send((Event::Resize(width, height), Instant::now())).ok()?;
        }
        Some(())
    }

    fn tell(&self, came: Vec<Came>, read_at: Instant) -> Option<()> {
        let input = std::io::stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        let follows = matches!(poll(&mut ready, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(1..));
        if follows || came.len() > 1 {
            self.more.store(true, Ordering::Release);
        }
        for what in came {
            match what {
                Came::Event(event) => self.to.blocking_send((event, read_at)).ok()?,
                Came::Ground(rgb) => drop(self.ground.send(Some(ground(rgb)))),
                Came::Answered | Came::Keyboard => {}
            }
        }
        if !follows {
            self.more.store(false, Ordering::Release);
        }
        Some(())
    }
}

/// What the terminal answers within this time, up to the last answer. What is typed meanwhile is dropped.
pub fn answers(limit: std::time::Duration) -> terminal::Told {
    let (mut told, mut reader, mut over) = (terminal::Told::default(), Reader::new(), false);
    let input = std::io::stdin();
    let mut buffer = [0; 4096];
    // A few rounds: answers may come in pieces.
    let step = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    for _ in 0..limit.as_millis() / 50 {
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        if !matches!(poll(&mut ready, Some(&step)), Ok(1..)) {
            continue;
        }
        let length = rustix::io::read(&input, &mut buffer).unwrap_or(0);
        reader.take(buffer.get(..length).unwrap_or_default(), |came| match came {
            Came::Ground(rgb) => told.ground = Some(ground(rgb)),
            Came::Keyboard => told.keyboard = true,
            Came::Answered => over = true,
            Came::Event(_) => {}
        });
        if over || length == 0 {
            break;
        }
    }
    told
}

/// Whether a colour is light: how bright it looks (ITU-R BT.601), more than half.
fn ground([r, g, b]: [u16; 3]) -> Ground {
    let bright = 299 * u64::from(r) + 587 * u64::from(g) + 114 * u64::from(b);
    match bright > 1000 * 0xffff / 2 {
        true => Ground::Light,
        false => Ground::Dark,
    }
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
        let text = text.take().unwrap();
        assert_eq!(&*text, "yq[A");
        let Some(Msg::Pasted(text)) = read(Event::Paste("é".repeat(10_000))) else { panic!("no paste") };
        let text = text.take().unwrap();
        assert_eq!(text.len(), PASTE);
    }

    #[test]
    fn a_key_going_up_is_no_key() {
        let mut key = KeyEvent::new(Code::Char('q'), KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(read(Event::Key(key)), None);
    }
}
