use super::*;

fn read(text: &str) -> File {
    File::read(Path::new("DIR/config.toml"), text).unwrap_or_else(|error| panic!("{error}"))
}

fn complaints(text: &str) -> Vec<String> {
    read(text).complaints.iter().map(Complaint::short).collect()
}

fn refused(text: &str) -> String {
    File::read(Path::new("DIR/config.toml"), text).expect_err("it was accepted").to_string()
}

#[test]
fn what_cannot_be_used_is_said_with_line_and_fix_and_the_rest_is_used() {
    let text = "histroy = 5\nhistory = 0\nzone = \"Europe/Madrid\"\nreveal = 61\nutc = true\n[profiles.a]\nbase = 1\n\
                allow_reveal = \"no\"\n[profiles.\"a/b\"]\n[profiles]\nc = 1\n";
    assert_eq!(
        complaints(text),
        [
            "config.toml:1: there is no setting histroy; did you mean history?",
            "config.toml:2: history cannot be this: it is out of range; write a whole number from 1 to 5000000",
            "config.toml:4: reveal cannot be this: it is out of range; write whole seconds from 5 to 60; until then it \
             is 30 s",
            "config.toml:5: there is no setting utc; write zone = \"utc\"",
            "config.toml:7: there is no setting base; fourpay config example lists them",
            "config.toml:8: allow_reveal cannot be this: it is text; write true or false; until then it is false",
            "config.toml:9: \"a/b\" cannot be the name of a profile; use up to 64 letters, digits, - and _, and no month \
             in it",
            "config.toml:11: profiles.c is no table; write its settings below [profiles.…]",
        ]
    );
    let file = read(text);
    assert_eq!(file.base.zone, crate::domain::settings::Zone::Named(chrono_tz::Europe::Madrid));
    assert_eq!(file.base.history, super::super::profile::HISTORY);
    let names: Vec<&str> = file.named.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["a"]);
    assert_eq!(file.named[0].zone, file.base.zone);
}

/// Where a mistake could open what should be closed, it closes.
#[test]
fn a_bad_value_falls_to_the_safe_side() {
    for bad in ["\"x\"", "1", "1.5", "[]", "[true]", "2020-01-01", "{}", "-1", "1000000"] {
        let text: String = SETTINGS
            .iter()
            .filter(|setting| setting.safe != Safe::Any)
            .map(|setting| format!("{} = {bad}\n", setting.name))
            .collect();
        let open = "read_only = false\nallow_reveal = true\nallow_remote_copy = true\nosc52_secrets = true\n\
                    listen = \"127.0.0.1:9\"\n";
        for text in [text.clone(), format!("{open}[profiles.x]\n{text}")] {
            let file = read(&text);
            let profile = file.profile("x").unwrap_or_else(|| file.base.clone());
            assert!(profile.read_only && profile.ask_reason && profile.passphrase, "{bad}");
            assert!(!profile.allow_reveal && !profile.allow_remote_copy && !profile.osc52_secrets, "{bad}");
            assert_eq!(profile.listen, None, "{bad}");
            assert_eq!(profile.said_environment, Some(crate::domain::settings::Environment::Production));
            let seconds = |time: std::time::Duration| time.as_secs();
            assert!(seconds(profile.mask_after) <= 60 && seconds(profile.lock_after) <= 300, "{bad}");
            assert!(seconds(profile.reveal) <= 60 && seconds(profile.clipboard) <= 90, "{bad}");
        }
    }
}

#[test]
fn every_safe_value_can_be_used_and_every_default_is_the_profiles_own() {
    for setting in SETTINGS {
        let mut profile = Profile::default();
        if let Safe::Is(text) = setting.safe {
            let safe = DeValue::parse(text).unwrap();
            assert_eq!(apply(setting, safe.get_ref(), &mut profile), Ok(()), "{}", setting.name);
        }
        if setting.value.is_empty() {
            continue;
        }
        let mut profile = Profile::default();
        let value = DeValue::parse(setting.value).unwrap();
        assert_eq!(apply(setting, value.get_ref(), &mut profile), Ok(()), "{}", setting.name);
        let usual = setting.otherwise.is_none();
        assert_eq!(profile == Profile::default(), usual, "{} = {}", setting.name, setting.value);
    }
}

