//! The picture: every region draws itself into its area. Knows the model, changes nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::widgets::{Clear, Widget};

use super::actions::Details;
use super::areas::{self, Areas, Width};
use super::model::Model;
use super::msg::Now;
use super::overlay::OverlayKind;
use super::panes::inspector;
use super::theme::Theme;
use super::{header, text};
use crate::app::ui::frame::RenderCtx;

/// Draws the whole dashboard.
pub fn view(model: &Model, now: Now, frame: &mut Frame) {
    let areas = areas::areas(frame.area(), model.shape());
    draw(model, now, frame.buffer_mut(), &areas);
    model.appearance().finish(frame.buffer_mut());
}

fn draw(model: &Model, now: Now, buffer: &mut Buffer, areas: &Areas) {
    let theme = model.appearance().theme();
    if areas.width == Width::TooSmall {
        return too_small(buffer, areas, &theme);
    }
    if model.lock().is_locked() || model.must_lock(now) {
        return model.view_lock(buffer, areas, &theme);
    }
    let mut header = header::header(model.store(), model.setup(), model.appearance().privacy, model.pulse(), now);
    if !areas.sums.is_empty() {
        header.view_sums(buffer, areas.sums, &theme, model.appearance().ascii);
        header.leave_out_sums();
    }
    header.view(buffer, areas.header, &theme);
    panes(model, now, buffer, areas, theme);
    model.view_overlays(now, buffer, areas, &theme);
}

fn panes(model: &Model, now: Now, buffer: &mut Buffer, areas: &Areas, theme: Theme) {
    let (store, setup) = (model.store(), model.setup());
    let overlay = model.details_shown() == Details::Open;
    let acts = model.operations();
    // The payload lies inside of the frame of its pane, which keeps the focus.
    let below = model.overlays().cover() && model.overlays().kind() != Some(OverlayKind::Payload);
    let ctx = |pane| RenderCtx {
        store,
        setup,
        outcomes: acts.outcomes(),
        insights: model.panes.insights.insights(),
        theme,
        now,
        focused: model.focus() == pane && !below && !overlay,
    };
    let covered = overlay && areas.width == Width::Narrow;
    let shown = |pane| !covered && !areas.of(pane).is_empty();
    let pane_ctx = model.pane_ctx();
    for pane in model.panes_of_focus().filter(|pane| shown(*pane)) {
        model.panes.get(pane).view(buffer, areas, &model.title(pane, now), &pane_ctx, &ctx(pane));
    }
    if !areas.details.is_empty() {
        Clear.render(areas.details.intersection(buffer.area), buffer);
        let ctx = RenderCtx { focused: overlay && !below, ..ctx(model.focus()) };
        inspector::view(buffer, areas.details, &model.subject(), model.details_top(), &ctx);
    }
}

/// The one line below the smallest size.
fn too_small(buffer: &mut Buffer, areas: &Areas, theme: &Theme) {
    let (columns, rows) = areas::SMALLEST;
    let screen = areas.screen;
    let line = format!("fourpay needs {columns}x{rows}, this is {}x{}", screen.width, screen.height);
    let y = screen.y.saturating_add(screen.height / 2);
    let width = u16::try_from(text::width(&line)).unwrap_or(u16::MAX);
    let x = screen.x.saturating_add(screen.width.saturating_sub(width) / 2);
    text::put(buffer, screen, x, y, &line, screen.width, theme.plain());
}
