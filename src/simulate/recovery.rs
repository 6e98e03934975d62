//! What the analysis found, beside what was planted.

use super::ranking::{precision_at_n, roc_auc};
use super::truth::Truth;
use crate::coupling::correlate::{pearson, with_columns};
use crate::coupling::{NetworkMatch, Reading, SubGroups};
use crate::csv;
use crate::encoding::EncodingFit;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::provenance::{Origin, Provenance, Traced};
use ndarray::{Array2, ArrayView1};
use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// What was found of one driven network.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// The network.
    pub network: String,
    /// The pattern that was named after it: [`NetworkMatch::candidate`].
    pub pattern: usize,
    /// Whether the network is named rightly: of all networks that pattern is nearest to this one, and of all
    /// planted courses its course correlates most (|r|) with this one's.
    pub named: bool,
    /// Whether that match is also above chance.
    pub above_chance: bool,
    /// |r| of the network's course by the combined reading with the planted one.
    pub course_r: f64,
    /// AUC of the network's voxels against those that nothing drives, by held-out r; `None` if all voxels are driven.
    pub voxel_auc: Option<f64>,
    /// AUC of the group's members among all neurons: by the best pattern, the combined reading, and the oracle.
    pub member_auc: [f64; 3],
    /// Share of the group among as many neurons of greatest score: by the best pattern, the combined reading, and the oracle.
    pub overlap: [f64; 3],
}

/// What an analysis found in simulated subjects, as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// One row for each driven network.
    pub networks: Vec<Recovered>,
    /// AUC of all driven voxels against those that nothing drives, by held-out r.
    pub voxel_auc: Option<f64>,
    /// Undriven networks for which a pattern above chance was found whose map matches no network better: false names.
    pub false_names: Vec<String>,
    /// Pattern × network pairs above chance.
    pub above_chance: usize,
    /// All pairs.
    pub pairs: usize,
    /// The q value below which a pair is above chance.
    pub level: f64,
    title: String,
    origin: Origin,
}

