//! A dashboard on a made-up screen, driven by keys.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use fourpay::api::{Client, Settings};
use fourpay::app::Model;
use fourpay::app::msg::Setup;
use fourpay::domain::secret::Token;
use fourpay::domain::settings::{Environment, Zone};
use fourpay::ops::{Journal, Ops, SystemClock};
use fourpay::runtime::acts;
use fourpay::runtime::clock::Clock;
use fourpay::runtime::poller::{Ends, Poller};
use fourpay::runtime::schedule::REFRESH;
use fourpay::runtime::session;
use fourpay::runtime::{Backend, Channels, ExitReason, run};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Longest wait for a text: several dashboards run at once, and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Canvas {
    terminal: Terminal<TestBackend>,
    seen: watch::Sender<String>,
}

impl Backend for Canvas {
    fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        self.terminal.draw(view).expect("a drawing in memory");
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width).max(1);
        let rows: Vec<String> = buffer.content.chunks(width).map(row).collect();
        self.seen.send_replace(rows.join("\n"));
        Ok(())
    }
    fn repaint(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn size(&self) -> (u16, u16) {
        let area = self.terminal.backend().buffer().area;
        (area.width, area.height)
    }
    fn hand(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }
    fn suspend(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }
    fn capture(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }
}

/// One row as text: what stands in the second cell of a wide character is not seen.
fn row(cells: &[ratatui::buffer::Cell]) -> String {
    let mut text = String::new();
    let mut hidden = 0;
    for cell in cells {
        if hidden > 0 {
            hidden -= 1;
            continue;
        }
        text.push_str(cell.symbol());
        hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
    }
    text
}

pub struct Journey {
    keys: mpsc::Sender<(Event, tokio::time::Instant)>,
    seen: watch::Receiver<String>,
    pub client: Client,
    /// What the source of the credential holds.
    pub source: Arc<Mutex<String>>,
    dashboard: JoinHandle<io::Result<ExitReason>>,
    _poller: JoinHandle<()>,
    _signals: mpsc::Sender<fourpay::runtime::Signal>,
    journal: TempDir,
}

impl Journey {
    /// A dashboard of this size on the API at this address.
    pub fn start(size: (u16, u16), settings: Settings, token: &str) -> Journey {
        Journey::with_history(size, settings, token, 20_000)
    }

    /// The same, with so many rows of each feed loaded.
    pub fn with_history(size: (u16, u16), settings: Settings, token: &str, history: usize) -> Journey {
        let clock = Clock::start();
        let token = Token::parse(token.to_owned().into()).expect("a token");
        let client = Client::new(settings.clone(), token.another()).expect("a client");
        let setup = Setup {
            environment: Environment::Sandbox,
            profile: "shop".into(),
            base_url: settings.base_url.clone(),
            read_only: false,
            zone: Zone::Utc,
            history,
            ..Setup::default()
        };
        let (keys, input) = mpsc::channel(1024);
        let (signals_in, signals) = mpsc::channel(1);
        let (out, answers) = mpsc::channel(64);
        let mut model = Model::new(setup, size, clock.now());
        let (watch, watched) = watch::channel(model.watch());
        let (requests, asked) = mpsc::unbounded_channel();
        let (seen_in, seen) = watch::channel(String::new());
        let terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a drawing in memory");
        let (commands, ordered) = mpsc::unbounded_channel();
        let (secrets, to_poller) = (mpsc::unbounded_channel().0, requests.clone());
        let lock = mpsc::unbounded_channel().0;
        let (session, asked_of_session) = mpsc::unbounded_channel();
        let source = Arc::new(Mutex::new(token.expose().to_owned()));
        let read = Arc::clone(&source);
        let keeper = session::Keeper {
            source: fourpay::credentials::Source::Environment,
            client: client.clone(),
            settings: settings.clone(),
            profile: "shop".into(),
            read_again: Arc::new(move || {
                let text = read.lock().expect("the source").clone();
                Token::parse(text.into()).ok_or_else(|| "the source is empty".into())
            }),
            renews: true,
            clock,
            requests: requests.clone(),
            out: out.clone(),
        };
        tokio::task::spawn_local(session::run(keeper, asked_of_session));
        let (exports, lists) = mpsc::unbounded_channel();
        tokio::task::spawn_local(fourpay::runtime::exports::write(lists, out.clone()));
        let (profiles, sought) = (mpsc::unbounded_channel().0, mpsc::unbounded_channel().1);
        let channels = Channels {
            input: input.into(),
            signals,
            answers,
            watch,
            requests,
            commands,
            secrets,
            lock,
            session,
            views: mpsc::unbounded_channel().0,
            exports,
            terminal: mpsc::channel(1).1,
            profiles,
            sought,
        };
        let dashboard = tokio::task::spawn_local(async move {
            run(&mut model, &mut Canvas { terminal, seen: seen_in }, channels, clock).await
        });
        let journal = tempfile::tempdir().expect("a folder");
        let (acting, folder) = ((client.clone(), out.clone(), to_poller), journal.path().to_owned());
        let (notice, noticed) = mpsc::unbounded_channel();
        tokio::task::spawn_local(async move {
            let (client, out, requests) = acting;
            let journal = Journal::open(&folder, "demo", clock.now().wall).expect("a journal");
            let ops = Ops::new(client, journal, "demo", false, SystemClock).await.expect("a door");
            acts::run(ops, out, requests, ordered, noticed, watch::channel(0).0).await;
        });
        let poller = Poller::new(client.clone(), clock, history, REFRESH).with_notice(notice).run(Ends {
            out,
            watch: watched,
            requests: asked,
        });
        let poller = tokio::task::spawn_local(poller);
        Journey { keys, seen, client, source, dashboard, _poller: poller, _signals: signals_in, journal }
    }

