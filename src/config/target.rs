//! Which API is spoken to, and by which credential.

use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::profile::Profile;
use super::{Complaint, Environment, Flags};
use crate::api::BaseUrl;
use crate::app::msg::Environment as World;
use crate::domain::secret::Token;
use crate::domain::text::SafeText;
use crate::files;

/// Where the credential comes from. Named by `doctor`; the value never is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `FOURPAY_TOKEN`.
    Environment,
    /// `token_file` of the configuration.
    File(PathBuf),
    /// Made by the embedded sandbox for this run.
    Sandbox,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment => f.write_str("environment variable FOURPAY_TOKEN"),
            Source::File(path) => write!(f, "token_file {}", path.display()),
            Source::Sandbox => f.write_str("the embedded sandbox"),
        }
    }
}

/// Which API is spoken to.
#[derive(Debug)]
pub enum Target {
    /// The server that comes with the program, on loopback.
    Sandbox,
    Api {
        base_url: String,
        token: Token,
        source: Source,
    },
}

/// A credential and an address make a real API; neither makes the sandbox; one alone is a mistake.
pub fn target(flags: &Flags, environment: &Environment, profile: &Profile) -> Result<Target, Complaint> {
    if flags.sandbox {
        return Ok(Target::Sandbox);
    }
    let file = format!("profile {}", profile.name);
    let (base_url, said_by) = match (&flags.base_url, &environment.base_url, &profile.base_url) {
        (Some(url), _, _) => (Some(url.clone()), "--base-url".to_owned()),
        (None, Some(url), _) => (Some(url.clone()), "FOURPAY_BASE_URL".to_owned()),
        (None, None, Some(url)) => (Some(url.clone()), file.clone()),
        (None, None, None) => (None, String::new()),
    };
    let credential = match (&environment.token, &profile.token_file) {
        (Some(token), _) => Some((token.clone(), Source::Environment)),
        (None, Some(token_file)) => {
            let text = files::read_private(token_file).map_err(|refused| Complaint {
                place: file,
                problem: format!("token_file {} cannot be used: {refused}", token_file.display()),
                fix: refused.fix(token_file),
            })?;
            Some((text, Source::File(token_file.clone())))
        }
        (None, None) => None,
    };
    if let Some(base_url) = &base_url {
        let parsed = BaseUrl::parse(base_url).map_err(|why| Complaint {
            place: said_by.clone(),
            problem: format!("the address {} cannot be used: {why}", SafeText::name(base_url)),
            fix: "such as https://api.4pay.cc; http is for 127.0.0.1 and [::1] alone".into(),
        })?;
        // S6. A badge that says PROD must not stand over a connection that anybody on the way can read.
        if !parsed.is_https() && profile.said_environment == Some(World::Production) {
            return Err(Complaint {
                place: said_by,
                problem: "http is for sandboxes, and this profile says environment = \"prod\"".into(),
                fix: "write an address with https, or environment = \"sandbox\"".into(),
            });
        }
    }
    match (base_url, credential) {
        (None, None) => Ok(Target::Sandbox),
        (Some(base_url), Some((text, source))) => Ok(Target::Api { base_url, token: token(text, &source)?, source }),
        (Some(_), None) => Err(Complaint {
            place: said_by,
            problem: "there is an address but no credential".into(),
            fix: "set FOURPAY_TOKEN to the API token of your merchant, or use --sandbox".into(),
        }),
        (None, Some((_, source))) => Err(Complaint {
            place: source.to_string(),
            problem: "there is a credential but no address".into(),
            fix: "set FOURPAY_BASE_URL to the base URL of your environment, such as https://api.4pay.cc".into(),
        }),
    }
}

fn token(text: Zeroizing<String>, source: &Source) -> Result<Token, Complaint> {
    Token::parse(text).ok_or_else(|| Complaint {
        place: source.to_string(),
        problem: "what it holds is no token".into(),
        fix: "a token is one word of letters, digits and signs, without spaces".into(),
    })
}
