//! Pane 5: what it shows of a range, at each size, and where its lines lead.

use fourpay::app::Model;
use fourpay::app::appearance::Appearance;
use fourpay::app::msg::{Answer, Msg, Setup, Sought, Topic};
use fourpay::app::pane::Pane;
use fourpay::app::update;
use fourpay::domain::failure::FailureKind;
use fourpay::domain::field::Field;
use fourpay::domain::money::Currency;
use fourpay::domain::settings::LowBalance;
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::{Costs, Feed, More, Transaction, TransactionKind, TransactionStatus};
use proptest::prelude::*;

use crate::fixture::*;
use crate::screens::picture;

const SIZES: [(u16, u16); 3] = [(80, 24), (100, 30), (160, 48)];

fn with_thresholds() -> Setup {
    let low = |currency, amount: i64| LowBalance { currency, amount: amount.into() };
    let low_balance = vec![low(Some(Currency::EUR), 5_000), low(None, 1_000)];
    Setup { decline_rate: Some(25), low_balance, ..setup() }
}

/// Purchases of the last days as the rows of the fixture are, and what accounts gave on each of forty days.
fn rows() -> (Vec<Transaction>, Vec<Transaction>) {
    let day = |n: usize| wall() - chrono::TimeDelta::minutes(97 * n as i64);
    let of_cards = (0..600).map(|n| {
        let row = transaction(n);
        let declined = row.status == TransactionStatus::Declined;
        // One card is declined again and again.
        let card = if declined && n.is_multiple_of(2) { card(2) } else { card(mix(n) % 130) };
        Transaction { account: card.account.clone(), card: Some(card.id), created_at: Field::Known(day(n)), ..row }
    });
    let given = |n: usize, account: usize, cents: i64| Transaction {
        feed: Feed::Accounts,
        kind: TransactionKind::Withdrawal,
        status: TransactionStatus::Completed,
        account: Some(account_id(account)),
        card: None,
        merchant: None,
        amount: Field::Known(if account == 3 { eur(cents) } else { usd(cents) }),
        created_at: Field::Known(wall() - chrono::TimeDelta::hours(24 * n as i64 + 3)),
        more: None,
        ..transaction(3_000 + 40 * account + n)
    };
    let of_accounts = (0..40).flat_map(|n| {
        let main = given(n, 0, 80_000 + 1_000 * (mix(n) % 20) as i64);
        let euro = given(n, 3, 150_000);
        let travel = n.is_multiple_of(9).then(|| given(n, 2, 5_000));
        [Some(main), Some(euro), travel].into_iter().flatten()
    });
    (of_cards.collect(), of_accounts.collect())
}

fn looking_with(setup: Setup, size: (u16, u16)) -> Model {
    let mut model = Model::new(setup, size, at(0));
    fill(&mut model, at(1), 0);
    people(&mut model);
    let (cards, accounts) = rows();
    answer(&mut model, at(2), Topic::History(Feed::Cards), 10, Answer::Transactions(batch(cards)));
    answer(&mut model, at(2), Topic::History(Feed::Accounts), 11, Answer::Transactions(batch(accounts)));
    press(&mut model, at(3), "5");
    look(&mut model, at(4));
    model
}

fn looking(size: (u16, u16)) -> Model {
    looking_with(with_thresholds(), size)
}

fn seen(model: &Model, size: (u16, u16)) -> String {
    lines(&draw(model, at(5), size)).join("\n")
}

