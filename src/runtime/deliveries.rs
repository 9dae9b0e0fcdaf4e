//! Deliveries and the dashboard: what comes to the receiver is read at once, and a logged event is sent once more.
//!
//! What a delivery says of money is not shown: it names the records, and those are read.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::clock::Clock;
use super::poller::Request;
use crate::api::Client;
use crate::app::handed::Handed;
use crate::app::msg::{Msg, Receiver};
use crate::domain::ids::EventId;
use crate::domain::secret::WebhookSecret;
use crate::hooks::receiver::{self, Counts, Rules};
use crate::hooks::send::{Sender, Target};

/// Deliveries that are passed on together.
const TOGETHER: usize = 1_024;
/// Pages of the log that are looked through for an entry.
const PAGES: u32 = 50;

/// Takes deliveries until the dashboard hangs up.
pub async fn receive(
    address: SocketAddr,
    secret: Option<Arc<WebhookSecret>>,
    clock: Clock,
    out: mpsc::Sender<Msg>,
    requests: mpsc::UnboundedSender<Request>,
) {
    let mut told = Receiver { address: address.to_string(), ..Receiver::default() };
    // Without it anybody who reaches the port could keep this program busy.
    let Some(secret) = secret else {
        told.trouble = Some("the secret of deliveries is not known; set FOURPAY_WEBHOOK_SECRET".into());
        let _ = out.send(Msg::ReceiverChanged(told)).await;
        return;
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
    pub secret: Option<Handed>,
}

/// Sends an event once more; what the dashboard is told of it.
pub async fn replay(client: Client, known: Option<Arc<WebhookSecret>>, replay: Replay) -> Msg {
    let Replay { event, to, secret } = replay;
    let typed = secret.and_then(|secret| secret.take());
    let sent = send(&client, &event, &to, typed.as_ref().or(known.as_deref())).await;
    let (taken, words) = match sent {
        Ok((taken, words)) => (taken, words),
        Err(why) => (false, format!("not sent: {why}")),
    };
    Msg::Replayed { event, to, taken, words }
}

async fn send(
    client: &Client,
    event: &EventId,
    to: &str,
    secret: Option<&WebhookSecret>,
) -> Result<(bool, String), String> {
    let target = Target::parse(to).map_err(|why| format!("the address {why}"))?;
    let sender = Sender::new(target)?;
    let payload = client.webhook_payload(event, PAGES).await.map_err(|failure| failure.sentence())?;
    let payload = payload.ok_or("the log does not hold it any more")?;
    let sent = sender.send_signed(payload.as_bytes().to_vec(), secret).await;
    let how = if secret.is_some() { "" } else { " (unsigned)" };
    Ok((sent.is_taken(), format!("to {}{how}: {sent}", sender.target())))
}
