//! Another text, or another model, in the units of a series that is at hand.
//!
//! A series is centred and scaled by its own words and volumes: each run of each neuron has mean 0 and standard deviation 1. A new text that was treated like that
//! would have mean 0 as well, and no two texts could differ in how active a neuron is on the whole. So what is new is centred by the words, and scaled by the
//! volumes, of the series from which everything else was learned.

use crate::activation::{Activations, NeuronSeries, OnClock, Response, Sampled, Sampling, Silence, WordValues};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::model::{Model, NeuronAxis};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

/// What a series was centred and scaled by, run by run.
pub(super) struct Units {
    source: Sampled,
    neurons: NeuronAxis,
    /// Run × neuron: the mean over its words, 0 where silence is a value of zero.
    words: Array2<f64>,
    /// Run × column: mean over volumes, and 1 / standard deviation (0 where it does not vary).
    mean: Array2<f64>,
    inverse: Array2<f64>,
}

impl Units {
    /// Of a series that was sampled from activations.
    pub(super) fn of(series: &NeuronSeries) -> Result<Units> {
        let source = series.source().ok_or_else(|| {
            Error::value(
                format!("the series of {} does not know the text and the model that it comes from", series.neurons()),
                "give one that was made by `activations.to_series(&clock)`, filtered by `.high_pass(…)` or not: a series given as an array, or joined, cannot be made for another text",
            )
        })?;
        let (sampling, acts) = (&source.sampling, &source.activations);
        let (runs, width) = (source.clock.runs(), acts.neurons().total());
        let mut words = Array2::zeros((runs, width));
        if sampling.silence == Silence::Mean {
            let mut counted = vec![0usize; runs];
            for (n, word) in acts.stimulus().words().iter().enumerate() {
                if word.onset.is_some() && acts.unmatched().binary_search(&n).is_err() {
                    counted[word.run] += 1;
                    words.row_mut(word.run).zip_mut_with(&acts.values().row(n), |sum, v| *sum += f64::from(*v));
                }
            }
            words.rows_mut().into_iter().zip(counted).for_each(|(mut row, count)| row /= (count.max(1)) as f64);
        }
        let columns = series.data().ncols();
        let (mean, inverse) = (Array2::zeros((runs, columns)), Array2::ones((runs, columns)));
        let mut units = Units { source: source.clone(), neurons: series.neurons().clone(), words, mean, inverse };
        if sampling.z_score {
            units.scale()?;
        }
        Ok(units)
    }

    /// The activations that the series was sampled from.
    pub(super) fn activations(&self) -> &Activations {
        &self.source.activations
    }

    /// How the series was sampled.
    pub(super) fn sampling(&self) -> &Sampling {
        &self.source.sampling
    }

    /// Finds what the z-score took away.
    fn scale(&mut self) -> Result<()> {
        // A finite impulse response is scaled before it is delayed.
        let plain = match self.source.sampling.response {
            Response::Fir(_) => self.source.sampling.clone().no_response(),
            _ => self.source.sampling.clone(),
        };
        let OnClock { data, clock, .. } = self.raw(&self.source.activations, &self.source.clock, &plain, |run| run)?;
        let width = data.ncols();
        for run in 0..clock.runs() {
            let rows = data.slice(s![clock.rows(run), ..]);
            let (mean, inverse) = moments(rows.columns().into_iter());
            for (column, (m, i)) in mean.into_iter().zip(inverse).enumerate() {
                for copy in (column..self.mean.ncols()).step_by(width) {
                    (self.mean[[run, copy]], self.inverse[[run, copy]]) = (m, i);
                }
            }
        }
        Ok(())
    }

    /// Courses before any z-score; `of` says by which run's words each run is centred.
    fn raw(
        &self,
        acts: &Activations,
        clock: &Clock,
        sampling: &Sampling,
        of: impl Fn(usize) -> usize,
    ) -> Result<OnClock> {
        let mut values = acts.values().to_owned();
        for (mut row, word) in values.rows_mut().into_iter().zip(acts.stimulus().words()) {
            row.zip_mut_with(&self.words.row(of(word.run)), |v, mean| *v = (f64::from(*v) - mean) as f32);
        }
        let (stimulus, valueless) = (acts.stimulus(), acts.unmatched());
        let words = WordValues { stimulus, values: values.view(), valueless, what: "neurons" };
        words.on_clock(clock, &sampling.clone().silence(Silence::Zero).z_score(false))
    }

