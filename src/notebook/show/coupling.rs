//! How couplings show themselves.

use super::show;
use crate::coupling::{Coupling, Link, Share, Stability};
use crate::figure::{CouplingMatrix, anchor_layers, coupling_matrix};
use crate::statistics::{PairTest, PairsFound};

impl Coupling {
    /// Shows the coupling in a notebook: how many neurons are anchored where, those of greatest r, and their layers.
    pub fn evcxr_display(&self) {
        let mut figures = vec![coupling_matrix(self, CouplingMatrix::default())];
        // Where nothing is anchored the text says so.
        if let Ok(layers) = anchor_layers(self) {
            figures.push(Ok(layers));
        }
        show(&self.to_string(), figures);
    }
}

impl Link {
    /// Shows the link in a notebook.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Share {
    /// Shows the share in a notebook.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Stability {
    /// Shows in a notebook how far two couplings agree.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl PairTest {
    /// Shows the test in a notebook.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl PairsFound {
    /// Shows the test in a notebook.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}
