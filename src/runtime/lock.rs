//! What the lock does outside of the screen: the token leaves the memory, and comes back only from where it is
//! kept.
//!
//! ```text
//!   lock ───▶ journal ─▶ poller rests ─▶ acts under way end ─▶ the client forgets the token
//!   unlock ─▶ passphrase fits? ─▶ credential read again ─▶ journal ─▶ the client has it ─▶ poller goes on
//!                 │ no                  │ no
//!                 └─────────────────────┴──▶ journal: failed, and a pause
//! ```
//!
//! What was sent before is settled by reading, and that needs the token: it stays until nothing under way does.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::poller::Request;
use crate::api::Client;
use crate::app::lock::Phrase;
use crate::app::msg::Msg;
use crate::domain::intent::AuditEvent;
use crate::domain::secret::Token;
use crate::ops::Ops;
use crate::passphrase::Passphrase;

/// After a failed attempt the next one waits this long.
const PAUSE: Duration = Duration::from_secs(1);

/// What the dashboard asks of this task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Lock,
    Unlock(Option<Phrase>),
    /// End, when everything before is done.
    End,
}

/// Reads the credential again from where it is kept. May take as long as a person does.
pub type ReadAgain = Arc<dyn Fn() -> Result<Token, String> + Send + Sync>;

/// What it needs.
pub struct Keeper {
    /// The journal; or why there is none. The lock works without one.
    pub ops: Result<Ops, String>,
    pub client: Client,
    pub read_again: ReadAgain,
    pub passphrase: Option<Passphrase>,
    /// How many orders are being carried out.
    pub busy: watch::Receiver<usize>,
    pub requests: mpsc::UnboundedSender<Request>,
    pub out: mpsc::Sender<Msg>,
}

/// Locks and unlocks until the dashboard hangs up.
pub async fn run(keeper: Keeper, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut busy = keeper.busy.clone();
    let (mut holds_token, mut locked) = (true, false);
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                None | Some(Command::End) => return,
                Some(Command::Lock) => {
                    locked = true;
                    drop(keeper.requests.send(Request::Rest));
                    keeper.audit(AuditEvent::Locked, true).await;
                }
                Some(Command::Unlock(phrase)) => {
                    let outcome = keeper.unlock(phrase).await;
                    if outcome.is_ok() {
                        (locked, holds_token) = (false, true);
                    }
                    // A dashboard that is gone needs to know nothing.
                    let _ = keeper.out.send(Msg::Unlocked(outcome)).await;
                }
            },
            // Nobody carries out orders where the other end is gone.
            () = async { drop(busy.wait_for(|busy| *busy == 0).await) }, if locked && holds_token => {
                keeper.client.forget_token();
                holds_token = false;
            }
        }
    }
}

impl Keeper {
    async fn unlock(&self, phrase: Option<Phrase>) -> Result<(), String> {
        let opened = match self.open(phrase).await {
            Ok(token) => self.client.use_token(token).map_err(|failure| failure.sentence()),
            Err(why) => Err(why),
        };
        match &opened {
            Ok(()) => {
                self.audit(AuditEvent::Unlocked, true).await;
                drop(self.requests.send(Request::Wake));
            }
            Err(_) => {
                self.audit(AuditEvent::UnlockFailed, false).await;
                tokio::time::sleep(PAUSE).await;
            }
        }
        opened
    }

    /// The token, when whoever is there may have it.
    async fn open(&self, phrase: Option<Phrase>) -> Result<Token, String> {
        let (passphrase, read_again) = (self.passphrase.clone(), Arc::clone(&self.read_again));
        let work = move || {
            if let Some(passphrase) = passphrase {
                let given = phrase.ok_or("this profile has a passphrase")?;
                passphrase.fits(given.expose())?;
            }
            read_again()
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err("the attempt was cut off".to_owned()))
    }

    /// D9. The lock is no reason to stay open, nor to stay shut, when the journal cannot be written; that is
    /// told.
    async fn audit(&self, event: AuditEvent, granted: bool) {
        let Ok(ops) = &self.ops else { return };
        if let Err(error) = ops.audit(event, granted, None).await {
            let what = format!("{} could not be recorded in the journal: {error}", said(event));
            let _ = self.out.send(Msg::NotRecorded(what)).await;
        }
    }
}

/// What is said of an event that could not be recorded.
fn said(event: AuditEvent) -> &'static str {
    match event {
        AuditEvent::Locked => "the lock",
        AuditEvent::Unlocked => "the unlock",
        _ => "a refused unlock",
    }
}
