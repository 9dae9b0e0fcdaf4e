//! What lies over the panes: one list of overlays, one stack, and one answer to which of them is on top.
//!
//! Key, paste, wheel, click, picture, dimming, footer and "covered" all ask here; nobody else keeps a flag that says
//! that something is open. The lock is above all of it and is no overlay: behind it nothing is drawn at all.
//!
//! ```text
//!   panes ◀─ welcome ◀─ palette, find, views, payload, bulk run ◀─ dialog, card data ◀─ login
//! ```
//!
//! That is the usual order, not a rule: whatever was opened last is on top. Card data are the exception to lying
//! below: the panel of a card closes when anything is opened over it, so that no secret is ever drawn below.

pub mod seen;

use std::time::Duration;

use super::dialogs::Dialog;
use super::find::Find;
use super::msg::Effect;
use super::palette::Palette;
use super::payload::Viewer;
use super::secrets::CardData;
use super::session::LoginForm;
pub use seen::Seen;

/// Something that lies over the panes, with all that belongs to it alone.
#[derive(Debug)]
pub enum Overlay {
    /// What somebody reads at the first start. It takes no key but the one that dismisses it.
    Welcome,
    /// Keys and commands, searched by typing.
    Palette(Palette),
    /// The search over everything.
    Find(Box<Find>),
    /// The row of saved views; the chosen one.
    Views(usize),
    /// The payload of one event.
    Payload(Box<Viewer>),
    /// The panel of acts on many cards. What it shows belongs to the acts: it goes on when this closes.
    BulkRun,
    /// What is asked before something changes the world.
    Dialog(Box<Dialog>),
    /// The copy menu, the question why, or the panel of a card.
    CardData(Box<CardData>),
    Login(Box<LoginForm>),
}

/// Which overlay it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverlayKind {
    Welcome,
    Palette,
    Find,
    Views,
    Payload,
    BulkRun,
    Dialog,
    CardData,
    Login,
}

impl OverlayKind {
    /// Whether what is below loses its keys. The welcome lies in nobody's way.
    pub fn covers(self) -> bool {
        self != OverlayKind::Welcome
    }

    /// Whether what is below is drawn dim: it can still be seen, and none of it can be touched.
    pub(crate) fn dims(self) -> bool {
        matches!(self, OverlayKind::BulkRun | OverlayKind::Dialog | OverlayKind::CardData | OverlayKind::Login)
    }
}

impl Overlay {
    pub fn kind(&self) -> OverlayKind {
        match self {
            Overlay::Welcome => OverlayKind::Welcome,
            Overlay::Palette(_) => OverlayKind::Palette,
            Overlay::Find(_) => OverlayKind::Find,
            Overlay::Views(_) => OverlayKind::Views,
            Overlay::Payload(_) => OverlayKind::Payload,
            Overlay::BulkRun => OverlayKind::BulkRun,
            Overlay::Dialog(_) => OverlayKind::Dialog,
            Overlay::CardData(_) => OverlayKind::CardData,
            Overlay::Login(_) => OverlayKind::Login,
        }
    }
}

/// The overlays that are open, the lowest first. Each kind is open once at most.
#[derive(Debug, Default)]
pub struct Overlays(Vec<Overlay>);

/// Borrows what an overlay of one kind holds.
macro_rules! content {
    ($($get:ident $get_mut:ident $variant:ident $content:ty;)*) => {
        $(pub fn $get(&self) -> Option<&$content> {
            self.0.iter().find_map(|overlay| match overlay {
                Overlay::$variant(content) => {
                    let content: &$content = content;
                    Some(content)
                }
                _ => None,
            })
        }

        pub(super) fn $get_mut(&mut self) -> Option<&mut $content> {
            self.0.iter_mut().find_map(|overlay| match overlay {
                Overlay::$variant(content) => {
                    let content: &mut $content = content;
                    Some(content)
                }
                _ => None,
            })
        })*
    };
}

impl Overlays {
    content! {
        palette palette_mut Palette Palette;
        find find_mut Find Find;
        views views_mut Views usize;
        payload payload_mut Payload Viewer;
        dialog dialog_mut Dialog Dialog;
        card_data card_data_mut CardData CardData;
        login login_mut Login LoginForm;
    }

    /// The one that gets every input.
    pub fn top(&self) -> Option<&Overlay> {
        self.0.last()
    }

    /// Which one is on top.
    pub fn kind(&self) -> Option<OverlayKind> {
        self.top().map(Overlay::kind)
    }

    /// All of them, the lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Overlay> {
        self.0.iter()
    }

    pub fn has(&self, kind: OverlayKind) -> bool {
        self.0.iter().any(|overlay| overlay.kind() == kind)
    }

    /// Whether the panes have no keys now.
    pub fn cover(&self) -> bool {
        self.kind().is_some_and(OverlayKind::covers)
    }

    /// Opens an overlay on top; another of its kind goes. The panel of a card does not stay below it.
    pub(super) fn push(&mut self, overlay: Overlay, effects: &mut Vec<Effect>) {
        let kind = overlay.kind();
        if kind != OverlayKind::CardData {
            self.hide_panel(effects);
        }
        self.take(kind);
        self.0.push(overlay);
    }

    /// Closes the one of this kind, wherever it lies; what it was.
    pub(super) fn take(&mut self, kind: OverlayKind) -> Option<Overlay> {
        let at = self.0.iter().position(|overlay| overlay.kind() == kind)?;
        Some(self.0.remove(at))
    }

    /// Closes whatever is open about a card's data; what was drawn of them is written over. Whether anything was.
    pub(super) fn close_card_data(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(Overlay::CardData(data)) = self.take(OverlayKind::CardData) else { return false };
        if data.is_shown() {
            effects.push(Effect::Wipe);
        }
        true
    }

    /// Closes the panel of a card: one that shows, and one that would show something later. A menu or a reason that
    /// is being typed holds nothing secret and stays.
    fn hide_panel(&mut self, effects: &mut Vec<Effect>) {
        if self.card_data().is_some_and(CardData::is_panel) {
            self.close_card_data(effects);
        }
    }

    /// What does not survive the lock: everything but what somebody has typed into, or what goes on meanwhile.
    pub(super) fn lock(&mut self) {
        self.0.retain(|overlay| {
            matches!(
                overlay.kind(),
                OverlayKind::Payload
                    | OverlayKind::BulkRun
                    | OverlayKind::Dialog
                    | OverlayKind::Login
                    | OverlayKind::Welcome
            )
        });
    }

    /// The dialog that waits for this order.
    pub(super) fn dialog_of(&mut self, ticket: u64) -> Option<&mut Dialog> {
        self.dialog_mut().filter(|dialog| dialog.ticket() == Some(ticket))
    }

    /// No input waits: what the last frame showed of the overlay on top has been seen.
    pub(super) fn input_is_empty(&mut self) {
        match self.0.last_mut() {
            Some(Overlay::Dialog(dialog)) => dialog.input_is_empty(),
            Some(Overlay::CardData(data)) => data.input_is_empty(),
            _ => {}
        }
    }

    /// A frame shows the overlay on top.
    pub(super) fn drawn(&mut self) {
        match self.0.last_mut() {
            Some(Overlay::Dialog(dialog)) => dialog.drawn(),
            Some(Overlay::CardData(data)) => data.drawn(),
            _ => {}
        }
    }

    /// When the panel of a card looks different by itself.
    pub(super) fn wake_at(&self, up: Duration) -> Option<Duration> {
        self.card_data().and_then(|data| data.wake_at(up))
    }
}
