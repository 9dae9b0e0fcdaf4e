//! Card data on their way to the clipboard or to the screen, in the one order that is allowed:
//!
//! ```text
//!   may it be? ──▶ journal (D9) ──▶ GET …/sensitive ──▶ clipboard, or the panel that shows it
//!       │ no           │ cannot be written
//!       ▼              ▼
//!   journal: refused   nothing is read
//! ```
//!
//! A value that is copied goes from the answer to the clipboard and nowhere else: no message carries it.
//! One wish is carried out after another; forgetting stops what is under way and drops what waits.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use zeroize::Zeroizing;

use super::clipboard::{self, Clipboard, Gone};
use super::osc52::Terminal;
use crate::api::Client;
use crate::app::copied::{CopyEnd, Way};
use crate::app::msg::Msg;
use crate::app::secrets::Revealed;
use crate::config::Profile;
use crate::domain::failure::Failure;
use crate::domain::intent::{AuditEvent, CardAt, CardField};
use crate::domain::secret::Sensitive;
use crate::domain::text::SafeText;
use crate::ops::Ops;

/// What the dashboard asks of this task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Copy {
        card: CardAt,
        field: CardField,
        why: Option<SafeText>,
    },
    Reveal {
        card: CardAt,
        why: Option<SafeText>,
    },
    /// Nothing secret; `what` names it for the message.
    CopyText {
        what: String,
        text: String,
    },
    /// Drop what is under way, and clear what was copied.
    Forget,
}

/// What may be done with card data here.
#[derive(Clone, Copy, Debug)]
pub struct Care {
    allow_reveal: bool,
    allow_remote_copy: bool,
    osc52_secrets: bool,
    /// Until a copy is cleared.
    clear_after: Duration,
    remote: bool,
}

impl Care {
    pub fn new(profile: &Profile) -> Care {
        Care {
            allow_reveal: profile.allow_reveal,
            allow_remote_copy: profile.allow_remote_copy,
            osc52_secrets: profile.osc52_secrets,
            clear_after: profile.clipboard.clamp(Duration::from_secs(10), Duration::from_secs(90)),
            remote: crate::ops::origin::who().ssh,
        }
    }

    /// Why a field may not be shown or copied.
    fn refuses(&self, event: AuditEvent) -> Option<String> {
        if !self.allow_reveal {
            return Some("the profile does not allow it (allow_reveal)".into());
        }
        // D11: what a remote session's clipboard takes leaves this machine.
        let copied = matches!(event, AuditEvent::Copied(CardField::Number | CardField::Cvv | CardField::All));
        (copied && self.remote && !self.allow_remote_copy)
            .then(|| "this is a remote session (allow_remote_copy)".into())
    }
}

impl Care {
    /// C8: why the terminal's clipboard does not get a field. It can be neither read nor surely cleared.
    fn refuses_terminal(&self, field: CardField) -> Option<String> {
        match field {
            _ if !self.osc52_secrets => Some(clipboard::NO_DISPLAY.into()),
            CardField::Number => None,
            _ => Some("the terminal's clipboard (OSC 52) gets the number alone".into()),
        }
    }
}

/// How often the time of what the terminal holds is looked at: a sleeping machine stops a task's own timer.
const LOOK: Duration = Duration::from_secs(1);

/// What each wish needs.
pub struct Vault {
    /// The journal; or why there is none, and then nothing secret is read (D9).
    pub ops: Result<Ops, String>,
    pub client: Client,
    pub clipboard: Clipboard,
    pub terminal: Terminal,
    pub care: Care,
    pub out: mpsc::Sender<Msg>,
}

type Work<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Carries out wishes until the dashboard hangs up.
pub async fn run(
    vault: Vault,
    mut commands: mpsc::UnboundedReceiver<Command>,
    gone: Arc<Mutex<mpsc::UnboundedReceiver<Gone>>>,
) {
    // The profile before this one had it until it ended.
    let mut gone = gone.lock().await;
    let mut waiting = VecDeque::new();
    let mut work: Option<Work<'_>> = None;
    loop {
        if work.is_none()
            && let Some(command) = waiting.pop_front()
        {
            work = Some(Box::pin(vault.obey(command)));
        }
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                None => return,
                Some(Command::Forget) => {
                    work = None;
                    waiting.clear();
                    drop(vault.clipboard.forget_soon());
                    vault.terminal.take_back().await;
                }
                Some(command) => waiting.push_back(command),
            },
            Some(gone) = gone.recv() => {
                let end = if gone == Gone::Cleared { CopyEnd::Cleared } else { CopyEnd::LeftAlone };
                vault.tell(Msg::CopyEnded(end)).await;
            }
            () = tokio::time::sleep(LOOK), if vault.terminal.is_out() => {
                if vault.terminal.is_due() && vault.terminal.take_back().await {
                    vault.tell(Msg::CopyEnded(CopyEnd::Overwritten)).await;
                }
            }
            () = async { if let Some(work) = &mut work { work.await } }, if work.is_some() => work = None,
        }
    }
}

