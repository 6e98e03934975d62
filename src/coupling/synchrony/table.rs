//! A coupling as a table for other programs.

use super::Coupling;
use crate::csv;
use crate::error::Result;
use std::path::Path;

impl Coupling {
    /// Writes the anchored neurons as CSV: neuron, layer, head, unit, network, r, p, q, lag in TR.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "neuron,layer,head,unit,network,r,p,q,lag\n".to_owned();
        for network in self.networks.iter() {
            for link in self.anchors_of(network)? {
                let head = link.neuron.head.map_or(String::new(), |head| head.to_string());
                text.push_str(&format!(
                    "{},{},{head},{},{},{:.6},{:e},{:e},{}\n",
                    link.neuron,
                    link.neuron.layer,
                    link.neuron.unit,
                    csv::cell(network),
                    link.r,
                    link.p,
                    link.q,
                    link.lag
                ));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}