#[test]
fn a_day_and_a_month_at_each_size() {
    for size in SIZES {
        let mut model = looking(size);
        let name = |what: &str| format!("insights_{what}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name("today"), picture(&draw(&model, at(5), size)));
        press(&mut model, at(5), "]]]");
        insta::assert_snapshot!(name("30_days"), picture(&draw(&model, at(5), size)));
    }
}

#[test]
fn in_ascii_and_in_private() {
    let size = (160, 48);
    let appearance = Appearance { ascii: true, ..Appearance::default() };
    let mut model = looking_with(Setup { appearance, ..with_thresholds() }, size);
    press(&mut model, at(5), "]]");
    let shown = draw(&model, at(5), size);
    assert!(shown.content.iter().all(|cell| cell.symbol().is_ascii()));
    insta::assert_snapshot!("insights_ascii_160x48", picture(&shown));
    // Names and amounts are hidden, counts are not.
    let mut model = looking(size);
    press(&mut model, at(5), "]]P");
    let seen = seen(&model, size);
    for hidden in ["Main", "Ads", "Blue Bottle", "31,002.10"] {
        assert!(!seen.contains(hidden), "{hidden}: {seen}");
    }
    assert!(seen.contains("purchases"), "{seen}");
    // The filter that a line leads to names nobody either.
    let shown = |model: &Model| lines(&draw(model, at(5), size)).join("\n");
    for _ in 0..40 {
        if shown(&model).lines().any(|line| line.contains("▸ card is frozen")) {
            break;
        }
        press(&mut model, at(5), "j");
    }
    press(&mut model, at(5), "<Right><Right><Enter>");
    assert_eq!((model.focus(), model.rows()), (Pane::Transactions, 2));
    assert!(shown(&model).contains("merchant:=\"••••") && !shown(&model).contains("Meta Ads"), "{}", shown(&model));
    // Nor where it stands selected, to be typed over.
    press(&mut model, at(5), "/");
    assert!(shown(&model).contains("/[sum:") && !shown(&model).contains("Meta Ads"), "{}", shown(&model));
}

#[test]
fn before_anything_came_and_when_only_a_part_is_loaded() {
    let size = (100, 30);
    let mut model = Model::new(with_thresholds(), size, at(0));
    press(&mut model, at(0), "5");
    let waiting = seen(&model, size);
    assert!(waiting.contains("reading the transactions") && !waiting.contains("0.00"), "{waiting}");
    // The newest rows alone: what the range begins with is not here, and said so.
    let mut model = fresh(size);
    press(&mut model, at(2), "5]]]]");
    insta::assert_snapshot!("insights_part_100x30", picture(&draw(&model, at(5), size)));
}

/// A feed that was refused or not read yet is no empty feed: nothing is whole, compared or without money out because of it.
#[test]
fn a_feed_that_was_not_read_is_said_and_counts_as_nothing() {
    let size = (160, 48);
    let (cards, accounts) = rows();
    let read = |answered: Feed, refused: bool| {
        let mut model = Model::new(with_thresholds(), size, at(0));
        answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(crate::fixture::accounts())));
        let of_feed = if answered == Feed::Cards { cards.clone() } else { accounts.clone() };
        let other = if answered == Feed::Cards { Feed::Accounts } else { Feed::Cards };
        answer(&mut model, at(2), Topic::History(answered), 10, Answer::Transactions(batch(of_feed)));
        if refused {
            let refusal = failure(FailureKind::Forbidden, "read the transactions");
            fail(&mut model, at(2), Topic::Newest(other), 11, refusal);
        }
        press(&mut model, at(3), "5]]");
        look(&mut model, at(4));
        model
    };
    for (answered, other) in [(Feed::Cards, "accounts"), (Feed::Accounts, "cards")] {
        for (refused, why) in [(true, "could not be read"), (false, "are not read yet")] {
            let mut model = read(answered, refused);
            let shown = seen(&model, size);
            assert!(shown.contains(&format!("transactions of {other} {why}")), "{shown}");
            assert!(!shown.contains("against") && !shown.contains("no money out"), "{shown}");
            assert!(shown.contains("what leaves it is not known") && !shown.contains("✓ nothing"), "{shown}");
            assert!(!shown.contains("no purchases"), "{shown}");
            press(&mut model, at(4), "1g");
            let summary = seen(&model, size);
            assert!(summary.contains(&format!("transactions of {other}")), "{summary}");
        }
    }
}

