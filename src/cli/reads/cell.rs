//! How a table for people shows one value. What stands in the table is [`crate::export`]'s.

pub use crate::export::cell::{Cell, Unknown, stamp};

use crate::app::clock;
use crate::domain::money::Grouping;
use crate::domain::settings::Zone;

impl Cell {
    /// As a table shows it.
    pub fn shown(&self, zone: &Zone, grouping: Grouping) -> String {
        match self {
            Cell::Money(money) => format!("{} {}", money.digits_in(grouping), money.currency()),
            Cell::Time(at) => clock::full(*at, zone),
            Cell::Flag(true) => "yes".into(),
            Cell::Flag(false) => "no".into(),
            Cell::Unknown(why) => why.sign().into(),
            other => other.plain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_has_a_sign_of_its_own() {
        for why in [Unknown::NotSaid, Unknown::Unreadable, Unknown::NotRead] {
            assert_eq!(Cell::Unknown(why).shown(&Zone::Utc, Grouping::Comma), why.sign());
        }
    }
}