impl Truth {
    /// Compares what an analysis found with what was planted.
    ///
    /// - A network is *named rightly* if the pattern that the match names after it is nearer to no other network ([`NetworkMatch::affinity`]), and the
    ///   pattern's course correlates more (|r|) with this network's planted course than with any other planted one.
    /// - The *oracle* ranks neurons by |r| with the planted course itself (through the high-pass filter of the neurons' series, if it went through one): nothing that
    ///   reads the brain can do better than about that.
    ///
    /// Of a group `fit` is the mean of its subjects' models ([`mean_fit`](crate::encoding::mean_fit)).
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(matched: NetworkMatch, groups: SubGroups, fit: EncodingFit) -> Result<()> {
    /// println!("{}", Truth::read("simulated")?.compare(&matched, &groups, &fit)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the neurons, the clock, the grid or the networks are not those of the simulation, or the three results do not belong together.
    pub fn compare(&self, matched: &NetworkMatch, groups: &SubGroups, fit: &EncodingFit) -> Result<Recovery> {
        self.check_series(groups.series())?;
        self.check_grid(fit.mask())?;
        let counts = [matched.patterns(), groups.patterns().count(), fit.weights().nrows()];
        if counts != [counts[0]; 3] || matched.networks() != groups.networks() {
            return Err(Error::shape(
                format!(
                    "the match has {} patterns and the networks {:?}, the sub-groups {} and {:?}, the fit {}",
                    counts[0],
                    matched.networks(),
                    counts[1],
                    groups.networks(),
                    counts[2]
                ),
                "take the three results of one analysis",
            ));
        }
        let driven: HashSet<u32> = self.networks.iter().flat_map(|p| p.voxels.iter().copied()).collect();
        let courses = self.courses_as(groups.series())?;
        let networks = (0..self.networks.len()).map(|n| self.recovered(n, &courses, matched, groups, fit, &driven));
        let networks = networks.collect::<Result<Vec<Recovered>>>()?;
        let mut false_names = Vec::new();
        for name in self.undriven() {
            if let Some(best) = matched.best_pattern(name)?
                && nearest_network(matched, best.pattern) == Some(name)
            {
                false_names.push(name.clone());
            }
        }
        Ok(Recovery {
            networks,
            voxel_auc: voxel_auc(fit, &driven, &driven)?,
            false_names,
            above_chance: matched.q().iter().filter(|q| **q < matched.level()).count(),
            pairs: matched.q().len(),
            level: matched.level(),
            title: self.title(),
            origin: Provenance::step("compare with the SIMULATED truth")
                .input("match", matched)
                .input("sub-groups", groups)
                .input("fit", fit)
                .into(),
        })
    }

    fn recovered(
        &self,
        n: usize,
        courses: &Array2<f32>,
        matched: &NetworkMatch,
        groups: &SubGroups,
        fit: &EncodingFit,
        driven: &HashSet<u32>,
    ) -> Result<Recovered> {
        let planted = &self.networks[n];
        let name = planted.network.as_str();
        let best = matched.candidate(name)?;
        let course = groups.patterns().courses().column(best.pattern);
        let with = |n: usize| pearson(course, courses.column(n)).abs();
        let most = (0..self.networks.len()).max_by(|&a, &b| with(a).total_cmp(&with(b)));
        let named = nearest_network(matched, best.pattern) == Some(name) && most == Some(n);

        let axis = groups.series().neurons();
        let members: HashSet<Neuron> = planted.members(&self.neurons).into_iter().collect();
        let marks: Vec<bool> = (0..axis.total()).map(|c| members.contains(&axis.neuron(c))).collect();
        let oracle = with_columns(courses.column(n), groups.series().data());
        let scores = [
            groups.with_reading(Reading::BestPattern).scores(name)?,
            groups.with_reading(Reading::Combined).scores(name)?,
            oracle.into_iter().map(|r| r as f32).collect(),
        ];
        let mut member_auc = [0.0; 3];
        let mut overlap = [0.0; 3];
        for (reading, scores) in scores.iter().enumerate() {
            let size: Vec<f32> = scores.iter().map(|s| s.abs()).collect();
            member_auc[reading] = roc_auc(&size, &marks)?;
            overlap[reading] = precision_at_n(&size, &marks);
        }
        let combined = groups.with_reading(Reading::Combined).course(name)?;
        let own: HashSet<u32> = planted.voxels.iter().copied().collect();
        Ok(Recovered {
            network: name.to_owned(),
            pattern: best.pattern,
            named,
            above_chance: best.above_chance,
            course_r: pearson(ArrayView1::from(&combined), courses.column(n)).abs(),
            voxel_auc: voxel_auc(fit, &own, driven)?,
            member_auc,
            overlap,
        })
    }
}

/// The network to which a pattern is nearest.
fn nearest_network(matched: &NetworkMatch, pattern: usize) -> Option<&str> {
    matched.nearest(pattern).map(|n| matched.networks()[n].as_str())
}

/// AUC of held-out r for the voxels in `own` against those of the fit that are not in `driven`; `None` if one side is empty.
fn voxel_auc(fit: &EncodingFit, own: &HashSet<u32>, driven: &HashSet<u32>) -> Result<Option<f64>> {
    let voxels = fit.mask().voxels().iter().zip(fit.r());
    let (scores, members): (Vec<f32>, Vec<bool>) =
        voxels.filter(|(v, _)| own.contains(v) || !driven.contains(v)).map(|(v, r)| (*r, own.contains(v))).unzip();
    match members.contains(&true) && members.contains(&false) {
        true => roc_auc(&scores, &members).map(Some),
        false => Ok(None),
    }
}

impl Recovery {
    /// Share of the driven networks that were named rightly; `None` if none was driven.
    pub fn named(&self) -> Option<f64> {
        self.mean(|r| f64::from(u8::from(r.named)))
    }

    /// Mean over driven networks of the members' AUC: by the best pattern, the combined reading, and the oracle.
    pub fn member_auc(&self) -> Option<[f64; 3]> {
        let [a, b, c] = [0, 1, 2].map(|reading| self.mean(|r| r.member_auc[reading]));
        Some([a?, b?, c?])
    }

