//! Which pattern's brain map looks like which network.

use super::correlate::unit_rows;
use super::dice::{DiceAt, DiceTable, Thresholded};
use super::grid::networks_on;
use super::match_options::{MatchOptions, PatternMap, SpatialNull};
use super::spin::{on_cortex, spin_chance};
use super::surrogates::chance;
use crate::brain::Networks;
use crate::csv;
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::statistics::benjamini_hochberg;
use ndarray::Array2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A map on fewer voxels than this has no smoothness that could be measured.
const FEWEST_VOXELS: usize = 100;

/// One pattern × network pair of a [`NetworkMatch`].
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The network's name.
    pub network: String,
    /// The pattern's number, from 0.
    pub pattern: usize,
    /// Spatial Pearson r of the pattern's map with the network's map.
    pub r: f64,
    /// Dice of the thresholded map with the network, 0 to 1.
    pub dice: f64,
    /// Two-sided p against surrogate maps of the same smoothness and values.
    pub p: f64,
    /// Benjamini–Hochberg q over all pattern × network pairs.
    pub q: f64,
    /// Whether q is below the level asked for.
    pub above_chance: bool,
}

/// How each pattern's brain map matches each network; clones are cheap.
///
/// All arrays are pattern × network.
#[derive(Clone, Debug)]
pub struct NetworkMatch {
    r: Arc<Array2<f64>>,
    /// What names patterns.
    affinity: Arc<Array2<f64>>,
    dice: Arc<Array2<f64>>,
    p: Arc<Array2<f64>>,
    q: Arc<Array2<f64>>,
    null_sd: Arc<Array2<f64>>,
    widths: Arc<[Vec<(f64, f64)>]>,
    thresholded: Arc<Thresholded>,
    networks: Arc<[String]>,
    atlas: String,
    about: String,
    places: String,
    options: MatchOptions,
    made: Provenance,
}

/// Matches each pattern's map with each network, with the default [`MatchOptions`].
///
/// A pattern's map are the voxels' responses to it ([`EncodingFit::responses`]), or with [`PatternMap::Weights`](super::PatternMap) its encoding weights, as in the
/// paper. For pattern k with map w (one value per voxel) and network n with map m, over the voxels of the fit:
/// - r = Pearson correlation of w and m.
/// - Dice = 2·|A ∩ M| / (|A| + |M|): M are the voxels where m is above half of its greatest value, A as many voxels as M
///   has (or the share asked for), those of greatest weight, or of least weight where r is negative, since a pattern's
///   sign is arbitrary.
/// - p, two-sided: (1 + number of surrogates with |r| at least as great) / (1 + number of surrogates).
/// - q, by Benjamini and Hochberg over all pairs.
///
/// **The null** is that the map is a smooth random field that knows nothing of the networks. A surrogate is a mixture
/// of white noise and Gaussian fields of several widths (FWHM from about 2 to 19 voxels), each made of independent noise, mixed so
/// that the mixture's variogram is nearest to that of the map up to the lower quartile of the distances in the mask; it
/// is then given the map's own values in the order of its ranks (variogram matching after Burt et al. 2020, NeuroImage
/// 220, BrainSMASH; there a kernel over neighbours, here separable Gaussians). The fields are stationary and isotropic:
/// smoothness that differs between regions, or symmetry of the hemispheres, is not mimicked. A map that is the same
/// left and right has fewer independent parts than its surrogates, so there p is too small.
///
/// **Spins** ([`SpatialNull::Spin`](super::SpatialNull)) keep that symmetry. Maps and networks are read at the vertices of the cortex (fsaverage5, 10,242 a
/// hemisphere, the mean over six points from the white to the pial surface), without the medial wall and what the fit's mask does not reach, and r and Dice are those over
/// vertices. A surrogate is the pattern's map turned by a random rotation of the sphere on which the cortex is registered, in the right hemisphere by its mirror
/// image; each vertex takes the value of the nearest turned one, and those that the medial wall comes to lie upon are left out of that spin
/// (Alexander-Bloch et al. 2018, NeuroImage 178). The fit must be in MNI 152 space and reach at least half of the cortex.
///
/// Voxels of the fit that the atlas does not cover belong to no network (value 0).
///
/// ```no_run
/// use neurocell::coupling::match_networks;
/// # fn run(fit: neurocell::encoding::EncodingFit, networks: neurocell::brain::Networks) -> neurocell::Result<()> {
/// let matched = match_networks(&fit, &networks)?;
/// println!("{matched}");
/// if let Some(best) = matched.best_pattern("Default")? {
///     println!("pattern {} with q = {:.3}", best.pattern, best.q);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the atlas is on another grid than the fit (both are shown), a pattern's map or a network is constant over the
/// mask, or the mask has fewer than 100 voxels.
pub fn match_networks(fit: &EncodingFit, networks: &Networks) -> Result<NetworkMatch> {
    match_networks_with(fit, networks, MatchOptions::default())
}

