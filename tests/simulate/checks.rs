//! What must hold after every step and at the end. The numbers are those of the rules of money:
//!
//! 1. acts are executed at most as often as they were confirmed;
//! 2. no entry says "not done" of an act that is ever executed;
//! 3. every executed act ends done, found later, or stands open;
//!    3a. no entry says done, found later or accepted of an act that is never executed;
//!    3b. liveness: what can be known is known soon, and every open entry can be ended by a person;
//! 4. a hold is not lifted while the truth is open;
//! 5. a freeze that was confirmed while the network is up reaches the wire within a second;
//! 6. header, pane 7, toasts and the journal say the same of each act;
//! 7. the ledger is conserved;
//! 8. a first byte leaves within ten seconds of the line that says so, and "not seen" is not said early.

use std::time::Duration;

use fourpay::app::msg::Past;
use fourpay::domain::intent::lifecycle::{Proof, Stage, Step};
use fourpay::domain::intent::{Kind, Reference};
use fourpay::ops::{Entry, Ops};

use super::platform::{Attempt, Platform, Row, Truth};
use super::script::{Act, Echo, Hears, MINUTE, SECOND};
use super::world::{World, since};

/// Reads must have gone well for so long before a late answer is anybody's fault: gate and breaker hold reads back.
const CALM: u64 = 100 * SECOND;
/// What can be known is known this soon.
const SOON: u64 = 90 * SECOND;

fn is_done(attempt: &Attempt) -> bool {
    matches!(attempt.truth, Truth::Done(_))
}

fn attempt_of(platform: &Platform, reference: Reference) -> Option<&Attempt> {
    platform.attempts.iter().find(|attempt| attempt.reference == Some(reference))
}

/// Whether an entry says that it was not done, on other grounds than a person's word.
fn denies(stage: Stage, last: Option<&Step>) -> bool {
    match stage {
        Stage::Refused | Stage::NotSent => true,
        Stage::SettledNotDone => !matches!(last, Some(Step::SettledNotDone(_, Proof::Person))),
        _ => false,
    }
}

/// 4 and 1, when a request arrives that is to change something.
pub fn at_arrival(world: &World, ops: &Ops, platform: usize, reference: Option<Reference>, wish: Option<u32>) {
    let Some(entry) = reference.and_then(|reference| ops.entry(reference)) else { return };
    {
        // The person asked again on a screen that was some seconds behind the journal. That is no fault of a hold.
        let inner = &mut *world.inner();
        let known = |(of, reference): &(u32, Reference)| {
            Some(*of) == wish
                && ops
                    .stage(*reference)
                    .is_some_and(|stage| stage.is_done() || stage == Stage::Accepted || stage == Stage::Probably)
        };
        if inner.on_sight.iter().any(known) {
            let asked = wish.and_then(|wish| inner.wishes.get_mut(&wish));
            asked.into_iter().for_each(|asked| asked.overridden += 1);
            *inner.counts.entry("event: asked again on a stale screen".into()).or_default() += 1;
        }
        inner.on_sight.retain(|(of, _)| Some(*of) != wish);
    }
    let others: Vec<(Reference, Option<u32>)> = {
        let inner = world.inner();
        let open = |attempt: &&Attempt| matches!(attempt.truth, Truth::Done(_) | Truth::Coming);
        let attempts = inner.platforms[platform].attempts.iter().filter(open);
        attempts.filter_map(|attempt| Some((attempt.reference?, attempt.wish))).collect()
    };
    for (other, of_wish) in others {
        if Some(other) == reference || entry.intent.despite.contains(&other) {
            continue;
        }
        let stage = match ops.entry(other) {
            Some(known) if !entry.intent.act.waits_for(&known.intent.act) => continue,
            Some(known) if matches!(known.last(), Some(Step::SettledNotDone(_, Proof::Person))) => continue,
            Some(known) => known.stage,
            // It was lost from the journal; what was said of it last?
            None if of_wish == wish && wish.is_some() => match world.inner().intents.get(&other) {
                Some(known) => known.stage,
                None => continue,
            },
            None => continue,
        };
        let open = matches!(
            stage,
            Stage::Recorded
                | Stage::Sent
                | Stage::Unknown
                | Stage::NotSeen
                | Stage::NeedsPerson
                | Stage::Refused
                | Stage::NotSent
                | Stage::SettledNotDone
        );
        if open {
            let mine = entry.intent.reference;
            world.find(format!(
                "4: {mine} was sent while {other}, which it has to wait for, is \"{stage}\" and done or coming"
            ));
        }
    }
}

