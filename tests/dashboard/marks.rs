//! Marked cards, and the plan that one act for all of them is.

use std::collections::HashSet;

use fourpay::app::Model;
use fourpay::app::form::FieldId;
use fourpay::app::msg::{Answer, Effect, JournalState, Msg, Order, Topic, Wish};

use fourpay::app::msg::{KeyCode, Told};

use fourpay::app::update;
use fourpay::domain::card::{Card, CardStatus};
use fourpay::domain::intent::lifecycle::{Evidence, Receipt, Step};
use fourpay::domain::intent::{Act, Kind};
use fourpay::domain::text::SafeText;
use proptest::prelude::*;

use crate::acts::{SIZE, effects_at, later, orders, past, reference, screen};
use crate::fixture::*;

fn marked(model: &Model) -> usize {
    model.marks().map_or(0, |marks| marks.count())
}

/// Confirms the dialog that is open with this number of cards.
fn confirm(model: &mut Model, second: u64, count: &str) -> Vec<Effect> {
    // The count is the first thing to type, but where a target is typed before it.
    let tab = if screen(model, at(second)).contains("target balance") { "<Tab>" } else { "" };
    effects_at(model, at(second), &format!("{tab}{count}"));
    effects_at(model, at(second + 1), "<C-s>")
}

fn one(effects: &[Effect]) -> Order {
    let orders = orders(effects);
    assert_eq!(orders.len(), 1, "{effects:?}");
    orders[0].clone()
}

fn acts_of(order: &Order) -> Vec<Act> {
    let Wish::Each(acts) = &order.wish else { panic!("{order:?}") };
    acts.iter().map(|(act, _)| act.clone()).collect()
}

#[test]
fn space_marks_and_goes_on_and_the_title_counts() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "   ");
    assert_eq!(marked(&model), 3);
    assert!(screen(&model, at(3)).contains("3 marked"), "{}", screen(&model, at(3)));
    assert_eq!(screen(&model, at(3)).matches('◆').count(), 3);
    press(&mut model, at(3), "k ");
    assert_eq!(marked(&model), 2, "again unmarks");
    press(&mut model, at(3), "<Esc>");
    assert_eq!(marked(&model), 0);
    assert!(!screen(&model, at(3)).contains("marked"));
}

#[test]
fn a_range_goes_with_the_cursor_both_ways() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "jjvjjj");
    assert_eq!(marked(&model), 4);
    press(&mut model, at(3), "kkkk");
    assert_eq!(marked(&model), 2, "from where it began, upwards");
    press(&mut model, at(3), "vjjj");
    assert_eq!(marked(&model), 2, "it ended");
}

#[test]
fn all_is_what_the_filter_shows_and_the_hidden_ones_are_counted() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "*");
    let all = model.rows();
    assert_eq!(marked(&model), all);
    press(&mut model, at(3), "*");
    assert_eq!(marked(&model), 0, "all of them again: none");
    press(&mut model, at(3), "/status:frozen<Enter>*");
    let frozen = model.rows();
    assert!(frozen > 0 && frozen < all);
    assert_eq!(marked(&model), frozen);
    press(&mut model, at(3), "/<C-u>status:active<Enter>");
    let title = screen(&model, at(3));
    assert!(title.contains(&format!("{frozen} marked ({frozen} hidden)")), "{title}");
    press(&mut model, at(3), "f");
    let dialog = screen(&model, at(3));
    assert!(dialog.contains(&format!("{frozen} of them are not in the list now")), "{dialog}");
}

#[test]
fn marks_are_for_cards_and_say_so_elsewhere() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "3 ");
    assert!(screen(&model, at(3)).contains("cards are marked in pane 2"));
    assert_eq!(marked(&model), 0);
}

#[test]
fn a_text_field_takes_the_keys_of_marks_as_text() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "t<Tab><Tab>a v*");
    assert_eq!(model.dialog().unwrap().form().value(FieldId::Description), "a v*");
    assert_eq!(marked(&model), 0);
}

