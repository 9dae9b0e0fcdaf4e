//! What all lists have, and what a pane is to the rest of the dashboard.
//!
//! [`ListState`] is the state of one: rows in their order, cursor, sort, filter, marks. [`ListPane`] is what the model and the
//! routes know of a pane, so that none of them names all panes: a new one implements it in its file.

use std::hash::Hash;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::areas::Areas;
use crate::app::filter::Filter;
use crate::app::list::{Cursor, Moves, Rows, Selection, Shown, Step};
use crate::app::marks::{Marking, Marks};
use crate::app::msg::{Now, Setup};
use crate::app::outcomes::Outcomes;
use crate::app::pane::Pane;
use crate::app::sort_columns::{Sort, SortColumn};
use crate::app::store::{CardRow, Changes, Scope, Store, TxRow};
use crate::app::ui::exported::{Exported, Leaving};
use crate::app::ui::frame::{Freshness, RenderCtx, Title, say};
use crate::app::ui::row_index::{Reindex, RowIndex};
use crate::domain::card::Card;
use crate::domain::ids::{AccountId, CardId, EventId, HolderId};
use crate::domain::intent::Reference;

/// What a pane looks at: what was fetched, and what other panes have chosen.
pub struct PaneCtx<'a> {
    pub store: &'a Store,
    pub setup: &'a Setup,
    pub outcomes: &'a Outcomes,
    pub now: Now,
    /// The chosen account; `None` is all of them.
    pub account: Option<AccountId>,
    /// Which transactions are listed.
    pub scope: Scope,
}

/// Where `Enter` on a row leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enter {
    Nowhere,
    /// To the cards of the chosen account.
    Cards,
    /// To the transactions of a card.
    Card(CardId),
    /// To the details beside the list.
    Details,
    /// To the cards of a person.
    Holder(HolderId),
    /// To the payload of an event.
    Event(EventId),
    /// To what is known of an action.
    Action(Reference),
    /// To a decision about the marked actions.
    MarkedActions,
    /// To the transactions that this filter leaves.
    Filtered(String),
    /// To a pane that has the whole body.
    Sheet(Pane),
}

/// What the details are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Nothing,
    AllAccounts,
    Account(AccountId),
    Card(CardRow),
    Transaction(TxRow),
    Holder(HolderId),
}

/// The state of one list.
#[derive(Debug)]
pub struct ListState<R, C> {
    pub cursor: Cursor<R>,
    pub sort: Sort<C>,
    pub filter: Filter,
    pub marks: Marks<R>,
    pub index: RowIndex<R>,
}

impl<R, C: SortColumn> Default for ListState<R, C> {
    fn default() -> ListState<R, C> {
        ListState {
            cursor: Cursor::default(),
            sort: Sort::default(),
            filter: Filter::default(),
            marks: Marks::default(),
            index: RowIndex::default(),
        }
    }
}

impl<R: Clone + Eq + Hash + Send + Sync, C: SortColumn> ListState<R, C> {
    /// The rows in the order they are shown.
    pub fn shown(&self) -> Shown<'_, R> {
        Shown { rows: self.index.rows(), turned: self.index.is_turned() }
    }

    /// The rows in the order they are shown, one by one.
    pub fn rows(&self) -> impl Iterator<Item = R> + '_ {
        let rows = self.shown();
        (0..rows.len()).filter_map(move |at| rows.get(at))
    }

    /// The rows from the top of the window on.
    pub fn visible(&self, height: usize) -> impl Iterator<Item = R> + '_ {
        let (rows, top) = (self.shown(), self.cursor.top());
        (top..top.saturating_add(height)).map_while(move |at| rows.get(at))
    }

    /// Whether the cursor stands on the last row.
    pub fn is_at_end(&self) -> bool {
        self.cursor.at() + 1 >= self.index.rows().len()
    }

    /// Puts the cursor on a row, when it is there.
    pub fn choose(&mut self, row: &R, height: usize) {
        let shown = Shown { rows: self.index.rows(), turned: self.index.is_turned() };
        self.cursor.choose(&shown, row, height);
    }

    /// Takes in that marks or rows are others, for the counts of the title.
    pub fn see_marks(&mut self) {
        self.marks.see(self.index.rows());
    }
}