    /// Mean over driven networks of the overlap: by the best pattern, the combined reading, and the oracle.
    pub fn overlap(&self) -> Option<[f64; 3]> {
        let [a, b, c] = [0, 1, 2].map(|reading| self.mean(|r| r.overlap[reading]));
        Some([a?, b?, c?])
    }

    /// Writes the driven networks as CSV: network, pattern, named, above chance, |r| of the course, AUC of voxels, AUC and overlap of members by the best
    /// pattern, the combined reading and the oracle.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "network,pattern,named,above_chance,course_r,voxel_auc,auc_best,auc_combined,auc_oracle,overlap_best,overlap_combined,overlap_oracle\n".to_owned();
        for r in &self.networks {
            let ([a, b, c], [d, e, g]) = (r.member_auc, r.overlap);
            let voxels = r.voxel_auc.map_or(String::new(), |auc| format!("{auc:.6}"));
            text.push_str(&format!(
                "{},{},{},{},{:.6},{voxels},{a:.6},{b:.6},{c:.6},{d:.6},{e:.6},{g:.6}\n",
                csv::cell(&r.network),
                r.pattern,
                r.named,
                r.above_chance,
                r.course_r
            ));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn mean(&self, of: impl Fn(&Recovered) -> f64) -> Option<f64> {
        let count = self.networks.len();
        (count > 0).then(|| self.networks.iter().map(of).sum::<f64>() / count as f64)
    }
}

impl Traced for Recovery {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| Provenance::step("compare with the SIMULATED truth"))
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: found beside planted", self.title)?;
        let yes = |b: bool| if b { "yes" } else { "no" };
        let number = |v: Option<f64>| v.map_or("–".to_owned(), |v| format!("{v:.2}"));
        let longest = self.networks.iter().map(|r| r.network.chars().count()).max();
        let width = longest.unwrap_or(0).max("network".len());
        let blank = "";
        writeln!(
            f,
            "{blank:width$} {:>7} {:>5} {:>6} {:>6} {:>6}  {:^17}  {:^17}",
            "", "named", "above", "course", "voxels", "AUC of members", "overlap of them"
        )?;
        writeln!(
            f,
            "{:width$} {:>7} {:>5} {:>6} {:>6} {:>6}  {:>4} {:>5} {:>6}  {:>4} {:>5} {:>6}",
            "network", "pattern", "right", "chance", "|r|", "AUC", "best", "comb.", "oracle", "best", "comb.", "oracle"
        )?;
        for r in &self.networks {
            let ([a, b, c], [d, e, g]) = (r.member_auc, r.overlap);
            writeln!(
                f,
                "{:width$} {:>7} {:>5} {:>6} {:>6.2} {:>6}  {a:>4.2} {b:>5.2} {c:>6.2}  {d:>4.2} {e:>5.2} {g:>6.2}",
                r.network,
                r.pattern,
                yes(r.named),
                yes(r.above_chance),
                r.course_r,
                number(r.voxel_auc)
            )?;
        }
        if let (Some(named), Some([a, b, c]), Some([d, e, g])) = (self.named(), self.member_auc(), self.overlap()) {
            let course = self.mean(|r| r.course_r).unwrap_or(0.0);
            writeln!(
                f,
                "{:width$} {:>7} {:>4.0}% {:>6} {course:>6.2} {:>6}  {a:>4.2} {b:>5.2} {c:>6.2}  {d:>4.2} {e:>5.2} {g:>6.2}",
                "all",
                "",
                100.0 * named,
                "",
                number(self.voxel_auc)
            )?;
        }
        writeln!(
            f,
            "{} of {} pattern × network pairs above chance (q < {})",
            self.above_chance, self.pairs, self.level
        )?;
        match self.false_names.is_empty() {
            true => Ok(()),
            false => writeln!(f, "named although nothing drives them: {}", self.false_names.join(", ")),
        }
    }
}
