//! What screens, dialogs and toasts share: frames and sentences.

pub mod bars;
pub mod big;
pub mod describe;
pub mod exported;
pub mod frame;
pub mod row_index;
pub mod sum_line;