/// A list, whatever its rows and columns are.
pub trait AnyList {
    fn filter(&self) -> &Filter;
    fn filter_mut(&mut self) -> &mut Filter;
    fn selection(&mut self) -> &mut dyn Selection;

    /// Whether the cursor stands on a row.
    fn has_row(&self) -> bool;

    /// How many rows are shown.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the selection: the list is about something else now.
    fn reset_cursor(&mut self);

    /// Moves the cursor, and a range of marks that is open with it.
    fn step(&mut self, step: Step, height: usize);

    /// Takes in that rows or the height of the window have changed.
    fn settle(&mut self, height: Option<usize>, moves: Moves);

    /// Brings the row under the cursor into the window, where it is still in the list.
    fn keep_row(&mut self, height: usize);

    /// The column it is sorted by, in its word, and whether it is turned round; `None` in the usual order.
    fn sorted(&self) -> Option<(&'static str, bool)>;

    /// Sorts by this from the next index on; `None`, and a column that it does not have: in the usual order.
    fn set_sort(&mut self, sort: Option<(&str, bool)>);

    /// Sorts by the next column of those that are `shown`.
    fn sort_next(&mut self, shown: Option<&[usize]>);

    /// Turns the order round.
    fn sort_turned(&mut self);

    /// Sorts by the column whose name was clicked; whether it is another one.
    fn sort_by_head(&mut self, word: &str) -> bool;

    /// How many rows are marked.
    fn marked(&self) -> usize;

    /// Marks the row that was read, or others with it; whether there is one.
    fn mark(&mut self, how: Marking) -> bool;

    fn clear_marks(&mut self);
}

impl<R: Clone + Eq + Hash + Send + Sync, C: SortColumn> AnyList for ListState<R, C> {
    fn filter(&self) -> &Filter {
        &self.filter
    }

    fn filter_mut(&mut self) -> &mut Filter {
        &mut self.filter
    }

    fn selection(&mut self) -> &mut dyn Selection {
        &mut self.cursor
    }

    fn has_row(&self) -> bool {
        self.cursor.row().is_some()
    }

    fn len(&self) -> usize {
        self.index.rows().len()
    }

    fn reset_cursor(&mut self) {
        self.cursor.reset();
    }

    fn step(&mut self, step: Step, height: usize) {
        let shown = Shown { rows: self.index.rows(), turned: self.index.is_turned() };
        self.cursor.step(&shown, step, height);
        if self.marks.in_range()
            && let Some(row) = self.cursor.row().cloned()
        {
            self.marks.stretch(row, &shown);
            self.marks.see(self.index.rows());
        }
    }

    fn settle(&mut self, height: Option<usize>, moves: Moves) {
        let shown = Shown { rows: self.index.rows(), turned: self.index.is_turned() };
        self.cursor.settle(&shown, height, moves);
    }

    fn keep_row(&mut self, height: usize) {
        if let Some(row) = self.cursor.row().cloned() {
            self.choose(&row, height);
        }
    }

    fn sorted(&self) -> Option<(&'static str, bool)> {
        (self.sort != Sort::default()).then(|| (self.sort.by.word(), self.sort.turned))
    }

    fn set_sort(&mut self, sort: Option<(&str, bool)>) {
        let sort = sort.and_then(|(word, turned)| Some(Sort { by: C::of_word(word)?, turned }));
        self.sort = sort.unwrap_or_default();
        self.index.invalidate();
    }

    fn sort_next(&mut self, shown: Option<&[usize]>) {
        self.sort = self.sort.next(shown);
    }

    fn sort_turned(&mut self) {
        self.sort.turned = !self.sort.turned;
    }

    fn sort_by_head(&mut self, word: &str) -> bool {
        let Some(by) = C::of_word(word) else { return false };
        let other = self.sort.by != by;
        self.sort = self.sort.by_head(by);
        other
    }

    fn marked(&self) -> usize {
        self.marks.count()
    }

    fn mark(&mut self, how: Marking) -> bool {
        let Some(row) = self.cursor.target().cloned() else { return false };
        self.marks.mark(how, row, self.index.rows());
        true
    }

