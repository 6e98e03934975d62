//! What a brain that was modelled would do while it hears a text that nobody heard.

use super::predicted::Predicted;
use super::units::{Units, moments};
use crate::activation::{NeuronSeries, Response};
use crate::brain::VoxelSeries;
use crate::clock::Clock;
use crate::encoding::{EncodingFit, Predictors, Scale, Targets};
use crate::error::{Error, Result};
use crate::linalg::product;
use crate::model::Model;
use crate::notebook::{Progress, check_cancelled};
use crate::pattern::Patterns;
use crate::provenance::{Provenance, Traced};
use crate::stimulus::Stimulus;
use ndarray::{Array2, Axis};
use std::fmt;
use std::sync::Arc;

/// Seconds of scan after a text's last word, in which a predicted response fades.
const FADING: f64 = 12.0;

/// Encoding models of one or several subjects, with all that takes a new text to them; clones are cheap.
///
/// A new text takes the way that the training text took: the same site of the same model with the same context and pooling, the same [`Sampling`](crate::activation::Sampling),
/// the same patterns, the fit. One thing must *not* be done again: centring and scaling. A text that is z-scored by itself has mean 0 whatever it is about,
/// and so would every contrast. New courses are in the units of the training text: a neuron's value is compared with its mean over the *training* words, and divided by its standard
/// deviation over the *training* volumes; patterns are read by the fixed map Lᵀ(LLᵀ)⁺ of [`Patterns::transform`]; a high-pass filter that went over the training courses is not
/// applied, since it would take away what a text does as a whole.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(model: Model, neurons: NeuronSeries, patterns: Patterns, fit: EncodingFit, bold: VoxelSeries) -> Result<()> {
/// let silico = InSilico::new(&model, &neurons)?.through(&patterns)?.subject(&fit, &bold)?;
/// let text = Stimulus::from_text("new", "Nobody in the scanner has heard of this harbour, nor of the lamp that burned there.", Speaking::default())?;
/// let predicted = silico.predict(&text)?;
/// println!("{predicted}");
/// let courses = predicted.networks(&Networks::yeo7()?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct InSilico(Arc<Inner>);

#[derive(Clone)]
pub(super) struct Inner {
    model: Model,
    neurons: NeuronSeries,
    units: Arc<Units>,
    through: Option<Through>,
    pub(super) subjects: Vec<Subject>,
}

/// Patterns through which neurons are seen.
#[derive(Clone)]
struct Through {
    patterns: Patterns,
    /// Neuron × pattern.
    projection: Arc<Array2<f32>>,
    /// Of the series in which patterns were found, over all its volumes.
    mean: Arc<[f64]>,
    inverse: Arc<[f64]>,
    /// Median r of the patterns' courses with what the projection makes of the training text.
    agreement: f64,
}

/// One subject's model and the data that it was learned from.
#[derive(Clone)]
pub(super) struct Subject {
    pub fit: EncodingFit,
    pub bold: VoxelSeries,
    /// Kept volume × regressor, standardised.
    pub x: Arc<Array2<f32>>,
    /// Kept rows, and the clock that they make.
    pub kept: Arc<[usize]>,
    pub clock: Clock,
}

impl InSilico {
    /// For models that were fitted to neurons' courses themselves: `encode(&neurons, &bold, …)`. For models of patterns, [`InSilico::through`] comes next.
    ///
    /// # Errors
    /// If the series does not know the text that it comes from, or was read from another model.
    pub fn new(model: &Model, neurons: &NeuronSeries) -> Result<InSilico> {
        let units = Units::of(neurons)?;
        units.check(model, "the neuron series")?;
        let (model, neurons) = (model.clone(), neurons.clone());
        Ok(InSilico(Arc::new(Inner { model, neurons, units: Arc::new(units), through: None, subjects: Vec::new() })))
    }

    /// For models that were fitted to patterns of these neurons: `encode(&patterns, &bold, …)`.
    ///
    /// # Errors
    /// If the patterns are of other neurons, or subjects were added before.
    pub fn through(&self, patterns: &Patterns) -> Result<InSilico> {
        let neurons = &self.0.neurons;
        if patterns.neurons() != neurons.neurons() {
            return Err(Error::shape(
                format!("the patterns are of {}, the series of {}", patterns.neurons(), neurons.neurons()),
                "take the series in which the patterns were found",
            ));
        }
        patterns.clock().agree("the patterns", neurons.clock(), "the neuron series")?;
        if !self.0.subjects.is_empty() {
            return Err(Error::value(
                "patterns after subjects",
                "write `InSilico::new(&model, &neurons)?.through(&patterns)?.subject(&fit, &bold)?`",
            ));
        }
        let (mean, inverse) = moments(neurons.data().columns().into_iter());
        let mut through = Through {
            patterns: patterns.clone(),
            projection: Arc::new(patterns.projection()?),
            mean: mean.to_vec().into(),
            inverse: inverse.to_vec().into(),
            agreement: 1.0,
        };
        let back = through.courses(neurons.data().clone())?;
        let pairs = back.columns().into_iter().zip(patterns.courses().columns());
        let mut r: Vec<f64> = pairs.map(|(a, b)| crate::coupling::correlate::pearson(a, b)).collect();
        r.sort_by(f64::total_cmp);
        through.agreement = r.get(r.len() / 2).copied().unwrap_or(0.0);
        Ok(InSilico(Arc::new(Inner { through: Some(through), ..(*self.0).clone() })))
    }

