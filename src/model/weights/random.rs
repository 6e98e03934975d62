//! Fresh weights: normal with the configuration's standard deviation, norms at 1, biases at 0, as transformers begins a training.

use super::Source;
use crate::error::Result;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

pub(in crate::model) struct Random {
    seed: u64,
    deviation: f32,
    path: PathBuf,
}

/// Values drawn from one stream; each block of a tensor has a stream of its own, so that blocks can be drawn at the same time.
const BLOCK: usize = 1 << 16;

impl Random {
    pub(in crate::model) fn new(seed: u64, deviation: f64) -> Random {
        Random { seed, deviation: deviation as f32, path: PathBuf::from("random weights") }
    }
}

impl Source for Random {
    fn names(&self) -> Option<Vec<String>> {
        None
    }

    fn shape(&self, _name: &str) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let count = shape.iter().product();
        if name.ends_with("bias") {
            return Ok(vec![0.0; count]);
        }
        if name.to_lowercase().contains("norm") {
            return Ok(vec![1.0; count]);
        }
        // A tensor's values depend on the seed and on its name, not on the order in which tensors are asked for.
        let digest = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(name).finalize();
        let start = u64::from_le_bytes(std::array::from_fn(|n| digest[n]));
        let mut values = vec![0.0; count];
        values.par_chunks_mut(BLOCK).enumerate().for_each(|(block, values)| {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(start.wrapping_add(block as u64));
            // A finite positive deviation is always accepted.
            if let Ok(normal) = Normal::new(0.0, self.deviation) {
                values.iter_mut().for_each(|v| *v = normal.sample(&mut rng));
            }
        });
        Ok(values)
    }

    fn file(&self, _name: &str) -> &Path {
        &self.path
    }
}
