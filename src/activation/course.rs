//! From words to the scan's clock, all neurons of a run at once.

use super::hrf::FINE;
use super::placing::{Placed, placed};
use super::series::Sampled;
use super::{Activations, NeuronSeries, Response, Sampling, Silence};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

/// Neurons worked on at a time by one thread.
const BLOCK: usize = 128;
/// Blocks that are finished before they are copied into the result, which bounds the memory beside it.
const TOGETHER: usize = 64;

impl Activations {
    /// The neurons' courses on the scan's clock as [`Sampling::default`] has them: mean over the words of each TR, SPM's canonical
    /// response, z-score in each run.
    ///
    /// # Errors
    /// As [`Activations::to_series_with`].
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
        self.to_series_with(clock, &Sampling::default())
    }

    /// The neurons' courses on the scan's clock, run by run, as `sampling` says: see [`sampling`](super::sampling) for the equations.
    ///
    /// `clock` is that of the whole scan; that of the result is shorter where the sampling trims volumes. Columns are the neurons, or
    /// blocks of all neurons where each has several regressors. Words that are not used and neurons that do not vary are
    /// counted in [`NeuronSeries::notes`].
    ///
    /// # Errors
    /// If clock and stimulus differ in their number of runs, words begin after a run's last volume (how many, by how much), a time
    /// is not a finite number, a setting is out of its range, or trimming leaves nothing of a run.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// let sampling = Sampling::default().hrf(Hrf::Glover).derivatives(Derivatives::Time).trim(2, 0);
    /// let series = acts.to_series_with(&Clock::new(1.5, &[12])?, &sampling)?;
    /// assert_eq!(series.data().dim(), (10, 2 * 6 * 384));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn to_series_with(&self, clock: &Clock, sampling: &Sampling) -> Result<NeuronSeries> {
        let axis = self.neurons().clone().with_copies(&sampling.copies());
        let words = WordValues {
            stimulus: self.stimulus(),
            values: self.values(),
            valueless: self.unmatched(),
            what: "neurons",
        };
        let made = Provenance::step("on the scan's clock").options_of(sampling, &[]).option("clock", clock);
        let whole = clock;
        let OnClock { data, clock, notes } = words.on_clock(whole, sampling)?;
        let series = NeuronSeries::new(data, clock, axis)?.with_notes(notes).made(made.input("activations", self));
        Ok(series.sampled_from(Sampled {
            activations: self.clone(),
            clock: whole.clone(),
            sampling: sampling.clone(),
            high_pass: Vec::new(),
        }))
    }
}

/// Values of words, whatever they are of.
pub(crate) struct WordValues<'a> {
    pub(crate) stimulus: &'a Stimulus,
    /// Word × column.
    pub(crate) values: ArrayView2<'a, f32>,
    /// Numbers of the words that have no value, ascending.
    pub(crate) valueless: &'a [usize],
    /// What the columns are, in the plural.
    pub(crate) what: &'a str,
}

/// Courses on the scan's clock (kept volume × column), and what is to be known of them.
pub(crate) struct OnClock {
    pub(crate) data: Array2<f32>,
    pub(crate) clock: Clock,
    pub(crate) notes: Vec<String>,
}

impl WordValues<'_> {
    /// The values' courses as `sampling` says, blocks of all columns where each has several regressors.
    pub(crate) fn on_clock(&self, clock: &Clock, sampling: &Sampling) -> Result<OnClock> {
        same_runs(self.stimulus, clock)?;
        sampling.check(clock)?;
        let (placed, notes) = placed(self.stimulus, self.valueless, clock, sampling)?;
        courses(self.values, &placed, clock, sampling, self.what, notes)
    }
}

/// What a response makes of a value for each volume of the whole scan (volume × column).
pub(crate) fn volumes_on_clock(
    values: ArrayView2<f32>,
    clock: &Clock,
    sampling: &Sampling,
    what: &str,
) -> Result<OnClock> {
    sampling.check(clock)?;
    let each = |run| Placed::volume_by_volume(clock.rows(run).start, clock.volumes(run));
    let placed: Vec<Placed> = (0..clock.runs()).map(each).collect();
    courses(values, &placed, clock, &sampling.clone().silence(Silence::Zero), what, Vec::new())
}

