//! The operating system's keyring: Secret Service on Linux, Keychain on macOS.
//!
//! Each question is asked on a thread of its own and waited for only so long: a keyring may show a window that
//! nobody sees (S10). What is kept belongs to a profile *and* an address: what was kept for one address is never
//! given to another, whoever changed the settings. A credential of the API and the secret of deliveries have
//! places of different types and different names: neither can be taken for the other.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use keyring_core::{CredentialStore, Entry, Error};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Credential;
use crate::domain::secret::{Password, Token, WebhookSecret};
use crate::domain::text::SafeText;

/// One place in the keyring, and what is kept there.
pub trait Place: Clone + Send + 'static {
    /// What is kept in it.
    type Kept;
    /// What all entries of this kind have in common.
    const SERVICE: &'static str;
    /// What is said of an entry that holds something else.
    const OTHERWISE: &'static str;

    /// What tells it from the others of its kind.
    fn name(&self) -> &str;
    /// As it is written into the entry.
    fn written(kept: &Self::Kept) -> Result<Zeroizing<String>, Trouble>;
    /// From an entry; `None` when it holds something else.
    fn parsed(text: &str) -> Option<Self::Kept>;
}

/// The place of a credential of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot(String);

impl Slot {
    /// The place of a profile at an address, as the API's own type writes it.
    pub fn new(profile: &str, base_url: &str) -> Slot {
        Slot(format!("{profile} {base_url}"))
    }
}

/// The place of what webhook deliveries are signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSlot(String);

impl WebhookSlot {
    /// The place of a profile at an address, as the API's own type writes it.
    pub fn new(profile: &str, base_url: &str) -> WebhookSlot {
        WebhookSlot(format!("{profile} {base_url}"))
    }
}

fn entry<P: Place>(place: &P) -> Result<Entry, Error> {
    Entry::new_in_store(&store()?, P::SERVICE, place.name())
}

#[cfg(target_os = "linux")]
fn store() -> Result<Arc<CredentialStore>, Error> {
    let store: Arc<CredentialStore> = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(target_os = "macos")]
fn store() -> Result<Arc<CredentialStore>, Error> {
    let store: Arc<CredentialStore> = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn store() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::NoDefaultStore)
}

/// Why the keyring is of no use now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is none, and what the system says of it.
    Absent(SafeText),
    /// It is locked, or the person said no.
    Locked(SafeText),
    /// No answer within this time.
    Silent(Duration),
    /// It answered with something this program does not understand.
    Strange(SafeText),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Absent(said) => write!(f, "there is none here ({said})"),
            Trouble::Locked(said) => write!(f, "it is locked ({said})"),
            Trouble::Silent(limit) => write!(f, "it did not answer within {} s", limit.as_secs()),
            Trouble::Strange(said) => write!(f, "it cannot be used ({said})"),
        }
    }
}

impl Trouble {
    /// What the person can do.
    pub fn fix(&self) -> &'static str {
        match self {
            Trouble::Absent(_) => "use FOURPAY_TOKEN, token_command or token_file instead",
            Trouble::Locked(_) | Trouble::Silent(_) => "unlock it and try again",
            Trouble::Strange(_) => "run `fourpay login` again",
        }
    }
}

fn trouble(error: Error) -> Trouble {
    // What an error of the library quotes may be the secret itself.
    let safe = |text: String| SafeText::new(text.trim(), 160);
    match error {
        Error::PlatformFailure(why) => Trouble::Absent(safe(why.to_string())),
        Error::NoDefaultStore => Trouble::Absent(safe("no keyring is known for this system".into())),
        Error::NoStorageAccess(why) => Trouble::Locked(safe(why.to_string())),
        Error::Ambiguous(entries) => Trouble::Strange(safe(format!("{} entries of the same name", entries.len()))),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => Trouble::Strange(safe("the entry cannot be read".into())),
        Error::BadStoreFormat(why) | Error::NotSupportedByStore(why) => Trouble::Strange(safe(why)),
        other => Trouble::Strange(safe(match other {
            Error::TooLong(name, most) => format!("{name} is longer than {most}"),
            Error::Invalid(name, why) => format!("{name}: {why}"),
            _ => "an unknown answer".into(),
        })),
    }
}

/// Asks on a thread of its own. One that never comes back is left behind: it holds nothing but its question.
fn ask<T: Send + 'static>(
    limit: Duration,
    question: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<Option<T>, Trouble> {
    let (to, answer) = mpsc::sync_channel(1);
    std::thread::spawn(move || drop(to.send(question())));
    match answer.recv_timeout(limit) {
        Ok(Ok(value)) => Ok(Some(value)),
        Ok(Err(Error::NoEntry)) => Ok(None),
        Ok(Err(error)) => Err(trouble(error)),
        Err(_) => Err(Trouble::Silent(limit)),
    }
}

