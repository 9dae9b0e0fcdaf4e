//! A plan: one act for each of many cards, and what became of each.
//!
//! ```text
//!  to do ──begun──▶ sending ──▶ accepted ──▶ done
//!    │ ▲                │  └──▶ unknown ──▶ done │ not done      (found out by reading, never sent again)
//!    │ └───── retry ────┴──▶ refused, held, not sent
//!    └── stop: what was not begun is not sent; it can be gone on with
//! ```
//!
//! What a row says is what the journal says of its intent. Does not send anything: it says which steps are to
//! be ordered, and the acts order them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::form::Line;
use super::keymap::Keymap;
use super::msg::{Past, Told};
use super::outcomes::Outcomes;
use crate::app::key::{Key, KeyCode};
use crate::app::ui::describe;
use crate::app::ui::frame::{Piece, RenderCtx, Title, frame, place_dialog};

use super::store::Store;
use super::text::{self, Align, AmountFit};
use super::theme::{self, Tone};
use crate::app::overlay::seen::Seen;
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, Before, CardAt, Reference};

/// Most cards of one plan.
pub const MOST: usize = 500;
/// Columns of the panel at most.
const WIDEST: u16 = 100;
/// Columns of the bar.
const BAR: usize = 20;
/// Columns of the name of a card.
const NAME: usize = 20;

/// One act of the plan.
#[derive(Clone, Debug)]
struct Step {
    act: Act,
    at: At,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    ToDo,
    /// The intent that was made for it.
    Begun(Reference),
    /// It was not even tried, and why.
    Held(String),
}

/// What became of a step, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    ToDo,
    Sending,
    Accepted,
    Done,
    /// Certainly not done; it can be asked for again.
    Failed,
    Unknown,
    /// Looked for and not seen: it may still come, and is not asked for again.
    NotSeen,
    Probably,
}

/// How many steps are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub to_do: usize,
    pub sending: usize,
    pub accepted: usize,
    pub done: usize,
    pub failed: usize,
    pub unknown: usize,
    pub not_seen: usize,
    pub probably: usize,
}

impl Count {
    /// Those that were answered, whatever the answer.
    pub fn answered(&self) -> usize {
        self.accepted + self.done + self.failed + self.unknown + self.not_seen + self.probably
    }

    /// Nothing is left to do, and nothing to find out.
    pub fn is_all_done(&self) -> bool {
        self.to_do + self.sending + self.accepted + self.failed + self.unknown + self.not_seen + self.probably == 0
    }

    fn words(&self) -> String {
        let parts = [
            (self.done, "done"),
            (self.accepted, "accepted, no read shows it yet"),
            (self.unknown, "unknown, checking whether they went through"),
            (self.not_seen, "not seen, may still come"),
            (self.probably, "probably done"),
            (self.failed, "not done"),
            (self.sending, "sending"),
            (self.to_do, "to do"),
        ];
        let words: Vec<String> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        words.join(" · ")
    }
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Nothing,
    /// Only the picture is another one.
    Look,
    Close,
    /// Another plan, forwards or back.
    Other {
        back: bool,
    },
    Stop,
    /// Go on with what was not begun.
    Resume,
    /// Ask again for what was certainly not done.
    Retry,
}

/// Many acts of one kind.
#[derive(Clone, Debug)]
pub struct Plan {
    steps: Vec<Step>,
    /// The order under way, and the steps that went with it.
    running: Option<(u64, Vec<usize>)>,
    stopping: bool,
    /// Whether to send money again is being asked.
    asking: bool,
    /// First row that is shown.
    top: usize,
    /// Its end was told.
    over: bool,
    /// What of it was on the screen before a key that sends something.
    seen: Seen<(Count, bool)>,
}