#[test]
fn enter_shows_the_rows_behind_a_line_and_escape_comes_back() {
    let size = (160, 48);
    let mut model = looking(size);
    press(&mut model, at(5), "1j5");
    let account = model.account().cloned();
    assert!(account.is_some());
    press(&mut model, at(5), "]]g");
    let before = seen(&model, size);
    press(&mut model, at(5), "<Enter>");
    assert_eq!((model.focus(), model.account()), (Pane::Transactions, None));
    let rows = seen(&model, size);
    assert!(rows.contains("/sum:spent currency:=USD") && model.rows() > 0, "{rows}");
    press(&mut model, at(5), "<Esc>");
    assert_eq!((model.focus(), model.account()), (Pane::Insights, account.as_ref()));
    assert_eq!(seen(&model, size), before);
    // A cell of the table: its rows are as many as it says.
    let of_a_reason = |model: &Model| seen(model, size).lines().any(|line| line.contains("▸ card is frozen"));
    for _ in 0..40 {
        if of_a_reason(&model) {
            break;
        }
        press(&mut model, at(5), "j");
    }
    press(&mut model, at(5), "<Right><Right><Enter>");
    let rows = seen(&model, size);
    assert!(rows.contains("reason:=\"card is frozen\" merchant:=\"Meta Ads\"") && model.rows() == 2, "{rows}");
    press(&mut model, at(5), "<Esc><Esc>");
    assert_ne!(model.focus(), Pane::Insights);
}

/// What the sum of a line says is what the list behind it adds up to.
#[test]
fn the_rows_behind_declines_are_the_declines() {
    let size = (160, 48);
    let mut model = looking(size);
    press(&mut model, at(5), "]]]");
    let today = seen(&model, size);
    let line = today.lines().find(|line| line.contains("purchases declined")).unwrap();
    let declined: usize = line.split(" of ").next().unwrap().split_whitespace().last().unwrap().parse().unwrap();
    for _ in 0..20 {
        if seen(&model, size).lines().any(|line| line.contains('▸') && line.contains("purchases declined")) {
            break;
        }
        press(&mut model, at(5), "j");
    }
    press(&mut model, at(5), "<Enter>");
    assert_eq!(model.rows(), declined);
}

#[test]
fn a_click_chooses_the_line_that_is_drawn_there() {
    let size = (160, 48);
    let mut model = looking(size);
    let shown = lines(&draw(&model, at(5), size));
    let y = shown.iter().position(|line| line.contains("Travel")).unwrap();
    let x = shown[y].split("Travel").next().unwrap().chars().count();
    update(&mut model, at(5), Msg::Clicked(u16::try_from(x).unwrap(), u16::try_from(y).unwrap()));
    let now = lines(&draw(&model, at(5), size));
    assert!(now[y].contains("▸ Travel"), "{}", now[y]);
    // Where no line is, nothing is chosen.
    update(&mut model, at(5), Msg::Clicked(100, 46));
    assert!(lines(&draw(&model, at(5), size))[y].contains("▸ Travel"));
}

/// An arrival counts at once, and a change takes the old row out.
#[test]
fn sums_follow_what_comes() {
    let size = (160, 48);
    let mut model = looking(size);
    let count = |model: &Model| {
        let shown = seen(model, size);
        let line = shown.lines().find(|line| line.contains("purchases declined")).unwrap().to_owned();
        line.split("purchases declined").next().unwrap().split_whitespace().rev().take(3).collect::<Vec<_>>().join(" ")
    };
    let before = count(&model);
    let arrival = |status| Transaction {
        kind: TransactionKind::Purchase,
        status,
        created_at: Field::Known(wall()),
        updated_at: Field::Absent,
        more: Some(Box::new(More { decline_reason: Some(SafeText::name("R47")), ..More::default() })),
        ..transaction(9_001)
    };
    let came = vec![arrival(TransactionStatus::Authorized)];
    answer(&mut model, at(6), Topic::Newest(Feed::Cards), 20, Answer::Transactions(batch(came)));
    let authorized = count(&model);
    let came = vec![arrival(TransactionStatus::Declined)];
    answer(&mut model, at(7), Topic::Newest(Feed::Cards), 21, Answer::Transactions(batch(came)));
    let declined = count(&model);
    assert!(before != authorized && authorized != declined, "{before} {authorized} {declined}");
}

