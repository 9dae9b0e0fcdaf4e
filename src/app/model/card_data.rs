//! The model and copying from a card, and the panel that shows its number.

use crate::app::actions::Act;
use crate::app::copied::name_of;
use crate::app::form::{self, Line};
use crate::app::key::{Key, KeyCode};
use crate::app::model::Model;
use crate::app::model::support_ticket;
use crate::app::msg::Revealed;
use crate::app::msg::{Effect, Msg};
use crate::app::overlay::seen::Seen;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::pane::Pane;
use crate::app::secrets::{BAR, CardData, Face, Open, REASON, WIDTH, Wanted, at, field_of, groups, menu, reason};
use crate::app::text;
use crate::app::theme::{Theme, Tone};
use crate::app::ui::describe;
use crate::app::ui::frame::{Piece, Title, frame, place_dialog};
use crate::domain::intent::{CardAt, CardField};
use crate::domain::text::SafeText;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::InputRequest;
use zeroize::Zeroize;

impl Model {
    /// Whether a secret is in the model now.
    pub fn is_card_shown(&self) -> bool {
        self.overlays.card_data().is_some_and(CardData::is_shown)
    }

    fn open_card_data(&mut self, open: Open, why: Option<SafeText>, effects: &mut Vec<Effect>) {
        self.overlays.push(Overlay::CardData(Box::new(CardData { open, why, seen: Seen::default() })), effects);
    }

    pub(crate) fn open_copy_menu(&mut self, effects: &mut Vec<Effect>) {
        if let Some(card) = self.card_in_hand().and_then(at) {
            return self.open_card_data(Open::Menu(card), None, effects);
        }
        // There is one thing to copy, and no menu for it.
        if let Some((what, text)) = self.id_in_hand() {
            effects.push(Effect::CopyText { what, text });
        }
    }

    pub(crate) fn open_reveal(&mut self, effects: &mut Vec<Effect>) {
        if let Some(card) = self.card_in_hand().and_then(at) {
            self.open_card_data(Open::Panel(card, Face::Masked), None, effects);
        }
    }

    /// Nothing secret stays: neither on the screen nor, when it was copied, in the clipboard.
    pub fn forget_secrets(&mut self, effects: &mut Vec<Effect>) {
        self.overlays.close_card_data(effects);
        self.forget_login();
        self.copied = None;
        if let Some(dialog) = self.overlays.dialog_mut() {
            dialog.forget_secret();
        }
        effects.push(Effect::Forget);
    }

    /// Blanks a shown secret when its time is over or the message ends it (D2). Whether the picture changed.
    pub(crate) fn blank(&mut self, msg: &Msg, effects: &mut Vec<Effect>) -> bool {
        let Some(data) = self.overlays.card_data() else { return false };
        let Open::Panel(_, Face::Shown { until, .. }) = &data.open else {
            // Whoever left does not find the panel waiting to show something.
            let leaves = matches!(msg, Msg::FocusLost | Msg::Stopping) && data.is_panel();
            return leaves && self.overlays.close_card_data(effects);
        };
        let ends = match msg {
            Msg::FocusLost | Msg::Resized(..) | Msg::Stopping | Msg::Resumed | Msg::Pasted(_) => true,
            Msg::Replied { outcome, .. } => outcome.is_err(),
            Msg::Held { .. } | Msg::Refused { .. } | Msg::JournalChanged(_) | Msg::CopyRefused { .. } => true,
            _ => false,
        };
        match ends || *until <= self.now.up {
            true => self.overlays.close_card_data(effects),
            // The countdown.
            false => *msg == Msg::Woke,
        }
    }

