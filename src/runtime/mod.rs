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
pub trait Show {
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

impl Show for terminal::Screen {
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
pub struct Wires {
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
pub enum Left {
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
struct Turn<'a, S> {
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
pub async fn run<S: Show>(model: &mut Model, screen: &mut S, mut wires: Wires, clock: Clock) -> io::Result<Left> {
    let mut turn = Turn {
        model,
        screen,
        clock,
        effects: Vec::new(),
        due: Due::Nothing,
        keyed: clock.up(),
        drawn_at: Instant::now(),
    };
    let mut last_frame = turn.draw()?;
    let mut answers_open = true;
    loop {
        wires.watch.send_if_modified(|shown| {
            let wanted = turn.model.watch();
            let changed = *shown != wanted;
            *shown = wanted;
            changed
        });
        let frame_at = last_frame + FRAME;
        let wake_at = turn.model.wake_at().map(|up| Instant::now() + up.saturating_sub(clock.up()).min(LOOK));
        tokio::select! {
            biased;
            Some(signal) = wires.signals.recv() => match signal {
                Signal::End(code) => return Ok(Left::Code(code)),
                Signal::Stop => turn.suspend(false)?,
            },
            event = wires.input.recv() => match event {
                Some(event) => turn.take_event(event)?,
                // There is nobody to show anything to.
                None => return Ok(Left::Code(129)),
            },
            answer = wires.answers.recv(), if answers_open => match answer {
                Some(msg) => turn.take(msg, Due::Soon),
                None => answers_open = false,
            },
            Some(bytes) = wires.terminal.recv() => turn.screen.hand(&bytes)?,
            Some((wanted, sought)) = wires.sought.recv() => {
                // What was begun meanwhile is not left alone.
                match sought.and_then(|ready| may_change(turn.model, &wanted).map(|()| ready)) {
                    Ok(ready) => {
                        turn.blank()?;
                        return Ok(Left::For { ready, input: wires.input, signals: wires.signals });
                    }
                    Err(why) => match wanted {
                        Wanted::Profile(name) => turn.take(Msg::ProfileRefused(name, why), Due::AtOnce),
                        Wanted::Login(_) => turn.take(Msg::LoggedIn(Err(why)), Due::AtOnce),
                    },
                }
            }
            () = tokio::time::sleep_until(frame_at), if turn.due == Due::Soon => turn.due = Due::AtOnce,
            () = tokio::time::sleep_until(wake_at.unwrap_or(frame_at)), if wake_at.is_some() => {
                turn.take(Msg::Woke, Due::Soon);
            }
        }
        turn.drain(&mut wires)?;
        if turn.model.must_lock(clock.now()) {
            turn.take(Msg::Woke, Due::AtOnce);
        }
        // What one leads to may lead to more: whoever continues the program may find it locked.
        while !turn.effects.is_empty() {
            match turn.effects.remove(0) {
                Effect::Quit => return Ok(Left::Code(0)),
                Effect::EndLocked => {
                    // Its entry stands in the journal before the program ends.
                    drop(wires.lock.send(lock::Command::End));
                    drop(tokio::time::timeout(LOCKED, wires.lock.closed()).await);
                    return Ok(Left::Locked);
                }
                Effect::Lock => drop(wires.lock.send(lock::Command::Lock)),
                Effect::Unlock(phrase) => {
                    if wires.lock.send(lock::Command::Unlock(phrase)).is_err() {
                        let why = "there is no connection to open it for; quit and start again".to_owned();
                        turn.take(Msg::Unlocked(Err(why)), Due::AtOnce);
                    }
                }
                Effect::ReadCredential => {
                    if wires.session.send(session::Command::ReadAgain).is_err() {
                        let why = "the API does not accept the credential".to_owned();
                        turn.take(Msg::CredentialRead(Err(why)), Due::AtOnce);
                    }
                }
                Effect::Login(entered) if entered.to.is_some() => {
                    drop(wires.profiles.send(Wanted::Login(entered)));
                }
                Effect::Login(entered) => {
                    if wires.session.send(session::Command::Login(entered)).is_err() {
                        let why = "there is no connection to log in for; quit and start again".to_owned();
                        turn.take(Msg::LoggedIn(Err(why)), Due::AtOnce);
                    }
                }
                Effect::Suspend => turn.suspend(true)?,
                Effect::Capture(on) => turn.screen.capture(on)?,
                Effect::Refresh => {
                    turn.screen.repaint()?;
                    turn.due = Due::AtOnce;
                    drop(wires.requests.send(Request::Refresh));
                }
                Effect::AskOnTerminal(then) => {
                    if let Some(code) = turn.lend(&mut wires, *then).await? {
                        return Ok(Left::Code(code));
                    }
                }
                Effect::Act(order) => drop(wires.commands.send(Command::Act(order))),
                Effect::Stop { ticket } => drop(wires.commands.send(Command::Stop(ticket))),
                Effect::Decide { references, done, words } => {
                    drop(wires.commands.send(Command::Decide { references, done, words }));
                }
                Effect::CopySecret { card, field, why } => {
                    drop(wires.secrets.send(secrets::Command::Copy { card, field, why }));
                }
                Effect::CopyText { what, text } => drop(wires.secrets.send(secrets::Command::CopyText { what, text })),
                Effect::Assure(what) => drop(wires.secrets.send(secrets::Command::Assure(what))),
                Effect::Reveal { card, why } => drop(wires.secrets.send(secrets::Command::Reveal { card, why })),
                Effect::Profile(name) => drop(wires.profiles.send(Wanted::Profile(name))),
                Effect::KeepView(change) => drop(wires.views.send(change)),
                Effect::Forget => drop(wires.secrets.send(secrets::Command::Forget)),
                Effect::Wipe => last_frame = turn.wipe()?,
                Effect::Replay { event, to, secret } => {
                    let replay = deliveries::Replay { event, to: to.to_string(), secret };
                    drop(wires.requests.send(Request::Replay(replay)));
                }
                Effect::Fetch(topic) => drop(wires.requests.send(Request::Fetch(topic))),
            }
        }
        if turn.due == Due::AtOnce || (turn.due == Due::Soon && Instant::now() >= frame_at) {
            last_frame = turn.draw()?;
            turn.due = Due::Nothing;
        }
        if wires.input.is_empty() {
            turn.model.input_is_empty();
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

impl<S: Show> Turn<'_, S> {
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
    fn drain(&mut self, wires: &mut Wires) -> io::Result<()> {
        let began = self.clock.up();
        for _ in 0..DRAIN {
            // Keys first: however many answers wait, the next key is taken before the next answer.
            if let Some(event) = wires.input.try_recv() {
                self.take_event(event)?;
            } else if let Ok(msg) = wires.answers.try_recv() {
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
    async fn lend(&mut self, wires: &mut Wires, then: Effect) -> io::Result<Option<i32>> {
        self.blind()?;
        self.screen.lend()?;
        let sent = match then {
            Effect::Unlock(phrase) => wires.lock.send(lock::Command::Unlock(phrase)).is_ok(),
            _ => wires.session.send(session::Command::ReadAgain).is_ok(),
        };
        let mut ended = None;
        while sent && ended.is_none() {
            tokio::select! {
                biased;
                Some(signal) = wires.signals.recv() => if let Signal::End(code) = signal {
                    ended = Some(code);
                },
                answer = wires.answers.recv() => {
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
