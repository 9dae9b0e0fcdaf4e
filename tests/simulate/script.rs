//! What happens in a world: made from a seed, and short enough to be taken apart again, event by event, until nothing
//! is left but the story of a fault.

use std::fmt;

use super::chance::Chance;
use super::disk::Stop;

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// When references come back in descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    Always,
    /// So many milliseconds after the row.
    Late(u64),
    Never,
}

/// What a platform writes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    AsTheyAre,
    Capitals,
    Cut,
}

/// How a deployment behaves, for as long as the world lasts.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub echo: Echo,
    pub names: Names,
    /// What its rows are dated ahead of the clock that it tells, in milliseconds.
    pub rows_ahead: i64,
    pub to_the_minute: bool,
    pub oldest_first: bool,
    /// Rows of a page, at most.
    pub page: usize,
    /// Whether it says how many there are.
    pub total: bool,
    /// Milliseconds until a row can be read, on either side.
    pub card_rows_after: u64,
    pub account_rows_after: u64,
    /// Milliseconds for which a movement is pending.
    pub pending: u64,
    /// Whether its answers name the rows.
    pub names_rows: bool,
    /// Milliseconds an answer takes.
    pub latency: u64,
    /// What its clock is ahead of the true time, in milliseconds.
    pub clock_ahead: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    TopUp { card: usize },
    Withdraw { card: usize },
    Transfer { from: usize },
    Issue { account: usize },
    Freeze { card: usize },
    Unfreeze { card: usize },
}

impl Act {
    pub fn moves(self) -> bool {
        matches!(self, Act::TopUp { .. } | Act::Withdraw { .. } | Act::Transfer { .. })
    }

    /// Whether doing it twice is harm.
    pub fn counts(self) -> bool {
        self.moves() || matches!(self, Act::Issue { .. })
    }
}

/// Whether and when the platform does what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Never,
    AtOnce,
    Later(u64),
    /// It is declined after so many milliseconds as pending.
    Declines(u64),
}

/// What the person's computer hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    Good,
    /// After so many milliseconds.
    Slowly(u64),
    /// A status with the API's own words.
    Words(u16),
    /// A status with a page of something in between.
    Page(u16),
    /// A status with nothing.
    Bare(u16),
    TooMany(Option<u64>),
    /// The connection breaks.
    Lost,
    /// Nothing, ever.
    Nothing,
    /// Half of a good answer.
    Torn,
    /// A good status with a page.
    GoodPage,
    /// A good answer that names the rows of an earlier movement of the same kind, as a platform that takes a request for
    /// one that it has had already.
    Earlier,
    /// A good status whose body says that it failed.
    Failed,
    /// A good answer that speaks of another amount.
    OtherAmount,
    NotConnected,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub does: Does,
    pub hears: Hears,
    /// It is taken back so much later.
    pub reversed: Option<u64>,
    /// The machine sleeps so long between the journal and the first byte.
    pub held_up: Option<u64>,
    /// The program is killed there.
    pub stop: Option<Stop>,
}

pub const GOOD: Fate = Fate { does: Does::AtOnce, hears: Hears::Good, reversed: None, held_up: None, stop: None };

/// What the person does when it is not done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    /// Asks for it again where it is said not to be done.
    Again,
    /// Asks for it again whatever is said.
    Impatient,
    /// Passes over what it would have to wait for.
    Override,
}

/// Something that a person wants done once.
#[derive(Clone, Debug)]
pub struct Wish {
    pub id: u32,
    pub act: Act,
    pub cents: i64,
    pub fate: Fate,
    pub then: Then,
}

/// How a colleague's movement is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Nothing,
    Text,
    /// Another computer's reference.
    Reference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Offline,
    /// Reads alone are answered 429.
    TooMany,
    /// Reads alone are answered 503.
    Down,
    /// Reads alone are answered with a page.
    Pages,
    /// The details of cards cannot be read.
    NoCards,
    /// Reads take longer than a program waits.
    Stalled,
}

/// What happens to the journal behind the program's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    Removed,
    Emptied,
    /// The last lines are cut off.
    Cut(usize),
    /// Overwritten with what it was so many lines ago, as another file.
    Restored(usize),
    FolderRemoved,
    /// The same text as another file: no loss at all.
    Synced,
    /// A crash of the system left so many NUL bytes.
    Nul(usize),
    /// A line that was cut off.
    Torn,
}

