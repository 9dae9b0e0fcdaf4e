//! Names of the files of one journal.

/// The files of one journal in its folder, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The profile's name, and for its second and later journals `~` and eight letters of the journal's id.
    stem: String,
}

/// Whether a profile can be called this: its journal's files are.
pub fn is_name(profile: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !profile.is_empty() && profile.len() <= 64 && profile.bytes().all(plain) && !has_month(profile)
}

impl Files {
    /// `None` when no profile can be called this.
    pub fn of_profile(profile: &str) -> Option<Files> {
        is_name(profile).then(|| Files { stem: profile.to_owned() })
    }

    /// The journal of another address or merchant under the same profile name.
    pub fn of_journal(profile: &str, id: &str) -> Files {
        let short: String = id.chars().take(8).collect();
        Files { stem: format!("{profile}~{short}") }
    }

    /// All journals that a profile name has in a folder, its first one always among them.
    pub fn all_of(profile: &str, names: &[String]) -> Vec<Files> {
        let mut found = vec![Files { stem: profile.to_owned() }];
        let second = |name: &String| {
            let stem = name.strip_suffix(".jsonl")?;
            let id = stem.strip_prefix(profile)?.strip_prefix('~')?;
            (id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Files { stem: stem.to_owned() })
        };
        let mut others: Vec<Files> = names.iter().filter_map(second).collect();
        others.sort_by(|one, other| one.stem.cmp(&other.stem));
        found.extend(others);
        found
    }

    /// What the names of its files begin with.
    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// The file that is being written.
    pub fn current(&self) -> String {
        format!("{}.jsonl", self.stem)
    }

    pub fn head(&self) -> String {
        format!("{}.head", self.stem)
    }

    pub fn lock(&self) -> String {
        format!("{}.lock", self.stem)
    }

    /// A name for what is set aside; `why` is `torn`, `lost` or `emergency`.
    pub fn aside(&self, why: &str, stamp: &str) -> String {
        format!("{}.{why}-{stamp}-{}", self.stem, std::process::id())
    }

    /// Earlier months among the names of a folder, oldest first.
    pub fn archives(&self, names: &[String]) -> Vec<String> {
        let mut found: Vec<_> =
            names.iter().filter_map(|name| Some((archive_key(name, &self.stem)?, name.clone()))).collect();
        found.sort();
        found.into_iter().map(|(_, name)| name).collect()
    }

    /// A free name for a month that is over.
    pub fn archive(&self, month: &str, names: &[String]) -> String {
        let mut to = format!("{}-{month}.jsonl", self.stem);
        let mut number = 2;
        while names.contains(&to) {
            to = format!("{}-{month}-{number}.jsonl", self.stem);
            number += 1;
        }
        to
    }
}

/// Whether a profile's name could be taken for that of another's earlier month.
fn has_month(name: &str) -> bool {
    let parts: Vec<&str> = name.split('-').collect();
    parts.windows(2).any(|pair| is_month(pair[0], pair[1]))
}

fn is_month(year: &str, month: &str) -> bool {
    let digits = |text: &str, long: usize| text.len() == long && text.bytes().all(|b| b.is_ascii_digit());
    digits(year, 4) && digits(month, 2)
}

/// Month and number of an archive of this journal, by its name.
fn archive_key(name: &str, stem: &str) -> Option<(String, u32)> {
    let rest = name.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(".jsonl")?;
    let mut parts = rest.split('-');
    let (year, month) = (parts.next()?, parts.next()?);
    let number = match parts.next() {
        None => 1,
        Some(number) => number.parse().ok()?,
    };
    (is_month(year, month) && parts.next().is_none()).then(|| (format!("{year}-{month}"), number))
}
