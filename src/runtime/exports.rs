//! Writes lists into files that a person named: whole or not at all, for their owner alone.

use std::io;
use std::path::{Path, absolute};

use tokio::sync::mpsc;

use crate::app::exports::{Export, ExportEnd};
use crate::app::msg::Msg;
use crate::files::{self, Existing};

/// Writes until the dashboard hangs up, one file after another.
pub async fn write(mut wanted: mpsc::UnboundedReceiver<Box<Export>>, out: mpsc::Sender<Msg>) {
    while let Some(export) = wanted.recv().await {
        let work = tokio::task::spawn_blocking(move || {
            let end = written(&export);
            match end {
                // It may be asked for again, to replace what is there.
                ExportEnd::Exists => (export, end),
                ExportEnd::Written { .. } | ExportEnd::Failed(_) => (Box::new(export.without_rows()), end),
            }
        });
        // The work does not panic; a dashboard that is gone needs to know nothing.
        if let Ok((export, end)) = work.await {
            let _ = out.send(Msg::Exported(export, end)).await;
        }
    }
}

fn written(export: &Export) -> ExportEnd {
    let existing = if export.replace { Existing::Replace } else { Existing::Keep };
    let path = Path::new(&export.file);
    // Asked first: to make a workbook of many rows takes a while.
    if existing == Existing::Keep && path.is_file() {
        return ExportEnd::Exists;
    }
    let (bytes, amounts_as_text) = match export.bytes() {
        Ok(made) => made,
        Err(why) => return ExportEnd::Failed(why.to_string()),
    };
    match files::write_whole(path, &bytes, existing) {
        Ok(()) => {
            let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
            ExportEnd::Written { path: whole.display().to_string(), amounts_as_text }
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => ExportEnd::Exists,
        Err(error) => ExportEnd::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::exports::ExportFormat;
    use crate::export::cell::Cell;
    use crate::export::{Head, Kind, Table};

    #[test]
    fn a_file_that_is_there_is_left_alone_until_it_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cards.json");
        let table = Table {
            kind: "cards".into(),
            made_at: chrono::DateTime::UNIX_EPOCH,
            columns: vec![Head { name: "name".into(), kind: Kind::Plain }],
            rows: vec![vec![Cell::Word("Ads".into())]],
            footer: Vec::new(),
            about: Vec::new(),
        };
        for format in ExportFormat::ALL {
            let file = file.with_extension(format.word());
            let path = file.display().to_string();
            let export = Export {
                table: Arc::new(table.clone()),
                rows: table.rows.len(),
                format,
                file: path.clone(),
                replace: false,
            };
            let done = ExportEnd::Written { path, amounts_as_text: 0 };
            assert_eq!(written(&export), done);
            let before = std::fs::read(&file).unwrap();
            std::fs::write(&file, "mine").unwrap();
            assert_eq!(written(&export), ExportEnd::Exists);
            assert_eq!(std::fs::read(&file).unwrap(), b"mine");
            assert_eq!(written(&Export { replace: true, ..export.clone() }), done);
            // A workbook says when it was packed.
            assert!(format == ExportFormat::Xlsx || std::fs::read(&file).unwrap() == before);
            let nowhere = Export { file: folder.path().join("none/x").display().to_string(), ..export };
            assert!(matches!(written(&nowhere), ExportEnd::Failed(_)));
        }
    }
}
