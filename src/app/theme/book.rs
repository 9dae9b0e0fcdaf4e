//! Themes by their names: those that come with the program, and the user's own files.
//!
//! A file is read for the colours that the terminal has: all of them, 256, sixteen or none.

use ratatui::style::Color;
use toml::Spanned;
use toml::de::DeValue;

use super::{Colours, Theme};
use crate::app::source_file::{Diagnostic, SourceFile};
use crate::domain::settings::Ground;
use crate::domain::text::SafeText;

/// The theme that is used when nothing is known of the ground.
pub const DEFAULT: &str = "dark";
/// `light` or `dark`, whichever fits the ground of the terminal.
pub const AUTO: &str = "auto";

/// Those that come with the program: name and file.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../../assets/themes/colour-blind.toml")),
];

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None are wanted, or there are none.
    None,
    /// Those that every terminal has, as the user has set them.
    #[default]
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// All.
    True,
}

/// What a file says.
const KEYS: [&str; 11] =
    ["ground", "accent", "good", "warn", "bad", "cold", "dim", "sandbox", "production", "read_only", "private"];

/// A colour of a file, for every depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ink {
    rgb: (u8, u8, u8),
    /// `None` is `dim`.
    plain: Option<Color>,
}

impl Ink {
    /// `None` is dim.
    fn at(&self, depth: Depth) -> Option<Color> {
        let (r, g, b) = self.rgb;
        match depth {
            Depth::None | Depth::Sixteen => self.plain,
            Depth::Indexed => Some(Color::Indexed(indexed(self.rgb))),
            Depth::True => Some(Color::Rgb(r, g, b)),
        }
    }
}

/// The nearest of the colours 16 to 255 of xterm: a cube of six steps each, and greys.
fn indexed((r, g, b): (u8, u8, u8)) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let off = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    let step = |value: u8| (0u8..6).zip(STEPS).min_by_key(|(_, step)| off(value, *step)).unwrap_or((0, 0));
    let ((ri, rv), (gi, gv), (bi, bv)) = (step(r), step(g), step(b));
    let grey = (0u8..24).map(|at| (at, 8 + 10 * at)).min_by_key(|(_, v)| off(r, *v) + off(g, *v) + off(b, *v));
    let (gray, level) = grey.unwrap_or((0, 8));
    match off(r, level) + off(g, level) + off(b, level) < off(r, rv) + off(g, gv) + off(b, bv) {
        true => 232 + gray,
        false => 16 + 36 * ri + 6 * gi + bi,
    }
}

/// The colour that xterm shows for a number from 16 on.
pub(super) fn shown(at: u8) -> (u8, u8, u8) {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match at.checked_sub(232) {
        Some(grey) => (8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey),
        None => {
            let at = at.saturating_sub(16);
            let step = |at: u8| STEPS.get(usize::from(at % 6)).copied().unwrap_or(0);
            (step(at / 36), step(at / 6), step(at))
        }
    }
}

/// Black or white, whichever is easier to read on this ground.
pub(super) fn text_on((r, g, b): (u8, u8, u8)) -> Color {
    // Brightness as television weighs it, of 255,000.
    let bright = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b);
    if bright > 115_000 { Color::Indexed(16) } else { Color::Indexed(231) }
}

const NAMES: [(&str, Option<Color>); 18] = [
    ("plain", Some(Color::Reset)),
    ("dim", None),
    ("black", Some(Color::Black)),
    ("red", Some(Color::Red)),
    ("green", Some(Color::Green)),
    ("yellow", Some(Color::Yellow)),
    ("blue", Some(Color::Blue)),
    ("magenta", Some(Color::Magenta)),
    ("cyan", Some(Color::Cyan)),
    ("gray", Some(Color::Gray)),
    ("dark-gray", Some(Color::DarkGray)),
    ("light-red", Some(Color::LightRed)),
    ("light-green", Some(Color::LightGreen)),
    ("light-yellow", Some(Color::LightYellow)),
    ("light-blue", Some(Color::LightBlue)),
    ("light-magenta", Some(Color::LightMagenta)),
    ("light-cyan", Some(Color::LightCyan)),
    ("white", Some(Color::White)),
];

