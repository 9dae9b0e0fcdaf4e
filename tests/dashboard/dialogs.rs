//! Pictures of each dialog in each of its phases, at the smallest usual size and at a large one.

use fourpay::app::msg::{Effect, Msg};

use fourpay::app::{Model, update};
use fourpay::domain::failure::FieldError;
use fourpay::domain::intent::life::{Evidence, Receipt, Step};
use fourpay::domain::intent::{Act, CardAt};
use fourpay::domain::text::SafeText;

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
        ("close_ready", "X<S-Tab>4242<Tab><Tab>"),
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
