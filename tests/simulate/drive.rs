//! Makes a world happen: its events one after another, the person who orders, repeats and decides, and the checks
//! between.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fourpay::app::msg::{JournalState, Order, Wish as Wanted};

use fourpay::clock::Clock as _;
use fourpay::domain::account::CardKind;
use fourpay::domain::ids::{AccountId, CardId, HolderId};
use fourpay::domain::intent::lifecycle::{Evidence, Stage, Step};
use fourpay::domain::intent::{Act as Intended, Before, BinChoice, CardAt, CardOrder, Intent, Reference, Who};
use fourpay::domain::money::{Currency, Money};
use fourpay::domain::text::SafeText;
use fourpay::ops::Journal;
use fourpay::ops::journal::Record;
use fourpay::runtime::acts::Command;
use rust_decimal::Decimal;
use tokio::time::sleep;

use super::chance::Chance;
use super::checks;
use super::disk::Life;
use super::platform::Truth;
use super::program::{Heard, Program, start};
use super::script::{
    Act, Event, Fate, GOOD, Hears, Loss, MINUTE, Place, SECOND, Script, Second, Then, Weather, What, Wish, money,
};
use super::world::{Asked, World};

/// How often the person and the checks look.
const TICK: u64 = 2 * SECOND;
/// A broken journal is looked at by somebody after this.
const ACCEPTED_AFTER: u64 = 40 * SECOND;

/// Something asked for that the person still cares about.
struct Pending {
    wish: Wish,
    slot: usize,
    number: u64,
    ticket: u64,
    at: u64,
    tries: u32,
    in_plan: bool,
}

struct Driver {
    world: Arc<World>,
    programs: [Option<Program>; 3],
    /// Programs that could not be started and are tried again.
    waiting: [Option<(Place, usize, u64)>; 3],
    started: u64,
    boots: u64,
    tickets: u64,
    pending: Vec<Pending>,
    chance: Chance,
    faulty_since: Option<u64>,
    orders: Vec<(u64, usize, u64)>,
}

/// Plays a script to its end, or to the first finding.
pub async fn play(world: &Arc<World>) {
    let chance = Chance::new(world.script.seed ^ 0xD1CE);
    let mut driver = Driver {
        world: Arc::clone(world),
        programs: [None, None, None],
        waiting: [None; 3],
        started: 0,
        boots: 1,
        tickets: 1_000_000,
        pending: Vec::new(),
        chance,
        faulty_since: None,
        orders: Vec::new(),
    };
    if world.script.long_journal {
        long_journal(world);
    }
    for Event { at, what } in world.script.events.clone() {
        driver.awake_until(at).await;
        if world.has_found() {
            return;
        }
        driver.happen(what).await;
    }
    driver.awake_until(world.script.length).await;
    driver.later().await;
    driver.end().await;
}

fn account_id(text: &str) -> AccountId {
    AccountId::parse(text).expect("an id")
}

fn usd(cents: i64) -> Money {
    Money::new(Decimal::new(cents, 2), Currency::parse("USD").expect("a currency"))
}

impl Driver {
    fn now(&self) -> u64 {
        self.world.clocks.ms()
    }

    /// Lets time pass in which the machine is awake.
    async fn awake_until(&mut self, at: u64) {
        loop {
            let until = at + self.world.clocks.slept();
            if self.now() >= until || self.world.has_found() {
                return;
            }
            self.until(until).await;
        }
    }

    /// Lets time pass.
    async fn until(&mut self, at: u64) {
        loop {
            let now = self.now();
            if now >= at || self.world.has_found() {
                return;
            }
            // Ticks stand on the grid, so that an event left out moves no other.
            let next = (now / TICK + 1) * TICK;
            sleep(Duration::from_millis(next.min(at) - now)).await;
            if self.now() >= next {
                self.tick().await;
            }
        }
    }

    async fn tick(&mut self) {
        for slot in 0..3 {
            if self.programs[slot].as_ref().is_some_and(|program| program.life.is_over()) {
                self.kill(slot, "is dead");
            }
            if let Some((place, platform, next)) = self.waiting[slot]
                && self.now() >= next
            {
                self.start(slot, place, platform).await;
            }
        }
        self.look();
        self.person();
        let faulty = self.alive().any(|program| matches!(program.screen.borrow().state, JournalState::Faulty(_)));
        match (faulty, self.faulty_since) {
            (false, _) => self.faulty_since = None,
            (true, None) => self.faulty_since = Some(self.now()),
            (true, Some(since)) if self.now() - since > ACCEPTED_AFTER => {
                self.faulty_since = None;
                self.accept_loss();
            }
            (true, Some(_)) => {}
        }
    }

