//! The server's own description: the OpenAPI document, and a page made from it that needs nothing else.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::App;
use crate::sandbox::answer::raw;
use crate::sandbox::tokens::{EMAIL, PASSWORD};

/// The document of this deployment.
pub async fn openapi(State(shared): App) -> Response {
    raw(StatusCode::OK, shared.deployment.document_text(shared.card_update))
}

pub async fn page(State(shared): App) -> Response {
    let html = render(&shared.deployment.document(shared.card_update));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn render(document: &Value) -> String {
    let text = |value: &Value, key: &str| escape(value[key].as_str().unwrap_or(""));
    let mut rows = String::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten().filter(|(key, _)| *key != "parameters") {
            let codes: Vec<&str> =
                operation["responses"].as_object().into_iter().flatten().map(|(code, _)| code.as_str()).collect();
            rows.push_str(&format!(
                "<tr><td class=m>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>\n",
                escape(&method.to_uppercase()),
                escape(path),
                text(operation, "summary"),
                escape(&codes.join(" "))
            ));
        }
    }
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>body{{font:15px/1.5 \
         system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}table{{border-collapse:collapse;\
         width:100%}}td,th{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}}\
         .m{{font-weight:600}}</style><h1>{title} {version}</h1><p>{description}</p><p>Every call needs \
         <code>X-API-Token</code>, or <code>Authorization: Bearer</code> with what <code>POST /api/v2/auth/login\
         </code> gives for <code>{EMAIL}</code> and <code>{PASSWORD}</code>. The whole description: <a \
         href=\"/api/openapi.json\">openapi.json</a>.</p><table><tr><th>Method<th>Path<th>What it does<th>Answers\
         </tr>\n{rows}</table></html>",
        title = text(&document["info"], "title"),
        version = text(&document["info"], "version"),
        description = text(&document["info"], "description"),
    )
}
