//! Whose journal it is: an address and a merchant, known by the accounts it has seen. Never the token, which changes.
//!
//! The first journal of a profile name keeps the name. Another address, or another merchant at the same address, under
//! the same profile name has a journal of its own beside it, so that nobody's empty feed says what became of somebody
//! else's acts.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::book::{Binding, Book};
use super::chain::Chain;
use super::files::Files;
use super::{Adopted, Journal, JournalError, Other, PATIENCE, Record, read_archives};
use crate::domain::ids::AccountId;
use crate::domain::intent::Who;
use crate::domain::text::SafeText;

/// What came of binding a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// No account was seen, so nobody knows whose it is.
    NotYet,
    /// It is the journal that was open.
    Here,
    /// Another one was opened in its place.
    Other,
}

/// Whose acts a program writes down.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    address: String,
    accounts: BTreeSet<AccountId>,
    /// For a journal that has to be begun.
    id: String,
}

/// How well a journal fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Unbound,
    Bound,
}

fn fit(book: &Book, address: &str, accounts: &BTreeSet<AccountId>) -> Option<Fit> {
    let binding = book.binding();
    if binding.address.is_empty() {
        // It is of an earlier version, or empty: nothing speaks against it but accounts that are all others'.
        return (book.shares_account_with(accounts) != Some(false)).then_some(Fit::Unbound);
    }
    let common = binding.accounts.is_empty() || !binding.accounts.is_disjoint(accounts);
    (binding.address == address && common).then_some(Fit::Bound)
}

