//! Which card, account or person a word on the command line means.
//!
//! Lists are read whole first: a name that is taken from a part of a list may be another's. What fits several lists
//! them; what was not read whole is said, and decides nothing about last four and names.

use crate::api::{Client, End, Whole};
use crate::app::filter::fold;
use crate::cli::exit::{Exit, Stop};
use crate::domain::account::Account;
use crate::domain::card::{Card, CardStatus, LastFour};
use crate::domain::cardholder::Cardholder;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{AccountId, CardId, HolderId};
use crate::domain::text::SafeText;

/// Most candidates that are listed.
const LISTED: usize = 20;
/// Most cards whose details are read because a list does not say their last four.
const DETAILS: usize = 500;
/// How many of them are read at once.
const TOGETHER: usize = 4;

/// A list as far as it could be read, and what is missing of it.
#[derive(Debug)]
pub struct Lists<T> {
    pub items: Vec<T>,
    /// What was not read, a sentence each.
    pub gaps: Vec<String>,
}

impl<T> Default for Lists<T> {
    fn default() -> Lists<T> {
        Lists { items: Vec::new(), gaps: Vec::new() }
    }
}

impl<T> Lists<T> {
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    pub fn take(&mut self, what: &str, read: Whole<T>) {
        self.gaps.extend(gap(what, &read));
        self.items.extend(read.items);
    }

    /// Nothing of a part could be read.
    fn lack(&mut self, what: &str, failure: &Failure) {
        self.gaps.push(format!("{what}: {}", failure.sentence()));
    }
}

/// What a list that was read lacks.
fn gap<T>(what: &str, read: &Whole<T>) -> Option<String> {
    let have = read.items.len();
    match (read.end, read.promised) {
        _ if read.is_complete() => None,
        (Some(End::Short), Some(promised)) if promised > u64::try_from(have).unwrap_or(u64::MAX) => {
            Some(format!("{what}: {have} of {promised} came"))
        }
        (Some(End::Short), _) => Some(format!("{what}: {have} came, and there may be more")),
        (None, _) => Some(format!("{what}: more than {have}, and not all were read")),
        (Some(End::Complete), _) => Some(format!("{what}: {} entries have no id", read.skipped)),
    }
}

/// Whether reading on makes no sense: every other read would end the same way.
fn ends_all(failure: &Failure) -> bool {
    failure.is_of_the_link() || matches!(failure.kind, FailureKind::Unauthorized)
}

/// All accounts.
pub async fn accounts(client: &Client) -> Result<Lists<Account>, Failure> {
    let mut lists = Lists::default();
    lists.take("accounts", client.all_accounts().await?);
    Ok(lists)
}

/// All cardholders.
pub async fn holders(client: &Client) -> Result<Lists<Cardholder>, Failure> {
    let mut lists = Lists::default();
    lists.take("cardholders", client.all_cardholders().await?);
    Ok(lists)
}

/// All cards of these accounts. `each` is told after each account how many cards there are.
pub async fn cards(
    client: &Client,
    accounts: &Lists<Account>,
    mut each: impl FnMut(usize),
) -> Result<Lists<Card>, Failure> {
    let mut lists = Lists { items: Vec::new(), gaps: accounts.gaps.clone() };
    for account in &accounts.items {
        let what = format!("cards of {}", account.name);
        match client.all_cards(&account.id).await {
            Ok(read) => lists.take(&what, read),
            Err(failure) if ends_all(&failure) => return Err(failure),
            Err(failure) => lists.lack(&what, &failure),
        }
        each(lists.items.len());
    }
    Ok(lists)
}

/// Reads the details of cards of which the list says no last four, where they may be the card that is meant.
pub async fn learn_last_four(client: &Client, cards: &mut Lists<Card>) {
    let is_silent = |card: &Card| {
        let has_none = matches!(card.status, CardStatus::Creating | CardStatus::CreatingFailed);
        card.number.last_four.is_none() && !has_none && card.account.is_some()
    };
    let silent: Vec<usize> =
        cards.items.iter().enumerate().filter(|(_, card)| is_silent(card)).map(|(at, _)| at).collect();
    let mut untold = silent.len().saturating_sub(DETAILS);
    for chunk in silent.iter().take(DETAILS).collect::<Vec<_>>().chunks(TOGETHER) {
        let reads = chunk.iter().filter_map(|at| {
            let card = cards.items.get(**at)?;
            let (account, id) = (card.account.clone()?, card.id.clone());
            Some(async move { (**at, client.card(&account, &id).await) })
        });
        for (at, read) in futures_util::future::join_all(reads.collect::<Vec<_>>()).await {
            let four = read.ok().and_then(|card| card.number.last_four);
            match (four, cards.items.get_mut(at)) {
                (Some(four), Some(card)) => card.number.last_four = Some(four),
                _ => untold += 1,
            }
        }
    }
    if untold > 0 {
        cards.gaps.push(format!("cards: of {untold} the API does not say the last four"));
    }
}

