//! The running dashboard: the only impure part of it.
//!
//! ```text
//!   signals ─┐
//!   keys ────┤                      ┌─▶ screen
//!   answers ─┼─▶ app::update ───────┤
//!   wake ────┘        │             └─▶ poller (what is on the screen)
//!                     └─ Effect ─────▶ poller (read this), suspend, quit
//! ```
//!
//! The loop sleeps until something happens. It drains what has arrived, then draws: at once when a key
//! caused it, else at most thirty times a second, never when nothing changed. Nothing in it waits for the
//! network.

pub mod acts;
mod background;
pub mod clipboard;
pub mod clock;
mod connect;
pub mod deliveries;
pub mod exports;
pub mod input;
pub mod kept;
pub mod lock;
pub mod log;
pub mod osc52;
pub mod poller;
mod read;
pub mod remembered;
pub mod schedule;
pub mod secrets;
pub mod session;
pub mod start;
mod tail;
pub mod terminal;

use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::app::msg::{Effect, Msg, Watch};

use crate::app::exports::Export;
use crate::app::login::Entered;
use crate::app::views::Change;
use crate::app::{self, Model};
use acts::Command;
use clock::Clock;
use poller::Request;
use start::Ready;

/// Most messages that are taken before a frame is drawn.
const DRAIN: usize = 4096;
/// Most time that taking them may cost.
const DRAIN_TIME: Duration = Duration::from_millis(12);
/// Time between frames that no key caused.
const FRAME: Duration = Duration::from_millis(33);

/// What the loop draws on. The terminal is one; a test brings another.
pub trait Backend {
    fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()>;
    /// The next frame paints every cell.
    fn repaint(&mut self) -> io::Result<()>;
    fn size(&self) -> (u16, u16);
    /// Hands the terminal bytes that draw nothing.
    fn hand(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Stops the process until it is continued. `whole_job`: with everything started together with it.
    fn suspend(&mut self, whole_job: bool) -> io::Result<()>;
    /// Listens to the mouse, or leaves it to the terminal.
    fn capture(&mut self, on: bool) -> io::Result<()>;
    /// Gives the terminal to somebody else until it is taken again.
    fn lend(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn take_again(&mut self) -> io::Result<()> {
        self.repaint()
    }
}

impl Backend for terminal::Screen {
    fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        terminal::Screen::draw(self, view)
    }
    fn repaint(&mut self) -> io::Result<()> {
        terminal::Screen::repaint(self)
    }
    fn size(&self) -> (u16, u16) {
        terminal::Screen::size(self)
    }
    fn hand(&mut self, bytes: &[u8]) -> io::Result<()> {
        terminal::Screen::hand(self, bytes)
    }
    fn suspend(&mut self, whole_job: bool) -> io::Result<()> {
        terminal::Screen::suspend(self, whole_job)
    }
    fn capture(&mut self, on: bool) -> io::Result<()> {
        terminal::Screen::capture(self, on)
    }
    fn lend(&mut self) -> io::Result<()> {
        terminal::Screen::lend(self)
    }
    fn take_again(&mut self) -> io::Result<()> {
        terminal::Screen::take_again(self)
    }
}

/// What the operating system asks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End, with this exit code.
    End(i32),
    /// `kill -TSTP`: stop until continued.
    Stop,
}

/// Where messages come from and where wishes go to.
pub struct Channels {
    /// Closed when the terminal is gone.
    pub input: input::Events,
    pub signals: mpsc::Receiver<Signal>,
    pub answers: mpsc::Receiver<Msg>,
    pub watch: watch::Sender<Watch>,
    pub requests: mpsc::UnboundedSender<Request>,
    pub commands: mpsc::UnboundedSender<Command>,
    pub secrets: mpsc::UnboundedSender<secrets::Command>,
    pub lock: mpsc::UnboundedSender<lock::Command>,
    pub session: mpsc::UnboundedSender<session::Command>,
    /// Views to be written into the settings.
    pub views: mpsc::UnboundedSender<Change>,
    /// Lists that are to be written into files.
    pub exports: mpsc::UnboundedSender<Box<Export>>,
    /// What the terminal is to be handed between two frames.
    pub terminal: mpsc::Receiver<osc52::Bytes>,
    /// Other dashboards that are asked for.
    pub profiles: mpsc::UnboundedSender<Wanted>,
    /// What became of them.
    pub sought: mpsc::UnboundedReceiver<Sought>,
}

