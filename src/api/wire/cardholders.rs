//! Cardholders. API sheet section 3.

use super::Decode;
use super::record::record;
use crate::domain::cardholder::Cardholder;
use crate::domain::ids::HolderId;
use crate::domain::text::SafeText;

record! {
    HolderRecord {
        owner = "cardOwnerId" | "card_owner_id", id = "id",
        first = "firstName" | "first_name", last = "lastName" | "last_name",
        email = "email", phone = "phone", data = "data",
    }
}

/// A cardholder, in a list or alone.
pub(crate) struct HolderRow;

impl Decode for HolderRow {
    type Record<'a> = HolderRecord<'a>;
    type Out = Cardholder;
    fn build<'a>(&self, record: HolderRecord<'a>) -> Option<Cardholder> {
        let named = record.owner.is_said() || record.id.is_said();
        let record = if named { record } else { record.data.record()? };
        Some(Cardholder {
            id: record.owner.or(record.id).id(HolderId::parse)?,
            first_name: record.first.label().unwrap_or_else(|| SafeText::name("")),
            last_name: record.last.label().unwrap_or_else(|| SafeText::name("")),
            email: record.email.label(),
            phone: record.phone.label(),
        })
    }
}
