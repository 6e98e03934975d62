//! The nearest and the second nearest centre of points, a block at a time while the block's products are in cache.

use super::points::Part;
use ndarray::{Array2, ArrayView2};

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

/// For each point of a part its nearest centre and the distances to that and to the next.
pub(super) struct Nearest {
    pub labels: Vec<u32>,
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

/// The nearest centres of some points.
///
/// ‖x − c‖² = ‖x‖² − 2 s with s = x·c − ½‖c‖², so that the nearest centre has the largest s.
pub(super) fn nearest(part: Part, centres: &Centres) -> Nearest {
    let (k, count) = (centres.half.len(), part.x.ncols());
    let mut products = vec![0f32; k * count];
    multiply(&mut products, centres.courses.view(), part.x);
    let mut labels = vec![0u32; count];
    let (mut first, mut second) = (vec![f32::NEG_INFINITY; count], vec![f32::NEG_INFINITY; count]);
    let Part { factors, norms, .. } = part;
    vectorised(
        #[inline(always)]
        || {
            for (label, (row, half)) in (0u32..).zip(products.chunks_exact(count).zip(&centres.half)) {
                let (first, second, labels) = (&mut first[..count], &mut second[..count], &mut labels[..count]);
                let (row, factors) = (&row[..count], &factors[..count]);
                for n in 0..count {
                    let score = row[n] * factors[n] - half;
                    let better = score > first[n];
                    let beaten = if better { first[n] } else { score };
                    second[n] = if beaten > second[n] { beaten } else { second[n] };
                    labels[n] = if better { label } else { labels[n] };
                    first[n] = if better { score } else { first[n] };
                }
            }
            let norms = &norms[..count];
            for scores in [&mut first[..count], &mut second[..count]] {
                for n in 0..count {
                    scores[n] = (norms[n] - 2.0 * scores[n]).max(0.0).sqrt();
                }
            }
        },
    );
    Nearest { labels, first, second }
}

/// Runs `work` compiled for the widest vectors of this processor; what it calls must be inlined.
#[inline(always)]
pub(in crate::pattern) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Aᵀ · B, row by row into `product`, for A (time × k) and B (time × points) on this thread.
pub(in crate::pattern) fn multiply(product: &mut [f32], a: ArrayView2<f32>, b: ArrayView2<f32>) {
    let (rows, columns, inner) = (a.ncols(), b.ncols(), a.nrows());
    assert!(product.len() == rows * columns && inner == b.nrows(), "the shapes are those of one matrix' columns");
    // SAFETY: pointers, sizes and strides are those of three valid arrays whose shapes agree, and the product is exclusive.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            product.as_mut_ptr(),
            1,
            columns as isize,
            false,
            a.as_ptr(),
            a.strides()[0],
            a.strides()[1],
            b.as_ptr(),
            b.strides()[1],
            b.strides()[0],
            0.0_f32,
            1.0_f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
