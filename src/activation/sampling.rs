//! How values of words become courses on the scan's clock.
//!
//! A run has words i at times tᵢ, values vᵢ (one neuron's), and volumes k = 0 … n − 1, each TR seconds long; volume 0 begins at
//! [`scan_start`](Sampling::scan_start) of the words' clock, so τᵢ = tᵢ − scan_start. Runs are worked on one by one and never see one another.
//!
//! 1. **Time of a word** ([`WordTime`]): its onset, or its middle (onset + offset)/2.
//! 2. **Silence** ([`Silence`]): by default values are centred over the run's words, aᵢ = vᵢ − mean(v), so that a volume without
//!    words (0) stands at the mean; or aᵢ = vᵢ, and silence is a value of zero.
//! 3. **Words → volumes** ([`Downsampling`]), x = M·a with a banded M:
//!    * mean: xₖ = mean of the aᵢ with τᵢ ∈ [k·TR, (k+1)·TR), 0 if there is none;
//!    * sum: xₖ = Σ of the same;
//!    * Lanczos: xₖ = Σᵢ L(f·(sₖ − τᵢ)), f = cutoff/TR, L(u) = lobes·sin(πu)·sin(πu/lobes)/(πu)² for |u| < lobes, L(0) = 1, else 0; the
//!      samples' times are sₖ = (k + slice reference)·TR, and (k + ½)·TR where a haemodynamic response follows. These are the weights of
//!      the Huth lab's `lanczosinterp2D` (and LITcoder's); they are not divided by their sum.
//! 4. **Response** ([`Response`]):
//!    * haemodynamic: x, each value held through its TR, is convolved with h on a grid of TR/16 and read at the slice reference (the
//!      nearest of the 17 grid points from 0 to 1) of each TR: yₖ = Σⱼ w(j)·xₖ₋ⱼ, w(j) being h summed over the lags from that point to
//!      TR k − j; before the run x is 0. With derivatives ([`Derivatives`]) there are two or three columns a neuron;
//!    * FIR: a column for each delay d, y⁽ᵈ⁾ₖ = xₖ₋d, 0 where k < d;
//!    * none: y = x.
//! 5. **Trimming** ([`Sampling::trim`]): the first and last volumes of each run are cut off. Trim the BOLD alike:
//!    [`VoxelSeries::trimmed`](crate::brain::VoxelSeries::trimmed).
//! 6. **z-score** ([`Sampling::z_score`]): over the volumes that are kept, standard deviation with n. FIR: mean and deviation are those of x,
//!    and the zero of z fills the volumes before a delay, as where `make_delayed` follows a z-score.
//!
//! The columns of several regressors stand in blocks, all neurons of the first, then all of the second
//! ([`NeuronAxis::with_copies`](crate::model::NeuronAxis::with_copies)).
//!
//! What is not so regular:
//!
//! * A word without a time, or without a value (no token), has no place, and no part in the mean.
//! * A word *before the first volume* is used by Lanczos where its window reaches a volume; else it is not used, and counted in the notes.
//! * A word that *begins after the last volume has ended* is an error: TR or story onset are wrong more often than the scan was
//!   stopped. `stimulus.within(&clock)?` takes these words' times away. A word whose middle alone lies behind the end is treated as
//!   one before the first volume.
//! * A neuron that *does not vary* in a run is 0 there after a z-score, and counted.
//! * A run *without words* is 0 throughout, and named.
//!
//! ```
//! use neurocell::prelude::*;
//! let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
//! let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
//! // As the Huth lab does it: Lanczos, then four delays.
//! let huth = Sampling::default().lanczos(3).fir(&[1, 2, 3, 4]).silence(Silence::Zero);
//! let series = acts.to_series_with(&Clock::new(2.0, &[12])?, &huth)?;
//! assert_eq!(series.data().dim(), (12, 4 * 6 * 384));
//! # Ok::<(), neurocell::Error>(())
//! ```

use super::{Hrf, HrfPart};
use crate::clock::Clock;
use crate::error::{Error, Result};

/// When a word counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum WordTime {
    /// When it begins.
    #[default]
    Onset,
    /// In the middle between onset and offset.
    Centre,
}

/// How the words of a volume become one value.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Downsampling {
    /// The mean over the words within the TR.
    #[default]
    Mean,
    /// The sum over the words within the TR.
    Sum,
    /// Low-pass interpolation by a windowed sinc.
    Lanczos {
        /// Lobes of the window on each side; 3 is the field's habit.
        lobes: usize,
        /// The cutoff, as a multiple of 1/TR; 1 is the field's habit.
        cutoff: f64,
    },
}

