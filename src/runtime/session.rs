//! Being known to the API: a credential becomes a token, is read again when the API says no, renewed before it
//! ends, and replaced when somebody logs in.
//!
//! ```text
//!   ReadCredential ──▶ its source ──▶ does the API accept it? ──yes──▶ the client has it ─▶ poller goes on
//!   Login ──────────▶ what was typed ─┘        │ no: why        ──▶ and the keyring, when asked
//!   a while before its end ──▶ its source ─────┘
//! ```
//!
//! The API is asked with a client of its own before the dashboard's has the token: what is not accepted is never
//! used or kept.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::clock::Clock;
use super::lock::ReadAgain;
use super::poller::Request;
use crate::api::{Client, Settings};
use crate::app::login::{Entered, LoggedIn, Who};
use crate::app::msg::Msg;
use crate::credentials::keyring::{self, Slot, Trouble};
use crate::credentials::{Credential, KEYRING, Source};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::secret::{Password, Token};

/// How long before its end a session is renewed.
const EARLY: TimeDelta = TimeDelta::minutes(3);
/// How long after a failed renewal the next one is tried, and how often the end is looked at: the alarm of a task
/// stops while the machine sleeps.
const LOOK: Duration = Duration::from_secs(60);

/// The token that requests are sent with: the credential itself, or what the API gives for a login.
pub async fn token(settings: &Settings, credential: &Credential) -> Result<Token, Failure> {
    match credential {
        Credential::Token(token) => Ok(token.another()),
        Credential::Login { email, password } => Ok(Client::login(settings.clone(), email, password).await?.token),
    }
}

/// The token, after the API has shown accounts for it; and how many.
pub async fn accepted(settings: &Settings, credential: &Credential) -> Result<(Token, usize), Failure> {
    let token = token(settings, credential).await?;
    let page = Client::new(settings.clone(), token.another())?.accounts().await?;
    Ok((token, page.received))
}

/// What failed; of a credential that is not accepted also where it is from and what helps there.
pub fn refused(failure: &Failure, source: &Source) -> String {
    match failure.kind {
        FailureKind::Unauthorized => format!("{}; {}", failure.sentence(), source.advice(failure)),
        _ => failure.sentence(),
    }
}

/// The credential that was typed.
pub fn credential(who: &Who) -> Result<Credential, String> {
    let hold = |password: &Password| Zeroizing::new(password.expose().to_owned());
    match who {
        Who::Token(text) => {
            let token = Token::parse(hold(text));
            Ok(Credential::Token(token.ok_or("that is no token; it is one word of letters, digits and signs")?))
        }
        Who::Portal { email, password } => {
            Ok(Credential::Login { email: email.clone(), password: Password::new(hold(password)) })
        }
    }
}

/// Puts it into the keyring, or says why not on one line of a small screen.
pub fn keep(slot: &Slot, credential: &Credential) -> Result<(), String> {
    keyring::keep(slot, credential, KEYRING).map_err(|trouble| match trouble {
        Trouble::Absent(_) => "no keyring here: use token_command or token_file".to_owned(),
        trouble => format!("the keyring: {trouble}; {}", trouble.fix()),
    })
}

/// What the dashboard asks of this task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    ReadAgain,
    Login(Entered),
}

/// What it needs.
pub struct Keeper {
    pub client: Client,
    pub settings: Settings,
    pub profile: String,
    pub read_again: ReadAgain,
    /// Where the credential of the start is from.
    pub source: Source,
    /// Whether reading the source again may bring a session that ends later.
    pub renews: bool,
    pub clock: Clock,
    pub requests: mpsc::UnboundedSender<Request>,
    pub out: mpsc::Sender<Msg>,
}

/// Keeps the session until the dashboard hangs up.
pub async fn run(keeper: Keeper, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut told = None;
    loop {
        let ends = keeper.client.token_ends();
        let now = keeper.server_time();
        let due = keeper.renews && ends.is_some_and(|ends| ends - EARLY <= now);
        // After its end it is no use: the API says no then, and the source is read for that once.
        if due && ends.is_some_and(|ends| now < ends) && keeper.renew(ends).await {
            continue;
        }
        // One that renews itself is nobody's concern, as long as that works.
        let shown = ends.filter(|_| !keeper.renews || due).map(|ends| ends - keeper.skew());
        if shown != told {
            told = shown;
            keeper.tell(Msg::SessionEnds(shown)).await;
        }
        tokio::select! {
            command = commands.recv() => match command {
                None => return,
                Some(Command::ReadAgain) => {
                    let outcome = keeper.read_again().await.and_then(|token| keeper.take(token));
                    keeper.tell(Msg::CredentialRead(outcome)).await;
                }
                Some(Command::Login(entered)) => {
                    let outcome = keeper.login(&entered).await;
                    keeper.tell(Msg::LoggedIn(outcome)).await;
                }
            },
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

impl Keeper {
    async fn tell(&self, msg: Msg) {
        // A dashboard that is gone needs to know nothing.
        let _ = self.out.send(msg).await;
    }

    fn skew(&self) -> TimeDelta {
        self.client.skew().unwrap_or_default()
    }

    /// A session ends by the server's clock.
    fn server_time(&self) -> DateTime<Utc> {
        self.clock.now().wall + self.skew()
    }

    /// From now on the client has this token, and what is on the screen is read again.
    fn take(&self, token: Token) -> Result<(), String> {
        // Locked meanwhile (D8): no token may come back but by the lock's own way.
        if !self.client.has_credential() {
            return Err("the dashboard is locked".into());
        }
        self.client.use_token(token).map_err(|failure| failure.sentence())?;
        // A poller that is gone reads nothing any more.
        drop(self.requests.send(Request::Refresh));
        Ok(())
    }

    /// The credential from its source, as the API accepts it.
    async fn read_again(&self) -> Result<Token, String> {
        let read_again = Arc::clone(&self.read_again);
        let read = tokio::task::spawn_blocking(move || read_again()).await;
        let token = read.unwrap_or_else(|_| Err("the attempt was cut off".to_owned()))?;
        let accepted = accepted(&self.settings, &Credential::Token(token)).await;
        accepted.map(|(token, _)| token).map_err(|failure| refused(&failure, &self.source))
    }

    /// Gets a session that ends later; whether there is one now.
    async fn renew(&self, ends: Option<DateTime<Utc>>) -> bool {
        let Ok(token) = self.read_again().await else { return false };
        // Behind the lock there is no token, and none may come there.
        let later = crate::api::jwt::expiry(&token).is_none_or(|new| Some(new) > ends);
        later && self.client.token_ends() == ends && self.client.use_token(token).is_ok()
    }

    async fn login(&self, entered: &Entered) -> Result<LoggedIn, String> {
        let credential = credential(&entered.take().ok_or("given up")?)?;
        let (token, _) = accepted(&self.settings, &credential).await.map_err(|failure| failure.sentence())?;
        self.take(token)?;
        let kept = match entered.keep {
            true => Some(self.keep(credential).await),
            false => None,
        };
        Ok(LoggedIn { kept })
    }

    async fn keep(&self, credential: Credential) -> Result<(), String> {
        let slot = Slot::new(&self.profile, self.client.base_url().as_str());
        let kept = tokio::task::spawn_blocking(move || keep(&slot, &credential)).await;
        kept.unwrap_or_else(|_| Err("the keyring: the attempt was cut off".to_owned()))
    }
}
