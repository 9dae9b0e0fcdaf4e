//! Words of the API that may grow: the known ones are named, any other is kept and shown as it is.

macro_rules! open_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal $(| $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A word this program does not know, kept as it came.
            Other(Box<$crate::domain::text::SafeText>),
        }

        impl $name {
            /// The words this program knows, in the order they are shown.
            pub const KNOWN: &'static [$name] = &[$($name::$variant),*];

            /// Reads a word; case does not matter, and an unknown one is kept.
            pub fn from_wire(word: &str) -> $name {
                $(if word.eq_ignore_ascii_case($word) $(|| word.eq_ignore_ascii_case($alias))* {
                    return $name::$variant;
                })*
                $name::Other(Box::new($crate::domain::text::SafeText::new(word, 40)))
            }

            /// The word of the API.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word.as_str(),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use open_words;