/// Where a program is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Here,
    /// In a container with a host name of its own.
    Container,
}

#[derive(Clone, Debug)]
pub enum What {
    Order {
        program: usize,
        wish: Wish,
    },
    Plan {
        program: usize,
        wishes: Vec<Wish>,
    },
    Decide {
        program: usize,
    },
    Start {
        program: usize,
        place: Place,
        platform: usize,
    },
    Kill {
        program: usize,
    },
    Quit {
        program: usize,
    },
    Reboot,
    Sleep(u64),
    StepWall(i64),
    Drift(i64),
    StepServer {
        platform: usize,
        ms: i64,
    },
    Weather {
        weather: Weather,
        ms: u64,
    },
    DiskFails {
        ms: u64,
        tears: bool,
    },
    Locked(u64),
    Lose(Loss),
    AcceptLoss,
    Colleague {
        act: Act,
        cents: i64,
        label: Label,
    },
    Purchase {
        card: usize,
        cents: i64,
    },
    PayIn {
        account: usize,
        cents: i64,
    },
    /// A colleague freezes or activates a card.
    Toggle {
        card: usize,
        frozen: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Event {
    pub at: u64,
    pub what: What,
}

/// A second deployment or merchant under the same profile name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    None,
    /// At another address, with the same ids.
    Copied,
    /// At the same address, with ids of its own.
    Merchant,
}

/// The story of a world.
#[derive(Clone, Debug)]
pub struct Script {
    pub seed: u64,
    pub deployments: [Deployment; 2],
    pub second: Second,
    pub refresh: u64,
    pub late_in_month: bool,
    /// The journal begins with an open entry and a thousand newer ones.
    pub long_journal: bool,
    /// Length of the active part.
    pub length: u64,
    pub events: Vec<Event>,
    /// After it: when programs are opened again, and for how long.
    pub visits: Vec<(u64, u64)>,
}

fn deployment(c: &mut Chance) -> Deployment {
    let page = c.weighted(&[(5, 1000), (2, 100), (2, 20), (1, 7)]);
    Deployment {
        echo: c.weighted(&[
            (12, Echo::Always),
            (3, Echo::Late(20 * SECOND)),
            (1, Echo::Late(150 * SECOND)),
            (5, Echo::Never),
        ]),
        names: c.weighted(&[(3, Names::AsTheyAre), (1, Names::Capitals), (1, Names::Cut)]),
        rows_ahead: c.weighted(&[(6, 0), (3, -12_000), (1, -90_000), (1, 20_000), (1, -600_000), (1, 600_000)]),
        to_the_minute: c.percent(15),
        oldest_first: c.percent(20),
        page,
        total: c.percent(50),
        card_rows_after: c.weighted(&[(6, 0), (2, 3 * SECOND), (1, 40 * SECOND), (1, 5 * MINUTE)]),
        account_rows_after: c.weighted(&[(6, 0), (2, 3 * SECOND), (1, 60 * SECOND), (1, 4 * MINUTE)]),
        pending: c.weighted(&[(6, 0), (2, 5 * SECOND), (1, 90 * SECOND)]),
        names_rows: c.percent(50),
        latency: c.weighted(&[(4, 40), (3, 150), (1, 900)]),
        clock_ahead: c.weighted(&[(5, 0), (1, 700), (1, -4_000), (1, 90_000), (1, -3_600_000)]),
    }
}

fn fate(c: &mut Chance, act: Act) -> Fate {
    let later = c.weighted(&[(3, 3 * SECOND), (2, 20 * SECOND), (3, 100 * SECOND), (3, 200 * SECOND), (2, 9 * MINUTE)]);
    let maybe = c.weighted(&[(4, Does::AtOnce), (4, Does::Never), (4, Does::Later(later))]);
    let refused = c.one_of(&[400, 401, 403, 404, 405, 406, 410, 413, 415, 422]);
    let (does, hears) = match c.below(100) {
        0..=29 => (Does::AtOnce, Hears::Good),
        30..=34 => (Does::Later(later), Hears::Good),
        35..=39 => (Does::Declines(c.between(1, 60) * SECOND), Hears::Good),
        40..=42 => (Does::Declines(c.between(1, 60) * SECOND), Hears::Lost),
        43..=47 => (maybe, Hears::Slowly(c.between(3, 28) * SECOND)),
        48..=53 => (Does::Never, Hears::Words(refused)),
        54..=57 => (maybe, Hears::Page(c.one_of(&[400, 403, 404, 502, 503, 504]))),
        58..=60 => (Does::Never, Hears::Bare(c.one_of(&[307, 308]))),
        61..=62 => (maybe, Hears::Bare(c.one_of(&[301, 302, 303, 204, 500, 404]))),
        63..=70 => (maybe, Hears::TooMany(c.weighted(&[(1, None), (1, Some(2)), (1, Some(30))]))),
        71..=75 => (maybe, Hears::Words(c.one_of(&[500, 502, 503, 504]))),
        76..=79 => (maybe, Hears::Words(c.one_of(&[408, 409, 425]))),
        80..=87 => (maybe, Hears::Lost),
        88..=91 => (maybe, Hears::Nothing),
        92 => (maybe, Hears::Torn),
        93 => (maybe, Hears::Failed),
        94 => (maybe, Hears::GoodPage),
        95 if act.moves() => (maybe, Hears::Earlier),
        96 if act.moves() => (maybe, Hears::OtherAmount),
        _ => (Does::Never, Hears::NotConnected),
    };
    // A good answer to nothing at all would be the platform's lie. That it names other rows, or says that it failed, is said
    // of what was not done too.
    let does = match (does, hears) {
        (Does::Never, Hears::Good | Hears::Slowly(_) | Hears::Torn | Hears::GoodPage) => Does::AtOnce,
        (Does::Declines(_), _) if !act.moves() => Does::AtOnce,
        (does, _) => does,
    };
    let reversed = (act.moves() && c.percent(4)).then(|| c.between(20, 400) * SECOND);
    let held_up = c.percent(4).then(|| c.weighted(&[(1, 5 * SECOND), (2, 30 * SECOND), (2, 10 * MINUTE)]));
    let stop = c.percent(8).then(|| c.one_of(&[Stop::Recorded, Stop::Sent, Stop::TornSent, Stop::Answered]));
    Fate { does, hears, reversed, held_up, stop }
}

fn act(c: &mut Chance) -> Act {
    let card = c.below(3) as usize;
    match c.below(100) {
        0..=44 => Act::TopUp { card: if c.percent(60) { 0 } else { card } },
        45..=57 => Act::Withdraw { card },
        58..=70 => Act::Transfer { from: c.below(2) as usize },
        71..=82 => Act::Issue { account: c.below(2) as usize },
        83..=92 => Act::Freeze { card },
        _ => Act::Unfreeze { card },
    }
}

fn cents(c: &mut Chance) -> i64 {
    c.one_of(&[725, 725, 725, 1000, 2550])
}

fn wish(c: &mut Chance, id: u32) -> Wish {
    let act = act(c);
    let then = c.weighted(&[(3, Then::Nothing), (4, Then::Again), (3, Then::Impatient), (1, Then::Override)]);
    Wish { id, act, cents: cents(c), fate: fate(c, act), then }
}

impl Script {
    pub fn new(seed: u64) -> Script {
        let c = &mut Chance::new(seed);
        let deployments = [deployment(c), deployment(c)];
        let second = c.weighted(&[(8, Second::None), (1, Second::Copied), (1, Second::Merchant)]);
        let length = MINUTE * c.weighted(&[(10, 5), (3, 8), (1, 15), (1, 30)]);
        let refresh = c.weighted(&[(1, 2), (2, 10), (3, 30), (3, 60)]);
        let mut events = vec![Event { at: 0, what: What::Start { program: 0, place: Place::Here, platform: 0 } }];
        let mut at = 1_500;
        let mut wishes = 0;
        let mut target: Vec<(Act, i64)> = Vec::new();
        while at < length {
            let what = Script::event(c, &mut wishes, &mut target, second);
            events.push(Event { at, what });
            at += match c.below(10) {
                0..=3 => c.between(100, 4_000),
                4..=7 => c.between(4_000, 25_000),
                _ => c.between(25_000, 80_000),
            };
        }
        let mut visits = Vec::new();
        let mut hours = 0;
        while c.percent(60) && hours < 20 {
            hours += c.between(1, 8);
            visits.push((hours * HOUR, c.between(20, 200) * SECOND));
        }
        let (late_in_month, long_journal) = (c.percent(5), c.percent(2));
        Script { seed, deployments, second, refresh, late_in_month, long_journal, length, events, visits }
    }

