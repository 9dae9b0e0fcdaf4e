//! What the profile says is what is drawn.

use chrono::{TimeZone, Utc};
use fourpay::app::appearance::Appearance;
use fourpay::app::clock;
use fourpay::app::msg::Setup;
use fourpay::app::theme::book::{Book, Depth};
use fourpay::app::{Model, view};
use fourpay::domain::money::Currency;
use fourpay::domain::settings::{Environment, LowBalance, Tint, Zone};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use rust_decimal::Decimal;

use crate::fixture::*;

fn with(setup: Setup, size: (u16, u16)) -> (Model, String) {
    let mut model = Model::new(setup, size, at(0));
    fill(&mut model, at(1), 240);
    let text = lines(&draw(&model, at(20), size)).join("\n");
    (model, text)
}

fn line<'t>(text: &'t str, word: &str) -> &'t str {
    text.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("no {word} on\n{text}"))
}

#[test]
fn a_low_balance_has_a_sign_and_a_word_beside_its_colour() {
    let low_balance = vec![
        LowBalance { currency: None, amount: Decimal::from(9_000) },
        LowBalance { currency: Some(Currency::EUR), amount: Decimal::from(100) },
    ];
    let low = Setup {
        low_balance,
        appearance: Appearance { book: Book::new(Depth::None, &[]).0, ..Appearance::default() },
        ..setup()
    };
    let (mut model, text) = with(low.clone(), (160, 48));
    assert!(line(&text, "Travel").contains("▾   8,088.45 USD"), "{text}");
    assert_eq!(text.matches('▾').count(), 1, "{text}");
    press(&mut model, at(2), "1jjj");
    let text = lines(&draw(&model, at(20), (160, 48))).join("\n");
    assert!(text.contains("▾ low: below 9,000.00 USD"), "{text}");
    // The strip of a narrow window.
    assert!(with(low, (80, 24)).1.contains("▾ 8,088.45 USD"));
    let (_, text) = with(setup(), (160, 48));
    assert!(!text.contains('▾'), "nothing is low when nothing is said:\n{text}");
}

#[test]
fn a_high_rate_of_declines_is_called_high() {
    let (mut model, _) = with(Setup { decline_rate: Some(1), ..setup() }, (160, 48));
    people(&mut model);
    press(&mut model, at(2), "4");
    let text = lines(&draw(&model, at(20), (160, 48))).join("\n");
    assert!(text.contains("▴ high"), "{text}");
    let (mut model, _) = with(setup(), (160, 48));
    people(&mut model);
    press(&mut model, at(2), "4");
    let text = lines(&draw(&model, at(20), (160, 48))).join("\n");
    assert!(!text.contains('▴'), "{text}");
}

#[test]
fn a_named_zone_knows_its_seasons() {
    let zone = Zone::parse("europe/madrid").expect("a zone");
    let moment = |month| Utc.with_ymd_and_hms(2026, month, 1, 12, 0, 0).unwrap();
    assert_eq!(
        (clock::time(moment(1), &zone), clock::zone_name(moment(1), &zone)),
        ("13:00:00".into(), "UTC+1".into())
    );
    assert_eq!(
        (clock::time(moment(7), &zone), clock::zone_name(moment(7), &zone)),
        ("14:00:00".into(), "UTC+2".into())
    );
    assert_eq!(Zone::parse("Mars/Base"), None);
    let kolkata = Zone::parse("Asia/Kolkata").expect("a zone");
    assert!(with(Setup { zone: kolkata, ..setup() }, (160, 48)).1.contains("UTC+5:30"));
}

#[test]
fn the_badge_is_a_word_and_may_have_a_colour_of_its_own() {
    let production = Setup { environment: Environment::Production, colour: Some(Tint::Magenta), ..setup() };
    let (model, _) = with(production, (100, 30));
    let mut terminal = Terminal::new(TestBackend::new(100, 30)).expect("a drawing");
    terminal.draw(|frame| view(&model, at(2), frame)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let header = &lines(buffer)[0];
    let place = header.find(" PROD ").expect("the badge");
    assert_eq!(buffer[(place as u16 + 1, 0)].bg, Color::Magenta);
}

#[test]
fn what_cannot_be_used_in_the_configuration_is_said_at_the_start() {
    let complaints = (1..=4).map(|line| format!("config.toml:{line}: there is no setting x")).collect();
    let model = Model::new(Setup { complaints, ..setup() }, (100, 30), at(0));
    let text = lines(&draw(&model, at(0), (100, 30))).join("\n");
    for wanted in ["config.toml:1:", "config.toml:2:", "2 more like that: fourpay config check lists them"] {
        assert!(text.contains(wanted), "{wanted}:\n{text}");
    }
}
