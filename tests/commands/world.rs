//! A sandbox in this process, a home for the program, and what the program answers.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use fourpay::sandbox::{Dialect, Fault, HeldCard, Inventory, Options, Quirks, Rule, Sandbox};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::tty::Tty;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fourpay");

pub struct World {
    pub home: tempfile::TempDir,
    pub sandbox: Sandbox,
    runtime: Runtime,
}

/// What a command has answered.
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub error: String,
}

impl Answer {
    pub fn of(output: &Output) -> Answer {
        Answer {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            error: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn json(&self) -> Value {
        let document = serde_json::from_str(&self.out);
        let document = document.unwrap_or_else(|why| panic!("{why}: {:?} {}", self.out, self.error));
        crate::schemas::check(&document);
        document
    }

    /// The code is as expected; else what was said.
    pub fn is(self, code: i32) -> Answer {
        assert_eq!(self.code, Some(code), "\nout: {}\nerror: {}", self.out, self.error);
        self
    }

    pub fn says(self, words: &str) -> Answer {
        assert!(self.error.contains(words) || self.out.contains(words), "{words:?}: {}\n{}", self.out, self.error);
        self
    }

    /// The reference of the only act.
    pub fn reference(&self) -> String {
        self.json()["acts"][0]["reference"].as_str().expect("a reference").to_owned()
    }
}

/// A small, quiet merchant.
pub fn small(dialect: Dialect) -> Options {
    let work = std::time::Duration::from_millis(400);
    Options { accounts: 3, cards: 24, transactions: 200, live_rate: 0, work, dialect, ..Options::default() }
}

impl World {
    pub fn of(options: Options) -> World {
        let runtime = Runtime::new().expect("a runtime");
        let bearer = matches!(options.dialect, Dialect::Legacy);
        let sandbox = runtime.block_on(Sandbox::start(options)).expect("a sandbox");
        let world = World { home: tempfile::tempdir().expect("a folder"), sandbox, runtime };
        if bearer {
            world.settings("auth = \"bearer\"\n");
        }
        world
    }

    pub fn new(dialect: Dialect) -> World {
        World::of(small(dialect))
    }

    pub fn rich() -> World {
        World::new(Dialect::Rich)
    }

    pub fn quirky(quirks: &[fourpay::sandbox::Quirk]) -> World {
        World::of(Options { quirks: Quirks::of(quirks), ..small(Dialect::Rich) })
    }

    pub fn settings(&self, text: &str) {
        let folder = self.home.path().join(".config/fourpay");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), text).expect("settings");
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().env("HOME", self.home.path()).stdin(Stdio::null());
        command.env("FOURPAY_BASE_URL", self.sandbox.base_url()).env("FOURPAY_TOKEN", self.sandbox.token());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(&self.command(arguments).output().expect("it runs"))
    }

    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    }

    /// At a terminal.
    pub fn tty(&self, arguments: &[&str]) -> Tty {
        let (base, token) = (self.sandbox.base_url().to_owned(), self.sandbox.token().to_owned());
        let variables = [("FOURPAY_BASE_URL", base.as_str()), ("FOURPAY_TOKEN", token.as_str())];
        Tty::start((110, 30), Path::new(PROGRAM), arguments, &variables, self.home.path())
    }

    pub fn inventory(&self) -> Inventory {
        self.sandbox.inventory()
    }

    pub fn held(&self, id: &str) -> HeldCard {
        self.inventory().cards.into_iter().find(|card| card.id == id).expect("the card")
    }

    /// An active card with money on it and on its account, and with another card's name nowhere.
    pub fn card(&self) -> HeldCard {
        let all = self.inventory();
        let rich = |card: &&HeldCard| {
            card.status == "active"
                && card.available > rust_decimal::Decimal::from(5)
                && all.accounts.iter().any(|one| one.id == card.account && one.available > 1_000.into())
        };
        all.cards.iter().find(rich).expect("an active card").clone()
    }

    /// How often the server has carried out an act.
    pub fn acts(&self, endpoint: &str) -> u64 {
        self.sandbox.acts().get(endpoint).copied().unwrap_or(0)
    }

    pub fn fault(&self, endpoint: &str, what: Fault) {
        self.sandbox.faults().add(Rule::next(endpoint, what));
    }

    pub fn rule(&self, rule: Rule) {
        self.sandbox.faults().add(rule);
    }

    pub fn journal(&self) -> Vec<Value> {
        let list = self.run(&["journal", "list", "--json"]);
        serde_json::from_str::<Value>(&list.out).ok().and_then(|list| list.as_array().cloned()).unwrap_or_default()
    }

    pub fn stages(&self) -> Vec<String> {
        self.journal().iter().map(|entry| entry["stage"].as_str().unwrap_or("?").to_owned()).collect()
    }

    pub fn conserved(&self) {
        assert!(self.sandbox.conserved().is_ok(), "{:?}", self.sandbox.conserved());
        assert_eq!(self.run(&["journal", "verify"]).code, Some(0), "the chain is broken");
    }

    pub fn stop(self) {
        self.runtime.block_on(self.sandbox.stop());
    }
}
