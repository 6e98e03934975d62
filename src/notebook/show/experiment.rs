//! How experiments without a scan show themselves.

use super::show;
use crate::error::Result;
use crate::experiment::{Effect, InSilico, Lesion, Lesions, NetworkContrasts, Predicted, TextContrast};
use crate::figure::{Figure, HeatMap, bars, heat_map};
use crate::notebook::tables::table;

impl InSilico {
    /// Shows in a notebook which models and subjects there are.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Predicted {
    /// Shows the predicted courses in a notebook: of what, and a carpet of a sample of voxels.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![crate::figure::voxel_carpet(self.voxels())]);
    }
}

impl TextContrast {
    /// Shows the contrast in a notebook: how it was made and tested, the covariates, and the map.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![self.map().slices()]);
    }
}

impl NetworkContrasts {
    /// Shows the table in a notebook, and the differences as bars.
    pub fn evcxr_display(&self) {
        table(&self.to_string(), vec![network_bars(self)]);
    }
}

fn network_bars(contrasts: &NetworkContrasts) -> Result<Figure> {
    let names: Vec<&str> = contrasts.rows().iter().map(|row| row.network.as_str()).collect();
    let values: Vec<f64> = contrasts.rows().iter().map(|row| row.difference).collect();
    bars(&names, &values, "Predicted response to A minus B, mean over voxels", "sd of a voxel")
}

impl Lesion {
    /// Shows the lesion in a notebook: its changes beside those of random groups, as a table and as bars.
    pub fn evcxr_display(&self) {
        let what = |of: &str| format!("{of} without the units of {}, beyond random groups", self.network());
        let mut figures = Vec::new();
        if !self.scores().is_empty() {
            figures.push(effect_bars(self.scores(), &what("Encoding score"), "change of held-out r"));
        }
        if !self.losses().is_empty() {
            figures.push(effect_bars(self.losses(), &what("Loss"), "change in nats a token"));
        }
        table(&self.to_string(), figures);
    }
}

fn effect_bars(effects: &[Effect], title: &str, unit: &str) -> Result<Figure> {
    let names: Vec<&str> = effects.iter().map(|effect| effect.name.as_str()).collect();
    let values: Vec<f64> = effects.iter().map(|effect| effect.change - effect.random_mean()).collect();
    bars(&names, &values, title, unit)
}

impl Lesions {
    /// Shows the lesions in a notebook: each network's own score, and all changes as a heat map.
    pub fn evcxr_display(&self) {
        let [lesioned, scored] = self.names();
        let figures = match scored.is_empty() {
            true => Vec::new(),
            false => {
                let options = HeatMap::default()
                    .title("Change of each network's score when a network's units are lesioned, beyond random groups")
                    .unit("Δ held-out r")
                    .axes("units of", "score of");
                vec![heat_map(&self.changes(), &lesioned, &scored, options)]
            }
        };
        table(&self.to_string(), figures);
    }
}
