//! What a contrast of texts comes to.

use super::super::in_silico::InSilico;
use super::networks::NetworkContrasts;
use super::texts::Balanced;
use super::{ContrastOptions, Covariate, Found};
use crate::brain::{BrainMap, Mask, Networks};
use crate::csv;
use crate::error::Result;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Predicted responses to texts of group A beside those to texts of group B: [`InSilico::contrast_with`]; clones are cheap.
#[derive(Clone)]
pub struct TextContrast {
    silico: InSilico,
    texts: Arc<[Stimulus]>,
    of_a: usize,
    found: Arc<Found>,
    options: ContrastOptions,
    settle: f64,
    notes: Arc<[String]>,
    made: Provenance,
}

impl TextContrast {
    pub(super) fn new(
        silico: InSilico,
        [a, b]: [&[Stimulus]; 2],
        found: Arc<Found>,
        options: ContrastOptions,
        settle: f64,
        notes: Vec<String>,
        made: Provenance,
    ) -> TextContrast {
        let texts = a.iter().chain(b).cloned().collect();
        TextContrast { silico, texts, of_a: a.len(), found, options, settle, notes: notes.into(), made }
    }

    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// A − B of each voxel, in standard deviations of the voxel; mean over subjects.
    pub fn values(&self) -> &[f64] {
        &self.found.values.value
    }

    /// Ends of each voxel's bootstrap interval over runs and subjects; `None` for one run of one subject, of which nothing can be drawn.
    pub fn interval(&self) -> Option<(&[f64], &[f64])> {
        self.found.values.interval.as_ref().map(|(low, high)| (low.as_slice(), high.as_slice()))
    }

    /// The larger of [`TextContrast::p_texts`] and [`TextContrast::p_brains`]: a contrast that holds for other texts and for other brains.
    pub fn p(&self) -> &[f64] {
        &self.found.values.p
    }

    /// Benjamini–Hochberg q of [`TextContrast::p`] over all voxels.
    pub fn q(&self) -> &[f64] {
        &self.found.values.q
    }

    /// Two-sided p by permuting the texts' labels, weights as they are.
    pub fn p_texts(&self) -> &[f64] {
        &self.found.values.p_texts
    }

    /// Two-sided p of the weights, texts as they are: by random phases for one subject, by Student's t over several.
    pub fn p_brains(&self) -> &[f64] {
        &self.found.values.p_brains
    }

    /// Number of voxels whose q is below the level.
    pub fn count(&self) -> usize {
        self.q().iter().filter(|q| **q < self.options.level).count()
    }

    /// The covariates in both groups, before and after.
    pub fn covariates(&self) -> &[Balanced] {
        &self.found.design.covariates
    }

    /// How many texts of A and of B are used.
    pub fn used(&self) -> [usize; 2] {
        self.found.design.used
    }

    /// Text × voxel: the predicted responses, texts of A first; mean over subjects, in standard deviations.
    pub fn responses(&self) -> &ndarray::Array2<f32> {
        &self.found.responses
    }

    /// The weight with which each text counts in the contrast, texts of A first.
    pub fn text_weights(&self) -> &[f64] {
        &self.found.design.weights
    }

    /// The mask whose voxels are meant.
    pub fn mask(&self) -> &Mask {
        self.silico.subjects()[0].fit.mask()
    }

    /// A − B as a map.
    pub fn map(&self) -> BrainMap {
        self.map_of("A − B, predicted", |_| true)
    }

    /// A − B where q is below the level, 0 elsewhere.
    pub fn significant_map(&self) -> BrainMap {
        self.map_of(&format!("A − B, predicted, q < {}", self.options.level), |voxel| {
            self.q()[voxel] < self.options.level
        })
    }

    fn map_of(&self, label: &str, shown: impl Fn(usize) -> bool) -> BrainMap {
        let values = self.values().iter().enumerate().map(|(n, v)| if shown(n) { *v as f32 } else { 0.0 });
        let made = Provenance::step("map of a contrast").option("shown", label).input("contrast", self);
        BrainMap::of(values.collect(), self.mask(), format!("{label}, {}", self.whose()), "sd").made(made)
    }

