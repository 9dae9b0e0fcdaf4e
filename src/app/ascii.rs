//! For terminals that draw nothing but ASCII: every sign of the finished picture by one that is, in one place.
//!
//! States stay apart: no two of the signs that stand for one become the same. Letters with accents lose them;
//! other letters become `?`.

use ratatui::buffer::Buffer;

/// Sign, and what stands for it.
const SIGNS: &[(&str, &str)] = &[
    // Frames.
    ("─│╭╮╰╯┌┐└┘├┤┬┴┼", "-|+++++++++++++"),
    // States: active, waiting, frozen, over, failed, blocked, done.
    ("●◌❆○✗■✓", "*~%oX#+"),
    // Where one is, what is sorted, where it goes on.
    ("▸◂▲▼▴▾‹›→←↑↓↵▏", ">v^v^v<>><^v<|"),
    // Bars.
    ("▁▂▃▄▅▆▇█▓░▒", "_.,:;=$@#.-"),
    // Turning.
    ("⠋⠙⠸⠴⠦⠧⠇⠏", "|/-\\|/-\\"),
    // Signs in texts.
    ("≈…•·−–—×⚠“”‘’«»§©®°±€£¥\u{a0}", "~.*----x!\"\"''<>ScRo+ELY "),
    (
        "ÀÁÂÃÄÅàáâãäåÇçÈÉÊËèéêëÌÍÎÏìíîïÑñÒÓÔÕÖØòóôõöøÙÚÛÜùúûüÝýÿ",
        "AAAAAAaaaaaaCcEEEEeeeeIIIIiiiiNnOOOOOOooooooUUUUuuuuYyy",
    ),
    (
        "ĀāĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĪīİıĹĺĽľŁłŃńŅņŇňŌōŐőŘřŚśŞşŠšŢţŤťŪūŮůŰűŹźŻżŽžß",
        "AaAaAaCcCcDdDdEeEeEeEeGgIiIiLlLlLlNnNnNnOoOoRrSsSsSsTtTtUuUuUuZzZzZzs",
    ),
];

/// What stands for a sign.
fn plain(symbol: &str) -> &'static str {
    let first = symbol.chars().next().unwrap_or(' ');
    for (signs, plains) in SIGNS {
        if let Some(at) = signs.chars().position(|sign| sign == first) {
            return plains.get(at..at + 1).unwrap_or("?");
        }
    }
    "?"
}

/// The text with ASCII in place of everything that is not.
pub fn plain_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(plain(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out
}

/// Puts ASCII in place of everything that is not.
pub fn finish(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            cell.set_symbol(plain(cell.symbol()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_has_one_column_and_states_stay_apart() {
        for (signs, plains) in SIGNS {
            assert_eq!(signs.chars().count(), plains.len(), "{signs}");
            assert!(plains.is_ascii());
        }
        let states: std::collections::HashSet<&str> =
            "●◌❆○✗■✓".split("").filter(|s| !s.is_empty()).map(plain).collect();
        assert_eq!(states.len(), 7);
        assert_eq!((plain("é"), plain("東"), plain("ü")), ("e", "?", "u"));
    }
}
