//! A field of a record as it came: known, not there, or there but not readable.

/// What became of one field. An unreadable field is said to be so; it never takes its record with it and
/// is never replaced by a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Field<T> {
    Known(T),
    /// Missing or null.
    #[default]
    Absent,
    /// Present, but not of a shape that can be read exactly.
    Unreadable,
}

impl<T> Field<T> {
    pub fn known(&self) -> Option<&T> {
        match self {
            Field::Known(value) => Some(value),
            Field::Absent | Field::Unreadable => None,
        }
    }

    /// This field when anything was said in it, else the other: for names that mean the same.
    pub fn or(self, other: Field<T>) -> Field<T> {
        match self {
            Field::Absent => other,
            said => said,
        }
    }

    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Field::Known(value) => Field::Known(f(value)),
            Field::Absent => Field::Absent,
            Field::Unreadable => Field::Unreadable,
        }
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Field<T> {
        value.map_or(Field::Absent, Field::Known)
    }
}
