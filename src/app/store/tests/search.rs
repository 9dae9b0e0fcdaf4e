//! Rows that were searched for: they are in the lists, and in no sum and no statement about how much is known.

use super::*;
use crate::app::msg::Answer;
use crate::app::msg::Sought;
use crate::app::store::insight::{declines, figures, spending, used};

const DAY: i64 = 86_400;

fn sought(whole: bool) -> Topic {
    Topic::Search(Box::new(Sought {
        feed: Feed::Cards,
        card: None,
        account: None,
        kinds: Vec::new(),
        statuses: Vec::new(),
        from: None,
        to: wall(98 * DAY),
        offset: 0,
        whole,
    }))
}

fn found(store: &mut Store, whole: bool, items: Vec<Transaction>, last: bool) -> Changes {
    store.replied(now(9), sought(whole), 9, Ok(Answer::Transactions(page(items, last))))
}

/// Loaded to the limit: two days of a busy merchant.
fn busy() -> Store {
    let mut store = Store::default();
    store.transactions.set_limit(3);
    let newest = (0..3).map(|at| transaction(&format!("t{at}"), 100 * DAY - at * DAY)).collect();
    rows(&mut store, Topic::Newest(Feed::Cards), 1, newest);
    rows(&mut store, Topic::History(Feed::Cards), 2, Vec::new());
    assert!(store.transactions.is_full(Feed::Cards));
    store
}

#[test]
fn what_is_searched_for_changes_no_sum() {
    let today = Now { wall: wall(100 * DAY), up: Duration::ZERO };
    let mut store = busy();
    let old = Transaction { status: TransactionStatus::Declined, ..transaction("d0", 90 * DAY) };
    let sums = |store: &Store| {
        let (all, list) = (&store.transactions, store.transactions.newest(&Scope::Card(card_id("c0"))));
        let limit = used(all, list, None, None, Currency::USD);
        let people = figures(all, std::iter::once(list), today);
        (spending(all, list, today, |at| at.date_naive()), declines(all, list, today), people, limit)
    };
    let before = sums(&store);
    let to = store.transactions.read_to(Feed::Cards);
    let changes = found(&mut store, false, vec![old.clone(), transaction("o1", 89 * DAY)], true);
    assert_eq!((changes.transactions_new.len(), changes.transactions_bulk), (2, true));
    assert_eq!(ids(&store, &Scope::All), ["t0", "t1", "t2", "d0", "o1"]);
    assert_eq!(sums(&store), before);
    assert_eq!((store.transactions.read_to(Feed::Cards), store.transactions.arrivals()), (to, 0));
    assert!(!store.knows_all_of_cards() && !store.knows_the_days(today));
    // Somebody looks at one of them: there are still others between.
    let one = Topic::Transaction(Feed::Cards, old.id.clone());
    store.replied(now(10), one, 10, Ok(Answer::Transaction(Box::new(old), Vec::new())));
    assert_eq!((sums(&store), store.transactions.scattered_of(Feed::Cards)), (before, 2));
    // The newest rows of the card are read as a list of their own: now they count.
    let of_card = ["t0", "t1", "t2"].iter().enumerate().map(|(at, id)| transaction(id, 100 * DAY - at as i64 * DAY));
    let whole = of_card.chain([transaction("d0", 90 * DAY), transaction("o1", 89 * DAY)]).collect();
    rows(&mut store, Topic::CardTransactions(card_id("c0")), 11, whole);
    assert_eq!((sums(&store).0.rows, store.transactions.scattered_of(Feed::Cards)), (5, 0));
}

/// What was never read, or refused, is not none.
#[test]
fn a_feed_reaches_as_far_as_it_was_read() {
    let mut store = Store::default();
    assert_eq!(store.reach(Feed::Cards), Reach::Unread { feed: Feed::Cards, failed: false });
    store.replied(now(1), Topic::Newest(Feed::Cards), 1, Err(failure()));
    assert_eq!(store.reach(Feed::Cards), Reach::Unread { feed: Feed::Cards, failed: true });
    assert!(!store.reach(Feed::Cards).covers(Some(wall(1_000_000))) && !store.knows_all_of_cards());
    rows(&mut store, Topic::Newest(Feed::Cards), 2, vec![transaction("t1", 20), transaction("t0", 10)]);
    assert_eq!(store.reach(Feed::Cards), Reach::Since(wall(10)));
    assert!(store.reach(Feed::Cards).covers(Some(wall(11))) && !store.reach(Feed::Cards).covers(Some(wall(10))));
    // One feed alone is not both.
    assert_eq!(store.reach_of_both(), Reach::Unread { feed: Feed::Accounts, failed: false });
    // A newest page with nothing on it is all there is.
    store.replied(now(3), Topic::Newest(Feed::Accounts), 3, Ok(Answer::Transactions(page(Vec::new(), true))));
    assert_eq!((store.reach(Feed::Accounts), store.reach_of_both()), (Reach::Whole, Reach::Since(wall(10))));
    store.replied(now(4), Topic::History(Feed::Cards), 4, Ok(Answer::Transactions(page(Vec::new(), true))));
    assert_eq!(store.reach_of_both(), Reach::Whole);
}

#[test]
fn what_is_read_on_without_a_filter_is_known_whole() {
    let today = Now { wall: wall(100 * DAY), up: Duration::ZERO };
    let mut store = busy();
    found(&mut store, false, vec![transaction("o1", 80 * DAY)], true);
    found(&mut store, true, vec![transaction("o0", 97 * DAY), transaction("o1", 80 * DAY)], false);
    assert_eq!(store.transactions.read_to(Feed::Cards), Some(wall(80 * DAY)));
    assert_eq!((store.transactions.scattered_of(Feed::Cards), store.transactions.beyond(true)), (0, 1));
    assert!(!store.knows_the_days(today) && !store.transactions.is_ended(Feed::Cards));
    found(&mut store, true, vec![transaction("o2", 60 * DAY)], true);
    assert!(store.knows_the_days(today) && store.knows_all_of_cards() && !store.transactions.is_ended(Feed::Accounts));
    assert_eq!(ids(&store, &Scope::All), ["t0", "t1", "t2", "o0", "o1", "o2"]);
}
