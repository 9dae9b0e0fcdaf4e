//! A command that is stopped says what it leaves behind: nothing, or acts whose outcome is open.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::domain::intent::Reference;

/// What was begun and is not known to be over.
static UNDER_WAY: Mutex<Vec<Reference>> = Mutex::new(Vec::new());

/// Listens for the signals that end a command; the process ends with 128 + N, after it said what is open.
pub fn listen() -> std::io::Result<()> {
    // A command that was started with `nohup` goes on without its terminal.
    let heard = [SIGINT, SIGTERM].into_iter().chain((!is_ignored(SIGHUP)).then_some(SIGHUP));
    let mut signals = signal_hook::iterator::Signals::new(heard)?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let open = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let _ = writeln!(std::io::stderr(), "{}", last_words(&open));
            // What is on its way stands in the journal as sent; the next program that looks finds out.
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Listens for the same signals and ends nothing at the first: what is under way is ended in its own time, by whoever looks
/// at the receiver. The second one ends the process.
pub fn asked_to_stop() -> std::io::Result<tokio::sync::watch::Receiver<Option<i32>>> {
    let heard = [SIGINT, SIGTERM].into_iter().chain((!is_ignored(SIGHUP)).then_some(SIGHUP));
    let mut signals = signal_hook::iterator::Signals::new(heard)?;
    let (tell, told) = tokio::sync::watch::channel(None);
    std::thread::spawn(move || {
        for signal in signals.forever() {
            if tell.send_replace(Some(signal)).is_some() {
                std::process::exit(128 + signal);
            }
        }
    });
    Ok(told)
}

/// Whether whoever started the program wants this signal to do nothing. Known on Linux alone.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

fn last_words(open: &[Reference]) -> String {
    let named: Vec<String> = open.iter().map(Reference::to_string).collect();
    match named.as_slice() {
        [] => "\nfourpay: stopped; nothing is under way".to_owned(),
        [one] => format!("\nfourpay: stopped; the outcome of {one} is open: fourpay journal wait {one}"),
        many => format!("\nfourpay: stopped; the outcomes of {} are open: fourpay journal wait FP-…", many.join(", ")),
    }
}

/// An act that is under way while this lives.
pub struct UnderWay(Reference);

impl UnderWay {
    pub fn new(reference: Reference) -> UnderWay {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).push(reference);
        UnderWay(reference)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| *one != self.0);
    }
}
