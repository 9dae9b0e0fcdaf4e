//! How the stack is drawn: from the lowest to the one on top, and what lies below is dim.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::widgets::{Clear, Widget};

use crate::app::actions::{Screen, Situation};
use crate::app::areas::Areas;
use crate::app::find;
use crate::app::footer;
use crate::app::model::Model;
use crate::app::msg::Now;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::palette;
use crate::app::theme::Theme;
use crate::app::ui::frame::RenderCtx;

/// Columns of the header that no message covers: which world this is, and whether anything can be changed.
const WORLD: u16 = 20;

impl Model {
    /// Draws all overlays, and the last line.
    pub(crate) fn view_overlays(&self, now: Now, buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
        let ctx = RenderCtx {
            store: self.store(),
            setup: self.setup(),
            outcomes: self.operations().outcomes(),
            insights: self.panes.insights.insights(),
            theme: *theme,
            now,
            focused: true,
        };
        for overlay in self.overlays.iter() {
            if overlay.kind().dims() {
                dim(buffer, areas, theme);
            }
            match overlay {
                Overlay::Welcome => self.view_welcome(buffer, areas, theme),
                Overlay::Palette(palette) => {
                    // What applies is said of the panes, not of what lies over them.
                    let now = Situation { screen: Screen::Panes, ..self.situation_drawn().into_owned() };
                    palette::view::view(buffer, areas.body, palette, &now, self.palette_context(), theme);
                }
                Overlay::Find(find) => find::view::view(buffer, areas.body, find, &ctx),
                Overlay::Views(at) => self.view_views(buffer, areas.body, *at, theme),
                Overlay::Payload(viewer) => {
                    let inner = areas.sheet.inner(Margin::new(1, 1)).intersection(buffer.area);
                    Clear.render(inner, buffer);
                    viewer.view(buffer, inner, &ctx);
                }
                Overlay::BulkRun => {
                    if let Some(plan) = self.operations().plans().shown() {
                        plan.view(buffer, areas.body, &ctx, self.operations().plans().place());
                    }
                }
                Overlay::Dialog(dialog) => dialog.view(buffer, areas.body, &ctx),
                Overlay::CardData(data) => self.view_card_data(buffer, areas.body, data, theme),
                Overlay::Login(login) => self.view_login(buffer, areas.body, login, now, theme),
            }
        }
        match self.overlays.kind() {
            None | Some(OverlayKind::Welcome) => {
                self.toasts().view(buffer, areas.body, theme);
                footer::view(buffer, areas.footer, &self.situation_drawn(), &self.appearance().keys, theme);
            }
            Some(OverlayKind::Payload) => {
                self.toasts().view(buffer, areas.body, theme);
                let hints = self.overlays.payload().map_or(&[][..], |viewer| viewer.hints());
                footer::keys(buffer, areas.footer, hints, theme);
            }
            // The keys are those of the overlay. No message may lie over them, nor over what is confirmed: it lies over
            // the header, which says nothing of that but which world this is, at its left end.
            Some(_) => {
                Clear.render(areas.footer.intersection(buffer.area), buffer);
                footer::foot(buffer, areas.footer, &self.foot_of_overlay(), theme);
                let header = areas.header;
                let left = WORLD.min(header.width);
                let right = Rect { x: header.x + left, width: header.width - left, ..header };
                self.toasts().view(buffer, right, theme);
            }
        }
    }
}

impl Model {
    /// The keys of the overlay on top.
    fn foot_of_overlay(&self) -> String {
        match self.overlays.top() {
            None | Some(Overlay::Welcome | Overlay::Payload(_)) => String::new(),
            Some(Overlay::Palette(_)) => palette::view::PALETTE_KEYS.to_owned(),
            Some(Overlay::Find(find)) => if find.acts { find::view::ACTING } else { find::view::TYPING }.to_owned(),
            Some(Overlay::Views(_)) => self.foot_of_views(),
            Some(Overlay::BulkRun) => self.operations().plans().shown().map_or_else(String::new, |plan| {
                plan.foot(self.operations().outcomes(), self.operations().plans().place().is_some())
            }),
            Some(Overlay::Dialog(dialog)) => dialog.foot(),
            Some(Overlay::CardData(data)) => self.foot_of_card_data(data),
            Some(Overlay::Login(_)) => Model::LOGIN_KEYS.to_owned(),
        }
    }
}

/// Everything that was drawn so far in the body is of one faint colour: it can be read, and has no keys.
fn dim(buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
    let body = areas.body.intersection(buffer.area);
    let style = theme.dim().remove_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    buffer.set_style(body, style);
}