    /// A key while the menu or the panel is open.
    pub(crate) fn press_card_data(&mut self, key: Key, effects: &mut Vec<Effect>) -> bool {
        let Some(data) = self.overlays.card_data() else { return false };
        let letter = if key.ctrl || key.alt { None } else { Some(key.code) };
        match (&data.open, field_of(key)) {
            (Open::Reason { .. }, _) => self.press_reason(key, effects),
            // A panel that shows has said why.
            (Open::Panel(card, Face::Reading | Face::Shown { .. }), Some(field)) => {
                effects.push(Effect::CopySecret { card: card.clone(), field, why: data.why.clone() });
            }
            (Open::Menu(card) | Open::Panel(card, Face::Masked), Some(field)) => {
                let (card, menu) = (card.clone(), matches!(data.open, Open::Menu(_)));
                if menu {
                    self.overlays.close_card_data(effects);
                }
                self.look_at(card, Wanted::Copy(field), effects);
            }
            (Open::Menu(card), None) if letter == Some(KeyCode::Char('y')) => {
                let card = card.clone();
                let field = self.next_field(&card);
                self.overlays.close_card_data(effects);
                self.look_at(card, Wanted::Copy(field), effects);
            }
            (Open::Menu(card), None) => {
                let card = card.clone();
                match letter {
                    Some(KeyCode::Char(key @ ('t' | 'T'))) => {
                        if let Some((what, text)) = self.of_transaction(key == 'T') {
                            effects.push(Effect::CopyText { what, text });
                        }
                    }
                    Some(KeyCode::Char('i')) => {
                        let what = format!("id of {}", describe::card(&card));
                        effects.push(Effect::CopyText { what, text: card.card.to_string() });
                    }
                    Some(KeyCode::Char('b')) => {
                        let what = format!("ticket block of {}", describe::card(&card));
                        if let Some(text) = support_ticket::block(self, &card) {
                            effects.push(Effect::CopyText { what, text });
                        }
                    }
                    _ => {}
                }
                self.overlays.close_card_data(effects);
            }
            // Two keys of one read show nothing: the panel says what to press.
            (Open::Panel(_, Face::Masked), None)
                if matches!(letter, Some(KeyCode::Enter | KeyCode::Char('r'))) && !data.seen.is(&()) =>
            {
                return false;
            }
            (Open::Panel(card, Face::Masked), None) if matches!(letter, Some(KeyCode::Enter | KeyCode::Char('r'))) => {
                let card = card.clone();
                self.look_at(card, Wanted::Show, effects);
            }
            (Open::Panel(..), None) => drop(self.overlays.close_card_data(effects)),
        }
        true
    }

    /// The field after the one that was copied last from this card: a form is filled in from top to bottom.
    fn next_field(&self, card: &CardAt) -> CardField {
        match &self.walk {
            Some((last, field)) if *last == card.card => match field {
                CardField::Number => CardField::Expiry,
                CardField::Expiry => CardField::Cvv,
                CardField::Cvv => CardField::Holder,
                CardField::Holder | CardField::All => CardField::Number,
            },
            _ => CardField::Number,
        }
    }

    /// The id of the selected transaction, or what is said of it in a ticket; nothing outside of pane 3.
    fn of_transaction(&self, as_ticket: bool) -> Option<(String, String)> {
        let row = self.panes.transactions.list.cursor.target().filter(|_| self.focus() == Pane::Transactions)?;
        let id = self.store.transactions.get(*row).id.to_string();
        match as_ticket {
            true => Some(("ticket block of the transaction".into(), support_ticket::of_transaction(self, *row))),
            false => Some(("id of the transaction".into(), id)),
        }
    }

    /// The id of what is selected where there is no card: the reference of an action, the id of an event.
    fn id_in_hand(&self) -> Option<(String, String)> {
        let (what, id) = self.panes.get(self.focus()).id(&self.pane_ctx())?;
        Some((what.to_owned(), id))
    }

    /// Asks for what is wanted, or first why, where the profile says so.
    fn look_at(&mut self, card: CardAt, wanted: Wanted, effects: &mut Vec<Effect>) {
        match self.setup().ask_reason {
            true => self.open_card_data(Open::Reason { card, wanted, input: Box::default() }, None, effects),
            false => self.go_on(card, wanted, None, effects),
        }
    }

    fn go_on(&mut self, card: CardAt, wanted: Wanted, why: Option<SafeText>, effects: &mut Vec<Effect>) {
        match wanted {
            Wanted::Copy(field) => effects.push(Effect::CopySecret { card, field, why }),
            Wanted::Show => {
                effects.push(Effect::Reveal { card: card.clone(), why: why.clone() });
                self.open_card_data(Open::Panel(card, Face::Reading), why, effects);
            }
        }
    }

