//! Which name an atlas would give to each network.

use super::Networks;
use super::overlap::fitting;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView1};
use std::fmt;
use std::sync::Arc;

/// When the best match is clear enough to lend its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelRule {
    /// The least spatial correlation with the best match.
    pub least_r: f64,
    /// By how much the best match's correlation must exceed the second's.
    pub least_margin: f64,
}

impl Default for LabelRule {
    /// r of at least 0.25, and at least 0.1 more than the second's.
    fn default() -> LabelRule {
        LabelRule { least_r: 0.25, least_margin: 0.1 }
    }
}

/// The best and the second match of one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The network.
    pub network: String,
    /// The atlas network that is most like it.
    pub best: String,
    /// Spatial Pearson r with that.
    pub r: f64,
    /// The one that comes next, and its r; `None` if the atlas has one network.
    pub second: Option<(String, f64)>,
    /// r less the second's r.
    pub margin: f64,
    /// Whether the rule lets the best one lend its name.
    pub clear: bool,
}

impl Suggestion {
    /// The name that is suggested; `None` if no match is clear.
    pub fn label(&self) -> Option<&str> {
        self.clear.then_some(self.best.as_str())
    }
}

/// What an atlas suggests as names of networks; clones are cheap.
#[derive(Clone, Debug)]
pub struct Suggestions {
    about: String,
    atlas: String,
    rule: LabelRule,
    networks: Arc<[Suggestion]>,
    r: Arc<Array2<f64>>,
}

impl Networks {
    /// Names for these networks out of an atlas, by the default [`LabelRule`].
    ///
    /// For each network's map x and each atlas network's map y, over the voxels of these networks' mask, the spatial correlation
    /// r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)²·Σ(y − ȳ)²); the atlas is brought onto that mask. A name is suggested where the best r is at least 0.25 and
    /// exceeds the second by at least 0.1. r says how alike two maps are, not whether chance would do as well: for that, see
    /// [`match_networks`](crate::coupling::match_networks()).
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let found = Networks::yeo17()?.suggest(&Networks::yeo7()?)?;
    /// println!("{found}");
    /// assert_eq!(found.of("SomatomotorA")?.label(), Some("Somatomotor"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the atlas has no voxel in the networks' mask, or a network's map has the same value everywhere (it is named).
    pub fn suggest(&self, atlas: &Networks) -> Result<Suggestions> {
        self.suggest_with(atlas, LabelRule::default())
    }

    /// The same by a rule of your own.
    ///
    /// # Errors
    /// As [`Networks::suggest`].
    pub fn suggest_with(&self, atlas: &Networks, rule: LabelRule) -> Result<Suggestions> {
        let atlas = atlas.resampled_to(self.mask())?;
        let r = spatial_r(self, &atlas)?;
        let suggestion = |(row, network): (usize, &String)| {
            let mut order: Vec<usize> = (0..atlas.count()).collect();
            order.sort_by(|a, b| r[[row, *b]].total_cmp(&r[[row, *a]]));
            let (best, second) = (order[0], order.get(1));
            let margin = r[[row, best]] - second.map_or(0.0, |second| r[[row, *second]]);
            Suggestion {
                network: network.clone(),
                best: atlas.names[best].clone(),
                r: r[[row, best]],
                second: second.map(|second| (atlas.names[*second].clone(), r[[row, *second]])),
                margin,
                clear: r[[row, best]] >= rule.least_r && margin >= rule.least_margin,
            }
        };
        let networks = self.names.iter().enumerate().map(suggestion).collect();
        Ok(Suggestions { about: self.atlas.clone(), atlas: atlas.atlas, rule, networks, r: r.into() })
    }
}

