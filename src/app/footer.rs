//! The last line: what the keys do now. From the table of actions, dropped from the right when narrow; an
//! action that does not apply stays, dim.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::actions::{self, Act, Screen, Situation};
use super::keymap::Keymap;
use super::text;
use super::theme::Theme;

/// What people need most, in this order: a narrow window has room for these alone.
const FIRST: [Act; 6] = [Act::Filter, Act::Freeze, Act::Copy, Act::Reveal, Act::TopUp, Act::In];

/// Draws the hints.
pub fn view(buffer: &mut Buffer, area: Rect, now: &Situation, keys: &Keymap, theme: &Theme) {
    if now.screen == Screen::Filter {
        return typing(buffer, area, now, theme);
    }
    let hinted = actions::table().iter().filter(|action| action.hinted && actions::is_at_home(action.act, now.focus));
    let (last, mut others): (Vec<_>, Vec<_>) = hinted.partition(|action| matches!(action.act, Act::Help | Act::Quit));
    // The others stay in the order of the table.
    others.sort_by_key(|action| FIRST.iter().position(|act| *act == action.act).unwrap_or(FIRST.len()));
    let hint = |action: &actions::Action| {
        let key = keys.first(action);
        (key, actions::hint(action, now), actions::applies(action.act, now).is_ok())
    };
    let width = |(key, word, _): &(String, &str, bool)| text::width(key) + 1 + text::width(word) + 2;
    let last: Vec<_> = last.into_iter().map(hint).collect();
    let kept: usize = last.iter().map(width).sum();
    let mut room = usize::from(area.width.saturating_sub(1)).saturating_sub(kept);
    let mut hints = Vec::new();
    for action in others {
        let mut hint = hint(action);
        // A shorter word, before it is left out.
        if action.act == Act::In && room < width(&hint) {
            hint.1 = "open";
        }
        let Some(left) = room.checked_sub(width(&hint)) else { break };
        room = left;
        hints.push(hint);
    }
    let mut x = area.x.saturating_add(1);
    for (key, word, applies) in hints.into_iter().chain(last) {
        let (key_style, word_style) = match applies {
            true => (theme.key(), theme.plain()),
            false => (theme.dim(), theme.dim()),
        };
        x = text::put(buffer, area, x, area.y, &key, area.width, key_style).saturating_add(1);
        x = text::put(buffer, area, x, area.y, word, area.width, word_style).saturating_add(2);
    }
}

/// Keys and what they do; the column after them.
pub fn keys(buffer: &mut Buffer, area: Rect, keys: &[(&str, &str)], theme: &Theme) -> u16 {
    let mut x = area.x.saturating_add(1);
    for (key, word) in keys {
        x = text::put(buffer, area, x, area.y, key, area.width, theme.key()).saturating_add(1);
        x = text::put(buffer, area, x, area.y, word, area.width, theme.plain()).saturating_add(2);
    }
    x
}

/// The keys of an overlay: pieces between ` · `, each with its keys in front.
pub fn foot(buffer: &mut Buffer, area: Rect, said: &str, theme: &Theme) {
    let is_key =
        |word: &str| word.chars().count() == 1 || matches!(word, "Tab" | "Enter" | "Esc") || word.starts_with("Ctrl-");
    let mut x = area.x.saturating_add(1);
    for piece in said.split(" · ") {
        let mut keys = true;
        for word in piece.split(' ') {
            keys &= is_key(word);
            let style = if keys { theme.key() } else { theme.plain() };
            x = text::put(buffer, area, x, area.y, word, area.right().saturating_sub(x), style).saturating_add(1);
        }
        x = x.saturating_add(1);
    }
}

/// What the keys do while a filter is typed, and what it can ask.
fn typing(buffer: &mut Buffer, area: Rect, now: &Situation, theme: &Theme) {
    let x = keys(buffer, area, &[("Enter", "keep"), ("Esc", "clear"), ("Tab", "complete"), ("↓ ↑", "move")], theme);
    let fields: Vec<String> = now.focus.grammar().fields.iter().map(|field| format!("{}:", field.word())).collect();
    text::put(buffer, area, x, area.y, &fields.join(" "), area.right().saturating_sub(x), theme.dim());
}