/// 1, 2 and 7, after anything was executed.
pub fn after_execution(world: &World) {
    let found = {
        let inner = world.inner();
        let mut found = None;
        for platform in &inner.platforms {
            if !platform.is_conserved() {
                found = Some(format!("7: the books of platform {} do not add up", platform.index));
            }
            for attempt in platform.attempts.iter().filter(|attempt| is_done(attempt)) {
                let known = attempt.reference.and_then(|reference| inner.intents.get(&reference));
                let says = known.filter(|known| !known.decided).and_then(|known| {
                    known
                        .said
                        .iter()
                        .find(|stage| matches!(stage, Stage::Refused | Stage::NotSent | Stage::SettledNotDone))
                });
                if let (Some(says), Some(reference)) = (says, attempt.reference) {
                    found = Some(format!("2: {reference} is executed, and the journal has said \"{says}\" of it"));
                }
            }
            for (id, asked) in &inner.wishes {
                if asked.platform != platform.index || !asked.wish.act.counts() {
                    continue;
                }
                let done =
                    platform.attempts.iter().filter(|attempt| attempt.wish == Some(*id) && is_done(attempt)).count();
                if done > 1 + asked.overridden as usize {
                    found = Some(format!(
                        "1: wish {id} was executed {done} times; it was confirmed {} times, each after being told that it was not done",
                        asked.confirmed
                    ));
                }
            }
        }
        found
    };
    if let Some(found) = found {
        world.find(found);
    }
}

/// 2, 3a and 8: what the journal, as a program shows it, says of each act.
pub fn told(world: &World, ops: &Ops, number: u64, past: &[Past]) {
    let (bound, now) = (ops.is_bound(), world.clocks.ms());
    let mut found = None;
    let mut news = Vec::new();
    {
        let inner = &mut *world.inner();
        let mine = inner.of_program.get(&number).copied().unwrap_or(0);
        for past in past.iter().filter(|past| past.elsewhere.is_none()) {
            let reference = past.intent.reference;
            let maker = past.intent.who.process.as_ref().map_or(0, |process| process.started);
            let Some(home) = inner.of_program.get(&maker).copied() else { continue };
            if bound && home != mine {
                found = Some(format!(
                    "binding: {reference} belongs to platform {home} and is shown as one of platform {mine}"
                ));
                continue;
            }
            let fresh = super::world::Known {
                platform: home,
                stage: Stage::Recorded,
                said: Default::default(),
                decided: false,
            };
            let known = inner.intents.entry(reference).or_insert(fresh);
            if known.stage != past.stage {
                news.push((reference, known.stage, past.stage));
            }
            known.stage = past.stage;
            let last = past.steps.last().map(|(_, step)| step);
            let by_person = past.steps.iter().any(|(_, step)| match step {
                Step::SettledNotDone(_, Proof::Person) => true,
                Step::SettledDone(seen) | Step::Done(seen) => seen.says.as_str().contains("has compared"),
                _ => false,
            });
            known.decided |= by_person;
            let early = past.stage == Stage::NotSeen && !known.said.contains(&Stage::NotSeen);
            for (_, step) in &past.steps {
                if denies(step.stage(), Some(step)) || !matches!(step.stage(), Stage::SettledNotDone) {
                    known.said.insert(step.stage());
                }
            }
            if by_person {
                continue;
            }
            let platform = &inner.platforms[home];
            let attempt = attempt_of(platform, reference);
            let truth = attempt.map_or(Truth::Never, |attempt| attempt.truth);
            let moves = past.intent.act.amount().is_some() || attempt.is_some_and(|attempt| attempt.act.counts());
            if denies(past.stage, last) && matches!(truth, Truth::Done(_)) && moves {
                found = Some(format!("2: the journal says \"{}\" of {reference}, which is executed", past.stage));
            }
            let never = !matches!(truth, Truth::Done(_) | Truth::Reversed);
            // Which card was whose may be among what is gone.
            let blurred = inner.lost && past.intent.act.kind() == Kind::IssueCard;
            if past.stage.is_done() && never && moves && !blurred {
                found = Some(format!("3a: the journal says \"{}\" of {reference}, which is {truth:?}", past.stage));
            }
            // What was said before it was known that references come back is taken back once it is.
            let quiet = inner.amiss.max(inner.disk_amiss);
            if past.stage == Stage::Probably && never && !may_err((quiet, now), platform, attempt, past) {
                found = Some(format!("3a: the journal says \"probably\" of {reference}, which is {truth:?}"));
            }
            // 8: a request that was given up may still be worked on. What was taken for done for a while was seen, or so
            // it looked.
            if early
                && moves
                && !known.said.contains(&Stage::Probably)
                && !past.steps.iter().any(|(_, step)| matches!(step, Step::Unknown { status: Some(429), .. }))
            {
                let sent = world.disk.state().sent_at.get(&reference.to_string()).copied();
                let declined = truth == Truth::Declined || truth == Truth::Reversed;
                if let Some(sent) = sent
                    && since(world.clocks, sent) < Duration::from_secs(119)
                    && !declined
                {
                    let after = since(world.clocks, sent).as_secs();
                    found = Some(format!("8: {reference} is called \"not seen\" {after} s after it was sent"));
                }
            }
        }
    }
    for (reference, from, to) in news {
        world.count(format!("stage: {}", to.word()));
        world.tell(format!("program {number} shows {reference}: {} -> {}", from.word(), to.word()));
    }
    if let Some(found) = found {
        world.find(found);
    }
}

