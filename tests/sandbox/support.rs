//! A client that does no more than HTTP, and a sandbox made for tests: quiet and quick.

use std::time::{Duration, Instant};

use fourpay::sandbox::{Dialect, Options, Quirk, Sandbox};
use serde_json::Value;

/// Of the rich dialect, in which there is the most to look at.
pub fn quiet() -> Options {
    let dialect = Dialect::Rich;
    Options { live_rate: 0, transactions: 1_500, work: Duration::from_millis(40), dialect, ..Options::default() }
}

pub struct Caller {
    pub sandbox: Sandbox,
    /// The key goes out as `Authorization: Bearer`.
    pub bearer: bool,
    pub http: reqwest::Client,
}

/// What came back: status, content type, body.
pub struct Came {
    pub status: u16,
    pub kind: String,
    pub text: String,
}

impl Came {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }
}

pub fn client() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()
        .unwrap()
}

impl Caller {
    pub async fn start(options: Options) -> Caller {
        let bearer = options.dialect == Dialect::Legacy || options.quirks.has(Quirk::BearerKey);
        Caller { sandbox: Sandbox::start(options).await.unwrap(), bearer, http: client() }
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.sandbox.base_url());
        let request = self.http.request(method.parse().unwrap(), url);
        match self.bearer {
            true => request.bearer_auth(self.sandbox.token()),
            false => request.header("X-API-Token", self.sandbox.token()),
        }
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&str>) -> Result<Came, reqwest::Error> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        came(request).await
    }

    pub async fn get(&self, path: &str) -> Came {
        self.send("GET", path, None).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &str) -> Came {
        self.send("POST", path, Some(body)).await.unwrap()
    }

    /// The items of a list.
    pub async fn items(&self, path: &str) -> Vec<Value> {
        let came = self.get(path).await;
        assert_eq!(came.status, 200, "{path}: {}", came.text);
        came.json()["items"].as_array().unwrap().clone()
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let mut all = Vec::new();
        let sign = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.items(&format!("{path}{sign}limit={limit}&offset={}", all.len())).await;
            let short = page.len() < limit;
            all.extend(page);
            if short {
                return all;
            }
        }
    }

    /// The path of the active card with the most money.
    pub fn card(&self) -> String {
        let (account, card) = self.sandbox.card_in("active").unwrap();
        format!("/api/v2/accounts/{account}/cards/{card}")
    }

    pub fn sound(&self) {
        self.sandbox.conserved().unwrap();
    }
}

pub async fn came(request: reqwest::RequestBuilder) -> Result<Came, reqwest::Error> {
    let answer = request.timeout(Duration::from_secs(20)).send().await?;
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    Ok(Came { status, kind, text: answer.text().await? })
}

/// Asks again until it is so, five seconds at most.
pub async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let start = Instant::now();
    while !so().await {
        assert!(start.elapsed() < Duration::from_secs(5), "not within five seconds: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text in {value}"))
}

pub fn decimal(value: &Value, key: &str) -> rust_decimal::Decimal {
    text(value, key).parse().unwrap()
}
