//! Files whose reading or writing is a matter of trust: those that only their owner may read, those that steer the
//! program ([`steering`]), and no core dumps.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub mod steering;

/// Largest private file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Why a private file is not used (S3).
#[derive(Debug)]
pub enum Refused {
    /// Group or others may read or write it: the mode as it is.
    Wide(u32),
    /// Somebody else owns it.
    NotOurs,
    /// It is a symbolic link, a folder or a device.
    NotAFile,
    TooLarge,
    NotText,
    Unreadable(io::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Wide(mode) => write!(f, "others may use it (mode {mode:04o})"),
            Refused::NotOurs => f.write_str("it belongs to another user"),
            Refused::NotAFile => f.write_str("it is no ordinary file"),
            Refused::TooLarge => f.write_str("it is too large"),
            Refused::NotText => f.write_str("it is no text"),
            Refused::Unreadable(error) => write!(f, "{error}"),
        }
    }
}

impl Refused {
    /// What the person can do.
    pub fn fix(&self, path: &Path) -> String {
        match self {
            Refused::Wide(_) => format!("run: chmod 600 {}", path.display()),
            Refused::NotOurs => "use a file of your own".into(),
            Refused::NotAFile => "name the file itself, not a link to it".into(),
            Refused::TooLarge | Refused::NotText => "it should hold the token and nothing else".into(),
            Refused::Unreadable(_) => "check the path".into(),
        }
    }
}

/// S3: reads a file that must be ours alone. Everything is checked on the open file, so that nothing can
/// be exchanged between the check and the reading.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, Refused> {
    read_private_up_to(path, LARGEST)
}

/// The same for a file that may be larger.
pub fn read_private_up_to(path: &Path, largest: u64) -> Result<Zeroizing<String>, Refused> {
    let bytes = read_private_bytes(path, largest)?;
    std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| Refused::NotText)
}

/// The same, whatever bytes they are.
pub fn read_private_bytes(path: &Path, largest: u64) -> Result<Zeroizing<Vec<u8>>, Refused> {
    use rustix::fs::{FileType, Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => std::fs::File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(Refused::NotAFile),
        Err(error) => return Err(Refused::Unreadable(error.into())),
    };
    let stat = rustix::fs::fstat(&file).map_err(|error| Refused::Unreadable(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(Refused::NotAFile);
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Refused::NotOurs);
    }
    let mode = stat.st_mode & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Refused::Wide(mode));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.take(largest + 1).read_to_end(&mut bytes).map_err(Refused::Unreadable)?;
    if bytes.len() as u64 > largest {
        return Err(Refused::TooLarge);
    }
    Ok(bytes)
}

/// S3: makes a folder, and those above it that are missing, for its owner alone.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// S3: writes a file that its owner alone may read, whole or not at all, and makes its folder.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    make_private_folder(folder)?;
    // Made for its owner alone, whatever the umask.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error).map(drop)
}

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Replace,
    /// It stays, and nothing is written: `ErrorKind::AlreadyExists`.
    Keep,
}

/// Writes a file that a person named, whole or not at all, for its owner alone. Its folder has to be there. What is no
/// ordinary file (a link, a device, a folder) is left alone.
pub fn write_whole(path: &Path, bytes: &[u8], existing: Existing) -> io::Result<()> {
    use std::io::Write;
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no file"));
    }
    match std::fs::symlink_metadata(path) {
        Ok(data) if !data.is_file() => {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no ordinary file"));
        }
        Ok(_) if existing == Existing::Keep => return Err(io::ErrorKind::AlreadyExists.into()),
        _ => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let kept = match existing {
        Existing::Replace => file.persist(path),
        Existing::Keep => file.persist_noclobber(path),
    };
    kept.map_err(|error| error.error).map(drop)
}

/// The folder and what is in it, as far as group or others may use it.
pub fn wider_than_ours(folder: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let within =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let wide =
        |path: &PathBuf| std::fs::symlink_metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0);
    std::iter::once(folder.to_owned()).chain(within).filter(wide).collect()
}

/// S5: no core dump, and on Linux no other process of the same user may read this one's memory or
/// environment. What the system refuses is left as it is: root can read everything in any case.
pub fn leave_no_core() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
}

/// A file that would grow beyond the limit of the session (`ulimit -f`) is an error where it is written, not the end of the
/// program: a freeze goes out although its line cannot be kept.
pub fn outlive_limits() {
    let noticed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    // What the system refuses is left as it is.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn s3_only_a_file_of_ours_alone_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "tok_1\n").unwrap();
        for mode in 0..=0o777 {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match (mode & 0o077 == 0, read_private(&path)) {
                (true, Ok(text)) => assert_eq!(text.trim(), "tok_1"),
                // Without a right to read of our own, only root reads.
                (true, Err(Refused::Unreadable(_))) => assert_eq!(mode & 0o400, 0),
                (false, Err(Refused::Wide(seen))) => assert_eq!(seen, mode),
                (false, Err(Refused::Unreadable(_))) => assert_eq!(mode & 0o400, 0),
                (_, other) => panic!("{mode:o}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_named_file_is_written_whole_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cards.csv");
        write_whole(&path, b"one", Existing::Keep).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(write_whole(&path, b"two", Existing::Keep).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"two", Existing::Replace).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let link = folder.path().join("link");
        symlink(&path, &link).unwrap();
        for wrong in [link, folder.path().to_owned(), "/dev/null".into(), "..".into(), folder.path().join("none/x")] {
            assert!(write_whole(&wrong, b"x", Existing::Replace).is_err(), "{}", wrong.display());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left lying about");
    }

    #[test]
    fn s3_links_folders_and_huge_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let private = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            path
        };
        let real = private("real", b"tok_1");
        let link = folder.path().join("link");
        symlink(&real, &link).unwrap();
        assert!(matches!(read_private(&link), Err(Refused::NotAFile)));
        assert!(matches!(read_private(folder.path()), Err(Refused::NotAFile)));
        assert!(matches!(read_private(&private("huge", &vec![b'x'; 70_000])), Err(Refused::TooLarge)));
        assert!(matches!(read_private(&private("binary", &[0xff, 0xfe])), Err(Refused::NotText)));
        assert!(matches!(read_private(&folder.path().join("none")), Err(Refused::Unreadable(_))));
    }
}
