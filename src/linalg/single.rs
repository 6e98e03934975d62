//! One product on one thread: the piece from which blocked algorithms are made.

use ndarray::{ArrayView2, ArrayViewMut2};

/// C ← A·B, or C + A·B, on this thread, whatever the strides; `T` is f32 or f64. By the crate gemm, which is some per cent faster than
/// faer's own product for f32 blocks on one thread.
pub(crate) fn multiply_alone<T: Copy + From<f32> + 'static>(
    mut c: ArrayViewMut2<T>,
    add: bool,
    a: ArrayView2<T>,
    b: ArrayView2<T>,
) {
    let (rows, columns, inner) = (c.nrows(), c.ncols(), a.ncols());
    assert!(a.nrows() == rows && b.nrows() == inner && b.ncols() == columns, "the caller's shapes agree");
    let one = T::from(1.0);
    // SAFETY: pointers, sizes and strides are those of three valid views whose shapes agree, and C's is exclusive.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            c.as_mut_ptr(),
            c.strides()[1],
            c.strides()[0],
            add,
            a.as_ptr(),
            a.strides()[1],
            a.strides()[0],
            b.as_ptr(),
            b.strides()[1],
            b.strides()[0],
            one,
            one,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Runs `work` compiled for the widest vectors that this processor has. The closure and all that it calls must be `#[inline(always)]`, and
/// loops plain ones: what is not inlined is compiled for the oldest processor, where a fused product is a slow call.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    #[test]
    fn a_product_of_views_is_that_of_ndarray() {
        let a = Array2::from_shape_fn((37, 50), |(i, j)| ((i * 7 + j * 3) % 11) as f64 - 5.0);
        let b = Array2::from_shape_fn((20, 50), |(i, j)| ((i * 5 + j) % 7) as f64 - 3.0);
        let (a, b) = (a.slice(s![1.., ..;2]), b.slice(s![.., ..;2]));
        let mut c = Array2::from_elem((36, 20), 1.0);
        multiply_alone(c.view_mut(), true, a, b.t());
        assert_eq!(c, a.dot(&b.t()) + 1.0);
        multiply_alone(c.view_mut(), false, a, b.t());
        assert_eq!(c, a.dot(&b.t()));
    }
}
