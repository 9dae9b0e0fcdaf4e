//! Answers that hold a secret: card data and tokens. Nothing here quotes what it could not read.
//!
//! The body is wiped by its owner; strings without escapes are copied out of it once, into the value that is
//! wiped on drop. API sheet sections 4 and 10.1.

use zeroize::Zeroizing;

use super::record::record;
use super::{RawField, cards, lenient};
use crate::domain::field::Field;
use crate::domain::secret::{Cvv, Pan, Sensitive, Token};

record! {
    SensitiveRecord {
        pan = "cardNumber" | "pan" | "number" | "card_number", cvv = "cvv" | "cvc" | "cvv2",
        month = "expiryMonth" | "expMonth", year = "expiryYear" | "expYear", expires = "expiredAt" | "expiry",
        holder = "cardHolder" | "holder" | "cardholder", data = "data",
    }
}

/// `GET …/sensitive`.
pub(crate) fn sensitive(body: &[u8]) -> Result<Sensitive, &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "the answer is no text")?;
    let mended;
    let record = match RawField::new(text).record::<SensitiveRecord<'_>>() {
        Some(record) => record,
        None => {
            mended = lenient::mend_secret(text).ok_or("the answer is no JSON object")?;
            RawField::new(&mended).record::<SensitiveRecord<'_>>().ok_or("the answer is no JSON object")?
        }
    };
    let record = if record.pan.is_said() { record } else { record.data.record().unwrap_or(record) };
    Ok(Sensitive {
        pan: hold(record.pan).and_then(Pan::parse).ok_or("the answer has no card number of 12 to 19 digits")?,
        cvv: hold(record.cvv).and_then(Cvv::parse).ok_or("the answer has no security code of 3 or 4 digits")?,
        expiry: match cards::expiry(record.month, record.year, record.expires) {
            Field::Known(expiry) => Some(expiry),
            Field::Absent | Field::Unreadable => None,
        },
        holder: record.holder.name(),
    })
}

record! {
    TokenRecord {
        token = "access_token" | "accessToken" | "token" | "jwt", seconds = "expires_in" | "expiresIn", data = "data",
    }
}

/// An answer to a log in: the token, and for how many seconds it is good.
pub(crate) fn token(body: &[u8]) -> Result<(Token, Option<u64>), &'static str> {
    let text = std::str::from_utf8(body).map_err(|_| "the answer is no text")?;
    let mended;
    let record = match RawField::new(text).record::<TokenRecord<'_>>() {
        Some(record) => record,
        None => {
            mended = lenient::mend_secret(text).ok_or("the answer is no JSON object")?;
            RawField::new(&mended).record::<TokenRecord<'_>>().ok_or("the answer is no JSON object")?
        }
    };
    let record = if record.token.is_said() { record } else { record.data.record().unwrap_or(record) };
    let token = hold(record.token).and_then(Token::parse).ok_or("the answer has no token")?;
    Ok((token, record.seconds.count()))
}

fn hold(slot: RawField<'_>) -> Option<Zeroizing<String>> {
    slot.text().map(|text| Zeroizing::new(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_card_data_is_read() {
        for body in [
            r#"{"cardNumber":"5555550000000001","cvv":"321","expiryMonth":"04","expiryYear":"2029","cardHolder":"ADA BYRNE"}"#,
            r#"{"data":{"pan":"5555 5500 0000 0001","cvc":"321","expiryMonth":4,"expiryYear":2029,"cardHolder":null}}"#,
            r#"{"number":5555550000000001,"cvv":321,"expiredAt":"04.2029","more":{}}"#,
            r#"{"number":"5555550000000001","cvv":"321","expiredAt":"04.2029","limit":NaN,"more":}"#,
        ] {
            let read = sensitive(body.as_bytes()).unwrap();
            assert_eq!((read.pan.expose(), read.cvv.expose()), ("5555550000000001", "321"));
            assert_eq!(read.expiry.unwrap().to_string(), "04/29");
        }
    }

    #[test]
    fn d4_what_cannot_be_read_is_not_quoted() {
        for body in [
            r#"{"cardNumber":"5555550000000001","cvv":"32"}"#,
            r#"{"cardNumber":"5555550000000001","cvv":21}"#,
            r#"{"cardNumber":"555555000000000x","cvv":"321"}"#,
            r#"{"cardNumber":"5555550000000001","cvv":"321""#,
            r#"["5555550000000001"]"#,
            "",
        ] {
            let why = sensitive(body.as_bytes()).unwrap_err();
            assert!(!why.contains("5555"), "{why}");
        }
    }

    #[test]
    fn a_token_is_found() {
        let (token, seconds) = token(br#"{"access_token":"eyJ.a.b","token_type":"bearer","expires_in":3600}"#).unwrap();
        assert_eq!((token.expose(), seconds), ("eyJ.a.b", Some(3600)));
        assert!(super::token(br#"{"access_token":null}"#).is_err());
    }
}
