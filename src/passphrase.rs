//! The passphrase of a profile, which opens the dashboard's lock (D8).
//!
//! Only a salted argon2id hash is kept, in a file of the state folder that its owner alone may read. A passphrase
//! is not a card number: its hash tells nothing of one (D5). Without the file there is no passphrase. Knows files;
//! does not know the lock.

use std::io;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;

use crate::files;

/// Shortest passphrase that is taken, in characters.
pub const SHORTEST: usize = 8;
/// Memory in KiB, passes, lanes: what OWASP names for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Bytes of salt and of hash.
const SALT: usize = 16;
const HASH: usize = 32;
const FIRST: &str = "argon2id";

/// A passphrase that was set, ready to compare with.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase {
    cost: (u32, u32, u32),
    salt: [u8; SALT],
    hash: [u8; HASH],
}

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
        let mut passphrase = Passphrase { cost: COST, salt, hash: [0; HASH] };
        passphrase.hash = passphrase.hash_of(text)?;
        Ok(passphrase)
    }

    fn hash_of(&self, text: &str) -> Result<[u8; HASH], String> {
        let (memory, passes, lanes) = self.cost;
        let unusable = |error: argon2::Error| format!("cannot be computed: {error}");
        let params = Params::new(memory, passes, lanes, Some(HASH)).map_err(unusable)?;
        let mut hash = [0; HASH];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(text.as_bytes(), &self.salt, &mut hash)
            .map_err(unusable)?;
        Ok(hash)
    }

    /// Whether this is it; otherwise why not.
    pub fn fits(&self, text: &str) -> Result<(), String> {
        let hash = self.hash_of(text).map_err(|why| format!("the passphrase {why}"))?;
        match bool::from(hash.ct_eq(&self.hash)) {
            true => Ok(()),
            false => Err("that is not the passphrase".into()),
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
        let (memory, passes, lanes) = self.cost;
        format!("{FIRST} {memory} {passes} {lanes} {} {}\n", hex::encode(self.salt), hex::encode(self.hash))
    }

    fn parse(text: &str) -> Option<Passphrase> {
        let mut words = text.split_whitespace();
        let mut next = || words.next();
        if next()? != FIRST {
            return None;
        }
        let cost = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
        // Less than ours was not written by us; more would have the lock compute for minutes.
        let fits = cost == COST;
        let (mut salt, mut hash) = ([0; SALT], [0; HASH]);
        hex::decode_to_slice(next()?, &mut salt).ok()?;
        hex::decode_to_slice(next()?, &mut hash).ok()?;
        (fits && words.next().is_none()).then_some(Passphrase { cost, salt, hash })
    }
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
        assert!(text.starts_with("argon2id ") && !text.contains("correct"), "{text}");
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
        std::fs::write(&path, "argon2id 8 1 1 00 00\n").unwrap();
        assert!(Passphrase::read(folder.path(), "default").unwrap_err().contains("it was changed"));
    }

    #[test]
    fn a_short_passphrase_is_refused_and_a_name_stays_in_its_folder() {
        assert!(Passphrase::new("short", [0; SALT]).unwrap_err().contains("at least 8"));
        assert_eq!(place(Path::new("/s"), "../../etc/x"), Path::new("/s/passphrase/______etc_x"));
    }
}
