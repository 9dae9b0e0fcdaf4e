//! Who is let in, and the shapes of refusal.

use super::support::{Caller, came, quiet, text};

#[tokio::test]
async fn every_endpoint_wants_a_credential_and_says_so() {
    let caller = Caller::start(quiet()).await;
    let base = caller.sandbox.base_url();
    for (name, method, path) in fourpay::sandbox::ENDPOINTS {
        if matches!(*name, "login" | "openapi" | "docs") {
            continue;
        }
        let request = |given: Option<&str>| {
            let request = caller.http.request(method.parse().unwrap(), format!("{base}{path}"));
            match given {
                Some(token) => request.header("X-API-Token", token),
                None => request,
            }
        };
        for given in [None, Some("wrong"), Some("")] {
            let refused = came(request(given)).await.unwrap();
            assert_eq!(refused.status, 401, "{name} with {given:?}");
            assert!(!text(&refused.json(), "detail").is_empty());
        }
        let let_in = came(request(Some(caller.sandbox.token()))).await.unwrap();
        assert_ne!(let_in.status, 401, "{name}");
    }
    assert!(caller.sandbox.token().starts_with("sandbox_"));
}

#[tokio::test]
async fn a_login_opens_the_same_doors() {
    let caller = Caller::start(quiet()).await;
    let wrong = caller.post("/api/v2/auth/login", r#"{"email":"demo@sandbox.example","password":"no"}"#).await;
    assert_eq!(wrong.status, 401);
    let body = format!(r#"{{"email":"{}","password":"{}"}}"#, fourpay::sandbox::EMAIL, fourpay::sandbox::PASSWORD);
    let login = caller.post("/api/v2/auth/login", &body).await.json();
    assert_eq!((text(&login, "token_type"), login["expires_in"].as_i64()), ("bearer", Some(3_600)));
    let url = format!("{}/api/v2/accounts", caller.sandbox.base_url());
    let jwt = text(&login, "access_token");
    assert_eq!(jwt.split('.').count(), 3);
    assert_eq!(came(caller.http.get(&url).bearer_auth(jwt)).await.unwrap().status, 200);
    assert_eq!(came(caller.http.get(&url).bearer_auth(format!("{jwt}x"))).await.unwrap().status, 401);
    assert_eq!(came(caller.http.get(&url).bearer_auth(caller.sandbox.token())).await.unwrap().status, 401);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_json() {
    let caller = Caller::start(quiet()).await;
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/api/v2/nothing", 404),
        ("GET", "/api/v2/cards", 404),
        ("GET", "/__sandbox/acts", 404),
        ("GET", "/api/v2/accounts/0190aaaa-1111-7000-8000-000000000001", 404),
        ("GET", "/api/v2/accounts/%FF", 404),
        ("DELETE", "/api/v2/accounts", 405),
        ("POST", "/api/v2/transactions/cards", 405),
        ("GET", "/api/v2/auth/login", 405),
        ("GET", "/api/v2/webhooks/events?limit=201", 422),
        ("GET", "/api/v2/cardholders?limit=1001", 422),
        ("GET", "/api/v2/cardholders?limit=ten", 422),
        ("GET", "/api/v2/cardholders?offset=-1", 422),
        ("GET", "/api/v2/transactions/cards?dateFrom=yesterday", 422),
    ] {
        let came = caller.send(method, path, None).await.unwrap();
        assert_eq!((came.status, came.kind.as_str()), (status, "application/json"), "{method} {path}");
        let detail = &came.json()["detail"];
        if status == 422 {
            assert!(detail[0]["loc"][0] == "query" && detail[0]["msg"].is_string() && detail[0]["type"].is_string());
        } else {
            assert!(detail.is_string(), "{path}: {detail}");
        }
    }
}

#[tokio::test]
async fn bodies_are_held_to_their_shape_and_every_fault_is_named() {
    let caller = Caller::start(quiet()).await;
    let card = caller.card();
    for (body, loc) in [
        ("", r#"["body"]"#),
        ("[]", r#"["body"]"#),
        ("{", r#"["body",1]"#),
        ("{}", r#"["body","amount"]"#),
        (r#"{"amount":null}"#, r#"["body","amount"]"#),
        (r#"{"amount":0}"#, r#"["body","amount"]"#),
        (r#"{"amount":-5}"#, r#"["body","amount"]"#),
        (r#"{"amount":"5,00"}"#, r#"["body","amount"]"#),
        (r#"{"amount":1e2}"#, r#"["body","amount"]"#),
        (r#"{"amount":0.001}"#, r#"["body","amount"]"#),
        (r#"{"amount":true}"#, r#"["body","amount"]"#),
        (r#"{"amount":"1","description":7}"#, r#"["body","description"]"#),
    ] {
        let came = caller.post(&format!("{card}/topup"), body).await;
        assert_eq!(came.status, 422, "{body}");
        assert_eq!(came.json()["detail"][0]["loc"].to_string(), loc, "{body}");
    }
    let long = format!(r#"{{"amount":"1","description":"{}"}}"#, "x".repeat(501));
    assert_eq!(caller.post(&format!("{card}/topup"), &long).await.status, 422);
    let both = r#"{"name":"x","cardOwnerId":"emp-001","cardType":"paper","cardProviderBinId":"a","binCategoryId":"b"}"#;
    let issue = card.rsplit_once('/').unwrap().0;
    assert_eq!(caller.post(issue, both).await.json()["detail"].as_array().unwrap().len(), 2);
    let plain =
        came(caller.request("POST", &format!("{card}/topup")).body("amount=1").header("content-type", "text/plain"));
    assert_eq!(plain.await.unwrap().status, 422);
    let big = format!(r#"{{"amount":"1","x":"{}"}}"#, "x".repeat(2 << 20));
    assert_eq!(caller.post(&format!("{card}/topup"), &big).await.status, 413);
    assert!(caller.sandbox.acts().is_empty(), "a refused request was executed");
}

#[tokio::test]
async fn it_describes_itself() {
    let caller = Caller::start(quiet()).await;
    let document = caller.get("/api/openapi.json").await.json();
    for (name, method, path) in fourpay::sandbox::ENDPOINTS {
        if !matches!(*name, "openapi" | "docs") {
            assert!(document["paths"][path][method.to_lowercase()].is_object(), "{method} {path} is not described");
        }
    }
    let page = caller.get("/api/docs").await;
    assert!(page.kind.starts_with("text/html") && page.text.contains("/api/v2/webhooks/events"));
    assert!(!page.text.contains("src=") && !page.text.contains("https://"), "the page needs something from elsewhere");
}