/// [`match_networks`] with other options.
///
/// # Errors
/// As [`match_networks`], and if an option is out of its range.
pub fn match_networks_with(fit: &EncodingFit, networks: &Networks, options: MatchOptions) -> Result<NetworkMatch> {
    options.check()?;
    let voxels = fit.mask().count();
    if voxels < FEWEST_VOXELS {
        return Err(Error::value(
            format!(
                "the fit has {voxels} voxels; the smoothness of a map cannot be measured on fewer than {FEWEST_VOXELS}"
            ),
            "fit the whole brain, or a larger region",
        ));
    }
    let templates = networks_on(networks, fit.mask())?;
    let template_name = |n: usize| format!("network {} of {}", networks.names()[n], networks.atlas());
    let what = |k: usize| format!("the {} of pattern {k}", options.maps);
    let affinity = match options.maps {
        PatternMap::Responses => Some(fit.with_courses_of(templates.view())?),
        PatternMap::Weights => None,
    };
    let voxel_maps = match options.maps {
        PatternMap::Responses => unit_rows(fit.responses()?.view(), what)?,
        PatternMap::Weights => unit_rows(fit.weights().view(), what)?,
    };
    let surface = match options.null {
        SpatialNull::SmoothMaps => None,
        SpatialNull::Spin => Some(on_cortex(fit.mask(), &voxel_maps, &templates)?),
    };
    let places = match &surface {
        None => format!("{voxels} voxels"),
        Some((vertices, ..)) => format!("{} vertices of the cortex (fsaverage5)", vertices.count()),
    };
    let (maps, templates) = match &surface {
        None => (voxel_maps, templates),
        Some((_, maps, templates)) => {
            (unit_rows(maps.view(), |k| format!("{} on the cortex", what(k)))?, templates.clone())
        }
    };
    let unit_templates = unit_rows(templates.view(), template_name)?;

    let correlate = |(k, n): (usize, usize)| {
        let sum: f64 = maps.row(k).iter().zip(unit_templates.row(n)).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
        sum.clamp(-1.0, 1.0)
    };
    let r = Array2::from_shape_fn((maps.nrows(), templates.nrows()), correlate);
    let thresholded = Thresholded::new(maps.view(), templates.view(), &r, &options.thresholds, options.dice_share);
    let (count, seed) = (options.surrogates, options.seed);
    let null = match &surface {
        None => chance(fit.mask(), maps.view(), unit_templates.view(), &r, count, seed)?,
        Some((vertices, ..)) => spin_chance(vertices, maps.view(), unit_templates.view(), &r, count, seed)?,
    };
    let p = null.reached.mapv(|reached| f64::from(reached + 1) / (options.surrogates + 1) as f64);
    // `p` is in standard layout, so its values in order are those of q.
    let all: Vec<f64> = p.iter().copied().collect();
    let corrected = benjamini_hochberg(&all)?;
    let q = Array2::from_shape_fn(p.dim(), |(k, n)| corrected[k * p.ncols() + n]);
    let made =
        Provenance::step("match networks").options_of(&options, &[]).input("fit", fit).input("networks", networks);
    Ok(NetworkMatch {
        made,
        affinity: Arc::new(affinity.unwrap_or_else(|| r.clone())),
        r: Arc::new(r),
        dice: Arc::new(thresholded.own()),
        thresholded: Arc::new(thresholded),
        p: Arc::new(p),
        q: Arc::new(q),
        null_sd: Arc::new(null.sd),
        widths: null.widths.into(),
        networks: networks.names().into(),
        atlas: networks.atlas().to_owned(),
        about: fit.about().to_owned(),
        places,
        options,
    })
}

impl NetworkMatch {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Spatial Pearson r, pattern × network.
    pub fn r(&self) -> &Array2<f64> {
        &self.r
    }

