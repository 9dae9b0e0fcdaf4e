//! Did you mean: the valid name that is nearest to a mistyped one, by edit distance with transpositions.

use strsim::osa_distance;

/// The valid name that is most like a wrong one, when one is.
pub fn suggest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_lowercase();
    let measured = names.into_iter().map(|name| (osa_distance(&wrong, &name.to_lowercase()), name));
    let (far, name) = measured.min_by_key(|(far, _)| *far)?;
    (far <= (wrong.chars().count() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_when_it_is_near() {
        assert_eq!(suggest("hight-contrast", ["dark", "high-contrast"]), Some("high-contrast"));
        assert_eq!(suggest("xyzzy", ["dark", "light"]), None);
    }
}
