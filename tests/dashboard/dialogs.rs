//! Pictures of each dialog in each of its phases, at the smallest usual size and at a large one.

use fourpay::app::msg::{Answer, Effect, Msg, Topic};

use fourpay::app::{Model, update};
use fourpay::domain::card::Card;
use fourpay::domain::failure::FieldError;
use fourpay::domain::field::Field;
use fourpay::domain::intent::lifecycle::{Evidence, Receipt, Step};
use fourpay::domain::intent::{Act, CardAt};
use fourpay::domain::text::SafeText;

use ratatui::buffer::Buffer;

use crate::acts::{past, reference, refusal};
use crate::fixture::*;
use crate::screens::picture;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// Presses keys at second 3 and, after a `|`, at second 4; gives back the ticket of the order, if one went out.
pub fn typed(model: &mut Model, keys: &str) -> Option<u64> {
    let mut ticket = None;
    for (part, second) in keys.split('|').zip(3..) {
        for effect in press(model, at(second), part).into_iter().flat_map(|outcome| outcome.effects) {
            if let Effect::Act(order) = effect {
                ticket = Some(order.ticket);
            }
        }
    }
    ticket
}

#[test]
fn each_dialog_as_it_opens_and_as_it_is_filled_in() {
    let places = [
        ("freeze", "f"),
        ("freeze_all", "fa"),
        ("freeze_sending", "fy"),
        ("top_up_empty", "t"),
        ("top_up", "t50"),
        ("top_up_comma", "t50,00<Tab>"),
        ("top_up_target", "t500<Tab><Right>"),
        ("withdraw", "w20<Tab><Tab>back to Main<Tab><Tab>"),
        ("transfer", "T<Tab>75"),
        ("transfer_large", "T<Tab>2500|<C-s>"),
        ("transfer_currency", "T<Left><Tab>75|<C-s>"),
        ("close", "X"),
        ("close_ready", "X4242<Tab><Tab>"),
        ("issue", "n"),
        ("issue_holder", "n<Tab>o"),
        ("issue_one", "n<Tab>lind<Tab>Ads FB 004<Tab><Tab><Right>"),
        ("issue_series", "n<Tab>lind<Tab>Ads {seq:03}<S-Tab><S-Tab><S-Tab><S-Tab><S-Tab><C-u>12|<C-s>12"),
        ("issue_wrong", "n|<C-s>"),
        ("quit", "t50|<C-s><Esc>q"),
    ];
    for (name, keys) in places {
        for size in SIZES {
            let mut model = ready(size);
            typed(&mut model, keys);
            let shown = picture(&draw(&model, at(10), size));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn held_back_and_refused() {
    for size in SIZES {
        let mut model = ready(size);
        let ticket = typed(&mut model, "t50|<C-s>").unwrap();
        let why = "a top up of •4242 with 50.00 USD has an unknown outcome (fp-144GJ28914)".to_owned();
        update(&mut model, at(5), Msg::Held { ticket, why, waits_on: Some(reference(9)) });
        press(&mut model, at(6), "over");
        insta::assert_snapshot!(format!("held_{}x{}", size.0, size.1), picture(&draw(&model, at(10), size)));
        let mut model = ready(size);
        let ticket = typed(&mut model, "t50|<C-s>").unwrap();
        let said =
            FieldError { field: SafeText::name("amount"), message: SafeText::prose("is above your daily limit") };
        update(&mut model, at(5), Msg::Refused { ticket, reference: reference(1), failure: refusal(vec![said]) });
        insta::assert_snapshot!(format!("refused_{}x{}", size.0, size.1), picture(&draw(&model, at(10), size)));
    }
}

pub fn journal() -> Vec<fourpay::app::msg::Past> {
    let on = |n: usize| CardAt {
        account: account_id(0),
        card: card_id(n),
        last_four: ready((80, 24)).store().card(&card_id(n)).unwrap().number.last_four,
    };
    let sent = || vec![Step::Recorded, Step::Sent { skew_ms: None }];
    let then = |more: Vec<Step>| sent().into_iter().chain(more).collect::<Vec<_>>();
    let unknown = || Step::Unknown { reason: SafeText::prose("no answer in time"), status: None };
    let refused = Step::Refused { reason: SafeText::prose("the balance is too low"), status: Some(422) };
    let top_up = |cents| Act::TopUp { at: on(0), amount: usd(cents), description: None };
    let transfer = Act::Transfer { from: account_id(0), to: account_id(1), amount: usd(250_000), description: None };
    let fit = "two movements of 15.00 USD fit; compare the statement of Main with this intent's time";
    vec![
        past(
            Act::Freeze(on(1)),
            1,
            then(vec![Step::Accepted(Receipt::default()), Step::Done(Evidence::new("frozen"))]),
        ),
        past(transfer, 2, then(vec![refused])),
        past(top_up(1_500), 3, then(vec![unknown(), Step::NeedsPerson(Evidence::new(fit))])),
        past(top_up(5_000), 4, then(vec![unknown()])),
        past(Act::Freeze(on(0)), 5, then(vec![Step::Accepted(Receipt::default())])),
    ]
}

#[test]
fn the_journal_and_one_intent_of_it() {
    let places =
        [("journal", "7"), ("journal_person", "7jj<Enter>"), ("journal_done", "7G<Enter>"), ("rows_pending", "2g")];
    for (name, keys) in places {
        for size in SIZES {
            let mut model = ready(size);
            update(&mut model, at(2), Msg::JournalRead(journal()));
            typed(&mut model, keys);
            let shown = picture(&draw(&model, at(10), size));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
        }
    }
    let mut model = ready((80, 24));
    press(&mut model, at(3), "7");
    insta::assert_snapshot!("journal_empty_80x24", picture(&draw(&model, at(10), (80, 24))));
}

/// What is drawn on a cell.
fn sign(buffer: &Buffer, x: u16, y: u16) -> &str {
    buffer[(x, y)].symbol()
}

/// Where the frame of a dialog with this title stands: left, top, right and bottom.
fn frame(buffer: &Buffer, title: &str) -> (u16, u16, u16, u16) {
    let (width, height) = (buffer.area.width, buffer.area.height);
    let begins = |x: u16, y: u16| {
        let after: String = (x + 2..width).map(|x| sign(buffer, x, y)).collect();
        sign(buffer, x, y) == "╭" && after.starts_with(title)
    };
    let mut corners = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    // The details beside the lists may have the same title: what lies over them comes later.
    let (left, top) = corners.rfind(|(x, y)| begins(*x, *y)).expect(title);
    let right = (left + 1..width).find(|x| sign(buffer, *x, top) == "╮").unwrap();
    let bottom = (top + 1..height).find(|y| sign(buffer, left, *y) == "╰").unwrap();
    (left, top, right, bottom)
}

const FORMS: [(&str, &str, &str); 6] = [
    ("t", "Top up", "50.005"),
    ("w", "Withdraw", "20"),
    ("T", "Transfer", "<Tab>75"),
    ("X", "Close", "4242"),
    ("n", "Issue", "<Tab>lind<Tab>Ads FB 004"),
    ("e", "Change", "x"),
];

#[test]
fn a_dialog_keeps_its_place_while_somebody_types() {
    for (open, title, keys) in FORMS {
        for size in SIZES {
            let mut model = ready(size);
            press(&mut model, at(3), open);
            let place = |model: &Model| frame(&draw(model, at(10), size), title);
            let mut before = place(&model);
            let mut rest = keys;
            while !rest.is_empty() {
                let end = if rest.starts_with('<') { rest.find('>').unwrap() + 1 } else { 1 };
                let (key, more) = rest.split_at(end);
                press(&mut model, at(4), key);
                // Another field may take more room; a letter never does.
                if key.starts_with('<') {
                    before = place(&model);
                }
                assert_eq!(place(&model), before, "{title} at {size:?} after {key} of {keys}");
                rest = more;
            }
        }
    }
}

#[test]
fn a_dialog_stands_in_the_middle_with_a_blank_column_around_it() {
    for (open, title, _) in FORMS.into_iter().chain([("y", "Copy", ""), ("r", "Card", ""), ("<C-l>", "Log in", "")]) {
        for size in SIZES {
            let mut model = ready(size);
            press(&mut model, at(3), open);
            let buffer = draw(&model, at(10), size);
            let (left, top, right, bottom) = frame(&buffer, title);
            let after = size.0 - 1 - right;
            assert!(left.abs_diff(after) <= 1 && left > 0 && after > 0, "{title} at {size:?}: {left} {after}");
            let (above, below) = (top - 1, size.1 - 2 - bottom);
            assert!(above.abs_diff(below) <= 1, "{title} at {size:?}: {above} {below}");
            for y in top..=bottom {
                let beside = [left - 1, right + 1].map(|x| sign(&buffer, x, y));
                assert_eq!(beside, [" ", " "], "{title} at {size:?}, line {y}");
            }
            // What is below is dim, whatever it was.
            let theme = model.appearance().theme();
            for x in 0..left.saturating_sub(1) {
                let style = buffer[(x, top)].style();
                let dim = theme.dim();
                assert!(style.add_modifier.contains(dim.add_modifier), "{style:?}");
                assert!(dim.fg.is_none_or(|fg| style.fg == Some(fg)), "{style:?}");
                assert!(!style.add_modifier.contains(ratatui::style::Modifier::BOLD), "{title}");
            }
            // The last line has its keys.
            let last = lines(&buffer).pop().unwrap();
            assert!(last.contains("Esc"), "{title}: {last}");
        }
    }
}

#[test]
fn the_last_line_has_the_keys_people_need_most_and_under_a_dialog_those_of_the_dialog() {
    let last = |model: &Model| lines(&draw(model, at(10), (80, 24))).last().unwrap().trim_end().to_owned();
    let mut model = ready((80, 24));
    assert_eq!(last(&model), " / filter  f freeze  y copy  r reveal  t top up  Enter details  ? help  q quit");
    for (keys, wanted) in [
        ("t", " Tab next  ◂ ▸ choose  Ctrl-S confirms  Esc cancels"),
        ("f", " y freeze  a the holder's other card too  Esc not now"),
        ("y", " y next field  n e c h i b copy  Esc closes"),
        (":", " type to search  ↓ ↑ choose  Enter runs  Tab completes  Esc closes"),
    ] {
        press(&mut model, at(3), keys);
        assert_eq!(last(&model), wanted);
        press(&mut model, at(3), "<Esc>");
    }
}

/// What stands in bold, row by row.
fn bold(model: &Model, size: (u16, u16)) -> String {
    let buffer = draw(model, at(10), size);
    let cell = |cell: &ratatui::buffer::Cell| match cell.modifier.contains(ratatui::style::Modifier::BOLD) {
        true => cell.symbol().to_owned(),
        false => " ".to_owned(),
    };
    let rows = buffer.content.chunks(usize::from(size.0));
    let rows: Vec<String> = rows.map(|row| row.iter().map(cell).collect::<String>()).collect();
    let words = rows.join("\n");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_review_of_every_act_names_who_and_which_in_bold() {
    let size = (80, 24);
    for (keys, wanted) in [
        ("t50", &["→ •4242", "· Дарья Котова"][..]),
        ("w20", &["•4242 → Main", "· Дарья Котова"]),
        ("T<Tab>75", &["Main → Ads"]),
        ("X4242", &["•4242 Дарья Котова"]),
        ("n<Tab>lind<Tab>Ads FB 004", &["Bo Lind", "Ads FB 004"]),
        ("n<Tab>lind<Tab>Ads {seq:03}<S-Tab><S-Tab><S-Tab><S-Tab><S-Tab><C-u>12|<C-s>12", &["Bo Lind", "Ads 001"]),
        ("ex", &["•4242 Дарья Котова"]),
        ("   f3", &["•4242 Дарья Котова", "3 cards"]),
        ("f", &["•4242", "Дарья Котова"]),
    ] {
        let mut model = ready(size);
        typed(&mut model, keys);
        let said = bold(&model, size);
        for name in wanted {
            assert!(said.contains(name), "{keys}: {name} in {said}\n{}", lines(&draw(&model, at(10), size)).join("\n"));
        }
    }
}

/// Nobody knows what is on the card: it is not closed as if it were empty without a word.
#[test]
fn closing_a_card_with_an_unknown_balance_is_said() {
    let mut model = peopled((80, 24));
    press(&mut model, at(3), "X");
    let shown = |model: &Model| lines(&draw(model, at(4), (80, 24))).join("\n");
    assert!(!shown(&model).contains("is not known"), "{}", shown(&model));
    press(&mut model, at(3), "<Esc>");
    let unread = Card { balance: Field::Unreadable, available: Field::Unreadable, ..card(0) };
    answer(&mut model, at(3), Topic::Card(account_id(0), card_id(0)), 90, Answer::Card(Box::new(unread)));
    press(&mut model, at(4), "X");
    assert!(shown(&model).contains("What is on the card is not known"), "{}", shown(&model));
}
