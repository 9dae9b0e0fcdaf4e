//! The user's own themes and keys.

use super::{Complaint, Environment};
use crate::app::keymap::Keymap;
use crate::app::theme::book::{self, Book};
use crate::app::written::Fault;
use crate::domain::nearest::nearest;
use crate::domain::text::SafeText;

/// Most files that are read as themes.
const MOST: usize = 100;

/// The themes that come with the program and those of `themes/` in the configuration folder, and what is wrong there.
pub fn book(environment: &Environment) -> (Book, Vec<Fault>) {
    let folder = environment.config_folder.as_ref().map(|folder| folder.join("themes"));
    let Some(Ok(entries)) = folder.map(std::fs::read_dir) else { return Book::new(environment.depth, &[]) };
    let theme = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let name = path.file_stem()?.to_str().map(|name| SafeText::name(name).to_string())?;
        let text =
            path.extension().filter(|ending| *ending == "toml").and_then(|_| std::fs::read_to_string(&path).ok());
        text.map(|text| (name, path.display().to_string(), text))
    };
    let mut files: Vec<_> = entries.filter_map(|entry| theme(entry.ok()?)).take(MOST).collect();
    files.sort();
    Book::new(environment.depth, &files)
}

/// The user's own keys, and what is wrong there.
pub fn keys(environment: &Environment) -> (Keymap, Vec<Fault>) {
    let path = environment.config_folder.as_ref().map(|folder| folder.join("keys.toml"));
    let text = path.as_deref().and_then(|path| std::fs::read_to_string(path).ok());
    match (path, text) {
        (Some(path), Some(text)) => Keymap::read(&path.display().to_string(), &text),
        _ => (Keymap::default(), Vec::new()),
    }
}

/// What is said of a theme that is not there.
pub fn no_theme(wanted: &str, book: &Book) -> Complaint {
    let meant = nearest(wanted, book.names()).map_or(String::new(), |meant| format!("did you mean {meant}? "));
    Complaint {
        place: "theme".into(),
        problem: format!("there is no theme {}, so {} is used", SafeText::name(wanted), book::DEFAULT),
        fix: format!("{meant}There are: {}", book.names().collect::<Vec<_>>().join(", ")),
    }
}