    /// The contrast network by network: mean over each network's voxels, with interval, p and q.
    ///
    /// # Errors
    /// If the atlas cannot be brought to the fits' grid, or a network has no voxel there.
    pub fn networks(&self, networks: &Networks) -> Result<NetworkContrasts> {
        let made = Provenance::step("contrast by network").input("contrast", self);
        NetworkContrasts::new(self.silico.subjects(), &self.found, networks, &self.options, self.about(), made)
    }

    /// Writes the texts as CSV: name, group, weight in the contrast, covariates.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "text,group,weight,words,words_per_second,zipf,letters\n".to_owned();
        for (n, (one, weight)) in self.texts.iter().zip(self.text_weights()).enumerate() {
            let group = if n < self.of_a { "A" } else { "B" };
            let values = Covariate::all().into_iter().map(|covariate| format!("{:.4}", covariate.of(one)));
            let values = values.collect::<Vec<String>>().join(",");
            text.push_str(&format!("{},{group},{weight:.6},{values}\n", csv::cell(one.name())));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }

    fn whose(&self) -> String {
        match self.silico.subjects() {
            [one] => one.fit.whose.clone(),
            several => format!("{} subjects", several.len()),
        }
    }

    /// How it was tested, as lines.
    fn about(&self) -> String {
        let subjects = self.silico.subjects();
        let runs: Vec<String> = subjects.iter().map(|subject| subject.clock.runs().to_string()).collect();
        let brains = match subjects {
            [_] => "random phases of the voxels' courses: holds for this subject".to_owned(),
            several => format!("Student's t over {} subjects: holds for people like them", several.len()),
        };
        let interval = match (&self.found.draws, subjects) {
            (None, _) => "no interval: of one run of one subject nothing can be drawn".to_owned(),
            (Some(_), [one]) => format!(
                "{:.0} % intervals over {} runs, too narrow by about √({}/{})",
                100.0 * self.options.interval,
                one.clock.runs(),
                one.clock.runs() - 1,
                one.clock.runs()
            ),
            (Some(_), several) => format!(
                "{:.0} % intervals over {} subjects and their runs ({})",
                100.0 * self.options.interval,
                several.len(),
                runs.join(", ")
            ),
        };
        let least = self.found.design.smallest_p();
        let floor = match least > self.options.level {
            true => format!(
                "; no p over texts is below {least:.2}, so that nothing can count at {}: give more texts",
                self.options.level
            ),
            false => format!("; no p over texts is below {least:.1e}"),
        };
        format!(
            "p is the larger of two. Over texts: {}{floor}. Over brains: {brains}\n{interval}; volumes count from {} s after a text's first word",
            self.found.design.said, self.settle
        )
    }
}

impl fmt::Display for TextContrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.used();
        let (all_a, all_b) = (self.of_a, self.texts.len() - self.of_a);
        write!(
            f,
            "TextContrast: predicted A − B in {} voxels, {a} of {all_a} texts of A, {b} of {all_b} of B, {}; {} voxels with q < {}",
            self.values().len(),
            self.whose(),
            self.count(),
            self.options.level
        )?;
        let peak = |sign: f64| {
            let best = self.values().iter().enumerate().max_by(|x, y| (sign * x.1).total_cmp(&(sign * y.1)));
            best.map_or(String::new(), |(n, value)| {
                let [x, y, z] = self.mask().mm(n).map(|mm| mm.round() + 0.0);
                format!("{value:+.3} sd at ({x}, {y}, {z}) mm (q = {:.1e})", self.q()[n])
            })
        };
        write!(f, "\nmost for A {}; most for B {}", peak(1.0), peak(-1.0))?;
        for one in self.covariates() {
            let [a, b] = one.before;
            let how = if one.used { "" } else { ", not used" };
            write!(
                f,
                "\n  {}: A {a:.2}, B {b:.2}; difference {:+.2} sd before, {:+.2} after{how}",
                one.covariate, one.difference_before, one.difference_after
            )?;
        }
        write!(f, "\n{}", self.about())?;
        let mut said: Vec<&String> = Vec::new();
        for note in self.notes.iter().filter(|note| !note.contains("high-pass")) {
            if !said.contains(&note) {
                said.push(note);
            }
        }
        said.into_iter().take(5).try_for_each(|note| write!(f, "\n  {note}"))
    }
}

impl fmt::Debug for TextContrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
