//! What people do, in a real terminal, on every dialect: find a card, freeze it, move money, issue, close.

use std::time::Duration;

use fourpay::sandbox::{Inventory, Options, Sandbox};

use crate::deployments::{self, On};
use crate::tty::Tty;
use crate::{home, program};

/// A sandbox in this process, whose books the test reads, and a home for the programs that use it.
struct World {
    on: On,
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    home: tempfile::TempDir,
}

impl World {
    fn new(on: On) -> World {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let options = on.options(Options { live_rate: 0, transactions: 300, ..Options::default() });
        let sandbox = runtime.block_on(Sandbox::start(options)).expect("a port");
        World { on, runtime, sandbox, home: home() }
    }

    /// A dashboard on it, once its cards are there; `settings` go into the file.
    fn dashboard(&self, size: (u16, u16), arguments: &[&str], settings: &str) -> Tty {
        let folder = self.home.path().join(".config/fourpay");
        std::fs::create_dir_all(&folder).expect("a folder");
        let auth = if self.on.wants_bearer() { "auth = \"bearer\"\n" } else { "" };
        std::fs::write(folder.join("config.toml"), format!("{auth}{settings}")).expect("settings");
        let variables = [("FOURPAY_BASE_URL", self.sandbox.base_url()), ("FOURPAY_TOKEN", self.sandbox.token())];
        let tty = Tty::start(size, &program(), arguments, &variables, self.home.path());
        tty.wait_for("2 Cards · 130");
        tty.wait_for("live");
        tty
    }

    fn held(&self) -> Inventory {
        // What the provider does later is done by tasks of the runtime.
        self.runtime.block_on(async { self.sandbox.inventory() })
    }
}

/// On every dialect at once.
fn everywhere(story: impl Fn(World) + Sync) {
    deployments::tell_in_threads(deployments::dialects(), |on| story(World::new(on)));
}

/// The support agent's act, at 80x24: `/`, the last four digits, `Enter`, `f`, `y`; then the server has it frozen.
#[test]
fn five_keys_find_a_card_by_its_last_four_digits_and_freeze_it() {
    everywhere(|world| {
        let held = world.held();
        let same = |four: &str| held.cards.iter().filter(|card| card.last_four == four).count();
        let fits = |card: &&fourpay::sandbox::HeldCard| card.status == "active" && same(&card.last_four) == 1;
        let card = held.cards.iter().filter(fits).nth(30).expect("an active card");
        let status = || {
            let held = world.held();
            held.cards.iter().find(|now| now.id == card.id).map(|now| now.status.clone()).expect("the card")
        };
        let mut tty = world.dashboard((80, 24), &["--utc"], "");
        let four = card.last_four.as_str();
        // As a person types: a question is answered when it is on the screen.
        tty.press(&["/", four, "\r", "f"].concat());
        tty.wait_for("y freeze");
        // Nobody answers sooner; a busy machine may take as long from the last byte of a frame to knowing that it is out.
        std::thread::sleep(Duration::from_millis(100));
        tty.press("y");
        tty.wait_for("to undo");
        tty.wait_for("❆ frozen");
        assert_eq!(status(), "frozen");
        assert!(tty.screen().contains(&format!("/{four} · 1 of 130")), "{}", tty.screen());
        // The filter goes with one key.
        tty.press("\x1b");
        tty.wait_for("2 Cards · 130");
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
    });
}

/// From the selected card two keys freeze it, and the screen says so when a read has shown it. In one read of the
/// terminal (a paste without bracketed paste, a slow link) the second came before its question was on the screen: it
/// is dropped, and the dialog says so.
#[test]
fn two_keys_freeze_the_selected_card_and_one_read_does_not() {
    everywhere(|world| {
        let mut tty = world.dashboard((80, 24), &["--utc"], "");
        tty.press("/status:active\r");
        tty.wait_for("/status:active · ");
        tty.press("fy");
        tty.wait_for("press y");
        // Long after it would have been sent.
        std::thread::sleep(Duration::from_millis(500));
        assert!(!tty.screen().contains("sending") && !tty.screen().contains("freezing"), "{}", tty.screen());
        tty.press("y");
        tty.wait_for("to undo");
        tty.press("7");
        tty.wait_for("✓ done");
        tty.press("\x1b\x1b");
        tty.wait_for("❆ frozen");
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
    });
}

