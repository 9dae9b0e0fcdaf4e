//! Single differences between deployments, by the names the command line has for them, and sets of them.
//!
//! What a quirk does is decided where its concern is: [`super::paging`], [`super::fields`], [`super::routes`],
//! [`super::refusals`], and the credentials check of the routes.

use std::fmt;
use std::str::FromStr;

macro_rules! quirks {
    ($($variant:ident $name:literal $help:literal)*) => {
        /// One way in which a deployment differs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Quirk {
            $(#[doc = $help] $variant,)*
        }

        impl Quirk {
            /// Every quirk, in the order of the help text.
            pub const ALL: &'static [Quirk] = &[$(Quirk::$variant),*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Quirk::$variant => $name,)* }
            }

            /// What it does, in one line.
            pub fn help(self) -> &'static str {
                match self { $(Quirk::$variant => $help,)* }
            }
        }
    };
}

quirks! {
    OldestFirst "oldest-first" "lists are oldest first"
    UnstableOrder "unstable-order" "the order of a list changes from request to request"
    ClampedLimit "clamped-limit" "a limit above 100 is silently taken as 100"
    LowMaxLimit "low-max-limit" "a limit above 100 is refused with 422"
    SmallPages "small-pages" "25 rows when no limit is given"
    IgnoredOffset "ignored-offset" "the offset (or page) is ignored: every page is the first"
    PageQuantity "page-quantity" "lists take page and quantity, and ignore limit and offset"
    PagedAccounts "paged-accounts" "accounts in pages of 100, with pagination.totalQuantity"
    NoTotal "no-total" "no list says how many rows there are"
    WrongTotal "wrong-total" "every list promises more rows than there are"
    LowTotal "low-total" "every list gives the length of the page as its total"
    HasMore "has-more" "lists say has_more, and no total"
    NextLink "next-link" "lists name the next page as a path in next, and no total"
    BareArrays "bare-arrays" "lists are bare arrays"
    DataEnvelope "data-envelope" "lists are data and pagination"
    EmptyIs204 "empty-204" "an empty list is 204 without a body"
    NullLists "null-lists" "an empty list is null"
    IgnoredFilters "ignored-filters" "filters of transactions are ignored"
    AccountFilterIgnored "account-filter-ignored" "the card feed ignores accountUuid"
    NoEcho "no-echo" "descriptions are not given back"
    LateEcho "late-echo" "descriptions are given back five seconds after the act"
    RowsEarly "rows-early" "transactions are dated 12 s before the server's clock"
    RowsLate "rows-late" "transactions are dated 12 s after the server's clock"
    MinuteTimes "minute-times" "times are cut to the minute"
    DateOnly "date-only" "accounts and cards have dates without a time of day"
    ZuluTimes "zulu-times" "times end with .000Z instead of an offset"
    NoCreatedAt "no-created-at" "accounts and cards in lists have no createdAt"
    UpperNames "upper-names" "names are written in capitals"
    CapitalStatus "capital-status" "states are written in capitals"
    MoneyNumbers "money-numbers" "amounts are numbers, not strings"
    Exponents "exponents" "amounts are written with exponents"
    SubCents "sub-cents" "account balances have parts below a cent"
    PythonZeros "python-zeros" "amounts as Python's str(Decimal) writes them: 0E-9"
    NullBalances "null-balances" "accounts and cards in lists have null for balances"
    SettlementOnly "settlement-only" "account rows have settlementAmount and no amount"
    NoHolder "no-holder" "cards do not say whose they are"
    NullMasks "null-masks" "maskedNumber and lastFour are null"
    NoLimits "no-limits" "card details do not say the limits"
    LimitMap "limit-map" "card details say the limits as an object from name to amount"
    BadFields "bad-fields" "some fields of rows are NaN, wrong types, control characters"
    UpstreamRestrictions "upstream-restrictions" "restrictions in the provider's shape"
    PatchReplaces "patch-replaces" "PATCH of limits replaces all limits of the card"
    PatchMerges "patch-merges" "PATCH of limits changes those it names; null removes one"
    LimitsRequired "limits-required" "issuing without limits is refused with 422"
    LockWords "lock-words" "lifecycle paths are lock, unlock, destroy"
    SuspendWords "suspend-words" "lifecycle paths are suspend, resume, terminate"
    ActivateWord "activate-word" "the path to unfreeze is activate"
    LifecycleLater "lifecycle-later" "freeze and unfreeze answer 204, and the state comes later"
    FundPaths "fund-paths" "cards' money by PATCH fund and defund only"
    BalancePaths "balance-paths" "cards' money by PATCH balance/top-up, balance/withdraw only"
    BareReceipts "bare-receipts" "answers to money acts have no transaction ids"
    SlashRedirect "slash-redirect" "paths of lists end with a slash; others redirect with 307"
    BearerKey "bearer-key" "the API key is taken as Authorization: Bearer only"
    JwtMillis "jwt-millis" "the exp of a login's JWT is in milliseconds"
    JwtText "jwt-text" "the exp of a login's JWT is a text"
    SignaturePrefix "signature-prefix" "X-Webhook-Signature begins with sha256="
    LoginElsewhere "login-elsewhere" "login is at /api/v2/portal/session"
    NoOpenapi "no-openapi" "no OpenAPI document (404)"
    NoWebhooks "no-webhooks" "no webhook endpoints (404)"
    ForbiddenWebhooks "forbidden-webhooks" "the credential may not see webhooks (403)"
    NoEventLog "no-event-log" "no log of webhook events (404)"
    TextPlain "text-plain" "JSON is sent as text/plain"
    Brotli "brotli" "answers are encoded as br, asked for or not"
    EmptyDetail "empty-detail" "errors have an empty detail"
    ObjectDetail "object-detail" "errors have an object as their detail"
    HtmlErrors "html-errors" "errors are HTML pages"
    RateLimited "rate-limited" "429 with Retry-After beyond 20 requests in a second"
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is none, and the one that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called '{given}'{}", .meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default())]
pub struct UnknownName {
    what: &'static str,
    given: String,
    meant: Option<&'static str>,
}

impl UnknownName {
    /// Looks among the known names for the nearest one.
    pub fn among(what: &'static str, given: &str, known: impl Iterator<Item = &'static str>) -> UnknownName {
        let wanted = plain(given);
        let near = known.map(|name| (distance(&wanted, name), name)).min();
        let meant = near.filter(|(far, name)| *far <= name.len() / 3 + 1).map(|(_, name)| name);
        // What is shown of it fits a line and holds no control characters.
        let given = given.chars().filter(|c| !c.is_control()).take(60).collect();
        UnknownName { what, given, meant }
    }
}

/// Small letters, hyphens for spaces and underscores.
fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

/// How many letters must be put in, taken out or replaced (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, other) in to.iter().enumerate() {
            let replaced = corner + usize::from(letter != *other);
            corner = row[place + 1];
            row[place + 1] = replaced.min(corner + 1).min(row[place] + 1);
        }
    }
    row[to.len()]
}

