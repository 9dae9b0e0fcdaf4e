//! Which key means which action: the table's own keys, and those of the user's `keys.toml` in their place.
//!
//! ```toml
//! freeze = ["F", "Ctrl-Y"]      # action = keys; the other actions keep theirs
//! ```
//!
//! Everything that names a key of an action asks here. Dialogs and text fields have keys of their own.

use super::actions::{self, Act, Action};
use crate::app::key::{Key, KeyCode};

use super::source_file::{Diagnostic, SourceFile};
use toml::de::DeValue;

/// Keys with names, as they are written in the file and, but for the arrows, shown.
const NAMED: [(&str, KeyCode); 15] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("Space", KeyCode::Char(' ')),
];

/// The keys that are not those of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    own: Vec<(Act, Vec<Key>)>,
}

impl Keymap {
    /// Reads the user's file, and what is wrong in it.
    pub fn read(path: &str, text: &str) -> (Keymap, Vec<Diagnostic>) {
        let mut file = SourceFile::new(path, text);
        let mut map = Keymap::default();
        let mut places = Vec::new();
        for (name, value) in file.entries() {
            let Some(action) = actions::table().iter().find(|action| command(action) == *name.get_ref()) else {
                let names: Vec<String> = actions::table().iter().map(command).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                file.unknown(&name.span(), "action", name.get_ref(), &names);
                continue;
            };
            if action.act == Act::Interrupt {
                file.fault(&name.span(), "this key is always the same".into(), "leave the line out");
                continue;
            }
            let DeValue::Array(said) = value.get_ref() else {
                file.fault(&value.span(), "these are no keys".into(), "write a list, for example [\"f\", \"Ctrl-Y\"]");
                continue;
            };
            let mut keys = Vec::new();
            for one in said {
                match one.get_ref().as_str().map(|word| (word, parse(word))) {
                    Some((_, Some(key))) => {
                        places.push((one.span(), action, key));
                        keys.push(key);
                    }
                    Some((word, None)) => file.unknown(&one.span(), "key", word, &NAMED.map(|(name, _)| name)),
                    None => file.fault(&one.span(), "this is no key".into(), "write a text, for example \"Ctrl-Y\""),
                }
            }
            map.own.retain(|(act, _)| *act != action.act);
            map.own.push((action.act, keys));
        }
        // What the file gives a key to has it; who loses it is said.
        for (span, action, key) in places {
            let other = actions::table().iter().find(|other| other.act != action.act && map.of(other).contains(&key));
            if let Some(other) = other {
                let problem = format!("{} is a key of {} and of {}", label(&key), command(action), command(other));
                let kept = map.lookup(key).map_or(String::new(), command);
                file.fault(&span, problem, &format!("it means {kept}; give the other one another key"));
            }
        }
        (map, file.faults)
    }

    /// The keys of an action.
    pub fn of<'a>(&'a self, action: &'a Action) -> &'a [Key] {
        self.own.iter().find(|(act, _)| *act == action.act).map_or(action.keys, |(_, keys)| keys)
    }

    /// The action of a key: of the key itself, else of the one that stands in its place on a Latin keyboard. The one
    /// place where a key becomes a meaning.
    pub fn lookup(&self, key: Key) -> Option<&'static Action> {
        let lower = |key: Key| match key.code {
            KeyCode::Char(c) if key.ctrl => Key { code: KeyCode::Char(c.to_ascii_lowercase()), ..key },
            _ => key,
        };
        self.exact(lower(key)).or_else(|| self.exact(lower(actions::in_place(key))))
    }

    fn exact(&self, key: Key) -> Option<&'static Action> {
        let table = actions::table().iter();
        let always = table.clone().find(|action| action.act == Act::Interrupt && action.keys.contains(&key));
        let own = || self.own.iter().find(|(_, keys)| keys.contains(&key)).map(|(act, _)| *act);
        let usual = || table.clone().find(|action| self.of(action).contains(&key));
        always.or_else(|| own().and_then(|act| table.clone().find(|action| action.act == act))).or_else(usual)
    }

    /// The first key of an action, as it is written; nothing when it has none.
    pub fn first(&self, action: &Action) -> String {
        self.of(action).first().map(label).unwrap_or_default()
    }

    /// What is pressed for an action, as a sentence names it; its command where it has no key.
    pub fn name(&self, act: Act) -> String {
        let Some(action) = actions::table().iter().find(|action| action.act == act) else { return String::new() };
        match self.first(action) {
            key if key.is_empty() => self.typed(&command(action)),
            key => key,
        }
    }

    /// The same, by the one of several keys that is written best, as long as the action has it.
    pub fn name_as(&self, act: Act, best: &str) -> String {
        let action = actions::table().iter().find(|action| action.act == act);
        let has = action.is_some_and(|action| self.of(action).iter().any(|key| label(key) == best));
        if has { best.to_owned() } else { self.name(act) }
    }

    /// How a command is typed: `:view save NAME`, or `Ctrl-P view save NAME` where another key opens the commands.
    pub fn typed(&self, command: &str) -> String {
        let opens = actions::table().iter().find(|action| action.act == Act::Commands);
        match opens.map(|action| self.first(action)).unwrap_or_default() {
            // One character stands before it, as it does on the screen.
            key if key.chars().count() == 1 => format!("{key}{command}"),
            key => format!("{key} {command}").trim_start().to_owned(),
        }
    }

    /// All keys of an action: `j ↓`.
    pub fn labels(&self, action: &Action) -> String {
        self.of(action).iter().map(label).collect::<Vec<_>>().join(" ")
    }
}