/// What a word fits.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit<T> {
    One(T),
    None,
    Several(Vec<T>),
}

impl<T> Fit<T> {
    fn of(mut all: Vec<T>) -> Fit<T> {
        match (all.len(), all.pop()) {
            (1, Some(one)) => Fit::One(one),
            (_, Some(last)) => {
                all.push(last);
                Fit::Several(all)
            }
            (_, None) => Fit::None,
        }
    }
}

/// How a word names a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Id,
    /// Last four or a name: another card may have the same.
    Words,
}

/// Whether two names are the same to a person, whatever their case and accents.
fn same(name: &SafeText, word: &str) -> bool {
    let word = SafeText::name(word.trim());
    !word.is_empty() && fold::plain(name.as_str().trim()) == fold::plain(word.as_str().trim())
}

/// The cards that a word fits: an id alone, else last four and names together. `id:…` is an id and nothing else.
pub fn card<'a>(word: &str, cards: &'a [Card]) -> (Fit<&'a Card>, By) {
    let (text, only_id) = word.strip_prefix("id:").map_or((word, false), |id| (id, true));
    let id = CardId::parse(text);
    let is_it = |card: &&Card| Some(&card.id) == id.as_ref();
    // Four digits may be the last four of another card.
    let may_be_digits = LastFour::parse(text).is_some() && !only_id;
    match cards.iter().find(is_it) {
        Some(card) if !may_be_digits => return (Fit::One(card), By::Id),
        None if only_id => return (Fit::None, By::Id),
        _ => {}
    }
    let fits = |card: &&Card| is_it(card) || is_called(card, word);
    (Fit::of(cards.iter().filter(fits).collect()), By::Words)
}

/// Whether a word is the id of a card, which no other has.
pub fn is_by_id(word: &str, cards: &[Card]) -> bool {
    matches!(card(word, cards), (Fit::One(_), By::Id))
}

fn is_called(card: &Card, word: &str) -> bool {
    let four = LastFour::parse(word.trim_start_matches('•'));
    (four.is_some() && card.number.last_four == four) || card.name.as_ref().is_some_and(|name| same(name, word))
}

/// A card in one line, to tell it from others.
pub fn card_line(card: &Card, accounts: &[Account]) -> String {
    let four = card.number.last_four.map_or("•…".to_owned(), |four| format!("•{four}"));
    let account = card.account.as_ref().and_then(|id| accounts.iter().find(|account| account.id == *id));
    let mut parts = vec![four, card.status.to_string()];
    parts.extend(card.name.as_ref().map(|name| format!("“{name}”")));
    parts.extend(card.holder.as_ref().map(SafeText::to_string));
    parts.extend(account.map(|account| format!("on {}", account.name)));
    parts.push(card.id.to_string());
    parts.join("  ")
}

