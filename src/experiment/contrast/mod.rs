//! Two groups of texts beside each other, in brains that were modelled.

mod brains;
mod networks;
mod options;
mod result;
#[cfg(test)]
mod tests;
mod texts;

pub(super) use brains::check_weights;
pub use networks::{NetworkContrast, NetworkContrasts};
pub use options::{Balance, ContrastOptions, Covariate};
pub use result::TextContrast;
pub use texts::Balanced;

use super::in_silico::{InSilico, NewCourses, Subject};
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::provenance::Provenance;
use crate::statistics::{Null, Sides, benjamini_hochberg, test_in_blocks, two_sided_t, weighted_intervals};
use crate::stimulus::Stimulus;
use brains::Brain;
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::sync::Arc;
use texts::Design;

impl InSilico {
    /// [`InSilico::contrast_with`] by its defaults: length, word rate, word frequency and word length of the texts partialled out.
    ///
    /// # Errors
    /// As there.
    pub fn contrast(&self, a: &[Stimulus], b: &[Stimulus]) -> Result<TextContrast> {
        self.contrast_with(a, b, &ContrastOptions::default())
    }

    /// What texts of group A are predicted to do to each voxel more than texts of group B.
    ///
    /// A text's response is the mean of its predicted course, ŷᵢ = x̄ᵢ·b, over the volumes between the time at which the response has settled and the end of its last word. The contrast is the
    /// difference of the groups' means, Σ aᵢ·ŷᵢ, in standard deviations of the voxel in the scan. What the groups' texts differ in besides (how long, how fast,
    /// how frequent words) is matched or partialled out ([`Balance`]).
    ///
    /// **What is uncertain.** The weights b were learned from few runs of few people, and the texts are a few of many. The interval is that of the weights: runs of each subject, and subjects, are drawn with
    /// replacement, and the weights found anew for each draw at the voxel's α. Of few runs it is too narrow, by about √((R−1)/R). Two p are given, and the larger counts
    /// ([`TextContrast::p`]): a contrast is to hold for other texts *and* for other brains, and is claimed only if both tests reject (an intersection–union test, which keeps its level: Berger 1982;
    /// texts as a sample: Clark 1973; Westfall, Nichols & Yarkoni 2016).
    /// - [`TextContrast::p_texts`]: weights as they are, texts' labels permuted. It alone would call any voxel significant in which noise has left a weight.
    /// - [`TextContrast::p_brains`]: texts as they are. For one subject the contrast is the product of the voxel's course with a fixed course, whose chance under random phases is known in closed form
    ///   (the same as in [`correlation_test`](crate::statistics::correlation_test)): it speaks of this subject. For several subjects Student's t over their contrasts: it speaks of people.
    ///
    /// q are Benjamini–Hochberg's over all voxels.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # fn show(silico: InSilico, people: Vec<Stimulus>, places: Vec<Stimulus>, yeo: Networks) -> Result<()> {
    /// let contrast = silico.contrast_with(&people, &places, &ContrastOptions::default().matching())?;
    /// println!("{contrast}");
    /// let map = contrast.map();
    /// let table = contrast.networks(&yeo)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no subject; a group has fewer than two texts; A and B are the same; a text has no timed words or ends before the response has settled; covariates cannot be balanced; an option is out of
    /// its range; or it is stopped.
    pub fn contrast_with(&self, a: &[Stimulus], b: &[Stimulus], options: &ContrastOptions) -> Result<TextContrast> {
        options.check()?;
        self.has_subjects()?;
        different(a, b)?;
        let design = Design::new(a, b, options)?;
        let settle = options.settle.unwrap_or_else(|| self.settling());
        let texts: Vec<&Stimulus> = a.iter().chain(b).collect();
        texts.iter().try_for_each(|text| long_enough(text, settle, self.tr()))?;
        let courses = self.all_courses(&texts, 0.0)?;
        let mut all = Vec::new();
        for subject in self.subjects() {
            all.push(items(subject, &courses, &texts, settle)?);
        }
        let made = Provenance::step("contrast of texts").options_of(options, &[]).input("in silico", &self.made());
        let made = made.inputs_of("text of A", a).inputs_of("text of B", b);
        let found = Found::new(self.subjects(), all, design, options)?;
        let notes = courses.iter().flat_map(|course| course.notes.clone()).collect::<Vec<String>>();
        Ok(TextContrast::new(self.clone(), [a, b], Arc::new(found), options.clone(), settle, notes, made))
    }
}

