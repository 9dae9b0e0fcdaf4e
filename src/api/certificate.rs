//! What a certificate says of itself, for `doctor`: whose it is, who signed it, and until when it is good. Reads the few
//! fields of DER that are shown, and decides nothing: whether a certificate is trusted is decided in [`super::tls`].

use crate::domain::text::SafeText;

/// What is shown of a certificate that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    subject: Option<SafeText>,
    issuer: Option<SafeText>,
    is_self_signed: bool,
    /// `2027-01-31`.
    ends: Option<String>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `id-at-commonName`, `id-at-organizationName`.
const NAMES: [&[u8]; 2] = [&[0x55, 0x04, 0x03], &[0x55, 0x04, 0x0a]];

/// The first element: its tag, its content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short if short < 0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long & 0x7f)?;
            if bytes.is_empty() || bytes.len() > 3 {
                return None;
            }
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((*tag, content, behind))
}

fn inside(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(tag, ..)| *tag == wanted).map(|(_, content, behind)| (content, behind))
}

/// The common name, else the organization, of a distinguished name.
fn name(mut sets: &[u8]) -> Option<SafeText> {
    let mut found = [None, None];
    while let Some((set, behind)) = inside(sets, SET) {
        sets = behind;
        let Some((pair, _)) = inside(set, SEQUENCE) else { continue };
        let Some((oid, value)) = inside(pair, OID) else { continue };
        let (Some(at), Some((_, text, _))) = (NAMES.iter().position(|name| *name == oid), element(value)) else {
            continue;
        };
        found[at].get_or_insert_with(|| SafeText::name(&String::from_utf8_lossy(text)));
    }
    let [common, organization] = found;
    common.or(organization)
}

/// `YYMMDD…` or `YYYYMMDD…` as a date.
fn date(tag: u8, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii() && text.len() >= 8)?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at(2);
            (format!("{}{year}", if year < "50" { "20" } else { "19" }), rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at(4);
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    Some(format!("{year}-{}-{}", rest.get(..2)?, rest.get(2..4)?))
}

impl Certificate {
    /// `None` when it cannot be read.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (certificate, _) = inside(der, SEQUENCE)?;
        let (mut fields, _) = inside(certificate, SEQUENCE)?;
        if let Some((_, behind)) = inside(fields, VERSION) {
            fields = behind;
        }
        let (_, _, fields) = element(fields)?; // serial number
        let (_, _, fields) = element(fields)?; // algorithm
        let (issuer, fields) = inside(fields, SEQUENCE)?;
        let (validity, fields) = inside(fields, SEQUENCE)?;
        let (subject, _) = inside(fields, SEQUENCE)?;
        let (_, _, ends) = element(validity)?;
        let (tag, ends, _) = element(ends)?;
        Some(Certificate {
            subject: name(subject),
            issuer: name(issuer),
            is_self_signed: subject == issuer,
            ends: date(tag, ends),
        })
    }

    /// `the certificate of api.example.com, signed by Acme CA, good until 2027-01-31`
    pub fn in_words(&self) -> String {
        let quoted = |name: &Option<SafeText>| name.as_ref().map_or("no name".to_owned(), |name| format!("\"{name}\""));
        let signed = match self.is_self_signed {
            true => "signed by itself".to_owned(),
            false => format!("signed by {}", quoted(&self.issuer)),
        };
        let ends = self.ends.as_ref().map_or(String::new(), |ends| format!(", good until {ends}"));
        format!("the certificate of {}, {signed}{ends}", quoted(&self.subject))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_the_end_are_read() {
        let root = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let read: Vec<_> = root.iter().filter_map(|der| Certificate::read(der)).collect();
        assert_eq!(read.len(), root.len());
        assert!(read.iter().all(|one| one.issuer.is_some() && one.ends.is_some()));
        let known = read.iter().map(Certificate::in_words).find(|words| words.contains("ISRG Root X1"));
        let known = known.expect("a well-known authority");
        assert_eq!(known, "the certificate of \"ISRG Root X1\", signed by itself, good until 2035-06-04");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_bad(bytes: Vec<u8>, at in 0usize..2_000, bit in 0u8..8) {
            let _ = Certificate::read(&bytes);
            let mut der = webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].to_vec();
            let at = at % der.len();
            der[at] ^= 1 << bit;
            let _ = Certificate::read(&der).map(|one| one.in_words());
            let _ = Certificate::read(&der[..at]);
        }
    }
}