    /// What patterns are named by, pattern × network: r of the pattern's course with the network's, as the encoding model reads it from all patterns, D·w
    /// ([`subgroups`](super::subgroups) has the equation). With [`PatternMap::Weights`](super::PatternMap) it is the spatial r, as in the paper.
    ///
    /// A pattern answers in several networks. Spatial r with a template is greater for a large network than for a small one, and a map is paler where voxels are noisier; neither
    /// matters to the courses. Whether a match is more than chance is asked of the maps.
    pub fn affinity(&self) -> &Array2<f64> {
        &self.affinity
    }

    /// Dice, pattern × network.
    pub fn dice(&self) -> &Array2<f64> {
        &self.dice
    }

    /// Two-sided p against surrogate maps, pattern × network.
    pub fn p(&self) -> &Array2<f64> {
        &self.p
    }

    /// Benjamini–Hochberg q over all pairs, pattern × network.
    pub fn q(&self) -> &Array2<f64> {
        &self.q
    }

    /// Standard deviation of the surrogates' r, pattern × network: what chance alone does.
    pub fn null_sd(&self) -> &Array2<f64> {
        &self.null_sd
    }

    /// Dice of a pattern's map with a network at each of the options' thresholds ([`MatchOptions::thresholds`]).
    ///
    /// # Errors
    /// If there is no such pattern or network.
    pub fn dice_at(&self, pattern: usize, network: &str) -> Result<Vec<DiceAt>> {
        let best = self.pair(pattern, network)?;
        Ok(self.thresholded.of(best.pattern, self.column(network)?))
    }

    /// For each network Dice with its best pattern's map (that of [`NetworkMatch::table`]) at each of the options' thresholds.
    pub fn dice_table(&self) -> DiceTable {
        DiceTable::of(self, &self.thresholded)
    }

    /// How smooth a pattern's map is: the share of its variance by the FWHM (mm, 0 = white noise) of the fields that mimic it; nothing where chance is by spins,
    /// which need not know it.
    ///
    /// # Errors
    /// If there is no pattern of that number.
    pub fn smoothness(&self, pattern: usize) -> Result<Vec<(f64, f64)>> {
        let found = self.widths.get(pattern).cloned();
        found.ok_or_else(|| {
            Error::value(format!("pattern {pattern} of {}", self.widths.len()), "patterns are counted from 0")
        })
    }

    /// The networks' names: the columns.
    pub fn networks(&self) -> &[String] {
        &self.networks
    }

    /// Number of patterns: the rows.
    pub fn patterns(&self) -> usize {
        self.r.nrows()
    }

    /// The atlas' name.
    pub fn atlas(&self) -> &str {
        &self.atlas
    }

    /// Whose data, which patterns: the fit in one line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The options of the match.
    pub fn options(&self) -> &MatchOptions {
        &self.options
    }

    /// The q value below which a match is called above chance.
    pub fn level(&self) -> f64 {
        self.options.level
    }

    /// One pair.
    ///
    /// # Errors
    /// If there is no such pattern or network.
    pub fn pair(&self, pattern: usize, network: &str) -> Result<Best> {
        let n = self.column(network)?;
        if pattern >= self.patterns() {
            return Err(Error::value(
                format!("pattern {pattern} of {}", self.patterns()),
                "patterns are counted from 0",
            ));
        }
        Ok(self.entry(pattern, n))
    }

    /// The pattern that is named after a network: of those above chance the one that tells this network best from all others, by the greatest lead of its
    /// |[`NetworkMatch::affinity`]| over that with any other network; `None` if none is above chance.
    ///
    /// [`NetworkMatch::candidate`] gives the best one whether or not it is above chance.
    ///
    /// # Errors
    /// If there is no network of that name; the nearest is proposed.
    pub fn best_pattern(&self, network: &str) -> Result<Option<Best>> {
        let n = self.column(network)?;
        let above = (0..self.patterns()).filter(|&k| self.q[[k, n]] < self.options.level);
        Ok(self.greatest(above, n).map(|k| self.entry(k, n)))
    }

    /// As [`NetworkMatch::best_pattern`], above chance or not.
    ///
    /// # Errors
    /// If there is no network of that name, or the fit has no patterns.
    pub fn candidate(&self, network: &str) -> Result<Best> {
        let n = self.column(network)?;
        let best = self.greatest(0..self.patterns(), n);
        best.map(|k| self.entry(k, n)).ok_or_else(|| Error::value("the fit has no patterns", "find some first"))
    }

    /// For each network, in the atlas' order, its best pattern above chance, or else its best candidate.
    pub fn table(&self) -> Vec<Best> {
        let row = |n: usize| {
            let above = (0..self.patterns()).filter(|&k| self.q[[k, n]] < self.options.level);
            let best = self.greatest(above, n).or_else(|| self.greatest(0..self.patterns(), n));
            best.map(|k| self.entry(k, n))
        };
        (0..self.networks.len()).filter_map(row).collect()
    }

