//! Where somebody logs in to: a profile, new or known, and its address.

use std::path::Path;

use anyhow::{Context, bail};

use super::profile::{DEMO, Profile};
use super::{File, write};
use crate::api::{BaseUrl, Settings};
use crate::domain::text::SafeText;
use crate::ops::journal;

/// Which profile at which address.
#[derive(Debug)]
pub struct Place {
    pub profile: Profile,
    pub base_url: BaseUrl,
    /// Whether the file says that address already.
    known: bool,
}

/// The profile of this name, whether it is in the file or new.
pub fn to_log_in(file: &File, name: &str) -> anyhow::Result<Profile> {
    if name == DEMO {
        bail!("the demo needs no credential; name a profile of your own");
    }
    if !journal::is_name(name) {
        bail!("\"{}\" cannot be the name of a profile; use up to 64 letters, digits, - and _", SafeText::name(name));
    }
    // A credential that stands before all tables belongs to the address that stands there.
    let new = || Profile {
        name: name.to_owned(),
        base_url: None,
        token_file: None,
        token_command: Vec::new(),
        ..file.base.clone()
    };
    Ok(file.profile(name).unwrap_or_else(new))
}

impl Place {
    pub fn new(profile: Profile, base_url: BaseUrl) -> Place {
        let known = profile.base_url.as_deref().and_then(|url| BaseUrl::parse(url).ok()).as_ref() == Some(&base_url);
        Place { profile, base_url, known }
    }

    /// How its API is spoken to.
    pub fn settings(&self) -> Settings {
        let Profile { auth, paths, read_only, .. } = &self.profile;
        let base_url = self.base_url.as_str().to_owned();
        Settings { auth: *auth, read_only: *read_only, paths: paths.clone(), ..Settings::new(base_url) }
    }

    /// Writes the address into the file at this path, where it does not stand there already: whether the profile
    /// became the usual one by that.
    pub fn write(&self, path: &Path) -> anyhow::Result<Option<bool>> {
        if self.known {
            return Ok(None);
        }
        let made = write::base_url(path, &self.profile.name, self.base_url.as_str());
        made.map(Some).with_context(|| format!("the address cannot be written to {}", path.display()))
    }
}
