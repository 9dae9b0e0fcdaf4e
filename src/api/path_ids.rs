//! Ids in the path of a request: a template such as `/accounts/{account}/cards/{card}` with its ids filled in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::settings::is_dots;
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};

/// Everything but the unreserved characters of RFC 3986 is encoded in a path segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The ids that a path template asks for.
#[derive(Clone, Copy, Default)]
pub struct PathIds<'a> {
    account: Option<&'a AccountId>,
    card: Option<&'a CardId>,
    holder: Option<&'a HolderId>,
    transaction: Option<&'a TransactionId>,
}

impl<'a> PathIds<'a> {
    pub fn none() -> PathIds<'a> {
        PathIds::default()
    }

    pub fn account(account: &'a AccountId) -> PathIds<'a> {
        PathIds { account: Some(account), ..PathIds::default() }
    }

    pub fn card(account: &'a AccountId, card: &'a CardId) -> PathIds<'a> {
        PathIds { account: Some(account), card: Some(card), ..PathIds::default() }
    }

    pub fn holder(holder: &'a HolderId) -> PathIds<'a> {
        PathIds { holder: Some(holder), ..PathIds::default() }
    }

    pub fn transaction(transaction: &'a TransactionId) -> PathIds<'a> {
        PathIds { transaction: Some(transaction), ..PathIds::default() }
    }

    /// The path with the ids in it, percent-encoded. The error is a sentence.
    pub fn fill(&self, template: &str) -> Result<String, &'static str> {
        let mut path = String::with_capacity(template.len() + 72);
        for part in template.split('/').skip(1) {
            path.push('/');
            let id = match part {
                "{account}" => self.account.map(ToString::to_string),
                "{card}" => self.card.map(ToString::to_string),
                "{holder}" => self.holder.map(ToString::to_string),
                "{transaction}" => self.transaction.map(ToString::to_string),
                plain => {
                    path.push_str(plain);
                    continue;
                }
            };
            let id = id.ok_or("its path asks for an id that is not known here")?;
            if is_dots(&id) {
                return Err("an id of dots alone cannot be sent");
            }
            path.extend(utf8_percent_encode(&id, SEGMENT));
        }
        Ok(path)
    }
}
