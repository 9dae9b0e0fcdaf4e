//! How far back the rows of a feed are here: the one answer to "is what is not here none, or not known?".
//!
//! A feed that was never read, or whose read was refused, reaches nowhere: nothing may be said to be none because of it.

use chrono::{DateTime, Utc};

use super::Store;
use crate::app::msg::Topic;
use crate::domain::transaction::Feed;

/// How far back rows are here, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every row is here.
    Whole,
    /// Every row that is later than this moment is here.
    Since(DateTime<Utc>),
    /// No list of this feed was read.
    Unread { feed: Feed, failed: bool },
}

impl Reach {
    /// Whether every row from this moment on is here. `None` asks for every row there is.
    pub fn covers(self, from: Option<DateTime<Utc>>) -> bool {
        match self {
            Reach::Whole => true,
            Reach::Since(since) => from.is_some_and(|from| since < from),
            Reach::Unread { .. } => false,
        }
    }

    /// What two lists together reach.
    fn and(self, other: Reach) -> Reach {
        match (self, other) {
            (Reach::Unread { .. }, _) => self,
            (_, Reach::Unread { .. }) => other,
            (Reach::Since(one), Reach::Since(two)) => Reach::Since(one.max(two)),
            (Reach::Since(_), Reach::Whole) => self,
            (Reach::Whole, _) => other,
        }
    }
}

impl Store {
    /// How far back a feed was read.
    pub fn reach(&self, feed: Feed) -> Reach {
        let [newest, history] = [Topic::Newest(feed), Topic::History(feed)].map(|topic| self.status(&topic));
        let loaded_whole = history.complete && !self.transactions.is_full(feed);
        match self.transactions.read_to(feed) {
            _ if loaded_whole || self.transactions.is_ended(feed) => Reach::Whole,
            Some(since) => Reach::Since(since),
            // The newest page came and there was nothing on it.
            None if newest.complete && newest.loaded == 0 => Reach::Whole,
            None => Reach::Unread { feed, failed: newest.failed.or(history.failed).is_some() },
        }
    }

    /// How far back both feeds were read.
    pub fn reach_of_both(&self) -> Reach {
        self.reach(Feed::Cards).and(self.reach(Feed::Accounts))
    }

    /// Whether a feed has rows that are older than those that were read, as far as can be told.
    pub fn goes_on(&self, feed: Feed) -> bool {
        matches!(self.reach(feed), Reach::Since(_))
    }
}
