//! The value of each neuron at each word.

use super::ReadOptions;
use super::values::Values;
use crate::model::NeuronAxis;
use crate::provenance::Origin;
use crate::stimulus::Stimulus;
use ndarray::ArrayView2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Values word × neuron of one site of a model, for one stimulus; clones are cheap.
///
/// The values lie on disk and are mapped into memory ([`Activations::folder`]), or in memory where there is no store.
///
/// A word's value is the mean over its sub-tokens, or what else [`ReadOptions`](super::ReadOptions) asked for. A word of which the tokenizer leaves nothing has no value: its row holds
/// zeros, it is listed by [`Activations::unmatched`], and no step uses it.
#[derive(Clone, Debug)]
pub struct Activations {
    pub(super) values: Values,
    pub(super) stimulus: Stimulus,
    pub(super) neurons: NeuronAxis,
    pub(super) unmatched: Arc<[usize]>,
    pub(super) unknown: Arc<[usize]>,
    pub(super) windows: String,
    /// How they were read, and from which model; nothing for values that were not read here.
    pub(super) reading: Option<Arc<ReadFrom>>,
    pub(crate) origin: Origin,
}

/// How values were read, so that another text, or a changed model, can be read alike.
#[derive(Clone, Debug)]
pub(crate) struct ReadFrom {
    pub(crate) options: ReadOptions,
    /// The identity of the model, without interventions.
    pub(crate) identity: String,
}

impl Activations {
    /// Word × neuron; rows of unmatched words hold zeros.
    pub fn values(&self) -> ArrayView2<'_, f32> {
        self.values.view()
    }

    /// The words.
    pub fn stimulus(&self) -> &Stimulus {
        &self.stimulus
    }

    /// Which neurons the columns are.
    pub fn neurons(&self) -> &NeuronAxis {
        &self.neurons
    }

    /// Numbers of the words that have no token and therefore no value, ascending.
    pub fn unmatched(&self) -> &[usize] {
        &self.unmatched
    }

    /// Numbers of the words that the model reads only as its unknown token, ascending. They have values, which say little of the word.
    pub fn unknown(&self) -> &[usize] {
        &self.unknown
    }

    /// How they were read, and from which model.
    pub(crate) fn reading(&self) -> Option<&ReadFrom> {
        self.reading.as_deref()
    }

    /// The folder of the store that holds the values; `None` if they are in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.values.stored().map(|stored| stored.folder.as_path())
    }

    /// The digest of all that the values depend on, under which the store keeps them; `None` if they are in memory.
    pub fn key(&self) -> Option<&str> {
        self.values.stored().map(|stored| stored.key())
    }
}

impl fmt::Display for Activations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, neurons) = self.values.view().dim();
        let axis = &self.neurons;
        writeln!(f, "Activations: {words} words × {neurons} neurons")?;
        writeln!(f, "  {axis}; {}", self.windows)?;
        writeln!(f, "  {}", self.stimulus)?;
        match self.values.stored() {
            Some(stored) if stored.fresh => write!(f, "  read now, and stored in {}", stored.folder.display())?,
            Some(stored) => write!(f, "  taken from the store: {}", stored.folder.display())?,
            None => write!(f, "  read now, and kept in memory")?,
        }
        for (which, what) in
            [(&self.unmatched, "without a token, not used"), (&self.unknown, "unknown to the tokenizer")]
        {
            if !which.is_empty() {
                let some: Vec<String> =
                    which.iter().take(5).map(|i| format!("{i} `{}`", self.stimulus.words()[*i].text)).collect();
                let more = if which.len() > some.len() { ", …" } else { "" };
                write!(f, "\n  {} word(s) {what}: {}{more}", which.len(), some.join(", "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl Activations {
    /// For tests: these values, word × neuron; the words at `unmatched` have none.
    pub(crate) fn made(
        stimulus: Stimulus,
        neurons: NeuronAxis,
        values: ndarray::Array2<f32>,
        unmatched: &[usize],
    ) -> Activations {
        Activations {
            values: values.into(),
            stimulus,
            neurons,
            unmatched: unmatched.into(),
            unknown: [].into(),
            windows: String::new(),
            reading: None,
            origin: Origin::given(),
        }
    }
}
