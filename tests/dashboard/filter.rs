//! The filter: what typing leaves of each list, what is said of it, and how it goes.

use std::collections::HashSet;

use fourpay::app::actions::Screen;
use fourpay::app::filter::{OfCard, OfTransaction, Query};
use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Effect, KeyCode, Msg, Topic};

use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::store::Scope;
use fourpay::app::{Model, update};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Feed, Transaction};
use proptest::prelude::*;

use crate::fixture::*;

fn last_four(at: usize) -> String {
    card(at).number.last_four.unwrap().to_string()
}

fn text(model: &Model) -> String {
    lines(&draw(model, at(3), (160, 48))).join("\n")
}

#[test]
fn four_digits_leave_the_card_and_escape_brings_all_back() {
    let mut model = fresh((160, 48));
    let all = model.rows();
    let four = last_four(7);
    press(&mut model, at(3), &format!("/{four}"));
    assert_eq!((model.situation().screen, model.rows()), (Screen::Filter, 1));
    assert!(text(&model).contains(&format!("Cards · /{four}▏ · 1 of {all}")), "{}", text(&model));
    press(&mut model, at(3), "<Enter>");
    assert_eq!(model.situation().screen, Screen::Panes);
    assert!(text(&model).contains(&format!("Cards · /{four} · 1 of {all}")));
    let row = model.store().cards.row(&card_id(7)).unwrap();
    assert_eq!(model.subject(), Subject::Card(row));
    // One key clears it, and the row that was found stays chosen.
    press(&mut model, at(3), "<Esc>");
    assert_eq!((model.rows(), model.subject(), model.focus()), (all, Subject::Card(row), Pane::Cards));
}

#[test]
fn four_digits_mean_the_card_that_ends_with_them() {
    let mut model = fresh((160, 48));
    let four = last_four(7);
    // A newer card stands above it and has the digits in its name.
    let named = fourpay::domain::card::Card {
        name: Some(fourpay::domain::text::SafeText::name(&format!("Budget {four}"))),
        created_at: fourpay::domain::field::Field::Known(wall()),
        updated_at: fourpay::domain::field::Field::Known(wall()),
        ..card(900)
    };
    answer(&mut model, at(3), Topic::Card(account_id(0), named.id.clone()), 80, Answer::Card(Box::new(named)));
    press(&mut model, at(3), &format!("/{four}<Enter>"));
    assert_eq!(model.rows(), 2);
    assert_eq!(model.subject(), Subject::Card(model.store().cards.row(&card_id(7)).unwrap()));
}

/// The names of the cards as they are listed.
fn names(model: &Model) -> Vec<String> {
    model.card_rows().filter_map(|row| model.store().cards.get(row).name.as_ref().map(ToString::to_string)).collect()
}

/// A card of this name, the newest of all.
fn named(model: &mut Model, number: usize, name: &str) {
    let card = fourpay::domain::card::Card {
        name: Some(fourpay::domain::text::SafeText::name(name)),
        created_at: fourpay::domain::field::Field::Known(wall() + chrono::TimeDelta::seconds(number as i64)),
        ..card(900 + number)
    };
    let topic = Topic::Card(card.account.clone().unwrap(), card.id.clone());
    answer(model, at(3), topic, 80 + number as u64, Answer::Card(Box::new(card)));
}

#[test]
fn a_whole_word_stands_before_its_beginning_and_that_before_the_inside_of_a_word() {
    let mut model = fresh((160, 48));
    for (number, name) in ["Quoxi", "Łquoxi", "Quoxilla", "Auquoxib", "Old quoxi, new"].iter().enumerate() {
        named(&mut model, number, name);
    }
    // The newest first in each group.
    let wanted = ["Old quoxi, new", "Quoxi", "Quoxilla", "Auquoxib", "Łquoxi"];
    press(&mut model, at(3), "/quoxi");
    assert_eq!(names(&model), wanted);
    // One that comes in stands where it belongs, and turned round the best is still the first.
    named(&mut model, 7, "QUOXI-7");
    assert_eq!(names(&model)[..3], ["QUOXI-7", "Old quoxi, new", "Quoxi"]);
    press(&mut model, at(3), "<Enter>S");
    assert_eq!(names(&model)[..3], ["Quoxi", "Old quoxi, new", "QUOXI-7"]);
    assert_eq!(names(&model).last().unwrap(), "Auquoxib");
    // The row under the cursor is the one that fits best.
    press(&mut model, at(3), "S/quoxilla<Enter>");
    assert_eq!(model.card_under_cursor().unwrap().name.as_ref().unwrap().as_str(), "Quoxilla");
}