/// An error if both groups are one.
fn different(a: &[Stimulus], b: &[Stimulus]) -> Result<()> {
    let text = |one: &Stimulus| (0..one.runs()).map(|run| one.text(run)).collect::<Vec<String>>();
    let twice = a.iter().find(|one| b.iter().any(|other| text(one) == text(other)));
    match twice {
        None => Ok(()),
        Some(one) => {
            let all = a.len() == b.len() && a.iter().zip(b).all(|(one, other)| text(one) == text(other));
            let what = if all {
                "A and B are the same texts".to_owned()
            } else {
                format!("`{}` is in A and in B", one.name())
            };
            Err(Error::value(what, "a text belongs to one of the groups: leave it out of the other"))
        }
    }
}

/// The volumes of a text that count, run by run as (first, end).
fn settled(text: &Stimulus, settle: f64, tr: f64) -> Vec<(usize, usize)> {
    let of_run = |run: usize| {
        let words = text.words().iter().filter(|word| word.run == run);
        let (mut first, mut last) = (f64::INFINITY, 0.0_f64);
        for (onset, offset) in words.filter_map(|word| word.onset.zip(word.offset)) {
            (first, last) = (first.min(onset), last.max(offset));
        }
        let begin = if first.is_finite() { ((first + settle) / tr).ceil() as usize } else { 0 };
        (begin, (last / tr).floor() as usize)
    };
    (0..text.runs()).map(of_run).collect()
}

fn long_enough(text: &Stimulus, settle: f64, tr: f64) -> Result<()> {
    let parts = settled(text, settle, tr);
    if parts.iter().any(|(begin, end)| end > begin) {
        return Ok(());
    }
    let seconds = (0..text.runs()).map(|run| text.duration(run)).collect::<Result<Vec<f64>>>()?;
    let longest = seconds.into_iter().fold(0.0, f64::max);
    Err(Error::value(
        format!(
            "`{}` ends after {longest:.1} s, before its response has settled ({settle} s after the first word, TR {tr} s)",
            text.name()
        ),
        "give longer texts (several sentences of a kind in one), or let volumes count earlier: `.settle(5.0)`",
    ))
}

/// Text × regressor: means over the volumes that count.
fn items(subject: &Subject, courses: &[NewCourses], texts: &[&Stimulus], settle: f64) -> Result<Array2<f32>> {
    let mut rows = Vec::new();
    for (course, text) in courses.iter().zip(texts) {
        let regressors = subject.fit.regressors_of(course)?;
        let mut sum = Array1::<f64>::zeros(regressors.ncols());
        let mut count = 0.0;
        for (run, (begin, end)) in settled(text, settle, course.clock.tr()).into_iter().enumerate() {
            let all = course.clock.rows(run);
            for row in (all.start + begin)..(all.start + end).min(all.end) {
                sum.zip_mut_with(&regressors.row(row), |sum, v| *sum += f64::from(*v));
                count += 1.0;
            }
        }
        rows.push((sum / f64::max(count, 1.0)).mapv(|v| v as f32));
    }
    let views: Vec<_> = rows.iter().map(|row| row.view().insert_axis(Axis(0))).collect();
    concatenate(Axis(0), &views).map_err(|cause| Error::shape(cause.to_string(), "give at least one text"))
}

/// Every voxel's contrast and what is uncertain of it.
struct Found {
    pub design: Design,
    pub brains: Vec<Brain>,
    /// Text × voxel: predicted responses, mean over subjects.
    pub responses: Array2<f32>,
    /// Draw × (subject, distinct draw): how subjects and runs are drawn; nothing for one run of one subject.
    pub draws: Option<Array2<f32>>,
    pub values: Values,
}

/// Contrasts of columns: voxels or networks.
struct Values {
    pub value: Vec<f64>,
    pub interval: Option<(Vec<f64>, Vec<f64>)>,
    pub p_texts: Vec<f64>,
    pub p_brains: Vec<f64>,
    pub p: Vec<f64>,
    pub q: Vec<f64>,
}

