//! The terminal: taken at the start, given back as it was found on every way out.
//!
//! ```text
//!   take ──▶ draw … draw ──▶ give_back          quit, Ctrl-C, SIGTERM, SIGINT, SIGQUIT, SIGHUP
//!              │    ▲
//!              ▼    │ take again, repaint whole
//!            give_back ──▶ stopped ──▶ SIGCONT   Ctrl-Z, SIGTSTP
//! ```
//!
//! Two threads stand beside it for the cases in which nothing else can act: the *watchdog* ends the
//! process when the terminal disappears (reading a dead terminal would spin for ever), and the *last
//! resort* ends it a moment after a termination signal when the drawing thread is stuck in a write.
//! A panic anywhere gives the terminal back and prints where it happened, never its message: the message
//! may hold anything.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::Termios;
use zeroize::Zeroize;

use super::input::Control;
use crate::domain::settings::Ground;

/// How long an orderly end may take after a termination signal before the last resort acts (R3).
const PATIENCE: Duration = Duration::from_millis(1500);

/// What another program may have left behind, undone: a shifted set of characters, insertion, an origin and a region of
/// its own. What is drawn would land elsewhere or be other signs.
const PLAIN: &[u8] = b"\x0f\x1b(B\x1b[4l\x1b[?6l\x1b[r";
/// Alternate screen on, cursor hidden, bracketed paste and focus reports on, and keys told apart (kitty's protocol):
/// `Esc` is a key of its own then, and not the beginning of another. It is not asked for first, because a terminal that does
/// not know it passes over it, and waiting for an answer would hold up the first keys. The alternate screen has a
/// stack of its own for it.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h\x1b[>1u";
/// Clicks and the wheel, with the cell they happened on. Not what merely moves: that would be a message for every cell.
const CAPTURE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const RELEASE: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// Everything of `ENTER` and `CAPTURE` undone; the screen is wiped before the alternate screen is left, because some
/// terminals keep its last picture (D6). Ends a synchronized update that was cut short.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[0m\x1b[9999;9999H\x1b[1J\x1b[2J\x1b[<u\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// Every cell blank. Erasing the whole screen in one go has some terminals, tmux among them, move what was on it
/// into their history first (D6); erasing up to the last cell does not.
const BLANK: &[u8] = b"\x1b[0m\x1b[9999;9999H\x1b[1J";

/// Asks for the colour of the ground (OSC 11), and then for something that every terminal answers (DA1).
pub const ASK_GROUND: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether a child has the terminal meanwhile.
static LENT: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is listened to while the terminal is taken.
static CAPTURED: AtomicBool = AtomicBool::new(false);
static FOUND: OnceLock<Mutex<Option<Termios>>> = OnceLock::new();

/// What the frames are written through: one buffer, one write for each frame, and nothing is left in it.
pub type Output = CrosstermBackend<Frames>;