/// S1
#[test]
fn s1_a_token_in_the_file_is_refused_and_not_repeated() {
    for text in ["zone = \"utc\"\ntoken = \"tok_CANARY\"\n", "[profiles.x]\ntoken = \"tok_CANARY\"\n"] {
        let error = refused(text);
        assert!(error.starts_with("DIR/config.toml:2: a token may not stand in this file"), "{error}");
        assert!(!error.contains("CANARY"));
    }
    // Nor is a value that may be one.
    let said = complaints("history = \"tok_CANARY\"\nzone = \"tok_CANARY\"\n[paths]\nfreeze = \"tok_CANARY\"\n");
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|said| !said.contains("CANARY")), "{said:?}");
}

#[test]
fn a_file_that_is_no_toml_is_an_error_with_its_line() {
    for text in ["history = 5\nzone = \n", "history = 5\nhistory = 6\n", "history = 5\n[profiles.x\n"] {
        let error = refused(text);
        assert!(error.starts_with("DIR/config.toml:2: this is no TOML ("), "{error}");
    }
    let error = refused("zone = \"tok_CANARY\n");
    assert!(!error.contains("CANARY"), "{error}");
}

#[test]
fn paths_are_checked_one_by_one() {
    let file = read("[paths]\nfreze = \"/a\"\nfreeze = \"a\"\n[profiles.x.paths]\nfreeze = \"/x/{card}/freeze\"\n");
    let said: Vec<String> = file.complaints.iter().map(Complaint::short).collect();
    assert_eq!(said[0], "config.toml:2: there is no endpoint freze; did you mean freeze?");
    assert!(said[1].starts_with("config.toml:3: this is no path for freeze: "), "{said:?}");
    assert_eq!((said.len(), file.base.paths.len(), file.named[0].paths.len()), (2, 0, 1));
}

#[test]
fn a_default_profile_that_is_not_there_is_said() {
    let text = "default_profile = \"prd\"\n[profiles.prod]\n[profiles.test]\n";
    assert_eq!(
        complaints(text),
        ["config.toml:1: default_profile names \"prd\", which is not here; write one of: prod, test, demo"]
    );
    assert_eq!(read(text).usual(), "default");
}

/// A merchant that was made beside the first does not take its place.
#[test]
fn the_only_profile_is_the_usual_one() {
    assert_eq!(read("[profiles.prod]\nbase_url = \"https://a.example\"\n").usual(), "prod");
    let both = "base_url = \"https://b.example\"\n[profiles.prod]\nbase_url = \"https://a.example\"\n";
    assert_eq!(read(both).usual(), "default");
}

#[test]
fn columns_may_be_a_table_or_names_with_a_point() {
    for text in ["columns.cards = [\"card\", \"name\"]\n", "[columns]\ncards = [\"card\", \"name\"]\n"] {
        assert_eq!(read(text).base.columns.cards, ["card", "name"]);
    }
    let said = complaints("columns = 5\n[profiles.x.columns]\ncard = []\n");
    assert_eq!(said[0], "config.toml:1: columns is no table; write a line [columns]");
    assert_eq!(said[1], "config.toml:3: there is no setting columns.card; did you mean columns.cards?");
    let file = read("columns.cards = [\"card\", \"blance\"]\ncolumns.accounts = [\"tok_CANARY\"]\n");
    let said: Vec<String> = file.complaints.iter().map(Complaint::short).collect();
    let [cards, accounts] = said.as_slice() else { panic!("{said:?}") };
    assert!(cards.contains("a name in it is no column; did you mean balance?"), "{said:?}");
    assert!(accounts.contains("a name in it is no column") && !accounts.contains("CANARY"), "{said:?}");
    assert!(file.base.columns.cards.is_empty(), "the usual ones stand");
}

