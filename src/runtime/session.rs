//! Being known to the API: a credential becomes a token.

use crate::api::{Client, Settings};
use crate::credentials::Credential;
use crate::domain::failure::Failure;
use crate::domain::secret::Token;

/// The token that requests are sent with: the credential itself, or what the API gives for a login.
pub async fn token(settings: &Settings, credential: &Credential) -> Result<Token, Failure> {
    match credential {
        Credential::Token(token) => Ok(token.another()),
        Credential::Login { email, password } => Ok(Client::login(settings.clone(), email, password).await?.token),
    }
}
