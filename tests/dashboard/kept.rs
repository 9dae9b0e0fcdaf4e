//! What of the panes outlives the program: it is given when the profile is left, and the next start begins with it.

use fourpay::app::Model;
use fourpay::app::msg::Setup;
use fourpay::app::panes::Pane;
use fourpay::app::view_state::ViewState;
use fourpay::domain::text::passes_luhn;
use proptest::prelude::*;

use crate::fixture::*;

const SIZE: (u16, u16) = (100, 30);

/// A start with what was kept, through the text it is written as.
fn again(kept: &ViewState) -> Model {
    let text = serde_json::to_string(kept).unwrap();
    let kept = serde_json::from_str(&text).unwrap();
    let mut model = Model::new(Setup { kept, ..setup() }, SIZE, at(0));
    fill(&mut model, at(1), 40);
    model
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(3), SIZE)).join("\n")
}

#[test]
fn what_is_as_usual_is_not_kept() {
    assert_eq!(fresh(SIZE).kept(), ViewState::default());
    let mut model = fresh(SIZE);
    press(&mut model, at(3), "3/uber<Enter>zz<Esc>2SS");
    assert_eq!(model.kept(), ViewState::default());
}

#[test]
fn order_filter_and_zoom_are_there_again() {
    let mut model = fresh(SIZE);
    press(&mut model, at(3), "1s2ssS4s3/-zzzz<Enter>sssz");
    let kept = model.kept();
    assert_eq!(kept.zoomed, Some(Pane::Transactions));
    let mut next = again(&kept);
    assert_eq!(next.kept(), kept);
    assert_eq!((next.focus(), next.situation().zoomed), (Pane::Transactions, true));
    assert!(text(&next).contains("/-zzzz"), "{}", text(&next));
    let rows = |model: &mut Model| {
        ["1", "2", "3"].map(|pane| {
            press(model, at(3), &format!("{pane}g"));
            text(model)
        })
    };
    let mut model = again(&ViewState::default());
    press(&mut model, at(3), "1s2ssS4s3/-zzzz<Enter>sssz");
    assert_eq!(rows(&mut next), rows(&mut model));
    // A sheet lies over the pane that is zoomed.
    press(&mut next, at(3), "37");
    assert_eq!(next.kept().zoomed, Some(Pane::Transactions));
}

/// Nothing is there when the filter comes back: what it finds as typed is found as typed.
#[test]
fn a_filter_that_waits_for_its_rows_is_not_taken_for_loose_letters() {
    for (pane, typed) in [("1", "main"), ("2", &*card(7).number.last_four.unwrap().to_string()), ("3", "uber")] {
        let mut model = fresh(SIZE);
        press(&mut model, at(3), &format!("{pane}/{typed}<Enter>"));
        let before = model.rows();
        assert!(!model.query().fuzzy && before > 0, "{typed}");
        let mut next = again(&model.kept());
        press(&mut next, at(3), pane);
        assert_eq!((next.query().fuzzy, next.query() == model.query()), (false, true), "{typed}");
        // Typed on and back, all is there again.
        press(&mut next, at(3), "/<End>x<Backspace><Enter>");
        assert_eq!(next.query(), model.query());
        press(&mut next, at(3), "<Esc>");
        let mut whole = again(&ViewState::default());
        press(&mut whole, at(3), pane);
        assert_eq!(next.rows(), whole.rows());
    }
}

#[test]
fn a_text_that_is_no_filter_is_dropped() {
    let filters = [(Pane::Transactions, "amount:>".to_owned()), (Pane::Cards, "frozen\u{1b}[2J".to_owned())].into();
    let next = again(&ViewState { filters, zoomed: Some(Pane::Journal), ..ViewState::default() });
    assert!(!next.kept().filters.contains_key(&Pane::Transactions));
    assert!(!text(&next).contains('\u{1b}'));
    assert_eq!((next.focus(), next.situation().zoomed), (Pane::Cards, false));
}

fn with_check_digit(mut digits: Vec<u8>) -> String {
    let right = |last: &u8| passes_luhn(&[digits.as_slice(), &[*last]].concat());
    let last = (0..10).find(right).unwrap();
    digits.push(last);
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

proptest! {
    /// D1: a card number that was typed or pasted into a filter is not kept, in any pane, alone or among words.
    #[test]
    fn d1_no_card_number_is_kept(
        digits in prop::collection::vec(0u8..10, 12..19),
        gap in prop::sample::select(vec!["", " ", "-"]),
        (before, after) in prop::sample::select(vec![("", ""), ("uber ", ""), ("-", " x"), ("merchant:", ""), ("\"", "\"")]),
        pane in prop::sample::select(vec!["1", "2", "3", "4", "6", "7"]),
        done in prop::sample::select(vec!["", "<Enter>"]),
    ) {
        let number = with_check_digit(digits);
        let groups: Vec<&str> = (0..number.len()).step_by(4).map(|at| &number[at..number.len().min(at + 4)]).collect();
        let mut model = fresh(SIZE);
        press(&mut model, at(3), &format!("{pane}/{before}{}{after}{done}", groups.join(gap)));
        let written = serde_json::to_string(&model.kept()).unwrap();
        let left: String = written.chars().filter(char::is_ascii_digit).collect();
        prop_assert!(!left.contains(&number), "{written}");
        prop_assert!(left.len() < 13, "{written}");
    }
}
