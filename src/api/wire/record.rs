//! Objects with the fields we know, each under every name it goes by. Unknown names cost nothing.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::slot::Slot;

/// A set of fields that an object may have.
pub(in crate::api) trait Record<'a>: Default {
    /// Every name that is known.
    const NAMES: &'static [&'static str];

    /// Takes the fields out of a map that is being read.
    fn take<M: MapAccess<'a>>(&mut self, map: M) -> Result<(), M::Error>;

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
        pub(in crate::api) struct $name<'a> { $(pub $field: $crate::api::wire::Slot<'a>,)* }

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
                        fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Name, E> {
                            Ok(match word {
                                $($($key)|+ => Name::$field,)*
                                _ => Name::Unknown,
                            })
                        }
                    }
                    json.deserialize_identifier(Word)
                }
            }

            impl<'a> $crate::api::wire::Record<'a> for $name<'a> {
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

                fn fill(&mut self, other: Self) {
                    $(self.$field = self.$field.or(other.$field);)*
                }
            }
        };
    };
}
pub(super) use record;

/// All fields of an object, in order.
pub(super) struct Entries<'a>(pub Vec<(Cow<'a, str>, Slot<'a>)>);

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
                    entries.push((name, Slot::new(map.next_value::<&'de RawValue>()?.get())));
                }
                Ok(Entries(entries))
            }
        }
        json.deserialize_map(Object)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
