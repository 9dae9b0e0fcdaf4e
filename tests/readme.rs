//! The README says what is true: its table of keys is the table of actions.

#[test]
fn the_keys_of_the_readme_are_those_of_the_program() {
    let readme = std::fs::read_to_string("README.md").expect("the README");
    let between = readme.split("<!-- keys").nth(1).and_then(|rest| rest.split_once("-->\n")).map(|(_, rest)| rest);
    let table = between.and_then(|rest| rest.split("<!-- /keys -->").next()).expect("the marks around the table");
    let made = fourpay::app::actions::markdown();
    assert_eq!(table.trim(), made.trim(), "put this between the marks:\n\n{made}");
}
