//! The log of pane 6 and the journal of pane 7 in the order of each of their columns.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use fourpay::app::msg::{Effect, Msg, Past, Setup, Topic};
use fourpay::app::view_state::ViewState;

use fourpay::app::panes::Pane;
use fourpay::app::{Model, update};
use fourpay::domain::field::Field;
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::domain::intent::{Act, CardAt};
use fourpay::domain::webhook::{Event, Logged};
use unicode_width::UnicodeWidthStr;

use crate::acts::past;
use crate::fixture::*;
use crate::webhooks::{config, logged, page};

/// All rows of either list are on the screen.
const TALL: (u16, u16) = (160, 64);
const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (100, 30), (160, 48)];

const LOG: [&str; 7] = ["Time", "Delivery", "Event", "On", "Tries", "Answer", "Entry"];
const JOURNAL: [&str; 7] = ["Time", "State", "Action", "Amount", "On", "Age", "Reference"];
/// Of these the largest stands first.
const DESCENDING: [&str; 4] = ["Time", "Tries", "Amount", "Age"];

/// Forty entries of the log, newest first; of the last one little is known.
fn entries() -> Vec<Logged> {
    let mut entries: Vec<Logged> = (0..40).map(logged).collect();
    let event = &mut entries[39].event;
    (event.created_at, event.attempts) = (Field::Absent, None);
    (event.response_code, event.error) = (None, None);
    (event.subject.account, event.subject.record) = (None, None);
    entries
}

/// Thirty intents, oldest first; some were asked for in the same second.
fn intents() -> Vec<Past> {
    let on =
        |n: usize| CardAt { account: account_id(n % 2), card: card_id(n % 5), last_four: card(n % 5).number.last_four };
    (0..30u8)
        .map(|n| {
            let at = usize::from(n);
            let cents = 1_000 * (i64::from(n) * 7 % 5);
            let act = match n % 6 {
                0 => Act::Freeze(on(at)),
                1 => Act::TopUp { at: on(at), amount: usd(cents), description: None },
                2 => Act::Unfreeze(on(at)),
                3 => Act::Withdraw { at: on(at), amount: eur(cents), description: None },
                4 => Act::Transfer { from: account_id(0), to: account_id(1), amount: usd(cents), description: None },
                _ => Act::DeleteWebhook,
            };
            let mut past = past(act, n + 1, Vec::new());
            past.intent.asked_at = wall() - chrono::TimeDelta::minutes(40 - i64::from(n / 2));
            past.stage = Stage::ALL[at * 3 % Stage::ALL.len()];
            past
        })
        .collect()
}

fn empty(kept: &ViewState, size: (u16, u16)) -> Model {
    let mut model = Model::new(Setup { mouse: true, kept: kept.clone(), ..setup() }, size, at(0));
    fill(&mut model, at(1), 40);
    model
}

fn log_with(kept: &ViewState, size: (u16, u16)) -> Model {
    let mut model = empty(kept, size);
    press(&mut model, at(2), "6");
    let config = fourpay::app::msg::Answer::WebhookConfig(Some(config(true)));
    answer(&mut model, at(3), Topic::WebhookConfig, 50, config);
    answer(&mut model, at(3), Topic::WebhookEvents, 51, page(entries(), false));
    model
}

fn log(size: (u16, u16)) -> Model {
    log_with(&ViewState::default(), size)
}

fn journal_with(kept: &ViewState, size: (u16, u16)) -> Model {
    let mut model = empty(kept, size);
    update(&mut model, at(2), Msg::JournalRead(intents()));
    press(&mut model, at(2), "7");
    model
}

fn journal(size: (u16, u16)) -> Model {
    journal_with(&ViewState::default(), size)
}

fn screen(model: &Model, size: (u16, u16)) -> Vec<String> {
    lines(&draw(model, at(4), size))
}

/// The line of the names of columns, and which one it is.
fn head(model: &Model, size: (u16, u16)) -> (u16, String) {
    let lines = screen(model, size);
    // By the sign of the one it is sorted by, which is always there.
    let found = lines.iter().enumerate().find(|(_, line)| line.contains(" ▲") || line.contains(" ▼"));
    let (at, line) = found.unwrap_or_else(|| panic!("no head: {lines:#?}"));
    (u16::try_from(at).unwrap(), line.clone())
}