    /// A key while a reason is typed: every printable one is text.
    fn press_reason(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let Some(CardData { open: Open::Reason { card, wanted, input }, .. }) = self.overlays.card_data_mut() else {
            return;
        };
        match (key.code, form::edit(key)) {
            (KeyCode::Esc, _) => drop(self.overlays.close_card_data(effects)),
            (KeyCode::Enter, _) => {
                let (card, wanted) = (card.clone(), *wanted);
                // A card number that somebody writes here keeps its last four digits.
                let why = Some(SafeText::prose(input.value().trim())).filter(|why| !why.is_empty());
                self.overlays.close_card_data(effects);
                self.go_on(card, wanted, why, effects);
            }
            (_, Some(edit)) => drop(input.handle(edit)),
            (KeyCode::Char(c), None) if !key.ctrl && !key.alt && input.value().chars().count() < REASON => {
                input.handle(InputRequest::InsertChar(c));
            }
            _ => {}
        }
    }

    /// Text that was pasted while a reason is typed; `false` when none is.
    pub(crate) fn paste_reason(&mut self, text: &str) -> bool {
        let Some(CardData { open: Open::Reason { input, .. }, .. }) = self.overlays.card_data_mut() else {
            return false;
        };
        let room = REASON.saturating_sub(input.value().chars().count());
        for c in text.chars().take(room) {
            input.handle(InputRequest::InsertChar(c));
        }
        true
    }

    /// What became of a copy or a reveal; gives the message back when it is about something else.
    pub(crate) fn told_of_secrets(&mut self, msg: Msg) -> Option<Msg> {
        match msg {
            Msg::Revealed(revealed) => self.revealed(revealed),
            other => self.told_of_copies(other),
        }
    }

    fn revealed(&mut self, revealed: Revealed) -> Option<Msg> {
        let card = revealed.card.clone();
        // Only for the panel that asked, and only while it is on top: what nobody waits for any more is wiped here.
        let waits = match self.overlays.top() {
            Some(Overlay::CardData(data)) => {
                matches!(&data.open, Open::Panel(wanted, Face::Reading) if *wanted == card)
            }
            _ => false,
        };
        // Taken in any case: what is not wanted is wiped now, not with the last copy of the message.
        let read = revealed.read.map(|data| data.take());
        if !waits || self.lock.is_locked() {
            return None;
        }
        match read {
            Ok(None) => {}
            Ok(Some(data)) => {
                let until = self.now.up.saturating_add(self.setup().showing.time);
                if let Some(panel) = self.overlays.card_data_mut() {
                    panel.open = Open::Panel(card, Face::Shown { data, until });
                }
            }
            Err(why) => {
                self.overlays.take(OverlayKind::CardData);
                self.toasts.say(self.now.up, format!("{} not shown: {why}", describe::card(&card)), Tone::Bad);
            }
        }
        None
    }

    /// Why nothing can be copied from or shown of what is selected.
    pub(crate) fn secret_misfit(&self, show: bool) -> Result<(), String> {
        if self.setup().monitor {
            return Err("a monitor shows and copies no card data".into());
        }
        if !show && self.id_in_hand().is_some() {
            return Ok(());
        }
        let card = self.card_in_hand().ok_or("choose a card first")?;
        if card.account.is_none() {
            return Err("its account is not known yet".into());
        }
        if show && !self.setup().showing.allowed {
            return Err("this profile does not show card data".into());
        }
        if show && self.appearance().privacy {
            return Err(format!("privacy is on; {} ends it", self.appearance().keys.name(Act::Privacy)));
        }
        Ok(())
    }

