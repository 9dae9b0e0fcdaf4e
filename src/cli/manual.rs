//! `fourpay man` and `fourpay completions`: what a package puts beside the program, made from the program itself.
//!
//! Arguments come from the command line's own description, keys from the table of actions. Reads no settings, so
//! that a build can run it.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::app::actions::{self, Group};

/// Arguments of `fourpay man`.
#[derive(clap::Args)]
pub struct ManArgs {
    /// Write this page and one for each command into a folder that is there, as fourpay.1, fourpay-freeze.1 …
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Arguments of `fourpay completions`.
#[derive(clap::Args)]
pub struct CompletionsArgs {
    /// The shell that completes
    shell: Shell,
}

const FILES: &[(&str, &str)] = &[
    (
        "$XDG_CONFIG_HOME/fourpay/config.toml",
        "Settings. \"fourpay config example\" prints one with all that may be written.",
    ),
    ("$XDG_CONFIG_HOME/fourpay/keys.toml", "Other keys for actions."),
    ("$XDG_CONFIG_HOME/fourpay/themes/NAME.toml", "A theme of your own."),
    (
        "$XDG_STATE_HOME/fourpay/journal/PROFILE.jsonl",
        "What was asked for and what became of it. Nothing is sent that does not stand here first.",
    ),
    (
        "$XDG_CACHE_HOME/fourpay/cards/PROFILE.json",
        "What was learned of cards that lists leave out (holder's id, day, type, last four), for the next start.",
    ),
    ("$XDG_STATE_HOME/fourpay/PROFILE.watches/watch-NAME.jsonl", "What \"fourpay watch\" has told already."),
    ("$XDG_STATE_HOME/fourpay/passphrase/PROFILE", "The argon2id hash of the passphrase that opens the lock."),
    (
        "$XDG_STATE_HOME/fourpay/log/fourpay.log",
        "What was asked of the API and how it went, without ids, names or amounts.",
    ),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("FOURPAY_PROFILE", "Profile of the configuration to use."),
    ("FOURPAY_BASE_URL", "Base URL of the API, for the profile the program is started with."),
    ("FOURPAY_TOKEN", "API token, for the profile the program is started with."),
    ("FOURPAY_WEBHOOK_SECRET", "What webhook deliveries are signed with; it goes before the keyring."),
    ("NO_COLOR", "Draw without colours."),
    ("COLORTERM, TERM", "How many colours the terminal has."),
    ("COLORFGBG", "Whether the ground of the terminal is light or dark; where it is not set, the terminal is asked."),
    ("LC_ALL, LC_CTYPE, LANG", "Nothing but ASCII is drawn where the first that is set does not name UTF-8."),
    ("COLUMNS, LINES", "The size of a terminal that does not know its own; 80 and 24 when they are not set."),
    (
        "SSH_CONNECTION, SSH_TTY, SSH_CLIENT",
        "The session is a remote one: card numbers are not copied unless a setting allows it.",
    ),
    ("DISPLAY, WAYLAND_DISPLAY", "The desktop whose clipboard is copied to."),
    ("TMUX, STY", "What is copied by the terminal goes through tmux or GNU screen."),
    ("XDG_CONFIG_HOME", "Folder of settings; ~/.config when it is not set."),
    ("XDG_CACHE_HOME", "Folder of what was learned of cards; ~/.cache when it is not set."),
    ("XDG_STATE_HOME", "Folder of journal, passphrase and log; ~/.local/state when it is not set."),
];

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Done."),
    ("1", "The command found something wrong, or the API refused."),
    ("2", "It could not be started: arguments, settings, no terminal."),
    ("3", "The outcome of an action is open or only probable."),
    ("4", "Commands that read and act: not found, or ambiguous."),
    ("5", "They may not change anything: read-only."),
    ("6", "No credential, or one that is not accepted."),
    ("7", "Something could not be read whole, books do not agree, or the output could not be written."),
    ("8", "Held back by an open action."),
    ("9", "Nothing was sent: network, journal, or the person said no."),
    ("101", "A fault in the program."),
    ("128 + N", "Signal N ended it."),
];

/// Prints the manual page, or writes all pages; the exit code.
pub fn man(asked: &ManArgs, command: Command) -> anyhow::Result<i32> {
    let Some(folder) = &asked.dir else { return print(page(command)?.as_bytes()) };
    for (name, text) in pages(command)? {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} could not be written", path.display()))?;
    }
    Ok(0)
}

