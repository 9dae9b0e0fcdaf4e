//! `fourpay doctor`: what works, what does not, and how to mend it.
//!
//! Looks at the settings, the files, the connection, what the deployment offers, each reading endpoint, and what of the
//! dashboard works with it ([`features`]). It changes nothing and never prints a credential. Exit code 0: everything
//! works; 8: the dashboard works, without what is named; 1: it does not.

mod features;

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

use serde::Serialize;

use self::features::{Feature, How, Words};
use crate::api::{Act, Client, Offer, Read, TransactionQuery, Window, path_names};
use crate::app::theme::book::{self, Depth};
use crate::child::Terminal;
use crate::config::{self, Complaint, Config, Target};
use crate::credentials::{Credential, Found, Source, webhook};
use crate::domain::failure::Failure;
use crate::domain::ids::{AccountId, CardId, HolderId, TransactionId};
use crate::domain::settings::Ground;
use crate::domain::text::SafeText;
use crate::domain::transaction::Feed;
use crate::remote::{self, Place};
use crate::runtime::clock::Clock;
use crate::runtime::start;

/// A clock difference from which people should know (N8).
const SKEW: i64 = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Good,
    /// Worth knowing; the dashboard works.
    Note,
    /// The dashboard would not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    about: String,
    verdict: Verdict,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u128>,
    /// It says nothing of this machine and nobody's name.
    #[serde(skip)]
    shared: bool,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    works: bool,
    /// `works`, `works, without: …` or `does not work`.
    verdict: String,
    findings: Vec<Finding>,
    features: Vec<Feature>,
}

impl Report {
    fn add(&mut self, verdict: Verdict, about: &str, found: impl Into<String>, fix: Option<String>) {
        let finding =
            Finding { about: about.to_owned(), verdict, found: found.into(), fix, milliseconds: None, shared: false };
        self.findings.push(finding);
    }

    /// Something that support may see too.
    fn share(&mut self, about: &str, found: impl Into<String>) {
        self.good(about, found);
        self.shared();
    }

    /// Support may see what was said last.
    fn shared(&mut self) {
        if let Some(finding) = self.findings.last_mut() {
            finding.shared = true;
        }
    }

    fn good(&mut self, about: &str, found: impl Into<String>) {
        self.add(Verdict::Good, about, found, None);
    }
}

/// Runs the command; the exit code.
pub fn command(config: Config, json: bool, for_support: bool) -> anyhow::Result<i32> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let found = start::found(&config, Terminal::Lent);
    // What goes into a file or a pipe is no matter of this terminal.
    let ascii = config.ascii() && std::io::stdout().is_terminal();
    let mut report = runtime.block_on(examine(config, found, for_support));
    runtime.shutdown_timeout(Duration::from_millis(300));
    let of_features = features::verdict(&report.features);
    let is_bad = report.findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    let (code, verdict) = match (is_bad, of_features.code) {
        (true, 0 | 8) => (1, "does not work: see ✗ above".to_owned()),
        _ => (of_features.code, of_features.sentence),
    };
    (report.works, report.verdict) = (code != 1, verdict);
    if for_support {
        report.findings.retain(|finding| finding.shared);
    }
    let text = match json {
        true => serde_json::to_string_pretty(&report)? + "\n",
        false if ascii => crate::app::ascii::plain_text(&printed(&report)),
        false => printed(&report),
    };
    super::stdout::print(&text)?;
    Ok(code)
}

async fn examine(config: Config, found: Result<Option<Found>, Complaint>, for_support: bool) -> Report {
    let mut report = Report::default();
    report.share("fourpay", concat!("version ", env!("CARGO_PKG_VERSION")));
    settings(&config, &found, &mut report);
    let Ok(found) = found else { return report };
    let source = found.as_ref().map_or(Source::Sandbox, |found| found.source.clone());
    let (client, sandbox) = match start::connect(&config, found).await {
        Ok(connected) => connected,
        Err(failure) => {
            report.add(Verdict::Bad, "connection", failure.sentence(), Some(source.advice(&failure)));
            return report;
        }
    };
    connection(&client, &source, &mut report).await;
    contract(&client, &mut report).await;
    let words = Words { source: &source, bare: for_support };
    Reads { client: &client, words: &words, clock: Clock::start(), report: &mut report }.all().await;
    let seen = features::look(&client).await;
    report.features = features::judge(&client, &seen, &words);
    match client.skew().map(|skew| skew.num_seconds()) {
        Some(skew) if skew.abs() > SKEW => report.add(
            Verdict::Note,
            "clock",
            format!("this machine and the server differ by {} s", skew.abs()),
            Some("set this machine's clock by network time".into()),
        ),
        Some(skew) => report.good("clock", format!("within {} s of the server's", skew.abs())),
        None => report.add(Verdict::Note, "clock", "the server does not say its time", None),
    }
    drop(sandbox);
    report
}

