//! The one table of endpoints: name, method, path, and whether a call changes anything.
//!
//! Every typed function of the client goes through an entry of it. Reads and acts are different types, so
//! that what repeats reads cannot be handed an act (M1). Knows no HTTP library.
//! Source: API sheet, sections 1 to 6; the paths of freeze, unfreeze, close, update and login are assumed.

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Reads a method in any case.
    pub fn parse(word: &str) -> Option<Method> {
        [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(word))
    }
}

/// One operation of the API.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub op: Op,
    /// Short and stable: used in configuration, in `doctor` and in tests.
    pub name: &'static str,
    pub method: Method,
    /// The path after the base URL, with `{account}`, `{card}`, `{holder}` and `{transaction}` for ids.
    pub path: &'static str,
    /// Whether it changes anything. Such a request is sent once, whatever happens.
    pub mutating: bool,
    /// What a call does, in words that follow "could not".
    pub doing: &'static str,
}

/// An operation of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Read(Read),
    Act(Act),
}

impl Op {
    /// Its entry in the table.
    pub fn endpoint(self) -> &'static Endpoint {
        match self {
            Op::Read(read) => read.endpoint(),
            Op::Act(act) => act.endpoint(),
        }
    }
}

impl From<Read> for Op {
    fn from(read: Read) -> Op {
        Op::Read(read)
    }
}

impl From<Act> for Op {
    fn from(act: Act) -> Op {
        Op::Act(act)
    }
}

macro_rules! endpoints {
    (
        reads { $($read:ident = $rname:literal, $rpath:literal, $rdoing:literal;)* }
        acts { $($act:ident = $aname:literal, $method:ident $apath:literal, $adoing:literal, $mutating:literal;)* }
    ) => {
        /// What only reads: always GET, and may be asked again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Read { $($read,)* }

        /// What is sent once and never again by the program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act { $($act,)* }

        const READS: usize = [$(Read::$read),*].len();

        /// Every endpoint this program knows.
        pub static ENDPOINTS: &[Endpoint] = &[
            $(Endpoint {
                op: Op::Read(Read::$read), name: $rname, method: Method::Get, path: $rpath, mutating: false,
                doing: $rdoing,
            },)*
            $(Endpoint {
                op: Op::Act(Act::$act), name: $aname, method: Method::$method, path: $apath, mutating: $mutating,
                doing: $adoing,
            },)*
        ];

        impl Read {
            pub fn endpoint(self) -> &'static Endpoint {
                &ENDPOINTS[self as usize]
            }
        }

        impl Act {
            pub fn endpoint(self) -> &'static Endpoint {
                &ENDPOINTS[READS + self as usize]
            }
        }
    };
}

