//! The cursor and the window of a list, shared by all panes.
//!
//! The selection is a row, never a number: rows come in above it and change places while the person reads.
//! What stays is the row under the cursor and the line of the screen it stands on. Only at its very top, and
//! when it is not held, does a list let new rows in at the top: following scrolls, it does not select another row.
//!
//! What keys act on is the row that was read ([`Cursor::target`]). Where the row under the cursor became another
//! without a key (it is gone, or was scrolled out of the window), the other counts only [`READ`] after a frame showed
//! it; what the person's own keys changed counts at once.
//!
//! Does not know what rows are or how they are drawn.

use std::time::Duration;

/// How long a row must have been on the screen before a key means it, when no key had brought it under the cursor.
pub const READ: Duration = Duration::from_millis(300);

/// Rows in the order they are shown.
pub trait Rows {
    type Row: Clone + PartialEq;

    fn len(&self) -> usize;

    fn get(&self, at: usize) -> Option<Self::Row>;

    /// Where a row stands; `hint` is where it stood last.
    fn position(&self, row: &Self::Row, hint: usize) -> Option<usize>;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Rows that stand in their order, or turned round.
pub struct Shown<'a, R> {
    pub rows: &'a [R],
    pub turned: bool,
}

impl<R: Clone + PartialEq> Rows for Shown<'_, R> {
    type Row = R;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn get(&self, at: usize) -> Option<R> {
        if at >= self.rows.len() {
            return None;
        }
        self.rows.get(turned(at, self.rows.len(), self.turned)).cloned()
    }

    fn position(&self, row: &R, hint: usize) -> Option<usize> {
        let len = self.rows.len();
        position_in(self.rows, row, turned(hint, len, self.turned)).map(|at| turned(at, len, self.turned))
    }
}

/// How far the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Down(usize),
    Up(usize),
    First,
    Last,
    /// To this line of the window.
    Line(usize),
    /// The window moves, and takes the cursor along only where it would be lost.
    Scroll {
        by: usize,
        down: bool,
    },
}

/// What rows that come in do to a cursor that nobody has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// The list is being read for the first time: the cursor stands on the first row, whichever that is by now.
    Loading,
    /// New rows come in at the top, and the row under the cursor goes down with the others.
    Follows,
    /// Nothing moves.
    Held,
}

/// The cursor and the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor<R> {
    row: Option<R>,
    /// Where the row stood when the list was last looked at.
    at: usize,
    /// The first row of the window.
    top: usize,
    /// Whether the person has chosen the row; until then it is the first one.
    chosen: bool,
    /// The row that keys act on.
    target: Option<R>,
    /// The row when it was last looked at, to tell whether it became another.
    last: Option<R>,
    /// The row became another by itself: when a frame first showed it, once one did.
    unread: Option<Option<Duration>>,
    /// The list is being read for the first time: nobody has read a row of it yet.
    loading: bool,
}

impl<R> Default for Cursor<R> {
    fn default() -> Cursor<R> {
        Cursor { row: None, at: 0, top: 0, chosen: false, target: None, last: None, unread: None, loading: true }
    }
}

impl<R: Clone + PartialEq> Cursor<R> {
    /// The row under the cursor; `None` only when the list is empty.
    pub fn row(&self) -> Option<&R> {
        self.row.as_ref()
    }

    /// The row that keys act on: the one that was read.
    pub fn target(&self) -> Option<&R> {
        self.target.as_ref()
    }

    /// Where the row stands, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The first row of the window.
    pub fn top(&self) -> usize {
        self.top
    }

    /// Whether the newest row is on the screen and new ones come in above it.
    pub fn is_at_top(&self) -> bool {
        self.top == 0
    }

    /// Takes in that rows or the height of the window have changed; `None` when it is not on the screen, so
    /// that nothing scrolls that will come back.
    pub fn settle(&mut self, rows: &impl Rows<Row = R>, height: Option<usize>, moves: Moves) {
        let held = moves == Moves::Held;
        self.loading = moves == Moves::Loading && !self.chosen;
        let line = self.at.saturating_sub(self.top);
        let following = self.top == 0 && !held;
        let Some(last) = rows.len().checked_sub(1) else {
            self.reset();
            return;
        };
        let stood = match &self.row {
            Some(row) if self.chosen || !following => rows.position(row, self.at),
            // Rows come in above it: it stays under the cursor until the window has no line for it any more.
            Some(row) if moves == Moves::Follows => {
                rows.position(row, self.at).filter(|at| height.is_none_or(|height| *at < height))
            }
            _ => None,
        };
        match stood {
            Some(at) => {
                self.at = at;
                if !following {
                    self.top = at.saturating_sub(line);
                }
            }
            // Never chosen, or gone: the row that stands there now.
            None => {
                self.at = if self.chosen || !following { self.at.min(last) } else { 0 };
                self.row = rows.get(self.at);
            }
        }
        if let Some(height) = height {
            self.show(rows.len(), height);
        }
    }

