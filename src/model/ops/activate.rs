//! Activation functions.

use super::math::{gelu, gelu_by_tanh, silu};
use super::{Rows, elements_mut, over_rows, vectorised};
use candle_core::{CpuStorage, CustomOp1, InplaceOp1, Layout, Result, Shape, Tensor, bail};

/// An activation function, by the names that configurations give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Activation {
    /// x · Φ(x).
    Gelu,
    /// The approximation of gelu by tanh.
    GeluTanh,
    Relu,
    /// x · σ(x).
    Silu,
}

impl Activation {
    /// By transformers' name.
    pub(in crate::model) fn named(name: &str) -> Option<Activation> {
        match name {
            "gelu" => Some(Activation::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Some(Activation::GeluTanh),
            "relu" => Some(Activation::Relu),
            "silu" | "swish" => Some(Activation::Silu),
            _ => None,
        }
    }

    fn by_candle(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Activation::Gelu => x.gelu_erf(),
            Activation::GeluTanh => x.gelu(),
            Activation::Relu => x.relu(),
            Activation::Silu => x.silu(),
        }
    }

    /// Of each element, in place.
    #[inline(always)]
    fn each(self, x: &mut [f32]) {
        #[inline(always)]
        fn all(x: &mut [f32], function: impl Fn(f32) -> f32) {
            for x in x {
                *x = function(*x);
            }
        }
        match self {
            Activation::Gelu => vectorised(
                #[inline(always)]
                || all(x, gelu),
            ),
            Activation::GeluTanh => vectorised(
                #[inline(always)]
                || all(x, gelu_by_tanh),
            ),
            Activation::Relu => all(x, |x| x.max(0.0)),
            Activation::Silu => vectorised(
                #[inline(always)]
                || all(x, silu),
            ),
        }
    }
}

/// The activation function of each element; `x` is used up.
pub(in crate::model) fn activate(x: Tensor, function: Activation) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return function.by_candle(&x);
    }
    x.inplace_op1(&Activate(function))?;
    Ok(x)
}

struct Activate(Activation);

impl InplaceOp1 for Activate {
    fn name(&self) -> &'static str {
        "activate"
    }

    fn cpu_fwd(&self, x: &mut CpuStorage, at: &Layout) -> Result<()> {
        over_rows(elements_mut(x, at)?, 1, |_, x| self.0.each(x));
        Ok(())
    }
}

/// f(gate) ∘ up, for x whose columns are gate and up side by side.
pub(in crate::model) fn gated(x: &Tensor, function: Activation) -> Result<Tensor> {
    if x.device().is_cpu() {
        return x.apply_op1_no_bwd(&Activate(function));
    }
    let width = x.dim(1)? / 2;
    function.by_candle(&x.narrow(1, 0, width)?)? * x.narrow(1, width, width)?
}

impl CustomOp1 for Activate {
    fn name(&self) -> &'static str {
        "activate-and-gate"
    }

    fn cpu_fwd(&self, x: &CpuStorage, at: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = Rows::of(x, at)?;
        if !x.columns.is_multiple_of(2) {
            bail!("gate and up have {} columns together", x.columns);
        }
        let width = x.columns / 2;
        let mut y = vec![0.0; x.rows * width];
        over_rows(&mut y, width, |first, y| {
            for (n, y) in y.chunks_mut(width.max(1)).enumerate() {
                y.copy_from_slice(&x.row(first + n)[..width]);
            }
            self.0.each(y);
            for (n, y) in y.chunks_mut(width.max(1)).enumerate() {
                for (y, up) in y.iter_mut().zip(&x.row(first + n)[width..]) {
                    *y *= up;
                }
            }
        });
        Ok((CpuStorage::F32(y), Shape::from((x.rows, width))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{apart, noise};
    use super::*;

    #[test]
    fn activation_functions_are_those_of_candle() {
        for function in [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu] {
            let x = noise(1, 60, 500, 8.0);
            let expected = function.by_candle(&x).unwrap();
            let (gate, up) = (x.narrow(1, 0, 250).unwrap(), x.narrow(1, 250, 250).unwrap());
            let with_gate = (function.by_candle(&gate).unwrap() * up).unwrap();
            assert!(apart(&gated(&x, function).unwrap(), &with_gate) < 2e-5, "{function:?}");
            assert!(apart(&activate(x, function).unwrap(), &expected) < 2e-6, "{function:?}");
        }
    }
}
