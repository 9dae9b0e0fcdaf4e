//! Keys: where each leads, what it asks for, and what it says when it does not apply.

use fourpay::app::actions::{self, Act, Details, Screen};
use fourpay::app::keymap::{self, Keymap};
use fourpay::app::list::Rows;
use fourpay::app::msg::{Answer, Effect, Key, KeyCode, Msg, Topic, Watch};

use fourpay::app::panes::Pane;
use fourpay::app::panes::inspector::Subject;
use fourpay::app::store::Scope;
use fourpay::app::{Model, update};
use fourpay::domain::account::AccountStatus;
use fourpay::domain::transaction::{Feed, Transaction};

use crate::fixture::*;

fn effects(model: &mut Model, script: &str) -> Vec<Effect> {
    press(model, at(3), script).into_iter().flat_map(|outcome| outcome.effects).collect()
}

#[test]
fn account_cards_transactions_and_back() {
    let mut model = fresh((160, 48));
    assert_eq!((model.focus(), model.scope()), (Pane::Cards, Scope::All));
    press(&mut model, at(3), "1j");
    assert_eq!((model.focus(), model.scope()), (Pane::Accounts, Scope::Account(account_id(0))));
    press(&mut model, at(3), "<Enter>");
    assert_eq!((model.focus(), model.rows()), (Pane::Cards, 52));
    assert_eq!(effects(&mut model, "jj<Enter>"), [Effect::Fetch(Topic::CardTransactions(card_id(2)))]);
    assert_eq!((model.focus(), model.scope()), (Pane::Transactions, Scope::Card(card_id(2))));
    press(&mut model, at(3), "<Esc>");
    assert_eq!((model.focus(), model.scope()), (Pane::Cards, Scope::Account(account_id(0))));
    let row = model.store().cards.row(&card_id(2)).unwrap();
    assert_eq!(model.subject(), Subject::Card(row));
    press(&mut model, at(3), "<Esc>");
    assert_eq!(model.focus(), Pane::Accounts);
    // Each Enter was taken back; the account was chosen by another key.
    assert!(press(&mut model, at(3), "<Esc>").iter().all(|outcome| outcome.effects.is_empty()));
    assert_eq!((model.focus(), model.scope()), (Pane::Accounts, Scope::Account(account_id(0))));
}

#[test]
fn where_it_is_narrow_enter_opens_the_details_first() {
    for size in [(100, 30), (80, 24)] {
        let mut model = fresh(size);
        press(&mut model, at(3), "j<Enter>");
        assert_eq!((model.focus(), model.situation().details), (Pane::Cards, Details::Open));
        // They follow the selection.
        press(&mut model, at(3), "j");
        assert_eq!(model.watch().card, Some((account_id(0), card_id(2))));
        assert_eq!(effects(&mut model, "<Enter>"), [Effect::Fetch(Topic::CardTransactions(card_id(2)))]);
        assert_eq!((model.focus(), model.situation().details), (Pane::Transactions, Details::Closed));
        press(&mut model, at(3), "<Enter>");
        assert_eq!(model.situation().details, Details::Open);
        press(&mut model, at(3), "<Esc>");
        assert_eq!((model.focus(), model.situation().details), (Pane::Transactions, Details::Closed));
    }
}

#[test]
fn what_is_watched_is_what_is_shown() {
    let mut model = fresh((160, 48));
    let card = Some((account_id(0), card_id(0)));
    assert_eq!(model.watch(), Watch { card, ..Watch::default() });
    press(&mut model, at(3), "1jj");
    let account = Some(account_id(1));
    assert_eq!(model.watch(), Watch { account: account.clone(), account_detail: account.clone(), ..Watch::default() });
    press(&mut model, at(3), "3");
    assert!(model.watch().transaction.is_some() && model.watch().account == account);
    let mut model = fresh((80, 24));
    assert_eq!(model.watch(), Watch::default());
    press(&mut model, at(3), "<Enter>");
    assert!(model.watch().card.is_some());
}