fn is_id(word: &str) -> bool {
    word.starts_with("evt-") || word.starts_with("fp-")
}

/// The ids of the rows, from the top.
fn ids(model: &Model) -> Vec<String> {
    let id = |line: &String| line.split_whitespace().find(|word| is_id(word)).map(str::to_owned);
    screen(model, TALL).iter().filter_map(id).collect()
}

/// The id of the row under the cursor.
fn chosen(model: &Model) -> String {
    let lines = screen(model, TALL);
    let line = lines.iter().find(|line| line.contains("│▸")).unwrap();
    line.split_whitespace().find(|word| is_id(word)).unwrap().to_owned()
}

/// What stands in the column `On` of each row.
fn on(model: &Model) -> HashMap<String, String> {
    let line = head(model, TALL).1;
    let from = line[..line.find(" On ").unwrap()].chars().count() + 1;
    let cell = |line: &String| {
        let rest: String = line.chars().skip(from).collect();
        rest.split("  ").next().unwrap_or_default().to_lowercase()
    };
    let id = |line: &String| line.split_whitespace().find(|word| is_id(word)).map(str::to_owned);
    screen(model, TALL).iter().filter_map(|line| Some((id(line)?, cell(line)))).collect()
}

/// As two texts compare, of which the empty one stands last.
fn texts(a: &str, b: &str) -> Ordering {
    (a.is_empty() || a == "–").cmp(&(b.is_empty() || b == "–")).then(a.cmp(b))
}

/// Goes through the columns by `s`, and turns each round by `S`: the sign stands at its name, and the rows stand as
/// comparing puts them, equal ones with the newest first.
fn through<T>(
    model: &mut Model,
    columns: &[&str],
    rows: &[T],
    id: impl Fn(&T) -> String,
    compare: impl Fn(&str, &T, &T) -> Ordering,
) {
    for round in 0..2 {
        for column in columns {
            let expected = |turned: bool| {
                let mut rows: Vec<&T> = rows.iter().collect();
                rows.sort_by(|a, b| if turned { compare(column, b, a) } else { compare(column, a, b) });
                rows.into_iter().map(&id).collect::<Vec<_>>()
            };
            let descends = DESCENDING.contains(column);
            for turned in [false, true, false] {
                let sign = if descends != turned { "▼" } else { "▲" };
                let line = head(model, TALL).1;
                assert!(line.contains(&format!("{column} {sign}")), "{round} {column}: {line}");
                assert_eq!(ids(model), expected(turned), "{round} {column} {turned}");
                press(model, at(4), "S");
            }
            press(model, at(4), "Ss");
        }
    }
}

fn event_by(on: &HashMap<String, String>, column: &str, a: &Event, b: &Event) -> Ordering {
    let on = |event: &Event| &*on[&event.id.to_string()];
    let (code, error) = (|event: &Event| event.response_code, |event: &Event| event.error.clone());
    match column {
        "Time" => b.created_at.known().cmp(&a.created_at.known()),
        "Delivery" => a.delivery.cmp(&b.delivery),
        "Event" => a.about().cmp(b.about()),
        "On" => texts(on(a), on(b)),
        "Tries" => b.attempts.cmp(&a.attempts),
        "Answer" => match (code(a), code(b)) {
            (Some(a), Some(b)) if a != b => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            _ => {
                let text = |event: &Event| error(event).map(|error| error.as_str().to_lowercase()).unwrap_or_default();
                texts(&text(a), &text(b))
            }
        },
        "Entry" => a.id.cmp(&b.id),
        other => panic!("{other}"),
    }
}

