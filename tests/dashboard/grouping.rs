//! How amounts are grouped: as the profile says, wherever they are shown; and typed in one way alone.

use fourpay::app::msg::{Msg, Setup};

use fourpay::app::{Model, text, update};
use fourpay::domain::money::Grouping;

use crate::appearance::PLACES;
use crate::dialogs::{journal, typed};
use crate::fixture::*;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

fn grouped(grouping: Grouping, size: (u16, u16)) -> Model {
    ready_with(Setup { grouping, ..setup() }, size)
}

fn shown_by(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(10), size)).join("\n")
}

/// Amounts that stand before a currency, as they are written; what is left of one that lies half under a dialog is none.
fn amounts(shown: &str) -> Vec<String> {
    let words: Vec<&str> = shown.split([' ', '\n', '│']).filter(|word| !word.is_empty()).collect();
    let core = |word: &str| word.trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
    let before = words.windows(2).filter(|pair| pair[1].starts_with("USD") || pair[1].starts_with("EUR"));
    before.map(|pair| core(pair[0])).filter(|core| core.len() > 2).collect()
}

#[test]
fn every_amount_of_every_pane_dialog_and_message_is_grouped_as_the_profile_says() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (keys, _) in PLACES {
        for size in SIZES {
            let mut model = grouped(Grouping::Point, size);
            update(&mut model, at(2), Msg::JournalRead(journal()));
            typed(&mut model, keys);
            for amount in amounts(&shown_by(&model, size)) {
                seen += 1;
                // Two digits after the last mark, which is a comma; points alone between groups.
                let cents = amount.rsplit_once(',').is_some_and(|(_, cents)| cents.len() == 2 && !cents.contains('.'));
                let asked = ["top-up 42", "50.00"].iter().any(|said| keys.contains(said));
                if !cents && !asked {
                    wrong.push(format!("{keys} at {size:?}: {amount}"));
                }
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn columns_hold_in_every_grouping() {
    for grouping in Grouping::ALL {
        for size in SIZES {
            let mut model = grouped(grouping, size);
            press(&mut model, at(3), "2z");
            let shown = lines(&draw(&model, at(10), size));
            let places: Vec<usize> = shown
                .iter()
                .filter(|line| line.contains('•'))
                .filter_map(|line| line.find(" USD").map(|at| text::width(&line[..at])))
                .collect();
            assert!(places.len() > 3, "{shown:#?}");
            assert!(places.iter().all(|place| *place == places[0]), "{grouping:?} {places:?} {shown:#?}");
        }
    }
    let shown = |grouping| shown_by(&grouped(grouping, (160, 48)), (160, 48));
    assert!(shown(Grouping::Comma).contains("31,002.10 USD"), "{}", shown(Grouping::Comma));
    assert!(shown(Grouping::Point).contains("31.002,10 USD"));
    assert!(shown(Grouping::Space).contains("31\u{a0}002,10 USD"));
    assert!(shown(Grouping::Apostrophe).contains("31'002.10 USD"));
    assert!(shown(Grouping::Plain).contains("31002.10 USD"));
}

/// M8: nobody sends a thousandth of what they meant, or a thousand times as much.
#[test]
fn m8_what_may_mean_two_amounts_is_refused_with_both() {
    let mut model = grouped(Grouping::Point, (100, 30));
    assert_eq!(typed(&mut model, "t1.000|<C-s>"), None);
    let seen = shown_by(&model, (100, 30));
    assert!(seen.contains("that may mean 1000 or 1: type the one you mean"), "{seen}");
    let mut model = grouped(Grouping::Point, (100, 30));
    assert_eq!(typed(&mut model, "t10,50|<C-s>"), None);
    assert!(shown_by(&model, (100, 30)).contains("1234.50"));
    // What can mean one thing alone is sent, and shown as it will be.
    let mut model = grouped(Grouping::Point, (100, 30));
    press(&mut model, at(3), "t1000.50");
    let seen = shown_by(&model, (100, 30));
    assert!(seen.contains("1.000,50 USD") && seen.contains("Top up 1.000,50 USD"), "{seen}");
    press(&mut model, at(3), "<Esc><Esc>3z/amount:>1.000");
    let seen = shown_by(&model, (100, 30));
    assert!(seen.contains("that may mean 1000 or 1"), "{seen}");
}

/// A sentence that was made elsewhere is grouped like all others.
#[test]
fn what_a_refusal_names_is_grouped_too() {
    let mut model = grouped(Grouping::Point, (100, 30));
    typed(&mut model, "t999999|<C-s>");
    let seen = shown_by(&model, (100, 30));
    assert!(seen.contains("31.002,10 USD is available"), "{seen}");
    typed(&mut model, "<Esc><Esc>t50|<C-s>");
    let why = "account Main has 1,212.00 USD, 5,000.00 USD asked".into();
    update(&mut model, at(5), Msg::Held { ticket: 1, why, waits_on: None });
    let seen = shown_by(&model, (100, 30));
    assert!(seen.contains("1.212,00 USD, 5.000,00 USD asked"), "{seen}");
}

/// A count beside amounts is read by the same eyes: `1,300` would be one and a bit.
#[test]
fn counts_are_grouped_like_amounts() {
    let mut model = Model::new(Setup { grouping: Grouping::Point, ..setup() }, (160, 48), at(0));
    fill(&mut model, at(1), 1_300);
    for keys in ["", "3/-zzzz<Enter>", "3/zzzz<Enter>", "1<Enter>", "4", "z"] {
        press(&mut model, at(2), keys);
        let shown = shown_by(&model, (160, 48));
        assert!(!shown.contains("1,300"), "{keys}: {shown}");
    }
    press(&mut model, at(3), "<Esc><Esc>3/-zzzz<Enter>");
    assert!(shown_by(&model, (160, 48)).contains("1.300 of 1.300"), "{}", shown_by(&model, (160, 48)));
}
