//! Columns stay columns whatever the names are made of.

use fourpay::app::msg::{Answer, Topic};

use fourpay::app::private;
use fourpay::app::text::{self, Align, AmountFit};
use fourpay::domain::field::Field;
use fourpay::domain::money::{Currency, Grouping, Money};
use fourpay::domain::text::SafeText;
use fourpay::domain::transaction::Feed;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Row, Table, Widget};

use crate::fixture::*;

const ODD: [&str; 10] = [
    "plain",
    "東京オフィス・渋谷支店・第二営業部",
    "👩‍👩‍👧‍👦 family",
    "🇩🇪🇫🇷🇯🇵 flags",
    "e\u{301}e\u{301}e\u{301} combined",
    "ｶﾞｷﾞｸﾞ halfwidth",
    "لا إله عربي",
    "नमस्ते दुनिया",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}",
    "한국어 이름이 아주 길어서 잘려야 합니다",
];

/// The column in which `sign` stands in each row that has it.
fn columns_of(buffer: &Buffer, rows: std::ops::Range<u16>, wanted: &str) -> Vec<u16> {
    rows.filter_map(|y| (0..buffer.area.width).rev().find(|x| buffer[(*x, y)].symbol() == wanted)).collect()
}

#[test]
fn r8_points_and_signs_stand_below_each_other() {
    for size in [(80, 40), (100, 40), (160, 40)] {
        let mut model = fourpay::app::Model::new(setup(), size, at(0));
        answer(&mut model, at(1), Topic::Accounts, 1, Answer::Accounts(batch(accounts())));
        let odd = |n: usize| {
            let amount = ["0.5", "1234567.25", "23.10", "0.125", "9"][n % 5];
            fourpay::domain::transaction::Transaction {
                merchant: Some(SafeText::name(ODD[n])),
                amount: Field::Known(Money::parse(amount, Currency::USD).unwrap()),
                status: fourpay::domain::transaction::TransactionStatus::Completed,
                more: None,
                ..transaction(n)
            }
        };
        let rows = (0..ODD.len()).map(odd).collect();
        answer(&mut model, at(1), Topic::Newest(Feed::Cards), 3, Answer::Transactions(batch(rows)));
        press(&mut model, at(2), "3z");
        let buffer = draw(&model, at(2), size);
        for sign in [".", "✓", "│"] {
            let columns = columns_of(&buffer, 3..3 + ODD.len() as u16, sign);
            assert_eq!(columns.len(), ODD.len(), "{sign} at {size:?}");
            assert!(columns.iter().all(|column| *column == columns[0]), "{sign} at {size:?}: {columns:?}");
        }
    }
}

#[test]
fn amounts_of_several_scales_share_their_point() {
    let money = |amount: &str, code| Money::parse(amount, Currency::parse(code).unwrap()).unwrap();
    let amounts = [money("-1234.5", "USD"), money("1200", "JPY"), money("0.125", "USDT"), money("7", "EUR")];
    let fit = AmountFit::of(&amounts, Grouping::Comma);
    let shown: Vec<String> = amounts.iter().map(|amount| private::bare(&fit.show(amount)).into_owned()).collect();
    assert_eq!(shown, ["−1,234.50  USD ", " 1,200     JPY ", "     0.125 USDT", "     7.00  EUR "]);
    assert_eq!(fit.word("unreadable"), "unreadable     ");
    assert!(shown.iter().all(|text| text::width(text) == fit.width()));
}

