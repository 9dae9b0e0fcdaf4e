use super::*;
use std::io::Write;

fn folder(text: &str) -> (tempfile::TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::File::create(folder.path().join("config.toml")).unwrap().write_all(text.as_bytes()).unwrap();
    let environment = Environment { config_folder: Some(folder.path().to_owned()), ..Environment::default() };
    (folder, environment)
}

fn load(text: &str, profile: Option<&str>) -> Result<Config, Complaint> {
    let (_folder, environment) = folder(text);
    let environment = Environment { token: Some(Password::new("tok_1".to_owned().into())), ..environment };
    Config::load(&Flags { profile: profile.map(str::to_owned), ..Flags::default() }, environment)
}

fn address(config: &Config) -> &str {
    match &config.target {
        Target::Api(api) => &api.base_url,
        Target::Sandbox => "sandbox",
    }
}

const TWO: &str = r#"
history = 100
zone = "utc"
[profiles.prod]
base_url = "https://api.example"
history = 200
[profiles.test]
base_url = "https://test.example"
environment = "sandbox"
colour = "cyan"
"#;

#[test]
fn nothing_said_is_the_sandbox() {
    let config = Config::load(&Flags::default(), Environment::default()).unwrap();
    assert!(matches!(config.target, Target::Sandbox));
    assert_eq!(config.profile.history, profile::HISTORY);
    assert_eq!(config.profile.name, profile::DEMO);
    assert_eq!(config.setup().environment, crate::domain::settings::Environment::Sandbox);
}

#[test]
fn an_address_or_a_credential_alone_is_a_mistake_that_says_what_is_missing() {
    // The keyring may hold one; nobody has asked it yet.
    let only_url = Environment { base_url: Some("https://x.example".into()), ..Environment::default() };
    let config = Config::load(&Flags::default(), only_url).unwrap();
    let Target::Api(api) = config.target else { panic!("the sandbox") };
    assert_eq!(api.sources.first(), Some(crate::credentials::Source::Keyring));
    let only_token =
        Environment { token: Some(Password::new("tok_CANARY".to_owned().into())), ..Environment::default() };
    let error = Config::load(&Flags::default(), only_token).unwrap_err();
    assert!(error.fix.contains("FOURPAY_BASE_URL"), "{error}");
    assert!(!error.to_string().contains("CANARY"));
}

#[test]
fn flags_go_before_environment_before_file() {
    let said = |flag: Option<&str>, variable: Option<&str>| {
        let (_folder, environment) = folder("base_url = \"https://file.example\"\n");
        let token = Some(Password::new("tok_1".to_owned().into()));
        let environment = Environment { token, base_url: variable.map(str::to_owned), ..environment };
        let flags = Flags { base_url: flag.map(str::to_owned), ..Flags::default() };
        address(&Config::load(&flags, environment).unwrap()).to_owned()
    };
    assert_eq!(said(None, None), "https://file.example");
    assert_eq!(said(None, Some("https://env.example")), "https://env.example");
    assert_eq!(said(Some("https://flag.example"), Some("https://env.example")), "https://flag.example");
}

#[test]
fn a_profile_is_what_stands_before_all_profiles_and_what_its_table_says() {
    let prod = load(TWO, Some("prod")).unwrap();
    assert_eq!((address(&prod), prod.profile.history), ("https://api.example", 200));
    assert_eq!(prod.profile.zone, Zone::Utc);
    assert_eq!(prod.setup().environment, crate::domain::settings::Environment::Production);
    let test = load(TWO, Some("test")).unwrap();
    assert_eq!((address(&test), test.profile.history), ("https://test.example", 100));
    let setup = test.setup();
    assert_eq!(setup.environment, crate::domain::settings::Environment::Sandbox);
    assert_eq!(setup.colour, Some(crate::domain::settings::Tint::Cyan));
    assert_eq!(setup.profiles, ["prod", "test", "demo"]);
}