/// The word an action is called by: `top-up`.
pub fn command(action: &Action) -> String {
    action.name.replace(' ', "-")
}

fn parse(word: &str) -> Option<Key> {
    let (rest, ctrl) = word.strip_prefix("Ctrl-").map_or((word, false), |rest| (rest, true));
    let (rest, alt) = rest.strip_prefix("Alt-").map_or((rest, false), |rest| (rest, true));
    if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == rest) {
        return Some(Key { code: *code, ctrl, alt });
    }
    let mut chars = rest.chars();
    let c = chars.next().filter(|c| !c.is_control() && !c.is_whitespace())?;
    let c = if ctrl { c.to_ascii_lowercase() } else { c };
    chars.next().is_none().then_some(Key { code: KeyCode::Char(c), ctrl, alt })
}

/// A key as it is written: `j`, `↓`, `PgDn`, `Ctrl-R`.
pub fn label(key: &Key) -> String {
    let name = match key.code {
        KeyCode::Char(c) if key.ctrl => c.to_ascii_uppercase().to_string(),
        KeyCode::Up => "↑".into(),
        KeyCode::Down => "↓".into(),
        KeyCode::Left => "←".into(),
        KeyCode::Right => "→".into(),
        code => written(code),
    };
    with_modifiers(key, &name)
}

fn written(code: KeyCode) -> String {
    match (NAMED.iter().find(|(_, known)| *known == code), code) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(c)) => c.to_string(),
        (None, _) => String::new(),
    }
}

fn with_modifiers(key: &Key, name: &str) -> String {
    let ctrl = if key.ctrl { "Ctrl-" } else { "" };
    let alt = if key.alt { "Alt-" } else { "" };
    format!("{ctrl}{alt}{name}")
}

/// The file with the table's own keys, as it comes with the program: a copy of a line of it is how a key is changed.
pub fn file() -> String {
    let mut out = String::from(
        "# The keys of fourpay. To change one, copy its line into keys.toml beside your settings and write other keys.\n\
         # A key is a character, or one of: ",
    );
    out.push_str(&NAMED.map(|(name, _)| name).join(", "));
    out.push_str(";\n# Ctrl- and Alt- may stand before it. Made from the table of actions; a test compares them.\n");
    for group in actions::Group::ALL {
        out.push_str(&format!("\n# {}\n", group.title()));
        for action in actions::table().iter().filter(|action| action.group == group && action.act != Act::Interrupt) {
            let one = |key: &Key| {
                let name = if key.ctrl { written(key.code).to_uppercase() } else { written(key.code) };
                toml::Value::String(with_modifiers(key, &name)).to_string()
            };
            let keys: Vec<String> = action.keys.iter().map(one).collect();
            let line = format!("{} = [{}]", command(action), keys.join(", "));
            out.push_str(&format!("{line:<36} # {}\n", action.help));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(faults: &[Diagnostic]) -> Vec<String> {
        faults.iter().map(|fault| format!("{}: {}; {}", fault.place, fault.problem, fault.fix)).collect()
    }

    fn means(map: &Keymap, word: &str) -> Option<Act> {
        map.lookup(parse(word).unwrap()).map(|action| action.act)
    }

    #[test]
    fn the_file_that_comes_with_the_program_is_the_table() {
        let (map, faults) = Keymap::read("keys.toml", &file());
        assert_eq!(said(&faults), [""; 0]);
        for action in actions::table() {
            assert_eq!(map.of(action), action.keys, "{}", action.name);
        }
    }

    #[test]
    fn a_key_is_changed_by_the_name_of_its_action_on_every_layout() {
        let (map, faults) = Keymap::read("keys.toml", "freeze = [\"F\", \"Ctrl-Y\"]\nundo = [\"ж\"]\n");
        assert_eq!(said(&faults), [""; 0]);
        for word in ["F", "А", "Φ", "Ctrl-y"] {
            assert_eq!(means(&map, word), Some(Act::Freeze), "{word}");
        }
        assert_eq!((means(&map, "f"), means(&map, "ж")), (None, Some(Act::Undo)));
        assert_eq!(means(&map, "j"), Some(Act::Down));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_and_the_nearest_name() {
        let text = "freze = [\"F\"]\nundo = [\"Entr\"]\ncopy = \"y\"\nquit-at-once = [\"q\"]\nzoom = [\"t\"]\n\
                    filter = [\"Ctrl-C\"]\n";
        let (map, faults) = Keymap::read("keys.toml", text);
        assert_eq!(
            said(&faults),
            [
                "keys.toml:1: there is no action freze; did you mean freeze?",
                "keys.toml:2: there is no key Entr; did you mean Enter?",
                "keys.toml:3: these are no keys; write a list, for example [\"f\", \"Ctrl-Y\"]",
                "keys.toml:4: this key is always the same; leave the line out",
                "keys.toml:5: t is a key of zoom and of top-up; it means zoom; give the other one another key",
                "keys.toml:6: Ctrl-C is a key of filter and of quit-at-once; it means quit-at-once; give the other one \
                 another key",
            ]
        );
        assert_eq!((means(&map, "t"), means(&map, "Ctrl-C")), (Some(Act::Zoom), Some(Act::Interrupt)));
    }
}
