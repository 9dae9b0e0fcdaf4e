//! What stands between the program and the rows: paths, credentials, silence, and what the command line says of it.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fourpay::api::{Auth, Client, Exchange, Settings, TransactionQuery, endpoints};
use fourpay::domain::secret::{Password, Token, WebhookSecret};
use fourpay::domain::transaction::Feed;
use fourpay::hooks::receiver::{self, Rules};
use fourpay::sandbox::{EMAIL, Fault, Happening, Options, PASSWORD, Quirk, Rule, Sandbox};

use crate::deployments::On;
use crate::journey::Journey;
use crate::{dashboard, sandbox};

fn token(text: &str) -> Token {
    Token::parse(text.to_owned().into()).expect("a token")
}

async fn with_data(at: &mut Journey) {
    at.wait_until("data", |screen| screen.contains("2 Cards · 130") && screen.contains("● live")).await;
}

/// The program on a sandbox: what it printed, and its exit code.
async fn program(on: On, base_url: String, sandbox: &Sandbox, arguments: &'static [&'static str]) -> (String, i32) {
    let token = sandbox.token().to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join(".config/fourpay");
        std::fs::create_dir_all(&folder).expect("a folder");
        let auth = if on.wants_bearer() { "auth = \"bearer\"\n" } else { "" };
        std::fs::write(folder.join("config.toml"), auth).expect("settings");
        Command::new(env!("CARGO_BIN_EXE_fourpay"))
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("FOURPAY_BASE_URL", &base_url)
            .env("FOURPAY_TOKEN", &token)
            .output()
            .expect("it runs")
    });
    let output = ran.await.expect("no panic");
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).expect("text"), output.status.code().expect("an exit code"))
}

pub async fn silence(on: On) {
    let (on, sandbox) = sandbox(on, &[], Options::default()).await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    with_data(&mut at).await;
    sandbox.faults().add(Rule::next("*", Fault::HangBefore).always());
    at.wait_for("◌ no answer for ").await;
    assert!(!at.screen().contains("● live"), "{}:\n{}", on.what(), at.screen());
    sandbox.faults().clear();
    at.press("<C-r>");
    at.wait_for("● live").await;
}

pub async fn other_words(on: On) {
    // The document names the other word; without a document the assumed path is not there.
    for quirks in [&[Quirk::LockWords][..], &[Quirk::LockWords, Quirk::NoOpenapi]] {
        let (on, sandbox) = sandbox(on, quirks, Options::default()).await;
        let mut at = dashboard(on, &sandbox, (160, 48));
        with_data(&mut at).await;
        let documented = !quirks.contains(&Quirk::NoOpenapi);
        if documented {
            let (said, _) = program(on, sandbox.base_url().to_owned(), &sandbox, &["doctor"]).await;
            assert!(said.contains("/lock") && said.contains("[paths] freeze = "), "{}:\n{said}", on.what());
        } else {
            at.press("2/status:active<Enter>f");
            at.wait_for("y freeze").await;
            at.press("y");
            at.wait_for("[paths]").await;
        }
        assert_eq!(sandbox.acts().get("card_freeze"), None, "{}", on.what());
    }
}

pub async fn bearer(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::BearerKey], Options::default()).await;
    let wrong = Settings { auth: Auth::Token, ..Settings::new(sandbox.base_url()) };
    let mut at = Journey::start((160, 48), wrong, sandbox.token());
    at.wait_for("auth = \"bearer\"").await;
    let mut at = dashboard(on, &sandbox, (160, 48));
    with_data(&mut at).await;
    assert_eq!(at.quit().await, 0);
}

pub async fn what_is_between(on: On) {
    let (redirecting, sandbox_1) = sandbox(on, &[Quirk::SlashRedirect, Quirk::TextPlain], Options::default()).await;
    let mut at = dashboard(redirecting, &sandbox_1, (160, 48));
    with_data(&mut at).await;
    let doubled = format!("{}/api/v2", sandbox_1.base_url());
    let (said, code) = program(redirecting, doubled, &sandbox_1, &["doctor"]).await;
    assert!(code != 0 && said.contains("the base URL ends in /api"), "{}: {code}\n{said}", on.what());
    let (encoded, sandbox_2) = sandbox(on, &[Quirk::Brotli], Options::default()).await;
    let (said, code) = program(encoded, sandbox_2.base_url().to_owned(), &sandbox_2, &["doctor"]).await;
    assert!(code == 1 && said.contains("encoded as br"), "{}: {code}\n{said}", on.what());
}