    fn alive(&self) -> impl Iterator<Item = &Program> {
        self.programs.iter().flatten().filter(|program| !program.life.is_over())
    }

    /// The checks of every step.
    fn look(&self) {
        checks::after_execution(&self.world);
        let running: Vec<_> =
            self.alive().map(|program| (program.number, program.platform, program.begun, &program.ops)).collect();
        checks::in_time(&self.world, &running);
        for program in self.alive() {
            let screen = &mut *program.screen.borrow_mut();
            if !screen.journal_read {
                continue;
            }
            let tally = screen.model.operations().tally();
            let apart = checks::disagreement(&program.ops, screen.model.operations().outcomes().past(), &tally);
            let now = self.now();
            match (apart, screen.apart) {
                (None, _) => screen.apart = None,
                (Some(_), None) => screen.apart = Some(now),
                // Telling takes a moment; what stands for long is a lie.
                (Some(why), Some(since))
                    if now - since > 12 * SECOND && now > self.world.inner().amiss + 12 * SECOND =>
                {
                    self.world.find(format!("program {}: {why}", program.number));
                }
                (Some(_), Some(_)) => {}
            }
        }
    }

    fn kill(&mut self, slot: usize, why: &str) {
        if let Some(program) = self.programs[slot].take() {
            program.kill();
            self.world.tell(format!("program {} {why}", program.number));
            self.world.amiss(0);
            // Whoever ended sends no freeze.
            self.world.inner().freezing.clear();
        }
    }

    async fn start(&mut self, slot: usize, place: Place, platform: usize) {
        if self.programs[slot].is_some() {
            return;
        }
        self.started += 1;
        let number = self.started;
        match start(&self.world, number, place, platform, self.boots).await {
            Ok(program) => {
                self.waiting[slot] = None;
                self.programs[slot] = Some(program);
                let place = if place == Place::Container { " in a container" } else { "" };
                self.world.tell(format!("program {number} starts{place}, for platform {platform}"));
            }
            Err(why) => {
                self.world.count("start: journal cannot be used");
                // Names of files set aside hold the id of this very process.
                let why = why.split(" /").next().unwrap_or("");
                self.world.tell(format!("program {number} cannot start: {why}"));
                self.waiting[slot] = Some((place, platform, self.now() + 3 * SECOND));
            }
        }
    }