/// A login as it is kept. A token is kept as it is, so that other programs can put one there.
#[derive(Serialize, Deserialize)]
struct KeptLogin<'a> {
    email: Cow<'a, str>,
    password: Cow<'a, str>,
}

impl Place for Slot {
    type Kept = Credential;
    const SERVICE: &'static str = "fourpay";
    const OTHERWISE: &'static str = "the entry holds no token and no login";

    fn name(&self) -> &str {
        &self.0
    }

    fn written(credential: &Credential) -> Result<Zeroizing<String>, Trouble> {
        match credential {
            Credential::Token(token) => Ok(Zeroizing::new(token.expose().to_owned())),
            Credential::Login { email, password } => {
                let login = KeptLogin { email: email.as_str().into(), password: password.expose().into() };
                let text = serde_json::to_string(&login).map(Zeroizing::new);
                text.map_err(|_| Trouble::Strange(SafeText::name("the login cannot be written")))
            }
        }
    }

    fn parsed(text: &str) -> Option<Credential> {
        let text = text.trim();
        if !text.starts_with('{') {
            return Token::parse(Zeroizing::new(text.to_owned())).map(Credential::Token);
        }
        let login: KeptLogin<'_> = serde_json::from_str(text).ok()?;
        let password = Password::new(Zeroizing::new(login.password.into_owned()));
        Some(Credential::Login { email: login.email.into_owned(), password })
    }
}

impl Place for WebhookSlot {
    type Kept = WebhookSecret;
    const SERVICE: &'static str = "fourpay webhooks";
    const OTHERWISE: &'static str = "the entry is empty";

    fn name(&self) -> &str {
        &self.0
    }

    fn written(secret: &WebhookSecret) -> Result<Zeroizing<String>, Trouble> {
        Ok(Zeroizing::new(secret.expose().to_owned()))
    }

    fn parsed(text: &str) -> Option<WebhookSecret> {
        (!text.is_empty()).then(|| WebhookSecret::new(Zeroizing::new(text.to_owned())))
    }
}

/// What is kept in a place; `None` when it is empty.
pub fn read<P: Place>(place: &P, limit: Duration) -> Result<Option<P::Kept>, Trouble> {
    let place = place.clone();
    let kept = ask(limit, move || entry(&place)?.get_secret().map(Zeroizing::new))?;
    kept.map(|bytes| {
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(P::parsed).ok_or_else(|| Trouble::Strange(SafeText::name(P::OTHERWISE)))
    })
    .transpose()
}

/// Puts something into a place, instead of what was there.
pub fn keep<P: Place>(place: &P, kept: &P::Kept, limit: Duration) -> Result<(), Trouble> {
    let (place, text) = (place.clone(), P::written(kept)?);
    ask(limit, move || entry(&place)?.set_secret(text.as_bytes())).map(drop)
}

/// Empties a place; whether there was something in it.
pub fn forget<P: Place>(place: &P, limit: Duration) -> Result<bool, Trouble> {
    let place = place.clone();
    ask(limit, move || entry(&place)?.delete_credential()).map(|gone| gone.is_some())
}

/// Whether there is something in a place, without reading it.
pub fn holds<P: Place>(place: &P, limit: Duration) -> Result<bool, Trouble> {
    let place = place.clone();
    ask(limit, move || entry(&place)?.get_attributes().map(drop)).map(|there| there.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_belongs_to_a_profile_and_an_address() {
        let slot = Slot::new("default", "https://api.example.com");
        assert_ne!(slot, Slot::new("default", "https://evil.example"));
        assert_ne!(slot, Slot::new("other", "https://api.example.com"));
    }

    /// S1: what signs deliveries is never sent as a token, and a token never signs.
    #[test]
    fn s1_a_secret_of_deliveries_has_a_place_of_its_own() {
        assert_ne!(Slot::SERVICE, WebhookSlot::SERVICE);
    }

    /// S10: whatever the other side does, there is an answer.
    #[test]
    fn s10_a_keyring_that_never_answers_is_waited_for_only_so_long() {
        let limit = Duration::from_millis(50);
        let (_hold, never) = mpsc::channel::<()>();
        let asked = ask(limit, move || {
            let _ = never.recv();
            Ok(())
        });
        assert_eq!(asked, Err(Trouble::Silent(limit)));
    }

    #[test]
    fn what_the_library_quotes_is_not_repeated() {
        let said = trouble(Error::BadEncoding(b"tok_CANARY".to_vec()));
        assert!(!format!("{said} {said:?}").contains("CANARY"));
    }
}
