//! The passphrase of a profile, which opens the dashboard's lock (D8).
//!
//! Only a salted argon2id hash is kept, in a file of the state folder that its owner alone may read. A passphrase
//! is not a card number: its hash tells nothing of one (D5). Without the file there is no passphrase. Knows files;
//! does not know the lock.

use std::io;
use std::path::{Path, PathBuf};

use argon2::password_hash::{
    self, Output, PasswordHash, PasswordHashString, PasswordHasher as _, PasswordVerifier as _, SaltString,
};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::files;

/// Shortest passphrase that is taken, in characters.
pub const SHORTEST: usize = 8;
/// Memory in KiB, passes, lanes: what OWASP names for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Bytes of salt and of hash.
const SALT: usize = 16;
const HASH: usize = 32;

/// The hash of a passphrase that was set, ready to compare with.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(PasswordHashString);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(••••)")
    }
}

/// Where the passphrase of a profile is kept.
pub fn place(state_folder: &Path, profile: &str) -> PathBuf {
    // A profile's name is its owner's; what could leave the folder is taken out.
    let name: String = profile.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect();
    state_folder.join("passphrase").join(name)
}

impl Passphrase {
    /// Makes one of what was typed. The error follows "the passphrase".
    pub fn new(text: &str, salt: [u8; SALT]) -> Result<Passphrase, String> {
        if text.chars().count() < SHORTEST {
            return Err(format!("needs at least {SHORTEST} characters"));
        }
        let unusable = |error: password_hash::Error| format!("cannot be computed: {error}");
        let salt = SaltString::encode_b64(&salt).map_err(unusable)?;
        let hash = argon2id().and_then(|hasher| Ok(hasher.hash_password(text.as_bytes(), &salt)?.serialize()));
        hash.map(Passphrase).map_err(unusable)
    }

    /// Whether this is it; otherwise why not.
    pub fn fits(&self, text: &str) -> Result<(), String> {
        match argon2id().and_then(|hasher| hasher.verify_password(text.as_bytes(), &self.0.password_hash())) {
            Ok(()) => Ok(()),
            Err(password_hash::Error::Password) => Err("that is not the passphrase".into()),
            Err(error) => Err(format!("the passphrase cannot be computed: {error}")),
        }
    }

