//! Who is at this machine: the user and the origin that stand in every entry of the journal (D9).

use crate::domain::intent::Who;
use crate::domain::text::SafeText;

/// Asks the system. What it does not say is left out; nothing here can fail.
#[expect(clippy::disallowed_methods, reason = "a remote session is only known from the environment")]
pub fn who() -> Who {
    let uid = rustix::process::geteuid().as_raw();
    let stdin = std::io::stdin();
    let tty = rustix::termios::ttyname(&stdin, Vec::new()).ok();
    let host = rustix::system::uname();
    Who {
        uid,
        user: std::fs::read_to_string("/etc/passwd").ok().and_then(|users| name_of(&users, uid)),
        host: SafeText::name(&host.nodename().to_string_lossy()),
        tty: tty.map(|name| SafeText::name(&name.to_string_lossy())),
        ssh: ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some()),
        pid: std::process::id(),
        version: SafeText::name(env!("CARGO_PKG_VERSION")),
    }
}

/// The user's name in the text of `/etc/passwd`.
fn name_of(users: &str, uid: u32) -> Option<SafeText> {
    users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(uid)).then(|| SafeText::name(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_the_user_and_the_origin_are_known() {
        let who = who();
        assert_eq!(who.pid, std::process::id());
        assert!(!who.host.is_empty() && !who.version.is_empty());
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nana:x:1000:1000::/home/ana:/bin/sh\n";
        assert_eq!(name_of(users, 1000).unwrap().as_str(), "ana");
        assert_eq!(name_of(users, 7), None);
    }
}
