//! What a process holds in memory it can write to.

use std::fs;
use std::os::unix::fs::FileExt;

/// Each writable stretch of its memory, one after another.
pub fn look(pid: u32, mut at: impl FnMut(&[u8])) {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("its memory");
    let memory = fs::File::open(format!("/proc/{pid}/mem")).expect("its memory");
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let from = u64::from_str_radix(from, 16).expect("hex");
        let to = u64::from_str_radix(to, 16).expect("hex");
        let mut bytes = vec![0; usize::try_from(to - from).expect("fits")];
        let Ok(read) = memory.read_at(&mut bytes, from) else { continue };
        bytes.truncate(read);
        at(&bytes);
    }
}

/// How often it holds these bytes.
#[allow(dead_code, reason = "not every test looks for one text")]
pub fn holds(pid: u32, wanted: &[u8]) -> usize {
    let mut count = 0;
    look(pid, |bytes| count += memchr::memmem::find_iter(bytes, wanted).count());
    count
}