/// An error if the clock is not one of the stimulus' runs.
pub(crate) fn same_runs(stimulus: &Stimulus, clock: &Clock) -> Result<()> {
    match clock.runs() == stimulus.runs() {
        true => Ok(()),
        false => Err(Error::shape(
            format!("`{}` has {} runs, the clock {}: {clock}", stimulus.name(), stimulus.runs(), clock.runs()),
            "take the clock of the scan in which these runs were heard, or the stimuli of its runs: `Stimulus::join(&[…])`",
        )),
    }
}

fn courses(
    values: ArrayView2<f32>,
    placed: &[Placed],
    clock: &Clock,
    sampling: &Sampling,
    what: &str,
    mut notes: Vec<String>,
) -> Result<OnClock> {
    let kept = clock.trimmed(sampling.trim.0, sampling.trim.1)?;
    let responding = Responding::new(sampling, clock.tr())?;
    let width = values.ncols();
    let total = width * sampling.copies().len().max(1);
    let bytes = kept.total() as f64 * total as f64 * 4.0;
    if bytes > 1e9 {
        println!("{} volumes × {total} columns take {:.1} GB of memory", kept.total(), bytes / 1e9);
    }
    let blocks: Vec<usize> = (0..width).step_by(BLOCK).collect();
    let mut data = Array2::zeros((kept.total(), total));
    for (run, placed) in placed.iter().enumerate() {
        let rows = sampling.trim.0..sampling.trim.0 + kept.volumes(run);
        let mut still = 0;
        for blocks in blocks.chunks(TOGETHER) {
            let done = in_pool(|| {
                let block = blocks.par_iter().map(|&first| {
                    check_cancelled("courses on the scan's clock")?;
                    let columns = first..(first + BLOCK).min(width);
                    let words = Words { values: values.slice(s![.., columns]), placed };
                    Ok(words.courses(&responding, rows.clone(), sampling))
                });
                block.collect::<Result<Vec<Block>>>()
            })?;
            for (&first, block) in blocks.iter().zip(&done) {
                for (copy, courses) in block.courses.iter().enumerate() {
                    let column = copy * width + first;
                    data.slice_mut(s![kept.rows(run), column..column + courses.ncols()]).assign(courses);
                }
                still += block.still;
            }
        }
        if still > 0 {
            notes.push(format!("{still} of {width} {what} do not vary in run {run}: zeros there"));
        }
    }
    Ok(OnClock { data, clock: kept, notes })
}

/// What is done to a course, for all columns that come of it.
enum Responding {
    /// For each column what every earlier volume adds: lag 0, 1, 2 …
    Lags(Vec<Vec<f64>>),
    /// Volumes by which each column is later.
    Delays(Vec<usize>),
}

impl Responding {
    fn new(sampling: &Sampling, tr: f64) -> Result<Responding> {
        let read = (sampling.slice_reference * FINE as f64).round() as usize;
        match &sampling.response {
            Response::None => Ok(Responding::Lags(vec![vec![1.0]])),
            Response::Hrf(hrf) => {
                let lags = sampling.parts().iter().map(|part| hrf.per_volume(*part, tr, read));
                Ok(Responding::Lags(lags.collect::<Result<_>>()?))
            }
            Response::Fir(delays) => Ok(Responding::Delays(delays.clone())),
        }
    }
}

/// Some neurons' values (word × neuron), and the words of one run.
struct Words<'a> {
    values: ArrayView2<'a, f32>,
    placed: &'a Placed,
}

/// Finished courses of some neurons, one array (kept volume × neuron) a regressor, and how many neurons do not vary.
struct Block {
    courses: Vec<Array2<f32>>,
    still: usize,
}