#[test]
fn moving() {
    let mut model = fresh((160, 48));
    let mut at_row = |keys: &str| {
        press(&mut model, at(3), keys);
        match model.subject() {
            Subject::Card(row) => row.index(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(at_row("jjj"), 3);
    assert_eq!(at_row("k<Down><Up>"), 2);
    assert_eq!(at_row("G"), 129);
    assert_eq!(at_row("j"), 129);
    assert_eq!(at_row("g"), 0);
    assert_eq!(at_row("k"), 0);
    assert_eq!(at_row("<PgDn>"), 16);
    assert_eq!(at_row("<PgUp>"), 0);
    assert_eq!(at_row("<End>"), 129);
    assert_eq!(at_row("<Home>"), 0);
}

#[test]
fn panes() {
    let mut model = fresh((160, 48));
    for (keys, pane) in [
        ("1", Pane::Accounts),
        ("2", Pane::Cards),
        ("3", Pane::Transactions),
        ("<Tab>", Pane::Accounts),
        ("<Tab>", Pane::Cards),
        ("<S-Tab>", Pane::Accounts),
        ("<S-Tab>", Pane::Transactions),
        ("h", Pane::Cards),
        ("<Left>", Pane::Accounts),
        ("h", Pane::Accounts),
        ("l", Pane::Cards),
        ("<Right>", Pane::Transactions),
        ("l", Pane::Transactions),
    ] {
        press(&mut model, at(3), keys);
        assert_eq!(model.focus(), pane, "after {keys}");
    }
}

#[test]
fn quitting_suspending_refreshing() {
    for size in [(160, 48), (80, 24), (20, 5)] {
        assert_eq!(effects(&mut fresh(size), "q"), [Effect::Quit]);
        assert_eq!(effects(&mut fresh(size), "<C-c>"), [Effect::Quit]);
        assert_eq!(effects(&mut fresh(size), "<C-z>"), [Effect::Suspend]);
    }
    let mut model = fresh((160, 48));
    assert_eq!(effects(&mut model, "<C-r>"), [Effect::Refresh]);
    assert_eq!(effects(&mut model, "<C-R>"), [Effect::Refresh]);
    assert!(lines(&draw(&model, at(3), (160, 48)))[0].contains("reading again"));
    answer(&mut model, at(4), Topic::Accounts, 99, Answer::Accounts(batch(accounts())));
    assert!(lines(&draw(&model, at(4), (160, 48)))[0].contains("● live"));
}

#[test]
fn the_help_closes_by_its_key_or_esc_and_ctrl_c_still_quits() {
    let mut model = fresh((160, 48));
    for close in ["?", "<Esc>"] {
        press(&mut model, at(3), "?");
        press(&mut model, at(3), close);
        assert_eq!(model.situation().screen, Screen::Panes);
    }
    assert_eq!(effects(&mut model, "?<C-c>"), [Effect::Quit]);
}

#[test]
fn esc_never_quits() {
    let mut model = fresh((80, 24));
    assert_eq!(effects(&mut model, &"<Esc>".repeat(20)), []);
}

#[test]
fn pasted_text_is_no_keys() {
    let mut model = fresh((160, 48));
    let outcome = update(&mut model, at(3), Msg::Pasted("q?3\r".into()));
    assert_eq!((outcome.effects, outcome.redraw, model.focus()), (vec![], false, Pane::Cards));
}

#[test]
fn zoom_goes_with_the_focus() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "z");
    let shown = lines(&draw(&model, at(3), (160, 48)));
    assert!(shown[1].contains("2 Cards") && !shown.iter().any(|line| line.contains("3 Transactions")));
    press(&mut model, at(3), "3");
    assert!(lines(&draw(&model, at(3), (160, 48)))[1].contains("3 Transactions"));
    // Enter shows the details, which a zoomed pane hides.
    press(&mut model, at(3), "<Enter>");
    assert_eq!(model.situation().details, Details::Beside);
    press(&mut model, at(3), "zz");
    assert!(!model.situation().zoomed);
}

#[test]
fn sorting_goes_through_the_columns_and_turns() {
    let mut model = fresh((160, 48));
    let heads = |model: &Model| lines(&draw(model, at(3), (160, 48)))[2].clone();
    for column in ["Card ▲", "Name ▲", "Holder ▲", "Balance ▼", "Status ▲"] {
        press(&mut model, at(3), "s");
        assert!(heads(&model).contains(column), "{column}: {}", heads(&model));
    }
    press(&mut model, at(3), "S");
    assert!(heads(&model).contains("Status ▼"));
    press(&mut model, at(3), "s");
    assert!(!heads(&model).contains(['▲', '▼']));
    let first = |model: &Model| lines(&draw(model, at(3), (160, 48)))[3].clone();
    press(&mut model, at(3), "sssssg");
    let smallest = first(&model);
    press(&mut model, at(3), "Sg");
    assert_ne!(first(&model), smallest);
}

#[test]
fn accounts_stand_by_name_by_status_and_by_what_is_available() {
    let mut model = fresh((160, 48));
    let mut all = accounts();
    all[0].status = AccountStatus::Inactive;
    answer(&mut model, at(2), Topic::Accounts, 2, Answer::Accounts(batch(all)));
    press(&mut model, at(3), "1");
    let shown = |model: &Model| {
        let picture = lines(&draw(model, at(3), (160, 48)));
        let rows =
            picture[3..7].iter().map(|line| line.chars().skip(1).take(8).filter(|c| c.is_alphabetic()).collect());
        (picture[1].clone(), rows.collect::<Vec<String>>())
    };
    for (word, order) in [
        ("by name", ["Ads", "Euro", "Main", "Travel"]),
        ("by status", ["Ads", "Travel", "Euro", "Main"]),
        ("by available", ["Euro", "Main", "Ads", "Travel"]),
    ] {
        press(&mut model, at(3), "s");
        let (title, rows) = shown(&model);
        assert!(title.contains(word) && rows == order, "{word}: {title} {rows:?}");
    }
    press(&mut model, at(3), "s");
    assert!(!shown(&model).0.contains(" by "));
}

/// What an order rests on comes later, or becomes another: the rows move.
#[test]
fn transactions_stand_by_card_and_by_account_whatever_comes_late() {
    let mut model = Model::new(setup(), (160, 48), at(0));
    fill(&mut model, at(1), 0);
    let late = |four: &str| fourpay::domain::card::Card {
        number: fourpay::domain::card::MaskedNumber::from_wire(&format!("411111******{four}")),
        ..card(500)
    };
    let of = |number: usize, card: Option<usize>| Transaction {
        card: card.map(card_id),
        account: Some(account_id(number % 4)),
        ..transaction(number)
    };
    let rows = vec![of(0, None), of(1, Some(500)), of(2, Some(0)), of(3, Some(500)), of(4, Some(900))];
    answer(&mut model, at(2), Topic::Newest(Feed::Cards), 5, Answer::Transactions(batch(rows)));
    let shown = |model: &Model| -> Vec<usize> {
        let rows = model.transaction_rows();
        let of = |at: usize| &model.store().transactions.get(rows.get(at).unwrap()).id;
        (0..rows.len()).map(|at| (0..5).find(|number| transaction_id(*number) == *of(at)).unwrap()).collect()
    };
    press(&mut model, at(3), "3sssss");
    assert_eq!(shown(&model), [2, 1, 3, 4, 0], "4242; two cards that were not read; none");
    answer(&mut model, at(4), Topic::Card(account_id(0), card_id(500)), 8, Answer::Card(Box::new(late("0001"))));
    assert_eq!(shown(&model), [1, 3, 2, 4, 0]);
    let other =
        fourpay::domain::card::Card { updated_at: fourpay::domain::field::Field::Known(wall()), ..late("9999") };
    answer(&mut model, at(5), Topic::Card(account_id(0), card_id(500)), 9, Answer::Card(Box::new(other)));
    assert_eq!(shown(&model), [2, 1, 3, 4, 0]);
    // Main, Ads, Travel, Euro, Main again.
    press(&mut model, at(6), "s");
    assert_eq!(shown(&model), [1, 3, 0, 4, 2]);
    let mut renamed = accounts();
    renamed[0].name = fourpay::domain::text::SafeText::name("Adler");
    answer(&mut model, at(7), Topic::Accounts, 20, Answer::Accounts(batch(renamed)));
    assert_eq!(shown(&model), [0, 4, 1, 3, 2]);
}

#[test]
fn a_resize_loses_nothing() {
    let mut model = fresh((160, 48));
    press(&mut model, at(3), "1jj<Enter>sssjjjj<Enter>");
    let (scope, focus, subject) = (model.scope(), model.focus(), model.subject());
    for size in [(80, 24), (10, 3), (0, 0), (100, 30), (300, 200), (160, 48)] {
        update(&mut model, at(4), Msg::Resized(size.0, size.1));
        assert_eq!((model.scope(), model.focus(), model.subject()), (scope.clone(), focus, subject.clone()));
    }
}

#[test]
fn every_action_in_every_place_applies_or_says_why() {
    let places = ["1", "1j", "2<Enter>", "3", "3<Enter>", "z", "7"];
    let empty = |size| Model::new(setup(), size, at(0));
    let some = |size| {
        let mut model = empty(size);
        answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
        let cards = (0..20).map(card).collect();
        answer(&mut model, at(1), Topic::Cards(account_id(0)), 2, Answer::Cards(batch(cards)));
        let rows = (0..20).map(|n| Transaction { card: Some(card_id(0)), ..transaction(n) }).collect();
        answer(&mut model, at(1), Topic::Newest(Feed::Cards), 3, Answer::Transactions(batch(rows)));
        model
    };
    for size in [(140, 20), (80, 20), (20, 5)] {
        for place in places {
            for make in [&some as &dyn Fn(_) -> Model, &empty] {
                for action in actions::table() {
                    for key in action.keys {
                        let mut model = make(size);
                        press(&mut model, at(3), place);
                        let situation = model.situation();
                        let applies = actions::applies(action.act, &situation);
                        let outcome = update(&mut model, at(3), Msg::Pressed(*key));
                        let context = format!("{} at {place} {size:?}", action.name);
                        match applies {
                            Ok(()) => assert!(outcome.redraw, "{context}"),
                            // That there is nothing to take back is no news.
                            Err(_) if action.act == Act::Back => assert!(outcome.effects.is_empty(), "{context}"),
                            Err(why) if situation.screen == Screen::Panes => {
                                let after = lines(&draw(&model, at(3), size));
                                assert!(outcome.effects.is_empty(), "{context}");
                                assert!(
                                    after.iter().any(|line| line.contains(why.as_ref())),
                                    "{context}: {why}\n{after:#?}"
                                );
                            }
                            Err(_) => assert!(outcome.effects.is_empty() && !outcome.redraw, "{context}"),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn no_two_actions_share_a_key_and_all_are_told() {
    let mut seen = std::collections::HashSet::new();
    for action in actions::table() {
        assert!(!action.name.is_empty() && !action.help.is_empty());
        for key in action.keys {
            assert!(seen.insert(*key), "{}", keymap::label(key));
            assert_eq!(Keymap::default().lookup(*key).map(|found| found.act), Some(action.act));
        }
    }
    let unknown = Key { code: KeyCode::Char('ü'), ctrl: false, alt: false };
    assert!(Keymap::default().lookup(unknown).is_none());
    assert!(!update(&mut fresh((160, 48)), at(3), Msg::Pressed(unknown)).redraw);
    let mut model = fresh((160, 120));
    press(&mut model, at(3), "?");
    let shown = lines(&draw(&model, at(3), (160, 120))).join("\n");
    for action in actions::table() {
        assert!(shown.contains(action.help), "{}", action.name);
    }
    assert!(actions::table().iter().any(|action| action.act == Act::Refresh));
}

#[test]
fn hints_are_dropped_from_the_right_but_help_and_quit_stay() {
    for width in 60..200 {
        let model = fresh((width, 24));
        let footer = lines(&draw(&model, at(2), (width, 24))).pop().unwrap();
        assert!(footer.trim_start().starts_with("/ filter  f freeze  y copy  r reveal"), "{footer}");
        assert!(footer.ends_with("? help  q quit"), "{width}: {footer}");
    }
}

/// A letter of another layout is the key it stands on where keys are commands, and itself where it is text.
#[test]
fn cyrillic_and_greek_letters_are_commands_by_their_place() {
    let layouts = [
        ("qwertyuiopasdfghjklzxcvbnm", "йцукенгшщзфывапролдячсмить"),
        ("wertyuiopasdfghjklzxcvbnm", "ςερτυθιοπασδφγηξκλζχψωβνμ"),
    ];
    for (latin, other) in layouts {
        for (latin, other) in latin.chars().zip(other.chars()) {
            let upper = |c: char| c.to_uppercase().next().unwrap();
            // The letter of the final sigma has no upper case of its own.
            let pairs =
                if other == 'ς' { vec![(latin, other)] } else { vec![(latin, other), (upper(latin), upper(other))] };
            for (latin, other) in pairs {
                for ctrl in [false, true] {
                    let found = |c| Keymap::default().lookup(Key { code: KeyCode::Char(c), ctrl, alt: false });
                    let act = |c| found(c).map(|action| action.act);
                    assert_eq!(act(other), act(latin), "{other} for {latin}");
                }
            }
        }
    }
    let mut model = ready((160, 48));
    let sent = effects(&mut model, "ан");
    assert!(sent.iter().any(|effect| matches!(effect, Effect::Act(_))), "freeze by its place: {sent:?}");
    press(&mut model, at(4), "<Esc>/ан");
    assert!(lines(&draw(&model, at(4), (160, 48))).join("").contains("/ан▏"));
}
