//! Books of a few records: what is added up, what is said, and that no text of others means anything in a file.

use proptest::prelude::*;

use super::*;
use crate::domain::account::AccountStatus;
use crate::domain::card::MaskedNumber;
use crate::domain::field::Field;
use crate::domain::ids::TransactionId;
use crate::domain::transaction::{Costs, More};
use crate::export::csv;

fn usd(text: &str) -> Field<Money> {
    Field::Known(Money::parse(text, Currency::USD).unwrap())
}

fn account(id: &str, name: &str, balance: Field<Money>) -> Account {
    Account {
        id: AccountId::parse(id).unwrap(),
        name: SafeText::name(name),
        currency: Some(Currency::USD),
        balance,
        held: Field::Absent,
        available: Field::Absent,
        status: AccountStatus::from_wire("active"),
        cards: None,
        card_kinds: Vec::new(),
        transfer_allowed: None,
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

fn card(id: &str, account: &str, available: Field<Money>) -> Card {
    Card {
        id: CardId::parse(id).unwrap(),
        account: AccountId::parse(account),
        holder_id: None,
        holder: None,
        holder_email: None,
        name: None,
        status: CardStatus::Active,
        kind: None,
        network: None,
        number: MaskedNumber { bin: None, last_four: None },
        balance: Field::Absent,
        available,
        spent: Field::Absent,
        expiry: Field::Absent,
        limits: Field::Absent,
        wallets: Vec::new(),
        created_at: Field::Absent,
        updated_at: Field::Absent,
    }
}

/// A row of `account` or `account/card`, a minute after the one before it.
fn row(number: usize, at: &str, kind: &str, status: &str, amount: Field<Money>) -> Transaction {
    let (account, card) = at.split_once('/').map_or((at, None), |(account, card)| (account, Some(card)));
    let time = DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(i64::try_from(number).unwrap());
    Transaction {
        id: TransactionId::parse(&format!("row-{number}")).unwrap(),
        feed: if card.is_some() { Feed::Cards } else { Feed::Accounts },
        account: AccountId::parse(account),
        card: card.and_then(CardId::parse),
        amount,
        kind: TransactionKind::from_wire(kind),
        status: TransactionStatus::from_wire(status),
        merchant: None,
        category: None,
        created_at: Field::Known(time),
        updated_at: Field::Absent,
        merchant_country: None,
        costs: None,
        more: None,
    }
}

fn made(accounts: &[Account], cards: &[Card], rows: &[Transaction]) -> Books {
    let shared = BTreeSet::new();
    books(&Records { accounts, shared: &shared, cards, rows }, &Period::default())
}

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

/// A book that cannot be made has no ledger, and what is wrong with it still belongs to its account.
#[test]
fn a_problem_stays_with_its_account_when_there_is_no_ledger() {
    let mut nameless = account("a1", "Main", Field::Absent);
    nameless.currency = None;
    let accounts = [nameless, account("a2", "Main: other", usd("0"))];
    let cards = [card("c1", "a1", usd("7")), card("c2", "a2", usd("7"))];
    let all = made(&accounts, &cards, &[row(0, "a1/c1", "top_up", "completed", Field::Unreadable)]);
    let texts = |account: &str, with_cards| {
        let mut books = all.clone();
        books.keep(&id(account), with_cards);
        books.problem_texts()
    };
    assert_eq!(texts("a1", false), ["Main: its currency is not known, so it is left out"]);
    let with_cards = texts("a1", true);
    assert_eq!(with_cards.len(), 3, "{with_cards:?}");
    assert!(with_cards.iter().any(|text| text.contains("1 transactions without a readable amount are not counted")));
    assert!(with_cards.iter().any(|text| text.contains("add up to 0.00 USD, but 4pay reports 7.00 USD now")));
    // The other account's card has money that no row explains.
    assert_eq!(texts("a2", false), Vec::<String>::new());
    assert_eq!(texts("a2", true).len(), 1);
}

/// A card of which no list says the account may be one of any.
#[test]
fn a_card_of_an_unknown_account_is_said_for_every_account() {
    let mut row = row(0, "x/c9", "top_up", "completed", usd("5"));
    row.account = None;
    let mut books = made(&[account("a1", "Main", usd("0"))], &[], &[row]);
    books.keep(&id("a1"), true);
    let texts = books.problem_texts();
    assert!(texts.iter().any(|text| text.contains("its account is not known, so it is left out")), "{texts:?}");
    assert!(books.ledgers.iter().all(Ledger::is_account));
}

#[test]
fn only_what_was_matched_counts_as_matched_and_once() {
    let accounts = [account("a1", "Main", usd("-8")), account("a2", "Ads", usd("3"))];
    let cards = [card("c1", "a1", usd("5"))];
    let rows = [
        row(0, "a1", "withdrawal", "completed", usd("5")),
        row(1, "a1/c1", "top_up", "completed", usd("5")),
        row(2, "a1", "transfer", "completed", usd("-3")),
        row(3, "a2", "payin", "completed", usd("3")),
        // Its other half never came.
        row(200, "a1", "transfer", "completed", usd("-9")),
    ];
    let books = made(&accounts, &cards, &rows);
    assert_eq!(books.matched_moves(), (2, 2), "{:?}", books.pairs);
    assert_eq!(books.pairs.orphans.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>(), ["row-200"]);
}

/// More digits than a decimal holds: an error that names the account, not a rounded number and no panic.
#[test]
fn what_cannot_be_added_up_exactly_is_left_out_by_name() {
    let accounts = [account("a1", "Main", Field::Absent), account("a2", "Ads", usd("1"))];
    let cards = [card("c1", "a2", usd("9999999999999999999999999999"))];
    let rows = [
        row(0, "a1", "payin", "completed", usd("9999999999999999999999999999")),
        row(1, "a1", "payin", "completed", usd("0.000000001")),
        row(2, "a2", "payin", "completed", usd("1")),
        row(3, "a2/c1", "purchase", "authorized", usd("0.000000001")),
    ];
    let books = made(&accounts, &cards, &rows);
    assert_eq!(books.ledgers.iter().map(Ledger::title).collect::<Vec<_>>(), ["Ads"]);
    let says = "its amounts have more digits than can be added up exactly, so it is left out";
    assert_eq!(books.problem_texts(), [format!("Main: {says}"), format!("Ads card c1: {says}")]);
    // What came in and what went out may be too much although the balance is not.
    let most = "7000000000000000000000000000";
    let many: Vec<Transaction> = (0..40)
        .map(|at| row(at, "a1", if at % 2 == 0 { "payin" } else { "withdrawal" }, "completed", usd(most)))
        .collect();
    let books = made(&[account("a1", "Main", usd("0"))], &[], &many);
    assert!(books.ledgers.is_empty() && books.problem_texts() == [format!("Main: {says}")], "{books:?}");
}

/// What open transactions hold is not nothing because it cannot be read.
#[test]
fn a_hold_that_is_not_known_is_not_zero() {
    let accounts = [account("a1", "Main", usd("0"))];
    let cards = [card("c1", "a1", usd("10"))];
    let top_up = row(0, "a1/c1", "top_up", "completed", usd("10"));
    let compared = |open: Transaction| {
        let books = made(&accounts, &cards, &[top_up.clone(), open]);
        (
            books.ledgers.iter().find(|ledger| !ledger.is_account()).unwrap().check.clone(),
            books.problem_texts().concat(),
        )
    };
    let (check, problems) = compared(row(1, "a1/c1", "purchase", "authorized", Field::Unreadable));
    assert!(matches!(check, BalanceCheck::NotCompared(_)), "{check:?}");
    assert!(problems.contains("1 open transactions hold an amount that is not known"), "{problems}");
    let mut with_fee = row(1, "a1/c1", "purchase", "authorized", usd("1"));
    with_fee.costs = Some(Box::new(Costs { fee: Field::Unreadable, ..Costs::default() }));
    assert!(matches!(compared(with_fee).0, BalanceCheck::NotCompared(_)));
    assert!(matches!(compared(row(1, "a1/c1", "mystery", "pending", usd("1"))).0, BalanceCheck::NotCompared(_)));
    // What is known to be held was in the balance: 10 on the card, and 1 held of what was 11.
    assert!(matches!(compared(row(1, "a1/c1", "purchase", "authorized", usd("1"))).0, BalanceCheck::Differs { .. }));
}

#[test]
fn a_row_whose_way_is_not_known_is_in_no_balance() {
    let rows = [
        row(0, "a1", "payin", "completed", usd("5")),
        row(1, "a1", "refund", "completed", usd("-1")),
        row(2, "a1", "cashback", "completed", usd("1")),
        row(3, "a1", "payin", "reversed", usd("1")),
    ];
    let books = made(&[account("a1", "Main", usd("5"))], &[], &rows);
    assert_eq!((books.ledgers[0].closing, &books.ledgers[0].check), (5.into(), &BalanceCheck::Agrees));
    assert_eq!(
        books.problem_texts(),
        [
            "Main: 1 transactions in the unknown state reversed are not counted",
            "Main: 1 transactions of the kind cashback, which may be money in or out, are not counted",
            "Main: 1 transactions of the kind refund with a minus that contradicts it are not counted",
        ]
    );
}

/// Names that are the same but for case and signs are never one account.
#[test]
fn no_two_ledgers_share_a_name() {
    let ids = ["a.b", "a-b", "A_b", "a+b", "a b1".trim_end_matches(" b1"), "x-main"];
    let accounts: Vec<Account> = ids
        .iter()
        .zip(["main", "Main", "MAIN", "M/ain", "Main", "Main-A-b"])
        .map(|(id, name)| account(id, name, usd("0")))
        .collect();
    let books = made(&accounts, &[], &[]);
    let named: BTreeSet<String> = names::names(&books).into_values().map(|name| name.to_lowercase()).collect();
    assert_eq!(named.len(), ids.len(), "{named:?}");
}

// ── Hostile texts ──────────────────────────────────────────────────────────────────────────────────────────────────

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<".to_owned()),
        Just("&amp;".to_owned()),
        Just("]]>".to_owned()),
        Just("<STMTTRN>".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
        Just("; date:2020-01-01".to_owned()),
        Just("  ".to_owned()),
        Just("\t".to_owned()),
        Just("\r\n2020-01-01 * x\n  Assets:X  5 USD\n".to_owned()),
        Just(" | note".to_owned()),
        Just("* ! (x) = 5 USD".to_owned()),
        Just("\u{202e}\u{7}\u{0}\u{feff}".to_owned()),
        Just("=1+1".to_owned()),
        Just(",\"a\",".to_owned()),
        Just("ы".repeat(10_000)),
        ".{0,12}",
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn hostile_id() -> impl Strategy<Value = String> {
    "[!-~]{1,40}"
}

/// Every element is closed in its order, and nothing but the five entities is escaped.
fn is_well_formed(text: &str) -> Result<usize, String> {
    let (mut open, mut count) = (Vec::new(), 0);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        for part in before.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;"].iter().any(|entity| part.starts_with(entity));
            if !known {
                return Err(format!("an entity: {part:?}"));
            }
        }
        if before.contains('>') || before.chars().any(|c| c.is_control() && c != '\n') {
            return Err(format!("a text: {before:?}"));
        }
        let end = tag.find('>').ok_or("an open tag")?;
        let (name, after) = (&tag[1..end], &tag[end + 1..]);
        rest = after;
        if name.starts_with('?') {
            continue;
        }
        match name.strip_prefix('/') {
            Some(name) if open.pop() != Some(name.to_owned()) => return Err(format!("</{name}> of {open:?}")),
            Some(_) => {}
            None => {
                count += usize::from(name == "STMTTRN" || name == "Ntry");
                open.push(name.split(' ').next().unwrap_or_default().to_owned());
            }
        }
    }
    if open.is_empty() { Ok(count) } else { Err(format!("never closed: {open:?}")) }
}

/// RFC 4180, strictly.
fn fields_of(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut lines, mut line, mut field, mut chars) = (Vec::new(), Vec::new(), String::new(), text.chars().peekable());
    loop {
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next() {
                    Some('"') if chars.next_if_eq(&'"').is_some() => field.push('"'),
                    Some('"') => break,
                    Some(c) => field.push(c),
                    None => return Err("an open quote".into()),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| !matches!(c, ',' | '\r' | '\n')) {
                if c == '"' {
                    return Err("a quote in a plain field".into());
                }
                field.push(c);
            }
        }
        line.push(std::mem::take(&mut field));
        match (chars.next(), chars.peek()) {
            (Some(','), _) => {}
            (Some('\r'), Some('\n')) => {
                chars.next();
                lines.push(std::mem::take(&mut line));
                if chars.peek().is_none() {
                    return Ok(lines);
                }
            }
            other => return Err(format!("after a field: {other:?}")),
        }
    }
}

