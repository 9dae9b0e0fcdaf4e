//! `--monitor`: looked at from afar, nothing to lock, nothing to press.

use fourpay::app::msg::{Effect, Msg, Now, Setup};
use fourpay::app::{Model, update};

use crate::acts::effects_at;
use crate::fixture::*;

const WALL: (u16, u16) = (160, 48);

fn screen(model: &Model, now: Now, size: (u16, u16)) -> String {
    lines(&draw(model, now, size)).join("\n")
}

fn monitor(size: (u16, u16)) -> Model {
    let mut model = Model::new(Setup { monitor: true, read_only: true, ..setup() }, size, at(0));
    fill(&mut model, at(1), 240);
    model
}

#[test]
fn insights_and_transactions_stand_side_by_side_below_large_sums() {
    let drawn = screen(&monitor(WALL), at(2), WALL);
    let rows: Vec<&str> = drawn.lines().collect();
    assert!(rows[0].contains(" MONITOR ") && !rows[0].contains("READ-ONLY"), "{drawn}");
    assert!(rows[1..4].iter().all(|row| row.contains(['█', '▀', '▄'])), "{drawn}");
    assert!(rows.iter().any(|row| row.contains("5 Insights") && row.contains("3 Transactions")), "{drawn}");
    // Where there is no room for both, the insights alone, and no large sums in a low window.
    let small = screen(&monitor((80, 24)), at(2), (80, 24));
    assert!(small.contains("5 Insights") && !small.contains("3 Transactions"), "{small}");
    assert!(small.lines().nth(1).unwrap().contains("5 Insights"), "{small}");
    // Anybody else begins as before.
    let mut usual = Model::new(setup(), WALL, at(0));
    fill(&mut usual, at(1), 240);
    assert!(!screen(&usual, at(2), WALL).contains("5 Insights"));
}

#[test]
fn it_does_not_lock_and_gives_no_card_data() {
    let mut model = monitor(WALL);
    update(&mut model, at(2 * 3600), Msg::Woke);
    assert!(!model.lock().is_locked() && !model.must_lock(at(2 * 3600)));
    assert!(screen(&model, at(2 * 3600), WALL).contains("5 Insights"));
    for keys in ["2yn", "2yc", "2rr", "2<Enter>r", "2f", "2t<C-s>", "2n<C-s>"] {
        let effects = effects_at(&mut model, at(2 * 3600 + 1), keys);
        let leaves =
            |effect: &&Effect| matches!(effect, Effect::CopySecret { .. } | Effect::Reveal { .. } | Effect::Act(_));
        assert_eq!(effects.iter().find(leaves), None, "{keys}");
        effects_at(&mut model, at(2 * 3600 + 2), "<Esc><Esc>");
    }
    assert!(!model.lock().is_locked());
}

/// No file, no settings, no credential: what another dashboard would do is held back in one place.
#[test]
fn it_writes_nothing_and_takes_no_credential() {
    let ways = [("2x", "<C-s>"), (":view save mine", "<Enter>")];
    let writes = |effect: &Effect| matches!(effect, Effect::Export(_) | Effect::KeepView(_));
    let mut usual = Model::new(setup(), WALL, at(0));
    fill(&mut usual, at(1), 240);
    let written = |model: &mut Model, (open, confirm): (&str, &str), second: u64| {
        press(model, at(second), open);
        let effects = effects_at(model, at(second + 1), confirm);
        let writes = effects.iter().any(writes);
        press(model, at(second + 2), "<Esc><Esc>");
        writes
    };
    for (way, second) in ways.into_iter().zip([2, 6]) {
        assert!(written(&mut usual, way, second), "anywhere else it does: {way:?}");
    }
    let mut model = monitor(WALL);
    for (way, second) in ways.into_iter().zip([2, 6]) {
        assert!(!written(&mut model, way, second), "{way:?}");
    }
    assert!(screen(&model, at(9), WALL).contains("a monitor only looks"), "{}", screen(&model, at(9), WALL));
    press(&mut model, at(10), "<C-l>");
    assert!(screen(&model, at(10), WALL).contains("a monitor takes no credential"), "{}", screen(&model, at(10), WALL));
}

/// Digits that are drawn of dots are hidden too.
#[test]
fn privacy_hides_the_large_sums() {
    let mut model = monitor(WALL);
    let large = |model: &Model| screen(model, at(3), WALL).lines().skip(1).take(3).collect::<Vec<_>>().join("\n");
    assert!(large(&model).contains('█'));
    press(&mut model, at(3), "P");
    assert!(!large(&model).contains(['█', '▀', '▄']), "{}", large(&model));
    assert!(large(&model).contains("••••"));
}
