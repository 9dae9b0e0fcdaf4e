//! Writes what a terminal shows as an SVG picture.
//!
//! `cargo run --example screenshot -- 160x48 picture.svg [keys]` draws the dashboard over made-up data after
//! the given keys were pressed (`jj<Enter>s`); `stale:keys` draws it with the link gone, `empty:keys` before any
//! answer, `ready:keys` with everything that dialogs want to know. `rsvg-convert picture.svg -o picture.png` makes a PNG.

#[path = "../../tests/fixture/mod.rs"]
mod fixture;
mod svg;

use std::process::ExitCode;

use fourpay::app::Model;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(size), Some(file)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: screenshot COLUMNSxROWS FILE.svg [keys]");
        return ExitCode::from(2);
    };
    let Some(size) = size.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?))) else {
        eprintln!("the size is COLUMNSxROWS, such as 160x48");
        return ExitCode::from(2);
    };
    let script = arguments.next().unwrap_or_default();
    let (state, keys) = script.split_once(':').unwrap_or(("fresh", &script));
    let (mut model, now) = match state {
        "stale" => (fixture::stale(size), fixture::at(90)),
        "ready" => (fixture::ready(size), fixture::at(3)),
        "empty" => (Model::new(fixture::setup(), size, fixture::at(0)), fixture::at(0)),
        _ => (fixture::fresh(size), fixture::at(2)),
    };
    fixture::press(&mut model, now, keys);
    match std::fs::write(&file, svg::picture(&fixture::draw(&model, now, size))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("could not write {file}: {error}");
            ExitCode::FAILURE
        }
    }
}
