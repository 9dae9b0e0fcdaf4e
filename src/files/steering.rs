//! Files that steer the program: settings, keys, themes. Whoever can write one of them says where the token is sent
//! and which program is run, so each is opened here, and only when nobody else can have written it.
//!
//! ```text
//!   path ──▶ each folder on the way ──▶ links, followed one by one ──▶ the file that was opened
//!              ours or root's,            ours or root's                 ordinary, ours or root's,
//!              nobody else may write                                     nobody else may write
//! ```
//!
//! A group may write where it is our own and has no other member: with a umask of 002 every file is like that. A
//! folder that everybody may write to but where each takes away only what is theirs (the sticky bit of `/tmp`) is
//! no danger to what is in it. Links are followed, because people keep such files in another folder and link to them
//! from here. Files with a token are stricter: [`super::read_private`].

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat};

/// Largest such file, in bytes.
const LARGEST: u64 = 1 << 20;
/// Most links on the way to a file.
const LINKS: usize = 40;

/// Why a file that steers is not used: what is wrong with which file or folder, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    /// The file or the folder on its way.
    pub place: PathBuf,
    pub problem: String,
    pub fix: String,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place.display(), self.problem, self.fix)
    }
}

impl std::error::Error for Untrusted {}

/// Reads the file at this path; `None` when there is none.
pub fn read(path: &Path) -> Result<Option<String>, Untrusted> {
    let refuse = |problem: String, fix: String| Untrusted { place: path.to_owned(), problem, fix };
    let unreadable = |error: io::Error| {
        refuse(format!("the file cannot be read ({error})"), "make it readable for you, or remove it".into())
    };
    // Without waiting: a pipe in its place would hold us up until somebody writes into it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) if std::fs::symlink_metadata(path).is_err() => return Ok(None),
        Err(rustix::io::Errno::NOENT) => {
            let fix = "link to the file, or remove the link".into();
            return Err(refuse("it is a link to a file that is not there".into(), fix));
        }
        Err(rustix::io::Errno::NXIO) => return Err(no_file(path)),
        Err(error) => return Err(unreadable(error.into())),
    };
    let opened = rustix::fs::fstat(&file).map_err(|error| unreadable(error.into()))?;
    if FileType::from_raw_mode(opened.st_mode) != FileType::RegularFile {
        return Err(no_file(path));
    }
    let us = Us::now();
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let walked = us.walk(&absolute)?;
    let seen = rustix::fs::lstat(&walked).map_err(|error| unreadable(error.into()))?;
    if (seen.st_dev, seen.st_ino) != (opened.st_dev, opened.st_ino) {
        return Err(refuse("it was exchanged while it was looked at".into(), "try again".into()));
    }
    us.trusts(&walked, &opened)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        let fix = "it should hold settings and nothing else".into();
        return Err(refuse(format!("it is larger than {LARGEST} bytes"), fix));
    }
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| refuse("it is no text".into(), "write it in UTF-8".into()))
}

fn no_file(path: &Path) -> Untrusted {
    Untrusted {
        place: path.to_owned(),
        problem: "it is no ordinary file".into(),
        fix: "put a file in its place, or remove it".into(),
    }
}

/// Who we are to the file system.
struct Us {
    user: u32,
    /// Our own group, when nobody else is in it.
    alone_in: Option<u32>,
}

impl Us {
    fn now() -> Us {
        let user = rustix::process::geteuid().as_raw();
        let group = rustix::process::getegid().as_raw();
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let alone = is_alone(&read("/etc/passwd"), &read("/etc/group"), user, group);
        Us { user, alone_in: alone.then_some(group) }
    }

