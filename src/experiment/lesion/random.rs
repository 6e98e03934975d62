//! Random groups that lie in the same layers.

use crate::error::{Error, Result};
use crate::model::{Neuron, NeuronAxis};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Draws groups of as many units of each layer as a group has, none of which is in the group.
pub(super) struct Matched {
    axis: NeuronAxis,
    /// For each layer the columns that are free, and how many are drawn.
    layers: Vec<(Vec<usize>, usize)>,
    seed: u64,
}

impl Matched {
    pub fn new(members: &[Neuron], axis: &NeuronAxis, seed: u64) -> Result<Matched> {
        let columns = members.iter().map(|neuron| axis.column(*neuron)).collect::<Result<Vec<usize>>>()?;
        let mut layers = Vec::new();
        for layer in 0..axis.layers {
            let all = layer * axis.units..(layer + 1) * axis.units;
            let free: Vec<usize> = all.clone().filter(|column| !columns.contains(column)).collect();
            let wanted = columns.iter().filter(|column| all.contains(column)).count();
            if wanted > free.len() {
                return Err(Error::value(
                    format!(
                        "the group holds {wanted} of the {} units of layer {layer}: there is no random group of as many others",
                        axis.units
                    ),
                    "lesion fewer, the first 30 say: `LesionOptions::default().units(30)`",
                ));
            }
            layers.push((free, wanted));
        }
        Ok(Matched { axis: axis.clone(), layers, seed })
    }

    /// One of the groups, by its number.
    pub fn group(&self, number: usize) -> Vec<Neuron> {
        let mut random =
            Xoshiro256PlusPlus::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let mut all = Vec::new();
        for (free, wanted) in &self.layers {
            all.extend(free.choose_multiple(&mut random, *wanted).map(|column| self.axis.neuron(*column)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Site;

    #[test]
    fn a_random_group_has_as_many_units_of_each_layer_and_none_of_the_group() {
        let axis = NeuronAxis::new("made", Site::AttnZ, 3, 8).with_heads(2);
        let members: Vec<Neuron> = [0, 1, 2, 17, 18].map(|column| axis.neuron(column)).to_vec();
        let matched = Matched::new(&members, &axis, 4).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..40 {
            let group = matched.group(number);
            let of = |layer| group.iter().filter(|neuron| neuron.layer == layer).count();
            assert_eq!([of(0), of(1), of(2)], [3, 0, 2]);
            assert!(group.iter().all(|neuron| !members.contains(neuron)));
            assert_eq!(group, matched.group(number));
            seen.insert(group);
        }
        assert!(seen.len() > 20);
    }

    #[test]
    fn a_group_that_fills_its_layer_has_no_random_twin() {
        let axis = NeuronAxis::new("made", Site::FfnOut, 2, 4);
        let members: Vec<Neuron> = (0..3).map(|unit| Neuron::new(1, unit)).collect();
        let error = Matched::new(&members, &axis, 0).err().unwrap();
        assert!(error.problem().contains("3 of the 4 units of layer 1"), "{error}");
    }
}
