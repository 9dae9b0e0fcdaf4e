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
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use zeroize::Zeroizing;

use super::clipboard::{self, Clipboard, Gone};
use super::osc52::{self, Road, Terminal};
use crate::api::Client;
use crate::app::msg::Msg;
use crate::app::msg::Revealed;
use crate::app::msg::{CopyEnd, Way};
use crate::config::Profile;
use crate::domain::failure::Failure;
use crate::domain::intent::{Assurance, AuditEvent, CardAt, CardField};
use crate::domain::secret::Sensitive;
use crate::domain::text::SafeText;
use crate::ops::Ops;
use crate::remote::{self, Place};

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
    /// The person says this.
    Assure(Assurance),
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
}

/// What the person has said since the program started.
#[derive(Debug, Default)]
pub struct Assured {
    local: AtomicBool,
    recorded: AtomicBool,
}

impl Assured {
    fn of(&self, what: Assurance) -> &AtomicBool {
        match what {
            Assurance::Local => &self.local,
            Assurance::Recorded => &self.recorded,
        }
    }

    fn has(&self, what: Assurance) -> bool {
        self.of(what).load(Ordering::Relaxed)
    }
}

/// What surrounds the program at the moment of a copy or a look.
#[derive(Clone, Debug)]
struct Around {
    place: Place,
    /// The program that writes down what is on the terminal.
    recorder: Option<String>,
    way: Way,
    /// How the terminal's clipboard would be reached, where that is the way.
    road: Result<Road, String>,
}

impl Around {
    /// Looks at processes and asks the multiplexer; waits for neither for long.
    fn look() -> Around {
        let way = if clipboard::has_display() { Way::Desktop } else { Way::Terminal };
        let road = match way {
            Way::Desktop => Ok(Road::Direct),
            Way::Terminal => osc52::road(true),
        };
        Around { place: remote::place(), recorder: remote::recorder(), way, road }
    }
}

impl Care {
    pub fn new(profile: &Profile) -> Care {
        Care {
            allow_reveal: profile.allow_reveal,
            allow_remote_copy: profile.allow_remote_copy,
            osc52_secrets: profile.osc52_secrets,
            clear_after: profile.clipboard.clamp(Duration::from_secs(10), Duration::from_secs(90)),
        }
    }

    /// Why card data may not be shown.
    fn refuses_look(&self, around: &Around, assured: &Assured) -> Option<String> {
        if !self.allow_reveal {
            return Some("the profile does not allow it; the settings need allow_reveal = true".into());
        }
        recorded(around, assured)
    }

    /// Why a field may not be copied: everything that stands against it at once, and all settings it would take.
    fn refuses_copy(&self, field: CardField, around: &Around, assured: &Assured) -> Option<String> {
        let (mut why, mut needs): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
        if !self.allow_reveal {
            why.push("the profile does not allow it".into());
            needs.push("allow_reveal = true");
        }
        // D11: what a remote session's clipboard takes leaves this machine.
        if matches!(field, CardField::Number | CardField::Cvv | CardField::All) && !self.allow_remote_copy {
            match &around.place {
                Place::Here => {}
                Place::Elsewhere(how) => {
                    why.push(format!("this is a remote session ({how})"));
                    needs.push("allow_remote_copy = true");
                }
                Place::Unknown(_) if assured.has(Assurance::Local) => {}
                Place::Unknown(what) => {
                    why.push(format!(
                        "it cannot be told whether you sit at this machine ({what}); type :local to say that you do"
                    ));
                }
            }
        }
        // C8: the terminal's clipboard can be neither read nor surely cleared.
        if around.way == Way::Terminal {
            let number = field == CardField::Number;
            if !self.osc52_secrets || !number {
                why.push(clipboard::NO_DISPLAY.into());
            }
            if !number {
                why.push("the terminal's (OSC 52) gets the number alone".into());
            } else {
                if !self.osc52_secrets {
                    needs.push("osc52_secrets = true");
                }
                why.extend(around.road.as_ref().err().cloned());
                why.extend(recorded(around, assured));
            }
        }
        if why.is_empty() {
            return None;
        }
        let needs = match needs.as_slice() {
            [] => String::new(),
            needs => format!("; the settings need {}", needs.join(" and ")),
        };
        Some(format!("{}{needs}", why.join("; ")))
    }
}

