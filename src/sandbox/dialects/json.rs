//! JSON that is about to be written. Not serde's: numbers are kept as their text, so that money never becomes
//! a float, keys keep their order, and it can hold what no well-behaved server would write.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// Written as it stands: `null`, `true`, a number; or a fault.
    Raw(Cow<'static, str>),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(Cow<'static, str>, Json)>),
}

pub const NULL: Json = Json::Raw(Cow::Borrowed("null"));

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Raw(Cow::Borrowed(if value { "true" } else { "false" }))
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Json {
        Json::Raw(value.to_string().into())
    }
}

/// An object from keys and values.
pub fn object<const N: usize>(fields: [(&'static str, Json); N]) -> Json {
    Json::Object(fields.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

impl Json {
    /// Reads what this server wrote itself.
    pub fn read(bytes: &[u8]) -> Json {
        serde_json::from_slice(bytes).unwrap_or(NULL)
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Takes a field out; `null` when there is none.
    pub fn take(&mut self, key: &str) -> Json {
        let Json::Object(fields) = self else { return NULL };
        match fields.iter().position(|(name, _)| name == key) {
            Some(at) => fields.remove(at).1,
            None => NULL,
        }
    }

    pub fn set(&mut self, key: &'static str, value: Json) {
        self.take(key);
        if let Json::Object(fields) = self {
            fields.push((key.into(), value));
        }
    }

    /// Gives a field another name; nothing when there is no such field.
    pub fn rename(&mut self, from: &str, to: &'static str) {
        if let Json::Object(fields) = self
            && let Some(field) = fields.iter_mut().find(|(name, _)| name == from)
        {
            field.0 = to.into();
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Those fields alone, in this order; one that is not there is left out.
    #[must_use]
    pub fn only(mut self, keys: &[&'static str]) -> Json {
        let there: Vec<_> = keys.iter().filter(|key| self.get(key).is_some()).copied().collect();
        Json::Object(there.into_iter().map(|key| (key.into(), self.take(key))).collect())
    }

    /// Those fields alone, in this order; one that is not there is `null`.
    #[must_use]
    pub fn all(mut self, keys: &[&'static str]) -> Json {
        Json::Object(keys.iter().map(|key| ((*key).into(), self.take(key))).collect())
    }

    pub fn write(&self, to: &mut Vec<u8>) {
        // Writing into memory does not fail.
        let text = |to: &mut Vec<u8>, text: &str| drop(serde_json::to_writer(to, text));
        match self {
            Json::Raw(raw) => to.extend_from_slice(raw.as_bytes()),
            Json::Text(value) => text(to, value),
            Json::List(rows) => {
                to.push(b'[');
                for (at, row) in rows.iter().enumerate() {
                    if at > 0 {
                        to.push(b',');
                    }
                    row.write(to);
                }
                to.push(b']');
            }
            Json::Object(fields) => {
                to.push(b'{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        to.push(b',');
                    }
                    text(to, key);
                    to.push(b':');
                    value.write(to);
                }
                to.push(b'}');
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Json, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without fractions")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(NULL)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Raw(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Raw(value.to_string().into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut rows: S) -> Result<Json, S::Error> {
        let mut list = Vec::new();
        while let Some(row) = rows.next_element()? {
            list.push(row);
        }
        Ok(Json::List(list))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Json, M::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            fields.push((Cow::Owned(key), value));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &Json) -> String {
        let mut text = Vec::new();
        json.write(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        let text = r#"{"z":"a \"b\" ü","a":[1,-2,null,true,{}],"m":"12345678901234567.89"}"#;
        assert_eq!(written(&Json::read(text.as_bytes())), text);
        assert_eq!(written(&Json::Raw("12345678901234567.89".into())), "12345678901234567.89");
    }

    #[test]
    fn fields_are_chosen_renamed_and_taken() {
        let mut json = Json::read(br#"{"a":1,"b":2,"c":3}"#);
        json.rename("b", "d");
        assert_eq!(written(&json.clone().only(&["d", "x", "a"])), r#"{"d":2,"a":1}"#);
        assert_eq!(written(&json.clone().all(&["d", "x"])), r#"{"d":2,"x":null}"#);
        json.set("a", true.into());
        assert_eq!(written(&json), r#"{"d":2,"c":3,"a":true}"#);
    }
}
