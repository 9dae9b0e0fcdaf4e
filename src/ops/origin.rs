//! Who is at this machine: the user and the origin that stand in every entry of the journal (D9).

use crate::domain::intent::{Process, Who};
use crate::domain::text::SafeText;

/// Asks the system. What it does not say is left out; nothing here can fail.
pub fn who() -> Who {
    let uid = rustix::process::geteuid().as_raw();
    let stdin = std::io::stdin();
    let tty = rustix::termios::ttyname(&stdin, Vec::new()).ok();
    let host = rustix::system::uname();
    Who {
        uid,
        user: uzers::get_user_by_uid(uid).map(|user| SafeText::name(&user.name().to_string_lossy())),
        host: SafeText::name(&host.nodename().to_string_lossy()),
        tty: tty.map(|name| SafeText::name(&name.to_string_lossy())),
        ssh: matches!(crate::remote::place(), crate::remote::Place::Elsewhere(_)),
        pid: std::process::id(),
        version: SafeText::name(env!("CARGO_PKG_VERSION")),
        process: process(std::process::id()),
    }
}

/// One process of this machine, now; `None` when there is none of this id, or the system does not say.
#[cfg(target_os = "linux")]
pub fn process(pid: u32) -> Option<Process> {
    use std::os::unix::fs::MetadataExt;

    use sha2::{Digest, Sha256};

    // The second field is the name of the program, in brackets, and may hold anything.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let started = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    // A container may have none; then the start of the machine has to do.
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_else(|_| boot.clone());
    // The id itself is not to leave the machine: a hash of it under a name of ours is enough to compare.
    let machine = hex::encode(Sha256::digest(format!("fourpay journal {}", id.trim())));
    let namespace = std::fs::metadata("/proc/self/ns/pid").ok()?.ino();
    Some(Process { machine: SafeText::name(machine.get(..16)?), boot: SafeText::name(boot.trim()), namespace, started })
}

#[cfg(not(target_os = "linux"))]
pub fn process(_: u32) -> Option<Process> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d9_the_user_and_the_origin_are_known() {
        let who = who();
        assert_eq!(who.pid, std::process::id());
        assert!(!who.host.is_empty() && !who.version.is_empty());
        // What the system's own tool says of the same user.
        let id = std::process::Command::new("id").arg("-un").output().unwrap();
        assert_eq!(who.user.unwrap().as_str(), String::from_utf8(id.stdout).unwrap().trim());
    }
}
