//! A sandbox of its own process, ended when it is dropped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that ends with the test.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a sandbox, a quiet one unless `more` says otherwise: the process, its base URL and its token.
pub fn sandbox(home: &Path, more: &[&str]) -> (Server, String, String) {
    let quiet: &[&str] = if more.contains(&"--live-rate") { &[] } else { &["--live-rate", "0"] };
    let mut child = Command::new(env!("CARGO_BIN_EXE_fourpay"))
        .args(["sandbox", "--transactions", "300"])
        .args(quiet)
        .args(more)
        .env("HOME", home)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut line = String::new();
    let out = child.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("its first line");
    let said: serde_json::Value = serde_json::from_str(&line).expect("one JSON object");
    let field = |name: &str| said[name].as_str().expect("a text").to_owned();
    (Server(child), field("base_url"), field("token"))
}