    fn event(c: &mut Chance, wishes: &mut u32, target: &mut Vec<(Act, i64)>, second: Second) -> What {
        let mut next = |c: &mut Chance| {
            *wishes += 1;
            let wish = wish(c, *wishes);
            if wish.act.moves() {
                target.push((wish.act, wish.cents));
            }
            wish
        };
        let program = c.weighted(&[(6, 0), (2, 1), (1, 2)]);
        match c.below(1000) {
            0..=359 => What::Order { program, wish: next(c) },
            360..=389 => {
                let many = c.between(2, 5);
                let wishes = (0..many).map(|_| next(c)).filter(|wish| wish.act.moves()).collect();
                What::Plan { program, wishes }
            }
            390..=419 => What::Decide { program },
            420..=489 => {
                let platform = if second == Second::None || c.percent(60) { 0 } else { 1 };
                What::Start { program, place: c.weighted(&[(3, Place::Here), (1, Place::Container)]), platform }
            }
            490..=529 => What::Kill { program },
            530..=539 => What::Quit { program },
            540..=549 => What::Reboot,
            550..=579 => What::Sleep(c.weighted(&[(3, 20 * SECOND), (3, 5 * MINUTE), (1, 2 * HOUR)])),
            580..=619 => {
                let step: i64 = c.one_of(&[600, 86_400, 3_600, 130, 7]);
                What::StepWall(if c.percent(50) { step * 1000 } else { -step * 1000 })
            }
            620..=629 => What::Drift(c.one_of(&[-20_000, 20_000, 200_000])),
            630..=644 => {
                let step: i64 = c.one_of(&[60_000, 600_000, 5_000]);
                What::StepServer { platform: 0, ms: if c.percent(50) { step } else { -step } }
            }
            645..=704 => {
                let weather = c.one_of(&[
                    Weather::Offline,
                    Weather::TooMany,
                    Weather::Down,
                    Weather::Pages,
                    Weather::NoCards,
                    Weather::Stalled,
                ]);
                What::Weather { weather, ms: c.weighted(&[(3, 5 * SECOND), (3, 30 * SECOND), (2, 150 * SECOND)]) }
            }
            705..=739 => What::DiskFails {
                ms: c.weighted(&[(2, SECOND), (3, 8 * SECOND), (2, 60 * SECOND)]),
                tears: c.percent(40),
            },
            740..=769 => What::Locked(c.one_of(&[6 * SECOND, SECOND, 20 * SECOND])),
            770..=809 => What::Lose(c.weighted(&[
                (3, Loss::Removed),
                (3, Loss::Emptied),
                (3, Loss::Cut(1)),
                (1, Loss::Cut(4)),
                (3, Loss::Restored(2)),
                (2, Loss::FolderRemoved),
                (2, Loss::Synced),
                (4, Loss::Nul(300)),
                (4, Loss::Torn),
            ])),
            810..=829 => What::AcceptLoss,
            830..=899 => {
                // Mostly the very movement that a person here has just asked for.
                let like = target.last().copied().filter(|_| c.percent(70));
                let (act, cents) = like.unwrap_or_else(|| (Act::TopUp { card: c.below(3) as usize }, cents(c)));
                let label = c.one_of(&[Label::Nothing, Label::Text, Label::Reference]);
                What::Colleague { act, cents, label }
            }
            900..=944 => What::Purchase { card: c.below(3) as usize, cents: cents(c) },
            945..=984 => What::PayIn { account: c.below(2) as usize, cents: cents(c) },
            _ => What::Toggle { card: c.below(3) as usize, frozen: c.percent(50) },
        }
    }
}

pub fn money(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

/// The last four of the cards.
pub const CARDS: [&str; 3] = ["2273", "1038", "4410"];

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::TopUp { card } => write!(f, "top up •{}", CARDS[*card]),
            Act::Withdraw { card } => write!(f, "withdraw from •{}", CARDS[*card]),
            Act::Transfer { from } => write!(f, "transfer from account {from} to {}", 1 - from),
            Act::Issue { account } => write!(f, "issue a card on account {account}"),
            Act::Freeze { card } => write!(f, "freeze •{}", CARDS[*card]),
            Act::Unfreeze { card } => write!(f, "unfreeze •{}", CARDS[*card]),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wish {}: {}", self.id, self.act)?;
        if self.act.moves() { write!(f, " by {}", money(self.cents)) } else { Ok(()) }
    }
}