endpoints! {
    reads {
        Schema = "openapi", "/api/openapi.json", "read what the deployment offers";
        Accounts = "accounts", "/api/v2/accounts", "read the accounts";
        Account = "account", "/api/v2/accounts/{account}", "read the account";
        Balances = "balance", "/api/v2/accounts/{account}/balance", "read the balance";
        Restrictions = "restrictions", "/api/v2/accounts/{account}/restrictions", "read the account's restrictions";
        Destinations = "transfer-destinations", "/api/v2/accounts/{account}/transfer-destinations",
            "read where money can be sent";
        Cardholders = "cardholders", "/api/v2/cardholders", "read the cardholders";
        AccountCardholders = "account-cardholders", "/api/v2/accounts/{account}/cardholders",
            "read the account's cardholders";
        Cardholder = "cardholder", "/api/v2/cardholders/{holder}", "read the cardholder";
        CardholderCards = "cardholder-cards", "/api/v2/cardholders/{holder}/cards", "read the cardholder's cards";
        Cards = "cards", "/api/v2/accounts/{account}/cards", "read the cards";
        Card = "card", "/api/v2/accounts/{account}/cards/{card}", "read the card";
        Sensitive = "sensitive", "/api/v2/accounts/{account}/cards/{card}/sensitive", "read the card number";
        CardTransactions = "card-transactions", "/api/v2/transactions/cards", "read the card transactions";
        CardTransaction = "card-transaction", "/api/v2/transactions/cards/{transaction}", "read the transaction";
        AccountTransactions = "account-transactions", "/api/v2/transactions/accounts",
            "read the account transactions";
        AccountTransaction = "account-transaction", "/api/v2/transactions/accounts/{transaction}",
            "read the transaction";
        AllTransactions = "all-transactions", "/api/v2/transactions", "read the transactions";
        WebhookConfig = "webhook-config", "/api/v2/webhooks/config", "read the webhook configuration";
        WebhookEvents = "webhook-events", "/api/v2/webhooks/events", "read the webhook events";
    }
    acts {
        Login = "login", Post "/api/v2/auth/login", "log in", false;
        Transfer = "transfer", Post "/api/v2/accounts/{account}/transfer", "transfer the money", true;
        CreateCardholder = "create-cardholder", Post "/api/v2/accounts/{account}/cardholders",
            "create the cardholder", true;
        IssueCard = "issue-card", Post "/api/v2/accounts/{account}/cards", "issue the card", true;
        UpdateCard = "update-card", Patch "/api/v2/accounts/{account}/cards/{card}", "change the card", true;
        TopUp = "topup", Post "/api/v2/accounts/{account}/cards/{card}/topup", "top up the card", true;
        Withdraw = "withdraw", Post "/api/v2/accounts/{account}/cards/{card}/withdraw",
            "withdraw from the card", true;
        Freeze = "freeze", Post "/api/v2/accounts/{account}/cards/{card}/freeze", "freeze the card", true;
        Unfreeze = "unfreeze", Post "/api/v2/accounts/{account}/cards/{card}/unfreeze", "unfreeze the card", true;
        Close = "close", Post "/api/v2/accounts/{account}/cards/{card}/close", "close the card", true;
        PutWebhookConfig = "put-webhook-config", Put "/api/v2/webhooks/config", "save the webhook configuration", true;
        DeleteWebhookConfig = "delete-webhook-config", Delete "/api/v2/webhooks/config",
            "delete the webhook configuration", true;
    }
}

/// Every name that may stand in `[paths]`, with what is asked for when nothing is said and what it does.
pub fn path_names() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    ENDPOINTS
        .iter()
        .map(|endpoint| (endpoint.name, format!("{} {}", endpoint.method.as_str(), endpoint.path), endpoint.doing))
}

/// The same as the table of `docs/configuration.md`.
pub fn paths_markdown() -> String {
    let mut table = String::from("| name | otherwise | to |\n| --- | --- | --- |\n");
    for (name, usual, doing) in path_names() {
        table.push_str(&format!("| `{name}` | `{usual}` | {doing} |\n"));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn m1_what_may_be_asked_again_only_reads() {
        for endpoint in ENDPOINTS {
            assert_eq!(endpoint.op.endpoint().name, endpoint.name);
            match endpoint.op {
                Op::Read(_) => assert!(endpoint.method == Method::Get && !endpoint.mutating, "{}", endpoint.name),
                Op::Act(act) => {
                    assert_ne!(endpoint.method, Method::Get, "{}", endpoint.name);
                    assert_eq!(endpoint.mutating, act != Act::Login, "{}", endpoint.name);
                }
            }
        }
    }

    #[test]
    fn names_and_routes_are_each_their_own() {
        let names: HashSet<_> = ENDPOINTS.iter().map(|endpoint| endpoint.name).collect();
        let routes: HashSet<_> = ENDPOINTS.iter().map(|endpoint| (endpoint.method, endpoint.path)).collect();
        assert_eq!((names.len(), routes.len()), (ENDPOINTS.len(), ENDPOINTS.len()));
    }
}