fn ink(file: &mut SourceFile<'_>, value: &Spanned<DeValue<'_>>) -> Option<Ink> {
    let at = value.span();
    let parts: Vec<(String, std::ops::Range<usize>)> = match value.get_ref() {
        DeValue::Array(parts) => {
            parts.iter().filter_map(|part| Some((part.get_ref().as_str()?.to_owned(), part.span()))).collect()
        }
        _ => Vec::new(),
    };
    let [(rgb, rgb_at), (name, name_at)] = parts.as_slice() else {
        file.fault(&at, "this is no colour".into(), "write it like [\"#4fc3f7\", \"cyan\"]");
        return None;
    };
    let hex = rgb.strip_prefix('#').filter(|hex| hex.len() == 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let Some(hex) = hex else {
        let problem = format!("{} is no colour", SafeText::name(rgb));
        file.fault(rgb_at, problem, "write six hexadecimal digits, for example #4fc3f7");
        return None;
    };
    let Some((_, plain)) = NAMES.iter().find(|(known, _)| known == name) else {
        file.unknown(name_at, "colour", name, &NAMES.map(|(name, _)| name));
        return None;
    };
    let [_, r, g, b] = hex.to_be_bytes();
    Some(Ink { rgb: (r, g, b), plain: *plain })
}

/// What a file says, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Page {
    light: bool,
    inks: Vec<(&'static str, Ink)>,
    badges: Vec<(&'static str, [Ink; 2])>,
}

/// Reads a file; what it does not say, or says wrongly, is taken from `otherwise`.
fn page(file: &mut SourceFile<'_>, otherwise: Option<&Page>) -> Page {
    let mut page = otherwise.cloned().unwrap_or(Page { light: false, inks: Vec::new(), badges: Vec::new() });
    for (key, value) in file.entries() {
        let Some(known) = KEYS.iter().find(|known| *known == key.get_ref()) else {
            file.unknown(&key.span(), "colour called", key.get_ref(), &KEYS);
            continue;
        };
        match (*known, value.get_ref()) {
            ("ground", DeValue::String(ground)) if matches!(ground.as_ref(), "dark" | "light") => {
                page.light = ground == "light";
            }
            ("ground", _) => {
                file.fault(&value.span(), "this is no ground".into(), "write \"dark\" or \"light\"");
            }
            ("sandbox" | "production" | "read_only" | "private", DeValue::Array(pair)) if pair.len() == 2 => {
                let inks: Vec<Ink> = pair.iter().filter_map(|part| ink(file, part)).collect();
                if let Ok(both) = <[Ink; 2]>::try_from(inks) {
                    page.badges.retain(|(name, _)| name != known);
                    page.badges.push((known, both));
                }
            }
            ("sandbox" | "production" | "read_only" | "private", _) => {
                let fix = "write two colours: its text, then its ground";
                file.fault(&value.span(), "this is no badge".into(), fix);
            }
            _ => {
                if let Some(ink) = ink(file, &value) {
                    page.inks.retain(|(name, _)| name != known);
                    page.inks.push((known, ink));
                }
            }
        }
    }
    page
}

impl Page {
    fn theme(&self, depth: Depth) -> Theme {
        if depth == Depth::None {
            return Theme::MONOCHROME;
        }
        let find = |name| self.inks.iter().find(|(known, _)| *known == name).and_then(|(_, ink)| ink.at(depth));
        let colour = |name| find(name).unwrap_or(Color::Reset);
        let badge = |name| {
            let both = self.badges.iter().find(|(known, _)| *known == name).map(|(_, both)| *both);
            let [text, ground] = both.map_or([None; 2], |both| both.map(|ink| ink.at(depth)));
            (text.unwrap_or(Color::Reset), ground.unwrap_or(Color::Reset))
        };
        Theme(Some(Colours {
            accent: colour("accent"),
            good: colour("good"),
            warn: colour("warn"),
            bad: colour("bad"),
            cold: colour("cold"),
            dim: find("dim"),
            sandbox: badge("sandbox"),
            production: badge("production"),
            read_only: badge("read_only"),
            private: badge("private"),
        }))
    }
}

/// All themes, for one terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    themes: Vec<(String, Theme)>,
    at: usize,
    /// The theme follows the ground of the terminal.
    follows: bool,
    ground: Option<Ground>,
}

impl Default for Book {
    fn default() -> Book {
        Book::new(Depth::default(), &[]).0
    }
}

impl Book {
    /// The themes that come with the program and those of `files` (name, path, text), a file's own going before one
    /// of the same name; and what is wrong in the files.
    pub fn new(depth: Depth, files: &[(String, String, String)]) -> (Book, Vec<Diagnostic>) {
        let built_in = BUILT_IN.map(|(name, text)| (name, page(&mut SourceFile::new(name, text), None)));
        let mut themes: Vec<(String, Theme)> =
            built_in.iter().map(|(name, page)| ((*name).to_owned(), page.theme(depth))).collect();
        let mut faults = Vec::new();
        for (name, path, text) in files {
            let mut file = SourceFile::new(path, text);
            let like = built_in.iter().find(|(known, _)| known == name).or(built_in.first());
            let theme = page(&mut file, like.map(|(_, page)| page)).theme(depth);
            faults.append(&mut file.faults);
            themes.retain(|(known, _)| known != name);
            themes.push((name.clone(), theme));
        }
        let at = themes.iter().position(|(name, _)| name == DEFAULT).unwrap_or(0);
        (Book { themes, at, follows: false, ground: None }, faults)
    }

    pub fn theme(&self) -> Theme {
        self.themes.get(self.at).map_or(Theme::MONOCHROME, |(_, theme)| *theme)
    }

    pub fn name(&self) -> &str {
        self.themes.get(self.at).map_or("", |(name, _)| name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.themes.iter().map(|(name, _)| name.as_str()).chain([AUTO])
    }

    /// What is known of the ground of the terminal; whether the picture changes by it.
    pub fn see(&mut self, ground: Ground) -> bool {
        self.ground = Some(ground);
        let before = self.at;
        if self.follows {
            self.follow();
        }
        self.at != before
    }

    /// Whether the theme follows the ground, and that is not known.
    pub fn wants_ground(&self) -> bool {
        self.follows && self.ground.is_none()
    }

    pub fn follows(&self) -> bool {
        self.follows
    }

    fn follow(&mut self) {
        let name = if self.ground == Some(Ground::Light) { "light" } else { DEFAULT };
        self.at = self.themes.iter().position(|(known, _)| known == name).unwrap_or(self.at);
    }

    /// Goes over to the theme of this name; whether there is one. `auto` is the one that fits the ground.
    pub fn choose(&mut self, name: &str) -> bool {
        self.follows = name == AUTO;
        if self.follows {
            self.follow();
            return true;
        }
        let found = self.themes.iter().position(|(known, _)| known == name);
        self.at = found.unwrap_or(self.at);
        found.is_some()
    }

    /// Goes over to the one after it.
    pub fn turn(&mut self) {
        self.follows = false;
        self.at = (self.at + 1) % self.themes.len().max(1);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Modifier, Style};

    use super::super::Tone;
    use super::*;
    use crate::domain::settings::{Environment, Tint};

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
        let light = |(r, g, b): (u8, u8, u8)| {
            let part = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
        };
        let (a, b) = (light(one), light(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_of_every_theme_is_readable() {
        assert!((contrast((255, 255, 255), (0, 0, 0)) - 21.0).abs() < 0.01);
        for (name, text) in BUILT_IN {
            let mut file = SourceFile::new(name, text);
            let page = page(&mut file, None);
            assert_eq!(file.faults, [], "{name}");
            assert_eq!((page.inks.len(), page.badges.len()), (6, 4), "{name} says everything");
            let ground = if page.light { (255, 255, 255) } else { (0, 0, 0) };
            let on_ground = page.inks.iter().map(|(role, ink)| (*role, ink.rgb, ground));
            let badges = page.badges.iter().map(|(role, [text, ground])| (*role, text.rgb, ground.rgb));
            for (role, text, ground) in on_ground.chain(badges) {
                let (all, few) = (contrast(text, ground), contrast(shown(indexed(text)), shown(indexed(ground))));
                assert!(all >= 4.5 && few >= 4.5, "{name}: {role} has {all:.2}, of 256 colours {few:.2}");
            }
        }
    }

    /// The sixteen as terminals come with them, black to white: xterm, the Linux console, and GNOME's.
    const SIXTEEN: [(&str, [u32; 16]); 3] = [
        (
            "xterm",
            [
                0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f,
                0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
            ],
        ),
        (
            "linux",
            [
                0x00_0000, 0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa, 0xaa_aaaa, 0x55_5555,
                0xff_5555, 0x55_ff55, 0xff_ff55, 0x55_55ff, 0xff_55ff, 0x55_ffff, 0xff_ffff,
            ],
        ),
        (
            "gnome",
            [
                0x00_0000, 0xcc_0000, 0x4e_9a06, 0xc4_a000, 0x34_65a4, 0x75_507b, 0x06_989a, 0xd3_d7cf, 0x55_5753,
                0xef_2929, 0x8a_e234, 0xfc_e94f, 0x72_9fcf, 0xad_7fa8, 0x34_e2e2, 0xee_eeec,
            ],
        ),
    ];

    /// What a terminal shows for one of the sixteen; `None` for its own text and ground.
    fn as_shown(colour: Color, sixteen: &[u32; 16]) -> Option<(u8, u8, u8)> {
        const ORDER: [Color; 16] = [
            Color::Black,
            Color::Red,
            Color::Green,
            Color::Yellow,
            Color::Blue,
            Color::Magenta,
            Color::Cyan,
            Color::Gray,
            Color::DarkGray,
            Color::LightRed,
            Color::LightGreen,
            Color::LightYellow,
            Color::LightBlue,
            Color::LightMagenta,
            Color::LightCyan,
            Color::White,
        ];
        let at = ORDER.iter().position(|known| *known == colour)?;
        let [_, r, g, b] = sixteen[at].to_be_bytes();
        Some((r, g, b))
    }

    /// Dim text is left out: how a terminal dims is its own.
    #[test]
    fn every_pair_of_sixteen_colours_is_readable_and_every_tint_of_a_profile() {
        let mut bad = Vec::new();
        for (terminal, sixteen) in SIXTEEN {
            let mut look = |what: String, text: (u8, u8, u8), ground: (u8, u8, u8)| {
                let contrast = contrast(text, ground);
                if contrast < 4.5 {
                    bad.push(format!("{what} on {terminal} has {contrast:.2}"));
                }
            };
            for (name, text) in BUILT_IN {
                let page = page(&mut SourceFile::new(name, text), None);
                let ground = if page.light { (255, 255, 255) } else { (0, 0, 0) };
                for (role, ink) in &page.inks {
                    if let Some(text) = ink.plain.and_then(|colour| as_shown(colour, &sixteen)) {
                        look(format!("{name}: {role}"), text, ground);
                    }
                }
                for (role, both) in &page.badges {
                    let [text, ground] = both.map(|ink| ink.plain.and_then(|colour| as_shown(colour, &sixteen)));
                    look(format!("{name}: {role}"), text.unwrap(), ground.unwrap());
                }
            }
            let (book, _) = Book::new(Depth::True, &[]);
            for (tint, word) in Tint::ALL.into_iter().zip(Tint::WORDS) {
                let style = book.theme().badge(Environment::Production, Some(tint));
                let of = |colour: Option<Color>| as_shown(colour.unwrap(), &sixteen).unwrap();
                look(format!("colour {word}"), of(style.fg), of(style.bg));
            }
        }
        assert_eq!(bad, [""; 0]);
    }

    /// Whatever the ground of the terminal is: a message lies over it with a ground of its own.
    #[test]
    fn messages_are_readable_on_any_ground() {
        let tones = [Tone::Plain, Tone::Good, Tone::Cold, Tone::Waiting, Tone::Bad, Tone::Over];
        for (depth, (name, _)) in
            [Depth::True, Depth::Indexed].into_iter().flat_map(|depth| BUILT_IN.map(|one| (depth, one)))
        {
            let (mut book, _) = Book::new(depth, &[]);
            assert!(book.choose(name));
            for tone in tones {
                let style = book.theme().toast(tone);
                let rgb = |colour: Color| match colour {
                    Color::Rgb(r, g, b) => (r, g, b),
                    Color::Indexed(at) => shown(at),
                    other => panic!("{other:?}"),
                };
                match (style.fg, style.bg) {
                    (Some(text), Some(ground)) => {
                        let contrast = contrast(rgb(text), rgb(ground));
                        assert!(contrast >= 4.5, "{name} {tone:?} {depth:?} has {contrast:.2}");
                    }
                    // The terminal's own two colours, turned round.
                    (text, ground) => {
                        assert_eq!((text, ground), (None, None), "{name} {tone:?}");
                        assert!(style.add_modifier.contains(Modifier::REVERSED));
                    }
                }
            }
        }
        // The sixteen are the user's: nothing is known of them but that text can be read on the ground.
        for (name, _) in BUILT_IN {
            let (mut book, _) = Book::new(Depth::Sixteen, &[]);
            book.choose(name);
            for tone in tones {
                assert_eq!(book.theme().toast(tone), Style::new().add_modifier(Modifier::REVERSED), "{name} {tone:?}");
            }
        }
    }

    /// Terminals that draw bold in the bright colour make dark grey of bold black.
    #[test]
    fn black_on_a_badge_is_not_bold() {
        for (name, _) in BUILT_IN {
            let (mut book, _) = Book::new(Depth::Sixteen, &[]);
            book.choose(name);
            let theme = book.theme();
            let tints = Tint::ALL.map(Some).into_iter().chain([None]);
            let worlds = [Environment::Sandbox, Environment::Production];
            let badges = tints.flat_map(|tint| worlds.map(|world| theme.badge(world, tint)));
            for badge in badges.chain([theme.read_only(), theme.private()]) {
                assert!(
                    badge.fg != Some(Color::Black) || !badge.add_modifier.contains(Modifier::BOLD),
                    "{name} {badge:?}"
                );
            }
        }
    }

    #[test]
    fn a_bad_file_is_a_warning_with_its_line_and_the_default_stays() {
        let text = "ground = \"dusk\"\nacent = [\"#123456\", \"cyan\"]\nbad = [\"#12\", \"red\"]\ngood = [\"#00ff00\", \"gren\"]\n\
                    warn = [\"#ffffff\", \"white\"]\nsandbox = \"green\"\n";
        let (mut book, faults) = Book::new(Depth::True, &[("mine".into(), "mine.toml".into(), text.into())]);
        let said = |fault: &Diagnostic| format!("{}: {}; {}", fault.place, fault.problem, fault.fix);
        assert_eq!(
            faults.iter().map(said).collect::<Vec<_>>(),
            [
                "mine.toml:1: this is no ground; write \"dark\" or \"light\"",
                "mine.toml:2: there is no colour called acent; did you mean accent?",
                "mine.toml:3: #12 is no colour; write six hexadecimal digits, for example #4fc3f7",
                "mine.toml:4: there is no colour gren; did you mean green?",
                "mine.toml:6: this is no badge; write two colours: its text, then its ground",
            ]
        );
        let dark = book.theme();
        assert!(book.choose("mine"));
        assert_eq!(book.theme().warn().fg, Some(Color::Rgb(255, 255, 255)));
        assert_eq!((book.theme().bad(), book.theme().accent()), (dark.bad(), dark.accent()));
        let (broken, faults) = Book::new(Depth::True, &[("mine".into(), "mine.toml".into(), "a b\n".into())]);
        assert!(said(&faults[0]).starts_with("mine.toml:1: this is no TOML"), "{faults:?}");
        assert_eq!(broken.theme(), dark);
    }

    #[test]
    fn a_file_of_the_users_goes_before_one_of_the_same_name() {
        let text = "accent = [\"#ffffff\", \"white\"]\n".to_owned();
        let (book, faults) = Book::new(Depth::Sixteen, &[("dark".into(), "dark.toml".into(), text)]);
        assert_eq!((faults.len(), book.names().count(), book.name()), (0, 5, "dark"));
        assert_eq!(book.theme().accent().fg, Some(Color::White));
        assert_eq!(Book::new(Depth::None, &[]).0.theme(), Theme::MONOCHROME);
    }
}