/// Whether a line is strings in quotes and nothing else behind a date and a flag.
fn is_head_of_beancount(line: &str) -> bool {
    let Some(rest) = line.get(10..).and_then(|rest| rest.strip_prefix(" * ")) else { return false };
    let (mut quotes, mut escaped) = (0, false);
    for c in rest.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quotes += 1,
            ' ' => {}
            _ if quotes % 2 == 0 => return false,
            _ => {}
        }
    }
    !escaped && matches!(quotes, 2 | 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever others write, each file has exactly the movements that were booked, and no text is more than text.
    #[test]
    fn no_text_means_anything_in_any_format(
        name in hostile(), merchant in hostile(), description in hostile(), kind in hostile(),
        account_id in hostile_id(), card_id in hostile_id(), row_id in hostile_id(),
    ) {
        let accounts = [account(&account_id, &name, usd("9.50"))];
        let cards = [card(&card_id, &account_id, usd("1"))];
        let mut rows = vec![
            row(1, "a", "payin", "completed", usd("10")),
            row(2, "a", "withdrawal", "completed", usd("1")),
            row(3, "a", "payin", "completed", usd("0.50")),
            row(4, "a/c", "top_up", "completed", usd("1")),
            // A kind that nobody knows is booked where a minus says its way.
            row(5, "a", &format!("x{kind}"), "completed", usd("-1")),
            row(6, "a", "payin", "completed", usd("1")),
        ];
        rows[0].merchant = Some(SafeText::name(&merchant)).filter(|text| !text.is_empty());
        let description = Some(SafeText::prose(&description)).filter(|text| !text.is_empty());
        rows[1].more = Some(Box::new(More { description, ..More::default() }));
        if let Some(id) = TransactionId::parse(&row_id) {
            rows[2].id = id;
        }
        for row in &mut rows {
            row.account = AccountId::parse(&account_id);
            row.card = row.card.as_ref().and_then(|_| CardId::parse(&card_id));
        }
        let books = made(&accounts, &cards, &rows);
        let cut = |text: &String| text.ends_with(" descriptions are longer than 500 characters and are cut");
        prop_assert!(books.problem_texts().iter().all(cut), "{:?}", books.problems);
        let day = |at: DateTime<Utc>| at.date_naive();
        let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let about = About { made_at: DateTime::UNIX_EPOCH, first, last: first, day: &day };

        prop_assert_eq!(is_well_formed(&ofx::file(&books, &about).text), Ok(5));
        prop_assert_eq!(is_well_formed(&camt::file(&books, &about).text), Ok(5));

        let table = table::of_books(&books, about.made_at);
        let lines = fields_of(&String::from_utf8(csv::bytes(&table, false)).unwrap()).unwrap();
        prop_assert_eq!(lines.len(), 1 + 5 + 1 + 4);
        prop_assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{:?}", lines);
        let plain = |text: &str| text.strip_prefix('\'').unwrap_or(text).to_owned();
        let text = lines[0].iter().position(|name| name == "text").unwrap();
        if let Some(merchant) = &rows[0].merchant {
            prop_assert!(lines.iter().any(|line| plain(&line[text]) == plain(merchant.as_str())));
        }

        let is_date = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        let journal = hledger::file(&books, &about).text;
        let heads: Vec<&str> = journal.lines().filter(is_date).collect();
        prop_assert_eq!(heads.len(), 6 + 1, "{}", journal);
        prop_assert!(heads.iter().all(|line| line.starts_with("1970-01-01 * ") && !line.contains([';', '|', '\t'])));
        let declared: BTreeSet<&str> = journal.lines().filter_map(|line| line.strip_prefix("account ")).collect();
        for line in journal.lines().filter(|line| line.starts_with("    ") && !line.starts_with("    ;")) {
            let (account, amount) = line.trim_start().split_once("  ").unwrap();
            prop_assert!(declared.contains(account), "{}", line);
            prop_assert!(amount.bytes().all(|b| b.is_ascii_alphanumeric() || b"-. =".contains(&b)), "{}", line);
        }
        let others = journal.lines().filter(|line| !line.is_empty() && !is_date(line) && !line.starts_with("    "));
        for line in others {
            prop_assert!([";", "decimal-mark", "commodity", "account"].iter().any(|head| line.starts_with(head)), "{}", line);
        }

        let ledger = beancount::file(&books, &about).text;
        let is_movement = |line: &&str| line.contains(" * ");
        let heads: Vec<&str> = ledger.lines().filter(is_date).filter(is_movement).collect();
        prop_assert_eq!(heads.len(), 6, "{}", ledger);
        prop_assert!(heads.iter().all(|line| is_head_of_beancount(line)), "{:?}", heads);
        let is_known = |line: &&str| {
            line.is_empty() || is_date(line) || line.starts_with("  ") || line.starts_with("; ") || line.starts_with("option ")
        };
        prop_assert!(ledger.lines().all(|line| is_known(&line)), "{}", ledger);
    }
}
