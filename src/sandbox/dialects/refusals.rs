//! How errors look, and how a body is sent: done to the answer that is ready.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::{Deployment, Quirk, Quirks};
use crate::sandbox::clock::SECOND;

/// Requests in a second with `rate-limited`.
const MOST: usize = 20;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Deployment {
    /// The answer as this deployment sends it.
    pub async fn finish(&self, mut answer: Response) -> Response {
        let json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON);
        let failed = answer.status().is_client_error() || answer.status().is_server_error();
        const SHAPES: Quirks = Quirks::of(&[Quirk::EmptyDetail, Quirk::ObjectDetail, Quirk::HtmlErrors]);
        if json && failed && self.quirks.any(SHAPES) {
            let code = answer.status().as_u16();
            let (body, kind) = if self.has(Quirk::HtmlErrors) {
                let body = format!("<html><head><title>{code}</title></head><body><h1>Error {code}</h1></body></html>");
                (body, "text/html; charset=utf-8")
            } else if self.has(Quirk::ObjectDetail) {
                let body = format!(r#"{{"detail":{{"code":"E{code}","message":"Refused with {code}","meta":null}}}}"#);
                (body, "application/json")
            } else {
                (r#"{"detail":""}"#.to_owned(), "application/json")
            };
            *answer.body_mut() = Body::from(body);
            answer.headers_mut().remove(header::CONTENT_LENGTH);
            answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if self.has(Quirk::TextPlain) && answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON) {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        if self.has(Quirk::Brotli) { encoded(answer).await } else { answer }
    }

    /// Counts a request; whether it is one too many in this second.
    pub fn is_too_many(&self, now: i64) -> bool {
        if !self.has(Quirk::RateLimited) {
            return false;
        }
        let mut recent = self.recent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        recent.retain(|at| *at > now - SECOND);
        if recent.len() >= MOST {
            return true;
        }
        recent.push(now);
        false
    }
}

/// The answer with its body encoded as Brotli.
async fn encoded(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    // Bodies are made in memory; reading one does not fail.
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    if bytes.is_empty() {
        return Response::from_parts(head, Body::empty());
    }
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(brotli(&bytes)))
}

/// A Brotli stream that stores its bytes and compresses nothing (RFC 7932, section 9.2).
fn brotli(bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 1 << 16;
    let mut stream = Vec::with_capacity(bytes.len() + 16);
    for (at, block) in bytes.chunks(BLOCK).enumerate() {
        // Not the last block (one bit), four nibbles of length (two bits), the length less one, stored as it is;
        // before the first block stands one more zero bit for a window of 2^16.
        let length = block.len() as u32 - 1;
        let bits = length << 3 | 1 << 19;
        let bits = if at == 0 { bits << 1 } else { bits };
        stream.extend_from_slice(&bits.to_le_bytes()[..3]);
        stream.extend_from_slice(block);
    }
    // The last block, and an empty one.
    stream.push(3);
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_stream_is_brotli() {
        // Checked by hand against RFC 7932; larger streams of several blocks were read by another decoder.
        assert_eq!(brotli(b"{}"), [0x10, 0, 0x10, b'{', b'}', 3]);
    }
}
