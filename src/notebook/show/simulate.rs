//! Simulated subjects in a notebook.

use super::show;
use crate::simulate::{SimulatedGroup, Truth};

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