/// The one card that is meant. Last four and names decide only where every card was read: `may_be_part` lets one card
/// that fits a list which is not whole through, to be asked about.
pub fn one_card<'a>(
    word: &str,
    cards: &'a Lists<Card>,
    accounts: &[Account],
    may_be_part: bool,
) -> Result<&'a Card, Stop> {
    let shown = SafeText::name(word);
    let listed = |found: &[&Card]| found.iter().take(LISTED).map(|card| card_line(card, accounts)).collect::<Vec<_>>();
    match card(word, &cards.items) {
        (Fit::One(card), By::Id) => Ok(card),
        (Fit::One(card), By::Words) if cards.is_whole() || may_be_part => Ok(card),
        (Fit::One(card), By::Words) => {
            let says = format!(
                "not all cards could be read ({}), and another may be called {shown}; name the card by its id; nothing \
                 was sent",
                cards.gaps.join("; ")
            );
            Err(Stop::new(Exit::Incomplete, says).with_candidates(listed(&[card])))
        }
        (Fit::Several(found), _) => {
            let says = format!("{shown} fits {} cards; name one by its id; nothing was sent", found.len());
            Err(Stop::new(Exit::NotFound, says).with_candidates(listed(&found)))
        }
        (Fit::None, _) if !cards.is_whole() => {
            let gaps = cards.gaps.join("; ");
            Err(Stop::new(
                Exit::Incomplete,
                format!("no card that was read is called {shown}, and not all could be read ({gaps})"),
            ))
        }
        (Fit::None, _) => {
            let part = |card: &&Card| card.name.as_ref().is_some_and(|name| fold::contains_folded(name.as_str(), word));
            let near: Vec<&Card> = cards.items.iter().filter(part).collect();
            let says = match near.is_empty() {
                true => {
                    format!("no card is called {shown}: a card is named by its last four, its id or its whole name")
                }
                false => format!("no card is called {shown}; these have it in their name"),
            };
            Err(Stop::new(Exit::NotFound, says).with_candidates(listed(&near)))
        }
    }
}

/// The one account that is meant: by id or whole name.
pub fn one_account<'a>(word: &str, accounts: &'a Lists<Account>) -> Result<&'a Account, Stop> {
    let id = AccountId::parse(word);
    let fits = |account: &&Account| Some(&account.id) == id.as_ref() || same(&account.name, word);
    let found = accounts.items.iter().filter(fits).collect();
    let by_id = accounts.items.iter().any(|account| Some(&account.id) == id.as_ref());
    let line = |account: &&Account| format!("{}  {}  {}", account.name, account.status, account.id);
    one(
        word,
        ("account", "accounts"),
        Fit::of(found),
        by_id,
        &accounts.gaps,
        || accounts.items.iter().take(LISTED).map(|account| line(&account)).collect(),
        line,
    )
}

/// The one person that is meant: by id, e-mail or whole name.
pub fn one_holder<'a>(word: &str, holders: &'a Lists<Cardholder>) -> Result<&'a Cardholder, Stop> {
    let id = HolderId::parse(word);
    let mails = |holder: &Cardholder| holder.email.as_ref().is_some_and(|mail| same(mail, word));
    let fits =
        |holder: &&Cardholder| Some(&holder.id) == id.as_ref() || mails(holder) || same(&holder.full_name(), word);
    let found = holders.items.iter().filter(fits).collect();
    let by_id = holders.items.iter().any(|holder| Some(&holder.id) == id.as_ref());
    let line = |holder: &&Cardholder| {
        let mail = holder.email.as_ref().map_or("no e-mail", SafeText::as_str);
        format!("{}  {mail}  {}", holder.full_name(), holder.id)
    };
    let near = || {
        let has = |holder: &&Cardholder| fold::contains_folded(holder.full_name().as_str(), word);
        holders.items.iter().filter(has).take(LISTED).map(|holder| line(&holder)).collect()
    };
    one(word, ("cardholder", "cardholders"), Fit::of(found), by_id, &holders.gaps, near, line)
}