#[test]
fn rows_are_ranked_by_their_fit_however_the_filter_came_and_went() {
    let mut model = peopled((160, 48));
    for keys in
        ["2/a", "n", "a", "<Backspace>", "<Enter>s", "s", "S", "<Esc>", "4/s", "i", "l", "<Enter>s", "S", "s", "s"]
    {
        press(&mut model, at(3), keys);
        let (store, query) = (model.store(), model.query());
        let fits: Vec<_> = match model.focus() {
            Pane::Cards => model.card_rows().map(|row| query.fit(&OfCard(store, store.cards.get(row)))).collect(),
            _ => model.holder_rows().map(|row| query.fit(&fourpay::app::filter::OfHolder(store, row))).collect(),
        };
        assert!(fits.is_sorted(), "{keys} {fits:?}");
    }
}

#[test]
fn accounts_without_a_match_say_that_cards_match_and_enter_goes_there() {
    for size in [(160, 48), (80, 24)] {
        let mut model = fresh(size);
        let four = last_four(7);
        press(&mut model, at(3), &format!("1/{four}"));
        let picture = lines(&draw(&model, at(3), size)).join("\n");
        assert!(picture.contains("1 card does; Enter goes there"), "{picture}");
        press(&mut model, at(3), "<Enter>");
        assert_eq!((model.focus(), model.rows(), model.account()), (Pane::Cards, 1, None));
        assert_eq!(model.card_under_cursor().map(|card| card.id.clone()), Some(card_id(7)));
        let effects: Vec<Effect> = press(&mut model, at(3), "yn").into_iter().flat_map(|o| o.effects).collect();
        assert!(matches!(effects.as_slice(), [Effect::CopySecret { card, .. }] if card.card == card_id(7)));
        // What Enter did, Esc takes back: the filter first, then the way.
        press(&mut model, at(3), "<Esc><Esc>");
        assert_eq!((model.focus(), model.situation().filtered), (Pane::Accounts, false));
        // An account that matches is what was looked for.
        press(&mut model, at(3), "/main");
        assert!(!lines(&draw(&model, at(3), size)).join("\n").contains("Enter goes there"));
    }
}

#[test]
fn what_is_typed_is_text_and_fires_nothing() {
    for pane in ["1", "2", "3", "7"] {
        let mut model = fresh((100, 30));
        press(&mut model, at(3), &format!("{pane}/"));
        let printable: String = (' '..='~').filter(|c| *c != '<').collect();
        let effects: Vec<Effect> = press(&mut model, at(3), &printable).into_iter().flat_map(|o| o.effects).collect();
        assert!(effects.is_empty(), "{effects:?}");
        assert_eq!(model.situation().screen, Screen::Filter);
        press(&mut model, at(3), "<Esc>");
        assert_eq!(model.situation().screen, Screen::Panes);
    }
}

#[test]
fn a_paste_goes_into_the_filter_and_a_card_number_in_it_is_masked() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "/");
    update(&mut model, at(3), Msg::Pasted("4539578763621486".into()));
    let text = text(&model);
    assert!(!text.contains("4539578763621486"), "{text}");
    assert!(text.contains("1486"), "{text}");
}

#[test]
fn what_cannot_be_read_is_said_and_leaves_no_row() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "/status:frozen");
    assert!(model.rows() > 0);
    press(&mut model, at(3), " bal:lots");
    assert_eq!(model.rows(), 0);
    assert!(text(&model).contains("bal: takes bal:<10 bal:>100 bal:10..20"));
    press(&mut model, at(3), "<Esc>/foo:");
    assert!(text(&model).contains("there is no foo: here; fields are last4 status"));
}

