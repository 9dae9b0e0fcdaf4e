//! How the dashboard looks: privacy over everything, themes, and terminals that draw little.

use fourpay::app::appearance::Appearance;
use fourpay::app::msg::{Effect, Msg, Setup, Topic};

use fourpay::app::overlay::OverlayKind;
use fourpay::app::theme::book::{Book, Depth};
use fourpay::app::{Model, update};
use fourpay::domain::failure::{Failure, FailureKind, FieldError};
use fourpay::domain::text::SafeText;
use ratatui::style::Color;

use crate::acts::{reference, refusal};
use crate::dialogs::{journal, typed};
use crate::fixture::*;
use crate::screens::picture;

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 48)];

/// Every pane, dialog and message there is, by the keys that lead to it; and what a person typed or confirms there,
/// which they must be able to read.
pub const PLACES: &[(&str, &[&str])] = &[
    ("", &[]),
    ("1j", &[]),
    ("1j<Enter>", &[]),
    ("2<Enter>", &[]),
    ("2z", &[]),
    ("3", &[]),
    ("3<Enter>", &[]),
    ("3z", &[]),
    ("3GG", &[]),
    ("2<Enter><Enter>", &[]),
    ("4", &[]),
    ("4<Enter>", &[]),
    ("4z", &[]),
    ("o", &[]),
    (":holder ", &[]),
    ("6", &[]),
    (" j f", &[]),
    (" j t500<Tab>", &["380.00"]),
    ("7", &[]),
    ("7jj<Enter>", &[]),
    ("7G<Enter>", &[]),
    ("?", &[]),
    (":top-up 42", &[]),
    (":card ", &[]),
    (":account ", &[]),
    (":view ", &[]),
    ("V", &[]),
    ("/silva", &["silva"]),
    ("3/amount:>10<Enter>", &[]),
    ("f", &[]),
    ("fa", &[]),
    ("fy", &[]),
    ("fy<Esc>", &[]),
    ("t", &[]),
    ("t50", &["50.00", "Main"]),
    ("t999999|<C-s>", &[]),
    ("t500<Tab><Right>", &["380.00", "Main"]),
    ("t50|<C-s><Esc>", &[]),
    ("t50|<C-s><Esc>q", &[]),
    ("w20<Tab>", &["20.00", "Main"]),
    ("w9999|<C-s>", &[]),
    ("T", &["0.00"]),
    ("T<Tab>75", &["75.00", "Main", "Ads"]),
    ("X", &[]),
    ("X<S-Tab>4242<Tab><Tab>", &["120.00", "Main"]),
    ("n", &[]),
    ("n<Tab>o", &[]),
    ("n<Tab>lind<Tab>Mine 004", &["Mine 004"]),
    ("n<Tab>lind<Tab>Mine {seq:03}<S-Tab><S-Tab><S-Tab><S-Tab><S-Tab><C-u>12|<C-s>12", &["Mine"]),
    ("n|<C-s>", &[]),
    ("y", &[]),
    ("r", &[]),
    ("5X", &[]),
];

