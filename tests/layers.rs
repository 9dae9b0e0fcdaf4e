//! The rooms of the program and what each may use: reads the sources and names path and rule.

use std::collections::{BTreeMap, BTreeSet};
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
    (
        "src/books",
        &[
            "crate::api",
            "crate::app",
            "crate::ops",
            "crate::runtime",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "crate::files",
            "ratatui",
            "crossterm",
            "tokio",
            "reqwest",
            "std::fs",
            "std::env",
            "std::io",
            "::now()",
        ],
    ),
    (
        "src/export",
        &[
            "crate::api",
            "crate::app",
            "crate::ops",
            "crate::runtime",
            "crate::cli",
            "crate::sandbox",
            "crate::config",
            "crate::files",
            "ratatui",
            "crossterm",
            "tokio",
            "reqwest",
            "std::fs",
            "std::env",
            "std::io",
            "::now()",
        ],
    ),
    ("src/child.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/remote.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/clock.rs", &["crate::", "tokio", "ratatui", "crossterm", "reqwest"]),
    ("src/ops", &["crate::app", "crate::runtime", "crate::cli", "crate::sandbox", "ratatui", "crossterm"]),
    // Only the model's own files and the routes know the model.
    ("src/app/ui", &["crate::app::panes", "crate::app::dialogs", "crate::app::overlay", "crate::app::model"]),
    ("src/app/store", &["crate::app::panes", "crate::app::dialogs", "crate::app::overlay", "crate::app::model"]),
    ("src/app/filter", &["crate::app::panes", "crate::app::dialogs", "crate::app::overlay", "crate::app::model"]),
    ("src/app/panes", &["crate::app::dialogs", "crate::app::overlay", "crate::app::model"]),
    ("src/app/dialogs", &["crate::app::model"]),
    ("src/app/overlay", &["crate::app::model"]),
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
const NO_FLOATS: &[&str] = &["src/domain", "src/api", "src/books", "src/ops", "src/sandbox/ledger"];

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
        (word.starts_with([':', '.']) || !part(before)) && (word.ends_with(':') || word.ends_with(')') || !part(after))
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
    assert!(names("client.acts().freeze(card)", ".acts()"));
    assert!(!names("use crate::apiary;", "crate::api"));
    assert!(!names("let tokio_like = 1;", "tokio"));
    assert_eq!(code("a // tokio\n#[cfg(test)]\nb").map(|(_, line)| line).collect::<Vec<_>>(), ["a "]);
    for (room, _) in RULES.iter().filter(|(room, _)| *room != "src/ops") {
        assert!(!sources(Path::new(room)).is_empty(), "{room} is empty");
    }
}

/// Most files that may import each other in a circle, anywhere and in `src/app`.
const LARGEST_CIRCLE: usize = 8;
const LARGEST_CIRCLE_OF_APP: usize = 6;

/// Files that import each other in a circle have to be read together, so circles stay small.
#[test]
fn circles_of_imports_are_small() {
    let circles = circles(&imports(Path::new("src")));
    let wrong: Vec<String> = circles
        .iter()
        .filter(|circle| {
            let in_app = circle.iter().any(|file| file.starts_with("app/"));
            circle.len() > if in_app { LARGEST_CIRCLE_OF_APP } else { LARGEST_CIRCLE }
        })
        .map(|circle| format!("{} files: {}", circle.len(), circle.join(" ")))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(!circles.is_empty(), "the reader of imports sees none, though parents and their children are circles");
}

