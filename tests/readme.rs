//! The README says what is true: its table of keys is the table of actions.

/// What stands between the marks of a name.
fn between(name: &str) -> String {
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let after = readme.split(&format!("<!-- {name}")).nth(1).and_then(|rest| rest.split_once("-->\n"));
    let table = after.and_then(|(_, rest)| rest.split(&format!("<!-- /{name} -->")).next());
    table.expect("the marks around the table").trim().to_owned()
}

#[test]
fn the_settings_of_the_readme_are_those_of_the_program() {
    let made = fourpay::config::settings::markdown();
    assert_eq!(between("settings"), made.trim(), "put this between the marks:\n\n{made}");
}

#[test]
fn the_paths_of_the_readme_are_all_that_may_be_set() {
    let made = fourpay::api::paths_markdown();
    assert_eq!(between("paths"), made.trim(), "put this between the marks:\n\n{made}");
    for endpoint in fourpay::api::ENDPOINTS {
        assert!(made.contains(&format!("| `{}` |", endpoint.name)), "{} is not listed", endpoint.name);
    }
}

#[test]
fn the_keys_of_the_readme_are_those_of_the_program() {
    let made = fourpay::app::actions::markdown();
    assert_eq!(between("keys"), made.trim(), "put this between the marks:\n\n{made}");
}

#[test]
fn the_file_of_keys_is_the_one_of_the_program() {
    let made = fourpay::app::keymap::file();
    let file = std::fs::read_to_string("assets/keys.toml").expect("the file of keys");
    assert!(file == made, "put this into assets/keys.toml:\n\n{made}");
}
