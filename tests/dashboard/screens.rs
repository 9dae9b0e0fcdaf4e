//! Pictures of every state at every kind of size, with their styles. Fixed time.

use std::collections::HashMap;
use std::fmt::Write;

use fourpay::app::Model;
use fourpay::app::appearance::Appearance;
use fourpay::app::msg::{Answer, ChangeFeed, Link, Msg, Topic};
use fourpay::app::theme::book::{Book, Depth};
use fourpay::app::{actions, update};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::settings::Environment;
use fourpay::domain::transaction::Feed;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::fixture::*;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (100, 30), (160, 48)];

/// Text, then the same screen with a letter for each style, then what the letters mean.
pub fn picture(buffer: &Buffer) -> String {
    let mut out = lines(buffer).join("\n");
    let mut letters: HashMap<String, char> = HashMap::new();
    let mut legend = Vec::new();
    out.push_str("\n--- styles\n");
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let mut name = String::new();
            for (prefix, colour) in [("", cell.fg), ("on ", cell.bg)] {
                if colour != Color::Reset {
                    let _ = write!(name, "{prefix}{colour:?} ");
                }
            }
            if cell.modifier != Modifier::empty() {
                let _ = write!(name, "{:?}", cell.modifier);
            }
            if name.is_empty() {
                line.push(' ');
                continue;
            }
            let next = char::from(b'a' + u8::try_from(letters.len() % 26).unwrap());
            line.push(*letters.entry(name.clone()).or_insert_with(|| {
                legend.push(format!("{next} {}", name.trim()));
                next
            }));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str(&legend.join("\n"));
    out
}

fn failed(size: (u16, u16)) -> Model {
    let mut model = Model::new(setup(), size, at(0));
    for topic in [Topic::Accounts, Topic::Newest(Feed::Cards), Topic::Newest(Feed::Accounts)] {
        let doing = if topic == Topic::Accounts { "read the accounts" } else { "read the transactions" };
        fail(&mut model, at(1), topic, 1, failure(FailureKind::Offline, doing));
    }
    model
}