#[test]
fn the_scope_is_said_when_it_hides_what_matches() {
    let mut model = fresh((160, 48));
    let four = last_four(0);
    // The card is of the first account; look in the second.
    press(&mut model, at(3), &format!("1jj2/{four}"));
    assert_eq!(model.rows(), 0);
    let text = text(&model);
    assert!(text.contains("1 more in other accounts") && text.contains("nothing here matches"), "{text}");
}

#[test]
fn letters_in_their_order_are_enough_when_nothing_matches_as_typed() {
    let mut model = fresh((160, 48));
    let whole = card(1).name.unwrap().to_string();
    let letters: String = whole.split_whitespace().map(|word| &word[..3.min(word.len())]).collect();
    press(&mut model, at(3), &format!("/{}", letters.to_lowercase()));
    assert!(model.rows() > 0 && text(&model).contains("fuzzy"), "{letters} {}", text(&model));
}

#[test]
fn arrivals_and_changes_are_held_against_the_filter() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "3/status:declined");
    let before = model.rows();
    let new = |at: usize, from: usize| fourpay::domain::transaction::Transaction {
        id: transaction_id(90_000 + at),
        created_at: fourpay::domain::field::Field::Known(wall()),
        ..transaction(from)
    };
    let declined = (0..500).find(|n| transaction(*n).status.as_str() == "declined").unwrap();
    let other = (0..500).find(|n| transaction(*n).status.as_str() == "completed").unwrap();
    let rows = vec![new(1, declined), new(2, other)];
    answer(&mut model, at(4), Topic::Newest(Feed::Cards), 50, Answer::Transactions(batch(rows)));
    assert_eq!(model.rows(), before + 1);
    // It is settled after all: the row leaves.
    let settled = fourpay::domain::transaction::Transaction { status: transaction(other).status, ..new(1, declined) };
    answer(&mut model, at(5), Topic::Newest(Feed::Cards), 51, Answer::Transactions(batch(vec![settled])));
    assert_eq!(model.rows(), before);
    holds(&model);
}

#[test]
fn a_filter_is_of_its_list_and_outlives_going_elsewhere() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "/status:frozen<Enter>");
    let frozen = model.rows();
    press(&mut model, at(3), "3z");
    assert!(!model.situation().filtered);
    press(&mut model, at(3), "z2");
    assert_eq!((model.rows(), model.situation().filtered), (frozen, true));
    // In another account it is the same question.
    press(&mut model, at(3), "1j2");
    assert!(model.rows() <= frozen);
    holds(&model);
}

/// What is shown satisfies the query, what is hidden does not: by looking at every row by itself.
fn holds(model: &Model) {
    let store = model.store();
    let query: &Query = model.query();
    match model.focus() {
        Pane::Cards => {
            let shown: HashSet<_> = model.card_rows().collect();
            for row in store.cards.of(model.account()) {
                let fits = query.matches(&OfCard(store, store.cards.get(*row)));
                assert_eq!(shown.contains(row), fits, "{query:?} {:?}", store.cards.get(*row));
            }
        }
        Pane::Transactions => {
            let rows = model.transaction_rows();
            let shown: Vec<_> = (0..rows.len()).filter_map(|at| rows.get(at)).collect();
            let naive = store.transactions.newest(&model.scope()).iter();
            let naive: Vec<_> =
                naive.filter(|row| query.matches(&OfTransaction(store, store.transactions.get(*row)))).collect();
            assert_eq!(shown, naive, "{query:?}");
            let typed = query.clone().with_fuzzy(false);
            let mut all = store.transactions.newest(&model.scope()).iter();
            let as_typed = all.any(|row| typed.matches(&OfTransaction(store, store.transactions.get(row))));
            assert!(!query.fuzzy || !as_typed, "by letters, and there are some as typed: {query:?}");
        }
        _ => {}
    }
}

