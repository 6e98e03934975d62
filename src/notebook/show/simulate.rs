//! Simulated subjects in a notebook.

use super::show;
use crate::notebook::tables::table;
use crate::simulate::{AnchorRecovery, SimulatedGroup, Truth};

impl AnchorRecovery {
    /// Shows in a notebook which anchors were found beside those that had been planted.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), Vec::new());
    }
}

impl SimulatedGroup {
    /// Shows in a notebook who is simulated, on which clock and grid.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Truth {
    /// Shows in a notebook what was planted.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}
