//! From words to the scan's clock: mean over the words of a TR, haemodynamic response, z-score.

use super::{Activations, Hrf, NeuronSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Neurons worked on at a time by one thread.
const BLOCK: usize = 128;

/// The words of each run that are used, each with its volume; and what is to be said of the others.
struct Placed {
    words: Vec<Vec<(usize, usize)>>,
    notes: Vec<String>,
}

impl Activations {
    /// The neurons' courses on the scan's clock, with SPM's canonical response: see [`Activations::to_series_with`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// let series = acts.to_series(&Clock::new(1.5, &[10])?)?;
    /// assert_eq!(series.data().dim(), (10, 6 * 384));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn to_series(&self, clock: &Clock) -> Result<NeuronSeries> {
        self.to_series_with(clock, Hrf::default())
    }

    /// The neurons' courses on the scan's clock, run by run:
    ///
    /// 1. a neuron's values are centred over the words of the run, so that silence stands at the mean;
    /// 2. volume k gets the mean over the words whose onset lies in [k·TR, (k+1)·TR), and 0 if there is none;
    /// 3. the course, each value held through its TR, is convolved with the response on a grid of TR/16 and read in
    ///    the middle of each TR (where fMRIPrep's slice-time correction puts a volume); before the run it is 0;
    /// 4. it is z-scored over the run's volumes (standard deviation with n).
    ///
    /// A neuron that does not vary in a run is 0 throughout it, and counted in [`NeuronSeries::notes`], as are words that are not used:
    /// those before the first volume and those without a value.
    ///
    /// # Errors
    /// If clock and stimulus differ in their number of runs, words begin after a run's last volume (how many, by how much), or an
    /// onset is not a finite number.
    pub fn to_series_with(&self, clock: &Clock, hrf: Hrf) -> Result<NeuronSeries> {
        let stimulus = self.stimulus();
        if clock.runs() != stimulus.runs() {
            return Err(Error::shape(
                format!("`{}` has {} runs, the clock {}: {clock}", stimulus.name(), stimulus.runs(), clock.runs()),
                "take the clock of the scan in which these runs were heard, or the stimuli of its runs: `Stimulus::join(&[…])`",
            ));
        }
        let Placed { words, mut notes } = self.placed(clock)?;
        let weights = hrf.per_volume(clock.tr());
        let total = self.neurons().total();
        let blocks: Vec<usize> = (0..total).step_by(BLOCK).collect();
        let mut data = Array2::zeros((clock.total(), total));
        for (run, words) in words.iter().enumerate() {
            let done = in_pool(|| {
                let block = blocks.par_iter().map(|&first| {
                    check_cancelled("courses on the scan's clock")?;
                    let columns = first..(first + BLOCK).min(total);
                    let values = self.values();
                    Ok(courses(values.slice(s![.., columns]), words, clock.volumes(run), &weights))
                });
                block.collect::<Result<Vec<(Array2<f32>, usize)>>>()
            })?;
            let mut constant = 0;
            for (&first, (block, still)) in blocks.iter().zip(&done) {
                data.slice_mut(s![clock.rows(run), first..first + block.ncols()]).assign(block);
                constant += still;
            }
            if constant > 0 {
                notes.push(format!("{constant} of {total} neurons do not vary in run {run}: zeros there"));
            }
        }
        Ok(NeuronSeries::new(data, clock.clone(), self.neurons().clone())?.with_notes(notes))
    }

    /// Gives each word its volume.
    fn placed(&self, clock: &Clock) -> Result<Placed> {
        let mut used = vec![Vec::new(); clock.runs()];
        let (mut early, mut late, mut excess, mut worst) = (0, 0, 0.0_f64, 0);
        for (i, word) in self.stimulus().words().iter().enumerate() {
            let Some(onset) = word.onset else { continue };
            if !onset.is_finite() {
                return Err(Error::value(
                    format!("word {i} (`{}`) has the onset {onset}", word.text),
                    "give `starting_at` a finite number of seconds",
                ));
            }
            let end = clock.volumes(word.run) as f64 * clock.tr();
            if onset < 0.0 {
                early += 1;
            } else if onset >= end {
                late += 1;
                if onset - end >= excess {
                    (excess, worst) = (onset - end, word.run);
                }
            } else if self.unmatched.binary_search(&i).is_err() {
                // Rounding may put an onset just before the run's end into the volume behind it.
                let volume = ((onset / clock.tr()).floor() as usize).min(clock.volumes(word.run) - 1);
                used[word.run].push((i, volume));
            }
        }
        if late > 0 {
            return Err(Error::value(
                format!(
                    "{late} words of `{}` begin after their run's last volume has ended, by up to {excess:.2} s (run {worst}); the clock has {clock}",
                    self.stimulus().name()
                ),
                "see that TR and story onset are right; to leave these words without time, read `stimulus.within(&clock)?`",
            ));
        }
        let mut notes = Vec::new();
        if early > 0 {
            notes.push(format!("{early} words before the first volume of their run are not used"));
        }
        if !self.unmatched.is_empty() {
            notes.push(format!("{} words without a token are not used", self.unmatched.len()));
        }
        for run in (0..clock.runs()).filter(|run| used[*run].is_empty()) {
            notes.push(format!("run {run} has no word with a time"));
        }
        Ok(Placed { words: used, notes })
    }
}

