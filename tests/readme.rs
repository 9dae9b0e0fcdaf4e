//! The documents say what is true: their tables are the program's, and the README's commands and keys are real.

use std::fs;

use fourpay::app::actions;

/// What stands between the marks of a name.
fn between(document: &str, name: &str) -> String {
    let text = fs::read_to_string(document).expect("the document");
    assert_eq!(text.matches(&format!("<!-- {name}:")).count(), 1, "{document} has the table of {name} once");
    let after = text.split(&format!("<!-- {name}:")).nth(1).and_then(|rest| rest.split_once("-->\n"));
    let table = after.and_then(|(_, rest)| rest.split(&format!("<!-- /{name} -->")).next());
    table.expect("the marks around the table").trim().to_owned()
}

#[test]
fn the_settings_of_the_documents_are_those_of_the_program() {
    let made = fourpay::config::settings::markdown();
    assert_eq!(between("docs/configuration.md", "settings"), made.trim(), "put this between the marks:\n\n{made}");
}

#[test]
fn the_paths_of_the_documents_are_all_that_may_be_set() {
    let made = fourpay::api::paths_markdown();
    assert_eq!(between("docs/configuration.md", "paths"), made.trim(), "put this between the marks:\n\n{made}");
    for endpoint in fourpay::api::ENDPOINTS {
        assert!(made.contains(&format!("| `{}` |", endpoint.name)), "{} is not listed", endpoint.name);
    }
}

#[test]
fn the_keys_of_the_documents_are_those_of_the_program() {
    let made = actions::markdown();
    assert_eq!(between("docs/usage.md", "keys"), made.trim(), "put this between the marks:\n\n{made}");
}

#[test]
fn the_file_of_keys_is_the_one_of_the_program() {
    let made = fourpay::app::keymap::file();
    let file = fs::read_to_string("assets/keys.toml").expect("the file of keys");
    assert!(file == made, "put this into assets/keys.toml:\n\n{made}");
}

/// The tables stand in `docs/`; the README leads to them.
#[test]
fn the_readme_leads_to_the_tables() {
    let readme = fs::read_to_string("README.md").expect("the README");
    for link in ["](docs/usage.md", "](docs/usage.md#keys)", "](docs/configuration.md)", "](docs/security.md)"] {
        assert!(readme.contains(link), "{link}");
    }
}

/// One command runs the dashboard, one passes the tests.
#[test]
fn the_two_commands_of_the_readme_stand_alone() {
    let readme = fs::read_to_string("README.md").expect("the README");
    for command in ["cargo run --release", ".ci/packages && cargo test"] {
        assert!(readme.contains(&format!("```sh\n{command}\n```\n")), "{command}");
    }
    assert!(fs::metadata(".ci/packages").is_ok_and(|packages| packages.is_file()));
    // Plain `cargo run` is the dashboard.
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").expect("the manifest").parse().expect("TOML");
    assert_eq!(manifest["package"]["default-run"].as_str(), Some("fourpay"));
}

/// Each single key among the daily acts is the key of an action, or of the dialog that the act opens.
#[test]
fn the_daily_acts_of_the_readme_press_keys_of_the_program() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let (_, acts) = readme.split_once("## Three daily acts\n").expect("the daily acts");
    let rows = acts.split("\n## ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| "));
    let known: Vec<String> = actions::table().iter().flat_map(actions::called).collect();
    let mut pressed = 0;
    for row in rows {
        for key in row.split('`').skip(1).step_by(2).filter(|key| key.chars().count() == 1) {
            // `y` after `f` confirms, `n` after `y` is the number of the copy menu: both are keys of actions as well.
            assert!(known.iter().any(|known| known == key), "{key} is no key of the program: {row}");
            pressed += 1;
        }
    }
    assert!(pressed >= 9, "only {pressed} keys were read");
}

/// Where a credential may be is said in the README too.
#[test]
fn the_security_of_the_readme_names_every_source_of_a_credential() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let (_, security) = readme.split_once("## Security\n").expect("the section");
    let security = security.split("\n## ").next().unwrap_or_default();
    for source in ["`FOURPAY_TOKEN`", "`token_command`", "`token_file`", "keyring", "`fourpay login`"] {
        assert!(security.contains(source), "{source}");
    }
    let full = fs::read_to_string("docs/security.md").expect("the page");
    for word in ["`FOURPAY_TOKEN`", "`token_command`", "`token_file`", "keyring", "`kill -9` cannot be caught"] {
        assert!(full.contains(word), "{word}");
    }
}