#[test]
fn the_profile_that_is_meant() {
    let only = "[profiles.shop]\nbase_url = \"https://shop.example\"\n";
    assert_eq!(load(only, None).unwrap().profile.name, "shop");
    let said = format!("default_profile = \"test\"\n{TWO}");
    assert_eq!(load(&said, None).unwrap().profile.name, "test");
    let (_folder, environment) = folder(&said);
    let environment =
        Environment { profile: Some("prod".into()), token: Some(Password::new("t".to_owned().into())), ..environment };
    assert_eq!(Config::load(&Flags::default(), environment).unwrap().profile.name, "prod");
    let error = load(TWO, Some("prd")).unwrap_err().to_string();
    assert_eq!(error, "--profile: there is no profile prd; there are: prod, test, demo");
    // The demo is always there, and nothing that was said of a real API is true of it.
    let demo = Config::load(
        &Flags { profile: Some("demo".into()), ..Flags::default() },
        folder("base_url = \"https://x.example\"\nhistory = 7\n").1,
    );
    let demo = demo.unwrap();
    assert_eq!((address(&demo), demo.profile.name.as_str()), ("sandbox", "demo"));
}

/// S6: http is for sandboxes on this machine.
#[test]
fn s6_http_is_a_sandbox_and_never_prod() {
    let local = "base_url = \"http://127.0.0.1:4000\"\n";
    assert_eq!(load(local, None).unwrap().setup().environment, crate::domain::settings::Environment::Sandbox);
    let error = load(&format!("{local}environment = \"prod\"\n"), None).unwrap_err().to_string();
    assert!(error.contains("http is for sandboxes"), "{error}");
    assert!(load("base_url = \"http://api.example\"\n", None).is_err());
}

/// S1: the token of one profile is not sent to the address of another that has its own.
#[test]
fn s1_a_profile_with_a_credential_of_its_own_inherits_none() {
    let text = "token_file = \"/a\"\ntoken_command = [\"/b\"]\n[profiles.x]\ntoken_file = \"/c\"\n[profiles.y]\n";
    let file = File::read(std::path::Path::new("config.toml"), text).unwrap();
    let x = file.profile("x").unwrap();
    assert_eq!((x.token_file, x.token_command), (Some(PathBuf::from("/c")), Vec::new()));
    assert_eq!(file.profile("y").unwrap().token_file, Some(PathBuf::from("/a")));
    assert_eq!(file.profile("demo").unwrap().token_file, None);
}

#[test]
fn flags_make_stricter_and_shorter() {
    let flags = Flags { read_only: true, utc: true, history: Some(9), ..Flags::default() };
    let config = Config::load(&flags, folder("read_only = false\nzone = \"Asia/Tokyo\"\n").1).unwrap();
    assert!(config.setup().read_only);
    assert_eq!((config.setup().zone, config.profile.history), (Zone::Utc, 9));
}

/// S1: the token that was given for one profile is not sent to the address of another.
#[test]
fn s1_a_change_of_profile_takes_neither_address_nor_token_along() {
    let environment = || {
        let (folder, environment) = folder(TWO);
        let (token, base_url) = (Some(Password::new("tok_1".to_owned().into())), Some("https://env.example".into()));
        (folder, Environment { token, base_url, ..environment })
    };
    let flags = Flags { profile: Some("prod".into()), read_only: true, ..Flags::default() };
    let (_folder, began) = environment();
    let config = Config::load(&flags, began).unwrap();
    assert_eq!(address(&config), "https://env.example");
    let (_folder, later) = environment();
    let test = Config::change(&config.began, "test", later).unwrap();
    let Target::Api(api) = &test.target else { panic!("{:?}", test.target) };
    assert_eq!(api.base_url.trim_end_matches('/'), "https://test.example");
    assert!(api.sources.environment.is_none(), "the token of another profile");
    let (_folder, later) = environment();
    let demo = Config::change(&config.began, "demo", later).unwrap();
    assert_eq!((address(&demo), demo.profile.name.as_str()), ("sandbox", "demo"));
    // What makes it stricter stays, and the way back is the way it began.
    assert!(demo.setup().read_only);
    let (_folder, later) = environment();
    let back = Config::change(&demo.began, "prod", later).unwrap();
    assert_eq!((address(&back), back.profile.name.as_str()), ("https://env.example", "prod"));
}

