//! What a letter in a filter costs: ten thousand names held against a word that none of them has, and ranked by one.
//!
//! `cargo bench --bench filter`.

use fourpay::app::filter::contains;
use fourpay::app::filter::fold::fit;

fn main() {
    divan::main();
}

const KINDS: [&str; 4] = ["ascii", "accents", "cyrillic", "two ways"];

fn names(kind: &str) -> Vec<String> {
    let few = match kind {
        "ascii" => ["Ana Silva", "Bo Lind", "Marketing Q1 2026", "john.smith@example.com"],
        "accents" => ["Antonín Dvořák", "Łukasz Żak", "Søren Ægir", "José Müller"],
        "cyrillic" => ["Олена Коваленко", "Петро Гончар", "Степан Бондар", "Тарас Шевченко"],
        // Passports write these in another way than people do.
        _ => ["Юлія Єфремова", "Яна Йосипенко", "Марія Щука", "Ївга Юрченко"],
    };
    few.into_iter().cycle().take(10_000).map(str::to_owned).collect()
}

#[divan::bench(args = KINDS)]
fn ten_thousand_names_without_a_match(bencher: divan::Bencher, kind: &str) {
    let names = names(kind);
    bencher.bench_local(|| names.iter().filter(|name| contains(name, "kovalq")).count());
}

#[divan::bench(args = KINDS)]
fn ten_thousand_names_ranked(bencher: divan::Bencher, kind: &str) {
    let names = names(kind);
    bencher.bench_local(|| names.iter().filter(|name| fit(name, "an").is_some()).count());
}
