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

pub mod clock;
pub mod input;
pub mod poller;
pub mod schedule;
pub mod start;
pub mod terminal;

use std::io;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::app::msg::{Effect, Msg, Watch};
use crate::app::{self, Model};
use clock::Clock;
use poller::Request;

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
    /// Stops the process until it is continued. `whole_job`: with everything started together with it.
    fn suspend(&mut self, whole_job: bool) -> io::Result<()>;
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
    fn suspend(&mut self, whole_job: bool) -> io::Result<()> {
        terminal::Screen::suspend(self, whole_job)
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
pub struct Wires<I> {
    pub input: I,
    pub signals: mpsc::Receiver<Signal>,
    pub answers: mpsc::Receiver<Msg>,
    pub watch: watch::Sender<Watch>,
    pub requests: mpsc::UnboundedSender<Request>,
}

/// Why a frame is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// When the next frame's turn comes.
    Soon,
    /// A key caused it.
    AtOnce,
}

/// Runs until the person or the system ends it; the exit code.
pub async fn run<S, I>(mut model: Model, screen: &mut S, mut wires: Wires<I>, clock: Clock) -> io::Result<i32>
where
    S: Show,
    I: Stream<Item = io::Result<Event>> + Unpin,
{
    let mut last_frame = draw(&model, screen, clock)?;
    let mut due = Due::Nothing;
    let mut answers_open = true;
    loop {
        wires.watch.send_if_modified(|shown| {
            let wanted = model.watch();
            let changed = *shown != wanted;
            *shown = wanted;
            changed
        });
        let frame_at = last_frame + FRAME;
        let wake_at = model.wake_at().map(|up| Instant::now() + up.saturating_sub(clock.up()));
        let mut effects = Vec::new();
        tokio::select! {
            biased;
            Some(signal) = wires.signals.recv() => match signal {
                Signal::End(code) => return Ok(code),
                Signal::Stop => {
                    suspend(&mut model, screen, clock, false)?;
                    due = Due::AtOnce;
                }
            },
            event = wires.input.next() => match event {
                Some(Ok(event)) => {
                    take_event(event, &mut model, screen, clock, &mut effects)?;
                    due = Due::AtOnce;
                }
                // The terminal is gone or unreadable: there is nobody to show anything to.
                Some(Err(_)) | None => return Ok(129),
            },
            answer = wires.answers.recv(), if answers_open => match answer {
                Some(msg) => effects.extend(model.update(clock.now(), msg)),
                None => answers_open = false,
            },
            () = tokio::time::sleep_until(frame_at), if due == Due::Soon => due = Due::AtOnce,
            () = tokio::time::sleep_until(wake_at.unwrap_or(frame_at)), if wake_at.is_some() => {
                effects.extend(model.update(clock.now(), Msg::Woke));
            }
        }
        drain(&mut model, screen, &mut wires, clock, &mut effects, &mut due)?;
        if model.take_redraw() && due == Due::Nothing {
            due = Due::Soon;
        }
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(0),
                Effect::Suspend => {
                    suspend(&mut model, screen, clock, true)?;
                    due = Due::AtOnce;
                }
                Effect::Refresh => drop(wires.requests.send(Request::Refresh)),
                Effect::Fetch(topic) => drop(wires.requests.send(Request::Fetch(topic))),
            }
        }
        if due == Due::AtOnce || (due == Due::Soon && Instant::now() >= frame_at) {
            last_frame = draw(&model, screen, clock)?;
            due = Due::Nothing;
        }
    }
}

/// Takes what else has arrived, so that a burst costs one frame, not one each.
fn drain<S, I>(
    model: &mut Model,
    screen: &mut S,
    wires: &mut Wires<I>,
    clock: Clock,
    effects: &mut Vec<Effect>,
    due: &mut Due,
) -> io::Result<()>
where
    S: Show,
    I: Stream<Item = io::Result<Event>> + Unpin,
{
    let began = clock.up();
    for _ in 0..DRAIN {
        // Keys first: however many answers wait, the next key is taken before the next answer.
        if let Some(Some(Ok(event))) = wires.input.next().now_or_never() {
            take_event(event, model, screen, clock, effects)?;
            *due = Due::AtOnce;
        } else if let Ok(msg) = wires.answers.try_recv() {
            effects.extend(model.update(clock.now(), msg));
        } else {
            break;
        }
        if effects.contains(&Effect::Quit) || clock.up().saturating_sub(began) > DRAIN_TIME {
            break;
        }
    }
    Ok(())
}

fn take_event<S: Show>(
    event: Event,
    model: &mut Model,
    screen: &mut S,
    clock: Clock,
    effects: &mut Vec<Effect>,
) -> io::Result<()> {
    if matches!(event, Event::Resize(..)) {
        screen.repaint()?;
    }
    if let Some(msg) = input::read(event) {
        effects.extend(model.update(clock.now(), msg));
    }
    Ok(())
}

fn suspend<S: Show>(model: &mut Model, screen: &mut S, clock: Clock, whole_job: bool) -> io::Result<()> {
    screen.suspend(whole_job)?;
    let (width, height) = screen.size();
    let now = clock.now();
    model.update(now, Msg::Resumed);
    model.update(now, Msg::Resized(width, height));
    Ok(())
}

fn draw<S: Show>(model: &Model, screen: &mut S, clock: Clock) -> io::Result<Instant> {
    screen.draw(|frame| app::view(model, clock.now(), frame))?;
    Ok(Instant::now())
}
