//! Plays worlds with the real program in them, and looks for a word about money that is not true.
//!
//! ```text
//! cargo run --release --example simulate -- --seeds 100000
//! cargo run --release --example simulate -- --seed 4711 --trace
//! ```

#[path = "../tests/simulate/mod.rs"]
mod simulate;

use std::process::ExitCode;
use std::time::Instant;

use simulate::{Script, play, play_many, shrink, story};

#[expect(clippy::disallowed_methods, reason = "how long the worlds take is measured")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1)?.parse::<u64>().ok()
    };
    let has = |name: &str| words.iter().any(|word| word == name);
    if let Some(seed) = number("--seed") {
        let told = if has("--shrink") { shrink(seed) } else { play(Script::new(seed), has("--trace")) };
        println!("{}", story(&told));
        println!("hash {:016x}, {} requests, {} s", told.hash, told.requests, told.lasted / 1000);
        return if told.found.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    let (from, seeds) = (number("--from").unwrap_or(0), number("--seeds").unwrap_or(2_000));
    let threads = number("--threads").unwrap_or(2) as usize;
    let most = number("--findings").unwrap_or(1) as usize;
    let began = Instant::now();
    let many = play_many(from..from + seeds, threads, most);
    let took = began.elapsed();
    for (what, worlds) in &many.counts {
        println!("{worlds:>8}  {what}");
    }
    let hours = many.lasted as f64 / 3_600_000.0;
    println!(
        "{} worlds in {:.1} s: {:.1} ms each, {:.0} simulated hours, {:.0} of them a second, {} requests",
        many.worlds,
        took.as_secs_f64(),
        took.as_secs_f64() * 1000.0 * threads as f64 / many.worlds.max(1) as f64,
        hours,
        hours / took.as_secs_f64(),
        many.requests,
    );
    for told in &many.found {
        println!("seed {}: {}", told.seed, told.found.as_deref().unwrap_or(""));
    }
    let Some(first) = many.found.first() else { return ExitCode::SUCCESS };
    if !has("--no-shrink") {
        println!("\n{}", story(&shrink(first.seed)));
    }
    println!("found after {} seeds; again: --seed {} --trace", many.worlds, first.seed);
    ExitCode::FAILURE
}
