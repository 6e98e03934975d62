//! Older checkpoints, `pytorch_model.bin`: a zip archive whose pickle is read by candle, which runs none of its code.

use super::{AGAIN, Source};
use crate::error::{Error, Result};
use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Tensor};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(in crate::model) struct Torch {
    files: Vec<(PathBuf, PthTensors)>,
    tensors: HashMap<String, usize>,
}

impl Torch {
    /// Opens the files of a checkpoint.
    pub(in crate::model) fn open(paths: &[PathBuf]) -> Result<Torch> {
        let mut all = Torch { files: Vec::new(), tensors: HashMap::new() };
        for (number, path) in paths.iter().enumerate() {
            let broken = |e: candle_core::Error| {
                let advice = "save it by a current PyTorch (version 1.6 or later), or better as model.safetensors";
                Error::format(path, format!("no readable PyTorch checkpoint: {e}"), advice).caused_by(e)
            };
            let tensors = PthTensors::new(path, None).map_err(broken)?;
            if tensors.tensor_infos().is_empty() {
                return Err(Error::format(path, "no tensor was found in it", AGAIN));
            }
            all.tensors.extend(tensors.tensor_infos().keys().map(|name| (name.clone(), number)));
            all.files.push((path.clone(), tensors));
        }
        Ok(all)
    }

    fn find(&self, name: &str) -> Result<&(PathBuf, PthTensors)> {
        let missing = || Error::format(&self.files[0].0, format!("the tensor `{name}` is missing"), AGAIN);
        self.tensors.get(name).map(|n| &self.files[*n]).ok_or_else(missing)
    }
}

impl Source for Torch {
    fn names(&self) -> Option<Vec<String>> {
        // Tables of positions are saved as whole numbers; they are computed here.
        Some(self.tensors.keys().filter(|name| !name.ends_with("position_ids")).cloned().collect())
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let (path, tensors) = self.find(name)?;
        let info = tensors.tensor_infos().get(name);
        info.map(|info| info.layout.dims().to_vec())
            .ok_or_else(|| Error::format(path, format!("the tensor `{name}` is missing"), AGAIN))
    }

    fn values(&self, name: &str, _shape: &[usize]) -> Result<Vec<f32>> {
        let (path, tensors) = self.find(name)?;
        let broken = |e: candle_core::Error| {
            Error::format(path, format!("the tensor `{name}` cannot be read: {e}"), AGAIN).caused_by(e)
        };
        let tensor = tensors.get(name).map_err(broken)?;
        let tensor = tensor.ok_or_else(|| Error::format(path, format!("the tensor `{name}` is missing"), AGAIN))?;
        as_f32(&tensor).map_err(broken)
    }

    fn file(&self, name: &str) -> &Path {
        self.find(name).map_or(&self.files[0].0, |(path, _)| path)
    }
}

/// Without candle's own conversions, which would start its threads.
fn as_f32(tensor: &Tensor) -> candle_core::Result<Vec<f32>> {
    let flat = tensor.to_device(&Device::Cpu)?.contiguous()?.flatten_all()?;
    match flat.dtype() {
        DType::F32 => flat.to_vec1(),
        DType::F64 => Ok(flat.to_vec1::<f64>()?.into_iter().map(|v| v as f32).collect()),
        DType::F16 => Ok(flat.to_vec1::<half::f16>()?.into_iter().map(f32::from).collect()),
        DType::BF16 => Ok(flat.to_vec1::<half::bf16>()?.into_iter().map(f32::from).collect()),
        other => candle_core::bail!("it holds {other:?}; F32, F16, BF16 and F64 are read here"),
    }
}