    /// Goes the way to a file, folder by folder and link by link; where the file really is.
    fn walk(&self, absolute: &Path) -> Result<PathBuf, Untrusted> {
        let mut left: VecDeque<OsString> = parts(absolute);
        let mut at = PathBuf::from("/");
        let mut links = 0;
        self.trusts_folder(&at)?;
        while let Some(name) = left.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&name);
            let gone = |error: rustix::io::Errno| Untrusted {
                place: next.clone(),
                problem: format!("it cannot be looked at ({})", io::Error::from(error)),
                fix: "check the path".into(),
            };
            let stat = rustix::fs::lstat(&next).map_err(gone)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
                self.owns(&next, &stat)?;
                links += 1;
                if links > LINKS {
                    let problem = "there are too many links on the way to the file".to_owned();
                    return Err(Untrusted { place: next, problem, fix: "link to the file itself".into() });
                }
                let target = std::fs::read_link(&next).map_err(|error| Untrusted {
                    place: next.clone(),
                    problem: format!("the link cannot be read ({error})"),
                    fix: "check the path".into(),
                })?;
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for name in parts(&target).into_iter().rev() {
                    left.push_front(name);
                }
                continue;
            }
            at = next;
            if !left.is_empty() {
                self.trusts_folder(&at)?;
            }
        }
        Ok(at)
    }

    fn trusts_folder(&self, folder: &Path) -> Result<(), Untrusted> {
        let stat = rustix::fs::lstat(folder).map_err(|error| Untrusted {
            place: folder.to_owned(),
            problem: format!("it cannot be looked at ({})", io::Error::from(error)),
            fix: "check the path".into(),
        })?;
        self.trusts(folder, &stat)
    }

    /// Whether nobody but us and root can have written it.
    fn trusts(&self, path: &Path, stat: &Stat) -> Result<(), Untrusted> {
        self.owns(path, stat)?;
        let mode = stat.st_mode;
        let kept_apart = FileType::from_raw_mode(mode) == FileType::Directory && mode & 0o1000 != 0;
        let wide = |who: &str| Untrusted {
            place: path.to_owned(),
            problem: format!("{who} may write to it (mode {:04o}), and it says what this program does", mode & 0o7777),
            fix: format!("run: chmod go-w {}", quoted(path)),
        };
        if kept_apart {
            return Ok(());
        }
        if mode & 0o002 != 0 {
            return Err(wide("everybody"));
        }
        if mode & 0o020 != 0 {
            // With an access list these bits say what its longest right is, not what the group has.
            if has_access_list(path) {
                return Err(wide("somebody on its access list"));
            }
            if self.alone_in != Some(stat.st_gid) {
                return Err(wide("others of its group"));
            }
        }
        Ok(())
    }

    fn owns(&self, path: &Path, stat: &Stat) -> Result<(), Untrusted> {
        if stat.st_uid == self.user || stat.st_uid == 0 {
            return Ok(());
        }
        Err(Untrusted {
            place: path.to_owned(),
            problem: "it belongs to another user, and it says what this program does".into(),
            fix: format!("use one of your own, or as root run: chown {} {}", self.user, quoted(path)),
        })
    }
}

/// The path as a word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// Names on the way, from the root or from where one stands.
fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(part).collect()
}

#[cfg(target_os = "linux")]
fn has_access_list(path: &Path) -> bool {
    let mut list = [0u8; 512];
    match rustix::fs::getxattr(path, "system.posix_acl_access", &mut list) {
        Ok(length) => length > 0,
        Err(rustix::io::Errno::RANGE) => true,
        Err(_) => false,
    }
}

#[cfg(not(target_os = "linux"))]
fn has_access_list(_: &Path) -> bool {
    false
}