    /// Writes all pairs as CSV: pattern, network, r, dice, p, q, the surrogates' sd of r.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "pattern,network,r,dice,p,q,null_sd\n".to_owned();
        for ((k, n), r) in self.r.indexed_iter() {
            let name = csv::cell(&self.networks[n]);
            let (dice, p, q) = (self.dice[[k, n]], self.p[[k, n]], self.q[[k, n]]);
            text.push_str(&format!("{k},{name},{r:.6},{dice:.6},{p:.6},{q:.6},{:.6}\n", self.null_sd[[k, n]]));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn column(&self, network: &str) -> Result<usize> {
        let found = self.networks.iter().position(|n| n == network);
        found.ok_or_else(|| Error::unknown(&format!("network of {}", self.atlas), network, &self.networks))
    }

    /// Of the patterns among `patterns` that of the greatest lead for network `n`, the first of equals.
    fn greatest(&self, patterns: impl Iterator<Item = usize>, n: usize) -> Option<usize> {
        let lead = |k: usize| {
            let row = self.affinity.row(k);
            let others = (0..row.len()).filter(|m| *m != n).map(|m| row[m].abs());
            row[n].abs() - others.fold(0.0, f64::max)
        };
        patterns.fold(None, |best, k| match best {
            Some(b) if lead(b) >= lead(k) => Some(b),
            _ => Some(k),
        })
    }

    /// The network to which a pattern is nearest by its affinity, the first of equals.
    pub(crate) fn nearest(&self, pattern: usize) -> Option<usize> {
        let row = self.affinity.row(pattern);
        (0..row.len()).reduce(|best, n| if row[n].abs() > row[best].abs() { n } else { best })
    }

    fn entry(&self, k: usize, n: usize) -> Best {
        Best {
            network: self.networks[n].clone(),
            pattern: k,
            r: self.r[[k, n]],
            dice: self.dice[[k, n]],
            p: self.p[[k, n]],
            q: self.q[[k, n]],
            above_chance: self.q[[k, n]] < self.options.level,
        }
    }

    /// How many pairs must lie at the floor of p together before any of them can be below the level.
    fn needed_at_floor(&self) -> usize {
        let floor = 1.0 / (self.options.surrogates + 1) as f64;
        let m = self.p.len() as f64;
        // q = floor · m / count < level
        (1..=self.p.len()).find(|&count| floor * m / (count as f64) < self.options.level).unwrap_or(self.p.len() + 1)
    }
}

impl fmt::Display for NetworkMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, level) = (self.options.surrogates, self.options.level);
        let (whose, rest) = self.about.split_once("; ").unwrap_or((&self.about, ""));
        writeln!(f, "{} patterns × {} networks of {}, {whose}", self.patterns(), self.networks.len(), self.atlas)?;
        if !rest.is_empty() {
            writeln!(f, "{rest}")?;
        }
        let above = self.q.iter().filter(|q| **q < level).count();
        writeln!(
            f,
            "{above} of {} pairs above chance at q < {level}; null: {n} {}; over {}",
            self.q.len(),
            self.options.null,
            self.places
        )?;
        let needed = self.needed_at_floor();
        if needed > self.q.len() {
            writeln!(
                f,
                "with {n} surrogates no pair can reach q < {level}: p is never below 1/{}; ask for more",
                n + 1
            )?;
        } else if needed > 1 {
            let enough = (self.q.len() as f64 / level).ceil();
            writeln!(
                f,
                "p is never below 1/{}, so fewer than {needed} pairs at that floor cannot reach q < {level}; one alone can with {enough} surrogates",
                n + 1
            )?;
        }
        let width = self.networks.iter().map(|n| n.chars().count()).max().unwrap_or(0).max("network".len());
        writeln!(f, "{:width$}  {:>7}  {:>6}  {:>5}  {:>6}  {:>6}", "network", "pattern", "r", "Dice", "p", "q")?;
        for best in self.table() {
            let Best { network, pattern, r, dice, p, q, above_chance } = best;
            let mark = if above_chance { "" } else { "  not above chance" };
            writeln!(f, "{network:width$}  {pattern:>7}  {r:>6.3}  {dice:>5.2}  {p:>6.4}  {q:>6.4}{mark}")?;
        }
        Ok(())
    }
}
