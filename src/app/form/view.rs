//! How the fields of a form look: label, value, the options of a choice, the error underneath.

use tui_input::Input;

use super::super::secret_input::SecretInput;
use super::super::text::{self, Align};
use super::super::theme::Theme;
use super::{Choice, Choose, Focus, Form, LABEL, Line, Value};

/// Most options shown below a choice.
const SHOWN: usize = 4;

impl Form {
    /// The fields as lines of `columns`, and the lines that the field in focus takes.
    pub fn lines(&self, columns: usize, theme: &Theme) -> (Vec<Line>, std::ops::Range<usize>) {
        let mut lines = Vec::new();
        let mut here = 0..0;
        for (at, field) in self.fields.iter().enumerate().filter(|(_, field)| !field.hidden) {
            let focused = self.focus == Focus::Field(at);
            let from = lines.len();
            let mark = if focused { "▸ " } else { "  " };
            let label_style = if focused { theme.accent() } else { theme.dim() };
            let mut line =
                vec![(mark.to_owned(), theme.accent()), (text::fit(field.label, LABEL, Align::Left), label_style)];
            let room = columns.saturating_sub(2 + LABEL);
            line.extend(match &field.value {
                Value::Text { input, selected: true, .. } if focused => {
                    vec![(text::cut(input.value(), room).into_owned(), theme.selected())]
                }
                Value::Text { input, .. } => typed(input, field.empty, focused, room, theme),
                Value::Choice(choice) => chosen(choice, focused, room, theme),
                Value::Secret(typed) => dots(typed, field.empty, focused, room, theme),
            });
            lines.push(line);
            if let (true, Value::Choice(choice)) = (focused, &field.value) {
                lines.extend(offered(choice, room, theme));
            }
            if let Some(why) = field.error() {
                for part in text::wrap(&format!("✗ {why}"), room) {
                    lines.push(vec![(" ".repeat(2 + LABEL), theme.plain()), (part, theme.bad())]);
                }
            }
            if focused {
                here = from..lines.len();
            }
        }
        (lines, here)
    }
}

impl Form {
    /// Lines that say what is wrong with fields.
    pub fn lines_of_errors(&self, columns: usize) -> usize {
        let room = columns.saturating_sub(2 + LABEL);
        let errors = self.fields.iter().filter(|field| !field.hidden).filter_map(|field| field.error());
        errors.map(|why| text::wrap(&format!("✗ {why}"), room).len()).sum()
    }
}

/// The text of a field with its cursor; a text longer than the room is moved so that the cursor is seen.
fn typed(input: &Input, empty: &str, focused: bool, room: usize, theme: &Theme) -> Line {
    if !focused {
        return match input.value() {
            "" => vec![(empty.to_owned(), theme.dim())],
            value => vec![(text::cut(value, room).into_owned(), theme.plain())],
        };
    }
    let before: String = input.value().chars().take(input.cursor()).collect();
    let mut after = input.value().chars().skip(input.cursor());
    let under = after.next().map_or(" ".to_owned(), String::from);
    let after: String = after.collect();
    let mut seen = before.as_str();
    while text::width(seen) + 2 > room {
        let mut rest = seen.chars();
        if rest.next().is_none() {
            break;
        }
        seen = rest.as_str();
    }
    let left = room.saturating_sub(text::width(seen) + text::width(&under));
    vec![
        (seen.to_owned(), theme.plain()),
        (under, theme.selected()),
        (text::cut(&after, left).into_owned(), theme.plain()),
    ]
}

/// As many dots as were typed, as far as there is room.
fn dots(typed: &SecretInput, empty: &str, focused: bool, room: usize, theme: &Theme) -> Line {
    if typed.is_empty() && !focused {
        return vec![(empty.to_owned(), theme.dim())];
    }
    let mut line = vec![(text::cut(&typed.dots(), room.saturating_sub(1)).into_owned(), theme.plain())];
    if focused {
        line.push((" ".to_owned(), theme.selected()));
    }
    line
}

/// The line of help, and the two buttons.
pub fn buttons(form: &Form, go: &str, ready: bool, theme: &Theme, columns: usize) -> Vec<Line> {
    let button = |label: &str, focused: bool, ready: bool| {
        let style = match (focused, ready) {
            (true, _) => theme.selected(),
            (false, true) => theme.plain(),
            (false, false) => theme.dim(),
        };
        (format!("[ {label} ]"), style)
    };
    let focus = form.focus();
    let mut line = vec![
        (" ".repeat(2 + LABEL), theme.plain()),
        button("Cancel", focus == Focus::Cancel, true),
        ("  ".to_owned(), theme.plain()),
        button(go, focus == Focus::Go, ready),
    ];
    let taken: usize = line.iter().map(|(text, _)| text::width(text)).sum();
    if taken > columns
        && let Some((pad, _)) = line.first_mut()
    {
        pad.truncate(2);
    }
    let help = format!("  {}", text::cut(form.help(), columns.saturating_sub(2)));
    vec![vec![(help, theme.dim())], Line::new(), line]
}

fn chosen(choice: &Choice, focused: bool, room: usize, theme: &Theme) -> Line {
    let label =
        choice.label().unwrap_or(if choice.options.is_empty() { "nothing to choose" } else { "nothing matches" });
    let style = if choice.label().is_some() { theme.plain() } else { theme.dim() };
    let mut line = vec![(text::cut(label, room.saturating_sub(4)).into_owned(), style)];
    if focused && choice.options.len() > 1 {
        line.insert(0, ("◂ ".to_owned(), theme.accent()));
        line.push((" ▸".to_owned(), theme.accent()));
    }
    if focused && !choice.typed.is_empty() {
        line.push((format!("   typed: {}", choice.typed), theme.dim()));
    }
    line
}

/// What else could be chosen, around what is.
fn offered(choice: &Choice, room: usize, theme: &Theme) -> Vec<Line> {
    let matches: Vec<&Choose> = choice.matches().collect();
    if choice.options.len() <= SHOWN {
        return Vec::new();
    }
    let at = matches.iter().position(|option| Some(&option.key) == choice.chosen.as_ref()).unwrap_or(0);
    let from = at.saturating_sub(1).min(matches.len().saturating_sub(SHOWN));
    let indent = " ".repeat(2 + LABEL);
    let mut lines: Vec<Line> = matches
        .iter()
        .enumerate()
        .skip(from)
        .take(SHOWN)
        .map(|(place, option)| {
            let (sign, style) = if place == at { ("· ", theme.accent()) } else { ("  ", theme.dim()) };
            vec![
                (indent.clone(), theme.plain()),
                (sign.to_owned(), style),
                (text::cut(&option.label, room.saturating_sub(2)).into_owned(), style),
            ]
        })
        .collect();
    // As high with few as with many.
    lines.resize_with(SHOWN, Line::new);
    let count = format!("  {} of {}", matches.len(), choice.options.len());
    lines.push(vec![(indent, theme.plain()), (count, theme.dim())]);
    lines
}
