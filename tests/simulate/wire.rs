//! What carries requests of a program to a platform, below everything that decides what an answer means.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fourpay::api::sender::{
    Answer, HeaderMap, HeaderName, HeaderValue, LONGEST_HOLD_UP, Purpose, Request, SendError, Sender, Sending,
};
use fourpay::domain::failure::FailureKind;
use fourpay::domain::intent::lifecycle::Stage;
use fourpay::domain::intent::{Act as Intended, Reference};
use fourpay::ops::Ops;
use tokio::time::sleep;

use super::checks;
use super::disk::Life;
use super::platform::Reply;
use super::script::{Act, Hears, Weather, money};
use super::world::{World, since};

pub struct Wire {
    pub world: Arc<World>,
    pub platform: usize,
    pub number: u64,
    pub life: Arc<Life>,
    /// Known once the program has begun.
    pub ops: Arc<OnceLock<Ops>>,
}

/// What is asked for.
struct Asked {
    act: Act,
    cents: i64,
    description: Option<String>,
    name: String,
}

impl Wire {
    /// A program that was killed hears nothing more.
    async fn alive(&self) {
        if self.life.is_over() {
            std::future::pending::<()>().await;
        }
    }

    async fn carry(&self, request: &Request<'_>, answer: &mut Answer<'_>) -> Result<(), SendError> {
        let latency = {
            let mut inner = self.world.inner();
            inner.requests += 1;
            inner.platforms[self.platform].deployment.latency
        };
        let at = self.world.truth().format("%H:%M:%S%.3f");
        let line = format!("{at} program {} {} {}", self.number, request.method.as_str(), request.target);
        self.world.inner().hear(&line);
        self.alive().await;
        sleep(Duration::from_millis(latency / 4)).await;
        self.alive().await;
        let weather = self.world.weather();
        if weather == Some(Weather::Offline) {
            self.world.amiss(0);
            let detail = "no route to host".to_owned();
            return Err(SendError::NotConnected { kind: FailureKind::Offline, detail });
        }
        match request.purpose {
            Purpose::Act => self.act(request, answer, latency).await,
            Purpose::Read | Purpose::SecretRead => self.read(request, answer, latency, weather).await,
        }
    }

    async fn read(
        &self,
        request: &Request<'_>,
        answer: &mut Answer<'_>,
        latency: u64,
        weather: Option<Weather>,
    ) -> Result<(), SendError> {
        if weather.is_some() {
            self.world.amiss(0);
        }
        let of_card = request.endpoint.name == "card";
        let reply = match weather {
            Some(Weather::Stalled) => {
                sleep(Duration::from_secs(40)).await;
                None
            }
            Some(Weather::TooMany) => {
                let mut reply = Reply::words(429, "Too many requests");
                reply.headers.push(("retry-after", "3".into()));
                Some(reply)
            }
            Some(Weather::Down) => Some(Reply::words(503, "Service unavailable")),
            Some(Weather::Pages) => Some(Reply::page(200)),
            Some(Weather::NoCards) if of_card => Some(Reply::words(500, "Internal error")),
            _ => None,
        };
        sleep(Duration::from_millis(latency - latency / 4)).await;
        self.alive().await;
        let reply = reply.unwrap_or_else(|| self.world.inner().platforms[self.platform].read(request.target));
        self.give(answer, &reply, false)
    }

