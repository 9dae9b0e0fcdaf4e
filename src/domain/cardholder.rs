//! People linked to cards. API sheet section 3.

use super::ids::HolderId;
use super::text::SafeText;

/// A cardholder, by the merchant's own id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cardholder {
    pub id: HolderId,
    pub first_name: SafeText,
    pub last_name: SafeText,
    pub email: Option<SafeText>,
    pub phone: Option<SafeText>,
}

impl Cardholder {
    /// First and last name, with one space between.
    pub fn full_name(&self) -> SafeText {
        SafeText::name(format!("{} {}", self.first_name, self.last_name).trim())
    }
}