/// Courses of some neurons (`values`: word × neuron) in one run, and how many of them do not vary.
fn courses(values: ArrayView2<f32>, words: &[(usize, usize)], volumes: usize, weights: &[f64]) -> (Array2<f32>, usize) {
    let neurons = values.ncols();
    let mut binned: Array2<f64> = Array2::zeros((volumes, neurons));
    let mut heard = vec![0_u32; volumes];
    let mut mean = ndarray::Array1::<f64>::zeros(neurons);
    let mut largest = vec![0.0_f64; neurons];
    for &(word, volume) in words {
        heard[volume] += 1;
        let row = values.row(word);
        for (neuron, value) in row.iter().map(|v| f64::from(*v)).enumerate() {
            binned[(volume, neuron)] += value;
            mean[neuron] += value;
            largest[neuron] = largest[neuron].max(value.abs());
        }
    }
    mean /= (words.len() as f64).max(1.0);
    for (mut row, count) in binned.rows_mut().into_iter().zip(&heard) {
        if *count > 0 {
            row.zip_mut_with(&mean, |sum, mean| *sum = *sum / f64::from(*count) - mean);
        }
    }
    let mut convolved: Array2<f64> = Array2::zeros((volumes, neurons));
    for volume in 0..volumes {
        for (lag, weight) in weights.iter().enumerate().take(volume + 1).filter(|(lag, _)| heard[volume - lag] > 0) {
            convolved.row_mut(volume).scaled_add(*weight, &binned.row(volume - lag));
        }
    }
    let mut still = 0;
    for (mut course, largest) in convolved.axis_iter_mut(Axis(1)).zip(&largest) {
        let mean = course.sum() / volumes as f64;
        course -= mean;
        let deviation = (course.iter().map(|v| v * v).sum::<f64>() / volumes as f64).sqrt();
        // Differences below the resolution of the f32 values are rounding.
        match deviation > 1e-7 * largest {
            true => course /= deviation,
            false => {
                course.fill(0.0);
                still += 1;
            }
        }
    }
    (convolved.mapv(|v| v as f32), still)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NeuronAxis, Site};
    use crate::stimulus::{Stimulus, Timing, Word};
    use ndarray::Array1;

    fn stored<T: ndarray_npy::ReadNpyExt>(name: &str) -> T {
        ndarray_npy::read_npy(format!("{}/tests/reference/hrf/{name}.npy", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn courses_are_those_made_by_numpy_with_the_response_of_nilearn() {
        let (onsets, values): (Array1<f32>, Array2<f32>) = (stored("onsets"), stored("values"));
        let word = |(i, onset): (usize, &f32)| {
            let onset = f64::from(*onset);
            Word { text: "w".to_owned(), run: usize::from(i >= 90), onset: Some(onset), offset: Some(onset) }
        };
        let words = onsets.iter().enumerate().map(word).collect();
        let activations = Activations {
            values: values.into(),
            stimulus: Stimulus::new("reference", words, Timing::Made).unwrap(),
            neurons: NeuronAxis::new("reference", Site::FfnOut, 1, 3),
            unmatched: Vec::new().into(),
            unknown: Vec::new().into(),
            windows: String::new(),
        };
        let ours = activations.to_series(&Clock::new(1.5, &[60, 50]).unwrap()).unwrap();
        let theirs: Array2<f32> = stored("courses");
        let off = ours.data().iter().zip(&theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(off < 1e-5, "{off}");
    }
}