/// Bytes on their way to the terminal. They may hold what is shown of a card (S4), and the standard library's
/// buffers keep what they have written.
#[derive(Debug)]
pub struct Frames(Vec<u8>);

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut left = self.0.as_slice();
        let written = loop {
            if left.is_empty() {
                break Ok(());
            }
            match rustix::io::write(io::stdout(), left) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => left = left.get(taken..).unwrap_or(&[]),
                Err(rustix::io::Errno::INTR) => {}
                // Somebody who shares the terminal has set it not to wait: it is waited for here.
                Err(rustix::io::Errno::AGAIN) => {
                    let out = io::stdout();
                    let mut ready = [PollFd::new(&out, PollFlags::OUT)];
                    let _ = poll(&mut ready, None);
                }
                Err(error) => break Err(error.into()),
            }
        };
        self.0.zeroize();
        written
    }
}

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    #[error("the dashboard needs a terminal, and {0} is none; `fourpay --help` lists the commands that do without")]
    NotATerminal(&'static str),
    #[error("the terminal cannot be set up: {0}")]
    Refused(#[from] io::Error),
}

/// The terminal while it is ours.
pub struct Screen {
    terminal: Terminal<Output>,
    /// Columns and rows that are drawn on.
    drawn: (u16, u16),
    input: Option<Control>,
}

impl Screen {
    /// Takes the terminal. From here on every way out gives it back.
    pub fn take() -> Result<Screen, NoTerminal> {
        for (is, what) in
            [(io::stdin().is_terminal(), "standard input"), (io::stdout().is_terminal(), "standard output")]
        {
            if !is {
                return Err(NoTerminal::NotATerminal(what));
            }
        }
        let found = rustix::termios::tcgetattr(io::stdin()).map_err(io::Error::from)?;
        if let Ok(mut kept) = FOUND.get_or_init(Mutex::default).lock() {
            *kept = Some(found);
        }
        give_back_on_panic();
        enter()?;
        let drawn = size();
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, drawn.0, drawn.1)) };
        let backend = CrosstermBackend::new(Frames(Vec::with_capacity(64 * 1024)));
        let taken = Terminal::with_options(backend, options).and_then(|terminal| {
            let mut screen = Screen { terminal, drawn, input: None };
            screen.repaint().map(|()| screen)
        });
        taken.map_err(|refused| {
            give_back();
            refused.into()
        })
    }

    /// Who reads from the terminal, to be held while somebody else has it.
    pub fn read_by(&mut self, input: Control) {
        self.input = Some(input);
    }

    /// Draws one frame as one synchronized update.
    pub fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        if self.drawn != size() {
            self.repaint()?;
        }
        self.terminal.backend_mut().write_all(b"\x1b[?2026h")?;
        self.terminal.draw(view)?;
        self.terminal.backend_mut().write_all(b"\x1b[?2026l")?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Writes bytes that draw nothing.
    pub fn hand(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().write_all(bytes)?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Columns and rows now.
    pub fn size(&self) -> (u16, u16) {
        size()
    }

    /// The window changed, or what is on it cannot be trusted: the next frame writes every cell, the blank ones too.
    /// (`Terminal::clear` would ask the terminal for its cursor and wait for the answer.)
    pub fn repaint(&mut self) -> io::Result<()> {
        self.drawn = size();
        self.terminal.backend_mut().write_all(BLANK)?;
        self.terminal.resize(Rect::new(0, 0, self.drawn.0, self.drawn.1))?;
        // What stands on a cell that was erased is the terminal's affair; what we have written is ours. A frame writes
        // what differs from the one before it, so that one is made to differ in every cell.
        for cell in &mut self.terminal.current_buffer_mut().content {
            cell.reset();
            cell.set_char(NOTHING_OF_OURS);
        }
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Gives the terminal to a child until [`Screen::take_again`]: nothing is drawn or read meanwhile.
    pub fn lend(&mut self) -> io::Result<()> {
        if let Some(input) = &self.input {
            input.hold();
        }
        give_back();
        LENT.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Ends [`Screen::lend`].
    pub fn take_again(&mut self) -> io::Result<()> {
        LENT.store(false, Ordering::SeqCst);
        enter()?;
        if let Some(input) = &self.input {
            input.go_on();
        }
        self.repaint()
    }

    /// Listens to the mouse, or leaves it to the terminal; remembered over a stop.
    pub fn capture(&mut self, on: bool) -> io::Result<()> {
        CAPTURED.store(on, Ordering::SeqCst);
        self.terminal.backend_mut().write_all(if on { CAPTURE } else { RELEASE })?;
        Write::flush(self.terminal.backend_mut())
    }

    /// Gives the terminal back, stops the process until it is continued, and takes it again (R4).
    pub fn suspend(&mut self, whole_job: bool) -> io::Result<()> {
        if whole_job && !can_suspend() {
            return self.repaint();
        }
        give_back();
        let stopped = if whole_job {
            rustix::process::kill_current_process_group(rustix::process::Signal::STOP)
        } else {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)
        };
        stopped.map_err(io::Error::from)?;
        // Continued. Another program may have left the terminal in any state: remember the one we found first.
        enter()?;
        self.repaint()
    }
}

/// What a terminal tells of itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub ground: Option<Ground>,
    /// It knows kitty's protocol of the keyboard.
    pub keyboard: bool,
}

/// Asks the terminal, for a report: its ground, its keyboard, and last what every terminal answers. Waits for half a
/// second. `None` where there is none, or one that would show the question.
pub fn ask() -> Option<Told> {
    let input = io::stdin();
    if !input.is_terminal() || !io::stdout().is_terminal() || !super::start::may_ask() {
        return None;
    }
    let found = rustix::termios::tcgetattr(&input).ok()?;
    let mut raw = found.clone();
    raw.make_raw();
    rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Now, &raw).ok()?;
    write_if_it_takes(b"\x1b[?u");
    write_if_it_takes(ASK_GROUND);
    let told = super::input::answers(Duration::from_millis(500));
    let _ = rustix::termios::tcsetattr(&input, rustix::termios::OptionalActions::Flush, &found);
    Some(told)
}

/// Whether a child has the terminal meanwhile.
pub fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}

/// A character that nothing draws.
const NOTHING_OF_OURS: char = '\u{e000}';

/// Columns and rows of the terminal now. One that does not know (a serial line, a pty that nobody has given a size)
/// has those of `COLUMNS` and `LINES`, else as many as terminals have had for ever.
pub fn size() -> (u16, u16) {
    let told = rustix::termios::tcgetwinsize(io::stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row));
    sized(told, || (variable("COLUMNS"), variable("LINES")))
}