/// "Probably" may be wrong only where references do not come back, or not yet, and somebody made the same movement.
fn may_err((quiet, now): (u64, u64), platform: &Platform, attempt: Option<&Attempt>, past: &Past) -> bool {
    let Some(amount) = past.intent.act.amount() else { return false };
    let cents =
        (amount.amount() * rust_decimal::Decimal::from(100)).normalize().to_string().parse::<i64>().unwrap_or(0);
    let same =
        |(act, by_hand, _): &(Act, i64, u64)| *by_hand == cents && attempt.is_none_or(|attempt| attempt.act == *act);
    // A coming or a declined movement of ours may look like it as well, and so may another of our own.
    let ours =
        platform.attempts.iter().filter(|other| other.cents == cents && other.reference != Some(past.intent.reference));
    // Where no reference was ever seen nobody knows that they come back.
    let seen = |row: &Row| {
        row.described.is_some_and(|at| at.max(quiet) + CALM <= now)
            && row.description.as_deref().is_some_and(|text| text.contains("fp-"))
    };
    let known = platform.deployment.echo == Echo::Always && platform.rows.iter().any(seen);
    !known && (platform.by_hand.iter().any(same) || ours.count() > 0)
}

/// 3b and 5, at any moment.
pub fn in_time(world: &World, programs: &[(u64, usize, u64, &Ops)]) {
    let now = world.clocks.ms();
    let mut found = None;
    {
        let inner = world.inner();
        for (card, since, may_take) in &inner.freezing {
            if now.saturating_sub(*since) > *may_take {
                found = Some(format!("5: a freeze of card {card} has not reached the wire after {} ms", now - since));
            }
        }
        for (number, home, begun, ops) in programs {
            let calm = now.saturating_sub(inner.amiss.max(*begun)) >= CALM;
            let well = now.saturating_sub(inner.disk_amiss.max(*begun)) >= 20 * SECOND;
            if !ops.is_bound() || ops.journal_fault().is_some() {
                continue;
            }
            let platform = &inner.platforms[*home];
            let from = inner.amiss.max(*begun);
            for (at, attempt) in platform.attempts.iter().enumerate() {
                let Some(reference) = attempt.reference else { continue };
                let Some(entry) = ops.entry(reference) else { continue };
                if calm
                    && let Some(readable) = platform.readable(at)
                    && now.saturating_sub(readable.max(from + CALM - SOON)) >= SOON
                    && !is_settled(&entry)
                {
                    found = Some(format!(
                        "3b: {reference} is executed and its rows can be read since {} s; program {number} says \"{}\"",
                        (now - readable) / SECOND,
                        entry.stage
                    ));
                }
                let refused = match attempt.hears {
                    Hears::Words(status) => matches!(status, 400..=406 | 410 | 411 | 413..=415 | 422 | 428 | 431),
                    Hears::Bare(status) => matches!(status, 307 | 308),
                    _ => false,
                };
                // The program that heard it lives on, was awake, and could write.
                let heard = entry.intent.who.process.as_ref().is_some_and(|process| process.started == *number);
                if refused
                    && well
                    && heard
                    && !inner.lost
                    && now.saturating_sub(attempt.arrived.max(inner.amiss)) >= 20 * SECOND
                    && entry.stage != Stage::Refused
                {
                    let known = inner.intents.get(&reference);
                    if known.is_none_or(|known| !known.decided) && attempt.truth == Truth::Never {
                        found =
                            Some(format!("3b: {reference} was refused in the API's words, and is \"{}\"", entry.stage));
                    }
                }
            }
            // Nobody's act is orphaned.
            for entry in ops.unfinished() {
                let maker = entry.intent.who.process.as_ref().map_or(0, |process| process.started);
                let lives = programs.iter().any(|(other, ..)| *other == maker);
                let sent = world.disk.state().sent_at.get(&entry.intent.reference.to_string()).copied();
                let old = sent.is_none_or(|sent| since(world.clocks, sent) > Duration::from_secs(90));
                let middle = matches!(entry.stage, Stage::Recorded | Stage::Sent);
                if middle && !lives && old && calm && well && now.saturating_sub(*begun) > 2 * MINUTE {
                    let reference = entry.intent.reference;
                    found = Some(format!("orphan: {reference} is \"{}\" and nobody takes it over", entry.stage));
                }
            }
        }
    }
    if let Some(found) = found {
        world.find(found);
    }
}

