//! The terminal's own clipboard, where there is no desktop's (C8).
//!
//! ```text
//!   no multiplexer ──────────────────────────▶ OSC 52
//!   tmux, allow-passthrough is on ───────────▶ OSC 52 in a DCS envelope; tmux keeps nothing
//!   tmux, only set-clipboard is on ──────────▶ OSC 52; tmux keeps a buffer, which is deleted afterwards
//!   tmux, neither ───────────────────────────▶ refused: tmux would drop it, and nobody would know
//! ```
//!
//! Whether the terminal took it, and what its clipboard holds later, cannot be asked: taking back is writing one
//! space over it. The bytes are written by the thread that draws, between two frames, because within one they would
//! tear it.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc as channel;
use zeroize::Zeroizing;

use super::clock::Clock;

/// Longest wait for an answer of tmux.
const TMUX: Duration = Duration::from_millis(500);
/// Longest text: terminals cut or drop what is longer.
const LONGEST: usize = 48 * 1024;

/// Bytes for the terminal.
pub type Bytes = Zeroizing<Vec<u8>>;

/// How the terminal is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    Direct,
    /// Inside tmux, which hands it on as it is.
    TmuxThrough,
    /// Inside tmux, which takes it, keeps it and hands it on.
    TmuxKeeps,
}

/// What was put there and must be taken back.
struct Out {
    text: Zeroizing<String>,
    road: Road,
    /// On the clock.
    until: Duration,
}

/// The way to the terminal's clipboard. Cheap to clone.
#[derive(Clone)]
pub struct Terminal {
    clock: Clock,
    to: channel::Sender<Bytes>,
    out: Arc<Mutex<Option<Out>>>,
}

impl Terminal {
    /// What is written goes out by `to`.
    pub fn new(clock: Clock, to: channel::Sender<Bytes>) -> Terminal {
        Terminal { clock, to, out: Arc::default() }
    }

    /// Hands a text to the terminal; a secret is taken back after `clear_after`. The error follows "not copied: ".
    pub async fn put(&self, text: Zeroizing<String>, clear_after: Option<Duration>) -> Result<(), String> {
        if text.len() > LONGEST {
            return Err("it is longer than terminals take".into());
        }
        let road = road().await?;
        // A secret that this one takes the place of is out of the terminal's clipboard, but not out of tmux.
        let old = self.out.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(old) = old {
            let _ = tokio::task::spawn_blocking(move || forget_buffer(&old)).await;
        }
        let bytes = sequence(&text, road);
        if let Some(after) = clear_after {
            let until = self.clock.up().saturating_add(after);
            *self.out.lock().unwrap_or_else(PoisonError::into_inner) = Some(Out { text, road, until });
        }
        self.to.send(bytes).await.map_err(|_| "the terminal is gone".to_owned())
    }

    /// Whether a secret is out there, and its time is over.
    pub fn is_due(&self) -> bool {
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.as_ref().is_some_and(|out| out.until <= self.clock.up())
    }