    async fn happen(&mut self, what: What) {
        let world = Arc::clone(&self.world);
        match what {
            What::Order { program, wish } => {
                world.count(format!("act: {}", kind(wish.act)));
                self.order(program, wish, Vec::new(), 0);
            }
            What::Plan { program, wishes } => {
                world.count("event: plan");
                self.plan(program, wishes);
            }
            What::Decide { program } => self.decide(program),
            What::Start { program, place, platform } => {
                world.count(if platform == 1 { "event: start for another" } else { "event: start" });
                self.start(program, place, platform).await;
            }
            What::Kill { program } => {
                world.count("event: kill");
                self.kill(program, "is killed");
            }
            What::Quit { program } => {
                if let Some(program) = self.programs[program].take() {
                    world.count("event: quit");
                    world.tell(format!("program {} is quit", program.number));
                    tokio::task::spawn_local(async move {
                        drop(tokio::time::timeout(Duration::from_secs(35), program.ops.finish()).await);
                        program.kill();
                    });
                    world.amiss(40 * SECOND);
                }
            }
            What::Reboot => {
                world.count("event: reboot");
                world.tell("the machine is started anew");
                (0..3).for_each(|slot| self.kill(slot, "ends"));
                self.boots += 1;
                world.clocks.reboot();
                self.waiting[0] = Some((Place::Here, 0, self.now() + 20 * SECOND));
            }
            What::Sleep(ms) => {
                world.count("event: sleep");
                self.sleep(ms);
            }
            What::StepWall(ms) => {
                world.count("event: wall clock steps");
                world.tell(format!("the wall clock steps by {} s", ms / 1000));
                world.clocks.step_wall(ms);
            }
            What::Drift(ppm) => {
                world.count("event: wall clock drifts");
                world.tell(format!("the wall clock drifts by {ppm} ppm"));
                world.clocks.set_drift(ppm);
            }
            What::StepServer { platform, ms } => {
                world.count("event: server clock steps");
                world.tell(format!("the clock of platform {platform} steps by {} s", ms / 1000));
                world.inner().platforms[platform].deployment.clock_ahead += ms;
            }
            What::Weather { weather, ms } => {
                world.count(format!("weather: {weather:?}"));
                world.tell(format!("{weather:?} for {} s", ms / 1000));
                let until = self.now() + ms;
                world.inner().weather.push((weather, until));
                world.inner().freezing.clear();
                world.amiss(ms);
            }
            What::DiskFails { ms, tears } => {
                world.count(if tears { "disk: fails and tears" } else { "disk: fails" });
                world.tell(format!(
                    "the disk fails for {} s{}",
                    ms / 1000,
                    if tears { " and tears lines" } else { "" }
                ));
                let until = self.now() + ms;
                let mut state = world.disk.state();
                (state.fails_until, state.tears) = (until, tears);
                drop(state);
                world.disk_amiss(ms);
            }
            What::Locked(ms) => {
                world.count("disk: lock held by another");
                world.tell(format!("somebody else holds the lock for {} s", ms / 1000));
                world.disk.state().locked_until = self.now() + ms;
                world.disk_amiss(ms);
            }
            What::Lose(loss) => self.lose(loss),
            What::AcceptLoss => self.accept_loss(),
            What::Colleague { act, cents, label } => {
                world.count("event: colleague moves the same");
                let bytes = self.chance.bits().to_be_bytes();
                let reference =
                    Reference::from_random([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6]]);
                world.inner().platforms[0].by_hand(act, cents, label, reference);
            }
            What::Purchase { card, cents } => {
                world.count("event: purchase");
                world.inner().platforms[0].outside(Some(card), 0, cents);
            }
            What::PayIn { account, cents } => {
                world.count("event: pay in");
                world.inner().platforms[0].outside(None, account, cents);
            }
            What::Toggle { card, frozen } => {
                world.count("event: colleague toggles a card");
                world.inner().platforms[0].cards[card].frozen = frozen;
                world.tell(format!("a colleague makes card {card} {}", if frozen { "frozen" } else { "active" }));
            }
        }
        // What is due by now shows in the story before what comes next.
        drop(world.inner());
        checks::after_execution(&world);
    }

    fn sleep(&self, ms: u64) {
        for (_, since, _) in &mut self.world.inner().freezing {
            *since += ms;
        }
        self.world.sleep(ms);
    }

    fn lose(&self, loss: Loss) {
        let world = &self.world;
        let name = "shop.jsonl";
        let Some(bytes) = world.disk.bytes(name) else { return };
        let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
        let but = |many: usize| lines[..lines.len().saturating_sub(many)].concat();
        world.count(format!("loss: {}", format!("{loss:?}").split('(').next().unwrap_or("")));
        world.tell(format!("the journal ({} lines): {loss:?}", lines.len()));
        match loss {
            Loss::Removed => world.disk.remove(name),
            Loss::Emptied => world.disk.change(name, Vec::clear),
            Loss::Cut(many) => {
                let left = but(many).len();
                world.disk.change(name, |bytes| bytes.truncate(left));
            }
            Loss::Restored(many) => world.disk.put(name, but(many)),
            Loss::FolderRemoved => world.disk.remove_all(),
            Loss::Synced => world.disk.put(name, bytes.clone()),
            Loss::Nul(many) => world.disk.change(name, |bytes| bytes.extend(vec![0; many])),
            Loss::Torn => world.disk.change(name, |bytes| bytes.extend_from_slice(b"{\"v\":1,\"seq\":7,\"at\":\"20")),
        }
        let mended = matches!(loss, Loss::Nul(_) | Loss::Torn | Loss::Synced);
        world.amiss(0);
        if !mended {
            world.disk_amiss(0);
        }
    }

    /// Somebody looks at a broken journal and accepts what is gone.
    fn accept_loss(&mut self) {
        let homes = if self.world.script.second == Second::None { 1 } else { 2 };
        (0..homes).for_each(|home| self.accept_loss_of(home));
    }

    fn accept_loss_of(&mut self, home: usize) {
        let (world, life) = (&self.world, Arc::new(Life::default()));
        let now = world.clocks.wall();
        let journal = Journal::open_on(world.disk.of(&life), Some(world.copy.of(&life)), "shop", now);
        let Ok(mut journal) = journal else { return };
        if world.script.second != Second::None {
            let accounts = (0..2).map(|at| account_id(&world.inner().platforms[home].account_id(at))).collect();
            let address = super::program::address(world.script.second, home);
            if journal.bind(address, &accounts, "00000000000000000000000000000000", now).is_err() {
                return;
            }
        }
        let Some(missing) = journal.missing() else { return };
        match journal.accept_loss(now, nobody(), SafeText::name("shop")) {
            Ok(accepted) => {
                world.count("event: loss accepted");
                world.tell(format!("a loss of {missing} lines is accepted; kept open: {:?}", accepted.kept));
                world.inner().lost = true;
                // Who knows what was done has seen it; what is final and lost is not asked for again.
                self.pending.clear();
            }
            Err(error) => world.tell(format!("the loss cannot be accepted: {error}")),
        }
        world.disk_amiss(0);
    }

    fn intended(&self, platform: usize, wish: &Wish) -> (Intended, Before) {
        let inner = self.world.inner();
        let platform = &inner.platforms[platform];
        let account = |at: usize| account_id(&platform.account_id(at));
        let at = |card: usize| CardAt {
            account: account(platform.cards[card].account),
            card: CardId::parse(&platform.card_id(card)).expect("an id"),
            last_four: None,
        };
        let description = Some(SafeText::prose(&format!("wish {}", wish.id)));
        let amount = usd(wish.cents);
        let both = |account: usize, other: i64| Before {
            account: Some(usd(platform.accounts[account])),
            other: Some(usd(other)),
        };
        match wish.act {
            Act::TopUp { card } => {
                let before = both(platform.cards[card].account, platform.cards[card].cents);
                (Intended::TopUp { at: at(card), amount, description }, before)
            }
            Act::Withdraw { card } => {
                let before = both(platform.cards[card].account, platform.cards[card].cents);
                (Intended::Withdraw { at: at(card), amount, description }, before)
            }
            Act::Transfer { from } => {
                let before = both(from, platform.accounts[1 - from]);
                (Intended::Transfer { from: account(from), to: account(1 - from), amount, description }, before)
            }
            Act::Issue { account: of } => {
                let order = CardOrder {
                    name: SafeText::name(&format!("Wish {}", wish.id)),
                    holder: HolderId::parse(&platform.holder_id()).expect("an id"),
                    kind: CardKind::Virtual,
                    currency: None,
                    bin: BinChoice::Default,
                    limits: Vec::new(),
                };
                (Intended::IssueCard { account: account(of), order }, Before::default())
            }
            Act::Freeze { card } => (Intended::Freeze(at(card)), Before::default()),
            Act::Unfreeze { card } => (Intended::Unfreeze(at(card)), Before::default()),
        }
    }

    /// A wish is confirmed: what becomes of its request is set, and it is counted.
    fn confirm(&mut self, slot: usize, wish: &Wish, fate: Fate) -> Option<(u64, u64, usize)> {
        let program = self.programs[slot].as_ref().filter(|program| !program.life.is_over())?;
        let (number, platform) = (program.number, program.platform);
        if let Some(stop) = fate.stop {
            self.world.count(format!("stop: {stop:?}"));
            program.life.stop_at(stop);
        }
        self.tickets += 1;
        let mut inner = self.world.inner();
        // What was meant for an earlier one that never came so far is not left for this.
        inner.fates.retain(|(_, act, _)| *act != wish.act || act.counts());
        inner.fates.push((wish.id, wish.act, fate));
        let fresh = Asked { wish: wish.clone(), platform, confirmed: 0, overridden: 0 };
        inner.wishes.entry(wish.id).or_insert(fresh).confirmed += 1;
        Some((self.tickets, number, platform))
    }

    fn order(&mut self, slot: usize, wish: Wish, despite: Vec<Reference>, tries: u32) {
        let fate = if tries == 0 { wish.fate } else { GOOD };
        let Some((ticket, number, platform)) = self.confirm(slot, &wish, fate) else { return };
        let world = Arc::clone(&self.world);
        let again = if tries > 0 { " again" } else { "" };
        let over = if despite.is_empty() { String::new() } else { format!(", despite {despite:?}") };
        world.tell(format!("confirm{again} {wish} on program {number}{over} [{fate:?}]"));
        if let (Act::Freeze { card }, true) =
            (wish.act, fate.hears != Hears::NotConnected && fate.held_up.is_none() && fate.stop.is_none())
        {
            let offline = world.weather() == Some(Weather::Offline);
            if !offline {
                let now = self.now();
                world.inner().freezing.push((card, now, 1000));
            }
        }
        let (act, before) = self.intended(platform, &wish);
        let order = Order { ticket, wish: Wanted::One { act, before }, why: None, despite, secret: None };
        if let Some(program) = &self.programs[slot] {
            drop(program.commands.send(Command::Act(Box::new(order))));
        }
        self.orders.push((ticket, slot, self.now()));
        if wish.act.counts() && wish.then != Then::Nothing {
            let at = self.now();
            self.pending.push(Pending { wish, slot, number, ticket, at, tries, in_plan: false });
        }
    }

    fn plan(&mut self, slot: usize, wishes: Vec<Wish>) {
        let mut acts = Vec::new();
        let mut ticket = 0;
        for wish in wishes {
            let fate = Fate { stop: None, ..wish.fate };
            let Some((of, number, platform)) = self.confirm(slot, &wish, fate) else { return };
            ticket = of;
            self.world.tell(format!("confirm {wish} in a plan on program {number} [{fate:?}]"));
            acts.push(self.intended(platform, &wish));
            let at = self.now();
            self.pending.push(Pending { wish, slot, number, ticket, at, tries: 0, in_plan: true });
        }
        let order = Order { ticket, wish: Wanted::Each(acts), why: None, despite: Vec::new(), secret: None };
        if let Some(program) = &self.programs[slot] {
            drop(program.commands.send(Command::Act(Box::new(order))));
        }
    }

    /// What the person does about what was not done at once. Sees what the screen shows, and nothing else.
    fn person(&mut self) {
        let now = self.now();
        let mut again: Vec<(usize, Wish, Vec<Reference>, u32)> = Vec::new();
        let pending = std::mem::take(&mut self.pending);
        for pending in pending {
            if now.saturating_sub(pending.at) < 5 * SECOND {
                self.pending.push(pending);
                continue;
            }
            let home = self.world.inner().wishes.get(&pending.wish.id).map_or(0, |asked| asked.platform);
            let there = |program: &&Program| {
                !program.life.is_over() && program.platform == home && program.screen.borrow().journal_read
            };
            let slots = [pending.slot, 0, 1, 2];
            let found = slots.into_iter().find_map(|slot| Some((slot, self.programs[slot].as_ref().filter(there)?)));
            let Some((slot, program)) = found else {
                self.pending.push(pending);
                continue;
            };
            if now.saturating_sub(program.begun) < 4 * SECOND || !program.ops.is_bound() {
                self.pending.push(pending);
                continue;
            }
            let screen = program.screen.borrow();
            let of_wish = |intent: &Intent| wish_of(intent) == Some(pending.wish.id);
            let shown = screen
                .model
                .operations()
                .outcomes()
                .past()
                .iter()
                .rev()
                .find(|past| of_wish(&past.intent) && past.elsewhere.is_none());
            let heard = screen.heard.get(&pending.ticket).filter(|_| program.number == pending.number);
            let impatient = pending.wish.then == Then::Impatient;
            let (asks, despite) = match (shown.map(|past| (past.stage, past.intent.reference)), heard) {
                // It is done, or on its way.
                (Some((stage, _)), _) if !stage.is_unknown() && !stage.denies() && stage > Stage::Sent => continue,
                // Its own order is still on its way.
                (_, None) if program.number == pending.number && !pending.in_plan && now - pending.at < 60 * SECOND => {
                    (false, Vec::new())
                }
                (_, Some(Heard::Held { waits_on: Some(on), .. })) if pending.wish.then == Then::Override => {
                    (true, vec![*on])
                }
                (_, Some(Heard::Held { .. })) => (true, Vec::new()),
                (None, None) if program.number == pending.number && now - pending.at < 60 * SECOND => {
                    (false, Vec::new())
                }
                (None, _) => (true, Vec::new()),
                (Some((Stage::Refused | Stage::NotSent | Stage::SettledNotDone, _)), _) => (true, Vec::new()),
                (Some((Stage::Unknown | Stage::NotSeen | Stage::NeedsPerson, of)), _) => match pending.wish.then {
                    Then::Override if now - pending.at > 30 * SECOND => (true, vec![of]),
                    _ => {
                        if impatient {
                            self.world.inner().on_sight.push((pending.wish.id, of));
                        }
                        (impatient, Vec::new())
                    }
                },
                (Some((Stage::Recorded | Stage::Sent, _)), _) => {
                    (impatient && now - pending.at > 20 * SECOND, Vec::new())
                }
                (Some(_), _) => continue,
            };
            drop(screen);
            if asks && pending.tries < 3 {
                again.push((slot, pending.wish.clone(), despite, pending.tries + 1));
            } else if pending.tries < 3 && now.saturating_sub(pending.at) < 20 * MINUTE {
                self.pending.push(pending);
            }
        }
        for (slot, wish, despite, tries) in again {
            if !despite.is_empty() {
                self.world.count("event: override");
                let mut inner = self.world.inner();
                if let Some(asked) = inner.wishes.get_mut(&wish.id) {
                    asked.overridden += 1;
                }
            }
            self.world.count("event: asks again");
            self.order(slot, wish, despite, tries);
        }
    }

    /// A person compares with the platform's own list and says what is so.
    fn decide(&self, slot: usize) {
        let Some(program) = self.programs[slot].as_ref().filter(|program| !program.life.is_over()) else { return };
        let screen = program.screen.borrow();
        for past in screen.model.operations().outcomes().past() {
            let reference = past.intent.reference;
            if past.elsewhere.is_some()
                || past.stage.is_final()
                || !past.stage.may_be_decided()
                || !past.stage.is_unknown()
            {
                continue;
            }
            if let Some(done) = self.truth(program.platform, reference) {
                self.world.count("event: decide");
                self.world.tell(format!("decide that {reference} was {}done", if done { "" } else { "not " }));
                drop(program.commands.send(Command::Decide {
                    references: vec![reference],
                    done,
                    words: "compared".into(),
                }));
            }
        }
    }

    /// What the platform's own people would say; nothing where it is still to come.
    fn truth(&self, platform: usize, reference: Reference) -> Option<bool> {
        let inner = self.world.inner();
        let attempt = inner.platforms[platform].attempts.iter().find(|attempt| attempt.reference == Some(reference));
        match attempt.map_or(Truth::Never, |attempt| attempt.truth) {
            Truth::Coming => None,
            Truth::Done(_) => Some(true),
            Truth::Never | Truth::Declined | Truth::Reversed => Some(false),
        }
    }

    /// The rest of the day: programs are closed most of the time.
    async fn later(&mut self) {
        for (after, long) in self.world.script.visits.clone() {
            if self.world.has_found() {
                return;
            }
            (0..3).for_each(|slot| self.kill(slot, "is closed"));
            self.waiting = [None; 3];
            let wait = (self.world.script.length + after).saturating_sub(self.now()).max(20 * MINUTE);
            self.world.tell(format!("{} hours pass", wait / (60 * MINUTE)));
            self.world.sleep(wait);
            self.world.count("event: visit");
            self.start(0, Place::Here, 0).await;
            let until = self.now() + long;
            self.until(until).await;
        }
    }

    /// Everything that was wrong is over; everything that happened must be known or stand open.
    async fn end(&mut self) {
        if self.world.has_found() {
            return;
        }
        (0..3).for_each(|slot| self.kill(slot, "is closed"));
        self.waiting = [None; 3];
        self.pending.clear();
        // What was still to come has come.
        self.world.sleep(15 * MINUTE);
        {
            let mut state = self.world.disk.state();
            (state.fails_until, state.locked_until) = (0, 0);
        }
        self.world.inner().weather.clear();
        self.accept_loss();
        let homes = if self.world.script.second == Second::None { 1 } else { 2 };
        for home in 0..homes {
            if self.world.has_found() {
                return;
            }
            self.world.tell("the end begins");
            self.start(0, Place::Here, home).await;
            let until = self.now() + 200 * SECOND;
            self.until(until).await;
            self.last_look(home).await;
            self.kill(0, "is closed");
        }
    }

    async fn last_look(&mut self, home: usize) {
        if self.world.has_found() {
            return;
        }
        let Some(program) = &self.programs[0] else {
            self.world.find("9: no program can be started at the end");
            return;
        };
        if let Some(fault) = program.ops.journal_fault() {
            self.world.find(format!("9: the journal cannot be used at the end: {fault}"));
            return;
        }
        checks::at_the_end(&self.world, home, &program.ops);
        if let Some(why) = {
            let screen = program.screen.borrow();
            let tally = screen.model.operations().tally();
            checks::disagreement(&program.ops, screen.model.operations().outcomes().past(), &tally)
        } {
            self.world.find(why);
        }
        // 3b: every open entry can be ended by a person.
        for entry in program.ops.unfinished() {
            let reference = entry.intent.reference;
            self.world.count(format!("end: {}", entry.stage.word()));
            let Some(done) = self.truth(home, reference) else { continue };
            if !entry.stage.may_be_decided() {
                self.world.find(format!("3b: {reference} is \"{}\" and nobody can end it", entry.stage));
                continue;
            }
            match program.ops.decide(reference, done, "compared").await {
                Ok(()) if program.ops.stage(reference).is_some_and(Stage::is_final) => {}
                outcome => self.world.find(format!(
                    "3b: {reference} was \"{}\", was decided ({outcome:?}) and is {:?}",
                    entry.stage,
                    program.ops.stage(reference)
                )),
            }
        }
        let inner = self.world.inner();
        let _ = money(inner.platforms[home].accounts[0]);
    }
}