fn past_by(on: &HashMap<String, String>, column: &str, a: &Past, b: &Past) -> Ordering {
    let on = |past: &Past| &*on[&past.intent.reference.to_string()];
    let amount = |past: &Past| past.intent.act.amount().map(|money| (money.currency(), Reverse(money.amount())));
    match column {
        "Time" => b.intent.asked_at.cmp(&a.intent.asked_at),
        "State" => a.stage.cmp(&b.stage),
        "Action" => a.intent.act.kind().cmp(&b.intent.act.kind()),
        "Amount" => match (amount(a), amount(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        },
        "On" => texts(on(a), on(b)),
        "Age" => match (a.stage.is_final(), b.stage.is_final()) {
            (false, false) => a.intent.asked_at.cmp(&b.intent.asked_at),
            (a, b) => a.cmp(&b),
        },
        "Reference" => a.intent.reference.cmp(&b.intent.reference),
        other => panic!("{other}"),
    }
}

#[test]
fn the_log_stands_in_the_order_of_each_column_and_turned_round() {
    let mut model = log(TALL);
    let on = on(&model);
    assert!(on.values().any(|on| on.starts_with('•')) && on.values().any(|on| on == "–"), "{on:?}");
    let events: Vec<Event> = entries().into_iter().map(|logged| logged.event).collect();
    let by = |column: &str, a: &Event, b: &Event| event_by(&on, column, a, b);
    through(&mut model, &LOG, &events, |event| event.id.to_string(), by);
}

#[test]
fn the_journal_stands_in_the_order_of_each_column_and_turned_round() {
    let mut model = journal(TALL);
    let on = on(&model);
    assert!(on.values().any(|on| on.contains('→')) && on.values().any(String::is_empty), "{on:?}");
    let newest_first: Vec<Past> = intents().into_iter().rev().collect();
    let by = |column: &str, a: &Past, b: &Past| past_by(&on, column, a, b);
    through(&mut model, &JOURNAL, &newest_first, |past| past.intent.reference.to_string(), by);
}

/// Keys that bring a list into the order of its `n`th column.
fn to_column(n: usize) -> String {
    "s".repeat(n)
}

#[test]
fn what_comes_in_goes_to_its_place_and_the_chosen_row_stays_chosen() {
    let whole = entries();
    for (n, column) in LOG.iter().enumerate() {
        for turned in ["", "S"] {
            let mut model = empty(&ViewState::default(), TALL);
            press(&mut model, at(2), &format!("6{}{turned}", to_column(n)));
            // Out of their order, page by page; the third page again as the last, with the same entries.
            let part = |k: usize| whole.iter().skip(k).step_by(4).cloned().collect::<Vec<_>>();
            answer(&mut model, at(3), Topic::WebhookEvents, 51, page(part(2), false));
            press(&mut model, at(4), "jjjj");
            let row = chosen(&model);
            for (asked, k) in [(52, 0), (53, 3), (54, 1), (55, 2)] {
                answer(&mut model, at(4), Topic::WebhookEvents, asked, page(part(k), false));
                assert_eq!(chosen(&model), row, "{column} {turned}");
            }
            let mut anew = log(TALL);
            press(&mut anew, at(4), &format!("{}{turned}", to_column(n)));
            assert_eq!(ids(&model), ids(&anew), "{column} {turned}");
        }
    }
    for (n, column) in JOURNAL.iter().enumerate() {
        let mut model = empty(&ViewState::default(), TALL);
        let some = intents();
        update(&mut model, at(2), Msg::JournalRead(some[..20].to_vec()));
        press(&mut model, at(2), &format!("7{}jjj", to_column(n)));
        let row = chosen(&model);
        for upto in 21..=some.len() {
            update(&mut model, at(3), Msg::JournalRead(some[..upto].to_vec()));
            assert_eq!(chosen(&model), row, "{column}");
        }
        let mut anew = journal(TALL);
        press(&mut anew, at(4), &to_column(n));
        assert_eq!(ids(&model), ids(&anew), "{column}");
    }
}

/// An entry that is told anew with another outcome, an intent whose outcome is found out.
#[test]
fn a_row_that_changes_goes_to_its_new_place_with_the_cursor() {
    let mut model = log(TALL);
    press(&mut model, at(4), "sjj");
    let row = chosen(&model);
    let before = ids(&model).iter().position(|id| *id == row).unwrap();
    let mut entry = entries().into_iter().find(|logged| logged.event.id.to_string() == row).unwrap();
    entry.event.delivery = fourpay::domain::webhook::DeliveryStatus::Pending;
    answer(&mut model, at(5), Topic::WebhookEvents, 60, page(vec![entry], false));
    let after = ids(&model).iter().position(|id| *id == row).unwrap();
    assert!(before == 2 && after > 20, "{before} {after}");
    assert_eq!(chosen(&model), row);
    let mut model = journal(TALL);
    press(&mut model, at(4), "s");
    let first = chosen(&model);
    let mut some = intents();
    let past = some.iter_mut().find(|past| past.intent.reference.to_string() == first).unwrap();
    past.stage = Stage::NeedsPerson;
    update(&mut model, at(5), Msg::JournalRead(some));
    assert!(ids(&model).iter().position(|id| *id == first).unwrap() > 20);
}

/// A card or an account that is read later has another name in the column `On`.
#[test]
fn a_name_that_is_read_later_moves_its_rows() {
    let mut model = Model::new(setup(), TALL, at(0));
    press(&mut model, at(2), "6sss");
    answer(&mut model, at(3), Topic::WebhookEvents, 51, page(entries(), false));
    update(&mut model, at(3), Msg::JournalRead(intents()));
    press(&mut model, at(3), "7ssss");
    let before = ids(&model);
    press(&mut model, at(3), "6");
    let log_before = ids(&model);
    fill(&mut model, at(4), 40);
    let mut anew = log(TALL);
    press(&mut anew, at(4), "sss");
    assert_eq!(ids(&model), ids(&anew));
    assert_ne!(ids(&model), log_before);
    press(&mut model, at(4), "7");
    let mut anew = journal(TALL);
    press(&mut anew, at(4), "ssss");
    assert_eq!(ids(&model), ids(&anew));
    assert_ne!(ids(&model), before);
}

/// Nothing was chosen: the first row is the one under the cursor, and stays it when others come in above it.
#[test]
fn at_the_top_the_first_row_is_chosen_until_another_one_is() {
    for (keys, expected) in [("", "evt-000990"), ("ssssss", "evt-000961")] {
        let mut model = empty(&ViewState::default(), TALL);
        press(&mut model, at(2), &format!("6{keys}"));
        answer(&mut model, at(3), Topic::WebhookEvents, 51, page(entries().split_off(20), false));
        let first = ids(&model)[0].clone();
        assert_eq!(chosen(&model), first, "{keys}");
        answer(&mut model, at(3), Topic::WebhookEvents, 52, page(entries().drain(10..20).collect(), false));
        assert_eq!(chosen(&model), first, "{keys}");
        assert_eq!(ids(&model)[0], expected, "{keys}");
        press(&mut model, at(4), "g");
        assert_eq!(chosen(&model), expected, "{keys}");
    }
}

#[test]
fn the_end_of_the_list_reads_older_entries_in_any_order() {
    for keys in ["S", "s", "sssss", "ssssss", "ssssssS"] {
        let mut model = log(TALL);
        let fetched = |model: &mut Model, keys: &str| {
            let effects = press(model, at(5), keys).into_iter().flat_map(|outcome| outcome.effects);
            effects.filter(|effect| matches!(effect, Effect::Fetch(Topic::OlderEvents(_)))).collect::<Vec<_>>()
        };
        assert_eq!(fetched(&mut model, &format!("{keys}G")), [], "{keys}");
        let last = chosen(&model);
        assert_eq!(fetched(&mut model, "G"), [Effect::Fetch(Topic::OlderEvents(40))], "{keys}");
        answer(&mut model, at(6), Topic::OlderEvents(40), 70, page((40..46).map(logged).collect(), true));
        assert_eq!((model.rows(), chosen(&model)), (46, last), "{keys}");
        assert_eq!(fetched(&mut model, "GGG"), [], "{keys}");
    }
}

#[test]
fn a_filter_leaves_the_order_and_the_order_leaves_the_filter() {
    let mut model = log(TALL);
    press(&mut model, at(4), "ssss");
    let whole = ids(&model);
    press(&mut model, at(4), "/status:failed<Enter>");
    let failed: Vec<String> = entries()
        .iter()
        .filter(|logged| logged.event.delivery == fourpay::domain::webhook::DeliveryStatus::Failed)
        .map(|logged| logged.event.id.to_string())
        .collect();
    let left: Vec<String> = whole.iter().filter(|id| failed.contains(id)).cloned().collect();
    assert_eq!(ids(&model), left);
    assert!(head(&model, TALL).1.contains("Tries ▼"));
    press(&mut model, at(4), "S");
    assert_eq!(ids(&model).len(), left.len());
    press(&mut model, at(4), "S<Esc>");
    assert_eq!(ids(&model), whole);
    let mut model = journal(TALL);
    press(&mut model, at(4), "sss");
    let whole = ids(&model);
    press(&mut model, at(4), "/transfer<Enter>");
    let left = ids(&model);
    assert_eq!(left.len(), 5);
    assert_eq!(whole.into_iter().filter(|id| left.contains(id)).collect::<Vec<_>>(), left);
}

/// Every column that is shown, at every size; the one it is sorted by stays where others have to go.
#[test]
fn a_click_on_the_name_of_a_column_of_the_log_or_the_journal_sorts_by_it() {
    for (open, columns) in [(log as fn((u16, u16)) -> Model, LOG), (journal, JOURNAL)] {
        for size in SIZES {
            let mut clicked = 0;
            for (n, column) in columns.iter().enumerate() {
                let mut by_key = open(size);
                press(&mut by_key, at(4), &to_column(n));
                let sign = if DESCENDING.contains(column) { ["▼", "▲"] } else { ["▲", "▼"] };
                let (_, line) = head(&by_key, size);
                assert!(line.contains(&format!("{column} {}", sign[0])), "{size:?} {column}: {line}");
                // From another column, where this one has room.
                let mut model = open(size);
                press(&mut model, at(4), if n == 0 { "s" } else { "" });
                let (row, line) = head(&model, size);
                let Some(x) = line.find(&format!(" {column}")) else { continue };
                let x = u16::try_from(line[..=x].width()).unwrap();
                clicked += 1;
                for sign in [sign[0], sign[1], sign[0]] {
                    update(&mut model, at(4), Msg::Clicked(x, row));
                    let (_, line) = head(&model, size);
                    assert!(line.contains(&format!("{column} {sign}")), "{size:?} {column}: {line}");
                }
                assert_eq!(model.kept(), by_key.kept());
            }
            assert!(clicked >= 4, "{size:?}: {clicked}");
        }
    }
    // Where no names are drawn there is nothing to sort by.
    let mut model = empty(&ViewState::default(), TALL);
    press(&mut model, at(2), "6");
    for row in 0..TALL.1 {
        update(&mut model, at(4), Msg::Clicked(4, row));
    }
    assert_eq!(model.kept(), ViewState::default());
}

#[test]
fn the_order_of_the_log_and_the_journal_outlives_the_program() {
    let mut model = log(TALL);
    press(&mut model, at(4), "ssssS");
    update(&mut model, at(4), Msg::JournalRead(intents()));
    press(&mut model, at(4), "7sss");
    let kept = model.kept();
    let text = serde_json::to_string(&kept).unwrap();
    assert!(
        text.contains(r#""webhooks":{"by":"tries","turned":true},"journal":{"by":"amount","turned":false}"#),
        "{text}"
    );
    let again: ViewState = serde_json::from_str(&text).unwrap();
    assert_eq!(again, kept);
    let rows = ids(&model);
    let next = journal_with(&again, TALL);
    assert_eq!((ids(&next), next.kept()), (rows, again.clone()));
    press(&mut model, at(4), "6");
    assert_eq!(ids(&log_with(&again, TALL)), ids(&model));
    // What was kept before these two had an order is read as ever.
    let old = r#"{"sorted":{"cards":{"by":"number","turned":true}},"filters":{"webhooks":"status:failed"}}"#;
    let old: ViewState = serde_json::from_str(old).unwrap();
    let model = log_with(&old, TALL);
    assert_eq!((model.kept(), model.rows()), (old, 16));
    assert!(head(&model, TALL).1.contains("Time ▼"));
}

/// A saved view of either pane keeps its order.
#[test]
fn a_view_of_the_log_keeps_its_order() {
    for (pane, column) in [(Pane::Webhooks, "tries"), (Pane::Journal, "age")] {
        let sorted = fourpay::app::view_state::SortState::by(pane, column, true).unwrap();
        assert_eq!(sorted.word(pane), Some((column, true)));
        assert!(pane.columns().contains(&column));
    }
    assert_eq!(fourpay::app::view_state::SortState::by(Pane::Journal, "tries", false), None);
}