/// M10: the number of cards is typed; anything else sends nothing.
#[test]
fn m10_many_cards_are_frozen_only_by_typing_how_many() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "*f");
    let cards: Vec<Card> = model.card_rows().map(|row| model.store().cards.get(row).clone()).collect();
    let can = |card: &&Card| {
        !matches!(card.status, CardStatus::Frozen | CardStatus::Closed | CardStatus::CreatingFailed)
            && card.account.is_some()
    };
    let wanted: HashSet<_> = cards.iter().filter(can).map(|card| card.id.clone()).collect();
    assert!(wanted.len() < cards.len(), "some are left out");
    for wrong in ["", "1", "y", &cards.len().to_string()] {
        assert!(orders(&confirm(&mut model, 4, wrong)).is_empty(), "{wrong}");
        press(&mut model, at(6), "<Esc>");
        press(&mut model, at(6), "f");
    }
    let order = one(&confirm(&mut model, 9, &wanted.len().to_string()));
    let acts = acts_of(&order);
    assert!(acts.iter().all(|act| act.kind() == Kind::Freeze));
    assert_eq!(acts.iter().map(|act| act.card().unwrap().card.clone()).collect::<HashSet<_>>(), wanted);
    assert!(screen(&model, at(9)).contains(&format!("Freeze of {} cards", wanted.len())));
}

#[test]
fn frozen_cards_alone_are_offered_to_be_unfrozen() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/status:frozen<Enter>*f");
    let count = marked(&model).to_string();
    let order = one(&confirm(&mut model, 4, &count));
    assert!(acts_of(&order).iter().all(|act| act.kind() == Kind::Unfreeze));
}

/// A card named in the palette is meant alone.
#[test]
fn a_named_card_is_meant_alone_whatever_is_marked() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "  ");
    let four = card(0).number.last_four.unwrap();
    press(&mut model, at(3), &format!(":freeze {four}<Enter>"));
    let order = one(&effects_at(&mut model, at(4), "y"));
    assert!(matches!(order.wish, Wish::One { .. }), "{order:?}");
}

/// Three marked cards, ordered.
fn under_way() -> (Model, Order, Vec<Act>) {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/status:active<Enter>   f");
    let order = one(&confirm(&mut model, 4, "3"));
    let acts = acts_of(&order);
    (model, order, acts)
}

fn begin(model: &mut Model, ticket: u64, step: usize, intent: u8) {
    update(model, at(6), Msg::Stepped { ticket, step, told: Told::Begun(reference(intent)) });
}

fn refused() -> Step {
    Step::Refused { reason: SafeText::prose("not while it is closing"), status: Some(409) }
}

fn unknown() -> Step {
    Step::Unknown { reason: SafeText::prose("no answer in time"), status: None }
}

const SENT: Step = Step::Sent { skew_ms: None };

/// M4: what is not known is neither done nor failed, and only what certainly failed is asked for again.
#[test]
fn m4_a_plan_tells_each_row_and_tries_again_only_what_failed() {
    let (mut model, order, acts) = under_way();
    for step in 0..3 {
        begin(&mut model, order.ticket, step, u8::try_from(step).unwrap());
    }
    let journal = vec![
        past(acts[0].clone(), 0, vec![SENT, Step::Accepted(Receipt::default()), Step::Done(Evidence::new("frozen"))]),
        past(acts[1].clone(), 1, vec![SENT, refused()]),
        past(acts[2].clone(), 2, vec![SENT, unknown()]),
    ];
    update(&mut model, at(7), Msg::JournalRead(journal.clone()));
    update(&mut model, at(7), Msg::Ended { ticket: order.ticket });
    let seen = screen(&model, at(7));
    for words in ["✓ done", "✗ not done", "? unknown", "not while it is closing", "3 of 3 processed", "r tries again"]
    {
        assert!(seen.contains(words), "{words}\n{seen}");
    }
    let again = one(&effects_at(&mut model, at(8), "r"));
    assert_eq!(acts_of(&again), [acts[1].clone()], "never what may have been done");
    begin(&mut model, again.ticket, 0, 9);
    let mut journal = journal;
    journal.push(past(acts[1].clone(), 9, vec![SENT, Step::Done(Evidence::new("frozen"))]));
    journal[2] = past(acts[2].clone(), 2, vec![SENT, unknown(), Step::SettledDone(Evidence::new("it is frozen"))]);
    update(&mut model, at(9), Msg::JournalRead(journal));
    update(&mut model, at(9), Msg::Ended { ticket: again.ticket });
    assert!(effects_at(&mut model, at(9), "r").is_empty(), "nothing is left to try again");
    press(&mut model, at(9), "<Esc>");
    let seen = screen(&model, at(9));
    assert!(seen.contains("freeze of 3 cards: 3 done · u to undo"), "{seen}");
}