/// What deliveries are signed with, by its source. Not needed by a dashboard that takes none.
fn deliveries(config: &Config, report: &mut Report) {
    const ABOUT: &str = "webhook secret";
    let takes = config.profile.listen.is_some();
    match config.webhook.first() {
        Ok(Some(source)) => report.good(ABOUT, source.to_string()),
        Ok(None) if takes => {
            let found = "none; the dashboard takes no deliveries without it";
            report.add(Verdict::Note, ABOUT, found, Some("run `fourpay webhooks secret`".into()));
        }
        Err(trouble) if takes => {
            let found = SafeText::prose(&format!("the keyring: {trouble}")).to_string();
            report.add(Verdict::Note, ABOUT, found, Some(webhook::fix(&trouble).to_owned()));
        }
        Ok(None) | Err(_) => report.good(ABOUT, "none; asked for when it is needed"),
    }
}

fn settings(config: &Config, found: &Result<Option<Found>, Complaint>, report: &mut Report) {
    match &config.file {
        Some(file) => report.good("settings", file.display().to_string()),
        None => report.good("settings", "no file; defaults, environment and flags"),
    }
    for complaint in &config.complaints {
        let found = SafeText::prose(&format!("{}: {}", complaint.place, complaint.problem)).to_string();
        report.add(Verdict::Note, "settings", found, Some(complaint.fix.clone()));
    }
    report.good("profile", config.profile.name.clone());
    let base_url = match &config.target {
        Target::Sandbox => "the embedded sandbox".into(),
        Target::Api(api) => SafeText::prose(&api.base_url).to_string(),
    };
    report.share("base URL", base_url);
    match found {
        Ok(None) => report.good("credential", Source::Sandbox.to_string()),
        Ok(Some(found)) => report.good("credential", credential(found)),
        Err(complaint) => {
            let found = SafeText::prose(&format!("{}: {}", complaint.place, complaint.problem)).to_string();
            report.add(Verdict::Bad, "credential", found, Some(complaint.fix.clone()));
        }
    }
    deliveries(config, report);
    terminal(config, report);
    if let Some(state) = &config.state_folder {
        report.good("log", crate::runtime::log::place(state).display().to_string());
    }
    let within = |name: &str| config.state_folder.as_ref().map(|state| state.join(name));
    let mut told = Vec::new();
    for (what, folder) in [
        ("configuration folder", &config.config_folder),
        ("state folder", &config.state_folder),
        ("log", &within("log")),
        ("journal", &within("journal")),
        ("passphrase", &within("passphrase")),
        ("views", &within("views")),
    ] {
        for path in folder.iter().flat_map(|folder| crate::files::wider_than_ours(folder)) {
            if told.contains(&path) {
                continue;
            }
            let fix = format!("run: chmod go-rwx '{}'", path.display());
            report.add(Verdict::Note, what, format!("others may use {}", path.display()), Some(fix));
            told.push(path);
        }
    }
    if config.profile.read_only {
        report.good("read-only", "everything that would change something is refused");
    }
}

