//! Keys of the user's own: no sentence names the key that they took the place of.

use fourpay::app::actions::{self, Act, Screen};
use fourpay::app::keymap::{self, Keymap};
use fourpay::app::msg::{Answer, Key, KeyCode, Msg, Setup, Topic};

use fourpay::app::{Model, update};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::intent::lifecycle::{Evidence, Step};
use fourpay::domain::intent::{CardAt, CardField};
use fourpay::domain::transaction::Feed;

use crate::acts::past;
use crate::appearance::PLACES;
use crate::dialogs::journal;
use crate::fixture::*;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// Every action on another key: a letter with Alt.
fn others() -> Keymap {
    let letters = ('a'..='z').chain('A'..='Z').chain('0'..='9');
    let free = actions::table().iter().filter(|action| action.act != Act::Interrupt);
    let lines = free.zip(letters).map(|(action, c)| format!("{} = [\"Alt-{c}\"]\n", keymap::command(action)));
    let (keys, faults) = Keymap::read("keys.toml", &lines.collect::<String>());
    assert_eq!(faults, []);
    keys
}

fn other_setup() -> Setup {
    let mut setup = setup();
    setup.appearance.keys = others();
    setup
}

/// The keys of a script, each by the action that it means: on the panes its other key is pressed.
fn act(model: &mut Model, second: u64, script: &str) {
    let plain = |code| Key { code, ctrl: false, alt: false };
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let one = match rest.find('>').filter(|_| first == '<') {
            Some(end) => &rest[..=end],
            None => &rest[..first.len_utf8()],
        };
        rest = &rest[one.len()..];
        let usual = match one {
            "<Enter>" => plain(KeyCode::Enter),
            "<Esc>" => plain(KeyCode::Esc),
            "<Tab>" => plain(KeyCode::Tab),
            _ => plain(KeyCode::Char(first)),
        };
        let action = Keymap::default().lookup(usual).filter(|_| model.situation().screen == Screen::Panes);
        match action {
            Some(action) => {
                let key = model.appearance().keys.of(action)[0];
                update(model, at(second), Msg::Pressed(key));
            }
            None if one == "|" => {}
            None => drop(press(model, at(second), one)),
        }
    }
}

/// Sentences that name a key that is none any more.
fn named(model: &Model, size: (u16, u16)) -> Vec<String> {
    const VERBS: [&str; 18] = [
        "reads", "tries", "makes", "issues", "goes", "shows", "opens", "clears", "changes", "ends", "takes", "undoes",
        "sets", "logs", "comes", "stops", "searches", "loads",
    ];
    // What lies over the panes has keys of its own.
    const ITS_OWN: [&str; 6] = ["r shows", "r tries", "c goes", "Esc clears", "Enter opens", "Enter goes"];
    let old: Vec<String> = actions::table()
        .iter()
        .flat_map(|action| action.keys)
        .map(keymap::label)
        .filter(|key| key != "Ctrl-C")
        .collect();
    let mut found = Vec::new();
    for line in lines(&draw(model, at(12), size)) {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.windows(2) {
            let key = pair[0].trim_start_matches(['(', ';']);
            let said = format!("{key} {}", pair[1]);
            let names = old.iter().any(|old| old == key) && VERBS.contains(&pair[1]);
            if (names && !ITS_OWN.contains(&said.as_str())) || said == "· Ctrl-L" {
                found.push(line.trim().to_owned());
            }
        }
    }
    found
}

/// Everything read, or everything empty.
fn read(size: (u16, u16), empty: bool) -> Model {
    let mut model = Model::new(other_setup(), size, at(0));
    if empty {
        let lists = [
            (Topic::Accounts, Answer::Accounts(batch(Vec::new()))),
            (Topic::Newest(Feed::Cards), Answer::Transactions(batch(Vec::new()))),
            (Topic::Newest(Feed::Accounts), Answer::Transactions(batch(Vec::new()))),
            (Topic::Cardholders, Answer::Cardholders(batch(Vec::new()))),
            (Topic::WebhookConfig, Answer::WebhookConfig(None)),
            (Topic::WebhookEvents, Answer::WebhookEvents(batch(Vec::new()))),
        ];
        for (topic, list) in lists {
            answer(&mut model, at(1), topic, 1, list);
        }
    } else {
        fill(&mut model, at(1), 240);
    }
    model
}

