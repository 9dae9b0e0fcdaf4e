//! What is typed and never shown. It never grows beyond what it was made with, so that no copy is left behind, and
//! is wiped when it goes.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::domain::secret::{OneTimeSecret, Password, WebhookSecret};

/// A secret while it is typed.
pub struct SecretInput {
    text: Zeroizing<String>,
    /// Longest, in bytes.
    most: usize,
}

impl SecretInput {
    pub fn new(most: usize) -> SecretInput {
        SecretInput { text: Zeroizing::new(String::with_capacity(most)), most }
    }

    /// Takes a character; false when it does not fit or is none that can be seen.
    pub fn take(&mut self, c: char) -> bool {
        let fits = !c.is_control() && self.text.len() + c.len_utf8() <= self.most;
        if fits {
            self.text.push(c);
        }
        fits
    }

    /// Takes the last character away.
    pub fn pop(&mut self) -> bool {
        self.text.pop().is_some()
    }

    /// Empties it; whether there was something.
    pub fn clear(&mut self) -> bool {
        let any = !self.text.is_empty();
        self.text.zeroize();
        any
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many bytes were typed.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn room(&self) -> usize {
        self.most - self.text.len()
    }

    /// One dot for each character.
    pub fn dots(&self) -> String {
        "•".repeat(self.text.chars().count())
    }

    /// What was typed, once more, for whoever needs it now.
    pub fn copied(&self) -> Password {
        Password::new(self.text.clone())
    }

    /// Whether something stands around it that was hardly meant.
    pub fn is_ragged(&self) -> bool {
        self.text.trim().len() != self.text.len()
    }

    /// The secret of a webhook that was typed, for whoever sends it.
    pub fn webhook_secret(&self) -> Option<OneTimeSecret<WebhookSecret>> {
        (!self.is_empty()).then(|| OneTimeSecret::new(WebhookSecret::new(self.text.clone())))
    }

    /// What was typed; nothing stays here.
    pub fn hand_over(&mut self) -> Password {
        let other = Zeroizing::new(String::with_capacity(self.most));
        Password::new(std::mem::replace(&mut self.text, other))
    }
}

impl fmt::Debug for SecretInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(••••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_a_typed_secret_is_dots_and_is_taken_once() {
        let mut typed = SecretInput::new(16);
        "s3cret".chars().for_each(|c| assert!(typed.take(c)));
        let secret = typed.webhook_secret().unwrap();
        let clone = secret.clone();
        assert_eq!(format!("{typed:?} {secret:?}"), "Hidden(••••) OneTimeSecret(••••)");
        assert_eq!(secret.take().unwrap().expose(), "s3cret");
        assert!(clone.take().is_none());
        assert!(typed.clear());
        assert!(typed.webhook_secret().is_none());
    }
}
