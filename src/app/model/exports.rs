//! The model and files: the rows of the focused list, as they are shown, and what became of writing them.

use crate::app::dialogs::export::{ExportForm, ReplaceFile};
use crate::app::exports::{Export, ExportEnd};
use crate::app::form::Form;
use crate::app::model::Model;
use crate::app::msg::Effect;
use crate::app::private;
use crate::app::text;
use crate::app::theme::Tone;
use crate::app::ui::exported::{Exported, Leaving};
use crate::domain::text::SafeText;
use crate::export::{Table, xlsx};

impl Model {
    /// Asks where the rows of the focused list are to be written.
    pub(crate) fn open_export(&mut self, effects: &mut Vec<Effect>) {
        let (asks, form) = ExportForm::new(self.table_shown(), self.exported_as);
        let (acts, mut desk) = self.desk(effects);
        acts.open(Box::new(asks), form, Vec::new(), &mut desk);
    }

    /// What the focused list shows, with its filter and its sums.
    fn table_shown(&self) -> Table {
        let (pane, ctx) = (self.focus(), self.pane_ctx());
        let leaving = Leaving { hide: self.appearance.privacy };
        let list = self.panes.get(pane);
        let Exported { heads, rows } = list.exported(&ctx, leaving);
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
            rows,
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
                let rows = text::count(export.table.rows.len(), self.store.grouping);
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