#[test]
fn no_pane_dialog_or_message_names_a_key_that_was_changed() {
    let mut names = Vec::new();
    for size in SIZES {
        for (keys, _) in PLACES {
            let mut model = read(size, false);
            act(&mut model, 3, keys);
            names.extend(named(&model, size).into_iter().map(|line| format!("{keys}: {line}")));
        }
        for keys in [
            "1",
            "2",
            "3",
            "4",
            "6",
            "7",
            "1z",
            "V",
            "/zz<Enter>",
            "3G",
            "3GG",
            "3/zz<Enter>",
            "3/zz<Enter>G",
            "m",
            "u",
            "X",
            "b",
            "R",
            "f",
            "Pr",
            "Pe",
        ] {
            for empty in [true, false] {
                let mut model = read(size, empty);
                act(&mut model, 3, keys);
                names.extend(named(&model, size).into_iter().map(|line| format!("{keys} {empty}: {line}")));
            }
        }
        let mut model = Model::new(Setup { welcome: true, ..other_setup() }, size, at(0));
        names.extend(named(&model, size));
        fail(&mut model, at(2), Topic::Accounts, 1, failure(FailureKind::Unauthorized, "read the accounts"));
        act(&mut model, 3, "<Esc><Esc>2");
        names.extend(named(&model, size));
        fail(&mut model, at(2), Topic::Accounts, 2, failure(FailureKind::Offline, "read the accounts"));
        names.extend(named(&model, size));
        let ends = wall() + chrono::TimeDelta::seconds(60);
        update(&mut model, at(3), Msg::SessionEnds(Some(ends)));
        names.extend(named(&model, size));
        // What is told of acts, and of copies.
        let mut model = read(size, false);
        update(&mut model, at(3), Msg::JournalRead(journal()));
        names.extend(named(&model, size));
        let four = model.store().card(&card_id(0)).and_then(|card| card.number.last_four);
        let card = CardAt { account: account_id(0), card: card_id(0), last_four: four };
        let field = CardField::Number;
        let why = "there is no desktop clipboard here".to_owned();
        update(&mut model, at(3), Msg::CopyRefused { card: card.clone(), field, why, offer_reveal: true });
        let freeze = fourpay::domain::intent::Act::Freeze(card);
        let done = past(freeze, 77, vec![Step::Sent { skew_ms: None }, Step::Done(Evidence::new("frozen"))]);
        update(&mut model, at(4), Msg::JournalRead(vec![done]));
        let shown = lines(&draw(&model, at(4), size)).join("\n");
        assert!(shown.contains("to undo") && shown.contains("shows it"), "{shown}");
        names.extend(named(&model, size));
    }
    assert_eq!(names, [""; 0]);
}

#[test]
fn an_action_without_a_key_is_named_by_its_command() {
    let (keys, _) = Keymap::read("keys.toml", "refresh = []\n");
    assert_eq!((keys.name(Act::Refresh), keys.name(Act::Filter)), (":refresh".to_owned(), "/".to_owned()));
    let (keys, _) = Keymap::read("keys.toml", "refresh = []\ncommands = [\"Ctrl-X\"]\n");
    assert_eq!(keys.name(Act::Refresh), "Ctrl-X refresh");
    let (keys, _) = Keymap::read("keys.toml", "refresh = []\ncommands = []\n");
    assert_eq!(keys.name(Act::Refresh), "refresh");
}

/// The same over the text of the program, for sentences that no test comes to.
#[test]
fn no_sentence_of_the_program_has_a_key_in_it_that_can_be_changed() {
    fn files(folder: &std::path::Path, into: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { files(&path, into) } else { into.push(path) }
        }
    }
    let mut all = Vec::new();
    files(std::path::Path::new("src/app"), &mut all);
    let old: Vec<String> = actions::table().iter().flat_map(|action| action.keys).map(keymap::label).collect();
    let verbs = [
        " shows",
        " goes",
        " ends",
        " undoes",
        " opens",
        " takes",
        " reads again",
        " tries again now",
        " makes",
        " issues",
        " sets it up",
    ];
    let mut found = Vec::new();
    for path in all {
        // The table itself, and what has keys of its own.
        if [
            "actions.rs",
            "keymap.rs",
            "plan.rs",
            "views.rs",
            "saved_views.rs",
            "lock.rs",
            "session.rs",
            "secrets.rs",
            "card_data.rs",
            "palette.rs",
        ]
        .iter()
        .any(|own| path.ends_with(own))
        {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a file");
        for line in text.split("#[cfg(test)]").next().unwrap_or("").lines() {
            let own = ["Tab goes to it", "Enter goes on · Esc does not", "Enter goes there"]
                .iter()
                .any(|own| line.contains(own));
            if own || line.trim_start().starts_with("//") {
                continue;
            }
            let names = old.iter().flat_map(|key| verbs.map(|verb| format!("{key}{verb}"))).any(|said| {
                line.match_indices(&said)
                    .any(|(at, _)| line[..at].ends_with(['"', ' ', ';', '·']) && line.contains('"'))
            });
            if names {
                found.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert_eq!(found, [""; 0]);
}