/// Whether a group is a user's own and nobody else is in it, by the lines of `/etc/passwd` and `/etc/group`. A group
/// that stands in neither is one whose members are not known.
fn is_alone(passwd: &str, groups: &str, user: u32, group: u32) -> bool {
    let users = || passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).filter(|parts| parts.len() > 3);
    let Some(own) = users().find(|parts| parts[2].parse() == Ok(user)) else { return false };
    if own[3].parse() != Ok(group) || users().any(|parts| parts[2].parse() != Ok(user) && parts[3].parse() == Ok(group))
    {
        return false;
    }
    let mut lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let line = lines.find(|parts| parts.len() > 3 && parts[2].parse() == Ok(group));
    line.is_some_and(|parts| parts[3].split(',').all(|member| member.trim().is_empty() || member == own[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn file(folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, "zone = \"utc\"\n").unwrap();
        mode(&path, 0o644);
        path
    }

    #[test]
    fn only_what_nobody_else_can_have_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "config.toml");
        let alone = Us::now().alone_in == Some(rustix::process::getegid().as_raw());
        for bits in (0..=0o777u32).filter(|bits| bits & 0o400 != 0) {
            mode(&path, bits);
            let fits = bits & 0o002 == 0 && (bits & 0o020 == 0 || alone);
            assert_eq!(read(&path).is_ok(), fits, "{bits:o}");
        }
        mode(&path, 0o666);
        let refused = read(&path).unwrap_err();
        assert!(refused.problem.contains("everybody may write"), "{refused}");
        assert_eq!(refused.fix, format!("run: chmod go-w '{}'", path.display()));
        assert_eq!(read(&folder.path().join("none")), Ok(None));
    }

    #[test]
    fn a_group_may_write_where_it_is_ours_alone() {
        let passwd = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\nbo:x:1001:100::/:/bin/sh\n";
        for (groups, alone) in [
            ("ana:x:1000:\n", true),
            ("ana:x:1000:ana\n", true),
            ("ana:x:1000:ana,bo\n", false),
            ("ana:x:1000:bo\n", false),
            ("users:x:100:\n", false),
            ("", false),
        ] {
            assert_eq!(is_alone(passwd, groups, 1000, 1000), alone, "{groups}");
        }
        assert!(!is_alone("ana:x:1000:100::/:\nbo:x:1001:100::/:\n", "users:x:100:\n", 1000, 100), "bo is in it");
        assert!(!is_alone(passwd, "wheel:x:10:\n", 1000, 10), "not our own");
        assert!(!is_alone("", "ana:x:1000:\n", 1000, 1000));
    }

    /// As stow, chezmoi and home-manager have it: what is linked to counts, with every folder on the way.
    #[test]
    fn links_are_followed_and_every_folder_on_the_way_counts() {
        let folder = tempfile::tempdir().unwrap();
        let dotfiles = folder.path().join("dotfiles");
        let own = folder.path().join("own");
        for name in [&dotfiles, &own] {
            std::fs::create_dir(name).unwrap();
            mode(name, 0o755);
        }
        let real = file(&dotfiles, "real.toml");
        let link = own.join("config.toml");
        symlink("../dotfiles/real.toml", &link).unwrap();
        let twice = own.join("keys.toml");
        symlink(&link, &twice).unwrap();
        assert!(read(&link).unwrap().is_some() && read(&twice).unwrap().is_some());
        mode(&dotfiles, 0o777);
        assert_eq!(read(&twice).unwrap_err().place, dotfiles.canonicalize().unwrap());
        // Like /tmp: everybody may add, nobody may exchange.
        mode(&dotfiles, 0o1777);
        assert!(read(&twice).unwrap().is_some());
        mode(&dotfiles, 0o755);
        mode(&own, 0o777);
        assert_eq!(read(&link).unwrap_err().place, own.canonicalize().unwrap());
        mode(&own, 0o755);
        mode(&real, 0o666);
        assert_eq!(read(&link).unwrap_err().place, real.canonicalize().unwrap());
        std::fs::remove_file(&real).unwrap();
        assert!(read(&link).unwrap_err().problem.contains("a link to a file that is not there"));
        let (one, other) = (own.join("one"), own.join("other"));
        symlink(&one, &other).unwrap();
        symlink(&other, &one).unwrap();
        assert!(read(&one).is_err());
    }

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        if rustix::process::geteuid().as_raw() != 0 {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "config.toml");
        chown(&path, Some(65534), None).unwrap();
        assert!(read(&path).unwrap_err().problem.contains("another user"));
        chown(&path, Some(0), None).unwrap();
        chown(folder.path(), Some(65534), None).unwrap();
        assert!(read(&path).unwrap_err().problem.contains("another user"));
    }

    /// A pipe in the place of a file would have been waited for; a device would never end.
    #[test]
    fn only_an_ordinary_file_is_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o644), 0);
        made.unwrap();
        for path in [&pipe, Path::new("/dev/zero"), folder.path()] {
            assert!(read(path).unwrap_err().problem.contains("no ordinary file"), "{}", path.display());
        }
        let huge = file(folder.path(), "huge");
        std::fs::write(&huge, vec![b' '; (LARGEST + 1) as usize]).unwrap();
        assert!(read(&huge).unwrap_err().problem.contains("larger"));
        std::fs::write(&huge, [0xff, 0xfe]).unwrap();
        assert!(read(&huge).unwrap_err().problem.contains("no text"));
    }
}