pub async fn logins_and_signatures(on: On) {
    for quirk in [Quirk::JwtMillis, Quirk::JwtText] {
        let (on, sandbox) = sandbox(on, &[quirk], Options::default()).await;
        let password = Password::new(PASSWORD.to_owned().into());
        let settings = on.settings(sandbox.base_url());
        let login = Client::login(settings, EMAIL, &password).await.expect("a login");
        let ends = fourpay::api::jwt::expiry(&login.token).expect("an end");
        let left = (ends - chrono::Utc::now()).num_minutes();
        assert!((1..=60 * 24 * 31).contains(&left), "{}: it ends in {left} minutes", on.what());
    }
    let (on, sandbox) = sandbox(on, &[Quirk::SignaturePrefix], Options::default()).await;
    let secret = || WebhookSecret::new("a-secret-of-the-merchant".to_owned().into());
    let rules = Rules { secret: Some(Arc::new(secret())), notification: false };
    let (receiver, mut taken) = receiver::listen(SocketAddr::from(([127, 0, 0, 1], 0)), rules).await.expect("a port");
    let body = serde_json::json!({
        "url": format!("http://{}/hook", receiver.address), "secret": "a-secret-of-the-merchant",
    });
    drop(rustls::crypto::ring::default_provider().install_default());
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let request = http.put(format!("{}/api/v2/webhooks/config", sandbox.base_url()));
    let request = match on.wants_bearer() {
        true => request.bearer_auth(sandbox.token()),
        false => request.header("x-api-token", sandbox.token()),
    };
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await;
    assert!(answer.expect("an answer").status().is_success(), "{}", on.what());
    let (_, card) = sandbox.card_in("active").expect("an active card");
    sandbox.happen(Happening::Freeze { card }).expect("a freeze");
    let delivery = tokio::time::timeout(Duration::from_secs(20), taken.recv()).await;
    assert!(matches!(delivery, Ok(Some(_))), "{}: refused: {:?}", on.what(), receiver.counts.borrow());
}

/// Redirects that were met, by the paths that led to them.
static REDIRECTED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

fn note(exchange: &Exchange) {
    if exchange.status.is_some_and(|status| (300..400).contains(&status)) {
        REDIRECTED.lock().expect("the list").push(exchange.path);
    }
}

pub async fn slashes(on: On) {
    let (on, sandbox) = sandbox(on, &[Quirk::SlashRedirect], Options::default()).await;
    let settings = Settings { log: Some(note), ..on.settings(sandbox.base_url()) };
    let client = Client::new(settings, token(sandbox.token())).expect("a client");
    client.discover().await;
    let accounts = client.all_accounts().await.expect("accounts").items;
    client.all_cards(&accounts[0].id).await.expect("cards");
    client.all_cardholders().await.expect("people");
    for feed in [Feed::Cards, Feed::Accounts] {
        client.all_of_feed(feed, &TransactionQuery::default(), 3).await.expect("rows");
    }
    let met = REDIRECTED.lock().expect("the list").clone();
    assert!(met.is_empty(), "{}: {met:?}", on.what());
}

pub async fn gaps(on: On) {
    for quirk in [Quirk::NoEventLog, Quirk::NoWebhooks] {
        let (on, sandbox) = sandbox(on, &[quirk], Options::default()).await;
        let base_url = sandbox.base_url().to_owned();
        let (said, code) = program(on, base_url, &sandbox, &["webhooks", "gaps", "--json"]).await;
        let report: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!((code, &report["clean"]), (7, &serde_json::Value::Null), "{}: {said}", on.what());
        assert!(said.contains("no log of webhook events"), "{}: {said}", on.what());
    }
}

pub async fn names_of_paths(on: On) {
    let (on, sandbox) = sandbox(on, &[], Options::default()).await;
    let (said, _) = program(on, sandbox.base_url().to_owned(), &sandbox, &["doctor"]).await;
    for (name, ..) in endpoints::path_names() {
        assert!(said.contains(name), "{}: {name} is missing:\n{said}", on.what());
    }
    let readme = include_str!("../../docs/configuration.md");
    assert!(endpoints::path_names().all(|(name, ..)| readme.contains(&format!("`{name}`"))), "the documents lack one");
}
