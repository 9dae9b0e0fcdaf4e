//! Deliveries and the dashboard: what comes to the receiver is read at once, and a logged event is sent once more.
//!
//! What a delivery says of money is not shown: it names the records, and those are read.

use std::net::SocketAddr;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::mpsc;

use super::clock::Clock;
use super::poller::Request;
use crate::api::Client;
use crate::app::msg::{Msg, Receiver, SignedWith};

use crate::credentials::webhook::{self, Found, Source, Sources, VARIABLE};
use crate::domain::ids::EventId;
use crate::domain::secret::{OneTimeSecret, WebhookSecret};
use crate::hooks::receiver::{self, Counts, Rules};
use crate::hooks::send::{Sender, Target};

/// Deliveries that are passed on together.
const TOGETHER: usize = 1_024;
/// Pages of the log that are looked through for an entry.
const PAGES: u32 = 50;

/// What deliveries are signed with, for everybody who waits for it; the error is why the keyring could not say.
pub type Secret = Shared<BoxFuture<'static, Result<Option<Found>, String>>>;

/// Looks for the secret, behind the dashboard: a keyring may be slow. The dashboard is told of the source.
pub fn look(sources: Sources, out: mpsc::Sender<Msg>) -> Secret {
    let look = async move {
        let read = tokio::task::spawn_blocking(|| sources.read()).await;
        let found = match read {
            Ok(read) => read.map_err(|trouble| format!("the keyring: {trouble}; {}", webhook::fix(&trouble))),
            Err(_) => Err("the keyring could not be read".to_owned()),
        };
        let told = match &found {
            Ok(Some(found)) => SignedWith::Secret(found.source.in_words()),
            Ok(None) => SignedWith::Nothing,
            Err(why) => SignedWith::Trouble(why.clone()),
        };
        let _ = out.send(Msg::SignedWith(told)).await;
        found
    };
    look.boxed().shared()
}

/// Takes deliveries until the dashboard hangs up.
pub async fn receive(
    address: SocketAddr,
    secret: Secret,
    clock: Clock,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
) {
    let mut told = Receiver { address: address.to_string(), ..Receiver::default() };
    // Without it anybody who reaches the port could keep this program busy.
    let secret = match secret.await {
        Ok(Some(found)) => found.secret,
        otherwise => {
            let none = || format!("no secret to check with: fourpay webhooks secret, or {VARIABLE}");
            told.trouble = Some(otherwise.err().unwrap_or_else(none));
            let _ = out.send(Msg::ReceiverChanged(told)).await;
            return;
        }
    };
    let rules = Rules { secret: Some(secret), notification: false };
    let (receiver, mut taken) = match receiver::listen(address, rules).await {
        Ok(listening) => listening,
        Err(error) => {
            told.trouble = Some(format!("cannot listen: {error}"));
            let _ = out.send(Msg::ReceiverChanged(told)).await;
            return;
        }
    };
    told.address = receiver.address.to_string();
    let mut counts = receiver.counts.clone();
    let mut batch = Vec::with_capacity(64);
    loop {
        tell(&mut told, *counts.borrow_and_update());
        if out.send(Msg::ReceiverChanged(told.clone())).await.is_err() {
            return;
        }
        tokio::select! {
            biased;
            count = taken.recv_many(&mut batch, TOGETHER) => {
                if count == 0 {
                    return;
                }
                told.last = Some(clock.now().wall);
                let subjects = batch.drain(..).map(|delivery| delivery.subject).collect();
                if requests.send(Request::Heard(subjects)).is_err() {
                    return;
                }
            }
            changed = counts.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = out.closed() => return,
        }
    }
}

fn tell(told: &mut Receiver, counts: Counts) {
    told.taken = counts.taken;
    told.refused = counts.refused;
    told.lost = counts.unreadable + counts.too_large + counts.turned_away;
}

/// What is to be sent once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    pub event: EventId,
    pub to: String,
    /// One that was typed for this.
    pub secret: Option<OneTimeSecret<WebhookSecret>>,
}

/// Sends an event once more; what the dashboard is told of it.
pub async fn replay(client: Client, known: Option<Secret>, replay: Replay) -> Msg {
    let Replay { event, to, secret } = replay;
    let typed = secret.and_then(|secret| secret.take()).map(|secret| Found::new(secret, Source::Typed));
    let signs = match (typed, known) {
        (Some(typed), _) => Some(typed),
        (None, Some(known)) => known.await.ok().flatten(),
        (None, None) => None,
    };
    let sent = send(&client, &event, &to, signs.as_ref()).await;
    let (taken, words) = match sent {
        Ok((taken, words)) => (taken, words),
        Err(why) => (false, format!("not sent: {why}")),
    };
    Msg::Replayed { event, to, taken, words }
}

async fn send(client: &Client, event: &EventId, to: &str, signs: Option<&Found>) -> Result<(bool, String), String> {
    let target = Target::parse(to).map_err(|why| format!("the address {why}"))?;
    let sender = Sender::new(target)?;
    let payload = client.webhook_payload(event, PAGES).await.map_err(|failure| failure.sentence())?;
    let payload = payload.ok_or("the log does not hold it any more")?;
    let sent = sender.send_signed(payload.as_bytes().to_vec(), signs.map(|signs| &*signs.secret)).await;
    let how = signs.map_or("unsigned".into(), |signs| format!("signed with {}", signs.source));
    Ok((sent.is_taken(), format!("{sent}, {how}, to {}", sender.target())))
}