    pub fn is_out(&self) -> bool {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Writes a space over a secret; whether there was one.
    pub async fn take_back(&self) -> bool {
        let this = self.clone();
        let Ok(Some(bytes)) = tokio::task::spawn_blocking(move || this.taken_back()).await else { return false };
        // A terminal that is gone has forgotten it.
        let _ = self.to.send(bytes).await;
        true
    }

    /// What takes a secret back, for whoever writes to the terminal himself. What tmux kept is gone after this.
    pub fn taken_back(&self) -> Option<Bytes> {
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        forget_buffer(&out);
        Some(sequence(" ", out.road))
    }
}

/// The control sequence that puts a text into the terminal's clipboard.
fn sequence(text: &str, road: Road) -> Bytes {
    let coded = Zeroizing::new(STANDARD.encode(text));
    let mut bytes = Zeroizing::new(Vec::with_capacity(coded.len() + 32));
    let (before, after): (&[u8], &[u8]) = match road {
        Road::Direct | Road::TmuxKeeps => (b"\x1b]52;c;", b"\x07"),
        Road::TmuxThrough => (b"\x1bPtmux;\x1b\x1b]52;c;", b"\x07\x1b\\"),
    };
    for part in [before, coded.as_bytes(), after] {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Which way there is, from what surrounds the program.
async fn road() -> Result<Road, String> {
    if !in_tmux() {
        return Ok(Road::Direct);
    }
    let asked =
        tokio::task::spawn_blocking(|| tmux(&["display-message", "-p", "#{set-clipboard} #{allow-passthrough}"]));
    let said = asked.await.ok().flatten().ok_or("tmux does not say whether it passes it on to the terminal")?;
    let said = String::from_utf8_lossy(&said).into_owned();
    road_of(&said).ok_or_else(|| "tmux does not pass it on; set allow-passthrough or set-clipboard to on".to_owned())
}

/// What `set-clipboard` and `allow-passthrough` let through. Passing through is better: tmux keeps nothing then.
fn road_of(said: &str) -> Option<Road> {
    let mut words = said.split_whitespace();
    let (keeps, through) = (words.next(), words.next());
    match (keeps, through) {
        (_, Some("1" | "on" | "2" | "all")) => Some(Road::TmuxThrough),
        (Some("on"), _) => Some(Road::TmuxKeeps),
        _ => None,
    }
}

/// Deletes the buffers of tmux that hold what was copied.
fn forget_buffer(out: &Out) {
    if out.road != Road::TmuxKeeps {
        return;
    }
    let listed = tmux(&["list-buffers", "-F", "#{buffer_name} #{buffer_size}"]).unwrap_or_default();
    for line in String::from_utf8_lossy(&listed).lines() {
        let Some((name, size)) = line.rsplit_once(' ') else { continue };
        let same = size.parse() == Ok(out.text.len())
            && tmux(&["show-buffer", "-b", name]).is_some_and(|held| held.as_slice() == out.text.as_bytes());
        if same {
            let _ = tmux(&["delete-buffer", "-b", name]);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what surrounds the program is only known from the environment")]
fn in_tmux() -> bool {
    std::env::var_os("TMUX").is_some_and(|value| !value.is_empty())
}

/// What tmux answers, when it does in time.
fn tmux(arguments: &[&str]) -> Option<Bytes> {
    let mut child = Command::new("tmux")
        .args(arguments)
        .env_remove("FOURPAY_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut from = child.stdout.take()?;
    let (to, answer) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut said = Zeroizing::new(Vec::with_capacity(LONGEST));
        let read = from.by_ref().take(LONGEST as u64).read_to_end(&mut said);
        let _ = to.send(read.ok().map(|_| said));
    });
    let said = answer.recv_timeout(TMUX).ok().flatten();
    if said.is_none() {
        let _ = child.kill();
    }
    let ended = child.wait().is_ok_and(|status| status.success());
    said.filter(|_| ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c8_tmux_hands_it_on_or_it_is_refused() {
        for (said, road) in [
            ("external 0", None),
            ("external off", None),
            ("off 0", None),
            ("", None),
            ("external 1", Some(Road::TmuxThrough)),
            ("off all", Some(Road::TmuxThrough)),
            ("on 1", Some(Road::TmuxThrough)),
            ("on 0", Some(Road::TmuxKeeps)),
            ("on", Some(Road::TmuxKeeps)),
        ] {
            assert_eq!(road_of(said), road, "{said}");
        }
    }

    #[test]
    fn c8_what_is_written() {
        assert_eq!(sequence("4242", Road::Direct).as_slice(), b"\x1b]52;c;NDI0Mg==\x07");
        assert_eq!(sequence("4242", Road::TmuxThrough).as_slice(), b"\x1bPtmux;\x1b\x1b]52;c;NDI0Mg==\x07\x1b\\");
    }
}
