//! Writing the rows of a list into a file, and replacing one that is there.

use std::sync::Arc;

use super::super::exports::{Export, ExportFormat};
use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Effect, Topic};
use super::super::store::Store;
use super::super::text;
use super::{Asked, Asks, Confirm, Wrong};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;
use crate::export::Table;

/// Longest path that is typed.
const LONGEST: usize = 1_000;

/// Asks for format and file.
#[derive(Debug)]
pub struct ExportForm {
    table: Arc<Table>,
    rows: usize,
    /// The format whose ending the name of the file has.
    named: ExportFormat,
}

/// What a file is called when nobody says otherwise: `fourpay-transactions-2026-11-27.csv`.
pub fn file_name(table: &Table, format: ExportFormat) -> String {
    format!("fourpay-{}-{}.{}", table.kind, table.made_at.format("%Y-%m-%d"), format.word())
}

impl ExportForm {
    /// With the format that was chosen last. `rows`: how many there will be in the table, which has none yet.
    pub fn new(table: Table, rows: usize, last: ExportFormat) -> (ExportForm, Form) {
        let options = [
            Choose::new("csv", "CSV, for every spreadsheet"),
            Choose::new("json", "JSON, for programs"),
            Choose::new("xlsx", "XLSX, with number formats"),
        ];
        let mut form = Form::new(vec![
            Field::choice(FieldId::Way, "format", "◂ ▸ the format of the file", options.into()),
            Field::text(FieldId::To, "file", "in the current folder, or a whole path", LONGEST),
        ]);
        form.fill(FieldId::Way, last.word());
        form.fill(FieldId::To, &file_name(&table, last));
        (ExportForm { table: Arc::new(table), rows, named: last }, form)
    }

    fn format(form: &Form) -> Option<ExportFormat> {
        ExportFormat::of_word(form.value(FieldId::Way))
    }
}

impl Asks for ExportForm {
    fn title(&self, _: &Store) -> String {
        format!("Export {}", self.table.kind)
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "Write file".into()
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let plain = ctx.theme.plain();
        let rows = format!("{}, in the order they are shown", text::count(self.rows, ctx.store.grouping));
        let mut lines = describe::pair("rows", &rows, plain, ctx, columns);
        for (name, fact) in &self.table.about {
            lines.extend(describe::pair(name, fact, plain, ctx, columns));
        }
        lines
    }

    /// The ending of the name follows the format.
    fn refresh(&mut self, form: &mut Form, _: &Store) -> Vec<Topic> {
        let Some(format) = ExportForm::format(form).filter(|format| *format != self.named) else { return Vec::new() };
        let file = form.value(FieldId::To).to_owned();
        if let Some(stem) = file.strip_suffix(self.named.word()).filter(|stem| stem.ends_with('.')) {
            form.fill(FieldId::To, &format!("{stem}{}", format.word()));
        }
        self.named = format;
        Vec::new()
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        let file = form.value(FieldId::To);
        if file.is_empty() || file.ends_with('/') {
            return Err(Wrong::at(FieldId::To, "what is the file to be called?"));
        }
        if file.starts_with('~') {
            return Err(Wrong::at(FieldId::To, "write the whole path: ~ is the shell's"));
        }
        let format = ExportForm::format(form).unwrap_or_default();
        let table = Arc::clone(&self.table);
        let export = Export { table, rows: self.rows, format, file: file.to_owned(), replace: false };
        Ok(Asked::Effect(Effect::Export(Box::new(export))))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        vec!["writes".into()]
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let Asked::Effect(Effect::Export(export)) = asked else { return Vec::new() };
        let what = format!("{}, readable by you alone; a file that is there is asked about", export.file);
        describe::pair("writes", &what, ctx.theme.strong(), ctx, columns)
    }
}

/// Asks whether a file that is there may be replaced.
#[derive(Debug)]
pub struct ReplaceFile {
    export: Export,
}

impl ReplaceFile {
    pub fn new(export: Export) -> ReplaceFile {
        ReplaceFile { export: Export { replace: true, ..export } }
    }
}

impl Asks for ReplaceFile {
    fn title(&self, _: &Store) -> String {
        "Replace the file?".into()
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "replace it".into()
    }

    fn confirm(&self) -> Confirm {
        Confirm::Letter
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let say = "It is there already, and was left alone. Replacing it leaves nothing of what is in it now.";
        super::prose(say, ctx.theme.plain(), columns)
    }

    fn read(&self, _: &Form, _: &Store) -> Result<Asked, Wrong> {
        Ok(Asked::Effect(Effect::Export(Box::new(self.export.clone()))))
    }

    fn review(&self, _: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        describe::pair("file", &self.export.file, ctx.theme.strong(), ctx, columns)
    }
}
