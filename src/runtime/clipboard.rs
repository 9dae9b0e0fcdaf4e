//! The desktop's clipboard: one thread, one long-lived handle, nobody waits longer than half a second (C3).
//!
//! ```text
//!   put secret ──▶ offered, out of histories (C4) ──┬─ its time is over ──┐
//!                                                   ├─ lock, exit, signal ┼─▶ still ours? ── yes ─▶ cleared
//!   put plain  ──▶ offered                          └─ another copy       ┘        ├─ no ─────────▶ left alone
//!                                                                                  └─ no answer ──▶ still ours:
//!                                                                        asked again each second, on lock, on exit
//! ```
//!
//! The timer lives on this thread, because the drawing thread may be stuck in a write to a terminal that
//! takes nothing (C1). Whether the clipboard is still ours is found out by comparing in memory (D5), on a
//! thread of its own: the owner of a foreign selection may never answer. A compare and a clear are two steps;
//! what somebody copies between them is lost, and no clipboard offers a way around that. The desktop's library
//! keeps a copy that it does not wipe; it is replaced when the clipboard is cleared. The primary selection is
//! never touched (C5).

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::clock::Clock;

/// Most time anybody waits for an answer.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// Most time the owner of the clipboard may take to say what is in it.
const PROBE: Duration = Duration::from_millis(400);
/// How often the time is looked at while a secret is out: a sleeping machine stops the thread's own timer.
const LOOK: Duration = Duration::from_secs(1);

/// Why nothing was copied, in words that follow "not copied: ".
pub const NO_DISPLAY: &str = "there is no desktop clipboard here";

/// What became of a secret in the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It was ours and was cleared.
    Cleared,
    /// Something else is in it: it was left alone.
    LeftAlone,
    /// Nobody says what is in it. It may still be ours, and is asked for again each second.
    Unanswered,
}

/// What the clipboard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Ours,
    Other,
    /// No answer in time: a desktop that stands still, or an owner that hangs.
    Unknown,
}

/// What was read of the clipboard; `None` when it holds no text. The error: nobody knows.
type Read = Result<Option<Zeroizing<String>>, ()>;

enum Ask {
    Put { text: Zeroizing<String>, clear_after: Option<Duration>, answer: oneshot::Sender<Result<(), String>> },
    Forget { answer: mpsc::SyncSender<()> },
}

/// The way to the clipboard's thread. Cheap to clone; the thread ends with the program, and what is in the
/// clipboard with it (C7).
#[derive(Clone)]
pub struct Clipboard {
    to: mpsc::Sender<Ask>,
}

impl Clipboard {
    /// Starts the thread. The desktop is asked for nothing before the first copy. `gone` is called on the
    /// thread when a secret's time is over.
    pub fn start(clock: Clock, gone: impl Fn(Gone) + Send + 'static) -> Clipboard {
        let (to, asked) = mpsc::channel();
        std::thread::spawn(move || {
            Owner { clock, handle: None, ours: None, probe: None, gone: Box::new(gone) }.run(&asked)
        });
        Clipboard { to }
    }

    /// Copies a secret that is cleared after this time; waits at most [`PATIENCE`]. The error is a sentence.
    pub async fn put_secret(&self, text: Zeroizing<String>, clear_after: Duration) -> Result<(), String> {
        self.put(text, Some(clear_after)).await
    }

    /// Copies what may be seen; it stays until something else is copied or the program ends.
    pub async fn put_plain(&self, text: String) -> Result<(), String> {
        self.put(Zeroizing::new(text), None).await
    }

    async fn put(&self, text: Zeroizing<String>, clear_after: Option<Duration>) -> Result<(), String> {
        if !has_display() {
            return Err(NO_DISPLAY.to_owned());
        }
        let (answer, answered) = oneshot::channel();
        // Sent before anything is waited for: whoever forgets after this forgets this too.
        let sent = self.to.send(Ask::Put { text, clear_after, answer });
        let done = match sent {
            Ok(()) => tokio::time::timeout(PATIENCE, answered).await.ok().and_then(Result::ok),
            Err(_) => None,
        };
        done.unwrap_or_else(|| Err("the clipboard does not answer".to_owned()))
    }

    /// Has a secret of ours cleared, and waits for it, at most [`PATIENCE`].
    pub fn forget(&self) {
        if let Some(answered) = self.forget_soon() {
            let _ = answered.recv_timeout(PATIENCE);
        }
    }

    /// Has a secret of ours cleared, without waiting.
    pub fn forget_soon(&self) -> Option<mpsc::Receiver<()>> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.to.send(Ask::Forget { answer }).ok().map(|()| answered)
    }
}

/// A secret that we have put into the clipboard.
struct Ours {
    text: Zeroizing<String>,
    /// On the clock.
    until: Duration,
    /// It was tried to clear it, and there was no answer.
    tried: bool,
}

struct Owner {
    clock: Clock,
    handle: Option<arboard::Clipboard>,
    ours: Option<Ours>,
    /// A question about what the clipboard holds that was not answered in time. One at a time: each is a thread.
    probe: Option<mpsc::Receiver<Read>>,
    gone: Box<dyn Fn(Gone) + Send>,
}