    /// Adds a subject: a fit of this model's patterns (or neurons), and the data that it was fitted to, which say how sure its weights are.
    ///
    /// # Errors
    /// If fit and data do not belong together, the fit is not of these regressors, its mask differs from that of the subjects before, or its weights are not those of
    /// a ridge on all runs (components, a single split).
    pub fn subject(&self, fit: &EncodingFit, bold: &VoxelSeries) -> Result<InSilico> {
        let training = self.training();
        training.clock().agree(&format!("the {}", training.kind()), bold.clock(), bold.name())?;
        if fit.mask() != bold.mask() {
            return Err(Error::shape(
                format!("the fit has {} voxels, and {} has {} of another mask", fit.mask(), bold.name(), bold.mask()),
                "give the data that were fitted",
            ));
        }
        let whose = bold.name().split(';').next().unwrap_or_default();
        if whose != fit.whose {
            return Err(Error::value(
                format!("the fit is of {}, and the data are of {whose}", fit.whose),
                "give the data that were fitted",
            ));
        }
        if let Some(first) = self.0.subjects.first().filter(|first| first.fit.mask() != fit.mask()) {
            return Err(Error::shape(
                format!("{} has {} voxels, {whose} {} of another mask", first.fit.whose, first.fit.mask(), fit.mask()),
                "bring all subjects to one mask before fitting: `Masker::new(&mask)`",
            ));
        }
        let kept: Vec<usize> = (0..bold.kept().len()).filter(|row| bold.kept()[*row]).collect();
        let x = fit.regressors_of(training)?.select(Axis(0), &kept);
        let volumes: Vec<usize> = (0..bold.clock().runs())
            .map(|run| kept.iter().filter(|row| bold.clock().rows(run).contains(row)).count())
            .collect();
        let clock = Clock::new(bold.clock().tr(), &volumes)?;
        let subject = Subject { fit: fit.clone(), bold: bold.clone(), x: Arc::new(x), kept: kept.into(), clock };
        super::contrast::check_weights(&subject)?;
        let mut inner = (*self.0).clone();
        inner.subjects.push(subject);
        Ok(InSilico(Arc::new(inner)))
    }

    /// The predicted courses of a text with word times, in every voxel of every subject: from the scan's first volume at 0 s on the words' clock until 12 s after the last word.
    ///
    /// # Errors
    /// If there is no subject yet, no word has a time, or the model cannot read the text.
    pub fn predict(&self, text: &Stimulus) -> Result<Predicted> {
        self.has_subjects()?;
        let courses = self.courses(text, FADING)?;
        let mut each = Vec::new();
        for subject in &self.0.subjects {
            let predicted = subject.fit.in_deviations(subject.fit.regressors_of(&courses)?.view())?;
            let name = format!("predicted for {} in `{}`, heard by nobody", subject.fit.whose, text.name());
            let made = Provenance::step("predict").input("fit", &subject.fit).input(courses.kind(), &courses);
            let series = VoxelSeries::new(predicted, subject.fit.mask().clone(), courses.clock.clone(), name)?;
            each.push(series.made(made));
        }
        Predicted::new(each, text)
    }

    pub(super) fn has_subjects(&self) -> Result<()> {
        match self.0.subjects.is_empty() {
            false => Ok(()),
            true => Err(Error::value("there is no fit to predict with", "add one: `silico.subject(&fit, &bold)?`")),
        }
    }

    pub(super) fn subjects(&self) -> &[Subject] {
        &self.0.subjects
    }

    /// The regressors of the training text.
    fn training(&self) -> &dyn Predictors {
        match &self.0.through {
            Some(through) => &through.patterns,
            None => &self.0.neurons,
        }
    }

    /// TR of the scan.
    pub(super) fn tr(&self) -> f64 {
        self.0.neurons.clock().tr()
    }

    /// How long a response goes on after what caused it, in seconds: until it has settled.
    pub(super) fn settling(&self) -> f64 {
        match &self.0.units.sampling().response {
            Response::Fir(delays) => delays.iter().copied().max().unwrap_or(0) as f64 * self.tr(),
            Response::Hrf(_) => 10.0,
            Response::None => {
                let delays = self.0.subjects.iter().flat_map(|subject| subject.fit.delays().iter().copied());
                delays.max().unwrap_or(0) as f64 * self.tr()
            }
        }
    }

