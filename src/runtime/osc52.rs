//! The terminal's own clipboard, where there is no desktop's (C8).
//!
//! ```text
//!   no multiplexer ──────────────────────────▶ OSC 52
//!   tmux, allow-passthrough is on ───────────▶ OSC 52 in a DCS envelope; tmux keeps nothing
//!   tmux, only set-clipboard is on ──────────▶ OSC 52; tmux keeps a buffer, which is deleted afterwards
//!   tmux, neither ───────────────────────────▶ refused: tmux would drop it, and nobody would know
//!   GNU screen ──────────────────────────────▶ OSC 52 in DCS envelopes; screen keeps nothing
//!   one of them on the other side of SSH ────▶ no secret: it may keep it, and cannot be asked
//! ```
//!
//! Whether the terminal took it, and what its clipboard holds later, cannot be asked: taking back is writing one
//! space over it. The bytes are written by the thread that draws, between two frames, because within one they would
//! tear it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::mpsc as channel;
use zeroize::Zeroizing;

use super::clock::Clock;
use crate::child::{self, Limits};
use crate::remote;

/// Longest wait for an answer of tmux.
const TMUX: Duration = Duration::from_millis(500);
/// Longest text: terminals cut or drop what is longer.
const LONGEST: usize = 48 * 1024;
/// Bytes in one envelope for GNU screen, which takes 768.
const CHUNK: usize = 600;

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
    /// Inside GNU screen, which hands it on as it is.
    ScreenThrough,
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
        let secret = clear_after.is_some();
        let found = tokio::task::spawn_blocking(move || road(secret)).await;
        let road = found.unwrap_or_else(|_| Err("what surrounds the program could not be seen".to_owned()))?;
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

    /// What takes a secret back, for whoever writes to the terminal himself. What tmux kept is gone after this; when
    /// tmux does not answer it stays due.
    pub fn taken_back(&self) -> Option<Bytes> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let space = sequence(" ", out.road);
        if !forget_buffer(&out) {
            out.until = Duration::ZERO;
            self.out.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(out);
        }
        Some(space)
    }
}

/// The control sequence that puts a text into the terminal's clipboard.
fn sequence(text: &str, road: Road) -> Bytes {
    let coded = Zeroizing::new(STANDARD.encode(text));
    let mut bytes = Zeroizing::new(Vec::with_capacity(coded.len() + coded.len() / CHUNK * 8 + 64));
    let (before, after): (&[u8], &[u8]) = match road {
        Road::Direct | Road::TmuxKeeps => (b"\x1b]52;c;", b"\x07"),
        Road::TmuxThrough => (b"\x1bPtmux;\x1b\x1b]52;c;", b"\x07\x1b\\"),
        Road::ScreenThrough => (b"\x1bP\x1b]52;c;", b"\x07\x1b\\"),
    };
    bytes.extend_from_slice(before);
    match road {
        // One envelope holds less than a long text; the terminal sees what is in them as one.
        Road::ScreenThrough => {
            for (at, chunk) in coded.as_bytes().chunks(CHUNK).enumerate() {
                if at > 0 {
                    bytes.extend_from_slice(b"\x1b\\\x1bP");
                }
                bytes.extend_from_slice(chunk);
            }
        }
        _ => bytes.extend_from_slice(coded.as_bytes()),
    }
    bytes.extend_from_slice(after);
    bytes
}

/// Which way there is, from what surrounds the program. A secret is not sent where a multiplexer may keep it that
/// cannot be asked. May wait for tmux.
pub fn road(secret: bool) -> Result<Road, String> {
    let around = Around {
        keepers: remote::keepers(),
        tmux: variable("TMUX"),
        screen: variable("STY"),
        term: variable("TERM").unwrap_or_default(),
    };
    match around.road(secret)? {
        Some(road) => Ok(road),
        None => {
            let asked = tmux(&["display-message", "-p", "#{set-clipboard} #{allow-passthrough}"]);
            let said = asked.ok_or("tmux does not say whether it passes it on to the terminal")?;
            let said = String::from_utf8_lossy(&said).into_owned();
            let no = "tmux does not pass it on; set allow-passthrough or set-clipboard to on";
            road_of(&said).ok_or_else(|| no.to_owned())
        }
    }
}

/// What the environment and the parents say of multiplexers.
struct Around {
    /// Multiplexers among the parents, the nearest first.
    keepers: Vec<String>,
    tmux: Option<String>,
    screen: Option<String>,
    term: String,
}

