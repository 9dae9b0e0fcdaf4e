//! Objects with the fields we know, each under every name it goes by. Unknown names cost nothing.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::raw_field::RawField;

/// A set of fields that an object may have.
pub(crate) trait Record<'a>: Default {
    /// Every name that is known.
    const NAMES: &'static [&'static str];

    /// Takes the fields out of a map that is being read.
    fn take<M: MapAccess<'a>>(&mut self, map: M) -> Result<(), M::Error>;

    /// Takes the value that follows this name.
    fn put<M: MapAccess<'a>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error>;

    /// Fills what this record does not say from another.
    fn fill(&mut self, other: Self);

    /// Reads an object; `None` when it is none.
    fn parse(raw: &'a str) -> Option<Self> {
        struct Object<R>(R);
        impl<'de, R: Record<'de>> Visitor<'de> for Object<R> {
            type Value = R;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(mut self, map: M) -> Result<R, M::Error> {
                self.0.take(map)?;
                Ok(self.0)
            }
        }
        let mut json = serde_json::Deserializer::from_str(raw);
        let record = json.deserialize_map(Object(Self::default())).ok()?;
        json.end().ok()?;
        Some(record)
    }
}

/// Declares a record: `Name { field = "nameA" | "nameB", … }`.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($field:ident = $($key:literal)|+),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub(crate) struct $name<'a> { $(pub $field: $crate::api::wire::raw_field::RawField<'a>,)* }

        const _: () = {
            #[allow(non_camel_case_types)]
            enum Name { $($field,)* Unknown }

            impl<'de> serde::Deserialize<'de> for Name {
                fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Name, D::Error> {
                    struct Word;
                    impl serde::de::Visitor<'_> for Word {
                        type Value = Name;
                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str("a name")
                        }
                        fn visit_bytes<E: serde::de::Error>(self, word: &[u8]) -> Result<Name, E> {
                            $($(if word == $key.as_bytes() { return Ok(Name::$field); })+)*
                            Ok(Name::Unknown)
                        }
                    }
                    // As bytes: half a surrogate pair in a name that nobody asks for must not spoil the record.
                    json.deserialize_bytes(Word)
                }
            }

            impl<'a> $crate::api::wire::record::Record<'a> for $name<'a> {
                const NAMES: &'static [&'static str] = &[$($($key,)+)*];

                fn take<M: serde::de::MapAccess<'a>>(&mut self, mut map: M) -> Result<(), M::Error> {
                    while let Some(word) = map.next_key::<Name>()? {
                        let slot = match word {
                            $(Name::$field => &mut self.$field,)*
                            Name::Unknown => {
                                map.next_value::<serde::de::IgnoredAny>()?;
                                continue;
                            }
                        };
                        slot.put(map.next_value::<&'a serde_json::value::RawValue>()?.get());
                    }
                    Ok(())
                }

                fn put<M: serde::de::MapAccess<'a>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
                    let slot = match name {
                        $($($key)|+ => &mut self.$field,)*
                        _ => return map.next_value::<serde::de::IgnoredAny>().map(drop),
                    };
                    slot.put(map.next_value::<&'a serde_json::value::RawValue>()?.get());
                    Ok(())
                }

                fn fill(&mut self, other: Self) {
                    $(self.$field = self.$field.or(other.$field);)*
                }
            }
        };
    };
}
pub(super) use record;

/// All fields of an object, in order.
pub(super) struct Entries<'a>(pub Vec<(Cow<'a, str>, RawField<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Entries<'a>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Entries<'de>, M::Error> {
                let mut entries = Vec::new();
                while let Some(Key(name)) = map.next_key()? {
                    // More fields than this are nobody's record.
                    if entries.len() >= 1000 {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    entries.push((name, RawField::new(map.next_value::<&'de RawValue>()?.get())));
                }
                Ok(Entries(entries))
            }
        }
        json.deserialize_map(Object)
    }
}

/// A name of a field, with U+FFFD for what is no text.
pub(super) struct Key<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Key<'a>, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_bytes<E: serde::de::Error>(self, name: &'de [u8]) -> Result<Key<'de>, E> {
                Ok(Key(String::from_utf8_lossy(name)))
            }
            fn visit_bytes<E: serde::de::Error>(self, name: &[u8]) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(String::from_utf8_lossy(name).into_owned())))
            }
        }
        json.deserialize_bytes(Text)
    }
}