    /// A new text's regressors in the units of the training text's, until `after` seconds behind the last word.
    pub(super) fn courses(&self, text: &Stimulus, after: f64) -> Result<NewCourses> {
        let clock = clock_of(text, self.tr(), after)?;
        let units = &self.0.units;
        let Some(reading) = units.activations().reading() else {
            return Err(Error::value("the activations do not know how they were read", "read them anew"));
        };
        // Texts that are tried out are many and short: they are not kept.
        let options = reading.options.clone().without_store();
        let acts = self.0.model.activations_with(text, &[units.activations().neurons().site], &options)?.remove(0);
        let (neurons, notes) = units.new_text(&acts, &clock)?;
        let training = self.training();
        let courses = match &self.0.through {
            Some(through) => through.courses(neurons)?,
            None => neurons,
        };
        let made = Provenance::step("text in silico").input("activations", &acts).input("training", training);
        let describe = format!("{} of `{}`", training.describe(), text.name());
        Ok(NewCourses { courses, clock, kind: training.kind(), describe, notes, made })
    }

    /// The courses of several texts, one after the other.
    pub(super) fn all_courses(&self, texts: &[&Stimulus], after: f64) -> Result<Vec<NewCourses>> {
        let mut progress = Progress::new("texts read", texts.len() as u64);
        let read = texts.iter().map(|text| {
            check_cancelled("reading texts")?;
            let courses = self.courses(text, after)?;
            progress.advance(1);
            Ok(courses)
        });
        read.collect()
    }

    /// What made it.
    pub(crate) fn made(&self) -> Provenance {
        let made = Provenance::step("in silico").input("model", &self.0.model).input("training", self.training());
        made.inputs_of("fit", self.0.subjects.iter().map(|subject| &subject.fit))
            .inputs_of("bold", self.0.subjects.iter().map(|subject| &subject.bold))
    }
}

impl Through {
    /// Volume × pattern of neurons' courses in the units of the series in which the patterns were found.
    fn courses(&self, mut neurons: Array2<f32>) -> Result<Array2<f32>> {
        for mut row in neurons.rows_mut() {
            row.iter_mut().zip(self.mean.iter().zip(self.inverse.iter())).for_each(|(v, (mean, inverse))| {
                *v = ((f64::from(*v) - mean) * inverse) as f32;
            });
        }
        product(neurons.view(), self.projection.view())
    }
}

/// The clock of a scan that lasts until `after` seconds behind a text's last word.
fn clock_of(text: &Stimulus, tr: f64, after: f64) -> Result<Clock> {
    let mut volumes = Vec::new();
    for run in 0..text.runs() {
        let end = text.duration(run)?;
        if end <= 0.0 {
            return Err(Error::value(
                format!("no word of run {run} of `{}` has a time", text.name()),
                "give words onsets, for example by `Stimulus::from_text(\"a text\", \"…\", Speaking::default())?`",
            ));
        }
        volumes.push(((end + after) / tr).ceil().max(1.0) as usize);
    }
    Clock::new(tr, &volumes)
}

/// A new text's regressors.
pub(super) struct NewCourses {
    pub courses: Array2<f32>,
    pub clock: Clock,
    kind: &'static str,
    describe: String,
    pub notes: Vec<String>,
    made: Provenance,
}

impl Traced for NewCourses {
    fn provenance(&self) -> Provenance {
        self.made.clone()
    }
}

impl Predictors for NewCourses {
    fn courses(&self) -> &Array2<f32> {
        &self.courses
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn describe(&self) -> String {
        self.describe.clone()
    }

    fn regressor(&self, n: usize) -> String {
        format!("{} {n}", self.kind.trim_end_matches('s'))
    }
}

impl Subject {
    /// Measured voxels, kept volume × voxel, in standard deviations.
    pub fn measured(&self, voxels: std::ops::Range<usize>) -> Result<Array2<f32>> {
        let columns = Targets::columns(&self.bold, voxels)?;
        let scale = Scale::of(columns.view(), &self.kept);
        Ok(scale.applied(columns.view(), &self.kept))
    }
}

impl fmt::Display for InSilico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { through, subjects, .. } = &*self.0;
        write!(f, "InSilico: {} at {}", self.0.model.name(), self.0.neurons.neurons().site)?;
        if let Some(through) = through {
            let method = through.patterns.describe();
            write!(
                f,
                "\n  through {method}; read from the training text they are the patterns again with r = {:.2} (median)",
                through.agreement
            )?;
        }
        match subjects.len() {
            0 => write!(f, "\n  no subject yet: `.subject(&fit, &bold)?`"),
            n => {
                let names: Vec<&str> = subjects.iter().map(|subject| subject.fit.whose.as_str()).collect();
                write!(f, "\n  {n} subject(s): {}", names.join(", "))
            }
        }
    }
}

impl fmt::Debug for InSilico {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
