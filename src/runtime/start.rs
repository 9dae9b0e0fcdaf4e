//! From settings to a running dashboard.
//!
//! The first frame is drawn before anything is asked: the sandbox, the connection and every read start
//! behind it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

use super::acts::{self, Command};
use super::clipboard::{Clipboard, Gone};
use super::clock::Clock;
use super::deliveries;
use super::lock::{self, Keeper, ReadAgain};

use super::poller::{Ends, Poller, Request};
use super::secrets::{self, Assured, Care, Vault};

use super::session;
use super::terminal::{self, Screen};
use super::{Channels, ExitReason, Signal, Sought, Wanted, run};
use super::{connect, input, log, osc52};
use super::{kept, remembered};
use crate::api::{Client, Settings};
use crate::app::Model;
use crate::app::msg::{JournalState, Msg, Topic};
use crate::domain::settings::UnlockMethod;

use crate::app::login::LoggedIn;
use crate::child::Terminal;
use crate::config::{self, Began, Complaint, Config, Profile, Target};
use crate::credentials::command::NO_TERMINAL;
use crate::credentials::{Found, Source, Sources};
use crate::domain::failure::Failure;
use crate::domain::secret::Token;
use crate::domain::settings::Ground;
use crate::files;
use crate::ops::{Journal, Ops, SystemClock};
use crate::passphrase::Passphrase;
use crate::remote;
use crate::sandbox::{self, Sandbox};
use zeroize::Zeroizing;

/// How long tasks that are still waiting may hold up the end (R10).
const GOODBYE: Duration = Duration::from_millis(300);
/// What is left on the terminal when nothing could have opened the lock.
const NOBODY_THERE: &str = "fourpay ended because no key was pressed for a while. The token came from the environment \
                            or was typed, and could not have been asked for again; with a passphrase (fourpay passphrase) it locks instead.";
/// Messages that may wait for the dashboard; beyond it the poller waits.
const WAITING: usize = 64;

/// Everything that a profile's dashboard begins with.
#[derive(Debug)]
pub struct Ready {
    pub(super) config: Config,
    /// `None` for the embedded sandbox, which has its own.
    pub(super) found: Option<Found>,
    pub(super) passphrase: Option<Passphrase>,
    /// It was begun by a login, of which this came.
    pub(super) logged_in: Option<LoggedIn>,
}

impl Ready {
    /// Reads what opens the lock, and the credential. May wait for another program.
    fn read(config: Config, terminal: Terminal) -> anyhow::Result<Ready> {
        let passphrase = passphrase(&config)?;
        let found = found(&config, terminal)?;
        Ok(Ready { config, found, passphrase, logged_in: None })
    }
}

/// Whether somebody starts the program for the first time, with nothing set up. It is not the first time any more
/// from then on.
fn is_first(config: &Config) -> bool {
    let Some(state) = config.state_folder.as_ref().filter(|_| config.is_unset()) else { return false };
    let mark = state.join("welcomed");
    !mark.exists() && files::write_private(&mark, b"").is_ok()
}