/// The dashboard of another profile.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// By its name.
    Profile(String),
    /// By a login that says where.
    Login(Entered),
}

/// One that was asked for, and what it begins with or why it cannot be used.
pub type Sought = (Wanted, Result<Box<Ready>, String>);

/// How the dashboard was left.
#[derive(Debug)]
pub enum ExitReason {
    /// With this exit code.
    Code(i32),
    /// Nobody was there, and nothing could have opened the lock again.
    Locked,
    /// For another profile. What belongs to the terminal goes on.
    For { ready: Box<Ready>, input: input::Events, signals: mpsc::Receiver<Signal> },
}

/// The alarm of a thread stops while the machine sleeps, and the lock's time does not: it is asked for at least
/// this often.
const LOOK: Duration = Duration::from_secs(15);

/// The first key after so long without one paints every cell: something else may have written on the terminal, and what
/// is not touched is not painted.
const QUIET: Duration = Duration::from_secs(60);

/// Nobody is there: the end waits so long for the lock at most.
const LOCKED: Duration = Duration::from_secs(2);

/// Why a frame is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Nothing,
    /// When the next frame's turn comes.
    Soon,
    /// A key caused it.
    AtOnce,
}

/// The loop's hands: what it draws on, and what the messages of this turn led to.
struct LoopState<'a, S> {
    model: &'a mut Model,
    screen: &'a mut S,
    clock: Clock,
    effects: Vec<Effect>,
    due: Due,
    /// When the last key came, on the clock.
    keyed: Duration,
    /// When the last frame was out.
    drawn_at: Instant,
}

