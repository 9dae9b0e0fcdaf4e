//! A small file that a person wrote: what stands in it and where, so that what is wrong can be pointed at.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::domain::suggest::suggest;
use crate::domain::text::SafeText;

/// What is wrong in it, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Path and line.
    pub place: String,
    pub problem: String,
    pub fix: String,
}

/// The file's path for messages, its text, and what was wrong so far.
pub struct SourceFile<'a> {
    pub path: &'a str,
    pub text: &'a str,
    pub faults: Vec<Diagnostic>,
}

impl<'a> SourceFile<'a> {
    pub fn new(path: &'a str, text: &'a str) -> SourceFile<'a> {
        SourceFile { path, text, faults: Vec::new() }
    }

    /// What stands at the top of the file, in its order; a file that cannot be read at all is a warning and empty.
    pub fn entries(&mut self) -> Vec<(Spanned<String>, Spanned<DeValue<'a>>)> {
        match DeTable::parse(self.text) {
            Ok(table) => {
                let entry = |(key, value): (Spanned<std::borrow::Cow<'a, str>>, _)| {
                    (Spanned::new(key.span(), key.into_inner().into_owned()), value)
                };
                let mut entries: Vec<_> = table.into_inner().into_iter().map(entry).collect();
                entries.sort_by_key(|(key, _)| key.span().start);
                entries
            }
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                self.fault(&at, format!("this is no TOML ({})", error.message()), "fix the line; the file is ignored");
                Vec::new()
            }
        }
    }

    /// Notes what is wrong at a place of the file.
    pub fn fault(&mut self, at: &Range<usize>, problem: String, fix: &str) {
        let line = self.text.bytes().take(at.start).filter(|byte| *byte == b'\n').count() + 1;
        self.faults.push(Diagnostic { place: format!("{}:{line}", self.path), problem, fix: fix.to_owned() });
    }

    /// Notes that a word is not known, and which one was likely meant.
    pub fn unknown(&mut self, at: &Range<usize>, what: &str, word: &str, known: &[&str]) {
        let problem = format!("there is no {what} {}", SafeText::name(word));
        let fix = match suggest(word, known.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("there are: {}", known.join(", ")),
        };
        self.fault(at, problem, &fix);
    }
}