fn empty(size: (u16, u16)) -> Model {
    let mut model = Model::new(setup(), size, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    for account in 0..4 {
        answer(&mut model, at(1), Topic::Cards(account_id(account)), 2, Answer::Cards(batch(vec![])));
    }
    for feed in [Feed::Cards, Feed::Accounts] {
        answer(&mut model, at(1), Topic::Newest(feed), 3, Answer::Transactions(batch(vec![])));
    }
    model
}

#[test]
fn each_pane_empty_loading_fresh_stale_failed() {
    for size in SIZES {
        let states: [(&str, Model); 5] = [
            ("empty", empty(size)),
            ("loading", Model::new(setup(), size, at(0))),
            ("fresh", fresh(size)),
            ("stale", stale(size)),
            ("failed", failed(size)),
        ];
        for (name, model) in states {
            let shown = picture(&draw(&model, at(90), size));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn places_one_goes_to() {
    let places = [
        ("zoomed_accounts", (100, 30), "1z"),
        ("zoomed_transactions", (80, 24), "3z"),
        ("details_over_panes", (100, 30), "jj<Enter>"),
        ("details_over_everything", (80, 24), "jj<Enter>"),
        ("transactions_of_a_card", (160, 48), "<Enter>"),
        ("an_account", (160, 48), "1jjj"),
        ("a_declined_transaction", (160, 48), "3jjjjjjjjjj"),
        ("cards_by_balance", (160, 48), "ssss"),
        ("help", (100, 30), "?"),
        ("help_scrolled", (60, 16), "?<PgDn>"),
        ("disabled_key", (80, 24), "1h"),
    ];
    for (name, size, keys) in places {
        let mut model = fresh(size);
        press(&mut model, at(2), keys);
        insta::assert_snapshot!(name, picture(&draw(&model, at(2), size)));
    }
}

#[test]
fn production_read_only_polling_and_without_colours() {
    let size = (140, 24);
    let setup = fourpay::app::msg::Setup {
        environment: Environment::Production,
        read_only: true,
        profile: "acme".into(),
        appearance: Appearance { book: Book::new(Depth::None, &[]).0, ..Appearance::default() },
        ..setup()
    };
    let mut model = Model::new(setup, size, at(0));
    fill(&mut model, at(1), 40);
    update(&mut model, at(2), Msg::LinkChanged(Link { feed: ChangeFeed::Polling, ..Link::default() }));
    let buffer = draw(&model, at(2), size);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    insta::assert_snapshot!("production_without_colours", picture(&buffer));
}

#[test]
fn the_table_of_keys_is_the_one_of_the_readme() {
    insta::assert_snapshot!("keys_for_the_readme", actions::markdown());
}

#[test]
fn d1_no_picture_shows_a_whole_card_number() {
    for size in SIZES {
        for line in lines(&draw(&fresh(size), at(2), size)) {
            let digits: Vec<&str> = line.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() > 12).collect();
            assert!(digits.is_empty(), "{digits:?}");
        }
    }
}

/// Where a wide screen says it, from the header down.
fn first_line(model: &Model, now: u64, width: u16) -> String {
    lines(&draw(model, at(now), (width, 24))).swap_remove(0)
}

#[test]
fn n8_a_clock_more_than_two_minutes_off_is_shown() {
    let mut model = fresh((160, 24));
    let mut skewed = |skew| {
        let outcome = update(&mut model, at(2), Msg::LinkChanged(Link { skew: Some(skew), ..Link::default() }));
        (first_line(&model, 2, 160), outcome.redraw)
    };
    assert!(!skewed(120).0.contains("clock"));
    let (line, redraw) = skewed(185);
    assert!(line.contains("⚠ this clock is 3 min behind") && redraw, "{line}");
    assert!(skewed(-7300).0.contains("⚠ this clock is 2 h ahead"));
}

#[test]
fn the_header_never_lies_over_itself_and_keeps_what_matters() {
    for width in 60..200 {
        let line = first_line(&fresh((width, 24)), 2, width);
        assert!(line.contains("SANDBOX") && line.contains("● live") && line.contains("UTC+2"), "{width}: {line}");
        assert!(line.contains("USD 48,210.55"), "{width}: {line}");
    }
    let stale = first_line(&stale((60, 24)), 90, 60);
    assert!(stale.contains("◌ as of 14:03:23"), "{stale}");
}

#[test]
fn what_is_refused_of_one_list_is_no_matter_of_the_link() {
    let mut model = fresh((140, 24));
    let refused = failure(FailureKind::Forbidden, "read the transactions of accounts");
    fail(&mut model, at(9), Topic::Newest(Feed::Accounts), 9, refused);
    let shown = lines(&draw(&model, at(9), (140, 24)));
    assert!(shown[0].contains("● live"), "{}", shown[0]);
    let title = shown.iter().find(|line| line.contains("3 Transactions")).unwrap();
    assert!(title.contains("live · ✗ could not read the transactions of accounts"), "{title}");
    assert!(shown.iter().any(|line| line.contains("ask your administrator for this permission")));
}

#[test]
fn n6_held_reading_says_until_when() {
    let mut model = fresh((120, 24));
    let held = Link { held_until: Some(at(62).up), ..Link::default() };
    update(&mut model, at(2), Msg::LinkChanged(held));
    assert!(first_line(&model, 2, 120).contains("next try 14:04:24"), "{}", first_line(&model, 2, 120));
    assert_eq!(model.wake_at(), Some(at(62).up));
    assert!(update(&mut model, at(62), Msg::Woke).redraw);
    assert!(first_line(&model, 62, 120).contains("● live"));
}

#[test]
fn a_window_that_is_too_small_says_what_it_needs() {
    for size in [(59, 15), (60, 14), (30, 5), (12, 1), (1, 1), (0, 0)] {
        let model = fresh(size);
        let shown = lines(&draw(&model, at(2), size)).join("");
        assert!(size.0 < 30 || shown.contains("fourpay needs 60x15"), "{size:?}: {shown}");
    }
}