fn kind(act: Act) -> &'static str {
    match act {
        Act::TopUp { .. } => "top up",
        Act::Withdraw { .. } => "withdraw",
        Act::Transfer { .. } => "transfer",
        Act::Issue { .. } => "issue",
        Act::Freeze { .. } => "freeze",
        Act::Unfreeze { .. } => "unfreeze",
    }
}

/// The wish that an intent is for.
fn wish_of(intent: &Intent) -> Option<u32> {
    let text = match &intent.act {
        Intended::IssueCard { order, .. } => order.name.as_str().strip_prefix("Wish ")?.to_owned(),
        act => act.description()?.as_str().strip_prefix("wish ")?.to_owned(),
    };
    text.parse().ok()
}

fn nobody() -> Who {
    Who {
        uid: 1000,
        user: None,
        host: SafeText::name("desk"),
        tty: None,
        ssh: false,
        // No such process: entries without a process are asked of the real table.
        pid: u32::MAX,
        version: SafeText::name("0"),
        process: None,
    }
}

/// A journal with an entry that needs a person, and a thousand newer ones.
fn long_journal(world: &World) {
    static MADE: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = super::disk::Folder::new("made", world.clocks);
        let life = Arc::new(Life::default());
        let at: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().expect("a time");
        let mut journal = Journal::open_on(folder.of(&life), None, "shop", at).expect("a journal");
        let card =
            CardAt { account: account_id("acc-0"), card: CardId::parse("card-1").expect("an id"), last_four: None };
        let mut records = Vec::new();
        for number in 0..1_005u64 {
            let bytes = (number + 1).to_be_bytes();
            let reference =
                Reference::from_random([bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7] | 1]);
            let reference = if number == 0 {
                reference
            } else {
                Reference::from_random([9, 9, bytes[4], bytes[5], bytes[6], bytes[7], 0])
            };
            let act = Intended::TopUp { at: card.clone(), amount: usd(100), description: None };
            let intent = Intent {
                reference,
                act,
                who: nobody(),
                profile: SafeText::name("shop"),
                why: None,
                asked_at: at,
                before: Before::default(),
                despite: Vec::new(),
                cards_before: None,
            };
            records.push(Record::Asked(Box::new(intent)));
            if number == 0 {
                records.push(Record::Step(reference, Step::Sent { skew_ms: None }));
                records.push(Record::Step(
                    reference,
                    Step::Unknown { reason: SafeText::prose("no answer"), status: None },
                ));
                records.push(Record::Step(reference, Step::NeedsPerson(Evidence::new("compare"))));
            } else {
                records.push(Record::Step(reference, Step::NotSent { reason: SafeText::prose("offline") }));
            }
        }
        journal.append(at, records, |_| Ok::<(), fourpay::ops::JournalError>(())).expect("written");
        folder.names().into_iter().map(|name| (name.clone(), folder.bytes(&name).unwrap_or_default())).collect()
    });
    for (name, bytes) in made {
        world.disk.put(name, bytes.clone());
    }
    world.count("event: a thousand newer entries");
}

/// What a script is made of, for shrinking.
pub fn without(script: &Script, from: usize, many: usize) -> Script {
    let mut less = script.clone();
    less.events.drain(from..(from + many).min(script.events.len()));
    less
}