/// Spatial correlation of each network (rows) with each network of an atlas (columns) on the same mask.
fn spatial_r(networks: &Networks, atlas: &Networks) -> Result<Array2<f64>> {
    let voxels = networks.mask.count() as f64;
    let mut r = Array2::zeros((networks.count(), atlas.count()));
    let sizes: Vec<f64> = atlas.maps.counts().into_iter().map(|n| n as f64).collect();
    let moments = |map: ArrayView1<f32>| {
        let mean = map.iter().map(|v| f64::from(*v)).sum::<f64>() / voxels;
        (mean, map.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>())
    };
    for (network, mut row) in r.rows_mut().into_iter().enumerate() {
        check_cancelled("comparing networks with an atlas")?;
        let map = networks.maps.row(network);
        let (mean, squares) = moments(ArrayView1::from(&map));
        if squares == 0.0 {
            return Err(Error::value(
                format!("the map of {} is {} in every voxel of the mask", networks.names[network], map[0]),
                "a mask of the whole brain lets a map correlate: `networks.resampled_to(&Mask::mni4mm()?)?`",
            ));
        }
        match atlas.maps.labels() {
            // With y = 1 in n voxels: Σ(x − x̄)(y − ȳ) = Σ over these of (x − x̄), and Σ(y − ȳ)² = n − n²/N.
            Some(labels) => {
                let mut sums = vec![0.0; atlas.count()];
                for (value, label) in map.iter().zip(labels).filter(|(_, label)| **label != super::NONE) {
                    sums[*label as usize] += f64::from(*value) - mean;
                }
                for ((r, sum), n) in row.iter_mut().zip(sums).zip(&sizes) {
                    let spread = n - n * n / voxels;
                    *r = if spread > 0.0 { sum / (squares * spread).sqrt() } else { 0.0 };
                }
            }
            None => {
                for (r, theirs) in row.iter_mut().zip(atlas.maps().rows()) {
                    let (their_mean, their_squares) = moments(theirs);
                    let pairs = map.iter().zip(theirs);
                    let sum: f64 = pairs.map(|(a, b)| (f64::from(*a) - mean) * (f64::from(*b) - their_mean)).sum();
                    *r = if their_squares > 0.0 { sum / (squares * their_squares).sqrt() } else { 0.0 };
                }
            }
        }
    }
    Ok(r)
}

impl Suggestions {
    /// One suggestion for each network, in their order.
    pub fn networks(&self) -> &[Suggestion] {
        &self.networks
    }

    /// Spatial r of each network (rows) with each network of the atlas that has a voxel in the mask (columns).
    pub fn r(&self) -> &Array2<f64> {
        &self.r
    }

    /// A name for each network: the suggested one, with a number from the second network on that has it ("Default 2"); its own where none is clear.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for suggestion in self.networks.iter() {
            let name = match suggestion.label() {
                None => suggestion.network.clone(),
                Some(label) => {
                    let numbered = (2..).map(|n| format!("{label} {n}"));
                    let mut free =
                        std::iter::once(label.to_owned()).chain(numbered).filter(|name| !names.contains(name));
                    free.next().unwrap_or_else(|| label.to_owned())
                }
            };
            names.push(name);
        }
        names
    }

    /// The rule.
    pub fn rule(&self) -> LabelRule {
        self.rule
    }

    /// The suggestion for one network.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest name is proposed.
    pub fn of(&self, network: &str) -> Result<&Suggestion> {
        let found = self.networks.iter().find(|suggestion| suggestion.network == network);
        let names = || self.networks.iter().map(|suggestion| suggestion.network.clone()).collect::<Vec<String>>();
        found.ok_or_else(|| Error::unknown("network", network, &names()))
    }
}

impl fmt::Display for Suggestions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LabelRule { least_r, least_margin } = self.rule;
        write!(
            f,
            "{} by {}: a name is suggested where r is at least {least_r} and exceeds the second's by {least_margin}",
            self.about, self.atlas
        )?;
        let width = |names: &mut dyn Iterator<Item = &String>, least: usize| {
            names.map(|name| fitting(name).chars().count()).max().unwrap_or(0).max(least)
        };
        let network = width(&mut self.networks.iter().map(|s| &s.network), 7);
        let best = width(&mut self.networks.iter().map(|s| &s.best), 10);
        let second = width(&mut self.networks.iter().filter_map(|s| Some(&s.second.as_ref()?.0)), 6);
        write!(
            f,
            "\n  {:network$}  {:best$}  {:best$} {:>6}  {:second$} {:>6} {:>7}",
            "network", "suggestion", "best", "r", "second", "r", "margin"
        )?;
        for s in self.networks.iter() {
            let (next, r) = s.second.as_ref().map_or(("–".to_owned(), 0.0), |(name, r)| (fitting(name), *r));
            write!(
                f,
                "\n  {:network$}  {:best$}  {:best$} {:6.3}  {next:second$} {r:6.3} {:7.3}",
                fitting(&s.network),
                fitting(s.label().unwrap_or("–")),
                fitting(&s.best),
                s.r,
                s.margin
            )?;
        }
        Ok(())
    }
}
