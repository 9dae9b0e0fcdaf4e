//! What is printed arrives whole or is said not to; a closed pipe is no error. Files have texts whole.

use std::fs::OpenOptions;
use std::process::Stdio;

use fourpay::sandbox::{Dialect, Fault, Rule};

use crate::world::{Answer, World};

/// Commands that print, each with the code that it ends with when all is well.
fn printing(card: &str) -> Vec<(Vec<String>, i32)> {
    let commands: [(&str, i32); 21] = [
        ("accounts", 0),
        ("cards --json", 0),
        ("holders --jsonl", 0),
        ("bins --csv", 0),
        ("transactions --tsv", 0),
        ("find a", 0),
        ("card CARD", 0),
        ("webhooks events", 0),
        ("webhooks gaps", 0),
        ("export --format hledger", 0),
        ("export --format ofx", 0),
        ("statement Main", 0),
        ("reconcile --day today", 0),
        ("journal list", 0),
        ("journal list --json", 0),
        ("journal verify", 0),
        ("profiles", 0),
        ("config example", 0),
        ("man", 0),
        ("completions bash", 0),
        ("top-up CARD 1 --yes", 0),
    ];
    let words = |line: &str| line.split(' ').map(|word| word.replace("CARD", card)).collect();
    commands.iter().map(|(line, code)| (words(line), *code)).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_and_a_closed_pipe_is_not() {
    let world = World::rich();
    let card = world.card();
    // So that the journal has something to print.
    world.run(&["top-up", &card.id, "1", "--yes"]).is(0);
    for (words, code) in printing(&card.id) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let answer = world.command(&words).stdout(full).output().expect("it runs");
        let answer = Answer::of(&answer);
        assert_eq!(answer.code, Some(7), "{words:?}: {}", answer.error);
        assert!(answer.error.contains("the output could not be written whole"), "{words:?}: {}", answer.error);

        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = world.command(&words);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().expect("it runs");
        let answer = Answer::of(&output);
        assert_eq!(answer.code, Some(code), "{words:?}: {}", answer.error);
        assert!(!answer.error.contains("written"), "{words:?}: {}", answer.error);
    }
    // The money moved all the same, once for each.
    assert_eq!(world.acts("card_topup"), 3);
    world.conserved();
}

/// A name of 200 characters is whole in every format for machines; one beyond all bounds is cut, and that is said.
#[test]
fn texts_are_whole_in_files() {
    for dialect in Dialect::ALL {
        let world = World::new(dialect);
        let body = |name: &str| {
            format!(
                r#"{{"items":[{{"id":"0190aaaa-1111-7000-8000-000000000001","name":"{name}","balance":"1.00","availableBalance":"1.00","currency":"USD","status":"active"}}]}}"#
            )
        };
        let read = |name: &str, format: &str| {
            world.sandbox.faults().clear();
            world.rule(Rule::next("account_list", Fault::Status { code: 200, body: body(name) }).always());
            world.run(&["accounts", format])
        };
        let long = "Łódź ".repeat(40) + "end";
        for format in ["--csv", "--tsv", "--json", "--jsonl"] {
            let answer = read(&long, format);
            assert!(answer.out.contains(&long), "{}: {format}: {}", dialect.name(), answer.out);
            assert!(!answer.error.contains("are cut"), "{}", answer.error);
            read(&"x".repeat(10_000), format).says("1 texts are longer than 500 characters and are cut");
        }
        // A control character is cleaned, and not the text around it.
        let answer = read("before\\u0007\\u202eafter", "--csv");
        assert!(answer.out.contains("before\u{fffd}after"), "{}", answer.out);
    }
}
