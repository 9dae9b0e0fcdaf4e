//! The documents lead somewhere: rule ids, sections of the API sheet, links, paths and modules that are named exist.
//!
//! Reads comments and test names of the code, and all Markdown files; names each dangling reference with its file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Letters of rule ids: card data, clipboard, secrets, text, money, network, terminal.
const LETTERS: &str = "DCSTMNR";
/// Most lines of the README.
const README: usize = 150;
/// Where a path that is named in backticks may begin.
const ROOTS: &[&str] =
    &["src/", "tests/", "docs/", "benches/", "examples/", "assets/", "screenshots/", ".ci/", ".github/"];

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder with one of these endings, in order; nothing of what was built or installed.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display())) {
            let path = entry.expect("a readable folder").path();
            let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let is_ours = !matches!(name.as_str(), "target" | ".git" | "node_modules");
            if path.is_dir() && !path.is_symlink() && is_ours {
                open.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path.strip_prefix("./").map(Path::to_owned).unwrap_or(path));
            }
        }
    }
    found.sort();
    found
}

fn markdown() -> Vec<PathBuf> {
    files(".", &[".md"])
}

/// All sources: where rules are cited.
fn sources() -> Vec<PathBuf> {
    ["src", "tests", "benches", "examples"].iter().flat_map(|folder| files(folder, &[".rs"])).collect()
}

/// The comment of a line of Rust, without what marks it. A `//` within a text is none.
fn comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let (mut at, mut within) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if within => at += 1,
            b'\'' if bytes[at..].starts_with(b"'\"'") => at += 2,
            b'"' => within = !within,
            b'/' if !within && bytes[at..].starts_with(b"//") => {
                return line[at..].trim_start_matches(['/', '!']).trim();
            }
            _ => {}
        }
        at += 1;
    }
    ""
}

/// Comments of a source, one after another: a sentence may go on in the next line.
fn comments(source: &str) -> String {
    source.lines().map(comment).collect::<Vec<_>>().join(" ")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a word is a rule id: a letter of the list and one or two digits.
fn is_id(word: &str) -> bool {
    let mut chars = word.chars();
    let digits = &word[chars.next().map_or(0, char::len_utf8)..];
    word.starts_with(|c| LETTERS.contains(c))
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Rule ids that a text cites.
fn ids(text: &str) -> BTreeSet<String> {
    text.split(|c| !is_word(c)).filter(|word| is_id(word)).map(str::to_owned).collect()
}

/// Rule ids at the head of function names: `fn d1_t1_no_name_acts` cites two.
fn ids_of_names(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in source.lines() {
        let Some((_, name)) = line.split_once("fn ") else { continue };
        let name = name.split(|c| !is_word(c)).next().unwrap_or_default();
        // A name that is nothing but an id is somebody's short name, and no citation.
        let cited = name.split('_').map(str::to_uppercase).take_while(|word| is_id(word));
        found.extend(cited.take(name.split('_').count() - 1));
    }
    found
}

/// Numbers of a list such as `4`, `2 to 6 and 9` or `4 and 10.1`, at the head of a text.
fn numbers(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    let mut range = false;
    loop {
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..length].trim_end_matches('.');
        if number.is_empty() {
            return found;
        }
        if range && let (Some(from), Ok(to)) = (found.last().and_then(|from| from.parse::<u32>().ok()), number.parse())
        {
            found.extend((from + 1..to).map(|between| between.to_string()));
        }
        found.push(number.to_owned());
        rest = &rest[number.len()..];
        let separator = [" and ", " to ", ", "].into_iter().find(|separator| rest.starts_with(separator));
        let Some(separator) = separator else { return found };
        range = separator == " to ";
        rest = &rest[separator.len()..];
    }
}

/// Sections and decisions of the API sheet that comments name.
fn sections(comments: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, mark) in comments.match_indices("API sheet") {
        let rest = comments[at + mark.len()..].trim_start_matches([',', ' ']);
        let rest = rest.strip_prefix("sections ").or_else(|| rest.strip_prefix("section ")).unwrap_or(rest);
        found.extend(numbers(rest));
    }
    for mark in ["decision ", "decisions "] {
        found.extend(comments.match_indices(mark).flat_map(|(at, _)| numbers(&comments[at + mark.len()..])));
    }
    found
}

/// Tables with a number that comments name: `table 5.2`.
fn tables(comments: &str) -> BTreeSet<String> {
    let named = comments.match_indices("table ").flat_map(|(at, mark)| numbers(&comments[at + mark.len()..]));
    named.filter(|number| number.contains('.')).collect()
}

/// The lines of a document that are text: no code blocks.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    document.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

fn headings(document: &str) -> Vec<String> {
    let headings = prose(document).filter(|line| line.starts_with('#'));
    headings.map(|line| line.trim_start_matches('#').trim().to_owned()).collect()
}

