//! candle-nn's layers out of a checkpoint's tensors.

use super::weights::Weights;
use crate::error::{Error, Result};
use candle_core::Tensor;
use candle_nn::{LayerNorm, Linear, RmsNorm};

/// A dense layer: `weight` of output × input, and `bias` if it has one.
pub(super) fn linear(weights: &Weights, input: usize, output: usize, bias: bool) -> Result<Linear> {
    let weight = weights.get("weight", &[output, input])?;
    let bias = bias.then(|| weights.get("bias", &[output])).transpose()?;
    Ok(Linear::new(weight, bias))
}

/// Several dense layers over the same input as one, their outputs side by side.
pub(super) fn side_by_side(layers: &[(Weights, usize)], input: usize, bias: bool) -> Result<Linear> {
    let layers = layers.iter().map(|(weights, output)| linear(weights, input, *output, bias));
    let layers = layers.collect::<Result<Vec<Linear>>>()?;
    let joined = |parts: Vec<&Tensor>| Tensor::cat(&parts, 0).map_err(failed);
    let weight = joined(layers.iter().map(Linear::weight).collect())?;
    let bias = bias.then(|| joined(layers.iter().filter_map(Linear::bias).collect())).transpose()?;
    Ok(Linear::new(weight, bias))
}

pub(super) fn layer_norm(weights: &Weights, size: usize, epsilon: f64) -> Result<LayerNorm> {
    Ok(LayerNorm::new(weights.get("weight", &[size])?, weights.get("bias", &[size])?, epsilon))
}

pub(super) fn rms_norm(weights: &Weights, size: usize, epsilon: f64) -> Result<RmsNorm> {
    Ok(RmsNorm::new(weights.get("weight", &[size])?, epsilon))
}

/// Adds the first row of a table to each row of another; without candle's own sums, which start its threads.
pub(super) fn add_to_rows(table: &Tensor, other: &Tensor) -> candle_core::Result<Tensor> {
    let (rows, first) = (table.to_vec2::<f32>()?, other.to_vec2::<f32>()?.swap_remove(0));
    let sums: Vec<f32> = rows.iter().flat_map(|row| row.iter().zip(&first).map(|(a, b)| a + b)).collect();
    Tensor::from_vec(sums, table.dims2()?, table.device())
}

/// Shapes and values were checked when the model was loaded: what is left is the machine, mostly its memory.
pub(super) fn failed(error: candle_core::Error) -> Error {
    let advice = "see that the machine has memory left; if it has, this is an error in neurocell: report it";
    Error::value(format!("a step of the model failed: {error}"), advice).caused_by(error)
}