const TYPED: &[&str] = &[
    "ana",
    "me",
    "a",
    "42",
    "00",
    "status:frozen",
    "-status:closed",
    "status:de",
    "bal:<100",
    "bal:>50",
    "amount:>100",
    "amount:10..60",
    "type:purchase",
    "-type:refund",
    "since:2d",
    "before:2026-03-01",
    "merchant:meta",
    "holder:a",
    "last4:1",
    "account:main",
    "\"a s\"",
    "bin:4",
    "zzz",
    "-a",
    "meta",
    "insufficient",
    "insffcient",
    "0190dddd",
    "-0190dddd",
    "8000-0000000000",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_typed_shows_what_fits_and_hides_what_does_not(
        words in prop::collection::vec(prop::sample::select(TYPED), 1..4), pane in 2usize..4, account in 0usize..3, back in 0usize..6,
    ) {
        let mut model = fresh((100, 30));
        press(&mut model, at(3), &format!("1{}{pane}/", "j".repeat(account)));
        words.join(" ").chars().for_each(|c| drop(update(&mut model, at(3), key(KeyCode::Char(c)))));
        holds(&model);
        press(&mut model, at(3), &"<Backspace>".repeat(back));
        holds(&model);
        press(&mut model, at(3), "<Esc>");
        prop_assert!(!model.situation().filtered);
        holds(&model);
        prop_assert!(pane == 2 || matches!(model.scope(), Scope::All | Scope::Account(_)));
    }
}

/// The transactions as they are shown.
fn shown(model: &Model) -> Vec<fourpay::app::store::TxRow> {
    let rows = model.transaction_rows();
    (0..rows.len()).filter_map(|at| rows.get(at)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn sorted_rows_stand_as_if_sorted_anew_however_the_filter_came_and_went(
        words in prop::collection::vec(prop::sample::select(TYPED), 1..3),
        column in 0usize..7,
        back in 0usize..9,
        account in 0usize..3,
        came in prop::collection::vec(0usize..400, 0..24),
    ) {
        let mut model = fresh((100, 30));
        press(&mut model, at(3), &format!("1{}3{}/", "j".repeat(account), "s".repeat(column)));
        words.join(" ").chars().for_each(|c| drop(update(&mut model, at(3), key(KeyCode::Char(c)))));
        let new = |from: &usize| fourpay::domain::transaction::Transaction {
            id: transaction_id(90_000 + from / 2),
            ..transaction(*from)
        };
        let rows = came.iter().map(new).collect();
        answer(&mut model, at(4), Topic::Newest(Feed::Cards), 50, Answer::Transactions(batch(rows)));
        press(&mut model, at(5), &"<Backspace>".repeat(back));
        press(&mut model, at(5), "<Enter>");
        for script in ["", "<Esc>"] {
            press(&mut model, at(5), script);
            let kept = shown(&model);
            let query = model.query().clone();
            let all = model.store().transactions.newest(&model.scope()).iter();
            let fits = |row: &fourpay::app::store::TxRow| {
                query.matches(&OfTransaction(model.store(), model.store().transactions.get(*row)))
            };
            prop_assert_eq!(kept.iter().copied().collect::<HashSet<_>>(), all.filter(fits).collect());
            // Once round through all the columns, and each of them sorts anew.
            press(&mut model, at(5), "sssssss");
            prop_assert_eq!(shown(&model), kept, "{:?}", query);
        }
    }
}

#[test]
fn in_a_very_long_list_the_letters_wait_for_the_frame_of_the_key() {
    let rows = 200_001;
    let mut model = Model::new(fourpay::app::msg::Setup { history: 2 * rows, ..setup() }, (160, 48), at(0));
    fill(&mut model, at(1), 240);
    let id = |n: usize| transaction_id(1_000_000 + n);
    for page in 0..rows / 1000 + 1 {
        let page = page * 1000..(page * 1000 + 1000).min(rows);
        let rows =
            page.map(|n| fourpay::domain::transaction::Transaction { id: id(n), ..transaction(n % 50) }).collect();
        answer(&mut model, at(3), Topic::History(Feed::Cards), 60, Answer::Transactions(batch(rows)));
    }
    let letters = "ntnlbs";
    for (then, finishes) in [("<Down>", true), ("<Enter>", true), ("<Backspace>", false)] {
        press(&mut model, at(3), &format!("3/{letters}"));
        assert!(model.rows() == 0 && model.wake_at() == Some(at(3).up), "nothing is as typed, and more is to come");
        assert!(
            text(&model).contains("nothing is as typed; letters in their order are looked for"),
            "{}",
            text(&model)
        );
        press(&mut model, at(3), then);
        assert_eq!(model.rows() > 0 && text(&model).contains("fuzzy"), finishes, "{then} {}", text(&model));
        press(&mut model, at(3), "<Esc>");
    }
    press(&mut model, at(3), &format!("3/{letters}"));
    assert!(update(&mut model, at(3), Msg::Woke).redraw);
    assert!(model.rows() > 0 && model.wake_at() != Some(at(3).up));
    holds(&model);
    assert!(!update(&mut model, at(3), Msg::Woke).redraw, "it is done once");
}

#[test]
fn rows_are_found_by_what_is_said_of_their_card_since() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "3/zebra");
    assert_eq!(model.rows(), 0);
    let of = transaction(3).card.unwrap();
    let known = model.store().card(&of).unwrap().clone();
    let (account, updated_at) = (known.account.clone().unwrap(), fourpay::domain::field::Field::Known(wall()));
    let mut say = |card: fourpay::domain::card::Card, asked| {
        let topic = Topic::Card(account.clone(), of.clone());
        answer(&mut model, at(4), topic, asked, Answer::Card(Box::new(card)));
        holds(&model);
        model.rows()
    };
    let name = Some(fourpay::domain::text::SafeText::name("Zebra crossing"));
    let named = fourpay::domain::card::Card { name, updated_at, ..known.clone() };
    let found = say(named.clone(), 80);
    assert!(found > 0);
    let spent = fourpay::domain::card::Card { balance: fourpay::domain::field::Field::Known(usd(1)), ..named };
    assert_eq!(say(spent, 81), found);
    assert_eq!(say(fourpay::domain::card::Card { updated_at, ..known }, 82), 0);
}