impl Words<'_> {
    fn courses(&self, responding: &Responding, kept: Range<usize>, sampling: &Sampling) -> Block {
        let course = self.sampled(sampling.silence);
        let largest = self.largest();
        let z = |course: &mut Array2<f64>| match sampling.z_score {
            true => z_score(course, kept.clone(), &largest),
            false => vec![false; course.ncols()],
        };
        let mut still = vec![false; self.values.ncols()];
        let mut courses = Vec::new();
        match responding {
            Responding::Lags(columns) => {
                for lags in columns {
                    let mut column = self.convolved(&course, lags);
                    still.iter_mut().zip(z(&mut column)).for_each(|(still, constant)| *still |= constant);
                    courses.push(column.slice(s![kept.clone(), ..]).mapv(|v| v as f32));
                }
            }
            Responding::Delays(delays) => {
                let mut course = course;
                still = z(&mut course);
                for delay in delays {
                    let mut column = Array2::zeros((kept.len(), course.ncols()));
                    for (mut row, volume) in column.rows_mut().into_iter().zip(kept.clone()) {
                        if let Some(earlier) = volume.checked_sub(*delay) {
                            row.assign(&course.row(earlier).mapv(|v| v as f32));
                        }
                    }
                    courses.push(column);
                }
            }
        }
        Block { courses, still: still.into_iter().filter(|still| *still).count() }
    }

    /// Volume × neuron: the words' values at the volumes.
    fn sampled(&self, silence: Silence) -> Array2<f64> {
        let neurons = self.values.ncols();
        let mut mean = Array1::<f64>::zeros(neurons);
        if silence == Silence::Mean {
            for &word in &self.placed.words {
                mean.zip_mut_with(&self.values.row(word), |sum, value| *sum += f64::from(*value));
            }
            mean /= (self.placed.words.len() as f64).max(1.0);
        }
        let mut course = Array2::zeros((self.placed.volumes.len(), neurons));
        for (mut row, words) in course.rows_mut().into_iter().zip(&self.placed.volumes) {
            let mut total = 0.0;
            for &(place, weight) in words {
                total += weight;
                let values = self.values.row(self.placed.words[place]);
                row.zip_mut_with(&values, |sum, value| *sum += weight * f64::from(*value));
            }
            row.scaled_add(-total, &mean);
        }
        course
    }

    /// The course with each earlier volume's value added as `lags` say.
    fn convolved(&self, course: &Array2<f64>, lags: &[f64]) -> Array2<f64> {
        let mut convolved = Array2::zeros(course.raw_dim());
        for (volume, mut row) in convolved.rows_mut().into_iter().enumerate() {
            for (lag, weight) in lags.iter().enumerate().take(volume + 1) {
                if !self.placed.volumes[volume - lag].is_empty() {
                    row.scaled_add(*weight, &course.row(volume - lag));
                }
            }
        }
        convolved
    }

    /// Each neuron's largest absolute value.
    fn largest(&self) -> Array1<f64> {
        let mut largest = Array1::zeros(self.values.ncols());
        for &word in &self.placed.words {
            largest.zip_mut_with(&self.values.row(word), |m: &mut f64, v| *m = m.max(f64::from(v.abs())));
        }
        largest
    }
}

/// Brings each column to mean 0 and standard deviation 1 over the volumes `kept`; a column that does not vary there becomes 0 and
/// is marked.
fn z_score(course: &mut Array2<f64>, kept: Range<usize>, largest: &Array1<f64>) -> Vec<bool> {
    let volumes = kept.len() as f64;
    let mean = course.slice(s![kept.clone(), ..]).sum_axis(Axis(0)) / volumes;
    *course -= &mean;
    let mut squares = Array1::<f64>::zeros(course.ncols());
    for row in course.slice(s![kept, ..]).rows() {
        squares.zip_mut_with(&row, |sum, v| *sum += v * v);
    }
    let deviation = squares.mapv(|sum| (sum / volumes).sqrt());
    // Differences below the resolution of the f32 values are rounding.
    let still: Vec<bool> = deviation.iter().zip(largest).map(|(d, largest)| *d <= 1e-7 * largest).collect();
    for mut row in course.rows_mut() {
        row.iter_mut().zip(&deviation).zip(&still).for_each(|((v, deviation), still)| {
            *v = if *still { 0.0 } else { *v / deviation };
        });
    }
    still
}