impl Journal {
    /// Finds the journal of this address and merchant, or begins one. `id`: a random id, should it need one. What is
    /// new is written with the next line.
    pub fn bind(
        &mut self,
        address: &str,
        accounts: &BTreeSet<AccountId>,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Bound, JournalError> {
        if accounts.is_empty() {
            return Ok(Bound::NotYet);
        }
        self.owner = Some(Owner { address: address.to_owned(), accounts: accounts.clone(), id: id.to_owned() });
        let all = self.all()?;
        let best = all.iter().filter_map(|(files, chain)| Some((fit(&chain.book, address, accounts)?, files)));
        let files = match best.max_by_key(|(fit, files)| (*fit, **files == self.files)) {
            Some((_, files)) => files.clone(),
            None => Files::of_journal(&self.profile, id),
        };
        self.others = others(&all, &files);
        let moved = files != self.files;
        if moved {
            self.files = files;
            self.to_bind = Binding::default();
            self.torn.clear();
            self.open_files(now)?;
        }
        self.bind_with_next(&Owner { address: address.to_owned(), accounts: accounts.clone(), id: id.to_owned() });
        Ok(if moved { Bound::Other } else { Bound::Here })
    }

    /// What the journal does not say of its owner is written with the next line.
    fn bind_with_next(&mut self, owner: &Owner) {
        let known = self.chain.book.binding();
        let mut more = self.to_bind.clone();
        if known.journal.is_empty() {
            more.journal.clone_from(&owner.id);
        }
        if known.address.is_empty() {
            more.address.clone_from(&owner.address);
        }
        more.accounts.extend(owner.accounts.difference(&known.accounts).cloned());
        self.to_bind = more;
    }

    /// A journal that was nobody's when it was bound may have become another's since: whoever writes first has it. Then
    /// this program's acts go into one of their own. Whether it was.
    pub(super) fn leave_to_its_owner(&mut self, now: DateTime<Utc>) -> Result<bool, JournalError> {
        let Some(owner) = self.owner.clone() else { return Ok(false) };
        if fit(&self.chain.book, &owner.address, &owner.accounts).is_some() {
            // It was emptied or exchanged since: a line without a word of its owner would be anybody's.
            if self.chain.book.binding().address.is_empty() {
                self.bind_with_next(&owner);
            }
            return Ok(false);
        }
        let Owner { address, accounts, id } = owner;
        // What follows is written to another file, under that one's lock.
        let of_theirs = self.held.take();
        self.bind(&address, &accounts, &id, now)?;
        self.held = Some(self.lock(PATIENCE)?);
        drop(of_theirs);
        Ok(true)
    }

    /// Whether an account is the merchant's, as far as the journal knows.
    pub(super) fn is_ours(&self, account: &AccountId) -> bool {
        self.to_bind.accounts.contains(account) || self.chain.book.binding().accounts.contains(account)
    }

    /// Remembers whether references come back in descriptions; written with the next line.
    pub fn note_echo(&mut self, echoes: bool) {
        if self.echoes() != Some(echoes) {
            self.to_bind.echoes = Some(echoes);
        }
    }

    /// Whether references come back in descriptions, as far as is known.
    pub fn echoes(&self) -> Option<bool> {
        self.to_bind.echoes.or(self.chain.book.binding().echoes)
    }

    /// Addresses of journals under this profile's name that have seen one of these accounts at another address.
    pub fn adoptable(&self, address: &str, accounts: &BTreeSet<AccountId>) -> Result<Vec<String>, JournalError> {
        let elsewhere = |chain: &Chain| {
            let binding = chain.book.binding();
            let other = !binding.address.is_empty() && binding.address != address;
            (other && !binding.accounts.is_disjoint(accounts)).then(|| binding.address.clone())
        };
        Ok(self.all()?.iter().filter_map(|(_, chain)| elsewhere(chain)).collect())
    }

    /// The merchant's address has changed: the journal of the old one is that of the new one from here on.
    pub fn adopt(
        &mut self,
        from: &str,
        address: &str,
        accounts: &BTreeSet<AccountId>,
        (who, profile): (Who, SafeText),
        now: DateTime<Utc>,
    ) -> Result<bool, JournalError> {
        let all = self.all()?;
        let of_old = |chain: &Chain| {
            let binding = chain.book.binding();
            binding.address == from && !binding.accounts.is_disjoint(accounts)
        };
        let Some((files, _)) = all.into_iter().find(|(_, chain)| of_old(chain)) else { return Ok(false) };
        if files != self.files {
            self.files = files;
            self.to_bind = Binding::default();
            self.open_files(now)?;
        }
        self.owner = None;
        let adopted = Adopted { address: address.to_owned(), who, profile };
        self.append(now, vec![Record::Adopted(Box::new(adopted))], |_| Ok::<(), JournalError>(()))?;
        Ok(true)
    }

    /// All journals of the profile's name, each as far as it can be read. That of another one is not locked: a line that
    /// is just being written is not missed by anybody.
    fn all(&self) -> Result<Vec<(Files, Chain)>, JournalError> {
        let names = self.names()?;
        let mut found = Vec::new();
        for files in Files::all_of(&self.profile, &names) {
            if files == self.files {
                found.push((files, self.chain.clone()));
                continue;
            }
            let mut chain = Chain::new();
            read_archives(&*self.disk, &files, &mut chain)?;
            let current = files.current();
            let path = self.disk.path(&current);
            let status = self.disk.status(&current);
            if status.map_err(|error| JournalError::cannot("look at", path.clone(), error))?.is_some() {
                let bytes = self.disk.read(&current, 0);
                let bytes = bytes.map_err(|error| JournalError::cannot("read", path.clone(), error))?;
                chain.take_all(&path, &bytes);
            }
            found.push((files, chain));
        }
        // Of one whose lines are gone the heads still know whose it is.
        for (files, chain) in &mut found {
            if chain.book.binding().address.is_empty() {
                let heads = self.heads_of(files);
                heads.iter().for_each(|head| chain.book.bind(&head.binding));
            }
        }
        Ok(found)
    }
}

fn others(all: &[(Files, Chain)], mine: &Files) -> Vec<Other> {
    let other = |(_, chain): &(Files, Chain)| Other {
        address: chain.book.binding().address.clone(),
        open: chain.book.unfinished().cloned().collect(),
    };
    all.iter().filter(|(files, _)| files != mine).map(other).filter(|other| !other.open.is_empty()).collect()
}