    /// The same text as another model reads it, in each run's units, filtered as the series was.
    pub(super) fn same_text(&self, acts: &Activations) -> Result<NeuronSeries> {
        let OnClock { mut data, clock, .. } = self.raw(acts, &self.source.clock, &self.source.sampling, |run| run)?;
        for run in 0..clock.runs() {
            scaled(&mut data, clock.rows(run), self.mean.row(run), self.inverse.row(run));
        }
        let series = NeuronSeries::new(data, clock, self.neurons.clone())?;
        self.source.high_pass.iter().try_fold(series, |series, cutoff| series.high_pass(*cutoff))
    }

    /// A new text, in the units of a run of the series as they are on average. Nothing is trimmed or filtered: a filter would take away what a whole text does.
    pub(super) fn new_text(&self, acts: &Activations, clock: &Clock) -> Result<(Array2<f32>, Vec<String>)> {
        let average = self.averaged()?;
        let sampling = self.source.sampling.clone().trim(0, 0).scan_start(0.0);
        let OnClock { mut data, clock, notes } = average.raw(acts, clock, &sampling, |_| 0)?;
        scaled(&mut data, 0..clock.total(), average.mean.row(0), average.inverse.row(0));
        Ok((data, notes))
    }

    /// One run that stands for all: mean of means, root of the mean of variances.
    fn averaged(&self) -> Result<Units> {
        let of = |rows: &Array2<f64>| rows.mean_axis(Axis(0)).unwrap_or_default().insert_axis(Axis(0));
        let variance = self.inverse.mapv(|inverse| if inverse > 0.0 { inverse.powi(-2) } else { 0.0 });
        let inverse = of(&variance).mapv(|variance| if variance > 0.0 { variance.sqrt().recip() } else { 0.0 });
        let (words, mean) = (of(&self.words), of(&self.mean));
        Ok(Units { source: self.source.clone(), neurons: self.neurons.clone(), words, mean, inverse })
    }

    /// An error unless `model` is the one that was read, changed in its forward pass or not.
    pub(super) fn check(&self, model: &Model, whose: &str) -> Result<()> {
        let axis = self.activations().neurons();
        let Some(reading) = self.activations().reading() else {
            return Err(Error::value(
                format!("{whose} does not know how its activations were read"),
                "read them by `model.activations(&story, site)`",
            ));
        };
        if reading.identity == model.unchanged_identity() {
            return Ok(());
        }
        let (which, same) = (model.name(), model.name() == axis.model);
        let but = if same { ", and both have one name and other weights" } else { "" };
        Err(Error::value(
            format!("{whose} was made with {}, and the model given is {which}{but}", axis.model),
            format!("give `Model::load(\"{}\")?`, or make it anew with {which}", axis.model),
        ))
    }
}

fn scaled(data: &mut Array2<f32>, rows: std::ops::Range<usize>, mean: ArrayView1<f64>, inverse: ArrayView1<f64>) {
    for mut row in data.slice_mut(s![rows, ..]).rows_mut() {
        row.iter_mut().zip(mean.iter().zip(inverse)).for_each(|(v, (mean, inverse))| {
            *v = ((f64::from(*v) - mean) * inverse) as f32;
        });
    }
}

/// Mean and 1 / standard deviation of columns; 0 for one that does not vary.
pub(super) fn moments<'a>(columns: impl Iterator<Item = ArrayView1<'a, f32>>) -> (Array1<f64>, Array1<f64>) {
    let each = columns.map(|column| {
        let count = column.len() as f64;
        let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
        let square = column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / count;
        let largest = column.iter().fold(0.0_f64, |most, v| most.max(f64::from(v.abs())));
        (mean, if square.sqrt() > 1e-6 * largest { square.sqrt().recip() } else { 0.0 })
    });
    let (mean, inverse): (Vec<f64>, Vec<f64>) = each.unzip();
    (mean.into(), inverse.into())
}