#[test]
fn a_plan_is_stopped_and_gone_on_with() {
    let (mut model, order, acts) = under_way();
    begin(&mut model, order.ticket, 0, 0);
    assert_eq!(effects_at(&mut model, at(6), "s"), [Effect::Stop { ticket: order.ticket }]);
    assert!(effects_at(&mut model, at(6), "s").is_empty(), "once");
    update(&mut model, at(7), Msg::JournalRead(vec![past(acts[0].clone(), 0, vec![SENT, refused()])]));
    update(&mut model, at(7), Msg::Ended { ticket: order.ticket });
    let seen = screen(&model, at(7));
    assert!(seen.contains("c goes on") && seen.contains("2 to do"), "{seen}");
    // It can be left and come back to.
    press(&mut model, at(7), "<Esc>");
    assert!(!screen(&model, at(7)).contains("answered"));
    press(&mut model, at(7), "b");
    let rest = one(&effects_at(&mut model, at(8), "c"));
    assert_eq!(acts_of(&rest), acts[1..]);
}

#[test]
fn a_step_that_was_held_back_says_why_and_can_be_tried_again() {
    let (mut model, order, acts) = under_way();
    let told = Told::Held("another act is under way".into());
    update(&mut model, at(6), Msg::Stepped { ticket: order.ticket, step: 1, told });
    update(&mut model, at(6), Msg::Ended { ticket: order.ticket });
    assert!(screen(&model, at(6)).contains("another act is under way"), "{}", screen(&model, at(6)));
    assert_eq!(acts_of(&one(&effects_at(&mut model, at(7), "r"))), [acts[1].clone()]);
}

/// Three marked cards, of which as many as can be are topped up; the number of those.
fn money_under_way() -> (Model, Order) {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/4242<Enter> t");
    press(&mut model, at(4), "500.00");
    let order = one(&confirm(&mut model, 5, "1"));
    press(&mut model, at(6), "<Esc><Esc><Esc>");
    (model, order)
}

/// M11: cards are frozen while money moves, one or many; money waits for money.
#[test]
fn m11_a_plan_that_freezes_runs_beside_one_that_moves_money() {
    let (mut model, money) = money_under_way();
    press(&mut model, at(7), "/-4242<Enter>f");
    assert!(matches!(one(&effects_at(&mut model, at(8), "y")).wish, Wish::One { .. }));
    press(&mut model, at(9), "<Esc><Esc>/status:active<Enter>   f");
    let freeze = one(&confirm(&mut model, 10, "3"));
    assert!(acts_of(&freeze).iter().all(|act| matches!(act, Act::Freeze(_))), "{freeze:?}");
    let seen = screen(&model, at(11));
    assert!(seen.contains("Freeze of 3 cards · plan 2 of 2") && seen.contains("Tab another plan"), "{seen}");
    // Each is told of what is its own.
    begin(&mut model, money.ticket, 0, 0);
    update(&mut model, at(11), Msg::Stepped { ticket: freeze.ticket, step: 1, told: Told::Held("busy".into()) });
    assert_eq!(model.operations().tally().series, Some((1, 4)));
    press(&mut model, at(11), "<Tab>");
    let seen = screen(&model, at(11));
    assert!(seen.contains("plan 1 of 2") && seen.contains("◌ sending"), "{seen}");
    assert_eq!(effects_at(&mut model, at(12), "s"), [Effect::Stop { ticket: money.ticket }]);
    press(&mut model, at(12), "<S-Tab>");
    assert!(screen(&model, at(12)).contains("✗ not done"));
    // A second one that moves money waits, and says for what.
    press(&mut model, at(13), "<Esc><Esc><Esc>/4242<Enter> t");
    press(&mut model, at(14), "600.00");
    assert!(orders(&confirm(&mut model, 15, "1")).is_empty());
    let seen = screen(&model, at(16));
    assert!(seen.contains("top up of 1 card is under way"), "{seen}");
}