#[test]
fn an_id_is_found_by_a_part_of_it_and_never_by_its_letters_alone() {
    let mut model = fresh((160, 48));
    let id = transaction_id(7).to_string();
    press(&mut model, at(3), &format!("3/{}", &id[id.len() - 17..]));
    assert_eq!(model.rows(), 1, "{}", text(&model));
    press(&mut model, at(3), "<Esc>/");
    update(&mut model, at(3), Msg::Pasted(id.into()));
    assert_eq!(model.rows(), 1);
    // Its letters in their order, with some left out.
    press(&mut model, at(3), "<Esc>/000000000000000000000dd");
    assert_eq!(model.rows(), 0);
}

#[test]
fn pictures() {
    for (name, size, script) in [
        ("cards", (80, 24), "/status:frozen a"),
        ("cards_kept", (160, 48), "/meta<Enter>"),
        ("transactions", (160, 48), "3/declined amount:>100<Enter>"),
        ("nothing", (80, 24), "/zzzzzz"),
        ("accounts_strip", (80, 24), "1/eu"),
        ("hint", (100, 30), "/status:melted"),
    ] {
        let mut model = fresh(size);
        press(&mut model, at(3), script);
        insta::assert_snapshot!(format!("filter_{name}"), crate::screens::picture(&draw(&model, at(3), size)));
    }
}

