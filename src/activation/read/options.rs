//! How a model is read.

use crate::error::{Error, Result};
use crate::model::Context;
use std::fmt;
use std::path::{Path, PathBuf};

/// What becomes of the tokens of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// The mean over its tokens.
    #[default]
    Mean,
    /// The last of its tokens: of a causal model the one that has seen the whole word.
    Last,
    /// The sum of its tokens.
    Sum,
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pooling::Mean => "the mean over its tokens",
            Pooling::Last => "its last token",
            Pooling::Sum => "the sum of its tokens",
        })
    }
}

/// How [`Model::activations_with`](crate::model::Model::activations_with) reads a model.
///
/// ```
/// use neurocell::prelude::*;
/// let options = ReadOptions::default().context(Context::incremental(256)).pooling(Pooling::Last).memory_gb(0.5);
/// assert_eq!(options.pooling, Pooling::Last);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOptions {
    /// How much of the text around a word the model sees.
    pub context: Context,
    /// Tokens in a window at most, what frames it included; `None` for the model's own length (a causal model: at most 1,024).
    pub window: Option<usize>,
    /// What becomes of the tokens of a word.
    pub pooling: Pooling,
    /// Memory for values while they are read, in GB of 10⁹ bytes; the model's weights and the tensors of its forward pass come on top.
    pub memory_gb: f64,
    /// Whether values are kept on disk, and taken from there the next time.
    pub store: bool,
    /// The folder of the store; `None` for `activations` below `$NEUROCELL_HOME`.
    pub folder: Option<PathBuf>,
}

impl Default for ReadOptions {
    /// Windows of the model's length, the mean over a word's tokens, 2 GB, with the store.
    fn default() -> ReadOptions {
        ReadOptions {
            context: Context::Windows,
            window: None,
            pooling: Pooling::Mean,
            memory_gb: 2.0,
            store: true,
            folder: None,
        }
    }
}

impl ReadOptions {
    /// How much of the text around a word the model sees.
    pub fn context(mut self, context: Context) -> ReadOptions {
        self.context = context;
        self
    }

    /// Tokens in a window at most, what frames it included.
    pub fn window(mut self, tokens: usize) -> ReadOptions {
        self.window = Some(tokens);
        self
    }

    /// What becomes of the tokens of a word.
    pub fn pooling(mut self, pooling: Pooling) -> ReadOptions {
        self.pooling = pooling;
        self
    }

    /// Memory for values while they are read, in GB of 10⁹ bytes.
    pub fn memory_gb(mut self, gigabytes: f64) -> ReadOptions {
        self.memory_gb = gigabytes;
        self
    }

    /// Values stay in memory; nothing is taken from the store or put there.
    pub fn without_store(mut self) -> ReadOptions {
        self.store = false;
        self
    }

    /// Values are kept in this folder, which is made where it is missing.
    pub fn store_in(mut self, folder: impl AsRef<Path>) -> ReadOptions {
        self.store = true;
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Memory in bytes.
    pub(super) fn memory(&self) -> Result<u64> {
        match self.memory_gb.is_finite() && self.memory_gb > 0.0 {
            true => Ok((self.memory_gb * 1e9) as u64),
            false => Err(Error::value(
                format!("{} GB of memory to read with", self.memory_gb),
                "give a positive number; 2 is the default",
            )),
        }
    }
}