/// The details of "All accounts" and of one account are the day in short.
#[test]
fn the_details_of_accounts_are_their_summary() {
    let size = (160, 48);
    let mut model = looking(size);
    press(&mut model, at(5), "1g");
    insta::assert_snapshot!("summary_all_160x48", picture(&draw(&model, at(5), size)));
    press(&mut model, at(5), "j");
    let one = seen(&model, size);
    assert!(one.contains("≈ 33 days") && one.contains("920.00 USD a day"), "{one}");
    // Before anything came nothing is said to be none.
    let mut model = Model::new(with_thresholds(), size, at(0));
    answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
    press(&mut model, at(1), "1g");
    let early = seen(&model, size);
    assert!(early.contains("│ …") && !early.contains("no purchases"), "{early}");
}

/// Rows that differ in everything that lines tell apart, in ways that a filter for parts of texts would confuse.
fn any_rows() -> impl Strategy<Value = Vec<Transaction>> {
    let merchants =
        [None, Some("Uber"), Some("Uber Eats"), Some("uber"), Some("Shop \"9\""), Some("Ads (EU)"), Some("=")];
    let kinds = ["purchase", "purchase", "purchase", "purchase_return", "refund", "top_up", "fee", "fee_odd", "payin"];
    let statuses = ["completed", "authorized", "declined", "declined", "canceled", "reversed"];
    let row = (
        (prop::sample::select(merchants.to_vec()), prop::sample::select(kinds.to_vec())),
        (prop::sample::select(statuses.to_vec()), 0usize..5, prop::bool::weighted(0.9)),
        (-30i64..60_000, prop::option::of(0usize..5), prop::bool::ANY),
        (prop::option::of(prop::sample::select(vec!["limit", "limit exceeded", "no money"])), 0i64..3, prop::bool::ANY),
    );
    let row = row.prop_map(
        |((merchant, kind), (status, amount, reads), (minutes, of_card, of_cards), (reason, fee, mcc))| {
            let card = of_card.map(|at| if at == 4 { card_id(9_999) } else { card([0, 2, 5, 9][at]).id });
            let money = [usd(1_000), usd(2_000), eur(1_000), usd(1_000), usd(999)][amount];
            let reason = reason.map(SafeText::name);
            Transaction {
                feed: if of_cards { Feed::Cards } else { Feed::Accounts },
                kind: TransactionKind::from_wire(kind),
                status: TransactionStatus::from_wire(status),
                account: Some(account_id(amount % 4)),
                card,
                merchant: merchant.map(SafeText::name),
                category: mcc.then(|| SafeText::name("5812")),
                amount: if reads { Field::Known(money) } else { Field::Absent },
                created_at: Field::Known(wall() - chrono::TimeDelta::minutes(minutes)),
                updated_at: Field::Absent,
                costs: (fee > 0).then(|| Box::new(Costs { fee: Field::Known(eur(fee - 1)), ..Costs::default() })),
                more: reason.map(|reason| Box::new(More { decline_reason: Some(reason), ..More::default() })),
                ..transaction(0)
            }
        },
    );
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let with_id = |(at, row)| Transaction { id: transaction_id(20_000 + at), ..row };
        let certain = Transaction {
            status: TransactionStatus::Declined,
            kind: TransactionKind::Purchase,
            created_at: Field::Known(wall()),
            ..transaction(19_999)
        };
        rows.into_iter().enumerate().map(with_id).chain([certain]).collect()
    })
}