fn is_settled(entry: &Entry) -> bool {
    entry.stage.is_done()
        || entry.stage == Stage::Reversed
        || entry.steps.iter().any(|(_, step)| matches!(step, Step::SettledNotDone(_, Proof::Person)))
}

/// 6: what the screen says and what the journal says. `None` when they agree.
pub fn disagreement(ops: &Ops, past: &[Past], tally: &fourpay::app::acts::Tally) -> Option<String> {
    let entries = ops.entries();
    let open = |stage: Stage| !stage.is_final();
    for entry in entries.iter().filter(|entry| open(entry.stage)) {
        let reference = entry.intent.reference;
        let shown = past.iter().find(|past| past.intent.reference == reference && past.elsewhere.is_none());
        match shown {
            None => return Some(format!("6: {reference} is \"{}\" in the journal and not in pane 7", entry.stage)),
            Some(shown) if shown.stage != entry.stage => {
                return Some(format!(
                    "6: {reference} is \"{}\" in the journal and \"{}\" in pane 7",
                    entry.stage, shown.stage
                ));
            }
            Some(_) => {}
        }
    }
    for shown in past.iter().filter(|past| past.elsewhere.is_none()) {
        let reference = shown.intent.reference;
        match ops.stage(reference) {
            Some(stage) if stage == shown.stage => {}
            stage => return Some(format!("6: pane 7 says \"{}\" of {reference}, the journal {stage:?}", shown.stage)),
        }
    }
    let count = |wanted: fn(Stage) -> bool| entries.iter().filter(|entry| wanted(entry.stage)).count();
    let header = (tally.unknown, tally.probably, tally.found_later, tally.reversed);
    let journal = (
        ops.unknown(),
        count(|stage| stage == Stage::Probably),
        count(|stage| stage == Stage::FoundLater),
        count(|stage| stage == Stage::Reversed),
    );
    (header != journal).then(|| format!("6: the header counts {header:?}, the journal {journal:?}"))
}

/// 3, 3a at the end: everything that was executed is known, or stands open.
pub fn at_the_end(world: &World, home: usize, ops: &Ops) {
    let mut found = None;
    {
        let inner = world.inner();
        for attempt in &inner.platforms[home].attempts {
            let Some(reference) = attempt.reference else { continue };
            let known = inner.intents.get(&reference);
            if known.is_some_and(|known| known.decided) || !attempt.act.counts() {
                continue;
            }
            let stage = ops.stage(reference);
            match (attempt.truth, stage) {
                // What was ever final may be lost with a journal, even where an older one was put in its place meanwhile; what
                // was open may not.
                (Truth::Done(_), None)
                    if known.is_none_or(|known| !known.said.iter().any(|was| was.is_final() || was.is_done())) =>
                {
                    let was = known.map(|known| known.stage);
                    found = Some(format!("3: {reference} is executed and in no journal any more; it was {was:?}"));
                }
                (Truth::Done(_), Some(stage))
                    if matches!(stage, Stage::Recorded | Stage::NotSent | Stage::Refused | Stage::SettledNotDone) =>
                {
                    found = Some(format!("3: {reference} is executed and ends \"{stage}\""));
                }
                (Truth::Never | Truth::Declined, Some(stage))
                    if stage.is_done() && (!inner.lost || attempt.act.moves()) =>
                {
                    found = Some(format!("3a: {reference} was never executed and ends \"{stage}\""));
                }
                (Truth::Never, Some(Stage::Accepted)) if !attempt.accepted => {
                    found = Some(format!("3a: {reference} was never accepted and ends \"accepted\""));
                }
                _ => {}
            }
        }
    }
    if let Some(found) = found {
        world.find(found);
    }
}
