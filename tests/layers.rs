//! The rooms of the program and what each may use: reads the sources and names path and rule.

use std::fs;
use std::path::{Path, PathBuf};

/// Room, then what no line of it may name.
const RULES: &[(&str, &[&str])] = &[
    (
        "src/domain",
        &[
            "crate::api",
            "crate::app",
            "crate::ops",
            "crate::runtime",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "serde",
            "ratatui",
            "crossterm",
            "tokio",
            "reqwest",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "::now()",
        ],
    ),
    (
        "src/api",
        &[
            "crate::app",
            "crate::runtime",
            "crate::ops",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "ratatui",
            "crossterm",
        ],
    ),
    (
        "src/credentials",
        &[
            "crate::api",
            "crate::app",
            "crate::ops",
            "crate::runtime",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "ratatui",
            "crossterm",
            "tokio",
            "reqwest",
        ],
    ),
    (
        "src/hooks",
        &[
            "crate::app",
            "crate::ops",
            "crate::runtime",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "ratatui",
            "crossterm",
            "std::fs",
            "std::env",
        ],
    ),
    ("src/child.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/remote.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/clock.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/ops", &["crate::app", "crate::runtime", "crate::cli", "crate::sandbox", "ratatui", "crossterm"]),
    (
        "src/app",
        &[
            "crate::api",
            "crate::runtime",
            "crate::ops",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "crate::files",
            "tokio",
            "reqwest",
            "crossterm",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "std::thread",
            "::now()",
            "rand::",
        ],
    ),
    (
        "src/sandbox",
        &[
            "crate::app",
            "crate::runtime",
            "crate::ops",
            "crate::api",
            "crate::cli",
            "crate::config",
            "crate::domain::account",
            "crate::domain::card",
            "crate::domain::transaction",
            "crate::domain::ids",
            "ratatui",
            "crossterm",
        ],
    ),
];

/// Rooms in which a binary float would be money sooner or later (M7).
const NO_FLOATS: &[&str] = &["src/domain", "src/api", "src/ops", "src/sandbox/ledger"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if folder.is_file() {
        return vec![folder.to_owned()];
    }
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// The lines that are compiled into the program: no comments, and nothing from the tests on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .enumerate()
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or("")))
}

fn offences(room: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(Path::new(room)) {
        let text = fs::read_to_string(&path).expect("a readable source");
        for (line, code) in code(&text) {
            for word in words.iter().filter(|word| names(code, word)) {
                found.push(format!("{}:{line}: {room} may not use {word}", path.display()));
            }
        }
    }
    found
}

/// Whether the code names the word as a path, not as a part of a longer one.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        (word.starts_with(':') || !part(before)) && (word.ends_with(':') || word.ends_with(')') || !part(after))
    })
}

#[test]
fn each_room_uses_only_what_it_may() {
    let found: Vec<String> = RULES.iter().flat_map(|(room, words)| offences(room, words)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn m7_no_floats_near_money() {
    let found: Vec<String> = NO_FLOATS.iter().flat_map(|room| offences(room, &["f64", "f32"])).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// What a child inherits, and what it may do to the terminal, is decided in one place.
#[test]
fn children_are_started_by_one_module() {
    let found: Vec<String> =
        offences("src", &["std::process::Command", "process::Command", "Stdio", "fork", "posix_spawn"])
            .into_iter()
            .filter(|offence| !offence.starts_with("src/child.rs:"))
            .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// Only `ops` may reach the calls that change something.
#[test]
fn acts_go_through_one_door() {
    for room in ["src/app", "src/hooks", "src/runtime", "src/cli"] {
        let found = offences(room, &[".acts()"]);
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}

#[test]
fn the_reader_of_rules_sees_an_offence() {
    assert!(names("use crate::api::Client;", "crate::api"));
    assert!(names("let now = Utc::now();", "::now()"));
    assert!(names("let x: f64 = 1.0;", "f64"));
    assert!(!names("use crate::apiary;", "crate::api"));
    assert!(!names("let tokio_like = 1;", "tokio"));
    assert_eq!(code("a // tokio\n#[cfg(test)]\nb").map(|(_, line)| line).collect::<Vec<_>>(), ["a "]);
    for (room, _) in RULES.iter().filter(|(room, _)| *room != "src/ops") {
        assert!(!sources(Path::new(room)).is_empty(), "{room} is empty");
    }
}
