//! In which layers and heads networks' neurons lie, with q over all networks.

use crate::coupling::{Members, Places, head_counts, layer_counts};
use crate::error::Result;
use crate::model::NeuronAxis;
use crate::statistics::benjamini_hochberg;
use std::fmt;

/// How many of a network's neurons lie in one layer, or in one head.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaceCount {
    /// The layer, from 0.
    pub layer: usize,
    /// The head, from 0; none for a whole layer.
    pub head: Option<usize>,
    /// Number of neurons.
    pub count: usize,
    /// How many a random draw of as many neurons has there on average.
    pub expected: f64,
    /// Probability that a random draw has as many or more.
    pub p: f64,
    /// Benjamini–Hochberg q over all networks × layers (or heads).
    pub q: f64,
}

impl fmt::Display for PlaceCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.layer)?;
        self.head.map_or(Ok(()), |head| write!(f, ".H{head}"))?;
        write!(f, " ({} of {:.1})", self.count, self.expected)
    }
}

/// For each list its layers; nothing of one without neurons.
pub(super) fn layers(lists: &[Members], axis: &NeuronAxis) -> Result<Vec<Vec<PlaceCount>>> {
    corrected(lists, |list| layer_counts(&list.neurons, axis), false)
}

/// For each list its heads; nothing where the site has none.
pub(super) fn heads(lists: &[Members], axis: &NeuronAxis) -> Result<Vec<Vec<PlaceCount>>> {
    match axis.heads {
        None => Ok(vec![Vec::new(); lists.len()]),
        Some(_) => corrected(lists, |list| head_counts(&list.neurons, axis), true),
    }
}

fn corrected(
    lists: &[Members],
    count: impl Fn(&Members) -> Result<Places>,
    by_head: bool,
) -> Result<Vec<Vec<PlaceCount>>> {
    let one = |list: &Members| -> Result<Vec<PlaceCount>> {
        if list.neurons.is_empty() {
            return Ok(Vec::new());
        }
        let places = count(list)?;
        let each = places.counts().indexed_iter().map(|((layer, head), count)| PlaceCount {
            layer,
            head: by_head.then_some(head),
            count: *count,
            expected: places.expected(),
            p: places.p()[[layer, head]],
            q: 1.0,
        });
        Ok(each.collect())
    };
    let mut found = lists.iter().map(one).collect::<Result<Vec<_>>>()?;
    let p: Vec<f64> = found.iter().flatten().map(|place| place.p).collect();
    let q = benjamini_hochberg(&p)?;
    found.iter_mut().flatten().zip(q).for_each(|(place, q)| place.q = q);
    Ok(found)
}