/// What `Tab` says of a value is how many rows are listed with it: no record counts twice, and none for another.
#[test]
fn the_rows_of_an_offer_are_those_that_are_listed_with_it() {
    let size = (200, 48);
    for (pane, field) in [("3", "type"), ("3", "category"), ("3", "bin"), ("3", "last4"), ("2", "email"), ("2", "bin")]
    {
        let mut model = ready(size);
        people(&mut model);
        let mut of_main: Vec<_> = cards().into_iter().filter(|card| card.account == Some(account_id(0))).collect();
        of_main.iter_mut().step_by(2).for_each(|card| card.number.bin = Some(SafeText::name("522222")));
        answer(&mut model, at(2), Topic::Cards(account_id(0)), 39, Answer::Cards(batch(of_main)));
        // Rows that differ in nothing else.
        let with_category = |n: usize| Transaction {
            merchant: Some(SafeText::name("Café")),
            category: Some(SafeText::name(if n.is_multiple_of(3) { "5812" } else { "7311" })),
            ..transaction(9_000 + n)
        };
        let rows = Answer::Transactions(batch((0..30).map(with_category).collect()));
        answer(&mut model, at(2), Topic::Newest(Feed::Cards), 40, rows);
        press(&mut model, at(3), &format!("{pane}/{field}:<Tab>"));
        let shown = |model: &Model| lines(&draw(model, at(3), size)).join("\n");
        let mut asked = 0;
        for _ in 0..4 {
            let picture = shown(&model);
            let Some(foot) = picture.lines().find(|line| line.contains("Tab ") && line.contains(" of ")) else { break };
            let offer = foot.split(": ").nth(1).unwrap().split(" · ").next().unwrap();
            let (offer, rows) = offer.trim_end_matches(['─', '╯', ' ']).rsplit_once(' ').unwrap();
            assert!(offer.starts_with(&format!("{field}:")), "{foot}");
            assert_eq!(model.rows().to_string(), rows.replace(',', ""), "{offer}: {picture}");
            asked += 1;
            press(&mut model, at(3), "<Tab>");
        }
        assert!(asked > 0, "{pane} {field}: {}", shown(&model));
    }
}

/// `Tab` completes fields and values, with how many rows the rest of the filter leaves of each, and goes through them.
#[test]
fn tab_completes_fields_and_values_with_their_rows() {
    let size = (160, 48);
    let shown = |model: &Model| lines(&draw(model, at(3), size)).join("\n");
    let mut model = ready(size);
    press(&mut model, at(3), "3/mer<Tab>");
    assert!(shown(&model).contains("/merchant:▏"), "{}", shown(&model));
    press(&mut model, at(3), "goo<Tab>");
    let picture = shown(&model);
    assert!(picture.contains("/merchant:\"Google Ads\"▏"), "{picture}");
    // As many as are listed then.
    press(&mut model, at(3), "<C-u>merchant:<Tab>");
    let picture = shown(&model);
    let foot = picture.lines().find(|line| line.contains("Tab 1 of")).expect("the offers").to_owned();
    let first = foot.split(": ").nth(1).unwrap().split(" · ").next().unwrap();
    let (offer, rows) = first.rsplit_once(' ').unwrap();
    assert!(picture.contains(&format!("/{offer}▏")), "{picture}");
    assert!(picture.contains(&format!("{rows} of ")), "{first}: {picture}");
    let second = foot.split(" · ").nth(1).unwrap().rsplit_once(' ').unwrap().0.to_owned();
    press(&mut model, at(3), "<Tab>");
    assert!(shown(&model).contains(&format!("/{second}▏")), "{second}: {}", shown(&model));
    press(&mut model, at(3), "<S-Tab>");
    assert!(shown(&model).contains(&format!("/{offer}▏")));
    // A letter ends it; what stands before the word stays, and counts.
    press(&mut model, at(3), "<C-u>type:purchase decl<Tab>");
    assert!(shown(&model).contains("/type:purchase declined▏"), "{}", shown(&model));
    // Nothing to complete changes nothing.
    press(&mut model, at(3), "<C-u>qqq<Tab>");
    assert!(shown(&model).contains("/qqq▏"));
    // Where names are hidden none are offered.
    press(&mut model, at(3), "<Esc>P/merchant:<Tab>");
    assert!(shown(&model).contains("/merchant:▏"), "{}", shown(&model));
}
