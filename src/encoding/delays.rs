//! Finite impulse responses: each regressor at several delays.

use crate::clock::Clock;
use ndarray::{Array2, s};

/// The courses at each delay (in volumes), side by side: all regressors at the first delay, then all at the second, as the field's `Delayer`
/// lays them. Before a run's begin they are 0, so that no run reaches into the next one.
pub(super) fn delayed(x: &Array2<f32>, clock: &Clock, delays: &[usize]) -> Array2<f32> {
    let count = x.ncols();
    let mut out = Array2::zeros((x.nrows(), count * delays.len()));
    for (n, &delay) in delays.iter().enumerate() {
        for rows in (0..clock.runs()).map(|run| clock.rows(run)).filter(|rows| rows.len() > delay) {
            out.slice_mut(s![rows.start + delay..rows.end, n * count..(n + 1) * count])
                .assign(&x.slice(s![rows.start..rows.end - delay, ..]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn delays_move_courses_within_their_run_only() {
        let x = array![[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0], [5.0, 50.0]];
        let clock = Clock::new(1.0, &[3, 2]).unwrap();
        let expected = array![
            [1.0, 10.0, 0.0, 0.0],
            [2.0, 20.0, 0.0, 0.0],
            [3.0, 30.0, 1.0, 10.0],
            [4.0, 40.0, 0.0, 0.0],
            [5.0, 50.0, 0.0, 0.0]
        ];
        assert_eq!(delayed(&x, &clock, &[0, 2]), expected);
    }
}