/// Runs the dashboard until it is left; the exit code.
pub fn dashboard(config: Config) -> anyhow::Result<i32> {
    let clock = Clock::start();
    if let Some(state) = &config.state_folder {
        log::open(state);
    }
    // While the terminal is the person's: a password manager may ask for its passphrase there (S2).
    let mut ready = Ready::read(config, Terminal::Lent)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut screen = Screen::take()?;
    terminal::watch_for_hangup();
    terminal::give_back_on_abort()?;
    let (signals_in, mut signals) = mpsc::channel(8);
    let (gone_in, gone) = mpsc::unbounded_channel();
    let gone = Arc::new(Mutex::new(gone));
    let clipboard = Clipboard::start(clock, move |gone| {
        let _ = gone_in.send(gone);
    });
    let reading = input::listen()?;
    screen.read_by(reading.control.clone());
    listen_for_signals(signals_in, clipboard.clone(), reading.control)?;
    // Whatever a terminal makes of a question that it does not know is painted over by the first frame.
    if ready.config.book.wants_ground() && may_ask_ground() {
        screen.hand(terminal::ASK_GROUND)?;
    }
    let ground = reading.ground;
    let assured = Arc::new(Assured::default());
    let mut unkept: Option<(PathBuf, std::io::Error)> = None;
    let left = runtime.block_on(async {
        let mut input = reading.events;
        let mut listens = false;
        let mut welcome = is_first(&ready.config);
        let unkept = &mut unkept;
        loop {
            let mut setup = ready.config.setup();
            setup.welcome = std::mem::take(&mut welcome);
            setup.locking.opens = opens(ready.found.as_ref(), ready.passphrase.is_some());
            setup.locking.asks = ready.found.as_ref().is_some_and(|found| matches!(found.source, Source::Command(_)));
            if setup.mouse || listens {
                screen.capture(setup.mouse)?;
                listens = true;
            }
            let keeps = kept::place(&ready.config);
            let before = keeps.as_deref().map(kept::read);
            match &before {
                Some(Ok(kept)) => setup.kept = kept.clone(),
                Some(Err(why)) => setup.complaints.insert(0, why.clone()),
                None => {}
            }
            let mut model = Model::new(setup, screen.size(), clock.now());
            // Everything behind the profile; it ends when another takes over.
            let (mut tasks, mut writes) = (JoinSet::new(), JoinSet::new());
            let (handed, to_hand) = mpsc::channel(4);
            let terminal = osc52::Terminal::new(clock, handed);
            let desktop = Desktop {
                gone: Arc::clone(&gone),
                clipboard: clipboard.clone(),
                terminal: terminal.clone(),
                assured: Arc::clone(&assured),
            };
            let channels = behind(ready, &model, clock, (&mut tasks, &mut writes), desktop, ground.clone());
            let left = run(&mut model, &mut screen, channels(input, signals, to_hand), clock).await;
            // A view that was saved just before the end is written.
            drop(tokio::time::timeout(GOODBYE, writes.join_next()).await);
            // C1: what the terminal was given is taken back while it still listens.
            if let Some(bytes) = terminal.taken_back() {
                let _ = screen.hand(&bytes);
            }
            let after = model.kept();
            if let (Some(path), true) = (&keeps, before.is_some_and(|before| before.as_ref() != Ok(&after)))
                && let Err(error) = kept::write(path, &after)
            {
                *unkept = Some((path.clone(), error));
            }
            match left {
                Ok(ExitReason::For { ready: other, input: keys, signals: heard }) => {
                    // A copy that was under way ends first, so that it is forgotten too.
                    tasks.shutdown().await;
                    drop(clipboard.forget_soon());
                    (ready, input, signals) = (*other, keys, heard);
                }
                Ok(ExitReason::Code(code)) => return Ok(Some(code)),
                Ok(ExitReason::Locked) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    });
    drop(screen);
    clipboard.forget();
    runtime.shutdown_timeout(GOODBYE);
    if let Some((path, error)) = unkept {
        let _ = writeln!(std::io::stderr(), "fourpay: {} could not be written ({error})", path.display());
    }
    match left? {
        Some(code) => Ok(code),
        None => {
            let _ = writeln!(std::io::stderr(), "{NOBODY_THERE}");
            Ok(0)
        }
    }
}

/// Starts what works behind one profile's dashboard.
fn behind(
    ready: Ready,
    model: &Model,
    clock: Clock,
    (tasks, writes): (&mut JoinSet<()>, &mut JoinSet<()>),
    desktop: Desktop,
    mut ground: watch::Receiver<Option<Ground>>,
) -> impl FnOnce(input::Events, mpsc::Receiver<Signal>, mpsc::Receiver<osc52::Bytes>) -> Channels + use<> {
    let Ready { config, found, passphrase, logged_in } = ready;
    let (out, answers) = mpsc::channel(WAITING);
    if let Some(done) = logged_in {
        // There is room: nothing was sent yet.
        let _ = out.try_send(Msg::LoggedIn(Ok(done)));
    }
    let tell = out.clone();
    tasks.spawn(async move {
        let told = ground.wait_for(Option::is_some).await.ok().and_then(|told| *told);
        if let Some(ground) = told {
            // A dashboard that is gone needs to know nothing.
            let _ = tell.send(Msg::GroundSeen(ground)).await;
        }
    });
    let (watch, watched) = watch::channel(model.watch());
    let (requests, asked) = mpsc::unbounded_channel();
    let (views, changes) = mpsc::unbounded_channel();
    let file = config.config_folder.as_ref().map(|folder| folder.join("config.toml"));
    writes.spawn(kept::write_views(file, changes, out.clone()));
    let (exports, lists) = mpsc::unbounded_channel();
    writes.spawn(super::exports::write(lists, out.clone()));
    let ends = Ends { out, watch: watched, requests: asked };
    let (commands, ordered) = mpsc::unbounded_channel();
    let (secrets, wished) = mpsc::unbounded_channel();
    let (lock, locked) = mpsc::unbounded_channel();
    let (profiles, wanted) = mpsc::unbounded_channel();
    let (finds, sought) = mpsc::unbounded_channel();
    tasks.spawn(find_profiles(config.began.clone(), wanted, finds));
    let orders = Orders { commands: ordered, requests: requests.clone() };
    let (session, asked_of_session) = mpsc::unbounded_channel();
    let locks = Locks { locked, passphrase, session: asked_of_session };
    tasks.spawn(read_on(config, found, clock, ends, orders, Wishes { wished, desktop }, locks));
    move |input, signals, terminal| Channels {
        input,
        signals,
        answers,
        watch,
        requests,
        commands,
        secrets,
        lock,
        session,
        views,
        exports,
        terminal,
        profiles,
        sought,
    }
}

/// Reads the settings and the credential of each profile that is asked for, or checks the one that was typed.
async fn find_profiles(
    began: Began,
    mut wanted: mpsc::UnboundedReceiver<Wanted>,
    finds: mpsc::UnboundedSender<Sought>,
) {
    while let Some(wanted) = wanted.recv().await {
        let (began, of, runtime) = (began.clone(), wanted.clone(), tokio::runtime::Handle::current());
        let read = move || match of {
            Wanted::Profile(name) => {
                let config = Config::change(&began, &name, config::Environment::read()?)?;
                Ready::read(config, Terminal::None).map(Box::new)
            }
            Wanted::Login(entered) => connect::connect(&began, &entered, &runtime).map(Box::new),
        };
        // A credential may be slow to come.
        let found = match tokio::task::spawn_blocking(read).await {
            Ok(found) => found.map_err(|error| match (&wanted, error.to_string()) {
                (Wanted::Profile(name), why) if why.contains(NO_TERMINAL) => {
                    format!("{why}; `fourpay --profile {name}` starts with a terminal for it")
                }
                (_, why) => why,
            }),
            Err(_) => Err("its settings could not be read".to_owned()),
        };
        let _ = finds.send((wanted, found));
    }
}

/// The passphrase that opens the lock. One that cannot be read, or that is wanted and was never set, is no reason
/// to do without.
pub fn passphrase(config: &Config) -> anyhow::Result<Option<Passphrase>> {
    let name = &config.profile.name;
    let set = match &config.state_folder {
        Some(state) => Passphrase::read(state, name).map_err(anyhow::Error::msg)?,
        None => None,
    };
    if config.profile.passphrase && set.is_none() {
        anyhow::bail!("profile {name} wants a passphrase and none is set; run: fourpay passphrase --profile {name}");
    }
    Ok(set)
}

/// Whether the terminal may be asked anything: GNU screen, the console and old terminals show the question.
pub(super) fn may_ask() -> bool {
    let term = config::term();
    let shows = ["screen", "linux", "vt", "dumb", "cons"].iter().any(|name| term.starts_with(name));
    !shows && !term.is_empty() && !remote::keepers().iter().any(|name| name == "screen")
}

/// Whether it may be asked for its ground: over a connection the answer may come when nobody expects it any more.
fn may_ask_ground() -> bool {
    may_ask() && remote::place() == remote::Place::Here
}

/// What opens the lock again.
fn opens(found: Option<&Found>, passphrase: bool) -> UnlockMethod {
    match found.map(|found| &found.source) {
        _ if passphrase => UnlockMethod::Passphrase,
        None => UnlockMethod::Anybody,
        Some(Source::Environment | Source::Typed) => UnlockMethod::Nothing,
        Some(source) => UnlockMethod::Source(source.to_string()),
    }
}

/// Where orders come from, and how the poller is asked to look at what they changed.
struct Orders {
    commands: mpsc::UnboundedReceiver<Command>,
    requests: mpsc::UnboundedSender<Request>,
}

/// Where wishes about secrets come from, and what they need.
struct Wishes {
    wished: mpsc::UnboundedReceiver<secrets::Command>,
    desktop: Desktop,
}

/// The clipboard, which outlives a profile, and what the terminal was given, which does not.
struct Desktop {
    gone: Arc<Mutex<mpsc::UnboundedReceiver<Gone>>>,
    clipboard: Clipboard,
    terminal: osc52::Terminal,
    assured: Arc<Assured>,
}

/// Where the lock is heard, and what opens it.
struct Locks {
    locked: mpsc::UnboundedReceiver<lock::Command>,
    passphrase: Option<Passphrase>,
    /// Where it is heard that somebody has to be known to the API again.
    session: mpsc::UnboundedReceiver<session::Command>,
}

/// Connects, and reads until the dashboard hangs up. Why it could not connect stands in the pane of accounts.
async fn read_on(
    mut config: Config,
    found: Option<Found>,
    clock: Clock,
    ends: Ends,
    orders: Orders,
    wishes: Wishes,
    locks: Locks,
) {
    let care = Care::new(&config.profile);
    let memory = remembered::Place::of(&config);
    let (history, refresh) = (config.profile.history, config.profile.refresh);
    let read_only = config.profile.read_only;
    let (state, profile) = (config.state_folder.clone(), config.profile.name.clone());
    let data = config.data_folder.clone();
    let source = found.as_ref().map(|found| found.source.clone());
    let (listen, signing) = (config.profile.listen, std::mem::take(&mut config.webhook));
    let requests = orders.requests.clone();
    let (client, world) = match connect(&config, found).await {
        Ok(connected) => connected,
        Err(failure) => {
            // Without a connection there is nothing to log in for.
            drop(locks.session);
            let reply = Msg::Replied { topic: Topic::Accounts, asked: 1, outcome: Err(failure) };
            if ends.out.send(reply).await.is_ok() {
                ends.out.closed().await;
            }
            return;
        }
    };
    // The demo merchant ends with the program, and what was done in it with it.
    let demo = world.is_some().then(tempfile::tempdir);
    let journal = match (&demo, &state) {
        (Some(Ok(folder)), _) => Ok(folder.path()),
        (Some(Err(error)), _) => Err(format!("no place for the journal of the demo ({error}); nothing can be changed")),
        (None, Some(state)) => Ok(state.as_path()),
        (None, None) => Err("there is no home folder to keep the journal in; nothing can be changed".to_owned()),
    };
    let door = match journal {
        Ok(state) => {
            // The demo's journal ends with it; a copy of its head would outlive it.
            let data = data.as_deref().filter(|_| demo.is_none());
            open_door(&client, (state, data), &profile, read_only, clock).await
        }
        Err(why) => Err(why),
    };
    let mut acting = tokio::task::JoinSet::new();
    let (ops, client_of, out) = (door.clone(), client.clone(), ends.out.clone());
    let Desktop { gone, clipboard, terminal, assured } = wishes.desktop;
    let vault = Vault { ops, client: client_of, clipboard, terminal, care, assured, out };
    acting.spawn(secrets::run(vault, wishes.wished, gone));
    let (busy_in, busy) = watch::channel(0);
    let (notice, noticed) = mpsc::unbounded_channel();
    let renews = matches!(source, Some(Source::Command(_) | Source::File(_) | Source::Keyring));
    let keeps = source.clone().unwrap_or(Source::Sandbox);
    let read_again = read_again(&mut config, source, world.as_ref());
    let keeper = session::Keeper {
        client: client.clone(),
        settings: settings(&config.profile, client.base_url().as_str()),
        profile: config.profile.name.clone(),
        read_again: Arc::clone(&read_again),
        source: keeps,
        renews,
        clock,
        requests: orders.requests.clone(),
        out: ends.out.clone(),
    };
    acting.spawn(session::run(keeper, locks.session));
    let keeper = Keeper {
        ops: door.clone(),
        client: client.clone(),
        read_again,
        passphrase: locks.passphrase,
        busy,
        requests: orders.requests.clone(),
        out: ends.out.clone(),
    };
    acting.spawn(lock::run(keeper, locks.locked));
    match door {
        Ok(ops) => {
            let acts = acts::run(ops, ends.out.clone(), orders.requests, orders.commands, noticed, busy_in);
            drop(acting.spawn(acts));
        }
        Err(why) => drop(ends.out.send(Msg::JournalChanged(JournalState::Missing(why))).await),
    }
    let secret = deliveries::look(signing, ends.out.clone());
    acting.spawn(secret.clone().map(drop));
    if let Some(address) = listen {
        acting.spawn(deliveries::receive(address, secret.clone(), clock, ends.out.clone(), requests));
    }
    let poller = Poller::new(client, clock, history, refresh).with_secret(secret).with_notice(notice);
    poller.with_memory(memory).run(ends).await;
    drop(world);
}

/// The door to everything that changes something. A journal that cannot be used yet is tried again.
async fn open_door(
    client: &Client,
    (state, data): (&Path, Option<&Path>),
    profile: &str,
    read_only: bool,
    clock: Clock,
) -> Result<Ops, String> {
    let journal = Journal::open_or_later(state, data, profile, clock.now().wall).map_err(|error| error.to_string())?;
    Ops::new(client.clone(), journal, profile, read_only, SystemClock).await.map_err(|error| error.to_string())
}

/// The credential, from where the profile says that it is; `None` for the embedded sandbox, which has its own.
pub fn found(config: &Config, terminal: Terminal) -> Result<Option<Found>, Complaint> {
    match &config.target {
        Target::Sandbox => Ok(None),
        Target::Api(api) => api.read(terminal).map(Some),
    }
}

fn settings(profile: &Profile, base_url: &str) -> Settings {
    Settings {
        auth: profile.auth,
        // The second lock, behind the one in `ops`.
        read_only: profile.read_only,
        paths: profile.paths.clone(),
        log: Some(log::exchange),
        ..Settings::new(base_url)
    }
}

/// The client for the API that was named, or for a sandbox that is started here.
pub async fn connect(config: &Config, found: Option<Found>) -> Result<(Client, Option<Sandbox>), Failure> {
    match (&config.target, found) {
        (Target::Api(api), Some(found)) => {
            let settings = settings(&config.profile, &api.base_url);
            let token = session::token(&settings, &found.credential).await?;
            Ok((Client::new(settings, token)?, None))
        }
        (Target::Api(_), None) => Err(Failure::not_sent("connect", "there is no credential")),
        (Target::Sandbox, _) => {
            let sandbox = Sandbox::start(sandbox::Options::demo())
                .await
                .map_err(|error| Failure::not_sent("start the embedded sandbox", &error.to_string()))?;
            let token = sandbox_token(&sandbox)?;
            let settings = settings(&config.profile, sandbox.base_url());
            Ok((Client::new(settings, token)?, Some(sandbox)))
        }
    }
}

/// How the credential is got once more, when the dashboard was locked or the API does not accept it any more. What
/// the environment said is not kept for that: it is looked up there again.
fn read_again(config: &mut Config, source: Option<Source>, world: Option<&Sandbox>) -> ReadAgain {
    if let Some(world) = world {
        let demo = Zeroizing::new(world.token().to_owned());
        return Arc::new(move || Token::parse(demo.clone()).ok_or_else(|| "the sandbox has no token".to_owned()));
    }
    let (settings, sources) = match &mut config.target {
        Target::Api(api) => (settings(&config.profile, &api.base_url), std::mem::take(&mut api.sources)),
        Target::Sandbox => (Settings::new(""), Sources::default()),
    };
    let sources = Sources { environment: None, ..sources };
    let runtime = tokio::runtime::Handle::current();
    Arc::new(move || {
        let said = || {
            let token = config::Environment::read().map_err(|complaint| complaint.to_string())?.token;
            Ok::<_, String>(Sources { environment: token, ..Sources::default() })
        };
        let found = match source {
            Some(Source::Environment) => said()?.read(Terminal::None),
            Some(Source::Typed) => return Err("the API does not accept what was typed for this run any more".into()),
            _ if terminal::is_lent() => sources.read(Terminal::Lent),
            _ => sources.read(Terminal::None),
        };
        let found = found.map_err(|trouble| trouble.to_string())?;
        let found = found.ok_or("there is no credential any more; run `fourpay login`")?;
        let token = runtime.block_on(session::token(&settings, &found.credential));
        token.map_err(|failure| session::refused(&failure, &found.source))
    })
}

fn sandbox_token(sandbox: &Sandbox) -> Result<crate::domain::secret::Token, Failure> {
    let text = zeroize::Zeroizing::new(sandbox.token().to_owned());
    crate::domain::secret::Token::parse(text)
        .ok_or_else(|| Failure::not_sent("start the embedded sandbox", "its token is not usable"))
}

/// Signals are heard on a thread of their own: the drawing thread may be stuck in a write to a terminal that
/// takes nothing (R3).
///
/// Every signal that ends a program is heard, so that none of them leaves the terminal as it is.
fn listen_for_signals(to: mpsc::Sender<Signal>, clipboard: Clipboard, input: input::Control) -> std::io::Result<()> {
    use signal_hook::consts::{
        SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
        SIGXCPU,
    };
    let ends = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGIO, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU];
    let mut signals = signal_hook::iterator::Signals::new(ends.into_iter().chain([SIGTSTP, SIGWINCH]))?;
    std::thread::spawn(move || {
        for signal in &mut signals {
            if signal == SIGWINCH {
                input.resized();
            } else if terminal::is_lent() && matches!(signal, SIGINT | SIGQUIT | SIGTSTP) {
                // Typed at the child that has the terminal, and meant for it.
            } else if signal == SIGTSTP {
                let _ = to.try_send(Signal::Stop);
            } else {
                // C1: without waiting for the thread that draws.
                drop(clipboard.forget_soon());
                terminal::end_soon(128 + signal);
                let _ = to.try_send(Signal::End(128 + signal));
            }
        }
    });
    Ok(())
}
