//! Where the values of activations lie: on disk, mapped into memory, or in memory.

use super::store::Stored;
use ndarray::{Array2, ArrayView2};
use std::fmt;
use std::sync::Arc;

/// Values word × neuron; clones share them.
#[derive(Clone)]
pub(crate) enum Values {
    Memory(Arc<Array2<f32>>),
    Stored(Arc<Stored>),
}

impl Values {
    pub(super) fn view(&self) -> ArrayView2<'_, f32> {
        match self {
            Values::Memory(values) => values.view(),
            Values::Stored(stored) => stored.values(),
        }
    }

    pub(super) fn stored(&self) -> Option<&Stored> {
        match self {
            Values::Memory(_) => None,
            Values::Stored(stored) => Some(stored),
        }
    }
}

impl From<Array2<f32>> for Values {
    fn from(values: Array2<f32>) -> Values {
        Values::Memory(Arc::new(values))
    }
}

impl From<Stored> for Values {
    fn from(stored: Stored) -> Values {
        Values::Stored(Arc::new(stored))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Values::Memory(values) => values.fmt(f),
            Values::Stored(stored) => f.debug_tuple("Stored").field(&stored.folder).finish(),
        }
    }
}