/// Runs until the person or the system ends it, or another profile takes over.
pub async fn run<S: Backend>(
    model: &mut Model,
    screen: &mut S,
    mut channels: Channels,
    clock: Clock,
) -> io::Result<ExitReason> {
    let mut state = LoopState {
        model,
        screen,
        clock,
        effects: Vec::new(),
        due: Due::Nothing,
        keyed: clock.up(),
        drawn_at: Instant::now(),
    };
    let mut last_frame = state.draw()?;
    let mut answers_open = true;
    loop {
        channels.watch.send_if_modified(|shown| {
            let wanted = state.model.watch();
            let changed = *shown != wanted;
            *shown = wanted;
            changed
        });
        let frame_at = last_frame + FRAME;
        let wake_at = state.model.wake_at().map(|up| Instant::now() + up.saturating_sub(clock.up()).min(LOOK));
        tokio::select! {
            biased;
            Some(signal) = channels.signals.recv() => match signal {
                Signal::End(code) => return Ok(ExitReason::Code(code)),
                Signal::Stop => state.suspend(false)?,
            },
            event = channels.input.recv() => match event {
                Some(event) => state.take_event(event)?,
                // There is nobody to show anything to.
                None => return Ok(ExitReason::Code(129)),
            },
            answer = channels.answers.recv(), if answers_open => match answer {
                Some(msg) => state.take(msg, Due::Soon),
                None => answers_open = false,
            },
            Some(bytes) = channels.terminal.recv() => state.screen.hand(&bytes)?,
            Some((wanted, sought)) = channels.sought.recv() => {
                // What was begun meanwhile is not left alone.
                match sought.and_then(|ready| may_change(state.model, &wanted).map(|()| ready)) {
                    Ok(ready) => {
                        state.blank()?;
                        return Ok(ExitReason::For { ready, input: channels.input, signals: channels.signals });
                    }
                    Err(why) => match wanted {
                        Wanted::Profile(name) => state.take(Msg::ProfileRefused(name, why), Due::AtOnce),
                        Wanted::Login(_) => state.take(Msg::LoggedIn(Err(why)), Due::AtOnce),
                    },
                }
            }
            () = tokio::time::sleep_until(frame_at), if state.due == Due::Soon => state.due = Due::AtOnce,
            () = tokio::time::sleep_until(wake_at.unwrap_or(frame_at)), if wake_at.is_some() => {
                state.take(Msg::Woke, Due::Soon);
            }
        }
        state.drain(&mut channels)?;
        if state.model.must_lock(clock.now()) {
            state.take(Msg::Woke, Due::AtOnce);
        }
        // What one leads to may lead to more: whoever continues the program may find it locked.
        while !state.effects.is_empty() {
            match state.effects.remove(0) {
                Effect::Quit => return Ok(ExitReason::Code(0)),
                Effect::EndLocked => {
                    // Its entry stands in the journal before the program ends.
                    drop(channels.lock.send(lock::Command::End));
                    drop(tokio::time::timeout(LOCKED, channels.lock.closed()).await);
                    return Ok(ExitReason::Locked);
                }
                Effect::Lock => drop(channels.lock.send(lock::Command::Lock)),
                Effect::Unlock(phrase) => {
                    if channels.lock.send(lock::Command::Unlock(phrase)).is_err() {
                        let why = "there is no connection to open it for; quit and start again".to_owned();
                        state.take(Msg::Unlocked(Err(why)), Due::AtOnce);
                    }
                }
                Effect::ReadCredential => {
                    if channels.session.send(session::Command::ReadAgain).is_err() {
                        let why = "the API does not accept the credential".to_owned();
                        state.take(Msg::CredentialRead(Err(why)), Due::AtOnce);
                    }
                }
                Effect::Login(entered) if entered.to.is_some() => {
                    drop(channels.profiles.send(Wanted::Login(entered)));
                }
                Effect::Login(entered) => {
                    if channels.session.send(session::Command::Login(entered)).is_err() {
                        let why = "there is no connection to log in for; quit and start again".to_owned();
                        state.take(Msg::LoggedIn(Err(why)), Due::AtOnce);
                    }
                }
                Effect::Suspend => state.suspend(true)?,
                Effect::Capture(on) => state.screen.capture(on)?,
                Effect::Refresh => {
                    state.screen.repaint()?;
                    state.due = Due::AtOnce;
                    drop(channels.requests.send(Request::Refresh));
                }
                Effect::AskOnTerminal(then) => {
                    if let Some(code) = state.lend(&mut channels, *then).await? {
                        return Ok(ExitReason::Code(code));
                    }
                }
                Effect::Act(order) => drop(channels.commands.send(Command::Act(order))),
                Effect::Stop { ticket } => drop(channels.commands.send(Command::Stop(ticket))),
                Effect::Decide { references, done, words } => {
                    drop(channels.commands.send(Command::Decide { references, done, words }));
                }
                Effect::CopySecret { card, field, why } => {
                    drop(channels.secrets.send(secrets::Command::Copy { card, field, why }));
                }
                Effect::CopyText { what, text } => {
                    drop(channels.secrets.send(secrets::Command::CopyText { what, text }))
                }
                Effect::Assure(what) => drop(channels.secrets.send(secrets::Command::Assure(what))),
                Effect::Reveal { card, why } => drop(channels.secrets.send(secrets::Command::Reveal { card, why })),
                Effect::Profile(name) => drop(channels.profiles.send(Wanted::Profile(name))),
                Effect::Export(export) => drop(channels.exports.send(export)),
                Effect::KeepView(change) => drop(channels.views.send(change)),
                Effect::Forget => drop(channels.secrets.send(secrets::Command::Forget)),
                Effect::Wipe => last_frame = state.wipe()?,
                Effect::Replay { event, to, secret } => {
                    let replay = deliveries::Replay { event, to: to.to_string(), secret };
                    drop(channels.requests.send(Request::Replay(replay)));
                }
                Effect::Fetch(topic) => drop(channels.requests.send(Request::Fetch(topic))),
            }
        }
        if state.due == Due::AtOnce || (state.due == Due::Soon && Instant::now() >= frame_at) {
            last_frame = state.draw()?;
            state.due = Due::Nothing;
        }
        if channels.input.is_empty() {
            state.model.input_is_empty();
        }
    }
}

/// Whether this dashboard may be left for the one that was asked for.
fn may_change(model: &Model, wanted: &Wanted) -> Result<(), String> {
    match wanted {
        Wanted::Login(entered) if entered.is_given_up() => Err("the dialog was closed before the answer".into()),
        Wanted::Login(_) => model.may_leave().map_err(|why| format!("the API accepts it, but {why}")),
        Wanted::Profile(_) => model.may_leave(),
    }
}

