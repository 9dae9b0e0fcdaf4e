//! What an error body says: FastAPI's `detail` in its three forms, other APIs' `message`, a page, or nothing.
//! Source: API sheet section 8.

use super::RawField;
use super::record::record;
use crate::domain::failure::FieldError;
use crate::domain::text::SafeText;

/// At most this many fields are named; the rest is noise.
const MOST_FIELDS: usize = 20;

record! {
    Body { detail = "detail" | "details", message = "message" | "msg", error = "error", title = "title", errors = "errors" }
}

record! {
    Problem { place = "loc" | "field", message = "msg" | "message" | "detail", error = "error" }
}

/// An error body, made safe.
pub(crate) struct Said {
    pub detail: SafeText,
    pub fields: Vec<FieldError>,
}

/// Reads any body. A body of a call for card data is not repeated when it has three digits in a row.
pub(crate) fn read(body: &str, secret: bool) -> Said {
    let mut said = said(body.trim());
    if secret {
        let numbers =
            |text: &SafeText| text.as_str().as_bytes().windows(3).any(|run| run.iter().all(u8::is_ascii_digit));
        if numbers(&said.detail) {
            said.detail = SafeText::name("what it said is not repeated, because it may hold card data");
        }
        said.fields.retain(|field| !numbers(&field.message) && !numbers(&field.field));
    }
    said
}

fn said(body: &str) -> Said {
    let slot = RawField::new(body);
    let (detail, list) = match slot.record::<Body<'_>>() {
        Some(body) => {
            let nested = body.error.record::<Problem<'_>>().map(|inner| inner.message).unwrap_or_default();
            let plain = [body.detail, body.message, nested, body.error, body.title];
            let text = plain.iter().find_map(RawField::prose);
            let inner = body.detail.record::<Problem<'_>>();
            let text = text.or_else(|| inner.and_then(|inner| inner.message.or(inner.error).prose()));
            let text = text.or_else(|| body.detail.is_object().then(|| body.detail.shown()));
            let lists = [body.detail, body.errors];
            (text, lists.into_iter().find(RawField::is_list))
        }
        None if slot.is_list() => (None, Some(slot)),
        None => return plain(body),
    };
    let fields: Vec<FieldError> =
        list.and_then(|list| list.list()).unwrap_or_default().into_iter().take(MOST_FIELDS).filter_map(field).collect();
    let detail = detail.unwrap_or_else(|| {
        let lines: Vec<String> = fields.iter().map(line).collect();
        SafeText::prose(&lines.join("; "))
    });
    Said { detail, fields }
}

fn line(error: &FieldError) -> String {
    if error.field.is_empty() { error.message.to_string() } else { format!("{}: {}", error.field, error.message) }
}

/// One entry of a validation error: `{"loc":["body","amount"],"msg":"…"}`, or a bare text.
fn field(entry: RawField<'_>) -> Option<FieldError> {
    let Some(problem) = entry.record::<Problem<'_>>() else {
        return entry.prose().map(|message| FieldError { field: SafeText::name(""), message });
    };
    let parts: Vec<String> = match problem.place.list() {
        Some(parts) => parts.iter().filter_map(RawField::text).map(String::from).collect(),
        None => problem.place.text().map(String::from).into_iter().collect(),
    };
    let around = matches!(parts.first().map(String::as_str), Some("body" | "query" | "path" | "header"));
    let named = parts.get(usize::from(around)..).unwrap_or_default().join(".");
    let message = problem.message.or(problem.error).prose()?;
    Some(FieldError { field: SafeText::name(&named), message })
}

/// A body that is no JSON object: a short plain text is repeated, a page is not.
fn plain(body: &str) -> Said {
    let detail = if body.is_empty() {
        SafeText::name("")
    } else if body.contains('\u{fffd}') {
        // Compressed in a way that was not asked for, or no text at all.
        SafeText::name("an answer that is no text")
    } else if body.contains('<') || body.contains('\n') || body.len() > 300 {
        SafeText::name("a page instead of an answer")
    } else {
        RawField::new(body).prose().unwrap_or_else(|| SafeText::prose(body))
    };
    Said { detail, fields: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(body: &str) -> String {
        read(body, false).detail.to_string()
    }

    #[test]
    fn every_form_of_detail_is_read() {
        assert_eq!(detail(r#"{"detail":"Not enough money"}"#), "Not enough money");
        assert_eq!(detail(r#"{"detail":{"code":"x","message":"Wrong state"}}"#), "Wrong state");
        assert_eq!(detail(r#"{"detail":{"code":"x"}}"#), r#"{"code":"x"}"#);
        assert_eq!(detail(r#"{"message":"No"}"#), "No");
        assert_eq!(detail(r#"{"error":{"message":"No"}}"#), "No");
        assert_eq!(detail(r#"{"error":"invalid_grant"}"#), "invalid_grant");
        assert_eq!(detail(""), "");
        assert_eq!(detail("upstream timeout"), "upstream timeout");
        assert_eq!(detail("\"plain\""), "plain");
        assert_eq!(detail("{\"detail\":"), "{\"detail\":");
    }

    #[test]
    fn a_page_is_not_repeated() {
        let said = detail("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>");
        assert_eq!(said, "a page instead of an answer");
    }

    #[test]
    fn fields_are_named_without_where_they_stood() {
        let body = r#"{"detail":[
            {"loc":["body","amount"],"msg":"must be positive","type":"greater_than","input":"-1","ctx":{"gt":0}},
            {"loc":["query","limit"],"msg":"too large"},
            {"loc":["body","limits",0,"value"],"msg":"not a number"},
            {"loc":[],"msg":"all wrong"}, "bare", 7, null, {}]}"#;
        let said = read(body, false);
        let named: Vec<(&str, &str)> =
            said.fields.iter().map(|error| (error.field.as_str(), error.message.as_str())).collect();
        assert_eq!(
            named,
            [
                ("amount", "must be positive"),
                ("limit", "too large"),
                ("limits.0.value", "not a number"),
                ("", "all wrong"),
                ("", "bare"),
                ("", "7"),
            ]
        );
        assert!(said.detail.as_str().starts_with("amount: must be positive; limit: too large"));
    }

    #[test]
    fn d4_an_error_of_a_call_for_card_data_repeats_no_digits() {
        let body = r#"{"detail":"card 4539578763621486 cvv 837","errors":[{"loc":["cvv"],"msg":"837 is wrong"}]}"#;
        let said = read(body, true);
        assert!(!said.detail.as_str().contains(|c: char| c.is_ascii_digit()));
        assert!(said.fields.is_empty());
        assert_eq!(read(r#"{"detail":"card is frozen"}"#, true).detail.as_str(), "card is frozen");
    }
}