/// What of the picture tells who or how much.
fn told(model: &Model, size: (u16, u16), allowed: &[&str]) -> Vec<String> {
    let mut shown = lines(&draw(model, at(10), size)).join("\n").replace("for example 50.00", "");
    for said in allowed {
        shown = shown.replace(said, "");
    }
    let store = model.store();
    let accounts = store.accounts.value.iter().map(|account| account.name.to_string());
    let cards = store.cards.of(None).iter().map(|row| store.cards.get(*row));
    let of_cards = cards.flat_map(|card| [&card.name, &card.holder, &card.holder_email].map(Clone::clone));
    let rows = (0..240).map(transaction).filter_map(|row| row.merchant);
    let holders = store.holders.value.iter().map(|holder| holder.first_name.to_string());
    let names = accounts.chain(of_cards.flatten().chain(rows).map(|name| name.to_string())).chain(holders);
    let mut found: Vec<String> = names.filter(|name| shown.contains(name.as_str())).collect();
    // An amount has a point between digits, or stands before its currency.
    let words: Vec<&str> = shown.split_whitespace().collect();
    for pair in words.windows(2) {
        let digits = pair[0].trim_matches(|c: char| !c.is_ascii_digit());
        let parts: Vec<&str> = digits.split('.').collect();
        let amount =
            pair[1] != "%" && parts.len() == 2 && parts.iter().all(|part| !part.is_empty()) && !pair[0].contains(':');
        let money = !digits.is_empty() && matches!(pair[1], "USD" | "EUR");
        if amount || money {
            found.push(pair.join(" "));
        }
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn privacy_hides_amounts_names_and_e_mails_in_every_pane_dialog_and_message() {
    let (mut quiet, mut tells) = (0, Vec::new());
    for (keys, allowed) in PLACES {
        for size in SIZES {
            let mut model = ready(size);
            update(&mut model, at(2), Msg::JournalRead(journal()));
            press(&mut model, at(2), "P");
            quiet += usize::from(told(&model, size, &[]).is_empty());
            typed(&mut model, keys);
            let found = told(&model, size, allowed);
            let shown = lines(&draw(&model, at(10), size)).join("\n");
            tells.extend(found.iter().map(|found| format!("{keys} at {size:?} tells {found}")));
            assert!(shown.contains("PRIVATE"), "{keys}: {shown}");
        }
    }
    assert_eq!(tells, [""; 0]);
    assert_eq!(quiet, PLACES.len() * SIZES.len());
    assert!(told(&ready(SIZES[0]), SIZES[0], &[]).len() > 10, "without privacy all this is told");
}

#[test]
fn privacy_hides_what_was_said_before_it_and_what_the_api_says() {
    for size in SIZES {
        let mut model = ready(size);
        let ticket = typed(&mut model, "t50|<C-s>").unwrap();
        let said = SafeText::prose("Ana Silva (ana.silva@example.com) has 31.20 USD left of 900");
        let fields = vec![FieldError { field: SafeText::name("amount"), message: said.clone() }];
        let refused = Failure { detail: said.clone(), ..refusal(fields) };
        update(&mut model, at(5), Msg::Refused { ticket, reference: reference(1), failure: refused });
        let broken = Failure { detail: said, status: Some(500), ..failure(FailureKind::Upstream, "read the accounts") };
        fail(&mut model, at(6), Topic::Accounts, 200, broken);
        assert!(!told(&model, size, &["50.00", "Main"]).is_empty());
        let mut appearance = model.appearance().clone();
        appearance.privacy = true;
        let mut picture = draw(&model, at(10), size);
        appearance.finish(&mut picture);
        // A finished picture has no marks any more: what is seen is decided once.
        assert!(lines(&picture).join("").contains("Ana Silva"));
        press(&mut model, at(7), "<Esc>P");
        assert_eq!(told(&model, size, &[]), [""; 0]);
        let why = "account Main has 12.00 USD; Bo Lind".replace("Bo Lind", "bo@example.com");
        let mut model = ready(size);
        typed(&mut model, "t50|<C-s><Esc>");
        update(&mut model, at(5), Msg::Held { ticket: 1, why, waits_on: None });
        assert!(told(&model, size, &[]).iter().any(|told| told.contains("12.00")));
        press(&mut model, at(6), "P");
        assert_eq!(told(&model, size, &[]), [""; 0]);
    }
}

#[test]
fn privacy_reaches_the_ticket_and_keeps_the_card_data_hidden() {
    let mut model = ready((100, 30));
    let ticket = |model: &mut Model| {
        let effects = press(model, at(3), "yb").into_iter().flat_map(|outcome| outcome.effects);
        let text = effects.filter_map(|effect| match effect {
            Effect::CopyText { text, .. } => Some(text),
            _ => None,
        });
        text.collect::<String>()
    };
    let plain = ticket(&mut model);
    assert!(plain.contains("120.00 USD") && plain.contains("Main"), "{plain}");
    press(&mut model, at(3), "P");
    let hidden = ticket(&mut model);
    assert!(!hidden.contains("120.00") && !hidden.contains("Main") && !hidden.contains("Meta Ads"), "{hidden}");
    assert!(hidden.contains("balance: •••• USD") && hidden.contains("•4242"), "{hidden}");
    assert!(hidden.chars().all(|c| c < '\u{e0000}') && plain.chars().all(|c| c < '\u{e0000}'));
    press(&mut model, at(3), "r");
    assert!(!model.overlays().has(OverlayKind::CardData));
    assert!(lines(&draw(&model, at(3), (100, 30))).join("").contains("reveal: privacy is on; P ends it"));
    press(&mut model, at(3), "P");
    assert!(lines(&draw(&model, at(3), (100, 30)))[0].contains("48,210.55"));
}

#[test]
fn no_picture_has_a_mark_in_it() {
    for (keys, _) in PLACES {
        let mut model = ready((160, 48));
        typed(&mut model, keys);
        let shown = draw(&model, at(10), (160, 48));
        assert!(shown.content.iter().all(|cell| cell.symbol().chars().all(|c| c < '\u{e0000}')), "{keys}");
    }
}

fn with(appearance: Appearance) -> Model {
    let mut model = Model::new(Setup { appearance, ..setup() }, (120, 34), at(0));
    fill(&mut model, at(1), 60);
    model
}

#[test]
fn pictures_of_each_theme() {
    let (book, _) = Book::new(Depth::True, &[]);
    for name in ["dark", "light", "high-contrast", "colour-blind"] {
        let mut model = with(Appearance { book: book.clone(), ..Appearance::default() });
        // Live, from the palette; a part of the name will do.
        press(&mut model, at(2), &format!(":theme {}<Enter>", &name[..3]));
        assert_eq!(model.appearance().book.name(), name);
        let shown = draw(&model, at(2), (120, 34));
        insta::assert_snapshot!(format!("theme_{name}"), picture(&shown));
    }
}

#[test]
fn without_colours_and_with_256() {
    for depth in [Depth::None, Depth::Indexed] {
        let shown =
            draw(&with(Appearance { book: Book::new(depth, &[]).0, ..Appearance::default() }), at(2), (120, 34));
        let fits = |colour| match depth {
            Depth::None => colour == Color::Reset,
            _ => matches!(colour, Color::Reset | Color::Indexed(16..)),
        };
        assert!(shown.content.iter().all(|cell| fits(cell.fg) && fits(cell.bg)), "{depth:?}");
    }
}

#[test]
fn the_ground_is_the_terminals_own_but_for_badges() {
    for name in ["dark", "light", "high-contrast", "colour-blind"] {
        let mut appearance = Appearance { book: Book::new(Depth::True, &[]).0, ..Appearance::default() };
        assert!(appearance.book.choose(name));
        let shown = draw(&with(appearance), at(2), (120, 34));
        let filled = shown.content.iter().filter(|cell| cell.bg != Color::Reset).count();
        assert_eq!(filled, " SANDBOX ".len(), "{name}");
    }
}

#[test]
fn ascii_is_ascii_everywhere() {
    for (keys, _) in PLACES {
        for size in SIZES {
            let appearance = Appearance { ascii: true, ..Appearance::default() };
            let mut model = Model::new(Setup { appearance, ..setup() }, size, at(0));
            fill(&mut model, at(1), 240);
            update(&mut model, at(2), Msg::JournalRead(journal()));
            typed(&mut model, keys);
            let shown = draw(&model, at(10), size);
            let odd: String = shown.content.iter().map(|cell| cell.symbol()).filter(|s| !s.is_ascii()).collect();
            assert_eq!(odd, "", "{keys} at {size:?}");
        }
    }
    let shown = draw(&with(Appearance { ascii: true, ..Appearance::default() }), at(2), (120, 34));
    insta::assert_snapshot!("ascii", picture(&shown));
}

#[test]
fn keys_of_ones_own_are_what_hints_help_and_the_dashboard_go_by() {
    let (keys, faults) = fourpay::app::keymap::Keymap::read("keys.toml", "freeze = [\"F\"]\n");
    assert_eq!(faults, []);
    let mut model = with(Appearance { keys, ..Appearance::default() });
    let shown = |model: &Model| lines(&draw(model, at(2), (120, 34))).join("\n");
    assert!(shown(&model).contains("F freeze"), "{}", shown(&model));
    press(&mut model, at(2), "2gf");
    assert!(model.dialog().is_none());
    press(&mut model, at(2), "F");
    assert!(model.dialog().is_some());
    press(&mut model, at(2), "<Esc>?freeze");
    assert!(shown(&model).contains("F           freeze"), "{}", shown(&model));
    // Where one types, it is text.
    press(&mut model, at(2), "<Esc>/F");
    assert!(shown(&model).contains("/F▏"));
}