/// What the dashboard would find around it. The terminal is asked only where the person sees it.
fn terminal(config: &Config, report: &mut Report) {
    let asked = crate::runtime::terminal::ask();
    let term = match config::term() {
        term if term.is_empty() => "TERM is not set".to_owned(),
        term => SafeText::name(&format!("TERM={term}")).to_string(),
    };
    let colours = match config.depth {
        Depth::None => "no colours",
        Depth::Sixteen => "16 colours",
        Depth::Indexed => "256 colours",
        Depth::True => "all colours",
    };
    report.good("colours", format!("{colours} ({term})"));
    let told = asked.as_ref().and_then(|told| told.ground);
    let (ground, by) = match (config.ground, told) {
        (Some(ground), _) => (Some(ground), "by COLORFGBG"),
        (None, Some(ground)) => (Some(ground), "by its own answer"),
        (None, None) => (None, ""),
    };
    let theme = &config.profile.theme;
    match ground {
        Some(Ground::Light) => report.good("ground", format!("light, {by}; theme {theme}")),
        Some(Ground::Dark) => report.good("ground", format!("dark, {by}; theme {theme}")),
        None if theme == book::AUTO => {
            let fix = "set theme to light or dark in the settings, or COLORFGBG".to_owned();
            report.add(Verdict::Note, "ground", "not known; theme auto is dark here", Some(fix));
        }
        None => report.good("ground", format!("not known; theme {theme}")),
    }
    match (config.unicode, config.ascii()) {
        (true, false) => report.good("characters", "UTF-8"),
        (true, true) => report.good("characters", "UTF-8, but nothing but ASCII is drawn, by the settings"),
        (false, false) => report.good("characters", "no UTF-8 by the locale, but drawn all the same, by the settings"),
        (false, true) => {
            let fix = "set LANG to one that ends with .UTF-8, or ascii = false in the settings".to_owned();
            report.add(Verdict::Note, "characters", "the locale is not UTF-8: nothing but ASCII is drawn", Some(fix));
        }
    }
    let keepers = remote::keepers();
    report.good("multiplexer", if keepers.is_empty() { "none".to_owned() } else { keepers.join(" in ") });
    let place = remote::place();
    match &place {
        Place::Here => report.good("session", "at this machine"),
        Place::Elsewhere(how) => {
            let allowed = config.profile.allow_remote_copy;
            let fix = "card numbers are copied only with allow_remote_copy = true; r shows them".to_owned();
            let found = SafeText::prose(&format!("remote: {how}")).to_string();
            report.add(Verdict::Note, "session", found, (!allowed).then_some(fix));
        }
        Place::Unknown(why) => {
            let found = SafeText::prose(&format!("it cannot be told whether it is remote: {why}")).to_string();
            report.add(Verdict::Note, "session", found, Some("the dashboard asks before a copy (:local)".into()));
        }
    }
    if let Some(name) = remote::recorder() {
        let found = SafeText::prose(&format!("{name} records this terminal")).to_string();
        report.add(Verdict::Note, "recording", found, Some("the dashboard asks before it shows card data".into()));
    }
    let ways = match (crate::runtime::clipboard::has_display(), crate::runtime::osc52::road(true)) {
        (true, _) => "the desktop's".to_owned(),
        (false, _) if !config.profile.osc52_secrets => {
            "none for card data; the terminal's (OSC 52) for the rest, which may not take it".to_owned()
        }
        (false, Ok(_)) => "the terminal's (OSC 52), which may not take it".to_owned(),
        (false, Err(why)) => SafeText::prose(&format!("none: {why}")).to_string(),
    };
    report.good("clipboard", ways);
    let keyboard = match asked {
        Some(told) if told.keyboard => "kitty's protocol: Esc is a key of its own",
        Some(_) => "as terminals have always sent keys: Esc waits for 20 ms",
        None => "not asked: there is no terminal here, or it is one that would show the question",
    };
    report.good("keyboard", keyboard);
}

/// Where the credential is from, and how long it says that it is good for.
fn credential(found: &Found) -> String {
    let source = SafeText::prose(&found.source.to_string());
    match &found.credential {
        Credential::Login { email, .. } => format!("{source}: the login of {}", SafeText::name(email)),
        Credential::Token(token) => match crate::api::jwt::expiry(token) {
            Some(end) => format!("{source}; it says that it ends {} UTC", end.format("%Y-%m-%d %H:%M:%S")),
            None => source.to_string(),
        },
    }
}

async fn connection(client: &Client, source: &Source, report: &mut Report) {
    let proxies = config::proxies();
    if !proxies.is_empty() {
        let (names, is) = (proxies.join(", "), if proxies.len() == 1 { "is" } else { "are" });
        let found = format!("{names} {is} set and not used: fourpay connects to the API directly");
        let fix = "if this machine reaches the API only through a proxy, let it through directly".to_owned();
        report.add(Verdict::Note, "proxy", found, Some(fix));
        report.shared();
    }
    match client.tls_details().await {
        Ok(Some(tls)) => {
            report.good("TLS", format!("{} with {}, authorities: {}", tls.version, tls.cipher, roots(tls.roots)));
        }
        Ok(None) => report.good("TLS", "not used: the address is this machine"),
        Err(failure) => {
            let why = certificate(failure.detail.as_str());
            let fix = why.map_or_else(|| source.advice(&failure), str::to_owned);
            report.add(Verdict::Bad, "TLS", failure.sentence(), Some(fix));
        }
    }
    report.good("sent as", format!("header {}", client.credential_header()));
}

