//! Whether two sides that are to be compared went through the same high-pass filter.

use super::cosine_drift;
use crate::clock::Clock;
use ndarray::{Array1, ArrayView2};
use std::fmt;

/// Columns that are looked at on each side.
const SAMPLE: usize = 64;
/// A cosine holds nothing if its part of a column's variance is below this share of a cosine's part of white noise.
const NOTHING: f64 = 0.01;
/// Periods from this on are looked at, in seconds; filters of BOLD end above it.
const SHORTEST: f64 = 40.0;
/// Share of the variance from which on a slow part is worth a word.
const MUCH: f64 = 0.02;
/// The usual cutoff.
const USUAL: f64 = 128.0;

/// One side has no slow courses, the other has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unfiltered {
    /// A cutoff in seconds that takes out what the data lack.
    pub cutoff: f64,
    /// Share of the other side's variance that is slower.
    pub share: f64,
}

impl Unfiltered {
    /// Looks whether `data` were high-passed and `regressors` were not; both are time × column on `clock`.
    ///
    /// The data's slow cosines tell: what a filter took out is 0 there. A run too short for a slow cosine says nothing.
    pub(crate) fn found(regressors: ArrayView2<f32>, data: ArrayView2<f32>, clock: &Clock) -> Option<Unfiltered> {
        let (mut cutoff, mut slow, mut all): (Option<f64>, f64, f64) = (None, 0.0, 0.0);
        for run in 0..clock.runs() {
            let rows = clock.rows(run);
            let cosines = cosine_drift(rows.len(), clock.tr(), SHORTEST.max(2.5 * clock.tr())).ok()?;
            let part = |side: ArrayView2<f32>| shares(side.slice(ndarray::s![rows.clone(), ..]), cosines.view());
            let least = NOTHING / rows.len() as f64;
            let missing = part(data)?.iter().take_while(|share| **share < least).count();
            if missing == 0 || missing == cosines.ncols() {
                return None;
            }
            // Every cutoff between these two periods takes out as many cosines.
            let period = |terms: usize| 2.0 * rows.len() as f64 * clock.tr() / terms as f64;
            let own =
                if (period(missing + 1)..=period(missing)).contains(&USUAL) { USUAL } else { period(missing).floor() };
            cutoff = Some(cutoff.map_or(own, |known: f64| known.min(own)));
            if let Some(shares) = part(regressors) {
                slow += shares.iter().take(missing).sum::<f64>() * rows.len() as f64;
                all += rows.len() as f64;
            }
        }
        let share = slow / all;
        cutoff.filter(|_| share > MUCH).map(|cutoff| Unfiltered { cutoff, share })
    }
}

impl fmt::Display for Unfiltered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the brain data have nothing slower than {:.0} s, and {:.0} % of the model side's variance is: let both sides pass one filter, `neurons.high_pass({:.1})?`",
            self.cutoff,
            100.0 * self.share,
            self.cutoff
        )
    }
}

/// The part of the variance that each cosine holds, mean over columns that vary; nothing if none does.
fn shares(side: ArrayView2<f32>, cosines: ArrayView2<f64>) -> Option<Array1<f64>> {
    let step = side.ncols().div_ceil(SAMPLE).max(1);
    let (mut sum, mut count) = (Array1::<f64>::zeros(cosines.ncols()), 0.0);
    for column in side.columns().into_iter().step_by(step) {
        let column = column.mapv(f64::from);
        let centred = &column - column.mean()?;
        let square = centred.dot(&centred);
        if square > 1e-12 * column.dot(&column) {
            sum += &(cosines.t().dot(&centred).mapv(|v| v * v) / square);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::NeuronSeries;
    use crate::model::{NeuronAxis, Site};
    use ndarray::Array2;

    /// Random walks: mostly slow.
    fn walks(clock: &Clock, columns: usize, seed: u32) -> Array2<f32> {
        let mut state = seed;
        let mut draw = || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let mut data = Array2::zeros((clock.total(), columns));
        for mut column in data.columns_mut() {
            let mut at = 0.0;
            column.iter_mut().for_each(|v| {
                at = 0.95 * at + draw();
                *v = at;
            });
        }
        data
    }

    fn filtered(data: Array2<f32>, clock: &Clock, seconds: f64) -> Array2<f32> {
        let axis = NeuronAxis::new("made", Site::FfnOut, 1, data.ncols());
        NeuronSeries::new(data, clock.clone(), axis).unwrap().high_pass(seconds).unwrap().data().clone()
    }

    #[test]
    fn a_filter_on_the_datas_side_only_is_found_with_its_cutoff() {
        let clock = Clock::new(1.5, &[300, 260]).unwrap();
        let (x, y) = (walks(&clock, 30, 1), walks(&clock, 200, 2));
        for seconds in [60.0, 100.0, 128.0] {
            let data = filtered(y.clone(), &clock, seconds);
            let found = Unfiltered::found(x.view(), data.view(), &clock).unwrap();
            let periods = |cutoff: f64| [300.0, 260.0].map(|n| (2.0 * n * 1.5 / cutoff).floor());
            assert_eq!(periods(found.cutoff)[0], periods(seconds)[0], "{found:?}, filtered at {seconds} s");
            // The share is what the filter would take out.
            let left = filtered(x.clone(), &clock, found.cutoff);
            let variance = |data: &Array2<f32>, column: usize, run: usize| {
                let part = data.slice(ndarray::s![clock.rows(run), column]).mapv(f64::from);
                part.var(0.0) * part.len() as f64
            };
            let of_run =
                |run: usize| (0..30).map(|c| 1.0 - variance(&left, c, run) / variance(&x, c, run)).sum::<f64>() / 30.0;
            let taken = (300.0 * of_run(0) + 260.0 * of_run(1)) / 560.0;
            // The filter takes a straight line out too.
            assert!(found.share <= taken + 1e-3 && found.share > taken - 0.1, "{found:?}: {taken}");
            assert_eq!(Unfiltered::found(left.view(), data.view(), &clock), None, "both passed it");
        }
        let found = Unfiltered::found(x.view(), filtered(y.clone(), &clock, 128.0).view(), &clock).unwrap();
        assert_eq!(found.cutoff, 128.0);
        assert!(found.to_string().ends_with("`neurons.high_pass(128.0)?`"), "{found}");
    }

    #[test]
    fn data_with_slow_courses_constant_sides_and_short_runs_say_nothing() {
        let clock = Clock::new(1.5, &[300]).unwrap();
        let (x, y) = (walks(&clock, 30, 1), walks(&clock, 40, 2));
        assert_eq!(Unfiltered::found(x.view(), y.view(), &clock), None);
        assert_eq!(Unfiltered::found(x.view(), Array2::zeros((300, 4)).view(), &clock), None);
        let data = filtered(y, &clock, 128.0);
        assert_eq!(Unfiltered::found(Array2::ones((300, 3)).view(), data.view(), &clock), None);
        let short = Clock::new(1.0, &[12]).unwrap();
        assert_eq!(Unfiltered::found(walks(&short, 3, 1).view(), walks(&short, 3, 2).view(), &short), None);
    }
}
