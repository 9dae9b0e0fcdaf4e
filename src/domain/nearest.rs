//! A name that was mistyped, and the one that was meant.

/// The valid name that is most like a wrong one, when one is.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_lowercase();
    let measured = names.into_iter().map(|name| (distance(&wrong, &name.to_lowercase()), name));
    let (far, name) = measured.min_by_key(|(far, _)| *far)?;
    (far <= (wrong.chars().count() / 3).max(1)).then_some(name)
}

/// How many letters must be changed, put in, taken out or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_must_be_changed() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("hight-contrast", ["dark", "high-contrast"]), Some("high-contrast"));
        assert_eq!(nearest("xyzzy", ["dark", "light"]), None);
    }
}
