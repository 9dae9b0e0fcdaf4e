//! What this program is made of: crates of one registry, under licences that are named in `deny.toml` (S11).

#![allow(clippy::disallowed_methods, reason = "tests run programs")]

use std::process::Command;

use serde_json::Value;

/// Whether an expression of licences can be met with those that are allowed. `/` is the old way to write `OR`.
fn fits(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = expression.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allowed) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut fits = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fits |= both(words, at, allowed);
    }
    fits
}

fn both(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut fits = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fits &= one(words, at, allowed);
    }
    fits
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let fits = either(words, at, allowed);
        *at += 1;
        return fits;
    }
    if words.get(*at) == Some(&"WITH") {
        let name = format!("{word} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
        return allowed.contains(&name.as_str());
    }
    allowed.contains(word)
}

#[test]
fn s11_every_crate_is_of_the_registry_and_its_licence_is_allowed() {
    let rules: toml::Table = std::fs::read_to_string("deny.toml").expect("the rules").parse().expect("TOML");
    let texts = |table: &str, key: &str| -> Vec<String> {
        let values = rules[table][key].as_array().expect("a list").iter();
        values.map(|value| value.as_str().expect("a text").to_owned()).collect()
    };
    let (allowed, registries) = (texts("licenses", "allow"), texts("sources", "allow-registry"));
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    let banned: Vec<&str> = rules["bans"]["deny"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|ban| ban["crate"].as_str().expect("a name"))
        .collect();
    let cargo = Command::new(env!("CARGO")).args(["metadata", "--locked", "--format-version", "1"]).output();
    let cargo = cargo.expect("cargo runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let all: Value = serde_json::from_slice(&cargo.stdout).expect("JSON");
    let packages = all["packages"].as_array().expect("a list");
    assert!(packages.len() > 100);
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(fits(licence, &allowed), "{name} is under {licence}");
        assert!(!banned.contains(&name), "{name} is not wanted");
        match package["source"].as_str() {
            // Ours.
            None => assert_eq!(name, "fourpay"),
            Some(source) => {
                let source = source.strip_prefix("registry+").unwrap_or(source);
                assert!(registries.iter().any(|known| known == source), "{name} comes from {source}");
            }
        }
    }
}

#[test]
fn an_expression_of_licences_is_understood() {
    let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];
    for good in ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR MIT", "(MIT OR X) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(fits(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "none", "Apache-2.0", "(MIT OR X) AND GPL-3.0"] {
        assert!(!fits(bad, &allowed), "{bad}");
    }
}