impl Around {
    /// The way; `None` where tmux has to be asked for it.
    fn road(&self, secret: bool) -> Result<Option<Road>, String> {
        let within = |name: &str| self.keepers.iter().any(|keeper| keeper == name);
        let tmux = within("tmux") || self.tmux.is_some();
        let screen = within("screen") || self.screen.is_some();
        match (tmux, screen) {
            (true, true) => Err("tmux and GNU screen are one in the other, and what they pass on is not known".into()),
            (true, false) => Ok(None),
            (false, true) => Ok(Some(Road::ScreenThrough)),
            // The name of the terminal is all that is known of what runs on the other side of a connection.
            (false, false) if secret && ["screen", "tmux"].iter().any(|name| self.term.starts_with(name)) => {
                Err(format!(
                    "TERM={} says that a multiplexer stands before the terminal, and it may keep what it is sent",
                    self.term.chars().filter(char::is_ascii_graphic).take(40).collect::<String>()
                ))
            }
            (false, false) => Ok(Some(Road::Direct)),
        }
    }
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

/// Deletes the buffers of tmux that hold what was copied; whether tmux answered.
fn forget_buffer(out: &Out) -> bool {
    if out.road != Road::TmuxKeeps {
        return true;
    }
    let Some(listed) = tmux(&["list-buffers", "-F", "#{buffer_name} #{buffer_size}"]) else { return false };
    for line in String::from_utf8_lossy(&listed).lines() {
        let Some((name, size)) = line.rsplit_once(' ') else { continue };
        let same = size.parse() == Ok(out.text.len())
            && tmux(&["show-buffer", "-b", name]).is_some_and(|held| held.as_slice() == out.text.as_bytes());
        if same && tmux(&["delete-buffer", "-b", name]).is_none() {
            return false;
        }
    }
    true
}

#[expect(clippy::disallowed_methods, reason = "what surrounds the program is only known from the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// What tmux answers, when it does in time.
fn tmux(arguments: &[&str]) -> Option<Bytes> {
    let argv: Vec<&str> = std::iter::once("tmux").chain(arguments.iter().copied()).collect();
    let ended = child::run(&argv, child::Terminal::None, Limits { time: TMUX, output: LONGEST }).ok()?;
    ended.status.success().then_some(ended.printed)
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
    fn c8_what_may_keep_a_secret_does_not_get_it() {
        let around = |keepers: &[&str], tmux: Option<&str>, screen: Option<&str>, term: &str| Around {
            keepers: keepers.iter().map(|name| (*name).to_owned()).collect(),
            tmux: tmux.map(str::to_owned),
            screen: screen.map(str::to_owned),
            term: term.to_owned(),
        };
        assert_eq!(around(&[], None, None, "xterm-256color").road(true), Ok(Some(Road::Direct)));
        assert_eq!(around(&[], Some("/tmp/s,1,0"), None, "screen").road(true), Ok(None));
        // The variables are gone after su; the parents are not.
        assert_eq!(around(&["tmux"], None, None, "xterm").road(true), Ok(None));
        assert_eq!(around(&["screen"], None, None, "vt100").road(true), Ok(Some(Road::ScreenThrough)));
        assert_eq!(around(&[], None, Some("1.pts-0.host"), "screen").road(true), Ok(Some(Road::ScreenThrough)));
        assert!(around(&["tmux", "screen"], None, None, "screen").road(false).is_err());
        // A local tmux, seen through SSH.
        assert!(around(&[], None, None, "tmux-256color").road(true).unwrap_err().contains("may keep"));
        assert_eq!(around(&[], None, None, "screen.xterm").road(false), Ok(Some(Road::Direct)));
    }

    #[test]
    fn c8_what_is_written() {
        assert_eq!(sequence("4242", Road::Direct).as_slice(), b"\x1b]52;c;NDI0Mg==\x07");
        assert_eq!(sequence("4242", Road::ScreenThrough).as_slice(), b"\x1bP\x1b]52;c;NDI0Mg==\x07\x1b\\");
        let long = sequence(&"x".repeat(2000), Road::ScreenThrough);
        let longest = long.windows(2).enumerate().filter(|(_, pair)| *pair == b"\x1bP").map(|(at, _)| at);
        let starts: Vec<usize> = longest.collect();
        assert!(starts.len() > 4 && starts.windows(2).all(|pair| pair[1] - pair[0] < 768), "{starts:?}");
        assert_eq!(sequence("4242", Road::TmuxThrough).as_slice(), b"\x1bPtmux;\x1b\x1b]52;c;NDI0Mg==\x07\x1b\\");
    }
}
