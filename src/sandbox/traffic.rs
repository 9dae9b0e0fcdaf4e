//! What happens by itself while the sandbox runs: due work, live traffic, webhook deliveries.

use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::task::JoinSet;

use super::clock;
use super::faults::Fault;
use super::habits::Pace;
use super::webhooks::{self, Deliveries};
use super::world::Shared;

/// How many deliveries may be under way at once.
const DELIVERIES: usize = 16;

/// Does what is due when it is due, so that events are told in time even when nobody looks.
pub async fn due(shared: Arc<Shared>) {
    loop {
        let news = shared.news.notified();
        let next = shared.look(|world, _| world.ledger.next_due());
        let wait = next.map_or(60_000, |at| (at - clock::now()).clamp(5, 60_000));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait as u64)) => {}
            () = news => {}
        }
    }
}

/// Lets the demo merchant's people go on with their day: so many things a minute, at uneven intervals.
/// When they follow each other faster than a timer can wait, several happen at once.
pub async fn live(shared: Arc<Shared>, per_minute: u32) {
    // In microseconds.
    let mean = (60_000_000 / i64::from(per_minute)).max(20);
    let mut next = clock::now() * 1_000 + mean / 2;
    loop {
        let wait = next - clock::now() * 1_000;
        if wait > 0 {
            tokio::time::sleep(Duration::from_micros(wait as u64)).await;
        }
        next = shared.act(|world, now| {
            let now_micros = now * 1_000;
            // After a laptop slept, nobody catches up with the night.
            let mut next = next.max(now_micros - 1_000_000).min(now_micros + 2 * mean);
            while next <= now_micros {
                world.habits.step(&mut world.ledger, now, Pace::Live);
                next += world.habits.rng().random_range(mean / 5..mean * 9 / 5);
            }
            next
        });
    }
}

/// Delivers events, some at a time; those that are not taken once more, after a while.
pub async fn deliveries(shared: Arc<Shared>, how: Deliveries, seed: u64) {
    let mut under_way = JoinSet::new();
    // Those that wait for their next try.
    let mut resting = JoinSet::new();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    loop {
        let news = shared.news.notified();
        while under_way.len() < DELIVERIES {
            let Some(mut parcel) = shared.waiting_parcel() else { break };
            parcel.prefix = shared.deployment.signature_prefix();
            let chance = || (rng.random_range(0..100) < how.failing).then(|| unlucky(&mut rng));
            let fault = shared.faults.take_delivery().or_else(chance);
            let shared = shared.clone();
            under_way.spawn(async move {
                let outcome = webhooks::deliver_despite(&parcel, fault).await;
                (parcel.number, shared.delivered(parcel.number, outcome))
            });
        }
        tokio::select! {
            () = news => {}
            Some(tried) = under_way.join_next() => {
                if let Ok((number, Some(tries))) = tried
                    && let Some(wait) = how.wait_after(tries)
                {
                    resting.spawn(async move {
                        tokio::time::sleep(wait).await;
                        number
                    });
                }
            }
            Some(rested) = resting.join_next() => {
                if let Ok(number) = rested {
                    shared.deliver_again(number);
                }
            }
        }
    }
}

/// What receivers are seen to do.
fn unlucky(rng: &mut ChaCha8Rng) -> Fault {
    match rng.random_range(0..3) {
        0 => Fault::HangBefore,
        1 => Fault::Status { code: 500, body: String::new() },
        _ => Fault::Status { code: 503, body: String::new() },
    }
}
