//! The views of the file.
//!
//! ```toml
//! [views.declines]
//! pane = "transactions"
//! filter = "status:declined since:2d"
//! sort = "amount"                   # a column; reverse = true turns it round
//! zoom = true
//! ```
//!
//! A part that cannot be used is said and left out; without a name and a pane there is no view.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Reader, words};
use crate::app::pane::Pane;
use crate::app::view_state::SortState;
use crate::app::views::{self, View};
use crate::domain::settings::Zone;
use crate::domain::suggest::suggest;
use crate::domain::text::SafeText;

/// What to write in place of what is no view.
pub(super) const FIX: &str = "write a line [views.NAME], and pane = \"cards\" below it";
/// What a view may say.
const KEYS: [&str; 5] = ["pane", "filter", "sort", "reverse", "zoom"];

/// The word of a pane in the file.
pub fn word(pane: Pane) -> String {
    pane.title().to_lowercase()
}

impl Reader<'_> {
    /// The views of a table, in the order of the file.
    pub(super) fn views(&mut self, table: &DeTable<'_>, zone: &Zone) -> Vec<View> {
        let mut all: Vec<(usize, View)> = Vec::new();
        for (name, said) in table {
            let shown = SafeText::name(name.get_ref());
            let DeValue::Table(settings) = said.get_ref() else {
                self.complain(name.span(), format!("views.{shown} is no table"), FIX);
                continue;
            };
            if let Err(why) = views::check_name(name.get_ref()) {
                self.complain(name.span(), format!("\"{shown}\" cannot be the name of a view"), &why);
                continue;
            }
            all.extend(self.view(name, settings, zone).map(|view| (name.span().start, view)));
        }
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, view)| view).collect()
    }

    fn view(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, settings: &DeTable<'_>, zone: &Zone) -> Option<View> {
        let place = format!("views.{}", name.get_ref());
        let panes: Vec<String> = Pane::ALL.into_iter().map(word).collect();
        let mut pane = None;
        for (key, value) in settings {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("pane", DeValue::String(said)) => match Pane::ALL.into_iter().find(|pane| word(*pane) == **said) {
                    Some(found) => pane = Some(found),
                    None => {
                        let fix = format!("write one of: {}", panes.join(", "));
                        self.complain(value.span(), format!("{place}: there is no such pane"), &fix);
                        return None;
                    }
                },
                (known, _) if KEYS.contains(&known) => {}
                (other, _) => {
                    let fix = match suggest(other, KEYS) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("there are: {}", KEYS.join(", ")),
                    };
                    self.complain(key.span(), format!("{place} has no {}", SafeText::name(other)), &fix);
                }
            }
        }
        let Some(pane) = pane else {
            self.complain(name.span(), format!("{place} names no pane"), FIX);
            return None;
        };
        let filter = self.text(settings, &place, "filter").filter(|(span, text)| {
            let checked = views::check_filter(text, pane, zone);
            if let Err(why) = &checked {
                self.complain(span.clone(), format!("{place}: its filter cannot be used"), why);
            }
            checked.is_ok()
        });
        let turned = self.flag(settings, &place, "reverse");
        let sorted = self.text(settings, &place, "sort").and_then(|(span, by)| {
            let sorted = SortState::by(pane, &by, turned);
            if sorted.is_none() {
                let fix = format!("write one of: {}", pane.columns().join(", "));
                self.complain(span, format!("{place}: {} has no such column", word(pane)), &fix);
            }
            sorted
        });
        let zoomed = self.flag(settings, &place, "zoom") && !pane.is_sheet();
        let filter = filter.map(|(_, text)| text.trim().to_owned());
        Some(View { name: name.get_ref().to_string(), pane, filter, sorted: sorted.unwrap_or_default(), zoomed })
    }

    fn text(&mut self, table: &DeTable<'_>, place: &str, key: &str) -> Option<(std::ops::Range<usize>, String)> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some((value.span(), text.to_string())),
            other => {
                let problem = format!("{place}: {key} cannot be this: it is {}", words(other));
                self.complain(value.span(), problem, "write a text");
                None
            }
        }
    }

    fn flag(&mut self, table: &DeTable<'_>, place: &str, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        match value.get_ref() {
            DeValue::Boolean(yes) => *yes,
            other => {
                let problem = format!("{place}: {key} cannot be this: it is {}", words(other));
                self.complain(value.span(), problem, "write true or false");
                false
            }
        }
    }
}