impl FromStr for Quirk {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Quirk, UnknownName> {
        let known = || Quirk::ALL.iter().copied();
        known()
            .find(|quirk| quirk.name() == plain(text))
            .ok_or_else(|| UnknownName::among("quirk", text, known().map(Quirk::name)))
    }
}

/// A set of quirks.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Quirks(u128);

// More would need a wider set.
const _: () = assert!(Quirk::ALL.len() <= 128);

impl Quirks {
    pub const NONE: Quirks = Quirks(0);

    pub const fn of(quirks: &[Quirk]) -> Quirks {
        let (mut set, mut at) = (0, 0);
        while at < quirks.len() {
            set |= 1 << quirks[at] as u8;
            at += 1;
        }
        Quirks(set)
    }

    pub const fn has(self, quirk: Quirk) -> bool {
        self.0 >> quirk as u8 & 1 == 1
    }

    /// Whether at least one of these is in it.
    pub const fn any(self, of: Quirks) -> bool {
        self.0 & of.0 != 0
    }

    #[must_use]
    pub const fn and(self, other: Quirks) -> Quirks {
        Quirks(self.0 | other.0)
    }

    #[must_use]
    pub const fn without(self, other: Quirks) -> Quirks {
        Quirks(self.0 & !other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.iter().copied().filter(move |quirk| self.has(*quirk))
    }
}

impl FromIterator<Quirk> for Quirks {
    fn from_iter<I: IntoIterator<Item = Quirk>>(quirks: I) -> Quirks {
        quirks.into_iter().fold(Quirks::NONE, |set, quirk| set.and(Quirks::of(&[quirk])))
    }
}

impl From<Quirk> for Quirks {
    fn from(quirk: Quirk) -> Quirks {
        Quirks::of(&[quirk])
    }
}

/// Names with commas between them; nothing is the empty set.
impl FromStr for Quirks {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Quirks, UnknownName> {
        text.split(',').filter(|name| !name.trim().is_empty()).map(str::parse::<Quirk>).collect()
    }
}

impl fmt::Display for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Quirk::name).collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quirks({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_said_in_one_line() {
        for quirk in Quirk::ALL {
            assert_eq!(quirk.name().parse(), Ok(*quirk));
            assert!(quirk.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!((10..=62).contains(&quirk.help().len()), "{quirk}: {}", quirk.help());
        }
        let all: Quirks = Quirk::ALL.iter().copied().collect();
        assert_eq!(all.to_string().parse(), Ok(all));
        assert_eq!("".parse(), Ok(Quirks::NONE));
        assert_eq!("No_Total, has-more".parse(), Ok(Quirks::of(&[Quirk::NoTotal, Quirk::HasMore])));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest_one() {
        let said = |text: &str| text.parse::<Quirk>().unwrap_err().to_string();
        assert_eq!(said("oldest-frist"), "no quirk is called 'oldest-frist'; did you mean 'oldest-first'?");
        assert_eq!(said("nototal"), "no quirk is called 'nototal'; did you mean 'no-total'?");
        assert_eq!(said("something else"), "no quirk is called 'something else'");
        assert_eq!(said("\u{1b}[31m"), "no quirk is called '[31m'");
        assert!("no-total,has-mor".parse::<Quirks>().is_err());
    }
}