impl Plan {
    /// A plan that was confirmed; nothing of it is ordered yet.
    pub fn new(acts: Vec<(Act, Before)>) -> Plan {
        let steps = acts.into_iter().map(|(act, _)| Step { act, at: At::ToDo }).collect();
        Plan { steps, running: None, stopping: false, asking: false, top: 0, over: false, seen: Seen::default() }
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub fn moves_money(&self) -> bool {
        self.steps.iter().any(|step| step.act.amount().is_some())
    }

    /// The order that is under way.
    pub fn ticket(&self) -> Option<u64> {
        self.running.as_ref().map(|(ticket, _)| *ticket)
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The cards it is about.
    pub fn cards(&self) -> impl Iterator<Item = &CardAt> {
        self.steps.iter().filter_map(|step| step.act.card())
    }

    /// Whether an intent is one of its steps.
    pub fn has(&self, reference: Reference) -> bool {
        self.steps.iter().any(|step| step.at == At::Begun(reference))
    }

    /// `freeze of 12 cards`.
    pub fn name(&self) -> String {
        let kind = self.steps.first().map_or_else(String::new, |step| step.act.kind().to_string());
        let cards = if self.steps.len() == 1 { "card" } else { "cards" };
        format!("{kind} of {} {cards}", self.steps.len())
    }

    fn fate(&self, step: &Step, outcomes: &Outcomes) -> Fate {
        let reference = match &step.at {
            At::ToDo => return Fate::ToDo,
            At::Held(_) => return Fate::Failed,
            At::Begun(reference) => *reference,
        };
        match outcomes.stage(reference) {
            None | Some(Stage::Recorded | Stage::Sent) => Fate::Sending,
            Some(Stage::Accepted) => Fate::Accepted,
            Some(Stage::Done | Stage::SettledDone | Stage::FoundLater) => Fate::Done,
            Some(Stage::Refused | Stage::NotSent | Stage::SettledNotDone) => Fate::Failed,
            Some(Stage::NotSeen) => Fate::NotSeen,
            Some(Stage::Probably) => Fate::Probably,
            Some(Stage::Unknown | Stage::NeedsPerson | Stage::Reversed) => Fate::Unknown,
        }
    }

    pub fn count(&self, outcomes: &Outcomes) -> Count {
        let mut count = Count::default();
        for step in &self.steps {
            let place = match self.fate(step, outcomes) {
                Fate::ToDo => &mut count.to_do,
                Fate::Sending => &mut count.sending,
                Fate::Accepted => &mut count.accepted,
                Fate::Done => &mut count.done,
                Fate::Failed => &mut count.failed,
                Fate::Unknown => &mut count.unknown,
                Fate::NotSeen => &mut count.not_seen,
                Fate::Probably => &mut count.probably,
            };
            *place += 1;
        }
        count
    }

    /// The steps to order now: those not begun, or those that certainly failed.
    pub fn due(&self, retry: bool, outcomes: &Outcomes) -> Vec<usize> {
        let wanted = if retry { Fate::Failed } else { Fate::ToDo };
        let fits = |at: &usize| self.steps.get(*at).is_some_and(|step| self.fate(step, outcomes) == wanted);
        (0..self.steps.len()).filter(fits).collect()
    }

    /// What these steps do, with the balances as they are now.
    pub fn acts(&self, steps: &[usize], store: &Store) -> Vec<(Act, Before)> {
        let step = |at: &usize| self.steps.get(*at).map(|step| (step.act.clone(), before(&step.act, store)));
        steps.iter().filter_map(step).collect()
    }

    /// These steps were ordered.
    pub fn ordered(&mut self, ticket: u64, steps: Vec<usize>) {
        for at in &steps {
            if let Some(step) = self.steps.get_mut(*at) {
                step.at = At::ToDo;
            }
        }
        (self.running, self.stopping, self.over) = (Some((ticket, steps)), false, false);
    }

    /// What became of a step of the order that is under way.
    pub fn told(&mut self, ticket: u64, step: usize, told: Told) {
        let Some((_, chosen)) = self.running.as_ref().filter(|(running, _)| *running == ticket) else { return };
        let Some(step) = chosen.get(step).and_then(|at| self.steps.get_mut(*at)) else { return };
        step.at = match told {
            Told::Begun(reference) => At::Begun(reference),
            Told::Held(why) => At::Held(why),
        };
    }

    /// The order is through, or was stopped.
    pub fn ended(&mut self, ticket: u64) {
        if self.ticket() == Some(ticket) {
            self.running = None;
            self.stopping = false;
        }
    }

    /// What is to be said once everything of it is known; nothing before that, and nothing twice.
    pub fn news(&mut self, outcomes: &Outcomes, keys: &Keymap) -> Option<(String, Tone)> {
        if self.over || self.is_running() || self.steps.is_empty() {
            return None;
        }
        let count = self.count(outcomes);
        if count.sending + count.accepted + count.unknown > 0 {
            return None;
        }
        self.over = true;
        let tone = if count.failed + count.to_do + count.not_seen > 0 { Tone::Waiting } else { Tone::Good };
        let undo = matches!(self.steps.first().map(|step| &step.act), Some(Act::Freeze(_) | Act::Unfreeze(_)));
        let key = keys.name(super::actions::Act::Undo);
        let undo = if undo && count.done > 0 { format!(" · {key} to undo") } else { String::new() };
        Some((format!("{}: {}{undo}", self.name(), count.words()), tone))
    }

    /// Its panel was opened: nothing of it has been seen.
    pub fn opened(&mut self) {
        self.seen = Seen::default();
    }

    /// A frame shows its panel.
    pub fn drawn(&mut self, outcomes: &Outcomes) {
        self.seen.drawn((self.count(outcomes), self.asking));
    }

    /// No input waits any more.
    pub fn input_is_empty(&mut self) {
        self.seen.input_is_empty();
    }

    /// A key while it is open.
    pub fn press(&mut self, key: Key, several: bool, outcomes: &Outcomes) -> Wanted {
        let count = self.count(outcomes);
        let last = self.steps.len().saturating_sub(1);
        let key = super::actions::in_place(key);
        // What a key sends was on the screen before it: which rows failed, and how many are left.
        let seen = self.seen.is(&(count, self.asking));
        let sends = matches!(key.code, KeyCode::Char('c' | 'r')) || (self.asking && key.code == KeyCode::Char('y'));
        if sends && !seen {
            return Wanted::Nothing;
        }
        if std::mem::take(&mut self.asking) {
            // Another letter than the one that asked: a key that is held down sends nothing.
            return if key.code == KeyCode::Char('y') { Wanted::Retry } else { Wanted::Look };
        }
        self.top = match key.code {
            KeyCode::Esc => return Wanted::Close,
            KeyCode::Tab if several => return Wanted::Other { back: false },
            KeyCode::BackTab if several => return Wanted::Other { back: true },
            KeyCode::Char('s') if self.is_running() && !self.stopping => {
                self.stopping = true;
                return Wanted::Stop;
            }
            KeyCode::Char('c') if !self.is_running() && count.to_do > 0 => return Wanted::Resume,
            KeyCode::Char('r') if !self.is_running() && count.failed > 0 => {
                // M1: what was confirmed once is sent once; money that is sent anew is confirmed anew.
                self.asking = self.moves_money();
                return if self.asking { Wanted::Look } else { Wanted::Retry };
            }
            KeyCode::Down | KeyCode::Char('j') => self.top.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::PageDown => self.top.saturating_add(10),
            KeyCode::PageUp => self.top.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return Wanted::Nothing,
        }
        .min(last);
        Wanted::Look
    }

    /// Draws the panel in the middle of `body`.
    pub fn view(&self, buffer: &mut Buffer, body: Rect, ctx: &RenderCtx<'_>, place: Option<(usize, usize)>) {
        let theme = &ctx.theme;
        let height = u16::try_from(self.steps.len() + 5).unwrap_or(u16::MAX);
        let area = place_dialog(buffer, body, WIDEST, height);
        let count = self.count(ctx.outcomes);
        let mut pieces = vec![Piece::new(capital(&self.name()), Tone::Plain)];
        pieces.extend(place.map(|(at, of)| Piece::new(format!("plan {at} of {of}"), Tone::Plain)));
        let title = Title { pieces, ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let columns = usize::from(inner.width);
        let full = count.answered() * BAR / self.steps.len().max(1);
        let sign = if self.is_running() { theme::spinner(ctx.now.up) } else { " " };
        let bar = format!("{sign} {}{} ", "▓".repeat(full), "░".repeat(BAR.saturating_sub(full)));
        let said = format!("{} of {} processed", count.answered(), self.steps.len());
        let head: [Line; 2] = [
            vec![(bar, theme.warn()), (said, theme.strong())],
            vec![(text::cut(&format!("  {}", count.words()), columns).into_owned(), theme.dim())],
        ];
        for (line, y) in head.iter().zip(inner.y..inner.bottom()) {
            put(buffer, inner, y, line);
        }
        let room = usize::from(inner.height.saturating_sub(3));
        let top = self.top.min(self.steps.len().saturating_sub(room.max(1)));
        let amounts: Vec<_> = self.steps.iter().filter_map(|step| step.act.amount()).collect();
        let fit = AmountFit::of(&amounts, ctx.store.grouping);
        for (step, y) in self.steps.iter().skip(top).take(room).zip(inner.y + 3..inner.bottom()) {
            put(buffer, inner, y, &self.row(step, &fit, ctx, columns));
        }
    }

    /// Its keys, for the last line of the screen.
    pub fn foot(&self, outcomes: &Outcomes, several: bool) -> String {
        self.keys(&self.count(outcomes), several)
    }

    fn keys(&self, count: &Count, several: bool) -> String {
        if self.asking {
            let again = if count.failed == 1 { "1 action".to_owned() } else { format!("{} actions", count.failed) };
            return format!("send {again} that were refused or not sent once more? y sends · any other key does not");
        }
        let mut keys = Vec::new();
        match (self.is_running(), self.stopping) {
            (true, false) => keys.push("s stops what is not begun"),
            (true, true) => keys.push("stopping"),
            (false, _) => {
                if count.to_do > 0 {
                    keys.push("c goes on");
                }
                if count.failed > 0 {
                    keys.push("r tries again what was not done");
                }
            }
        }
        if several {
            keys.push("Tab another plan");
        }
        keys.push("↓ ↑ scroll · Esc closes");
        keys.join(" · ")
    }

    fn row(&self, step: &Step, fit: &AmountFit, ctx: &RenderCtx<'_>, columns: usize) -> Line {
        let theme = &ctx.theme;
        let (sign, word, tone) = match self.fate(step, ctx.outcomes) {
            Fate::ToDo if self.is_running() && self.stopping => ("○", "not begun", Tone::Over),
            Fate::ToDo => ("○", "to do", Tone::Over),
            Fate::Sending => ("◌", "sending…", Tone::Waiting),
            Fate::Accepted => ("◌", "accepted", Tone::Waiting),
            Fate::Done => ("✓", "done", Tone::Good),
            Fate::Failed => ("✗", "not done", Tone::Bad),
            Fate::Unknown => ("?", "unknown", Tone::Waiting),
            Fate::NotSeen => ("?", "not seen", Tone::Bad),
            Fate::Probably => ("≈", "probably", Tone::Waiting),
        };
        let mut line =
            vec![(format!("{sign} "), theme.tone(tone)), (text::fit(word, 10, Align::Left), theme.word(tone))];
        let why = why(step, ctx.outcomes);
        line.extend(which(&step.act, ctx));
        if why.is_some() && columns < 90 {
            // Why something was not done is worth more than where the card is.
            line.pop();
        }
        if let Some(amount) = step.act.amount() {
            line.push((format!("  {}", fit.show(&amount)), theme.plain()));
        }
        let taken: usize = line.iter().map(|(text, _)| text::width(text)).sum();
        if let Some(why) = why {
            let why = text::ending(&describe::guarded(ctx.store, &why), columns.saturating_sub(taken + 2), 1).concat();
            line.push((format!("  {why}"), theme.dim()));
        }
        line
    }
}

/// Last four, name and account of the card an act is about.
pub fn which(act: &Act, ctx: &RenderCtx<'_>) -> Line {
    let theme = &ctx.theme;
    let Some(at) = act.card() else { return Line::new() };
    let name = ctx.store.card(&at.card).and_then(|card| card.name.as_ref()).map_or("–".into(), text::name);
    vec![
        (text::fit(&describe::card(at), 7, Align::Left), theme.strong()),
        (text::fit(&text::cut(&name, NAME), NAME, Align::Left), theme.plain()),
        (format!("  {}", text::fit(&account(at, ctx.store), 12, Align::Left)), theme.dim()),
    ]
}

fn account(at: &CardAt, store: &Store) -> String {
    text::cut(&describe::account(store, &at.account), 12).into_owned()
}

/// Balances as they are known now, for the act.
pub fn before(act: &Act, store: &Store) -> Before {
    let spendable = |at: &CardAt| store.card(&at.card).and_then(|card| card.spendable().known().copied());
    let moves = act.amount().is_some();
    let account = act.account().filter(|_| moves).and_then(|id| store.account(id));
    Before {
        account: account.and_then(|account| account.available.known().copied()),
        other: act.card().and_then(spendable),
    }
}

/// Why a step is where it is, when there is something to say.
fn why(step: &Step, outcomes: &Outcomes) -> Option<String> {
    match &step.at {
        At::ToDo => None,
        At::Held(why) => Some(why.clone()),
        At::Begun(reference) => {
            let past: &Past = outcomes.past_of(*reference)?;
            match past.stage {
                Stage::Done | Stage::Accepted | Stage::Sent | Stage::Recorded => None,
                _ => past.steps.last().and_then(|(_, step)| step.reason()).map(ToString::to_string),
            }
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn put(buffer: &mut Buffer, area: Rect, y: u16, line: &Line) {
    let mut x = area.x;
    for (part, style) in line {
        x = text::put(buffer, area, x, y, part, area.right().saturating_sub(x), *style);
    }
}
