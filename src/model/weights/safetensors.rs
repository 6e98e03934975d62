//! safetensors files, one or several, by memory map.

use super::{AGAIN, Source};
use crate::error::{Error, Result};
use ::safetensors::{Dtype, SafeTensors, tensor::TensorInfo};
use memmap2::Mmap;
use rayon::prelude::*;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(in crate::model) struct Safetensors {
    shards: Vec<Shard>,
    /// Which shard holds a tensor, and what the shard's header says of it.
    tensors: HashMap<String, (usize, TensorInfo)>,
}

struct Shard {
    path: PathBuf,
    bytes: Mmap,
    /// Where the tensors' data begin.
    data: usize,
}

impl Safetensors {
    /// Opens the files of a checkpoint.
    pub(in crate::model) fn open(paths: &[PathBuf]) -> Result<Safetensors> {
        let mut all = Safetensors { shards: Vec::new(), tensors: HashMap::new() };
        for (number, path) in paths.iter().enumerate() {
            let (shard, tensors) = Shard::open(path)?;
            for (name, info) in tensors {
                if let Some((other, _)) = all.tensors.insert(name.clone(), (number, info)) {
                    let problem = format!("the tensor `{name}` is in {} as well", paths[other].display());
                    return Err(Error::format(path, problem, AGAIN));
                }
            }
            all.shards.push(shard);
        }
        Ok(all)
    }

    fn find(&self, name: &str) -> Result<(&Shard, &TensorInfo)> {
        let missing = || Error::format(&self.shards[0].path, format!("the tensor `{name}` is missing"), AGAIN);
        self.tensors.get(name).map(|(shard, info)| (&self.shards[*shard], info)).ok_or_else(missing)
    }
}

impl Shard {
    fn open(path: &Path) -> Result<(Shard, HashMap<String, TensorInfo>)> {
        let unreadable = |e| Error::file("read", path, e, "give the folder of a whole checkpoint");
        let file = std::fs::File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() == 0 {
            return Err(Error::format(path, "the file is empty", AGAIN));
        }
        // SAFETY: the map is only read; a file that another process cuts short meanwhile is outside what any reader can bear.
        let bytes = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let broken = |e: ::safetensors::SafeTensorError| {
            Error::format(path, format!("no whole safetensors file of {} bytes: {e}", bytes.len()), AGAIN).caused_by(e)
        };
        // Checks the header's length, every shape against its bytes, and the file's end.
        SafeTensors::deserialize(&bytes).map_err(broken)?;
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(broken)?;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
        Ok((Shard { path: path.to_owned(), bytes, data: header + size_of::<u64>() }, tensors))
    }
}

impl Source for Safetensors {
    fn names(&self) -> Option<Vec<String>> {
        Some(self.tensors.keys().cloned().collect())
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.find(name)?.1.shape.clone())
    }

    fn values(&self, name: &str, _shape: &[usize]) -> Result<Vec<f32>> {
        let (shard, info) = self.find(name)?;
        let bytes = &shard.bytes[shard.data..][info.data_offsets.0..info.data_offsets.1];
        match info.dtype {
            Dtype::F32 => Ok(read(bytes, f32::from_le_bytes)),
            Dtype::F64 => Ok(read(bytes, |b| f64::from_le_bytes(b) as f32)),
            Dtype::F16 => Ok(read(bytes, |b| half::f16::from_le_bytes(b).to_f32())),
            Dtype::BF16 => Ok(read(bytes, |b| half::bf16::from_le_bytes(b).to_f32())),
            other => Err(Error::format(
                &shard.path,
                format!("the tensor `{name}` holds {other:?}; F32, F16, BF16 and F64 are read here"),
                "save the checkpoint in one of these, or give a GGUF file for quantised weights",
            )),
        }
    }

    fn file(&self, name: &str) -> &Path {
        self.find(name).map_or(&self.shards[0].path, |(shard, _)| &shard.path)
    }
}

/// Numbers of `N` bytes each.
fn read<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32 + Sync) -> Vec<f32> {
    bytes.as_chunks::<N>().0.par_iter().map(|bytes| number(*bytes)).collect()
}
