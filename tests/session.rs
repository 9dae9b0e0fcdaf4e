//! A session that says when it ends is renewed before that, where its source can; otherwise it is said.

#![allow(clippy::disallowed_methods, reason = "the peer's tasks end with the test")]

#[path = "client/peer.rs"]
#[allow(dead_code, reason = "the tests of the client use the rest")]
mod peer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use fourpay::api::{Client, Settings};
use fourpay::app::msg::Msg;
use fourpay::domain::secret::Token;
use fourpay::runtime::clock::Clock;
use fourpay::runtime::session::{self, Command, Keeper};
use peer::{Peer, Reply, ok, status};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

const PATIENCE: Duration = Duration::from_secs(20);

/// A JWT that ends at this moment.
fn jwt(ends: DateTime<Utc>) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", part(r#"{"alg":"HS256"}"#), part(&format!(r#"{{"exp":{}}}"#, ends.timestamp())))
}

fn token(text: &str) -> Token {
    Token::parse(text.to_owned().into()).expect("a token")
}

/// The moment, in whole seconds.
fn after(minutes: i64) -> DateTime<Utc> {
    let ends = Clock::start().now().wall + TimeDelta::minutes(minutes);
    DateTime::from_timestamp(ends.timestamp(), 0).expect("a moment")
}

struct World {
    client: Client,
    told: mpsc::Receiver<Msg>,
    commands: mpsc::UnboundedSender<Command>,
    source: Arc<Mutex<String>>,
}

/// A session with `now`, whose source holds `source`, at a peer that refuses tokens with `bad` in them.
async fn world(now: &str, source: &str, renews: bool) -> (World, Peer) {
    let peer = Peer::new(|_, request| match request.contains("tok_bad") {
        true => Reply::Keep(status("401 x", "{}")),
        false => Reply::Keep(ok("[]")),
    })
    .await;
    let settings = Settings::new(format!("http://{}", peer.address));
    let client = Client::new(settings.clone(), token(now)).expect("a client");
    let (out, told) = mpsc::channel(8);
    let (commands, asked) = mpsc::unbounded_channel();
    let source = Arc::new(Mutex::new(source.to_owned()));
    let read = Arc::clone(&source);
    let keeper = Keeper {
        source: fourpay::credentials::Source::Environment,
        client: client.clone(),
        settings,
        profile: "shop".into(),
        read_again: Arc::new(move || Ok(token(&read.lock().expect("the source")))),
        renews,
        clock: Clock::start(),
        requests: mpsc::unbounded_channel().0,
        out,
    };
    tokio::task::spawn_local(session::run(keeper, asked));
    (World { client, told, commands, source }, peer)
}

impl World {
    async fn hears(&mut self) -> Msg {
        tokio::time::timeout(PATIENCE, self.told.recv()).await.expect("in time").expect("it runs")
    }
}

async fn on_this_thread<T>(story: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(story).await
}

#[tokio::test]
async fn a_session_is_renewed_before_it_ends() {
    on_this_thread(async {
        let later = after(60);
        let (mut world, peer) = world(&jwt(after(2)), &jwt(later), true).await;
        // The question is answered after what is due has been done.
        world.commands.send(Command::ReadAgain).expect("it runs");
        assert_eq!(world.hears().await, Msg::CredentialRead(Ok(())));
        assert_eq!(world.client.token_ends(), Some(later));
        // The new one was shown to the API before it was used, and again for the question.
        assert_eq!(peer.log.count(), 2);
        assert!(peer.log.all().iter().all(|request| request.contains(&jwt(later))));
    })
    .await;
}

#[tokio::test]
async fn one_that_cannot_be_renewed_is_told() {
    on_this_thread(async {
        let end = after(2);
        // Nothing can be asked for another.
        let (mut alone, _peer) = world(&jwt(end), "tok_other", false).await;
        assert_eq!(alone.hears().await, Msg::SessionEnds(Some(end)));
        assert_eq!(alone.client.token_ends(), Some(end));
        // The source has the same one still.
        let (mut same, _peer) = world(&jwt(end), &jwt(end), true).await;
        let Msg::SessionEnds(Some(told)) = same.hears().await else { panic!("nothing was said") };
        assert!((told - end).abs() < TimeDelta::seconds(3), "but for the server's clock: {told}");
        // The source has one that is not accepted: the old one goes on being used.
        let (mut bad, _peer) = world(&jwt(end), "tok_bad", true).await;
        assert!(matches!(bad.hears().await, Msg::SessionEnds(Some(_))));
        assert_eq!(bad.client.token_ends(), Some(end));
        // A token that does not say when it ends is nobody's concern.
        let (mut token, _peer) = world("tok_1", "tok_2", true).await;
        token.commands.send(Command::ReadAgain).expect("it runs");
        assert_eq!(token.hears().await, Msg::CredentialRead(Ok(())));
    })
    .await;
}

/// N5: what the API does not accept is not used.
#[tokio::test]
async fn n5_a_source_that_holds_a_bad_one_is_no_help() {
    on_this_thread(async {
        let (mut world, peer) = world("tok_1", "tok_bad", true).await;
        world.commands.send(Command::ReadAgain).expect("it runs");
        let Msg::CredentialRead(Err(why)) = world.hears().await else { panic!("it was accepted") };
        assert!(why.contains("does not accept") && !why.contains("tok_bad"), "{why}");
        world.client.accounts().await.expect("the one before is used");
        assert!(peer.log.all().last().is_some_and(|request| request.contains("tok_1")));
        *world.source.lock().expect("the source") = "tok_good".into();
        world.commands.send(Command::ReadAgain).expect("it runs");
        assert_eq!(world.hears().await, Msg::CredentialRead(Ok(())));
        world.client.accounts().await.expect("the new one is used");
        assert!(peer.log.all().last().is_some_and(|request| request.contains("tok_good")));
    })
    .await;
}