/// What was stopped is not lost because something else is done first.
#[test]
fn a_stopped_plan_stays_within_reach_of_the_next_one() {
    let (mut model, order, acts) = under_way();
    begin(&mut model, order.ticket, 0, 0);
    press(&mut model, at(6), "s<Esc>");
    update(
        &mut model,
        at(7),
        Msg::JournalRead(vec![past(acts[0].clone(), 0, vec![SENT, Step::Done(Evidence::new("frozen"))])]),
    );
    update(&mut model, at(7), Msg::Ended { ticket: order.ticket });
    press(&mut model, at(8), "<Esc>/4242<Enter> t");
    press(&mut model, at(9), "500.00");
    let money = one(&confirm(&mut model, 10, "1"));
    let seen = screen(&model, at(12));
    assert!(seen.contains("freeze of 3 cards stopped, 2 to do; Tab goes to it"), "{seen}");
    let rest = one(&effects_at(&mut model, at(13), "<Tab>c"));
    assert_eq!(acts_of(&rest), acts[1..]);
    // Done, they make room; the last one stays to be looked at.
    for (step, intent) in [(0, 1), (1, 2)] {
        begin(&mut model, rest.ticket, step, intent);
    }
    begin(&mut model, money.ticket, 0, 3);
    let done = |act: &Act, intent| past(act.clone(), intent, vec![SENT, Step::Done(Evidence::new("done"))]);
    let top_up = acts_of(&money)[0].clone();
    let journal = vec![done(&acts[0], 0), done(&acts[1], 1), done(&acts[2], 2), done(&top_up, 3)];
    update(&mut model, at(14), Msg::JournalRead(journal));
    for ticket in [rest.ticket, money.ticket] {
        update(&mut model, at(14), Msg::Ended { ticket });
    }
    press(&mut model, at(15), "<Esc><Esc><Esc>/status:active<Enter>   f");
    one(&confirm(&mut model, 16, "3"));
    assert!(!screen(&model, at(18)).contains("plan 1 of"), "{}", screen(&model, at(18)));
}

#[test]
fn marked_cards_are_brought_to_one_balance() {
    let mut model = ready(SIZE);
    for at_account in 0..4 {
        let topic = Topic::Account(account_id(at_account));
        answer(&mut model, at(2), topic, 50, Answer::Account(Box::new(detail(at_account))));
    }
    press(&mut model, at(3), "/status:active bal:0..99<Enter>*t");
    let seen = screen(&model, at(3));
    assert!(seen.contains("target balance"), "{seen}");
    press(&mut model, at(4), "100.00");
    let help = screen(&model, at(4));
    assert!(help.contains("Top up"), "{help}");
    // The count that is asked for is the one of the cards that can be done.
    press(&mut model, at(4), "<Tab>0<C-s>");
    let seen = screen(&model, at(5));
    let wanted = seen.split("type ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a number").to_owned();
    press(&mut model, at(6), "<Backspace>");
    press(&mut model, at(6), &wanted);
    let order = one(&effects_at(&mut model, at(7), "<C-s>"));
    for act in acts_of(&order) {
        let Act::TopUp { at, amount, .. } = &act else { panic!("{act:?}") };
        let card = model.store().card(&at.card).unwrap();
        let now = *card.spendable().known().unwrap();
        assert_eq!(now.checked_add(amount).unwrap().digits(), "100.00", "{act:?}");
    }
}