/// D12: what is pasted at a question is no answer, whatever it holds.
#[test]
fn d12_a_paste_confirms_nothing() {
    everywhere(|world| {
        let mut tty = world.dashboard((80, 24), &["--utc"], "");
        tty.press("/status:active\r");
        tty.wait_for("/status:active · ");
        tty.press("f");
        tty.wait_for("y freeze ");
        // Long after the question is armed.
        std::thread::sleep(Duration::from_millis(500));
        tty.press("\x1b[200~y\ry\n\x1b[201~");
        // A key after it is taken after it: the question is still there for it to close.
        tty.press("\x1b");
        tty.wait_until("a closed question", |screen| !screen.contains("y freeze "));
        tty.press("7");
        tty.wait_for("7 Journal · 0");
        assert!(world.sandbox.acts().is_empty(), "{:?}", world.sandbox.acts());
    });
}

/// Opens a form, fills it in, and confirms it when it has stood long enough.
fn filled(tty: &mut Tty, open: &str, title: &str, keys: &str) {
    tty.press(open);
    tty.wait_for(title);
    tty.press(keys);
    // What is known changes while a person reads: a review that just became another is read again.
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(500));
        tty.press("\x13");
        let sent = |screen: &str| !screen.contains("Ctrl-S confirms");
        tty.wait_until("an answer to the key", |screen| screen.contains("press Ctrl-S") || sent(screen));
        if sent(&tty.screen()) {
            return;
        }
    }
}

#[test]
fn money_moves_and_a_card_is_issued_from_the_forms() {
    everywhere(|world| {
        let mut tty = world.dashboard((80, 24), &["--utc"], "");
        let (_, card) = world.sandbox.card_in("active").expect("an active card");
        tty.press(&format!("/{card}\r"));
        tty.wait_for("1 of 130");
        filled(&mut tty, "t", "Top up •", "1.25");
        tty.wait_for("by 1.25 ");
        filled(&mut tty, "w", "Withdraw from •", "0.75");
        tty.wait_for("withdrew 0.75 ");
        filled(&mut tty, "n", "Issue a card", "\t\x1b[C\tPaper clips");
        tty.wait_for("card Paper clips issued");
        tty.press("7");
        tty.wait_for("Paper");
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
        for act in ["card_topup", "card_withdraw", "card_issue"] {
            assert_eq!(world.sandbox.acts().get(act), Some(&1), "{act}");
        }
    });
}

#[test]
fn a_transfer_a_closing_and_a_card_for_a_new_holder_from_the_forms() {
    everywhere(|world| {
        let mut tty = world.dashboard((80, 24), &["--utc"], "");
        tty.press("1/main\rj");
        tty.wait_for("/main");
        tty.wait_for("2 Cards · Main · ");
        tty.press("T");
        // Where it may go to is read first.
        tty.wait_for("◂ ");
        filled(&mut tty, "", "Transfer from Main", "\t12.50");
        tty.wait_for("transferred 12.50 USD");
        filled(&mut tty, "n", "Issue a card", "\tnew\tNora\tLind\tnora@example.org\t\tnora-lind\tField kit");
        tty.wait_for("card Field kit issued");
        // The new card is the first of the list, and has no money on it.
        tty.press("2g");
        tty.wait_until("the new card under the cursor", |screen| {
            screen.lines().any(|line| line.contains('▸') && line.contains("Field kit") && line.contains("active"))
        });
        let line = tty.screen().lines().find(|line| line.contains("Field kit")).expect("the card").to_owned();
        let last_four: String = line.split('•').nth(1).expect("its number").chars().take(4).collect();
        filled(&mut tty, "X", "for good", &last_four);
        tty.wait_for("closed");
        tty.press("q");
        assert_eq!(tty.wait_for_end(), 0);
        for act in ["account_transfer", "cardholder_create", "card_issue", "card_close"] {
            assert_eq!(world.sandbox.acts().get(act), Some(&1), "{act}");
        }
    });
}

/// Row 27: nothing is changed by a dashboard that was started with `--read-only`, or whose profile says so, whatever is
/// pressed in it. That the client itself refuses, `client::acts` shows of the client that the program makes.
#[test]
fn a_read_only_dashboard_changes_nothing() {
    for (arguments, settings) in [(&["--utc", "--read-only"][..], ""), (&["--utc"], "read_only = true\n")] {
        everywhere(|world| {
            let before = world.held();
            let mut tty = world.dashboard((120, 40), arguments, settings);
            tty.wait_for("READ-ONLY");
            for keys in ["fy", "t50\x13", "n\x13", "X4242\x13", ":freeze 4242\ry", "T\x13", "e\x13"] {
                tty.press(keys);
                std::thread::sleep(Duration::from_millis(300));
                tty.press("\x1b");
                std::thread::sleep(Duration::from_millis(100));
            }
            tty.wait_for("read-only");
            assert_eq!(world.held(), before, "{arguments:?} {settings}");
            assert!(world.sandbox.acts().is_empty(), "{:?}", world.sandbox.acts());
        });
    }
}
