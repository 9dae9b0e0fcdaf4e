//! The user's own themes and keys.

use super::{Complaint, Environment};
use crate::app::keymap::Keymap;
use crate::app::source_file::Diagnostic;
use crate::app::theme::book::{self, Book};
use crate::domain::suggest::suggest;
use crate::domain::text::SafeText;
use crate::files::steering::{self, Untrusted};

/// Most files that are read as themes.
const MOST: usize = 100;

/// The themes that come with the program and those of `themes/` in the configuration folder, and what is wrong there.
pub fn book(environment: &Environment) -> (Book, Vec<Diagnostic>) {
    let folder = environment.config_folder.as_ref().map(|folder| folder.join("themes"));
    let Some(Ok(entries)) = folder.map(std::fs::read_dir) else { return Book::new(environment.depth, &[]) };
    let mut refused = Vec::new();
    let mut theme = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let name = path.file_stem()?.to_str().map(|name| SafeText::name(name).to_string())?;
        path.extension().filter(|ending| *ending == "toml")?;
        let text = steering::read(&path).unwrap_or_else(|why| {
            refused.push(fault(why, "the theme is not used"));
            None
        });
        text.map(|text| (name, path.display().to_string(), text))
    };
    let mut files: Vec<_> = entries.filter_map(|entry| theme(entry.ok()?)).take(MOST).collect();
    files.sort();
    let (book, mut faults) = Book::new(environment.depth, &files);
    faults.append(&mut refused);
    (book, faults)
}

/// What is wrong with a file that is not used, and what follows from that.
fn fault(Untrusted { place, problem, fix }: Untrusted, so: &str) -> Diagnostic {
    Diagnostic { place: place.display().to_string(), problem: format!("{problem}; {so}"), fix }
}

/// The user's own keys, and what is wrong there.
pub fn keys(environment: &Environment) -> (Keymap, Vec<Diagnostic>) {
    let path = environment.config_folder.as_ref().map(|folder| folder.join("keys.toml"));
    let Some(path) = path else { return (Keymap::default(), Vec::new()) };
    match steering::read(&path) {
        Ok(Some(text)) => Keymap::read(&path.display().to_string(), &text),
        Ok(None) => (Keymap::default(), Vec::new()),
        Err(why) => (Keymap::default(), vec![fault(why, "the usual keys are used")]),
    }
}

/// What is said of a theme that is not there.
pub fn no_theme(wanted: &str, book: &Book) -> Complaint {
    let meant = suggest(wanted, book.names()).map_or(String::new(), |meant| format!("did you mean {meant}? "));
    Complaint {
        place: "theme".into(),
        problem: format!("there is no theme {}, so {} is used", SafeText::name(wanted), book::DEFAULT),
        fix: format!("{meant}There are: {}", book.names().collect::<Vec<_>>().join(", ")),
    }
}
