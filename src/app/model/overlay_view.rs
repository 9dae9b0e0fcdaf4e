//! How the stack is drawn: from the lowest to the one on top, and what lies below is dim.

use ratatui::buffer::Buffer;
use ratatui::layout::Margin;
use ratatui::style::Modifier;
use ratatui::widgets::{Clear, Widget};

use crate::app::actions::{Screen, Situation};
use crate::app::areas::Areas;
use crate::app::footer;
use crate::app::model::Model;
use crate::app::msg::Now;
use crate::app::overlay::{Overlay, OverlayKind};
use crate::app::palette;
use crate::app::theme::Theme;
use crate::app::ui::frame::Light;

impl Model {
    /// Draws all overlays, and the last line.
    pub(crate) fn view_overlays(&self, now: Now, buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
        let light = Light {
            store: self.store(),
            setup: self.setup(),
            outcomes: self.acts().outcomes(),
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
                    let now = Situation { screen: Screen::Panes, ..self.situation() };
                    palette::view::view(buffer, areas.body, palette, &now, self.palette_context(), theme);
                }
                Overlay::Views(at) => self.view_views(buffer, areas.body, *at, theme),
                Overlay::Payload(viewer) => {
                    let inner = areas.sheet.inner(Margin::new(1, 1)).intersection(buffer.area);
                    Clear.render(inner, buffer);
                    viewer.view(buffer, inner, &light);
                }
                Overlay::BulkRun => {
                    if let Some(plan) = self.acts().plans().shown() {
                        plan.view(buffer, areas.body, &light, self.acts().plans().place());
                    }
                }
                Overlay::Dialog(dialog) => dialog.view(buffer, areas.body, &light),
                Overlay::CardData(data) => self.view_card_data(buffer, areas.body, data, theme),
                Overlay::Login(login) => self.view_login(buffer, areas.body, login, now, theme),
            }
        }
        match self.overlays.kind() {
            None | Some(OverlayKind::Welcome) => {
                self.toasts().view(buffer, areas.body, theme);
                footer::view(buffer, areas.footer, &self.situation(), &self.looks().keys, theme);
            }
            Some(OverlayKind::Payload) => {
                self.toasts().view(buffer, areas.body, theme);
                let hints = self.overlays.payload().map_or(&[][..], |viewer| viewer.hints());
                footer::keys(buffer, areas.footer, hints, theme);
            }
            // It says on its own border what its keys are; and no message may lie over what is confirmed.
            Some(_) => {
                Clear.render(areas.footer.intersection(buffer.area), buffer);
                self.toasts().view(buffer, areas.footer, theme);
            }
        }
    }
}

/// Everything that was drawn so far in the body is of one faint colour: it can be read, and has no keys.
fn dim(buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
    let body = areas.body.intersection(buffer.area);
    let style = theme.dim().remove_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    buffer.set_style(body, style);
}