    /// Moves the cursor.
    pub fn step(&mut self, rows: &impl Rows<Row = R>, step: Step, height: usize) {
        let Some(last) = rows.len().checked_sub(1) else { return };
        self.at = match step {
            Step::Down(by) => self.at.saturating_add(by).min(last),
            Step::Up(by) => self.at.saturating_sub(by),
            Step::First => 0,
            Step::Last => last,
            Step::Line(line) => match self.top.saturating_add(line) {
                at if at <= last => at,
                _ => return,
            },
            Step::Scroll { by, down } => {
                let height = height.max(1);
                let top = if down { self.top.saturating_add(by) } else { self.top.saturating_sub(by) };
                self.top = top.min(rows.len().saturating_sub(height));
                self.at.clamp(self.top, self.top.saturating_add(height - 1).min(last))
            }
        };
        self.row = rows.get(self.at);
        self.accept();
        // Going to the first row is how one follows the newest again.
        self.chosen = step != Step::First;
        self.show(rows.len(), height);
    }

    /// Puts the cursor on a row, when it is there.
    pub fn choose(&mut self, rows: &impl Rows<Row = R>, row: &R, height: usize) {
        if let Some(at) = rows.position(row, self.at) {
            self.at = at;
            self.row = Some(row.clone());
            self.chosen = true;
            self.accept();
            self.show(rows.len(), height);
        }
    }

    /// Forgets the selection: the list is about something else now.
    pub fn reset(&mut self) {
        (self.row, self.at, self.top, self.chosen) = (None, 0, 0, false);
    }

    fn show(&mut self, len: usize, height: usize) {
        let height = height.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top.saturating_add(height) {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(len.saturating_sub(height));
    }
}

/// Which row of a list keys act on, whatever its rows are.
pub trait Selection {
    /// The person has the list put into another order: where they chose no row, the cursor stands on the first.
    fn begin_anew(&mut self);

    /// Takes in what the last message did to the row; `by_key`: it was a key, a click or text of the person.
    fn note(&mut self, by_key: bool);

    /// The row under the cursor is the one that is meant from now on.
    fn accept(&mut self);

    /// A frame shows the row.
    fn drawn(&mut self, up: Duration);

    /// A row that was on the screen for long enough is the one that is meant.
    fn read(&mut self, up: Duration);
}

impl<R: Clone + PartialEq> Selection for Cursor<R> {
    fn begin_anew(&mut self) {
        if !self.chosen {
            self.reset();
        }
    }

    fn note(&mut self, by_key: bool) {
        if self.row == self.last {
            return;
        }
        self.last.clone_from(&self.row);
        // Where there was no row, or the first ones are still coming in, no other can have been meant.
        if by_key || self.loading || self.target.is_none() || self.row == self.target {
            self.accept();
        } else {
            self.unread = Some(None);
        }
    }

    fn accept(&mut self) {
        self.target.clone_from(&self.row);
        self.unread = None;
    }

    fn drawn(&mut self, up: Duration) {
        if self.unread == Some(None) {
            self.unread = Some(Some(up));
        }
    }

    fn read(&mut self, up: Duration) {
        if let Some(Some(drawn)) = self.unread
            && up >= drawn.saturating_add(READ)
        {
            self.accept();
        }
    }
}

/// Where a row stands in a slice, looked for near `hint` first.
pub fn position_in<R: PartialEq>(rows: &[R], row: &R, hint: usize) -> Option<usize> {
    let near = hint.saturating_sub(64)..hint.saturating_add(64).min(rows.len());
    let start = near.start;
    match rows.get(near).and_then(|near| near.iter().position(|known| known == row)) {
        Some(at) => Some(start + at),
        None => rows.iter().position(|known| known == row),
    }
}

/// Counts a position from the other end when the order is turned round.
pub fn turned(at: usize, len: usize, reversed: bool) -> usize {
    match reversed {
        true => len.saturating_sub(1).saturating_sub(at),
        false => at,
    }
}
