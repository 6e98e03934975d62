//! Dense layers: matrix products with a bias.

use super::{Rows, elements_mut, over_rows, threads, vectorised};
use candle_core::{CpuStorage, CustomOp2, CustomOp3, InplaceOp2, Layout, Result, Shape, Tensor, bail};
use candle_nn::Linear;
use faer::{Accum, MatMut, MatRef};

/// x·Wᵀ + b, for x of token × input and W of output × input.
pub(in crate::model) fn dense(layer: &Linear, x: &Tensor) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return by_candle(layer, x);
    }
    match layer.bias() {
        Some(bias) => x.apply_op3_no_bwd(layer.weight(), bias, &Product),
        None => x.apply_op2_no_bwd(layer.weight(), &Product),
    }
}

fn by_candle(layer: &Linear, x: &Tensor) -> Result<Tensor> {
    let product = x.contiguous()?.matmul(&layer.weight().t()?)?;
    match layer.bias() {
        Some(bias) => product.broadcast_add(bias),
        None => Ok(product),
    }
}

/// Below so many multiplications a product is not worth another thread.
const WORTH_A_THREAD: usize = 1 << 20;

/// C ← A·B, or C + A·B, on so many threads: halved along its longer side again and again, so that each part is one product of one
/// thread. (faer's own threads wait for each other several times in a product, spinning: dear where others use the cores too.)
fn multiply(c: MatMut<f32>, accum: Accum, a: MatRef<f32>, b: MatRef<f32>, threads: usize) {
    let (rows, columns) = (c.nrows(), c.ncols());
    if threads < 2 || rows * columns * a.ncols() < 2 * WORTH_A_THREAD {
        return multiply_alone(c, accum, a, b);
    }
    let first = threads / 2;
    if columns >= rows {
        // Whole registers' widths, as far as the columns reach.
        let middle = (columns * first / threads).next_multiple_of(16).min(columns);
        let (left, right) = c.split_at_col_mut(middle);
        let (b_left, b_right) = b.split_at_col(middle);
        rayon::join(|| multiply(left, accum, a, b_left, first), || multiply(right, accum, a, b_right, threads - first));
    } else {
        let (top, bottom) = c.split_at_row_mut(rows * first / threads);
        let (a_top, a_bottom) = a.split_at_row(rows * first / threads);
        rayon::join(|| multiply(top, accum, a_top, b, first), || multiply(bottom, accum, a_bottom, b, threads - first));
    }
}

/// C ← A·B, or C + A·B, on this thread. By the crate gemm, which candle brings: some five per cent faster than faer's own at these shapes.
pub(super) fn multiply_alone(c: MatMut<f32>, accum: Accum, a: MatRef<f32>, b: MatRef<f32>) {
    let (rows, columns, inner) = (c.nrows(), c.ncols(), a.ncols());
    assert!(a.nrows() == rows && b.nrows() == inner && b.ncols() == columns, "the shapes were checked by the caller");
    // SAFETY: pointers, sizes and strides are those of three valid views whose shapes agree, and C's is exclusive.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            c.as_ptr_mut(),
            c.col_stride(),
            c.row_stride(),
            matches!(accum, Accum::Add),
            a.as_ptr(),
            a.col_stride(),
            a.row_stride(),
            b.as_ptr(),
            b.col_stride(),
            b.row_stride(),
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

struct Product;

impl Product {
    fn product(&self, x: Rows, weight: Rows, bias: Option<&[f32]>) -> Result<(CpuStorage, Shape)> {
        let (tokens, outputs) = (x.rows, weight.rows);
        if x.columns != weight.columns || bias.is_some_and(|b| b.len() != outputs) {
            bail!("x of {} columns, weights of {} × {}", x.columns, outputs, weight.columns);
        }
        let mut y = match bias {
            Some(bias) => bias.repeat(tokens),
            None => vec![0.0; tokens * outputs],
        };
        multiply(
            MatMut::from_row_major_slice_mut(&mut y, tokens, outputs),
            if bias.is_some() { Accum::Add } else { Accum::Replace },
            x.block(0..tokens, 0..x.columns),
            weight.block(0..outputs, 0..weight.columns).transpose(),
            threads(),
        );
        Ok((CpuStorage::F32(y), Shape::from((tokens, outputs))))
    }
}

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(&self, x: &CpuStorage, x_at: &Layout, w: &CpuStorage, w_at: &Layout) -> Result<(CpuStorage, Shape)> {
        self.product(Rows::of(x, x_at)?, Rows::of(w, w_at)?, None)
    }
}

impl CustomOp3 for Product {
    fn name(&self) -> &'static str {
        "dense-with-bias"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_at: &Layout,
        w: &CpuStorage,
        w_at: &Layout,
        b: &CpuStorage,
        b_at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.product(Rows::of(x, x_at)?, Rows::of(w, w_at)?, Some(super::elements(b, b_at)?))
    }
}

/// x + y, both of one shape and contiguous; `x` is used up.
pub(in crate::model) fn add(x: Tensor, y: &Tensor) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return x + y;
    }
    x.inplace_op2(y, &Sum)?;
    Ok(x)
}

struct Sum;

impl InplaceOp2 for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, x_at: &Layout, y: &CpuStorage, y_at: &Layout) -> Result<()> {
        let (x, y) = (elements_mut(x, x_at)?, super::elements(y, y_at)?);
        if x.len() != y.len() {
            bail!("{} elements cannot be added to {}", y.len(), x.len());
        }
        over_rows(x, 1, |first, x| {
            vectorised(
                #[inline(always)]
                || {
                    for (x, y) in x.iter_mut().zip(&y[first..]) {
                        *x += y;
                    }
                },
            );
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apart, noise};
    use super::*;

    #[test]
    fn a_dense_layer_is_that_of_candle_also_on_a_part_of_the_columns() {
        for (tokens, inputs, outputs) in [(1, 5, 7), (130, 64, 200), (3, 40, 1)] {
            let x = noise(1, tokens, inputs + 9, 1.0).narrow(1, 4, inputs).unwrap();
            let weight = noise(2, outputs, inputs, 1.0);
            let bias = noise(3, 1, outputs, 1.0).squeeze(0).unwrap();
            for bias in [Some(bias), None] {
                let layer = Linear::new(weight.clone(), bias);
                assert!(apart(&dense(&layer, &x).unwrap(), &by_candle(&layer, &x).unwrap()) < 1e-4);
            }
        }
    }

    #[test]
    fn a_sum_is_that_of_candle() {
        let (x, y) = (noise(1, 300, 70, 1.0), noise(2, 300, 70, 1.0));
        let expected = (&x + &y).unwrap();
        assert!(apart(&add(x, &y).unwrap(), &expected) == 0.0);
    }
}