fn sized((columns, rows): (u16, u16), said: impl FnOnce() -> (Option<u16>, Option<u16>)) -> (u16, u16) {
    if columns > 0 && rows > 0 {
        return (columns, rows);
    }
    let (said_columns, said_rows) = said();
    let one = |told: u16, said: Option<u16>, usual| match told {
        0 => said.filter(|said| (1..=1000).contains(said)).unwrap_or(usual),
        told => told,
    };
    (one(columns, said_columns, 80), one(rows, said_rows, 24))
}

#[expect(clippy::disallowed_methods, reason = "what a terminal without a size has is only known from the environment")]
fn variable(name: &str) -> Option<u16> {
    std::env::var(name).ok()?.trim().parse().ok()
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether somebody could continue us after a stop: a session leader has no shell to go back to.
fn can_suspend() -> bool {
    rustix::process::getsid(None).is_ok_and(|session| session != rustix::process::getpid())
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    // Not by crossterm: it would remember that raw mode is on and do nothing after a stop.
    let mut raw = rustix::termios::tcgetattr(io::stdin())?;
    raw.make_raw();
    rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &raw)?;
    let mut out = io::stdout().lock();
    out.write_all(ENTER)?;
    out.write_all(PLAIN)?;
    if CAPTURED.load(Ordering::SeqCst) {
        out.write_all(CAPTURE)?;
    }
    out.flush()
}

/// Gives the terminal back, once for each time it was taken. Says nothing when it cannot: a terminal that
/// is gone needs nothing.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Straight to the descriptor: the standard handle may be locked by a thread that is stuck in a write.
    write_if_it_takes(LEAVE);
    put_modes_back();
}

fn put_modes_back() {
    let found = FOUND.get().and_then(|kept| kept.try_lock().ok()).and_then(|kept| kept.clone());
    if let Some(found) = found {
        let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &found);
    }
}

/// Writes without ever waiting long: a terminal that takes nothing for 200 ms is left as it is.
fn write_if_it_takes(mut bytes: &[u8]) {
    let out = io::stdout();
    while !bytes.is_empty() {
        let mut ready = [PollFd::new(&out, PollFlags::OUT)];
        let wait = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
        match poll(&mut ready, Some(&wait)) {
            Ok(1..) if ready[0].revents().contains(PollFlags::OUT) => match rustix::io::write(&out, bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or(&[]),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            },
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

/// R1: a panic in any thread ends the process with the terminal given back. The message is not printed,
/// because it may hold what must not be seen; the place is.
fn give_back_on_panic() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        std::panic::set_hook(Box::new(|panic| {
            give_back();
            let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
            super::log::write(&format!("stopped by a fault{place}"));
            let _ = writeln!(
                io::stderr(),
                "fourpay stopped because of a fault in itself{place}.\n\
                 Nothing that was sent is sent again. Please report the place above."
            );
            std::process::exit(101);
        }));
    });
}

/// R1: what ends the process at once (a fault that the library aborts for, `kill -ABRT`) gives the terminal back first,
/// and then ends it as it would have ended.
#[expect(unsafe_code, reason = "nothing but a handler runs before such an end")]
pub fn give_back_on_abort() -> io::Result<()> {
    use signal_hook::consts::{SIGABRT, SIGBUS, SIGSYS, SIGTRAP};
    for signal in [SIGABRT, SIGBUS, SIGSYS, SIGTRAP] {
        // SAFETY: in a handler only functions that are async-signal-safe may be called. `give_back` is system calls
        // (poll, write, tcsetattr) and atomic reads; the lock on the modes that were found is tried, not waited for, and
        // copying them allocates nothing. Then the signal's usual end follows.
        unsafe {
            signal_hook::low_level::register(signal, move || {
                give_back();
                drop(signal_hook::low_level::emulate_default_handler(signal));
            })?;
        }
    }
    Ok(())
}

/// R2: ends the process when the terminal is gone. It sleeps in `poll` and costs nothing until then.
pub fn watch_for_hangup() {
    std::thread::spawn(|| {
        let input = io::stdin();
        loop {
            let mut gone = [PollFd::new(&input, PollFlags::empty())];
            match poll(&mut gone, None) {
                Ok(_) if gone[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => {
                    std::process::exit(129);
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    });
}

/// R3: some time after a termination signal the process ends, whatever its other threads wait for.
pub fn end_soon(code: i32) {
    std::thread::spawn(move || {
        std::thread::sleep(PATIENCE);
        give_back();
        std::process::exit(code);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_size_has_a_usual_one() {
        let said = |columns, rows| move || (columns, rows);
        assert_eq!(sized((100, 30), || panic!("nobody is asked")), (100, 30));
        assert_eq!(sized((0, 0), said(None, None)), (80, 24));
        assert_eq!(sized((0, 0), said(Some(132), Some(43))), (132, 43));
        assert_eq!(sized((0, 40), said(Some(0), None)), (80, 40));
        assert_eq!(sized((0, 0), said(Some(60_000), Some(9))), (80, 9));
    }
}
