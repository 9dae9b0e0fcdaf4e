//! A sandbox of its own process, ended when it is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
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
    let rows: &[&str] = if more.contains(&"--transactions") { &[] } else { &["--transactions", "300"] };
    // Tests that look at the server themselves take what they need from its lists.
    let rich: &[&str] = if more.contains(&"--dialect") { &[] } else { &["--dialect", "rich"] };
    let mut child = Command::new(env!("CARGO_BIN_EXE_fourpay"))
        .arg("sandbox")
        .args(rows)
        .args(quiet)
        .args(rich)
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

/// One request to it, and the JSON it answers.
#[allow(dead_code, reason = "not every test asks the server itself")]
pub fn request(base_url: &str, token: &str, method: &str, path: &str, body: &serde_json::Value) -> serde_json::Value {
    let host = base_url.trim_start_matches("http://");
    let body = body.to_string();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    let token = format!("X-API-Token: {token}\r\nContent-Type: application/json\r\n");
    let mut stream = TcpStream::connect(host).expect("the sandbox");
    write!(stream, "{head}{token}Content-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
    serde_json::from_str(body).unwrap_or_default()
}