    async fn act(&self, request: &Request<'_>, answer: &mut Answer<'_>, latency: u64) -> Result<(), SendError> {
        let asked = self.asked(request).ok_or_else(|| SendError::Broken("the simulator cannot read it".into()))?;
        let description = asked.description.clone().unwrap_or_default();
        let reference = Reference::all_in(&description).next().or_else(|| self.reference_of(&asked));
        let wish = number_after(&description, "wish ").or_else(|| number_after(&asked.name, "Wish "));
        let fate = self.world.fate(wish, asked.act);
        if let Some(ms) = fate.held_up {
            // The machine sleeps after the line was written and before the connection stands.
            self.world.count("fault: asleep before the first byte");
            self.world.sleep(ms);
        }
        if let (Act::Freeze { card }, true) = (asked.act, fate.hears == Hears::NotConnected || fate.held_up.is_some()) {
            self.world.inner().freezing.retain(|(of, ..)| *of != card);
        }
        if fate.hears == Hears::NotConnected {
            self.world.count("answer: not connected");
            let detail = "connection refused".to_owned();
            return Err(SendError::NotConnected { kind: FailureKind::Offline, detail });
        }
        request.may_go().map_err(|late| {
            self.world.count("answer: too late to be sent");
            SendError::Late(late)
        })?;
        self.check_deadline(reference);
        if let Some(ops) = self.ops.get() {
            checks::at_arrival(&self.world, ops, self.platform, reference, wish);
        }
        let attempt = {
            let mut inner = self.world.inner();
            let Asked { act, cents, description, name } = asked;
            let name = name.clone();
            let attempt = inner.platforms[self.platform].take(act, cents, description, name, reference, wish, fate);
            if let Act::Freeze { card } = act {
                // 5: on the wire, and in time.
                let now = self.world.clocks.ms();
                let late = inner.freezing.iter().find(|(of, since, most)| *of == card && now - since > *most);
                if let Some((_, since, _)) = late
                    && inner.found.is_none()
                {
                    inner.found = Some(format!("5: a freeze of card {card} reached the wire after {} ms", now - since));
                }
                inner.freezing.retain(|(of, ..)| *of != card);
            }
            attempt
        };
        drop(self.world.inner());
        checks::after_execution(&self.world);
        sleep(Duration::from_millis(latency - latency / 4)).await;
        self.alive().await;
        self.hear(answer, attempt, fate.hears).await
    }

    async fn hear(&self, answer: &mut Answer<'_>, attempt: usize, hears: Hears) -> Result<(), SendError> {
        let word = format!("{hears:?}");
        let word = word.split('(').next().unwrap_or("").to_owned();
        self.world.count(format!("answer: {word}"));
        let told = {
            let inner = self.world.inner();
            let what = inner.platforms[self.platform].describe(attempt);
            format!("program {} hears of {what}: {hears:?}", self.number)
        };
        let good = || self.world.inner().platforms[self.platform].accept(attempt);
        let reply = match hears {
            Hears::Good => good(),
            Hears::Slowly(ms) => {
                sleep(Duration::from_millis(ms)).await;
                self.alive().await;
                good()
            }
            Hears::Words(status) => Reply::words(status, "It cannot be done"),
            Hears::Page(status) => Reply::page(status),
            Hears::Bare(status @ (301 | 302 | 303 | 307 | 308)) => {
                let mut reply = Reply::bare(status);
                reply.headers.push(("location", "/api/v2/elsewhere/".into()));
                reply
            }
            Hears::Bare(status) => Reply::bare(status),
            Hears::TooMany(after) => {
                let mut reply = Reply::words(429, "Too many requests");
                reply.headers.extend(after.map(|after| ("retry-after", after.to_string())));
                self.world.amiss(1000 * after.unwrap_or(5));
                reply
            }
            Hears::Lost => {
                self.world.tell(told);
                return Err(SendError::Broken("connection reset by peer".into()));
            }
            Hears::Nothing => {
                self.world.tell(told);
                return std::future::pending().await;
            }
            Hears::Torn => {
                self.world.tell(told);
                let reply = good();
                return self.give(answer, &reply, true);
            }
            Hears::GoodPage => Reply::page(200),
            Hears::Earlier => self.world.inner().platforms[self.platform].accept_as_earlier(attempt),
            Hears::Failed => Reply::json(200, "{\"status\":\"failed\",\"message\":\"Not done\"}"),
            Hears::OtherAmount => {
                Reply::json(200, "{\"status\":\"completed\",\"amount\":\"1.01\",\"currency\":\"USD\"}")
            }
            Hears::NotConnected => Reply::bare(500),
        };
        self.world.tell(told);
        self.give(answer, &reply, false)
    }