fn one<'a, T>(
    word: &str,
    (noun, plural): (&str, &str),
    fit: Fit<&'a T>,
    by_id: bool,
    gaps: &[String],
    near: impl FnOnce() -> Vec<String>,
    line: impl Fn(&&T) -> String,
) -> Result<&'a T, Stop> {
    let shown = SafeText::name(word);
    match fit {
        Fit::One(one) if by_id || gaps.is_empty() => Ok(one),
        Fit::One(one) => {
            let says = format!(
                "not all {plural} could be read ({}), and another may be called {shown}; name it by its id; nothing was sent",
                gaps.join("; ")
            );
            Err(Stop::new(Exit::Incomplete, says).with_candidates(vec![line(&one)]))
        }
        Fit::Several(found) => {
            let says = format!("{shown} fits {} {plural}; name one by its id; nothing was sent", found.len());
            let listed = found.iter().take(LISTED).map(line).collect();
            Err(Stop::new(Exit::NotFound, says).with_candidates(listed))
        }
        Fit::None if !gaps.is_empty() => {
            let says =
                format!("no {noun} that was read is called {shown}, and not all could be read ({})", gaps.join("; "));
            Err(Stop::new(Exit::Incomplete, says))
        }
        Fit::None => Err(Stop::new(Exit::NotFound, format!("no {noun} is called {shown}")).with_candidates(near())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::card::MaskedNumber;
    use crate::domain::field::Field;

    fn of(id: &str, four: &str, name: &str) -> Card {
        Card {
            id: CardId::parse(id).unwrap(),
            account: AccountId::parse("acc"),
            holder_id: None,
            holder: None,
            holder_email: None,
            name: Some(SafeText::name(name)),
            status: CardStatus::Active,
            kind: None,
            network: None,
            number: MaskedNumber { bin: None, last_four: LastFour::parse(four) },
            balance: Field::Absent,
            available: Field::Absent,
            spent: Field::Absent,
            expiry: Field::Absent,
            limits: Field::Absent,
            wallets: Vec::new(),
            created_at: Field::Absent,
            updated_at: Field::Absent,
        }
    }

    fn lists(cards: &[Card], gaps: &[&str]) -> Lists<Card> {
        Lists { items: cards.to_vec(), gaps: gaps.iter().map(|gap| (*gap).to_owned()).collect() }
    }

    fn found(word: &str, lists: &Lists<Card>) -> Result<String, Exit> {
        one_card(word, lists, &[], false).map(|card| card.id.to_string()).map_err(|stop| stop.exit)
    }

    #[test]
    fn a_card_is_named_by_last_four_id_or_its_whole_name() {
        let all = [of("c1", "4242", "Ads Łódź"), of("c2", "1111", "Travel"), of("c3", "2222", "Travel")];
        let whole = lists(&all, &[]);
        for (word, wanted) in [
            ("4242", Ok("c1")),
            ("•4242", Ok("c1")),
            ("c2", Ok("c2")),
            ("ads łódź", Ok("c1")),
            ("ads lodz", Ok("c1")),
            (" Ads Łódź ", Ok("c1")),
            ("travel", Err(Exit::NotFound)),
            ("Trav", Err(Exit::NotFound)),
            ("424", Err(Exit::NotFound)),
            ("", Err(Exit::NotFound)),
            (" ", Err(Exit::NotFound)),
            ("c9", Err(Exit::NotFound)),
        ] {
            assert_eq!(found(word, &whole), wanted.map(str::to_owned), "{word:?}");
        }
        let several = one_card("Travel", &whole, &[], true).unwrap_err();
        assert_eq!(several.candidates.len(), 2, "{several}");
    }

    /// A card that is called by the last four of another decides nothing; an id is nobody else's.
    #[test]
    fn a_name_that_looks_like_another_card_is_ambiguous() {
        let all = [of("c1", "4242", "Ads"), of("c2", "1111", "4242"), of("c3", "2222", "c1"), of("1111", "3333", "")];
        let whole = lists(&all, &[]);
        for word in ["4242", "1111"] {
            assert_eq!(found(word, &whole), Err(Exit::NotFound), "{word}");
        }
        for (word, id) in [("c1", "c1"), ("c2", "c2"), ("id:1111", "1111"), ("id:c3", "c3")] {
            assert_eq!(found(word, &whole), Ok(id.into()), "{word}");
        }
        assert_eq!(found("id:4242", &whole), Err(Exit::NotFound));
    }

    #[test]
    fn what_was_not_read_whole_decides_nothing_but_ids() {
        let part = lists(&[of("c1", "4242", "Ads")], &["cards of Main: 1 of 2 came"]);
        assert_eq!(found("c1", &part), Ok("c1".into()));
        for word in ["4242", "Ads", "9999"] {
            assert_eq!(found(word, &part), Err(Exit::Incomplete), "{word}");
        }
        assert!(one_card("4242", &part, &[], true).is_ok(), "a freeze is asked about");
    }

    /// A name is cut where it is read: two that are cut alike are not told apart by it.
    #[test]
    fn long_and_odd_names_are_compared_as_they_are_shown() {
        let long = "ž".repeat(10_000);
        let all = [of("c1", "4242", &format!("{long}a")), of("c2", "1111", &format!("{long}b"))];
        assert_eq!(found(&format!("{long}a"), &lists(&all, &[])), Err(Exit::NotFound));
        let all = [of("c1", "4242", "Ana\u{202e}avliS"), of("c2", "1111", "Ana avliS")];
        let stop = one_card("nobody\u{202e}\u{1b}[2J", &lists(&all, &[]), &[], false).unwrap_err();
        assert!(!stop.to_string().contains(['\u{202e}', '\u{1b}']), "{stop}");
    }
}
