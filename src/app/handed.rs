//! A secret a person typed, from the field to the one place that needs it.
//!
//! It can be taken out once. A copy of the message that carries it is a way to the same place, not to a second
//! secret; printed it is dots.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::secret::WebhookSecret;

/// A secret on its way.
#[derive(Clone)]
pub struct Handed(Arc<Mutex<Option<WebhookSecret>>>);

impl Handed {
    pub fn new(secret: WebhookSecret) -> Handed {
        Handed(Arc::new(Mutex::new(Some(secret))))
    }

    /// The secret, the first time.
    pub fn take(&self) -> Option<WebhookSecret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PartialEq for Handed {
    fn eq(&self, other: &Handed) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Handed {}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handed(••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::hidden::Hidden;

    #[test]
    fn s4_a_typed_secret_is_dots_and_is_handed_over_once() {
        let mut typed = Hidden::new(16);
        "s3cret".chars().for_each(|c| assert!(typed.take(c)));
        let handed = typed.handed().unwrap();
        let copy = handed.clone();
        assert_eq!(format!("{typed:?} {handed:?}"), "Hidden(••••) Handed(••••)");
        assert_eq!(handed.take().unwrap().expose(), "s3cret");
        assert!(copy.take().is_none());
        assert!(typed.clear());
        assert!(typed.handed().is_none());
    }
}
