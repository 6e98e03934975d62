//! Coordinate descent on the Gram matrix, one target a vector lane.

use crate::linalg::vectorised;
use ndarray::Array2;

/// Targets that take a step together.
pub(super) const LANES: usize = 16;

/// One number for each target of a tile.
pub(super) type Lanes = [f64; LANES];

/// A change below this share of the target's standard deviation is none.
const TOLERANCE: f64 = 1e-9;
/// Most sweeps for one λ.
const SWEEPS: usize = 20_000;

/// Weights of a tile of targets, and what correlation with each regressor they leave: c − G·b.
pub(super) struct Tile {
    pub weights: Vec<Lanes>,
    pub left: Vec<Lanes>,
}

impl Tile {
    /// All weights 0; `c` is Xᵀy/n of each regressor.
    pub fn new(c: Vec<Lanes>) -> Tile {
        Tile { weights: vec![[0.0; LANES]; c.len()], left: c }
    }

    /// Improves the weights until they stand still; whether they do.
    ///
    /// `absolute` is λρ of each target and `squared` λ(1 − ρ); targets have a standard deviation near 1.
    pub fn descend(&mut self, gram: &Array2<f64>, absolute: &Lanes, squared: f64) -> bool {
        let Some(gram) = gram.as_slice() else { return false };
        vectorised(
            #[inline(always)]
            || descend(gram, self, absolute, squared),
        )
    }
}

#[inline(always)]
fn descend(gram: &[f64], tile: &mut Tile, absolute: &Lanes, squared: f64) -> bool {
    let count = tile.weights.len();
    let mut sweeps = 0;
    while sweeps < SWEEPS {
        // All regressors once; those that a target uses then go on alone.
        let mut most = 0f64;
        for j in 0..count {
            let row = &gram[j * count..(j + 1) * count];
            let (size, change) = step(row[j], &mut tile.weights[j], &tile.left[j], absolute, squared);
            if size > 0.0 {
                most = most.max(size);
                for (left, &g) in tile.left.iter_mut().zip(row) {
                    take(left, g, &change);
                }
            }
        }
        sweeps += 1;
        if most <= TOLERANCE {
            return true;
        }
        let used: Vec<usize> = (0..count).filter(|j| tile.weights[*j].iter().any(|w| *w != 0.0)).collect();
        // What regressors outside have left is brought up to date when these stand still.
        let before: Vec<Lanes> = used.iter().map(|j| tile.weights[*j]).collect();
        loop {
            let mut most = 0f64;
            for &j in &used {
                let row = &gram[j * count..(j + 1) * count];
                let (size, change) = step(row[j], &mut tile.weights[j], &tile.left[j], absolute, squared);
                if size > 0.0 {
                    most = most.max(size);
                    for &k in &used {
                        take(&mut tile.left[k], row[k], &change);
                    }
                }
            }
            sweeps += 1;
            if most <= TOLERANCE || sweeps >= SWEEPS {
                break;
            }
        }
        let mut inside = used.iter().copied().peekable();
        let outside: Vec<usize> = (0..count).filter(|k| inside.next_if_eq(k).is_none()).collect();
        for (&j, before) in used.iter().zip(&before) {
            let row = &gram[j * count..(j + 1) * count];
            let mut change = [0.0; LANES];
            for lane in 0..LANES {
                change[lane] = tile.weights[j][lane] - before[lane];
            }
            for &k in &outside {
                take(&mut tile.left[k], row[k], &change);
            }
        }
    }
    false
}

/// One weight becomes the best one while the others stay: the largest change in units of the prediction, and all changes.
#[inline(always)]
fn step(norm: f64, weights: &mut Lanes, left: &Lanes, absolute: &Lanes, squared: f64) -> (f64, Lanes) {
    let mut change = [0.0; LANES];
    // A regressor that does not vary has no weight.
    if norm <= 0.0 {
        return (0.0, change);
    }
    let inverse = 1.0 / (norm + squared);
    let mut most = [0.0; LANES];
    for lane in 0..LANES {
        let whole = norm.mul_add(weights[lane], left[lane]);
        let taken = if whole < -absolute[lane] { -absolute[lane] } else { whole };
        let taken = if taken > absolute[lane] { absolute[lane] } else { taken };
        let new = (whole - taken) * inverse;
        change[lane] = new - weights[lane];
        weights[lane] = new;
        most[lane] = change[lane].abs();
    }
    let largest = most.iter().fold(0f64, |most, &size| if size > most { size } else { most });
    (largest * norm.sqrt(), change)
}

#[inline(always)]
fn take(left: &mut Lanes, g: f64, change: &Lanes) {
    for lane in 0..LANES {
        left[lane] = (-g).mul_add(change[lane], left[lane]);
    }
}
