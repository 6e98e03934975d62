//! Which single neurons move in step with which networks (Liu et al. 2023, arXiv 2303.14871): the correlation of every neuron's course with
//! every network's, its chance, and the neurons that each network holds.

mod answers;
mod coupling;
mod group;
mod options;
mod table;

pub use answers::{Share, Stability};
pub use coupling::{Coupling, Link};
pub use group::couple_group;
pub use options::Synchrony;

use crate::activation::NeuronSeries;
use crate::brain::NetworkSeries;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::statistics::correlate_pairs_by;
use coupling::Whose;

/// [`couple_with`] by its defaults: Pearson r without a lag, chance by random phases, false discovery rate 0.05 over all pairs.
///
/// ```
/// use neurocell::prelude::*;
/// # let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32).sin();
/// # let clock = Clock::new(1.5, &[100, 100])?;
/// # let data = ndarray::Array2::from_shape_fn((200, 6), |(t, n)| wave(t, n));
/// # let neurons = NeuronSeries::new(data, clock.clone(), NeuronAxis::new("made", Site::FfnOut, 2, 3))?;
/// # let data = ndarray::Array2::from_shape_fn((200, 2), |(t, n)| wave(t, 2 * n + 1) + wave(t, n + 40));
/// # let networks = NetworkSeries::new(data, &["Visual".into(), "Default".into()], clock, "made courses")?;
/// let coupling = couple(&neurons, &networks)?;
/// let anchored = coupling.anchors_of("Visual")?;
/// assert_eq!(anchored[0].neuron, "L0.1".parse()?);
/// println!("{coupling}");
/// # Ok::<(), neurocell::Error>(())
/// ```
///
/// # Errors
/// As [`couple_with`].
pub fn couple(neurons: &NeuronSeries, networks: &NetworkSeries) -> Result<Coupling> {
    couple_with(neurons, networks, &Synchrony::default())
}

/// The synchrony of every artificial neuron with every network, and what of it is more than chance.
///
/// With s a neuron's course (time) and b a network's, both on the scan's clock, r is Pearson's in each run, mean over runs; with
/// [`Synchrony::lags`] the best of several lags. Under the null the phases of either side's frequencies are random, which needs no surrogates
/// ([`correlate_pairs`](crate::statistics::correlate_pairs)): p has no floor, however many pairs it is corrected for. [`Synchrony::null`] offers surrogates
/// and circular shifts; shifts are taken in any case where volumes are censored, which random phases cannot have. q is Benjamini and
/// Hochberg's over all pairs. A neuron's *anchor* is the network of greatest r (of |r| for [`Sides::Both`](crate::statistics::Sides)), the first of
/// equals; it counts if q is below [`Synchrony::level`].
///
/// # Errors
/// If the two sides differ in TR, runs or volumes (both are shown); a neuron has several regressors; options are out of range, or the null does not
/// have what they ask for ([`correlate_pairs_by`](crate::statistics::correlate_pairs_by)); a run is too short; or it is stopped.
pub fn couple_with(neurons: &NeuronSeries, networks: &NetworkSeries, options: &Synchrony) -> Result<Coupling> {
    options.check()?;
    check_pair(neurons, networks)?;
    let pairs = options.pairs(networks.kept());
    let found = correlate_pairs_by(neurons.data(), networks.data(), neurons.clock(), &pairs)?;
    let whose = Whose {
        neurons: neurons.neurons().clone(),
        networks: networks.names().into(),
        about: networks.about().to_owned(),
        heard: [(neurons.clone(), networks.clone())].into(),
        made: Provenance::step("couple").input("neurons", neurons).input("networks", networks),
    };
    Coupling::of(found, whose, options, None)
}

/// Both sides on one clock, one column a neuron.
fn check_pair(neurons: &NeuronSeries, networks: &NetworkSeries) -> Result<()> {
    neurons.clock().agree("the neurons", networks.clock(), "the networks")?;
    if !neurons.neurons().copies.is_empty() {
        return Err(Error::shape(
            format!(
                "each neuron has {} regressors ({})",
                neurons.neurons().copies.len(),
                neurons.neurons().copies.join(", ")
            ),
            "couple one course a neuron: sample with one response and without delays; `Synchrony::lags` looks for the best lag",
        ));
    }
    Ok(())
}