    fn clear_marks(&mut self) {
        self.marks.clear();
    }
}

/// A pane with a list. What most panes do alike stands here; the rest is in the file of each.
pub trait ListPane {
    fn list(&self) -> &dyn AnyList;
    fn list_mut(&mut self) -> &mut dyn AnyList;

    /// Sorts and filters the rows; whether anything was done.
    fn reindex(&mut self, ctx: &PaneCtx<'_>, why: Reindex) -> bool;

    /// Keeps the rows up to date with what a reply changed.
    fn apply(&mut self, ctx: &PaneCtx<'_>, changes: &Changes);

    /// What stands on its borders.
    fn title(&self, ctx: &PaneCtx<'_>) -> Title;

    fn view(&self, buffer: &mut Buffer, areas: &Areas, title: &Title, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>);

    /// The word of the column whose name is drawn at `x`; `inner` is the list with the names, without its border.
    fn column_at(&self, inner: Rect, x: u16, pane: &PaneCtx<'_>, ctx: &RenderCtx<'_>) -> Option<&'static str>;

    /// The line of the window that is drawn on a cell; `list` is where its rows are.
    fn row_at(&self, list: Rect, at: Position, _ctx: &RenderCtx<'_>) -> Option<usize> {
        Some(usize::from(at.y.saturating_sub(list.y)))
    }

    /// Puts cursor and window right after anything may have moved them; `height` is `None` while it is not on the
    /// screen. Whether it shows something else now.
    fn settle(&mut self, _ctx: &PaneCtx<'_>, height: Option<usize>, _focused: bool) -> bool {
        self.list_mut().settle(height, Moves::Follows);
        false
    }

    fn step(&mut self, _ctx: &PaneCtx<'_>, step: Step, height: usize) {
        self.list_mut().step(step, height);
    }

    /// Brings the row under the cursor into the window, where it is still in the list.
    fn keep_row(&mut self, _ctx: &PaneCtx<'_>, height: usize) {
        self.list_mut().keep_row(height);
    }

    /// How many rows are shown.
    fn len(&self, _ctx: &PaneCtx<'_>) -> usize {
        self.list().len()
    }

    /// What it shows, row by row in its order, to be written into a file.
    fn exported(&self, ctx: &PaneCtx<'_>, leaving: Leaving) -> Exported;

    /// What it shows added up, as its sum line says it; nothing where it has none.
    fn sums(&self, _ctx: &PaneCtx<'_>) -> Vec<String> {
        Vec::new()
    }

    /// How fresh its list is.
    fn fresh<'a>(&self, _ctx: &PaneCtx<'a>) -> Freshness<'a> {
        Freshness::default()
    }

    /// What the details are about while it has the focus.
    fn subject(&self, _ctx: &PaneCtx<'_>) -> Subject {
        Subject::Nothing
    }

    /// Where `Enter` leads.
    fn enter(&self, ctx: &PaneCtx<'_>) -> Enter;

    /// The card that an action would be about; else why there is none.
    fn card<'a>(&self, ctx: &PaneCtx<'a>) -> Result<&'a Card, String>;

    /// What it is called and its id, where what is selected is no card.
    fn id(&self, _ctx: &PaneCtx<'_>) -> Option<(&'static str, String)> {
        None
    }

    /// The columns that are shown, by their usual places, where the settings decide that.
    fn shown_columns(&self, _setup: &Setup) -> Option<Vec<usize>> {
        None
    }

    /// Whether a row of the window tells its age.
    fn is_aging(&self, _ctx: &PaneCtx<'_>, _height: usize) -> bool {
        false
    }

    /// Whether it has work left over for the next turn.
    fn is_due(&self, _focused: bool) -> bool {
        false
    }
}

/// What a list says that the filter has left empty.
pub fn say_filtered(buffer: &mut Buffer, area: Rect, filter: &Filter, ctx: &RenderCtx<'_>) {
    let theme = &ctx.theme;
    let [nothing, clear] = filter.nothing(ctx.setup);
    say(buffer, area, &[(nothing, theme.plain()), (clear, theme.dim())]);
}

#[cfg(test)]
mod tests;