impl<S: Backend> LoopState<'_, S> {
    fn take(&mut self, msg: Msg, due: Due) {
        let outcome = app::update(self.model, self.clock.now(), msg);
        self.effects.extend(outcome.effects);
        if outcome.redraw {
            self.due = self.due.max(due);
        }
    }

    fn take_event(&mut self, (event, read_at): input::Timed) -> io::Result<()> {
        // Whoever pressed this could see the last frame: nothing that was read before it waits any more.
        if read_at > self.drawn_at {
            self.model.input_is_empty();
        }
        let is_key = matches!(&event, Event::Key(key) if key.kind != KeyEventKind::Release);
        let quiet = is_key && self.clock.up().saturating_sub(self.keyed) >= QUIET;
        if is_key {
            self.keyed = self.clock.up();
        }
        // In every dialog and behind the lock too, where keys mean something else or nothing.
        let asked = matches!(&event, Event::Key(key) if is_key && key.code == KeyCode::Char('r') && key.modifiers == KeyModifiers::CONTROL);
        if quiet || asked || matches!(event, Event::Resize(..) | Event::FocusGained) {
            self.screen.repaint()?;
            self.due = Due::AtOnce;
        }
        if let Some(msg) = input::read(event) {
            self.take(msg, Due::AtOnce);
        }
        Ok(())
    }

    /// Takes what else has arrived, so that a burst costs one frame, not one each.
    fn drain(&mut self, channels: &mut Channels) -> io::Result<()> {
        let began = self.clock.up();
        for _ in 0..DRAIN {
            // Keys first: however many answers wait, the next key is taken before the next answer.
            if let Some(event) = channels.input.try_recv() {
                self.take_event(event)?;
            } else if let Ok(msg) = channels.answers.try_recv() {
                self.take(msg, Due::Soon);
            } else {
                break;
            }
            if self.effects.contains(&Effect::Quit) || self.clock.up().saturating_sub(began) > DRAIN_TIME {
                break;
            }
        }
        Ok(())
    }

    /// The same as for a stop: nothing of a card stays on the screen.
    fn blind(&mut self) -> io::Result<()> {
        self.take(Msg::Stopping, Due::AtOnce);
        if self.effects.contains(&Effect::Wipe) {
            self.effects.retain(|effect| *effect != Effect::Wipe);
            self.wipe()?;
        }
        Ok(())
    }

    /// Has the credential read again while the program that prints it has the terminal, to ask the person there. The
    /// exit code when the program is ended meanwhile.
    async fn lend(&mut self, channels: &mut Channels, then: Effect) -> io::Result<Option<i32>> {
        self.blind()?;
        self.screen.lend()?;
        let sent = match then {
            Effect::Unlock(phrase) => channels.lock.send(lock::Command::Unlock(phrase)).is_ok(),
            _ => channels.session.send(session::Command::ReadAgain).is_ok(),
        };
        let mut ended = None;
        while sent && ended.is_none() {
            tokio::select! {
                biased;
                Some(signal) = channels.signals.recv() => if let Signal::End(code) = signal {
                    ended = Some(code);
                },
                answer = channels.answers.recv() => {
                    let Some(msg) = answer else { break };
                    let read = matches!(msg, Msg::CredentialRead(_) | Msg::Unlocked(_));
                    self.take(msg, Due::AtOnce);
                    if read {
                        break;
                    }
                }
            }
        }
        self.screen.take_again()?;
        self.shown_again();
        Ok(ended)
    }

    fn suspend(&mut self, whole_job: bool) -> io::Result<()> {
        self.blind()?;
        self.screen.suspend(whole_job)?;
        self.shown_again();
        Ok(())
    }

    /// The terminal is ours again, in whatever size.
    fn shown_again(&mut self) {
        let (width, height) = self.screen.size();
        self.take(Msg::Resumed, Due::AtOnce);
        self.take(Msg::Resized(width, height), Due::AtOnce);
    }

    /// D3: a secret was on the screen and is not in the model any more. Both of the drawing buffers and every
    /// cell of the terminal are written anew.
    fn wipe(&mut self) -> io::Result<Instant> {
        for _ in 0..2 {
            self.screen.repaint()?;
            self.draw()?;
        }
        Ok(Instant::now())
    }

    /// Nothing of what was shown stays, in neither of the drawing buffers and on no cell of the terminal.
    fn blank(&mut self) -> io::Result<()> {
        for _ in 0..2 {
            self.screen.repaint()?;
            self.screen.draw(|_| {})?;
        }
        Ok(())
    }

    fn draw(&mut self) -> io::Result<Instant> {
        let (model, now) = (&mut *self.model, self.clock.now());
        self.screen.draw(|frame| app::view(model, now, frame))?;
        model.drawn(self.clock.now());
        self.drawn_at = Instant::now();
        Ok(self.drawn_at)
    }
}
