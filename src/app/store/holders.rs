//! Cardholders: a list in order of arrival, and where each stands in it.

use std::collections::HashMap;

use super::Store;
use crate::app::msg::{Batch, Now};
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::text::SafeText;

/// Where each cardholder stands.
pub(super) type Rows = HashMap<HolderId, Row>;

/// Where a cardholder stands in the list, and the name that lists of cards show a hundred thousand times.
#[derive(Debug)]
pub(super) struct Row {
    pub at: usize,
    pub full_name: SafeText,
}

impl Store {
    /// A page of the list. Whether anything in it changed. People are never taken off: their cards stay.
    pub(super) fn take_holders(&mut self, now: Now, asked: u64, batch: Batch<Cardholder>) -> bool {
        let is_late = self.holders.is_late(asked);
        let mut changed = false;
        for holder in batch.items {
            let row = self.holder_rows.get_mut(&holder.id);
            match row.and_then(|row| self.holders.value.get_mut(row.at).map(|known| (row, known))) {
                Some((_, known)) if is_late || *known == holder => continue,
                Some((row, known)) => {
                    row.full_name = holder.full_name();
                    *known = holder;
                }
                None => {
                    let row = Row { at: self.holders.value.len(), full_name: holder.full_name() };
                    self.holder_rows.insert(holder.id.clone(), row);
                    self.holders.value.push(holder);
                }
            }
            changed = true;
        }
        self.holders.succeeded(now, asked, !batch.last);
        changed
    }
}