    /// The one that was set for a profile, if any. The error is a sentence.
    pub fn read(state_folder: &Path, profile: &str) -> Result<Option<Passphrase>, String> {
        let path = place(state_folder, profile);
        let said = |why: String| format!("the passphrase in {} cannot be used: {why}", path.display());
        match files::read_private(&path) {
            Ok(text) => Passphrase::parse(&text).map(Some).ok_or_else(|| said("it was changed".into())),
            Err(files::Refused::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(refused) => Err(said(format!("{refused}; {}", refused.fix(&path)))),
        }
    }

    /// Keeps it for a profile, in place of what was there.
    pub fn write(&self, state_folder: &Path, profile: &str) -> io::Result<()> {
        files::write_private(&place(state_folder, profile), self.text().as_bytes())
    }

    fn text(&self) -> String {
        format!("{}\n", self.0)
    }

    /// Reads a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`), or what versions before 0.2 wrote.
    fn parse(text: &str) -> Option<Passphrase> {
        let hash = match text.strip_prefix("argon2id ") {
            Some(old) => PasswordHashString::new(&from_words(old)?),
            None => PasswordHashString::new(text.trim_end()),
        };
        let hash = hash.ok()?;
        is_ours(&hash.password_hash()).then_some(Passphrase(hash))
    }
}

fn argon2id() -> Result<Argon2<'static>, password_hash::Error> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, Some(HASH))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether a hash has our algorithm, costs and lengths. Less was not written by us; more would have the lock compute for
/// minutes.
fn is_ours(hash: &PasswordHash<'_>) -> bool {
    let (memory, passes, lanes) = COST;
    let cost = Params::try_from(hash)
        .is_ok_and(|params| (params.m_cost(), params.t_cost(), params.p_cost()) == (memory, passes, lanes));
    let version = hash.version == Some(Version::V0x13.into());
    let length = hash.hash.is_some_and(|hash| hash.len() == HASH) && hash.salt.is_some();
    cost && version && length && hash.algorithm == Algorithm::Argon2id.ident()
}

/// The PHC string of what versions before 0.2 wrote: costs in decimals, salt and hash in hexadecimals.
fn from_words(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let mut next = || words.next();
    let (memory, passes, lanes) = (next()?, next()?, next()?);
    let (mut salt, mut hash) = ([0; SALT], [0; HASH]);
    hex::decode_to_slice(next()?, &mut salt).ok()?;
    hex::decode_to_slice(next()?, &mut hash).ok()?;
    if next().is_some() {
        return None;
    }
    let (salt, hash) = (SaltString::encode_b64(&salt).ok()?, Output::new(&hash).ok()?);
    Some(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
}

/// Removes the passphrase of a profile; whether there was one.
pub fn remove(state_folder: &Path, profile: &str) -> io::Result<bool> {
    match std::fs::remove_file(place(state_folder, profile)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const WORDS: &str = "correct horse";

    /// D8: only a salted hash is kept, readable by its owner alone, and only the passphrase fits.
    #[test]
    fn d8_s3_a_passphrase_is_kept_as_a_salted_hash() {
        let folder = tempfile::tempdir().unwrap();
        let made = Passphrase::new(WORDS, [7; SALT]).unwrap();
        assert_ne!(made, Passphrase::new(WORDS, [8; SALT]).unwrap());
        made.write(folder.path(), "default").unwrap();
        let path = place(folder.path(), "default");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !text.contains("correct"), "{text}");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let read = Passphrase::read(folder.path(), "default").unwrap().unwrap();
        assert!(read.fits(WORDS).is_ok());
        assert_eq!(read.fits("correct hors").unwrap_err(), "that is not the passphrase");
        assert_eq!(Passphrase::read(folder.path(), "other").unwrap(), None);
        assert!(remove(folder.path(), "default").unwrap() && !remove(folder.path(), "default").unwrap());
    }

    /// A file that others could have written, or that was changed, opens nothing and is no reason to open.
    #[test]
    fn d8_s3_a_passphrase_that_was_tampered_with_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        Passphrase::new(WORDS, [7; SALT]).unwrap().write(folder.path(), "default").unwrap();
        let path = place(folder.path(), "default");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(Passphrase::read(folder.path(), "default").unwrap_err().contains("chmod 600"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        let ours = std::fs::read_to_string(&path).unwrap();
        for changed in [
            "argon2id 8 1 1 00 00\n",
            "",
            "$argon2id$",
            &ours.replace("m=19456", "m=4194304"),
            &ours.replace("m=19456", "m=8"),
            &ours.replace("argon2id", "argon2i"),
            &ours.replace("v=19", "v=16"),
            ours.rsplit_once('$').unwrap().0,
        ] {
            std::fs::write(&path, changed).unwrap();
            assert!(Passphrase::read(folder.path(), "default").unwrap_err().contains("it was changed"), "{changed}");
        }
    }

    /// What version 0.1 wrote is read, and means the same.
    #[test]
    fn a_passphrase_of_an_earlier_version_opens() {
        let folder = tempfile::tempdir().unwrap();
        let made = Passphrase::new(WORDS, [7; SALT]).unwrap();
        let hash = made.0.password_hash();
        let old =
            format!("argon2id 19456 2 1 {} {}\n", hex::encode([7; SALT]), hex::encode(hash.hash.unwrap().as_bytes()));
        files::write_private(&place(folder.path(), "default"), old.as_bytes()).unwrap();
        assert_eq!(Passphrase::read(folder.path(), "default").unwrap(), Some(made));
    }

    #[test]
    fn a_short_passphrase_is_refused_and_a_name_stays_in_its_folder() {
        assert!(Passphrase::new("short", [0; SALT]).unwrap_err().contains("at least 8"));
        assert_eq!(place(Path::new("/s"), "../../etc/x"), Path::new("/s/passphrase/______etc_x"));
    }
}
