//! The state of all panes, by the table of them.

use super::list_pane::ListPane;
use crate::app::pane::{Pane, pane_table};

macro_rules! define {
    ($($pane:ident $module:ident: $state:ident, $column:ident, $grammar:ident, $number:literal $title:literal, $head:literal,
        $marks:literal, $enters:literal;)*) => {
        /// The state of all panes.
        #[derive(Debug, Default)]
        pub struct Panes {
            $(pub $module: super::$module::$state),*
        }

        impl Panes {
            pub fn get(&self, pane: Pane) -> &dyn ListPane {
                match pane { $(Pane::$pane => &self.$module),* }
            }

            pub fn get_mut(&mut self, pane: Pane) -> &mut dyn ListPane {
                match pane { $(Pane::$pane => &mut self.$module),* }
            }
        }
    };
}
pane_table!(define);