impl Found {
    pub fn new(
        subjects: &[Subject],
        items: Vec<Array2<f32>>,
        design: Design,
        options: &ContrastOptions,
    ) -> Result<Found> {
        let voxels = subjects[0].fit.mask().count();
        let mut responses = Array2::<f32>::zeros((design.weights.len(), voxels));
        let mut brains = Vec::new();
        for (n, (subject, items)) in subjects.iter().zip(&items).enumerate() {
            responses.scaled_add(1.0 / subjects.len() as f32, &subject.fit.in_deviations(items.view())?);
            let weights = Array1::from(design.weights.clone());
            let delta = items.mapv(f64::from).t().dot(&weights);
            brains.push(Brain::new(subject, &delta.to_vec(), options.seed.wrapping_add(n as u64))?);
        }
        let draws = draws(&brains, options);
        let p_brains = match &subjects {
            [one] => one_brain(one, &brains[0])?,
            _ => over_subjects(&brains.iter().map(|brain| brain.values.row(0).to_vec()).collect::<Vec<_>>()),
        };
        let rows: Vec<_> = brains.iter().map(|brain| brain.values.view()).collect();
        let values = Values::new(&rows, responses.view(), p_brains, &design, draws.as_ref(), options)?;
        Ok(Found { design, brains, responses, draws, values })
    }
}

impl Values {
    /// From each subject's draws × column, and texts × column.
    pub fn new(
        subjects: &[ArrayView2<f32>],
        responses: ArrayView2<f32>,
        p_brains: Vec<f64>,
        design: &Design,
        draws: Option<&Array2<f32>>,
        options: &ContrastOptions,
    ) -> Result<Values> {
        let of_all = |column: usize| {
            subjects.iter().map(|values| f64::from(values[[0, column]])).sum::<f64>() / subjects.len() as f64
        };
        let value: Vec<f64> = (0..responses.ncols()).map(of_all).collect();
        let interval = match draws {
            None => None,
            Some(draws) => {
                let stacked = concatenate(Axis(0), subjects)
                    .map_err(|cause| Error::shape(cause.to_string(), "bring all subjects to one mask"))?;
                Some(weighted_intervals(stacked.view(), draws, options.interval)?)
            }
        };
        // Observed and permuted sums by the same products, so that equals are equal.
        let given = Array2::from_shape_fn((1, design.weights.len()), |(_, n)| design.weights[n] as f32);
        let observed: Vec<f64> = product(given.view(), responses)?.iter().map(|v| f64::from(*v)).collect();
        let mut p_texts = Vec::with_capacity(observed.len());
        for start in (0..observed.len()).step_by(4096) {
            crate::notebook::check_cancelled("permuting texts")?;
            let end = (start + 4096).min(observed.len());
            let permuted = product(design.others.view(), responses.slice(ndarray::s![.., start..end]))?;
            p_texts.extend(design.p(&observed[start..end], &permuted));
        }
        let p: Vec<f64> = p_texts.iter().zip(&p_brains).map(|(a, b)| a.max(*b)).collect();
        let q = benjamini_hochberg(&p)?;
        Ok(Values { value, interval, p_texts, p_brains, p, q })
    }
}

/// How often each distinct draw of each subject is in each draw of subjects, as shares.
fn draws(brains: &[Brain], options: &ContrastOptions) -> Option<Array2<f32>> {
    if brains.len() == 1 && brains[0].draws.drawn.is_empty() {
        return None;
    }
    let starts: Vec<usize> = brains
        .iter()
        .scan(0, |start, brain| {
            let begin = *start;
            *start += brain.draws.times.len();
            Some(begin)
        })
        .collect();
    let total = brains.iter().map(|brain| brain.draws.times.len()).sum();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed ^ 0x5eed);
    let mut all = Array2::zeros((options.draws, total));
    for mut draw in all.rows_mut() {
        for _ in 0..brains.len() {
            let subject = random.gen_range(0..brains.len());
            let drawn = &brains[subject].draws.drawn;
            let place = if drawn.is_empty() { 0 } else { drawn[random.gen_range(0..drawn.len())] };
            draw[starts[subject] + place] += 1.0 / brains.len() as f32;
        }
    }
    Some(all)
}

/// Chance of one subject's contrasts, by random phases of the voxels' courses.
fn one_brain(subject: &Subject, brain: &Brain) -> Result<Vec<f64>> {
    let found = test_in_blocks(&subject.clock, brain.alpha.len(), &Null::Phase, Sides::Both, 1.0, |voxels| {
        Ok((brain.course(voxels.clone()), subject.measured(voxels)?))
    })?;
    Ok(found.p().to_vec())
}

/// Two-sided p of Student's t over subjects, for each column.
fn over_subjects(contrasts: &[Vec<f32>]) -> Vec<f64> {
    let count = contrasts.len() as f64;
    let each = (0..contrasts[0].len()).map(|column| {
        let values = contrasts.iter().map(|row| f64::from(row[column]));
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
        match variance > 0.0 {
            true => two_sided_t(mean / (variance / count).sqrt(), count - 1.0),
            false => 1.0,
        }
    });
    each.collect()
}