/// What the line under the cursor says how many rows it counted; `None` of lines that count none.
fn counted(shown: &str) -> Option<usize> {
    let heads = ["Money left", "Money", "Needs you", "Declined:", "Newest declines"];
    let mut section = "";
    let mut lines = shown.lines().map(|line| line.trim_matches(['│', ' ']));
    let line = lines.find_map(|line| match line.strip_prefix('▸') {
        Some(rest) => Some(rest.trim().to_owned()),
        None => {
            section = heads.into_iter().find(|head| line.starts_with(head)).unwrap_or(section);
            None
        }
    })?;
    let number = |text: &str| text.replace(',', "").parse::<usize>().ok();
    let before = |mark: &str| line.split(mark).next()?.split_whitespace().next_back().and_then(number);
    let after = |mark: &str| line.split(mark).nth(1)?.split_whitespace().next().and_then(number);
    match section {
        "Money" if line.contains("purchases declined") => before(" of "),
        "Money" if line.starts_with('?') => after("? "),
        "Money" => after(" in "),
        "Needs you" if line.contains("not paid later") => after("≈ "),
        "Needs you" if line.ends_with("declined") || line.contains(" times") => before(" times"),
        "Declined:" => line.split_whitespace().next_back()?.split('/').next().and_then(number),
        "Newest declines" => Some(1),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// `Enter` on a line leaves exactly the rows that the line counted, whatever they are and however they are told apart.
    #[test]
    fn a_line_leads_to_the_rows_that_it_counted(
        rows in any_rows(),
        found in 0usize..3,
        (ranges, properties, columns) in (0usize..5, 0usize..8, 0usize..8),
    ) {
        // One panel, and room for all of it.
        let size = (128, 160);
        let mut model = Model::new(with_thresholds(), size, at(0));
        fill(&mut model, at(1), 0);
        people(&mut model);
        let (searched, read) = rows.split_at(found.min(rows.len() - 1));
        for (feed, asked) in [(Feed::Cards, 10), (Feed::Accounts, 11)] {
            let of_feed = read.iter().filter(|row| row.feed == feed).cloned().collect();
            answer(&mut model, at(2), Topic::History(feed), asked, Answer::Transactions(batch(of_feed)));
            let of_feed: Vec<_> = searched.iter().filter(|row| row.feed == feed).cloned().collect();
            let sought = Sought {
                feed,
                card: None,
                account: None,
                kinds: Vec::new(),
                statuses: Vec::new(),
                from: None,
                to: wall(),
                offset: 0,
                whole: false,
            };
            let sought = Topic::Search(Box::new(sought));
            answer(&mut model, at(2), sought, asked + 10, Answer::Transactions(batch(of_feed)));
        }
        press(&mut model, at(3), "5");
        press(&mut model, at(3), &"]".repeat(ranges));
        press(&mut model, at(3), &".".repeat(properties));
        press(&mut model, at(3), &",".repeat(columns));
        look(&mut model, at(4));
        let mut before = String::new();
        let mut asked = 0;
        press(&mut model, at(5), "g");
        for _ in 0..80 {
            let shown = seen(&model, size);
            if shown == before {
                break;
            }
            if let Some(counted) = counted(&shown) {
                asked += 1;
                press(&mut model, at(5), "<Enter>");
                prop_assert_eq!(model.focus(), Pane::Transactions);
                prop_assert_eq!(model.rows(), counted, "{}\n{}", shown, seen(&model, size));
                press(&mut model, at(5), "<Esc>");
                prop_assert_eq!(model.focus(), Pane::Insights);
            }
            before = shown;
            press(&mut model, at(5), "j");
        }
        // Yesterday may have had none.
        prop_assert!(asked > 0 || ranges == 1);
    }
}