/// All pages with the names of their files: the whole one, then one for each command.
fn pages(command: Command) -> std::io::Result<Vec<(String, String)>> {
    let mut pages = vec![("fourpay.1".to_owned(), page(command.clone())?)];
    let mut left: Vec<(String, Command)> =
        command.get_subcommands().map(|one| ("fourpay".to_owned(), one.clone())).collect();
    while let Some((above, command)) = left.pop() {
        let name = format!("{above}-{}", command.get_name());
        left.extend(command.get_subcommands().map(|one| (name.clone(), one.clone())));
        let called = format!("{} {}", above.replacen("fourpay-", "fourpay ", 1), command.get_name());
        let shown = command.display_name(name.clone()).bin_name(called);
        let mut out = Vec::new();
        let man = Man::new(shown.disable_help_subcommand(true)).title(name.clone()).date(" ").manual("User Commands");
        man.render(&mut out)?;
        Roff::new()
            .control("SH", ["SEE ALSO"])
            .text([bold("fourpay"), roman("(1): the options that every command has, exit codes, files and variables.")])
            .to_writer(&mut out)?;
        pages.push((format!("{name}.1"), ascii(&String::from_utf8_lossy(&out))));
    }
    Ok(pages)
}

/// Prints the completions of a shell; the exit code.
pub fn completions(asked: &CompletionsArgs, command: Command) -> anyhow::Result<i32> {
    print(&completed(asked.shell, command))
}

fn print(bytes: &[u8]) -> anyhow::Result<i32> {
    super::stdout::print_bytes(bytes)?;
    Ok(0)
}

fn completed(shell: Shell, mut command: Command) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut command, "fourpay", &mut out);
    out
}

/// The manual page in roff: one for all commands.
fn page(command: Command) -> std::io::Result<String> {
    let mut out = Vec::new();
    let whole = command.clone().disable_help_subcommand(true).subcommand_value_name("COMMAND");
    // Not quite empty, or what follows would stand in the place of the date.
    let man = Man::new(whole).date(" ").manual("User Commands");
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    Roff::new().control("SH", ["COMMANDS"]).to_writer(&mut out)?;
    out.extend(b"The options above may stand after every command.\n");
    for below in command.get_subcommands() {
        part(&mut out, "fourpay", below)?;
    }
    keys().to_writer(&mut out)?;
    for (title, entries) in [("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", EXIT_STATUS)] {
        let mut section = Roff::new();
        section.control("SH", [title]);
        for (name, meaning) in entries {
            let name = if title == "FILES" { italic(*name) } else { bold(*name) };
            section.control("TP", []).text([name]).text([roman(*meaning)]);
        }
        section.to_writer(&mut out)?;
    }
    Ok(ascii(&String::from_utf8_lossy(&out)))
}

/// A command with its own arguments, then those below it.
fn part(out: &mut Vec<u8>, above: &str, command: &Command) -> std::io::Result<()> {
    let name = format!("{above} {}", command.get_name());
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|below| part(out, &name, below));
    }
    // Alone, so that the options of the whole program are not among its own.
    let man = Man::new(command.clone().bin_name(&name).disable_help_flag(true));
    Roff::new().control("SS", [name.as_str()]).to_writer(out)?;
    let mut body = Vec::new();
    man.render_synopsis_section(&mut body)?;
    body.extend(b".PP\n");
    man.render_description_section(&mut body)?;
    man.render_options_section(&mut body)?;
    // They come as sections, and are parts of one here.
    for line in String::from_utf8_lossy(&body).lines().filter(|line| !line.starts_with(".SH ")) {
        out.extend(line.as_bytes());
        out.push(b'\n');
    }
    Ok(())
}

fn keys() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["KEYS"]).text([
        roman("Those that the program comes with; keys.toml changes them, and "),
        bold("?"),
        roman(" shows the ones that hold. A dialog says its own."),
    ]);
    for group in Group::ALL {
        section.control("SS", [group.title()]);
        for action in actions::table().iter().filter(|action| action.group == group) {
            let called = bold(actions::called(action).join(" "));
            section.control("TP", []).text([called]).text([roman(action.help)]);
        }
    }
    section
}