/// What the BOLD signal makes of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The course is left as it is.
    None,
    /// It is convolved with a canonical haemodynamic response.
    Hrf(Hrf),
    /// The voxel finds its own response: the course is given once for each delay, in TRs (finite impulse response).
    Fir(Vec<usize>),
}

impl Default for Response {
    fn default() -> Response {
        Response::Hrf(Hrf::Spm)
    }
}

/// Which derivatives of the haemodynamic response make further columns; they are not made orthogonal to the response, as
/// nilearn's `compute_regressor` makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Derivatives {
    /// None: one column a neuron.
    #[default]
    None,
    /// The time derivative: two columns.
    Time,
    /// The time and the dispersion derivative: three columns.
    TimeAndDispersion,
}

/// What a volume without words is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Silence {
    /// The mean of the run's words: values are centred first.
    #[default]
    Mean,
    /// A value of zero: values are taken as they are.
    Zero,
}

/// How values of words become courses; the [module](self) has the equations.
///
/// ```
/// use neurocell::prelude::*;
/// let sampling = Sampling::default().word_time(WordTime::Centre).hrf(Hrf::Glover).derivatives(Derivatives::Time).trim(4, 0);
/// assert_eq!(sampling.slice_reference, 0.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// When a word counts. Default: at its onset.
    pub word_time: WordTime,
    /// How the words of a volume become one value. Default: their mean.
    pub downsampling: Downsampling,
    /// What the BOLD signal makes of it. Default: SPM's canonical response.
    pub response: Response,
    /// Which derivatives of the haemodynamic response make further columns. Default: none.
    pub derivatives: Derivatives,
    /// When each run's first volume begins, in seconds on the words' clock. Default 0.
    pub scan_start: f64,
    /// The point within a TR for which a volume stands, from 0 (its begin) to 1. Default 0.5: the middle, to which fMRIPrep's
    /// slice-time correction moves a volume.
    pub slice_reference: f64,
    /// Volumes that are cut off at the begin and at the end of each run. Default: none.
    pub trim: (usize, usize),
    /// Whether each run of each column gets mean 0 and standard deviation 1. Default: yes.
    pub z_score: bool,
    /// What a volume without words is. Default: the mean of the run's words.
    pub silence: Silence,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling {
            word_time: WordTime::default(),
            downsampling: Downsampling::default(),
            response: Response::default(),
            derivatives: Derivatives::default(),
            scan_start: 0.0,
            slice_reference: 0.5,
            trim: (0, 0),
            z_score: true,
            silence: Silence::default(),
        }
    }
}

impl Sampling {
    /// When a word counts.
    pub fn word_time(self, word_time: WordTime) -> Sampling {
        Sampling { word_time, ..self }
    }

    /// A volume is the mean over its words.
    pub fn mean(self) -> Sampling {
        Sampling { downsampling: Downsampling::Mean, ..self }
    }

    /// A volume is the sum over its words.
    pub fn sum(self) -> Sampling {
        Sampling { downsampling: Downsampling::Sum, ..self }
    }

    /// Lanczos interpolation with so many lobes and a cutoff of 1/TR, or of the multiple that was set before.
    pub fn lanczos(self, lobes: usize) -> Sampling {
        let cutoff = match self.downsampling {
            Downsampling::Lanczos { cutoff, .. } => cutoff,
            _ => 1.0,
        };
        Sampling { downsampling: Downsampling::Lanczos { lobes, cutoff }, ..self }
    }

    /// Lanczos interpolation with the cutoff at `multiple`/TR, and 3 lobes or the number that was set before.
    pub fn cutoff(self, multiple: f64) -> Sampling {
        let lobes = match self.downsampling {
            Downsampling::Lanczos { lobes, .. } => lobes,
            _ => 3,
        };
        Sampling { downsampling: Downsampling::Lanczos { lobes, cutoff: multiple }, ..self }
    }

    /// Convolution with a canonical haemodynamic response.
    pub fn hrf(self, hrf: Hrf) -> Sampling {
        Sampling { response: Response::Hrf(hrf), ..self }
    }

    /// A column for each of these delays, in TRs.
    pub fn fir(self, delays: &[usize]) -> Sampling {
        Sampling { response: Response::Fir(delays.to_vec()), ..self }
    }

    /// No response: the courses are what the words say, with the words' times.
    pub fn no_response(self) -> Sampling {
        Sampling { response: Response::None, ..self }
    }

