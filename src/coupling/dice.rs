//! Dice and overlap of thresholded maps with networks.

use super::NetworkMatch;
use crate::csv;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::provenance::{Provenance, Traced};
use ndarray::{Array2, ArrayView1, ArrayView2};
use rayon::prelude::*;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// How a thresholded map and a network lie upon each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiceAt {
    /// Share of the voxels that the threshold keeps.
    pub share: f64,
    /// Number of voxels that it keeps: those of greatest weight, or of least weight where r is negative.
    pub voxels: usize,
    /// Dice, 2·|A ∩ M| / (|A| + |M|).
    pub dice: f64,
    /// Share of the network that the kept voxels cover, |A ∩ M| / |M|.
    pub of_network: f64,
    /// Share of the kept voxels that lie in the network, |A ∩ M| / |A|.
    pub of_map: f64,
}

/// Voxels that maps share with networks when they are thresholded.
#[derive(Clone, Debug)]
pub(super) struct Thresholded {
    /// Voxels of a network: those above half of its greatest value.
    members: Vec<usize>,
    voxels: usize,
    /// For each threshold pattern × network: voxels in both.
    at: Vec<(f64, Array2<u32>)>,
    /// The same for Dice at the network's own size, or the share that was asked for.
    own: Array2<f64>,
}

/// The voxels of a network, one after the other.
fn inside(template: ArrayView1<f32>) -> Vec<bool> {
    let half = template.iter().copied().fold(f32::MIN, f32::max) / 2.0;
    template.iter().map(|m| *m > half).collect()
}

impl Thresholded {
    /// `r` says which end of a map counts.
    pub fn new(
        maps: ArrayView2<f32>,
        templates: ArrayView2<f32>,
        r: &Array2<f64>,
        shares: &[f64],
        dice_share: Option<f64>,
    ) -> Thresholded {
        let networks: Vec<Vec<bool>> = templates.outer_iter().map(inside).collect();
        let members: Vec<usize> = networks.iter().map(|network| network.iter().filter(|m| **m).count()).collect();
        let voxels = maps.ncols();
        let count = |share: f64| ((share * voxels as f64).round() as usize).clamp(1, voxels);
        // For each pattern and network: Dice at its own size, and shared voxels at each threshold.
        let one = |k: usize| -> Vec<(f64, Vec<u32>)> {
            let map = maps.row(k);
            let ordered = |sign: f32| {
                let mut order: Vec<usize> = (0..voxels).collect();
                order.sort_by(|&a, &b| (sign * map[b]).total_cmp(&(sign * map[a])).then(a.cmp(&b)));
                order
            };
            let [greatest, least] = [1.0, -1.0].map(ordered);
            let each = networks.iter().zip(&members).enumerate().map(|(n, (network, members))| {
                let order = if r[[k, n]] < 0.0 { &least } else { &greatest };
                let both = |take: usize| order[..take].iter().filter(|v| network[**v]).count();
                let take = dice_share.map_or((*members).clamp(1, voxels), count);
                let own = 2.0 * both(take) as f64 / (take + members) as f64;
                (own, shares.iter().map(|share| both(count(*share)) as u32).collect())
            });
            each.collect()
        };
        let found: Vec<Vec<(f64, Vec<u32>)>> = in_pool(|| (0..maps.nrows()).into_par_iter().map(one).collect());
        let at = shares.iter().enumerate().map(|(s, share)| {
            (*share, Array2::from_shape_fn((maps.nrows(), networks.len()), |(k, n)| found[k][n].1[s]))
        });
        let at = at.collect();
        let own = Array2::from_shape_fn((maps.nrows(), networks.len()), |(k, n)| found[k][n].0);
        Thresholded { members, voxels, at, own }
    }

    pub fn own(&self) -> Array2<f64> {
        self.own.clone()
    }

    pub fn of(&self, k: usize, n: usize) -> Vec<DiceAt> {
        let one = |(share, both): &(f64, Array2<u32>)| {
            let voxels = ((share * self.voxels as f64).round() as usize).clamp(1, self.voxels);
            let both = f64::from(both[[k, n]]);
            let members = self.members[n];
            DiceAt {
                share: *share,
                voxels,
                dice: 2.0 * both / (voxels + members) as f64,
                of_network: both / members.max(1) as f64,
                of_map: both / voxels as f64,
            }
        };
        self.at.iter().map(one).collect()
    }
}

/// A network, its best pattern, whether that match is above chance, and Dice at each threshold.
type Row = (String, usize, bool, Vec<DiceAt>);

/// Dice of each network with its best pattern's map at several thresholds: [`NetworkMatch::dice_table`]; clones are cheap.
#[derive(Clone, Debug)]
pub struct DiceTable {
    rows: Arc<[Row]>,
    about: String,
    made: Provenance,
}

impl DiceTable {
    pub(super) fn of(matched: &NetworkMatch, thresholded: &Thresholded) -> DiceTable {
        let column = |network: &str| matched.networks().iter().position(|name| name == network).unwrap_or(0);
        let row = |best: super::Best| {
            let at = thresholded.of(best.pattern, column(&best.network));
            (best.network, best.pattern, best.above_chance, at)
        };
        let made = Provenance::step("dice at thresholds").input("match", matched);
        let about = format!("{}; {}", matched.atlas(), matched.about());
        DiceTable { rows: matched.table().into_iter().map(row).collect(), about, made }
    }

    /// The networks, in the atlas' order.
    pub fn networks(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.0.clone()).collect()
    }

    /// The shares of voxels that the thresholds keep.
    pub fn thresholds(&self) -> Vec<f64> {
        self.rows.first().map_or(Vec::new(), |row| row.3.iter().map(|at| at.share).collect())
    }

    /// Dice, network × threshold.
    pub fn dice(&self) -> Array2<f64> {
        let width = self.thresholds().len();
        Array2::from_shape_fn((self.rows.len(), width), |(row, n)| self.rows[row].3[n].dice)
    }

    /// Writes the table as CSV: network, pattern, above chance, share, voxels, Dice, share of the network, share of the map.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,pattern,above_chance,share,voxels,dice,of_network,of_map\n".to_owned();
        for (network, pattern, above, at) in self.rows.iter() {
            for DiceAt { share, voxels, dice, of_network, of_map } in at {
                let network = csv::cell(network);
                text.push_str(&format!(
                    "{network},{pattern},{above},{share},{voxels},{dice:.6},{of_network:.6},{of_map:.6}\n"
                ));
            }
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

impl Traced for DiceTable {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl fmt::Display for DiceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Dice (and share of the network covered) of each network with its best pattern's map; {}",
            self.about
        )?;
        let width = self.rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0).max("network".len());
        let heads = self
            .thresholds()
            .iter()
            .map(|share| format!("  {:>12}", format!("top {} %", 100.0 * share)))
            .collect::<String>();
        write!(f, "\n{:width$}  {:>7}{heads}", "network", "pattern")?;
        for (network, pattern, above, at) in self.rows.iter() {
            write!(f, "\n{network:width$}  {pattern:>7}")?;
            for at in at {
                write!(f, "  {:>12}", format!("{:.2} ({:.0} %)", at.dice, 100.0 * at.of_network))?;
            }
            if !above {
                write!(f, "  match not above chance")?;
            }
        }
        Ok(())
    }
}
