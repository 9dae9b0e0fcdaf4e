//! The model and files: the rows of the focused list, as they are shown, and what became of writing them.
//!
//! ```text
//!   x ──▶ which rows are shown ──▶ dialog ──▶ confirmed ──▶ their cells, a part after each message ──▶ Effect::Export
//! ```
//!
//! A million rows take seconds to be made: no key waits for more than one part.

use std::sync::Arc;

use crate::app::dialogs::export::{ExportForm, ReplaceFile};
use crate::app::exports::{Export, ExportEnd};
use crate::app::form::Form;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::private;
use crate::app::text;
use crate::app::theme::Tone;
use crate::app::ui::exported::{ExportRows, Exported, Leaving};
use crate::domain::text::SafeText;
use crate::export::cell::Cell;
use crate::export::{Head, Table, xlsx};

/// Rows whose cells are made in one part: a few milliseconds.
const PART: usize = 4_000;

/// Rows that were shown when the dialog opened.
#[derive(Debug)]
pub(super) struct Exporting {
    rows: ExportRows,
    leaving: Leaving,
    /// What was confirmed, and as many of its rows as are made.
    confirmed: Option<(Export, Vec<Vec<Cell>>, usize)>,
}

impl Exporting {
    /// Whether there is anything to be done now.
    pub(super) fn is_due(&self) -> bool {
        self.confirmed.is_some()
    }
}

impl Model {
    /// Takes an order to write rows that are not made yet, and makes a part of them; the order goes on when all are.
    pub(super) fn make_export(&mut self, effects: &mut Vec<Effect>) {
        let Some(exporting) = &mut self.exporting else { return };
        let is_new = exporting.confirmed.is_none();
        effects.retain_mut(|effect| match effect {
            Effect::Export(export) if !export.is_made() => {
                exporting.confirmed = Some((export.as_ref().clone(), Vec::new(), 0));
                false
            }
            _ => true,
        });
        let Some((export, made, from)) = &mut exporting.confirmed else { return };
        let to = (*from + PART).min(exporting.rows.len());
        match &mut exporting.rows {
            ExportRows::Made(rows) => made.append(rows),
            ExportRows::ToMake { make, .. } => {
                made.extend((*from..to).filter_map(|at| make(&self.store, exporting.leaving, at)));
            }
        }
        *from = to;
        if to < exporting.rows.len() {
            if is_new {
                let rows = text::count(export.rows, self.store.grouping);
                self.toasts.say(self.now.up, format!("writing {rows} rows"), Tone::Waiting);
            }
            return;
        }
        let Some((export, rows, _)) = self.exporting.take().and_then(|exporting| exporting.confirmed) else { return };
        let bare = export.without_rows();
        let table = Table {
            kind: bare.table.kind.clone(),
            made_at: bare.table.made_at,
            columns: bare.table.columns.clone(),
            rows,
            footer: bare.table.footer.clone(),
            about: bare.table.about.clone(),
        };
        let rows = table.rows.len();
        effects.push(Effect::Export(Box::new(Export { table: Arc::new(table), rows, ..bare })));
    }

    /// Asks where the rows of the focused list are to be written.
    pub(crate) fn open_export(&mut self, effects: &mut Vec<Effect>) {
        if self.exporting.as_ref().is_some_and(Exporting::is_due) {
            return self.toasts.say(self.now.up, "the file before is being written".to_owned(), Tone::Waiting);
        }
        let leaving = Leaving { hide: self.appearance.privacy };
        let Exported { heads, rows } = self.panes.get(self.focus()).exported(&self.pane_ctx(), leaving);
        let table = self.table_shown(heads, leaving);
        let (asks, form) = ExportForm::new(table, rows.len(), self.exported_as);
        self.exporting = Some(Exporting { rows, leaving, confirmed: None });
        let (acts, mut desk) = self.desk(effects);
        acts.open(Box::new(asks), form, Vec::new(), &mut desk);
    }

    /// What is said of what the focused list shows: its filter and its sums. Its rows come later.
    fn table_shown(&self, heads: Vec<Head>, leaving: Leaving) -> Table {
        let (pane, ctx) = (self.focus(), self.pane_ctx());
        let list = self.panes.get(pane);
        let mut about = Vec::new();
        let mut fact = |name: &str, text: String| about.push((name.to_owned(), text));
        if self.filter().is_active() {
            // A filter may name somebody, or hold what is written nowhere.
            let kept = self.filter().kept().unwrap_or_else(|| "not written: it may hold a card number".into());
            fact("filter", private::said(&private::name(&kept), leaving.hide).into_owned());
        }
        let sums: Vec<String> =
            list.sums(&ctx).iter().map(|part| private::said(part, leaving.hide).into_owned()).collect();
        if !sums.is_empty() {
            fact("sums", sums.join(" · "));
        }
        if leaving.hide {
            fact("privacy", "names, amounts and numbers are masked".into());
        }
        Table {
            kind: pane.title().to_lowercase(),
            made_at: self.now.wall,
            columns: heads,
            rows: Vec::new(),
            footer: Vec::new(),
            about,
        }
    }

    /// What became of a file.
    pub(crate) fn exported(&mut self, export: Export, end: ExportEnd, effects: &mut Vec<Effect>) {
        let file = SafeText::prose(&export.file).to_string();
        let (said, tone) = match end {
            ExportEnd::Written { path, amounts_as_text } => {
                self.exported_as = export.format;
                let rows = text::count(export.rows, self.store.grouping);
                let note = if amounts_as_text > 0 {
                    format!("; {}", xlsx::as_text_says(amounts_as_text))
                } else {
                    String::new()
                };
                (format!("✓ {rows} rows in {}{note}", SafeText::prose(&path)), Tone::Good)
            }
            ExportEnd::Exists if self.dialog().is_none() && !self.lock.is_locked() => {
                let (acts, mut desk) = self.desk(effects);
                return acts.open(Box::new(ReplaceFile::new(export)), Form::new(Vec::new()), Vec::new(), &mut desk);
            }
            ExportEnd::Exists => (format!("✗ {file} is there already; nothing was written"), Tone::Bad),
            ExportEnd::Failed(why) => (format!("✗ {file}: {}; nothing was written", SafeText::prose(&why)), Tone::Bad),
        };
        self.toasts.say(self.now.up, said, tone);
    }
}