    fn give(&self, answer: &mut Answer<'_>, reply: &Reply, torn: bool) -> Result<(), SendError> {
        let mut headers = HeaderMap::new();
        let clock = self.world.inner().platforms[self.platform].clock();
        let date = httpdate::fmt_http_date(clock.into());
        for (name, value) in reply.headers.iter().map(|(name, value)| (*name, value.as_str())).chain([("date", &*date)])
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        answer.begin(reply.status, headers)?;
        let body = reply.body.as_bytes();
        if torn {
            answer.push(&body[..body.len() / 2])?;
            return Err(SendError::Broken("unexpected end of file".into()));
        }
        answer.push(body)
    }

    /// No first byte leaves more than ten seconds after the line that says it was sent.
    fn check_deadline(&self, reference: Option<Reference>) {
        let Some(reference) = reference else { return };
        let sent = self.world.disk.state().sent_at.get(&reference.to_string()).copied();
        if let Some(sent) = sent
            && since(self.world.clocks, sent) > LONGEST_HOLD_UP + Duration::from_secs(1)
        {
            let late = since(self.world.clocks, sent).as_secs();
            self.world.find(format!("deadline: {reference} left {late} s after it was written down as sent"));
        }
    }

    /// The reference of what carries none on the wire.
    fn reference_of(&self, asked: &Asked) -> Option<Reference> {
        let entries = self.ops.get()?.entries();
        let fits = |act: &Intended| match (act, asked.act) {
            (Intended::IssueCard { order, .. }, Act::Issue { .. }) => order.name.as_str() == asked.name,
            _ => false,
        };
        let found = entries.iter().rev().find(|entry| entry.stage == Stage::Sent && fits(&entry.intent.act));
        found.map(|entry| entry.intent.reference)
    }

    fn asked(&self, request: &Request<'_>) -> Option<Asked> {
        let body: serde_json::Value = serde_json::from_str(request.body.unwrap_or("{}")).ok()?;
        let inner = self.world.inner();
        let platform = &inner.platforms[self.platform];
        let parts: Vec<&str> = request.target.trim_start_matches("/api/v2/").split('/').collect();
        let account = (0..2).find(|at| parts.get(1) == Some(&platform.account_id(*at).as_str()))?;
        let card = (0..platform.cards.len()).find(|at| parts.get(3) == Some(&platform.card_id(*at).as_str()));
        let text =
            |name: &str| body.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let act = match request.endpoint.name {
            "topup" => Act::TopUp { card: card? },
            "withdraw" => Act::Withdraw { card: card? },
            "transfer" => Act::Transfer { from: account },
            "issue-card" => Act::Issue { account },
            "freeze" => Act::Freeze { card: card? },
            "unfreeze" => Act::Unfreeze { card: card? },
            _ => return None,
        };
        let cents = text("amount").map(|amount| cents(&amount)).unwrap_or_default();
        Some(Asked { act, cents, description: text("description"), name: text("name").unwrap_or_default() })
    }
}

fn cents(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<2}");
    let cents = whole.parse::<i64>().unwrap_or(0) * 100 + part.get(..2).and_then(|part| part.parse().ok()).unwrap_or(0);
    debug_assert!(!money(cents).trim_end_matches(".00").is_empty());
    cents
}

fn number_after(text: &str, word: &str) -> Option<u32> {
    let rest = text.strip_prefix(word)?;
    rest.split(' ').next()?.parse().ok()
}

impl Sender for Wire {
    fn send<'s>(&'s self, request: &'s Request<'_>, answer: &'s mut Answer<'_>) -> Sending<'s> {
        Box::pin(self.carry(request, answer))
    }
}
