//! A list on its way into a file: what is written, where, and what became of it. Plain data; names no screen.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::export::{Table, Unfit, csv, json, xlsx};

/// The formats of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    #[default]
    Csv,
    Json,
    Xlsx,
}

impl ExportFormat {
    pub const ALL: [ExportFormat; 3] = [ExportFormat::Csv, ExportFormat::Json, ExportFormat::Xlsx];

    /// Its word, which is the ending of a file too.
    pub fn word(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Json => "json",
            ExportFormat::Xlsx => "xlsx",
        }
    }

    pub fn of_word(word: &str) -> Option<ExportFormat> {
        ExportFormat::ALL.into_iter().find(|format| format.word() == word)
    }
}

/// A list that is to be written. Its rows are those that were shown when the dialog opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// Without its rows until they are made, and once they are written.
    pub table: Arc<Table>,
    /// How many rows it has, or will have.
    pub rows: usize,
    pub format: ExportFormat,
    /// As typed; relative to the current folder.
    pub file: String,
    /// A file of that name may be replaced: the person said so.
    pub replace: bool,
}

impl fmt::Debug for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Export { table, rows, format, file, replace } = self;
        write!(f, "Export({rows} {} rows as {format:?} to {file:?}, replace: {replace})", table.kind)
    }
}

impl Export {
    /// Whether its rows are there.
    pub fn is_made(&self) -> bool {
        self.table.rows.len() >= self.rows
    }

    /// Lets go of the rows, where that takes no key's time.
    pub fn without_rows(self) -> Export {
        let Table { kind, made_at, columns, footer, about, .. } = &*self.table;
        let table = Table {
            kind: kind.clone(),
            made_at: *made_at,
            columns: columns.clone(),
            rows: Vec::new(),
            footer: footer.clone(),
            about: about.clone(),
        };
        Export { table: Arc::new(table), ..self }
    }

    /// The whole file, and how many amounts stand in it as text because its numbers could not hold them.
    pub fn bytes(&self) -> Result<(Vec<u8>, usize), Unfit> {
        match self.format {
            ExportFormat::Csv => Ok((csv::bytes(&self.table, false), 0)),
            ExportFormat::Json => Ok((json::bytes(&self.table), 0)),
            ExportFormat::Xlsx => xlsx::bytes(&self.table).map(|written| (written.bytes, written.amounts_as_text)),
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportEnd {
    /// It is there.
    Written { path: String, amounts_as_text: usize },
    /// A file of that name is there, and was left alone.
    Exists,
    /// Nothing was written, and why.
    Failed(String),
}