/// What a certificate that was not accepted means for whoever can mend it.
fn certificate(why: &str) -> Option<&'static str> {
    let any = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if any(&["UnknownIssuer", "unknown issuer", "CaUsedAsEndEntity"]) && any(&["signed by itself"]) {
        return Some(
            "the server signs its own certificate. Compare its fingerprint with the operator's; then add the certificate to \
             the operating system's, or name a file with it in SSL_CERT_FILE",
        );
    }
    if any(&["UnknownIssuer", "unknown issuer"]) {
        return Some(
            "the authority that signed it is not trusted here. Where a company's own authority or a proxy that looks into \
             connections signs, add its certificate to the operating system's, or name a file of certificates in \
             SSL_CERT_FILE",
        );
    }
    if any(&["NotValidForName", "not valid for name", "only valid for"]) {
        return Some(
            "the certificate is for another name than that of the base URL: write the name it is for into the settings",
        );
    }
    if any(&["NotValidYet", "not valid yet", "not yet valid"]) {
        return Some(
            "the certificate begins later: this machine's clock is slow, or the certificate was put there too early",
        );
    }
    if any(&["Expired", "expired"]) {
        return Some(
            "the certificate has ended: the operator of the API has to renew it; or this machine's clock is fast",
        );
    }
    any(&["Revoked", "revoked"]).then_some("the certificate was revoked: the operator of the API has to replace it")
}

fn roots(source: crate::api::RootSource) -> &'static str {
    match source {
        crate::api::RootSource::Platform => "the operating system's (SSL_CERT_FILE replaces them when set)",
        crate::api::RootSource::BuiltIn => "built in, because the operating system has none",
        crate::api::RootSource::Settings => "the settings'",
        crate::api::RootSource::Unused => "none",
    }
}

/// What the deployment's own document says about the operations whose paths are documented nowhere else.
async fn contract(client: &Client, report: &mut Report) {
    let contract = client.discover().await;
    match (&contract.source, &contract.title) {
        (crate::api::ContractSource::Document, title) => {
            let title = title.as_ref().map_or("without a title", SafeText::as_str);
            report.share("contract", format!("/api/openapi.json: {title}"));
        }
        (crate::api::ContractSource::Assumed, _) => {
            let found = "no /api/openapi.json; the usual paths are assumed";
            report.add(
                Verdict::Note,
                "contract",
                found,
                Some("set [paths] in the settings if a call is not found".into()),
            );
            report.shared();
        }
    }
    for act in [Act::Freeze, Act::Unfreeze, Act::Close, Act::UpdateCard, Act::Login] {
        let endpoint = act.endpoint();
        let route = contract.route(act);
        let place = format!("{} {}", route.method.as_str(), SafeText::prose(&route.path));
        let (verdict, found) = match route.offer {
            Offer::Listed => (Verdict::Good, place),
            Offer::Configured => (Verdict::Good, format!("{place} (from the settings)")),
            Offer::Assumed => (Verdict::Note, format!("{place} (assumed)")),
            Offer::Missing => (Verdict::Note, "not offered by this deployment".to_owned()),
        };
        let fix = if verdict == Verdict::Good { None } else { contract.advice(act) };
        report.add(verdict, endpoint.name, found, fix);
        report.shared();
    }
    let names: Vec<&str> = path_names().map(|(name, ..)| name).collect();
    report.good("[paths]", format!("names that may stand there: {}", names.join(", ")));
}

/// The reading endpoints, one after another, each with its time.
struct Reads<'a> {
    client: &'a Client,
    words: &'a Words<'a>,
    clock: Clock,
    report: &'a mut Report,
}