#[test]
fn the_reader_of_imports_sees_a_circle() {
    let modules = ["", "a", "a::b", "c"].map(|name| (name.to_owned(), format!("{name}.rs"))).into();
    let names = |text: &str, at: &str| {
        let mut found: Vec<String> = imported(text, at, &modules).into_iter().collect();
        found.sort();
        found
    };
    assert_eq!(names("use crate::{a::{self, b::Thing}, c};", "c"), ["a.rs", "a::b.rs"]);
    assert_eq!(names("fn f() { super::b::thing() } // crate::c", "a"), ["c.rs"; 0]);
    assert_eq!(names("fn f() { super::super::c::thing() }", "a::b"), ["c.rs"]);
    assert_eq!(names("#[cfg(test)]\nmod tests {\n    use crate::c;\n}", "a"), ["c.rs"; 0]);
    let edges = [("a", vec!["b"]), ("b", vec!["c", "a"]), ("c", vec!["d"]), ("d", vec![])];
    let edges = edges.map(|(from, to)| (from.to_owned(), to.into_iter().map(str::to_owned).collect())).into();
    assert_eq!(circles(&edges), [["a", "b"]]);
}

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Which file names which: by `use`, and by paths that begin with `crate` or `super`. Tests are left out.
fn imports(root: &Path) -> Edges {
    let mut modules = BTreeMap::new();
    let mut texts = Vec::new();
    for path in sources(root) {
        let file = path.strip_prefix(root).expect("a file below the root").to_str().expect("a name").to_owned();
        let name = file.trim_end_matches(".rs").replace('/', "::");
        if name == "main" || name.ends_with("tests") || name.contains("tests::") {
            continue;
        }
        let name = name.strip_suffix("::mod").unwrap_or(&name).to_owned();
        let name = if name == "lib" { String::new() } else { name };
        texts.push((file.clone(), name.clone(), fs::read_to_string(&path).expect("a readable source")));
        modules.insert(name, file);
    }
    texts.iter().map(|(file, name, text)| (file.clone(), imported(text, name, &modules))).collect()
}

/// The files that a module named `at` names.
fn imported(text: &str, at: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
    let code: String = text.lines().map(|line| line.split("//").next().unwrap_or("").to_owned() + "\n").collect();
    let mut paths = Vec::new();
    let mut rest = String::new();
    for (at, part) in code.split("use ").enumerate() {
        match part.split_once(';').filter(|_| at > 0) {
            Some((tree, after)) => {
                spread(tree.trim(), &[], &mut paths);
                rest.push_str(after);
            }
            None => rest.push_str(part),
        }
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in rest.split(|c| !is_part(c)) {
        if word.starts_with("crate::") || word.starts_with("super::") {
            paths.push(word.split("::").map(str::to_owned).collect());
        }
    }
    let own = modules.get(at);
    paths.iter().filter_map(|path| resolved(path, at, modules)).filter(|file| Some(*file) != own).cloned().collect()
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn spread(tree: &str, before: &[String], into: &mut Vec<Vec<String>>) {
    let words = |text: &str| -> Vec<String> {
        text.split("::").map(|word| word.split(" as ").next().unwrap_or("").trim().to_owned()).collect()
    };
    let Some((head, inner)) = tree.split_once('{') else {
        return into.push(before.iter().cloned().chain(words(tree)).collect());
    };
    let head = head.trim().trim_end_matches("::");
    let head: Vec<String> =
        before.iter().cloned().chain(words(head).into_iter().filter(|word| !word.is_empty())).collect();
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inner[from..at].trim();
                if !part.is_empty() {
                    spread(part, &head, into);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The file of the longest module that the path begins with.
fn resolved<'m>(path: &[String], at: &str, modules: &'m BTreeMap<String, String>) -> Option<&'m String> {
    let mut base: Vec<&str> = at.split("::").filter(|word| !word.is_empty()).collect();
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.first() {
        Some(&"crate") => {
            base.clear();
            path.remove(0);
        }
        Some(&"self") => drop(path.remove(0)),
        _ => {
            while path.first() == Some(&"super") {
                base.pop();
                path.remove(0);
            }
        }
    }
    base.extend(path.iter().filter(|word| **word != "self"));
    (1..=base.len()).rev().find_map(|length| modules.get(&base[..length].join("::")))
}

/// Groups of files that reach each other, of two files or more.
fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let reached = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for next in edges.get(file).into_iter().flatten() {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let reach: BTreeMap<&String, BTreeSet<&String>> = edges.keys().map(|file| (file, reached(file))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (file, there) in &reach {
        let back = |other: &&&String| reach.get(**other).is_some_and(|from| from.contains(*file));
        let mut circle: Vec<String> = there.iter().filter(back).map(|other| (*other).clone()).collect();
        circle.sort();
        if circle.len() > 1 && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}