/// What leads to the headings of a document, as forges make it of them.
fn anchors(document: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for heading in headings(document) {
        let kept = heading.to_lowercase().chars().filter(|c| is_word(*c) || matches!(c, ' ' | '-')).collect::<String>();
        let slug = kept.replace(' ', "-");
        let count = seen.entry(slug.clone()).or_default();
        found.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    found
}

/// A line without what stands in backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Where a document's links lead to, but for those that leave the repository.
fn links(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(document) {
        let line = without_code(line);
        for part in line.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// What is wrong with the links of a document.
fn dangling(path: &Path, document: &str) -> Vec<String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let wrong = links(document).into_iter().filter(|link| {
        let (file, anchor) = link.split_once('#').unwrap_or((link.as_str(), ""));
        let target = if file.is_empty() { path.to_owned() } else { folder.join(file) };
        let known = || anchors(&if file.is_empty() { document.to_owned() } else { read(&target) });
        !(file.is_empty() || target.exists()) || (!anchor.is_empty() && !known().contains(anchor))
    });
    wrong.map(|link| format!("{}: the link {link} leads nowhere", path.display())).collect()
}

/// Paths of this repository that stand in backticks.
fn paths(text: &str) -> BTreeSet<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let words = spans.filter_map(|span| span.split_whitespace().next());
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'));
    let ours = words.filter(|word| ROOTS.iter().any(|root| word.starts_with(root))).filter(plain);
    // Names in capitals stand for something.
    ours.filter(|word| !word.contains("NAME")).map(str::to_owned).collect()
}

/// Modules that the library has.
fn modules(library: &str) -> BTreeSet<String> {
    library.lines().filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

fn in_backticks(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The table of modules: each with those that it uses.
fn table_of_modules(document: &str, all: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
    let (_, table) = document.split_once("<!-- modules").expect("the mark before the table");
    let (table, _) = table.split_once("<!-- /modules -->").expect("the mark behind the table");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let named = in_backticks(cells[3]);
        let uses = match cells[3].starts_with("all") {
            true => all.iter().filter(|other| **other != name && !named.contains(*other)).cloned().collect(),
            false => named,
        };
        (name, uses)
    };
    rows.map(row).collect()
}

/// Other modules that the code of a module names; its tests may name more.
fn uses(module: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = Vec::new();
    let (file, folder) = (format!("src/{module}.rs"), format!("src/{module}"));
    if Path::new(&file).exists() {
        found.push(PathBuf::from(file));
    }
    if Path::new(&folder).is_dir() {
        found.extend(files(&folder, &[".rs"]));
    }
    let of_tests =
        |path: &PathBuf| path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")));
    let mut named = BTreeSet::new();
    for path in found.into_iter().filter(|path| !of_tests(path)) {
        let text = read(&path);
        for line in text.lines().take_while(|line| line.trim() != "#[cfg(test)]") {
            let code = line.split("//").next().unwrap_or_default();
            let others = code.split("crate::").skip(1).filter_map(|rest| rest.split(|c| !is_word(c)).next());
            named.extend(others.filter(|other| *other != module && all.contains(*other)).map(str::to_owned));
        }
    }
    named
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_rule_that_is_cited_is_written_down_and_the_other_way_round() {
    let rules: BTreeSet<String> =
        headings(&read("docs/rules.md")).into_iter().filter(|heading| is_id(heading)).collect();
    let mut wrong = Vec::new();
    let mut in_code = BTreeSet::new();
    for path in sources().into_iter().filter(|path| path != Path::new("tests/documents.rs")) {
        let text = read(&path);
        let cited: BTreeSet<String> = ids(&comments(&text)).union(&ids_of_names(&text)).cloned().collect();
        wrong.extend(cited.difference(&rules).map(|id| format!("{}: {id} is not in docs/rules.md", path.display())));
        in_code.extend(cited);
    }
    for path in markdown().into_iter().chain(files(".ci", &[""])).chain(["Cargo.toml".into(), "deny.toml".into()]) {
        let cited = ids(&read(&path));
        wrong.extend(cited.difference(&rules).map(|id| format!("{}: {id} is not in docs/rules.md", path.display())));
    }
    wrong.extend(rules.difference(&in_code).map(|id| format!("docs/rules.md: no code and no test cites {id}")));
    assert!(rules.len() > 60, "only {} rules were read", rules.len());
    none(wrong);
}

#[test]
fn every_section_of_the_api_sheet_that_is_named_is_there() {
    let numbered = |headings: Vec<String>, before: &str| -> BTreeSet<String> {
        let number = |heading: String| numbers(heading.strip_prefix(before)?).into_iter().next();
        headings.into_iter().filter_map(number).collect()
    };
    let sheet = numbered(headings(&read("docs/api.md")), "");
    let rules = numbered(headings(&read("docs/rules.md")), "Table ");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in sources().into_iter().filter(|path| path != Path::new("tests/documents.rs")) {
        let comments = comments(&read(&path));
        let (named, of_rules) = (sections(&comments), tables(&comments));
        count += named.len();
        wrong.extend(named.difference(&sheet).map(|at| format!("{}: docs/api.md has no section {at}", path.display())));
        wrong.extend(
            of_rules.difference(&rules).map(|at| format!("{}: docs/rules.md has no table {at}", path.display())),
        );
    }
    assert!(count > 20, "only {count} sections are named");
    none(wrong);
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let documents = markdown();
    assert!(documents.iter().filter(|path| path.starts_with("docs")).count() >= 9, "{documents:?}");
    let count: usize = documents.iter().map(|path| links(&read(path)).len()).sum();
    assert!(count > 100, "only {count} links were read");
    none(documents.iter().flat_map(|path| dangling(path, &read(path))).collect());
}

#[test]
fn every_path_that_is_named_is_there() {
    let mut wrong = Vec::new();
    for path in markdown() {
        let named = paths(&prose(&read(&path)).collect::<Vec<_>>().join("\n"));
        let missing = named.into_iter().filter(|named| !Path::new(named).exists());
        wrong.extend(missing.map(|named| format!("{}: there is no {named}", path.display())));
    }
    for path in sources() {
        let missing = paths(&comments(&read(&path))).into_iter().filter(|named| !Path::new(named).exists());
        wrong.extend(missing.map(|named| format!("{}: there is no {named}", path.display())));
    }
    none(wrong);
}

#[test]
fn the_readme_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= README, "the README has {lines} lines; the rest belongs into docs/");
}

#[test]
fn the_table_of_modules_is_the_library() {
    let library = read("src/lib.rs");
    let all = modules(&library);
    assert!(all.len() > 10, "{all:?}");
    let table = table_of_modules(&read("ARCHITECTURE.md"), &all);
    let mut wrong = Vec::new();
    let listed: BTreeSet<String> = table.keys().cloned().collect();
    wrong.extend(all.difference(&listed).map(|name| format!("ARCHITECTURE.md: {name} is not in the table of modules")));
    wrong.extend(listed.difference(&all).map(|name| format!("ARCHITECTURE.md: src/lib.rs has no module {name}")));
    let map = comments(&library);
    for name in &all {
        if !map.split(|c| !is_word(c)).any(|word| word == name) {
            wrong.push(format!("src/lib.rs: its map does not name {name}"));
        }
        let (said, real) = (table.get(name).cloned().unwrap_or_default(), uses(name, &all));
        wrong.extend(real.difference(&said).map(|other| format!("ARCHITECTURE.md: {name} uses {other} as well")));
        wrong.extend(said.difference(&real).map(|other| format!("ARCHITECTURE.md: {name} does not use {other}")));
    }
    none(wrong);
}

/// The readers above see what they are for: each is shown something that dangles.
#[test]
fn what_dangles_is_seen() {
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    let line = r#"let url = "https://x"; // M4, see D12 (not XM4, M4x, M0, M123 or Q1)"#;
    assert_eq!(ids(comment(line)), set(&["M4", "D12"]));
    assert_eq!(comment(r#"let quote = '"'; let text = "// M9";"#), "");
    assert_eq!(ids_of_names("    fn d1_t1_no_name_acts() {}\nfn r9(x: u8) {}"), set(&["D1", "T1"]));
    let text = comments(
        "//! Source: API\n//! sheet sections 2 to 4 and 9, decisions 10.2 and 10.3. API sheet 10.1, as decided.",
    );
    assert_eq!(sections(&text), set(&["2", "3", "4", "9", "10.1", "10.2", "10.3"]));
    assert_eq!(tables("the table of keys, (M4, table 5.2)"), set(&["5.2"]));
    let document = "# A head: it's 1.2\n## B\n## B\n```sh\n# no heading [x](y)\n```\n[a](#b-1) [b](#b-2) [c](no.md) `[d](e)`\n[f](https://x)\n";
    assert_eq!(anchors(document), set(&["a-head-its-12", "b", "b-1"]));
    assert_eq!(links(document), ["#b-1", "#b-2", "no.md"]);
    let wrong = dangling(Path::new("here.md"), document);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(dangling(Path::new("docs/here.md"), "[up](../README.md) [rule](rules.md#m4)").is_empty());
    assert_eq!(dangling(Path::new("docs/here.md"), "[rule](rules.md#m99)").len(), 1);
    assert_eq!(paths("`src/lib.rs` `src/no.rs x` `tests/*.rs` src/a.rs `a/b`"), set(&["src/lib.rs", "src/no.rs"]));
    let all = set(&["api", "cli", "domain"]);
    let table = "<!-- modules -->\n| module | what | uses | rule |\n| --- | --- | --- | --- |\n| `cli` | x | all but `api` | no |\n| `api` | y | `domain` | yes |\n<!-- /modules -->";
    let table = table_of_modules(table, &all);
    assert_eq!((table["cli"].clone(), table["api"].clone()), (set(&["domain"]), set(&["domain"])));
    assert_eq!(modules("pub mod api;\nmod private;\npub mod cli;"), set(&["api", "cli"]));
}
