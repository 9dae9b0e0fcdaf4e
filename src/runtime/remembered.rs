//! What is kept of cards for the next start: what lists leave out of them, and nothing that is said elsewhere. No names,
//! no amounts. A file of the cache folder that its owner alone may read, for one address and one merchant.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Target};
use crate::domain::account::CardKind;
use crate::domain::card::{LastFour, Remembered};
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::files;

/// More is not read: some hundred thousand cards.
const LARGEST: u64 = 64 << 20;

/// Where it is kept, and for which address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    path: PathBuf,
    address: String,
}

/// What was kept.
#[derive(Debug, Default)]
pub struct Memory {
    accounts: BTreeSet<String>,
    cards: Vec<Remembered>,
}

#[derive(Serialize, Deserialize)]
struct File {
    address: String,
    accounts: BTreeSet<String>,
    cards: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    /// Milliseconds of the Unix clock.
    created: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_four: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    partial: bool,
}

/// The file of a profile, whether it is there or not.
pub fn path(cache_folder: &Path, profile: &str) -> PathBuf {
    cache_folder.join("cards").join(format!("{profile}.json"))
}

impl Place {
    /// `None` for the demo, which ends with the program, and for a user without a home.
    pub fn of(config: &Config) -> Option<Place> {
        let Target::Api(api) = &config.target else { return None };
        let folder = config.cache_folder.as_ref()?;
        Some(Place { path: path(folder, &config.profile.name), address: api.base_url.clone() })
    }

    /// What is there for this address. A file that cannot be read, or is of another address, is nothing: it is written
    /// anew.
    pub fn read(&self) -> Memory {
        let text = files::read_private_up_to(&self.path, LARGEST);
        let file = text.ok().and_then(|text| serde_json::from_str::<File>(&text).ok());
        let Some(file) = file.filter(|file| file.address == self.address) else { return Memory::default() };
        let card = |entry: Entry| {
            Some(Remembered {
                card: CardId::parse(&entry.id)?,
                holder: entry.holder.and_then(|id| HolderId::parse(&id)),
                kind: entry.kind.as_deref().map(CardKind::from_wire),
                last_four: entry.last_four.as_deref().and_then(LastFour::parse),
                created_at: entry.created.and_then(DateTime::from_timestamp_millis),
                partial: entry.partial,
            })
        };
        Memory { accounts: file.accounts, cards: file.cards.into_iter().filter_map(card).collect() }
    }

    /// Keeps it, whole or not at all.
    pub fn write(&self, accounts: &[AccountId], cards: &[Remembered]) -> io::Result<()> {
        let entry = |card: &Remembered| Entry {
            id: card.card.to_string(),
            holder: card.holder.as_ref().map(ToString::to_string),
            created: card.created_at.map(|at| at.timestamp_millis()),
            kind: card.kind.as_ref().map(|kind| kind.as_str().to_owned()),
            last_four: card.last_four.map(|four| four.to_string()),
            partial: card.partial,
        };
        let file = File {
            address: self.address.clone(),
            accounts: accounts.iter().map(ToString::to_string).collect(),
            cards: cards.iter().map(entry).collect(),
        };
        files::write_private(&self.path, &serde_json::to_vec(&file)?)
    }
}

impl Memory {
    /// What is known of the cards of a merchant who has these accounts; nothing of another's.
    pub fn of(self, accounts: &[AccountId]) -> Vec<Remembered> {
        let is_theirs = accounts.iter().any(|account| self.accounts.contains(&account.to_string()));
        if is_theirs { self.cards } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn card(id: &str) -> Remembered {
        Remembered {
            card: CardId::parse(id).unwrap(),
            holder: HolderId::parse("emp-7"),
            kind: Some(CardKind::Virtual),
            last_four: LastFour::parse("4242"),
            created_at: DateTime::from_timestamp(1_700_000_000, 0),
            partial: false,
        }
    }

    #[test]
    fn it_is_read_for_the_same_address_and_merchant_alone_and_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { path: path(folder.path(), "prod"), address: "https://api.example".to_owned() };
        let accounts = |name: &str| vec![AccountId::parse(name).unwrap()];
        let all = vec![card("c-1"), Remembered { holder: None, kind: None, partial: true, ..card("c-2") }];
        assert_eq!(place.read().of(&accounts("a-1")), Vec::new());
        place.write(&accounts("a-1"), &all).unwrap();
        assert_eq!(place.read().of(&accounts("a-1")), all);
        assert_eq!(place.read().of(&accounts("a-2")), Vec::new(), "another merchant");
        let elsewhere = Place { address: "https://other.example".to_owned(), ..place.clone() };
        assert_eq!(elsewhere.read().of(&accounts("a-1")), Vec::new(), "another address");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place.path), mode(place.path.parent().unwrap())), (0o600, 0o700));
        std::fs::set_permissions(&place.path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(place.read().of(&accounts("a-1")), Vec::new(), "others may have written it");
        for bad in ["", "{", "[]", "{\"address\":1}"] {
            files::write_private(&place.path, bad.as_bytes()).unwrap();
            assert_eq!(place.read().of(&accounts("a-1")), Vec::new(), "{bad}");
        }
    }
}