    /// Draws what is open in the middle of `body`.
    pub(crate) fn view_card_data(&self, buffer: &mut Buffer, body: Rect, data: &CardData, theme: &Theme) {
        let (title, mut lines) = match &data.open {
            Open::Menu(card) => {
                let next = name_of(self.next_field(card));
                let pane = self.focus() == Pane::Transactions;
                (format!("Copy from card {}", describe::card(card)), menu(next, pane, theme))
            }
            Open::Reason { card, wanted, input } => {
                let what = match wanted {
                    Wanted::Copy(field) => format!("Copy the {} of card {}", name_of(*field), describe::card(card)),
                    Wanted::Show => format!("Show card {}", describe::card(card)),
                };
                (what, reason(input, theme))
            }
            Open::Panel(card, face) => (format!("Card {}", describe::card(card)), self.panel(card, face, theme)),
        };
        let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
        let area = place_dialog(buffer, body, WIDTH, height);
        let title = Title { pieces: vec![Piece::new(title, Tone::Plain)], ..Title::default() };
        let inner = frame(buffer, area, &title, None, theme, true);
        for (line, y) in lines.iter().zip(inner.top()..inner.bottom()) {
            let mut x = inner.x.saturating_add(1);
            for (words, style) in line {
                x = text::put(buffer, inner, x, y, words, inner.right().saturating_sub(x), *style);
            }
        }
        lines.iter_mut().flatten().for_each(|(words, _)| words.zeroize());
    }

    /// Its keys, for the last line of the screen.
    pub(crate) fn foot_of_card_data(&self, data: &CardData) -> String {
        match &data.open {
            Open::Menu(_) if self.focus() == Pane::Transactions => {
                "y next field · n e c h i b copy · t T of the transaction · Esc closes".to_owned()
            }
            Open::Menu(_) => "y next field · n e c h i b copy · Esc closes".to_owned(),
            Open::Reason { .. } => "Enter goes on · Esc closes".to_owned(),
            Open::Panel(_, Face::Masked) => {
                let time = self.setup().showing.time.as_secs();
                format!("r shows it for {time} s · n e c h copy · Esc closes")
            }
            Open::Panel(_, Face::Reading) => "n e c h copy · Esc closes".to_owned(),
            Open::Panel(_, Face::Shown { .. }) => "n e c h copy · any other key hides it".to_owned(),
        }
    }

    fn panel(&self, at: &CardAt, face: &Face, theme: &Theme) -> Vec<Line> {
        let known = self.store.card(&at.card);
        let label = |name: &str| (text::fit(name, 10, text::Align::Left), theme.dim());
        let Face::Shown { data, until } = face else {
            let four = at.last_four.map_or("••••".to_owned(), |four| four.to_string());
            let holder = known.and_then(|card| self.store.holder_of(card)).map_or("—".to_owned(), text::name);
            let state = match face {
                Face::Masked => "showing it is recorded in the journal".to_owned(),
                _ => "reading…".to_owned(),
            };
            return vec![
                vec![label("Number"), (format!("•••• •••• •••• {four}"), theme.plain())],
                vec![label("Expiry"), ("••/••".to_owned(), theme.plain())],
                vec![label("CVV"), ("•••".to_owned(), theme.plain())],
                vec![label("Holder"), (holder, theme.plain())],
                Line::new(),
                vec![(state, theme.dim())],
            ];
        };
        let left = until.saturating_sub(self.now.up);
        let whole = self.setup().showing.time.as_millis().max(1);
        let full = u32::try_from(left.as_millis() * u128::from(BAR) / whole).unwrap_or(BAR).min(BAR) as usize;
        let bar = format!("{}{}", "▓".repeat(full), "░".repeat(BAR as usize - full));
        let seconds = left.as_millis().div_ceil(1000);
        let mut number = vec![label("Number")];
        // Whole numbers are made nowhere; whoever draws the groups wipes them.
        for (at, group) in groups(data.pan.expose()).enumerate() {
            let gap = if at == 0 { "" } else { " " };
            number.push((gap.to_owned(), theme.plain()));
            number.push((group.to_owned(), theme.strong()));
        }
        let expiry = data.expiry.map_or("not said".to_owned(), |expiry| expiry.to_string());
        let holder = data.holder.as_ref().map_or("—".to_owned(), text::name);
        vec![
            number,
            vec![label("Expiry"), (expiry, theme.strong())],
            vec![label("CVV"), (data.cvv.expose().to_owned(), theme.strong())],
            vec![label("Holder"), (holder, theme.plain())],
            Line::new(),
            vec![(bar, theme.warn()), (format!(" hidden in {seconds} s"), theme.plain())],
        ]
    }
}