impl Vault {
    async fn tell(&self, msg: Msg) {
        // A dashboard that is gone needs to know nothing.
        let _ = self.out.send(msg).await;
    }

    async fn obey(&self, command: Command) {
        match command {
            Command::Copy { card, field, why } => {
                let done = self.copy(&card, field, why).await;
                self.tell(match done {
                    Ok(way) => Msg::Copied { card, field, way, clear_after: self.care.clear_after },
                    Err((why, offer_reveal)) => Msg::CopyRefused { card, field, why, offer_reveal },
                })
                .await;
            }
            Command::Reveal { card, why } => {
                let event = AuditEvent::Revealed(CardField::All);
                let read = self.read(&card, event, self.care.refuses(event), "screen", why).await;
                self.tell(Msg::Revealed(Revealed::new(card, read))).await;
            }
            Command::CopyText { what, text } => {
                let done = match clipboard::has_display() {
                    true => self.clipboard.put_plain(text).await.map(|()| Way::Desktop),
                    false => self.terminal.put(Zeroizing::new(text), None).await.map(|()| Way::Terminal),
                };
                self.tell(Msg::TextCopied { what, done }).await;
            }
            Command::Forget => {}
        }
    }

    /// Reads what is secret, after the journal has it that somebody will see it.
    async fn read(
        &self,
        card: &CardAt,
        event: AuditEvent,
        refused: Option<String>,
        way: &str,
        why: Option<SafeText>,
    ) -> Result<Sensitive, String> {
        let ops = self.ops.as_ref().map_err(|why| format!("nothing is read without a journal: {why}"))?;
        let way = Some(SafeText::name(way));
        let written = ops.audit_look(event, refused.is_none(), Some(card.clone()), way, why).await;
        if let Some(why) = refused {
            return Err(why);
        }
        written.map_err(|error| format!("nothing is read without a journal: {error}"))?;
        self.client.sensitive(&card.account, &card.card).await.map_err(|failure: Failure| failure.sentence())
    }

    /// The error: why not, and whether showing it instead may work.
    async fn copy(&self, card: &CardAt, field: CardField, why: Option<SafeText>) -> Result<Way, (String, bool)> {
        let event = AuditEvent::Copied(field);
        let way = if clipboard::has_display() { Way::Desktop } else { Way::Terminal };
        let refused = self.care.refuses(event).or_else(|| match way {
            Way::Desktop => None,
            Way::Terminal => self.care.refuses_terminal(field),
        });
        let shows = self.care.allow_reveal && refused.is_some();
        let words = if way == Way::Desktop { "desktop" } else { "terminal" };
        let read = self.read(card, event, refused, words, why).await.map_err(|why| (why, shows))?;
        let value = value(read, field).map_err(|why| (why, false))?;
        let put = match way {
            Way::Desktop => self.clipboard.put_secret(value, self.care.clear_after).await,
            Way::Terminal => self.terminal.put(value, Some(self.care.clear_after)).await,
        };
        put.map(|()| way).map_err(|why| (why, self.care.allow_reveal))
    }
}

/// One field as it is pasted: digits without spaces (C9), `MM/YY`, the name.
fn value(card: Sensitive, field: CardField) -> Result<Zeroizing<String>, String> {
    Ok(match field {
        CardField::All | CardField::Number => Zeroizing::new(card.pan.expose().to_owned()),
        CardField::Cvv => Zeroizing::new(card.cvv.expose().to_owned()),
        CardField::Expiry => {
            let expiry = card.expiry.ok_or("the API does not say when it expires")?;
            Zeroizing::new(format!("{:02}/{:02}", expiry.month, expiry.year % 100))
        }
        CardField::Holder => {
            let holder = card.holder.ok_or("the API does not name its holder")?;
            Zeroizing::new(holder.as_str().to_owned())
        }
    })
}
