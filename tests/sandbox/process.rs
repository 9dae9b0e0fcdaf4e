//! The program itself: `fourpay sandbox`, its first line, and how it ends.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::support::{came, client, text};

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fourpay"));
    command.arg("sandbox").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ends(child: &mut Child) -> std::process::ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > Duration::from_secs(3) {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn the_first_line_says_where_it_is_and_a_signal_ends_it() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut child =
            start(&["--port", "0", "--accounts", "2", "--cards", "10", "--transactions", "50", "--seed", "9"]);
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        // Nobody reads any more, and it goes on.
        drop(out);
        let hello: Value = serde_json::from_str(&line).unwrap();
        let url = format!("{}/api/v2/accounts", text(&hello, "base_url"));
        let came = came(client().get(url).header("X-API-Token", text(&hello, "token"))).await.unwrap();
        assert_eq!((came.status, came.json()["items"].as_array().unwrap().len()), (200, 2));
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        assert!(ends(&mut child).success());
    }
}

#[test]
fn what_cannot_be_is_said_in_a_sentence() {
    for arguments in [["--live-rate", "fast"], ["--cards", "-1"], ["--port", "70000"]] {
        let mut child = start(&arguments);
        assert_eq!(ends(&mut child).code(), Some(2), "{arguments:?}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut child = start(&["--port", &port, "--transactions", "0"]);
    assert_eq!(ends(&mut child).code(), Some(2));
    let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert!(said.contains(&port), "{said}");
}