#[test]
fn r8_text_is_cut_between_graphemes() {
    assert_eq!(text::cut("Blue Bottle", 6), "Blue…");
    assert_eq!(text::cut("東京オフィス", 6), "東京…");
    assert_eq!(text::cut("東京オフィス", 5), "東京…");
    assert_eq!(text::cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    assert_eq!(text::cut("👩🏽‍🚀👩🏽‍🚀", 3), "👩🏽‍🚀…");
    assert_eq!(text::cut("abc", 0), "");
    assert_eq!(text::cut("abc", 3), "abc");
    assert_eq!(text::fit("東京", 5, Align::Right), " 東京");
}

proptest! {
    /// Ours is the quicker way for what nearly all texts are made of; the picture is the library's.
    #[test]
    fn text_is_measured_and_drawn_as_by_the_library(
        raw in prop::collection::vec(prop_oneof![
            "[ -~]{1,4}", "\\PC{1,3}", "(?s).{1,3}", Just("\r\n".to_owned()), Just("🇩🇪🇫".to_owned()),
            Just("e\u{301}".to_owned()), Just("\u{e0100}".to_owned()), Just("a\u{e0101}".to_owned()),
            Just("\u{e0101}\u{e0100}".to_owned()), Just("\u{200d}".to_owned()), Just("ｶﾞ".to_owned()),
        ], 0..12),
    ) {
        let text = raw.concat();
        let area = Rect::new(0, 0, 80, 1);
        let (mut ours, mut theirs) = (Buffer::empty(area), Buffer::empty(area));
        let to = text::put(&mut ours, area, 0, 0, &text, 80, Style::new());
        let (end, _) = theirs.set_stringn(0, 0, text::cut(&text, 80), 80, Style::new());
        prop_assert_eq!(ours, theirs);
        prop_assert_eq!(to, end);
        prop_assert_eq!(text::width(&text).min(80), usize::from(end));
    }
}

#[test]
fn t4_a_doubtful_name_is_marked_where_it_is_shown() {
    let mut model = fresh((160, 48));
    let twin = fourpay::domain::transaction::Transaction {
        merchant: Some(SafeText::name("\u{430}mazon")),
        created_at: Field::Known(at(5).wall),
        more: None,
        ..transaction(9000)
    };
    answer(&mut model, at(6), Topic::Newest(Feed::Cards), 9, Answer::Transactions(batch(vec![twin])));
    assert!(lines(&draw(&model, at(6), (160, 48))).iter().any(|line| line.contains("⚠ \u{430}mazon")));
}

#[test]
fn t1_no_widget_lets_anything_through_that_acts_on_a_terminal() {
    // Every scalar value, 110 to a text, in everything that draws text here.
    let area = Rect::new(0, 0, 80, 4);
    let scalars: Vec<char> = (0..=0x10ffff).filter_map(char::from_u32).collect();
    let mut buffer = Buffer::empty(area);
    for some in scalars.chunks(110) {
        let raw: String = some.iter().collect();
        let safe = SafeText::name(&raw);
        buffer.reset();
        Line::from(safe.as_str()).render(Rect { height: 1, ..area }, &mut buffer);
        Paragraph::new(safe.as_str()).render(Rect { y: 1, height: 1, ..area }, &mut buffer);
        Table::new([Row::new([safe.as_str()])], [Constraint::Fill(1)])
            .render(Rect { y: 2, height: 1, ..area }, &mut buffer);
        text::put(&mut buffer, area, 0, 3, safe.as_str(), 80, Style::new());
        for cell in &buffer.content {
            assert!(!cell.symbol().chars().any(acts), "{:?} of {raw:?}", cell.symbol());
        }
    }
}

/// Controls, bidirectional controls and invisible characters.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}')
}

proptest! {
    #[test]
    fn r8_a_column_is_as_wide_as_it_says(raw in "\\PC{0,40}", columns in 0usize..30) {
        let safe = SafeText::name(&raw);
        let shown = text::fit(safe.as_str(), columns, Align::Left);
        prop_assert_eq!(text::width(&shown), columns);
        let mut buffer = Buffer::filled(Rect::new(0, 0, 40, 1), ratatui::buffer::Cell::new("#"));
        let area = buffer.area;
        let after = text::put(&mut buffer, area, 0, 0, &shown, 40, Style::new());
        prop_assert_eq!(usize::from(after), columns);
        prop_assert_eq!(buffer[(after, 0)].symbol(), "#");
    }

    #[test]
    fn wrapped_prose_keeps_its_width_and_its_words(raw in "[a-z東é ]{0,80}", columns in 2usize..30) {
        let lines = text::wrap(&raw, columns);
        prop_assert!(lines.iter().all(|line| text::width(line) <= columns));
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(bare(&lines.concat()), bare(&raw));
    }
}

/// What a list stands in the order of is on the screen, however narrow it is.
#[test]
fn the_column_a_list_is_sorted_by_stays() {
    let size = (80, 24);
    let screen = |model: &fourpay::app::Model| lines(&draw(model, at(3), size)).join("\n");
    let mut model = peopled(size);
    assert!(!screen(&model).contains("Account "), "{}", screen(&model));
    press(&mut model, at(3), "3sssss");
    assert!(screen(&model).contains("Card ▲"), "{}", screen(&model));
    press(&mut model, at(3), "s");
    assert!(screen(&model).contains("Account ▲"), "{}", screen(&model));
    press(&mut model, at(3), "4");
    assert!(!screen(&model).contains("Phone"));
    press(&mut model, at(3), "ss");
    assert!(screen(&model).contains("Phone ▲"), "{}", screen(&model));
}
