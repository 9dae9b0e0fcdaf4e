//! Names of ledger accounts, one for each ledger and none twice, made of characters that mean nothing in any format.

use std::collections::{BTreeMap, BTreeSet};

use super::{Books, Holder, Ledger};

/// The names by holder: `Accounts:Main`, `Cards:Main-4242-8aca`.
pub fn names(books: &Books) -> BTreeMap<&Holder, String> {
    let mut taken = BTreeSet::new();
    let mut names = BTreeMap::new();
    for ledger in &books.ledgers {
        let plain = name(ledger);
        let id = segment(&ledger.id());
        let end = |length: usize| id.get(id.len().saturating_sub(length)..).unwrap_or(&id);
        // Another of the same name is told apart by more and more of its id, and at last by a number: two names that
        // are the same would be one account.
        let longer = [6, 12, id.len()].into_iter().map(|length| format!("{plain}-{}", end(length)));
        let numbered = (2..).map(|number: u64| format!("{plain}-{id}-{number}"));
        let mut all = std::iter::once(plain.clone()).chain(longer).chain(numbered);
        let Some(name) = all.find(|name| taken.insert(name.to_lowercase())) else { continue };
        names.insert(&ledger.holder, name);
    }
    names
}

fn name(ledger: &Ledger) -> String {
    let account = segment(ledger.name.as_str());
    match (&ledger.holder, ledger.last_four) {
        (Holder::Account(_), _) => format!("Accounts:{account}"),
        (Holder::Card(_), Some(four)) => format!("Cards:{account}-{four}"),
        (Holder::Card(id), None) => format!("Cards:{account}-{}", segment(&id.to_string())),
    }
}

/// ASCII letters, digits and dashes, beginning with a capital letter or a digit, as beancount wants it and no reader minds.
fn segment(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => out.push(c),
            false if out.ends_with('-') || out.is_empty() => {}
            false => out.push('-'),
        }
    }
    let out = out.trim_end_matches('-');
    match out.chars().next() {
        None => "X".into(),
        Some(first) => format!("{}{}", first.to_ascii_uppercase(), out.get(1..).unwrap_or("")),
    }
}

/// The word of a kind where only letters mean nothing.
pub fn word(text: &str) -> String {
    segment(text).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_letters_digits_and_dashes() {
        for (text, wanted) in [
            ("Main", "Main"),
            ("ops USD", "Ops-USD"),
            (" = Łódź; \"x\" | a:b", "D-x-a-b"),
            ("—", "X"),
            ("", "X"),
            ("(1)", "1"),
        ] {
            assert_eq!(segment(text), wanted, "{text:?}");
        }
    }
}