/// The address of a merchant that cannot be used never becomes the demo.
#[test]
fn a_bad_address_is_said_with_its_line_and_kept() {
    let file = read("[profiles.x]\nbase_url = \"http://api.example\"\n");
    assert!(
        file.complaints[0].short().starts_with("config.toml:2: base_url cannot be this: the base URL must be https")
    );
    assert!(file.named[0].base_url.is_some());
}

#[test]
fn the_example_is_a_file_that_can_be_used_commented_and_not() {
    let example = settings::example();
    assert_eq!(complaints(&example), [""; 0]);
    assert_eq!(read(&example).named.len(), 0);
    let bare = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    let uncommented: String = example.lines().map(bare).collect();
    assert_eq!(complaints(&uncommented), [""; 0]);
    let file = read(&uncommented);
    assert_eq!((file.named.len(), file.usual()), (2, "prod"));
    for setting in SETTINGS {
        assert!(uncommented.contains(setting.name), "{} is missing", setting.name);
    }
}

#[test]
fn a_bad_view_is_said_with_line_and_fix_and_the_good_part_of_it_is_used() {
    let text = "[views.a]\npane = \"card\"\n[views.b]\nfilter = \"x\"\n[views.\"c/d\"]\npane = \"cards\"\n[views.e]\n\
                pane = \"cards\"\nfilter = \"balanse:>5\"\nsort = \"colour\"\nreverse = 1\nzoom = \"no\"\nfiltr = 1\n\
                [views.f]\npane = \"journal\"\nsort = \"time\"\nzoom = true\n[views.g]\npane = \"cards\"\n\
                filter = \"4539578763621486\"\n[views]\nh = 1\n[views.i]\npane = \"transactions\"\n\
                filter = \"since:2d uber\"\nsort = \"amount\"\nreverse = true\nzoom = true\n";
    let said = complaints(text);
    for (at, part) in [
        "config.toml:2: views.a: there is no such pane; write one of: accounts, cards, transactions, cardholders",
        "config.toml:3: views.b names no pane; write a line [views.NAME], and pane = \"cards\" below it",
        "config.toml:5: \"c/d\" cannot be the name of a view; a name is letters",
        "config.toml:9: views.e: its filter cannot be used; ",
        "config.toml:10: views.e: cards has no such column; write one of: made, number, name, holder, balance, status",
        "config.toml:11: views.e: reverse cannot be this: it is a whole number; write true or false",
        "config.toml:12: views.e: zoom cannot be this: it is text; write true or false",
        "config.toml:13: views.e has no filtr; did you mean filter?",
        "config.toml:16: views.f: journal has no such column; write one of: asked, state, act, amount, on, age, reference",
        "config.toml:20: views.g: its filter cannot be used; it holds what is not kept, for example a card number",
        "config.toml:22: views.h is no table; write a line [views.NAME]",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(said.get(at).is_some_and(|line| line.starts_with(part)), "{part}: {said:#?}");
    }
    assert_eq!(said.len(), 11, "{said:#?}");
    assert!(!said.concat().contains("4539578763621486"));
    let views = read(text).views;
    let words: Vec<String> =
        views.iter().map(|view| format!("{}: {}", view.name, crate::app::private::bare(&view.words()))).collect();
    assert_eq!(
        words,
        [
            "e: 2 Cards",
            "f: 7 Journal",
            "g: 2 Cards",
            "i: 3 Transactions · /since:2d uber · by amount, turned round · zoomed",
        ]
    );
    assert_eq!(
        complaints("views = 1\n"),
        ["config.toml:1: views is no table; write a line [views.NAME], and pane = \"cards\" below it"]
    );
    assert_eq!(
        complaints("[view.a]\npane = \"cards\"\n"),
        ["config.toml:1: there is no setting view; did you mean views?"]
    );
}