/// M1: what was confirmed once is sent once; money that is tried again is confirmed again, with another key.
#[test]
fn m1_money_is_tried_again_only_after_it_was_confirmed_again() {
    let mut model = ready(SIZE);
    press(&mut model, at(3), "/4242<Enter> t");
    press(&mut model, at(4), "500.00");
    let order = one(&confirm(&mut model, 5, "1"));
    let [act] = &acts_of(&order)[..] else { panic!("{order:?}") };
    begin(&mut model, order.ticket, 0, 0);
    update(&mut model, at(7), Msg::JournalRead(vec![past(act.clone(), 0, vec![SENT, refused()])]));
    update(&mut model, at(7), Msg::Ended { ticket: order.ticket });
    let held = effects_at(&mut model, at(8), &"r".repeat(51));
    assert!(orders(&held).is_empty(), "a key that is held down");
    assert!(screen(&model, at(8)).contains("y sends"), "{}", screen(&model, at(8)));
    assert!(orders(&effects_at(&mut model, at(8), "<Enter>")).is_empty());
    assert!(orders(&effects_at(&mut model, at(8), "y")).is_empty(), "nothing is asked any more");
    assert_eq!(acts_of(&one(&effects_at(&mut model, at(9), "ry"))), std::slice::from_ref(act));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Marks are on cards: whatever comes in, is sorted or filtered, the same cards stay marked, and the title
    /// counts those that are not shown.
    #[test]
    fn marks_stay_on_their_cards(script in proptest::collection::vec(0u8..8, 1..24)) {
        let mut model = ready(SIZE);
        let mut expected: HashSet<_> = HashSet::new();
        for (step, what) in script.into_iter().enumerate() {
            let now = later(3 + step as u64, 0);
            match what {
                0 | 1 => {
                    let under = model.card_under_cursor().map(|card| card.id.clone());
                    press(&mut model, now, " ");
                    if let Some(id) = under && !expected.remove(&id) {
                        expected.insert(id);
                    }
                }
                2 => drop(press(&mut model, now, "jjj")),
                3 => drop(press(&mut model, now, "s")),
                4 => drop(press(&mut model, now, "S")),
                5 => drop(press(&mut model, now, "/status:active<Enter>")),
                6 => drop(press(&mut model, now, "/<C-u><Enter>")),
                _ => {
                    let fresh = Card { id: card_id(9000 + step), ..card(step) };
                    let topic = Topic::Card(account_id(0), fresh.id.clone());
                    answer(&mut model, now, topic, 100 + step as u64, Answer::Card(Box::new(fresh)));
                }
            }
            let rows: Vec<_> = model.card_rows().collect();
            let shown: HashSet<_> = rows.iter().map(|row| model.store().cards.get(*row).id.clone()).collect();
            prop_assert_eq!(marked(&model), expected.len());
            let hidden = model.marks().map_or(0, |marks| marks.hidden());
            prop_assert_eq!(hidden, expected.iter().filter(|id| !shown.contains(*id)).count());
            for row in rows {
                let has = model.marks().is_some_and(|marks| marks.has(&row));
                prop_assert_eq!(has, expected.contains(&model.store().cards.get(row).id));
            }
        }
    }
}

/// Keys of other layouts mark by their place too.
#[test]
fn a_range_is_begun_on_a_cyrillic_keyboard() {
    let mut model = ready(SIZE);
    update(&mut model, at(3), key(KeyCode::Char('м')));
    assert_eq!(marked(&model), 1);
}

/// What may not be tried again now keeps saying why it was not done.
#[test]
fn a_retry_that_is_barred_changes_nothing() {
    let (mut model, order, acts) = under_way();
    begin(&mut model, order.ticket, 0, 0);
    update(&mut model, at(7), Msg::JournalRead(vec![past(acts[0].clone(), 0, vec![SENT, refused()])]));
    update(&mut model, at(7), Msg::Ended { ticket: order.ticket });
    update(&mut model, at(7), Msg::JournalChanged(JournalState::Missing("the disk is full".into())));
    assert!(effects_at(&mut model, at(8), "r").is_empty());
    let seen = screen(&model, at(8));
    assert!(seen.contains("✗ not done") && seen.contains("not while it is closing"), "{seen}");
}