    /// Presses keys one after another: characters, and `<Enter> <Esc> <Tab> <C-r> <Down>`.
    pub fn press(&self, keys: &str) {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = [
                ("<Enter>", KeyCode::Enter, false),
                ("<Esc>", KeyCode::Esc, false),
                ("<Tab>", KeyCode::Tab, false),
                ("<Down>", KeyCode::Down, false),
                ("<Right>", KeyCode::Right, false),
                ("<C-r>", KeyCode::Char('r'), true),
                ("<C-l>", KeyCode::Char('l'), true),
                ("<C-s>", KeyCode::Char('s'), true),
                ("<C-u>", KeyCode::Char('u'), true),
            ];
            let (code, ctrl, length) = match named.iter().find(|(name, ..)| rest.starts_with(name)) {
                Some((name, code, ctrl)) => (*code, *ctrl, name.len()),
                None => (KeyCode::Char(c), false, c.len_utf8()),
            };
            let modifiers = if ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            let event = Event::Key(KeyEvent::new(code, modifiers));
            self.keys.try_send((event, tokio::time::Instant::now())).expect("the dashboard runs");
            rest = &rest[length..];
        }
    }

    /// The state folder, in which the journal is.
    pub fn folder(&self) -> &std::path::Path {
        self.journal.path()
    }

    pub fn screen(&self) -> String {
        self.seen.borrow().clone()
    }

    /// Waits until the screen fits; shows it when it never does.
    pub async fn wait_until(&mut self, what: &str, fits: impl Fn(&str) -> bool) {
        let seen = tokio::time::timeout(PATIENCE, self.seen.wait_for(|screen| fits(screen))).await;
        let failed = !matches!(seen, Ok(Ok(_)));
        drop(seen);
        assert!(!failed, "never saw {what} on:\n{}", self.screen());
    }

    pub async fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text)).await;
    }

    /// Confirms a form, once what it shows has stood long enough for confirming keys to count: a read that comes
    /// meanwhile begins that time anew.
    pub async fn confirm(&mut self) {
        let still = fourpay::app::dialogs::SETTLING + Duration::from_millis(200);
        while matches!(tokio::time::timeout(still, self.seen.changed()).await, Ok(Ok(()))) {}
        self.press("<C-s>");
    }

    /// Leaves; the exit code.
    pub async fn quit(self) -> i32 {
        self.press("q");
        match self.dashboard.await.expect("no panic").expect("no error") {
            ExitReason::Code(code) => code,
            left => panic!("{left:?}"),
        }
    }
}