    /// Which derivatives of the haemodynamic response make further columns.
    pub fn derivatives(self, derivatives: Derivatives) -> Sampling {
        Sampling { derivatives, ..self }
    }

    /// When each run's first volume begins, in seconds on the words' clock.
    pub fn scan_start(self, seconds: f64) -> Sampling {
        Sampling { scan_start: seconds, ..self }
    }

    /// The point within a TR for which a volume stands, from 0 to 1.
    pub fn slice_reference(self, share: f64) -> Sampling {
        Sampling { slice_reference: share, ..self }
    }

    /// Volumes that are cut off at the begin and at the end of each run.
    pub fn trim(self, lead_in: usize, lead_out: usize) -> Sampling {
        Sampling { trim: (lead_in, lead_out), ..self }
    }

    /// Whether each run of each column gets mean 0 and standard deviation 1.
    pub fn z_score(self, z_score: bool) -> Sampling {
        Sampling { z_score, ..self }
    }

    /// What a volume without words is.
    pub fn silence(self, silence: Silence) -> Sampling {
        Sampling { silence, ..self }
    }

    /// Whether all settings are ones that can be worked with on this clock.
    pub(super) fn check(&self, clock: &Clock) -> Result<()> {
        let bad = |problem: String, advice: &str| Err(Error::value(problem, advice));
        if !self.scan_start.is_finite() {
            let advice = "give the seconds on the words' clock at which the first volume begins";
            return bad(format!("the scan starts at {} s", self.scan_start), advice);
        }
        if !(0.0..=1.0).contains(&self.slice_reference) {
            let advice = "give a share of the TR between 0 and 1, 0.5 for its middle (not seconds)";
            return bad(format!("the slice reference is {}", self.slice_reference), advice);
        }
        if let Downsampling::Lanczos { lobes, cutoff } = self.downsampling
            && (lobes == 0 || !cutoff.is_finite() || cutoff <= 0.0)
        {
            let advice = "give at least one lobe (3 is usual) and a cutoff above 0, as a multiple of 1/TR";
            return bad(format!("Lanczos with {lobes} lobes and a cutoff of {cutoff}/TR"), advice);
        }
        if self.derivatives != Derivatives::None && !matches!(self.response, Response::Hrf(_)) {
            let problem = format!("{:?} derivatives of the response {:?}", self.derivatives, self.response);
            return bad(problem, "only a haemodynamic response has derivatives: set `.hrf(Hrf::Spm)`");
        }
        let Response::Fir(delays) = &self.response else { return Ok(()) };
        if delays.is_empty() {
            return bad("no FIR delay".to_owned(), "give some, in TRs: `.fir(&[1, 2, 3, 4])`");
        }
        if let Some((n, delay)) = delays.iter().enumerate().find(|(n, delay)| delays[..*n].contains(delay)) {
            let problem = format!("FIR delay {n} is {delay} TR, as one before it");
            return bad(problem, "give each delay once: equal columns cannot be told apart");
        }
        for run in 0..clock.runs() {
            // What is left of a delayed run: volumes from the delay on that are not trimmed away.
            let end = clock.volumes(run).saturating_sub(self.trim.1);
            if let Some(delay) = delays.iter().find(|delay| **delay >= end) {
                let problem =
                    format!("a FIR delay of {delay} TR leaves nothing of run {run}, of which {end} volumes are kept");
                return bad(problem, "delays are counted in TRs, not seconds; 1 to 4 or 6 are usual");
            }
        }
        Ok(())
    }

    /// The parts of a haemodynamic response that make a column each.
    pub(super) fn parts(&self) -> &'static [HrfPart] {
        use HrfPart::{DispersionDerivative, Response, TimeDerivative};
        match self.derivatives {
            Derivatives::None => &[Response],
            Derivatives::Time => &[Response, TimeDerivative],
            Derivatives::TimeAndDispersion => &[Response, TimeDerivative, DispersionDerivative],
        }
    }

    /// The names of a neuron's columns; none where it has one.
    pub(crate) fn copies(&self) -> Vec<String> {
        match &self.response {
            Response::Fir(delays) => delays.iter().map(|delay| format!("delay {delay} TR")).collect(),
            Response::Hrf(_) if self.derivatives != Derivatives::None => {
                let name = |part: &HrfPart| match part {
                    HrfPart::Response => "response".to_owned(),
                    HrfPart::TimeDerivative => "time derivative".to_owned(),
                    HrfPart::DispersionDerivative => "dispersion derivative".to_owned(),
                };
                self.parts().iter().map(name).collect()
            }
            _ => Vec::new(),
        }
    }
}