impl Owner {
    fn run(mut self, asked: &mpsc::Receiver<Ask>) {
        loop {
            let left = self.ours.as_ref().map(|ours| ours.until.saturating_sub(self.clock.up()));
            let ask = match left {
                None => asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) if self.ours.as_ref().is_some_and(|ours| ours.tried) => asked.recv_timeout(LOOK),
                Some(Duration::ZERO) => Err(RecvTimeoutError::Timeout),
                Some(left) => asked.recv_timeout(left.min(LOOK)),
            };
            match ask {
                Ok(Ask::Put { text, clear_after, answer }) => {
                    let put = self.put(text, clear_after);
                    // Whoever asked was told meanwhile that nothing was copied.
                    if answer.send(put).is_err()
                        && let Some(ours) = &mut self.ours
                    {
                        ours.until = Duration::ZERO;
                    }
                }
                Ok(Ask::Forget { answer }) => {
                    self.clear();
                    let _ = answer.send(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    let told = self.ours.as_ref().is_some_and(|ours| ours.tried);
                    if self.ours.as_ref().is_some_and(|ours| ours.until <= self.clock.up())
                        && let Some(gone) = self.clear()
                        && !(told && gone == Gone::Unanswered)
                    {
                        (self.gone)(gone);
                    }
                }
                // The program is ending, and its clipboard with it. Dropping the handle would hand a plain text
                // over to the clipboard's manager and wait for it.
                Err(RecvTimeoutError::Disconnected) => {
                    self.clear();
                    std::mem::forget(self.handle.take());
                    return;
                }
            }
        }
    }

    fn handle(&mut self) -> Result<&mut arboard::Clipboard, String> {
        if self.handle.is_none() {
            let handle = arboard::Clipboard::new();
            self.handle = Some(handle.map_err(|_| "the desktop's clipboard cannot be reached".to_owned())?);
        }
        self.handle.as_mut().ok_or_else(|| "the desktop's clipboard cannot be reached".to_owned())
    }

    fn put(&mut self, text: Zeroizing<String>, clear_after: Option<Duration>) -> Result<(), String> {
        let set = self.handle()?.set();
        let set = match clear_after {
            Some(_) => out_of_histories(set),
            None => set,
        };
        if set.text(text.as_str()).is_err() {
            // A desktop that was restarted is another one.
            self.handle = None;
            return Err("the desktop did not take it into its clipboard".to_owned());
        }
        self.ours = clear_after.map(|after| Ours { text, until: self.clock.up().saturating_add(after), tried: false });
        Ok(())
    }

    /// Clears what is still ours (C2); `None` when there was nothing of ours.
    fn clear(&mut self) -> Option<Gone> {
        let mut ours = self.ours.take()?;
        match self.holds(&ours.text) {
            Holds::Ours => {}
            Holds::Other => return Some(Gone::LeftAlone),
            Holds::Unknown => {
                // From now on it is due, whatever its time was.
                (ours.until, ours.tried) = (Duration::ZERO, true);
                self.ours = Some(ours);
                return Some(Gone::Unanswered);
            }
        }
        if let Ok(handle) = self.handle() {
            // The empty text takes the place of the library's own copy.
            let _ = out_of_histories(handle.set()).text("");
            let _ = handle.clear();
        }
        Some(Gone::Cleared)
    }

    /// Whether the clipboard holds this text.
    fn holds(&mut self, text: &Zeroizing<String>) -> Holds {
        // What was asked earlier and is answered only now may have changed since.
        if let Some(earlier) = self.probe.take()
            && earlier.try_recv() == Err(mpsc::TryRecvError::Empty)
        {
            self.probe = Some(earlier);
            return Holds::Unknown;
        }
        let answered = probe();
        match answered.recv_timeout(PROBE) {
            Ok(Ok(Some(there))) if there.as_str() == text.as_str() => Holds::Ours,
            Ok(Ok(_)) => Holds::Other,
            Ok(Err(())) => Holds::Unknown,
            Err(_) => {
                self.probe = Some(answered);
                Holds::Unknown
            }
        }
    }
}

/// Asks the desktop what its clipboard holds, on a thread of its own: it may never answer.
fn probe() -> mpsc::Receiver<Read> {
    let (answer, answered) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let read = arboard::Clipboard::new().and_then(|mut handle| handle.get_text());
        let _ = answer.send(match read {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            // It is empty, holds a picture, or holds what is no text: all of that is not ours.
            Err(arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) => Ok(None),
            Err(_) => Err(()),
        });
    });
    answered
}

#[cfg(all(unix, not(target_os = "macos")))]
fn out_of_histories(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtLinux::exclude_from_history(set)
}

#[cfg(target_os = "macos")]
fn out_of_histories(set: arboard::Set<'_>) -> arboard::Set<'_> {
    arboard::SetExtApple::exclude_from_history(set)
}

#[cfg(windows)]
fn out_of_histories(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtWindows;
    set.exclude_from_monitoring().exclude_from_cloud().exclude_from_history()
}

/// Whether there can be a desktop at all: without one the library says "timed out" after a while (C6).
#[cfg(all(unix, not(target_os = "macos")))]
#[expect(clippy::disallowed_methods, reason = "where the desktop is, is only known from the environment")]
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn has_display() -> bool {
    true
}
