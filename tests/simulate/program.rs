//! One run of the program: the real poller, the real task of acts, the real dashboard, on the clocks, the disk and the
//! wire of a world.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fourpay::api::{Client, Settings};
use fourpay::app::msg::{Effect, JournalState, Msg, Setup, Watch};
use fourpay::app::{self, Model};
use fourpay::clock::Clock as _;
use fourpay::domain::intent::{Process, Reference, Who};
use fourpay::domain::secret::Token;
use fourpay::domain::settings::{Environment, Zone};
use fourpay::domain::text::SafeText;
use fourpay::ops::{Journal, Ops};
use fourpay::runtime::acts::{self, Command};
use fourpay::runtime::clock::Clock;
use fourpay::runtime::poller::{Ends, Poller, Request};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, sleep_until};

use super::checks;
use super::clocks::Shared;
use super::disk::Life;
use super::script::{Place, Second};
use super::wire::Wire;
use super::world::World;

thread_local! {
    /// The processes that run, by their id.
    static PROCESSES: RefCell<BTreeMap<u32, Process>> = const { RefCell::new(BTreeMap::new()) };
}

fn find_process(pid: u32) -> Option<Process> {
    PROCESSES.with_borrow(|processes| processes.get(&pid).cloned())
}

/// What the person was told of an order.
#[derive(Clone, Debug)]
pub enum Heard {
    Held { why: String, waits_on: Option<Reference> },
    Refused,
    Ordered,
    Checking,
}

/// What is on the screen.
pub struct Screen {
    pub model: Model,
    pub heard: BTreeMap<u64, Heard>,
    pub journal_read: bool,
    pub state: JournalState,
    /// Since when screen and journal have not agreed, in milliseconds.
    pub apart: Option<u64>,
    drawn: u32,
}

pub struct Program {
    pub number: u64,
    pub platform: usize,
    pub begun: u64,
    pub life: Arc<Life>,
    pub ops: Ops,
    pub commands: mpsc::UnboundedSender<Command>,
    pub screen: Rc<RefCell<Screen>>,
    pid: u32,
    tasks: Vec<AbortHandle>,
}

/// Who runs it.
fn who(number: u64, place: Place, boot: u64) -> Who {
    let container = place == Place::Container;
    let pid = if container { 1 } else { 1000 + number as u32 };
    let process = Process {
        machine: SafeText::name("machine"),
        boot: SafeText::name(&format!("boot-{boot}")),
        namespace: if container { 100 + number } else { 1 },
        started: number,
    };
    Who {
        uid: 1000,
        user: Some(SafeText::name("ana")),
        host: SafeText::name(&if container { format!("box-{number}") } else { "desk".to_owned() }),
        tty: None,
        ssh: false,
        pid,
        version: SafeText::name("0"),
        process: Some(process),
    }
}

/// Where a platform is.
pub fn address(second: Second, platform: usize) -> &'static str {
    match (second, platform) {
        (Second::Copied, 1) => "https://two.example",
        _ => "https://one.example",
    }
}

/// Starts a program; the error is why its journal cannot be used.
pub async fn start(
    world: &Arc<World>,
    number: u64,
    place: Place,
    platform: usize,
    boot: u64,
) -> Result<Program, String> {
    let life = Arc::new(Life::default());
    let shared: Arc<OnceLock<Ops>> = Arc::default();
    let wire = Wire { world: Arc::clone(world), platform, number, life: Arc::clone(&life), ops: Arc::clone(&shared) };
    let base_url = address(world.script.second, platform);
    let settings = Settings { clock: world.clocks, ..Settings::new(base_url) };
    let token = Token::parse(format!("token-{platform}").into()).expect("a token");
    let client = Client::with_sender(settings, token, Arc::new(wire)).expect("a client");
    let clock = Clock::of(world.clocks);
    world.inner().of_program.insert(number, platform);
    let journal = Journal::open_on(world.disk.of(&life), Some(world.copy.of(&life)), "shop", world.clocks.wall());
    let journal = journal.map_err(|error| error.to_string())?;
    let who = who(number, place, boot);
    let pid = who.pid;
    if let Some(process) = who.process.clone() {
        PROCESSES.with_borrow_mut(|processes| processes.insert(pid, process));
    }
    let ops = Ops::new_as(client.clone(), journal, "shop", false, Shared(world.clocks), (who, find_process)).await;
    let ops = ops.map_err(|error| error.to_string())?;
    drop(shared.set(ops.clone()));
    let setup = Setup {
        environment: Environment::Production,
        profile: "shop".into(),
        base_url: base_url.to_owned(),
        zone: Zone::Utc,
        history: 500,
        ..Setup::default()
    };
    let model = Model::new(setup, (120, 30), clock.now());
    let (out, answers) = mpsc::channel(64);
    let (shown, watched) = watch::channel(model.watch());
    let (requests, asked) = mpsc::unbounded_channel();
    let (commands, ordered) = mpsc::unbounded_channel();
    let (notice, noticed) = mpsc::unbounded_channel();
    let state = JournalState::default();
    let screen = Rc::new(RefCell::new(Screen {
        model,
        heard: BTreeMap::new(),
        journal_read: false,
        state,
        apart: None,
        drawn: 0,
    }));
    let refresh = Duration::from_secs(world.script.refresh);
    let poller = Poller::new(client, clock, 500, refresh).with_notice(notice).run(Ends {
        out: out.clone(),
        watch: watched,
        requests: asked,
    });
    let acting = acts::run(ops.clone(), out, requests.clone(), ordered, noticed, watch::channel(0).0);
    let looking = look(
        Eye {
            world: Arc::clone(world),
            number,
            ops: ops.clone(),
            life: Arc::clone(&life),
            screen: Rc::clone(&screen),
            clock,
            shown,
            requests,
            commands: commands.clone(),
        },
        answers,
    );
    let tasks = vec![
        tokio::task::spawn_local(poller).abort_handle(),
        tokio::task::spawn_local(acting).abort_handle(),
        tokio::task::spawn_local(looking).abort_handle(),
    ];
    world.amiss(0);
    Ok(Program { number, platform, begun: world.clocks.ms(), life, ops, commands, screen, pid, tasks })
}