/// Roff's own names for what is not ASCII: readable under every locale.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(&format!("\\[u{:04X}]", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command as Program, Stdio};

    use clap::ValueEnum as _;

    use super::*;
    use crate::cli::command_line;

    fn made() -> String {
        page(command_line()).unwrap()
    }

    /// What a reader sees of a line.
    fn read(line: &str) -> String {
        let mut text = line.to_owned();
        for (code, c) in [("\\-", "-"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", ""), ("\\*(Aq", "'")] {
            text = text.replace(code, c);
        }
        while let Some((before, rest)) = text.split_once("\\[u") {
            let (code, after) = rest.split_once(']').unwrap();
            let c = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
            text = format!("{before}{c}{after}");
        }
        text
    }

    fn section(page: &str, title: &str) -> String {
        let (_, rest) = page.split_once(&format!("\n.SH {title}\n")).expect(title);
        rest.split("\n.SH ").next().unwrap().to_owned()
    }

    /// Name and meaning of each entry.
    fn entries(section: &str) -> Vec<(String, String)> {
        let entry = |text: &str| {
            let mut lines = text.lines().filter(|line| !line.is_empty()).map(read);
            (lines.next().unwrap(), lines.next().unwrap())
        };
        section.split(".TP\n").skip(1).map(entry).collect()
    }

    /// Every command with its words, as they are typed.
    fn commands(above: &str, command: &Command) -> Vec<String> {
        let mut all = Vec::new();
        for below in command.get_subcommands() {
            let name = format!("{above} {}", below.get_name());
            all.extend(commands(&name, below));
            all.push(name);
        }
        all
    }

    #[test]
    fn the_keys_of_the_page_are_those_of_the_table() {
        let mut table = Vec::new();
        for group in Group::ALL {
            for action in actions::table().iter().filter(|action| action.group == group) {
                table.push((actions::called(action).join(" "), action.help.to_owned()));
            }
        }
        assert_eq!(table.len(), actions::table().len());
        assert_eq!(entries(&section(&made(), "KEYS")), table);
    }

    #[test]
    fn the_page_has_every_command_with_its_arguments_and_every_variable_that_is_read() {
        let page = made();
        assert!(page.is_ascii());
        let title = format!("\n.TH fourpay 1 \" \" \"fourpay {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
        assert!(page.contains(&title), "{page}");
        let part = section(&page, "COMMANDS");
        let mut command = command_line();
        for name in commands("fourpay", &command) {
            assert!(part.contains(&format!(".SS \"{name}")), "{name}");
        }
        command.build();
        let shown = read(&page);
        let mut below: Vec<&Command> = vec![&command];
        while let Some(command) = below.pop() {
            below.extend(command.get_subcommands().filter(|one| one.get_name() != "help"));
            let shown_ones = command.get_arguments().filter(|argument| !argument.is_hide_set());
            for long in shown_ones.filter_map(clap::Arg::get_long) {
                assert!(shown.contains(&format!("--{long}")), "{} --{long}", command.get_name());
            }
        }
        // An option of the whole program stands once.
        assert_eq!(part.matches("read\\-only").count(), 0);
        let variables = section(&page, "ENVIRONMENT");
        for said in include_str!("../config.rs").split("said(\"").skip(1) {
            let name = said.split('"').next().unwrap();
            assert!(variables.contains(name), "{name}");
        }
    }

    /// Only where groff is; the page is the same everywhere.
    #[test]
    fn the_page_is_set_without_a_warning() {
        let groff = Program::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-P-cbou"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let Ok(mut groff) = groff else { return };
        let mut input = groff.stdin.take().unwrap();
        let writer = std::thread::spawn(move || input.write_all(made().as_bytes()));
        let out = groff.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        assert!(String::from_utf8_lossy(&out.stdout).contains("EXIT STATUS"));
    }

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let pages = pages(command_line()).unwrap();
        let mut wanted: Vec<String> = commands("fourpay", &command_line())
            .iter()
            .map(|name| format!("{}.1", name.replace(' ', "-")))
            .chain(["fourpay.1".to_owned()])
            .collect();
        let mut names: Vec<String> = pages.iter().map(|(name, _)| name.clone()).collect();
        wanted.sort();
        names.sort();
        assert_eq!(names, wanted);
        let of = |name: &str| read(&pages.iter().find(|(one, _)| one == name).expect(name).1);
        assert!(of("fourpay-journal-wait.1").contains("fourpay journal wait"), "{}", of("fourpay-journal-wait.1"));
        assert!(of("fourpay-top-up.1").contains("fourpay top-up") && of("fourpay-top-up.1").contains("--to"));
        assert!(pages.iter().all(|(_, text)| text.is_ascii()));
    }

    #[test]
    fn completions_name_every_command_and_option_in_every_shell() {
        let mut command = command_line();
        for shell in Shell::value_variants() {
            let text = String::from_utf8(completed(*shell, command.clone())).unwrap();
            for name in commands("fourpay", &command) {
                let word = name.rsplit(' ').next().unwrap();
                assert!(text.contains(word), "{shell}: {name}");
            }
            for option in ["base-url", "read-only", "forward-to"] {
                assert!(text.contains(option), "{shell}: {option}");
            }
        }
        command.build();
        command.debug_assert();
    }
}