/// Why nothing is shown on a terminal that is recorded.
fn recorded(around: &Around, assured: &Assured) -> Option<String> {
    let name = around.recorder.as_ref().filter(|_| !assured.has(Assurance::Recorded))?;
    Some(format!("{name} records this terminal, and it would stand in the recording; type :recorded to let it"))
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
    pub assured: Arc<Assured>,
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
                let end = match gone {
                    Gone::Cleared => CopyEnd::Cleared,
                    Gone::LeftAlone => CopyEnd::LeftAlone,
                    Gone::Unanswered => CopyEnd::Unanswered,
                };
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
                let refused = match around().await {
                    Ok(around) => self.care.refuses_look(&around, &self.assured),
                    Err(why) => Some(why),
                };
                let read = self.read(&card, event, refused, "screen", why).await;
                self.tell(Msg::Revealed(Revealed::new(card, read))).await;
            }
            Command::CopyText { what, text } => {
                let done = match clipboard::has_display() {
                    true => self.clipboard.put_plain(text).await.map(|()| Way::Desktop),
                    false => self.terminal.put(Zeroizing::new(text), None).await.map(|()| Way::Terminal),
                };
                self.tell(Msg::TextCopied { what, done }).await;
            }
            Command::Assure(what) => {
                let outcome = self.assure(what).await;
                self.tell(Msg::Assured(what, outcome)).await;
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
        let around = around().await.map_err(|why| (why, false))?;
        let refused = self.care.refuses_copy(field, &around, &self.assured);
        let shows = refused.is_some() && self.care.refuses_look(&around, &self.assured).is_none();
        let way = around.way;
        let words = if way == Way::Desktop { "desktop" } else { "terminal" };
        let read = self.read(card, event, refused, words, why).await.map_err(|why| (why, shows))?;
        let value = value(read, field).map_err(|why| (why, false))?;
        let put = match way {
            Way::Desktop => self.clipboard.put_secret(value, self.care.clear_after).await,
            Way::Terminal => self.terminal.put(value, Some(self.care.clear_after)).await,
        };
        put.map(|()| way).map_err(|why| (why, self.care.allow_reveal))
    }

    /// Remembers what the person says, after the journal has it.
    async fn assure(&self, what: Assurance) -> Result<(), String> {
        let ops = self.ops.as_ref().map_err(|why| format!("there is no journal to write it down in: {why}"))?;
        ops.audit(AuditEvent::Assured(what), true, None).await.map_err(|error| error.to_string())?;
        self.assured.of(what).store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// What surrounds the program now.
async fn around() -> Result<Around, String> {
    tokio::task::spawn_blocking(Around::look).await.map_err(|_| "what surrounds the program could not be seen".into())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn care(settings: &[&str]) -> Care {
        Care {
            allow_reveal: !settings.contains(&"no reveal"),
            allow_remote_copy: settings.contains(&"remote"),
            osc52_secrets: settings.contains(&"osc52"),
            clear_after: Duration::from_secs(30),
        }
    }

    fn around(place: Place, way: Way) -> Around {
        Around { place, recorder: None, way, road: Ok(Road::Direct) }
    }

    #[test]
    fn d11_c8_a_refusal_names_everything_that_is_needed_at_once() {
        let elsewhere = || Place::Elsewhere("SSH".into());
        let refused =
            |settings: &[&str], field, around: &Around| care(settings).refuses_copy(field, around, &Assured::default());
        let remote = around(elsewhere(), Way::Terminal);
        let said = refused(&[], CardField::Number, &remote).unwrap();
        assert!(said.contains("remote session (SSH)") && said.contains("no desktop clipboard"), "{said}");
        assert!(said.ends_with("the settings need allow_remote_copy = true and osc52_secrets = true"), "{said}");
        let none = Around { road: Err("tmux does not pass it on".into()), ..remote.clone() };
        assert!(refused(&["remote", "osc52"], CardField::Number, &none).unwrap().contains("tmux"));
        assert_eq!(refused(&["remote", "osc52"], CardField::Number, &remote), None);
        assert!(refused(&["remote", "osc52"], CardField::Cvv, &remote).unwrap().contains("the number alone"));
        let desk = around(elsewhere(), Way::Desktop);
        assert_eq!(refused(&[], CardField::Expiry, &desk), None);
        assert_eq!(refused(&["remote"], CardField::Cvv, &desk), None);
        assert!(
            refused(&["no reveal"], CardField::Cvv, &desk).unwrap().contains("allow_reveal = true and allow_remote")
        );
    }

    #[test]
    fn d11_what_cannot_be_told_is_asked_once() {
        let (care, assured) = (care(&[]), Assured::default());
        let unknown = around(Place::Unknown("no client of tmux can be seen".into()), Way::Desktop);
        let said = care.refuses_copy(CardField::Number, &unknown, &assured).unwrap();
        assert!(said.contains("no client of tmux") && said.contains(":local"), "{said}");
        assured.of(Assurance::Local).store(true, Ordering::Relaxed);
        assert_eq!(care.refuses_copy(CardField::Number, &unknown, &assured), None);
        // What is known is not a matter of what somebody says.
        let elsewhere = around(Place::Elsewhere("sshd".into()), Way::Desktop);
        assert!(care.refuses_copy(CardField::Number, &elsewhere, &assured).is_some());
    }

    #[test]
    fn d4_a_recording_is_asked_about_first() {
        let (care, assured) = (care(&["osc52"]), Assured::default());
        let recorded = |way| Around { recorder: Some("script".into()), ..around(Place::Here, way) };
        assert!(care.refuses_look(&recorded(Way::Desktop), &assured).unwrap().contains("script records"));
        assert_eq!(care.refuses_copy(CardField::Number, &recorded(Way::Desktop), &assured), None);
        assert!(care.refuses_copy(CardField::Number, &recorded(Way::Terminal), &assured).is_some());
        assured.of(Assurance::Recorded).store(true, Ordering::Relaxed);
        assert_eq!(care.refuses_look(&recorded(Way::Desktop), &assured), None);
    }
}