impl Program {
    /// Stops it between two steps, whatever it is doing.
    pub fn kill(&self) {
        self.life.end();
        for task in &self.tasks {
            task.abort();
        }
        PROCESSES.with_borrow_mut(|processes| {
            if processes.get(&self.pid).is_some_and(|process| process.started == self.number) {
                processes.remove(&self.pid);
            }
        });
    }
}

struct Eye {
    world: Arc<World>,
    number: u64,
    ops: Ops,
    life: Arc<Life>,
    screen: Rc<RefCell<Screen>>,
    clock: Clock,
    shown: watch::Sender<Watch>,
    requests: mpsc::UnboundedSender<Request>,
    commands: mpsc::UnboundedSender<Command>,
}

/// The loop of the dashboard: messages in, effects out.
async fn look(eye: Eye, mut answers: mpsc::Receiver<Msg>) {
    loop {
        let wake = eye.screen.borrow().model.wake_at();
        // No blinking for nobody: what moves by itself is looked at once a second.
        let wake = wake.map(|up| Instant::now() + up.saturating_sub(eye.clock.up()).max(Duration::from_secs(1)));
        tokio::select! {
            biased;
            msg = answers.recv() => match msg {
                Some(msg) => eye.take(msg),
                None => return,
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => eye.take(Msg::Woke),
        }
        if eye.life.is_over() {
            sleep(Duration::from_secs(1_000_000)).await;
        }
        let wanted = eye.screen.borrow().model.watch();
        eye.shown.send_if_modified(|shown| {
            let changed = *shown != wanted;
            *shown = wanted;
            changed
        });
    }
}

impl Eye {
    fn take(&self, msg: Msg) {
        let screen = &mut *self.screen.borrow_mut();
        let read = matches!(msg, Msg::JournalRead(_));
        match &msg {
            Msg::Held { ticket, why, waits_on } => {
                self.world.count("told: held");
                self.world.tell(format!("program {}: order {ticket} {why}", self.number));
                screen.heard.insert(*ticket, Heard::Held { why: why.clone(), waits_on: *waits_on });
            }
            Msg::Refused { ticket, reference, .. } => {
                self.world.tell(format!("program {}: order {ticket} refused, {reference}", self.number));
                screen.heard.insert(*ticket, Heard::Refused);
            }
            Msg::Ordered { ticket, .. } => drop(screen.heard.insert(*ticket, Heard::Ordered)),
            Msg::Checking { ticket, .. } => drop(screen.heard.insert(*ticket, Heard::Checking)),
            Msg::Unwritten { reference, words, .. } => {
                self.world.count("told: unwritten");
                self.world.tell(format!("program {}: {reference} {words}, not written down", self.number));
            }
            Msg::JournalMended(_) => self.world.count("told: mended"),
            Msg::JournalChanged(state) => {
                let word = match state {
                    JournalState::Fine => "fine",
                    JournalState::Waiting(_) => "waiting",
                    JournalState::Troubled(_) => "troubled",
                    JournalState::Faulty(_) => "faulty",
                    JournalState::Missing(_) => "missing",
                };
                self.world.count(format!("journal: {word}"));
                self.world.tell(format!("program {}: the journal is {word}", self.number));
                screen.state = state.clone();
            }
            _ => {}
        }
        let outcome = app::update(&mut screen.model, self.clock.now(), msg);
        for effect in outcome.effects {
            match effect {
                Effect::Refresh => drop(self.requests.send(Request::Refresh)),
                Effect::Fetch(topic) => drop(self.requests.send(Request::Fetch(topic))),
                Effect::Act(order) => drop(self.commands.send(Command::Act(order))),
                _ => {}
            }
        }
        if read {
            screen.journal_read = true;
            checks::told(&self.world, &self.ops, self.number, screen.model.operations().outcomes().past());
            if screen.drawn < 2 && outcome.redraw {
                screen.drawn += 1;
                let mut terminal = Terminal::new(TestBackend::new(120, 30)).expect("a drawing in memory");
                let (model, now) = (&screen.model, self.clock.now());
                terminal.draw(|frame| app::view(model, now, frame)).expect("a drawing in memory");
            }
        }
    }
}
