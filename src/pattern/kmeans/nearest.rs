//! Distances of points to centres, and the nearest centre, a block at a time while the block's products are in cache.

use super::points::Part;
use crate::linalg::{multiply_alone, vectorised};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

/// ½‖c‖² of each centre, beside the centres.
pub(super) struct Centres<'a> {
    /// Time × k.
    pub courses: &'a Array2<f32>,
    half: Vec<f32>,
}

impl<'a> Centres<'a> {
    pub fn new(courses: &'a Array2<f32>) -> Centres<'a> {
        let square = |c: ndarray::ArrayView1<f32>| c.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
        Centres { courses, half: courses.columns().into_iter().map(|c| (square(c) / 2.0) as f32).collect() }
    }
}

/// For each point its nearest centre and the distance to it, and the distances to all, centre × point.
pub(super) struct Nearest {
    pub labels: Vec<u32>,
    pub first: Vec<f32>,
    pub distances: Vec<f32>,
}

/// Rows of chosen points that are copied together at a time: few enough to be in cache when they are multiplied.
const ROWS: usize = 128;

/// The nearest centres of a part's points, or of those chosen.
///
/// ‖x − c‖² = ‖x‖² − 2 (x·c − ½‖c‖²).
pub(super) fn nearest(part: Part, chosen: Option<&[usize]>, centres: &Centres) -> Nearest {
    let Some(chosen) = chosen else {
        let mut products = vec![0f32; centres.half.len() * part.x.ncols()];
        multiply(&mut products, centres.courses.view(), part.x, false);
        return search(products, part.factors, part.norms, &centres.half);
    };
    let of = |values: &[f32]| -> Vec<f32> { chosen.iter().map(|&n| values[n]).collect() };
    search(products_of(part, chosen, centres), &of(part.factors), &of(part.norms), &centres.half)
}

/// Centre × point products of chosen points.
fn products_of(part: Part, chosen: &[usize], centres: &Centres) -> Vec<f32> {
    let (time, count) = (part.x.nrows(), chosen.len());
    let mut products = vec![0f32; centres.half.len() * count];
    let mut together = Array2::zeros((ROWS.min(time), count));
    for start in (0..time).step_by(ROWS) {
        let rows = start..(start + ROWS).min(time);
        for (row, mut to) in rows.clone().zip(together.rows_mut()) {
            let from = part.row(row);
            to.iter_mut().zip(chosen).for_each(|(to, &n)| *to = from[n]);
        }
        let together = together.slice(s![..rows.len(), ..]);
        multiply(&mut products, centres.courses.slice(s![rows, ..]), together, start > 0);
    }
    products
}

/// The best centre of each point, from products centre × point, which become distances.
fn search(mut products: Vec<f32>, factors: &[f32], norms: &[f32], half: &[f32]) -> Nearest {
    let count = norms.len();
    let mut labels = vec![0u32; count];
    let mut first = vec![f32::INFINITY; count];
    vectorised(
        #[inline(always)]
        || {
            let (first, labels) = (&mut first[..count], &mut labels[..count]);
            let (norms, factors) = (&norms[..count], &factors[..count]);
            for (label, (row, half)) in (0u32..).zip(products.chunks_exact_mut(count).zip(half)) {
                let row = &mut row[..count];
                for n in 0..count {
                    let square = norms[n] - 2.0 * (row[n] * factors[n] - half);
                    let better = square < first[n];
                    labels[n] = if better { label } else { labels[n] };
                    first[n] = if better { square } else { first[n] };
                    row[n] = square.max(0.0).sqrt();
                }
            }
            for first in first.iter_mut() {
                *first = first.max(0.0).sqrt();
            }
        },
    );
    Nearest { labels, first, distances: products }
}

/// Aᵀ · B, row by row into `product` or added to it, for A (time × k) and B (time × points) on this thread.
pub(in crate::pattern) fn multiply(product: &mut [f32], a: ArrayView2<f32>, b: ArrayView2<f32>, add: bool) {
    let product = ArrayViewMut2::from_shape((a.ncols(), b.ncols()), product);
    multiply_alone(product.expect("a place for each product"), add, a.t(), b);
}