#[test]
fn what_the_environment_alone_names_can_be_come_back_to() {
    let environment = || Environment {
        token: Some(Password::new("tok_1".to_owned().into())),
        base_url: Some("https://env.example".into()),
        ..Environment::default()
    };
    let config = Config::load(&Flags::default(), environment()).unwrap();
    assert_eq!(config.profiles, ["default", "demo"]);
    let demo = Config::change(&config.began, "demo", environment()).unwrap();
    assert_eq!(address(&Config::change(&demo.began, "default", environment()).unwrap()), "https://env.example");
    // Nothing was set up: there is nothing to change to.
    assert_eq!(Config::load(&Flags::default(), Environment::default()).unwrap().profiles, ["demo"]);
}

/// S1: a credential belongs to the address it stands beside, wherever another address is named.
#[test]
fn s1_a_credential_of_the_file_goes_to_no_other_address() {
    const TEXT: &str = "base_url = \"https://one.example\"\ntoken_command = [\"/b\"]\ntoken_file = \"/a\"\n\
                        [profiles.other]\nbase_url = \"https://two.example\"\n\
                        [profiles.own]\nbase_url = \"https://three.example\"\ntoken_file = \"/c\"\n[profiles.same]\n";
    let api = |profile: &str, flag: Option<&str>| {
        let (_folder, environment) = folder(TEXT);
        let flags = Flags { profile: Some(profile.into()), base_url: flag.map(str::to_owned), ..Flags::default() };
        match Config::load(&flags, environment).unwrap().target {
            Target::Api(api) => api,
            Target::Sandbox => panic!("the sandbox"),
        }
    };
    let given = |api: Api| (api.sources.command.is_some(), api.sources.file.is_some());
    assert_eq!(given(api("default", None)), (true, true));
    assert_eq!(given(api("same", None)), (true, true));
    assert_eq!(given(api("other", None)), (false, false));
    assert_eq!(given(api("own", None)), (false, true));
    assert_eq!(given(api("default", Some("https://evil.example"))), (false, false));
    assert_eq!(given(api("default", Some("https://one.example/"))), (true, true));
    let error = api("other", None).read(crate::child::Terminal::None).map(|_| ()).unwrap_err();
    assert!(error.fix.contains("belongs to another address"), "{error}");
    // Somebody logs in to a new merchant: the file's credential is not read again for it.
    let (_folder, environment) = folder(TEXT);
    let file = File::load(&environment).unwrap().0;
    let new = to_log_in(&file, "new").unwrap();
    assert_eq!((new.token_file, new.token_command), (None, Vec::new()));
}

#[test]
fn the_locale_says_which_characters_there_are() {
    let utf8 = |all: &str, ctype: &str, lang: &str| {
        let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        is_utf8([set(all), set(ctype), set(lang)])
    };
    assert!(utf8("", "", "en_US.UTF-8") && utf8("", "C.utf8", "de_DE.ISO-8859-1") && utf8("sr_RS.UTF-8@latin", "", ""));
    assert!(utf8("C.UTF-8", "", "") && utf8("", "UTF-8", "C"), "macOS says UTF-8 alone");
    assert!(!utf8("", "", "en_US.ISO-8859-1") && !utf8("", "", "UTF-8859") && !utf8("", "", "en_US"));
    assert!(
        !utf8("", "", "") && !utf8("C", "", "en_US.UTF-8") && !utf8("", "", "de_DE@euro") && !utf8("POSIX", "", "")
    );
    assert_eq!([ground("15;0"), ground("0;default;15")], [Some(Ground::Dark), Some(Ground::Light)]);
    assert_eq!(
        [ground("0;7"), ground("7;8"), ground("default;default"), ground("")],
        [Some(Ground::Light), Some(Ground::Dark), None, None]
    );
}