impl Reads<'_> {
    /// Notes how one went and gives back what it brought. Only what the three panes stand on is a must.
    async fn note<T>(
        &mut self,
        read: Read,
        must: bool,
        call: impl Future<Output = Result<T, Failure>>,
        words: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let began = self.clock.up();
        let outcome = call.await;
        let milliseconds = Some(self.clock.up().saturating_sub(began).as_millis());
        let about = read.endpoint().name.to_owned();
        let finding = match &outcome {
            Ok(value) => {
                Finding { about, verdict: Verdict::Good, found: words(value), fix: None, milliseconds, shared: true }
            }
            Err(failure) => Finding {
                about,
                verdict: if must { Verdict::Bad } else { Verdict::Note },
                found: self.words.sentence(failure),
                fix: Some(self.words.advice(failure)),
                milliseconds,
                shared: true,
            },
        };
        self.report.findings.push(finding);
        outcome.ok()
    }

    async fn all(&mut self) {
        let client = self.client;
        let few = Window { limit: 10, offset: 0 };
        let accounts =
            self.note(Read::Accounts, true, client.accounts(), |page| counted(page.received, "account")).await;
        let account = accounts.and_then(|page| page.items.first().map(|account| account.id.clone()));
        if let Some(account) = account {
            self.account(&account).await;
        }
        let holders = self
            .note(Read::Cardholders, false, client.cardholders(few), |page| counted(page.received, "cardholder"))
            .await;
        let holder: Option<HolderId> = holders.and_then(|page| page.items.first().map(|holder| holder.id.clone()));
        if let Some(holder) = holder {
            self.note(Read::Cardholder, false, client.cardholder(&holder), |_| "read".into()).await;
            let cards = client.cardholder_cards(&holder);
            self.note(Read::CardholderCards, false, cards, |page| counted(page.received, "card")).await;
        }
        for (feed, list, one) in [
            (Feed::Cards, Read::CardTransactions, Read::CardTransaction),
            (Feed::Accounts, Read::AccountTransactions, Read::AccountTransaction),
        ] {
            let query = TransactionQuery { limit: 10, ..TransactionQuery::default() };
            let rows = client.transactions(feed, &query);
            let rows = self.note(list, feed == Feed::Cards, rows, |page| counted(page.received, "row")).await;
            let row: Option<TransactionId> = rows.and_then(|page| page.items.first().map(|row| row.id.clone()));
            if let Some(row) = row {
                self.note(one, false, client.transaction(feed, &row), |_| "read".into()).await;
            }
        }
        let words = |config: &Option<_>| if config.is_some() { "configured" } else { "not configured" }.to_owned();
        self.note(Read::WebhookConfig, false, client.webhook_config(), words).await;
        let events = client.webhook_events(few);
        self.note(Read::WebhookEvents, false, events, |page| counted(page.received, "entry")).await;
    }

    async fn account(&mut self, account: &AccountId) {
        let client = self.client;
        let few = Window { limit: 10, offset: 0 };
        self.note(Read::Account, false, client.account(account), |_| "read".into()).await;
        self.note(Read::Balances, false, client.balances(account), |_| "read".into()).await;
        self.note(Read::Restrictions, false, client.restrictions(account), |_| "read".into()).await;
        let destinations = client.destinations(account);
        self.note(Read::Destinations, false, destinations, |page| counted(page.received, "account")).await;
        let holders = client.account_cardholders(account, few);
        self.note(Read::AccountCardholders, false, holders, |page| counted(page.received, "cardholder")).await;
        let cards = client.cards(account, few);
        let cards = self.note(Read::Cards, true, cards, |page| counted(page.received, "card")).await;
        let card: Option<CardId> = cards.and_then(|page| page.items.first().map(|card| card.id.clone()));
        if let Some(card) = card {
            self.note(Read::Card, false, client.card(account, &card), |_| "read".into()).await;
        }
    }
}

/// `1 card`, `10 cards`, `2 entries`.
fn counted(count: usize, what: &str) -> String {
    match (count, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {what}s"),
    }
}

fn printed(report: &Report) -> String {
    let widest = report.findings.iter().map(|finding| finding.about.len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in &report.findings {
        let mark = match finding.verdict {
            Verdict::Good => '✓',
            Verdict::Note => '!',
            Verdict::Bad => '✗',
        };
        let time = finding.milliseconds.map_or_else(String::new, |ms| format!("{ms} ms"));
        let _ = writeln!(text, "{mark} {:widest$}  {time:>8}  {}", finding.about, finding.found);
        if let Some(fix) = &finding.fix {
            let _ = writeln!(text, "  {:widest$}  {:>8}  → {fix}", "", "");
        }
    }
    if !report.features.is_empty() {
        let widest = report.features.iter().map(|feature| feature.feature.len()).max().unwrap_or(0);
        text.push_str("\nWhat works with this deployment:\n");
        for feature in &report.features {
            let mark = match feature.verdict {
                How::Works => '✓',
                How::WorksWithout => '!',
                How::DoesNotWork => '✗',
                How::NotLookedAt => '·',
            };
            let not = if feature.verdict == How::NotLookedAt { "not looked at: " } else { "" };
            let _ = writeln!(text, "{mark} {:widest$}  {not}{}", feature.feature, feature.found);
            if let Some(fix) = &feature.fix {
                let _ = writeln!(text, "  {:widest$}  → {fix}", "");
            }
        }
    }
    let _ = writeln!(text, "\n{}", report.verdict);
    text
}
