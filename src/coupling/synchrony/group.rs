//! Several subjects at once.

use super::coupling::{Coupling, Whose};
use super::{Synchrony, check_pair};
use crate::activation::NeuronSeries;
use crate::brain::NetworkSeries;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::statistics::{Null, correlate_pairs_by, fisher_z, two_sided_t};
use ndarray::{Array2, Axis, concatenate};

/// The synchrony of neurons and networks over several subjects who heard the same.
///
/// r is the mean over all subjects' runs, and its chance that of random phases in each run of each subject by itself: the terms of all stand side by
/// side in one sum of cosines. That speaks of *these* subjects (fixed effects), and needs few of them. [`Coupling::random_effects`] speaks of people: a
/// one-sample t-test of each subject's Fisher z, which with few subjects finds little.
///
/// # Errors
/// If there are fewer than two subjects, neurons or networks differ between them, and as [`couple_with`](super::couple_with).
pub fn couple_group(subjects: &[(&NeuronSeries, &NetworkSeries)], options: &Synchrony) -> Result<Coupling> {
    options.check()?;
    let [(first, of_first), rest @ ..] = subjects else {
        return Err(Error::value("0 subjects", "give each subject's neurons and networks"));
    };
    if rest.is_empty() {
        return Err(Error::value(
            format!("one subject ({}): a group's test needs at least two", of_first.about()),
            "for one subject take `couple(&neurons, &networks)`",
        ));
    }
    for (number, (neurons, networks)) in subjects.iter().enumerate() {
        check_pair(neurons, networks)?;
        if neurons.neurons() != first.neurons() {
            let problem =
                format!("subject 1 has {}, subject {} has {}", first.neurons(), number + 1, neurons.neurons());
            return Err(Error::shape(problem, "read the same site of the same model for all"));
        }
        if networks.names() != of_first.names() {
            let problem = format!(
                "subject 1 has the networks {}, subject {} {}",
                of_first.names().join(", "),
                number + 1,
                networks.names().join(", ")
            );
            return Err(Error::shape(
                problem,
                "take networks that are common to all: an atlas, or a group's components by dual regression",
            ));
        }
        if neurons.clock().tr() != first.clock().tr() {
            let problem = format!(
                "subject 1 has a TR of {} s, subject {} of {} s",
                first.clock().tr(),
                number + 1,
                neurons.clock().tr()
            );
            return Err(Error::value(problem, "a group needs one TR; couple the others by themselves"));
        }
    }
    let size = (first.neurons().total(), of_first.names().len());
    let (mut sum, mut squares) = (Array2::<f64>::zeros(size), Array2::<f64>::zeros(size));
    for (neurons, networks) in subjects {
        // Only r is wanted of each: chance is that of all together.
        let pairs = match options.pairs(networks.kept()) {
            gaps if !gaps.kept.is_empty() => gaps.null(Null::CircularShift { least_seconds: 20.0, shifts: 1, seed: 0 }),
            whole => whole.null(Null::Phase),
        };
        let own = correlate_pairs_by(neurons.data(), networks.data(), neurons.clock(), &pairs)?;
        let z = own.r().mapv(|r| fisher_z(f64::from(r)));
        squares += &z.mapv(|z| z * z);
        sum += &z;
    }
    let count = subjects.len() as f64;
    let random = ndarray::Zip::from(&sum).and(&squares).map_collect(|sum, squares| {
        let mean = sum / count;
        let variance = ((squares - sum * mean) / (count - 1.0)).max(0.0);
        match variance > 0.0 {
            true => two_sided_t(mean / (variance / count).sqrt(), count - 1.0),
            false if mean == 0.0 => 1.0,
            false => 0.0,
        }
    });
    let stacked = |each: &dyn Fn(&(&NeuronSeries, &NetworkSeries)) -> Array2<f32>| -> Result<Array2<f32>> {
        let parts: Vec<Array2<f32>> = subjects.iter().map(each).collect();
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        concatenate(Axis(0), &views).map_err(|cause| Error::shape(cause.to_string(), "give series of the same width"))
    };
    let volumes: Vec<usize> =
        subjects.iter().flat_map(|(one, _)| (0..one.clock().runs()).map(|run| one.clock().volumes(run))).collect();
    let clock = Clock::new(first.clock().tr(), &volumes)?;
    let kept: Vec<bool> = subjects.iter().flat_map(|(_, networks)| networks.kept().to_vec()).collect();
    let (neurons, networks) = (stacked(&|one| one.0.data().clone())?, stacked(&|one| one.1.data().clone())?);
    let all = correlate_pairs_by(&neurons, &networks, &clock, &options.pairs(&kept))?;
    let whose = Whose {
        neurons: first.neurons().clone(),
        networks: of_first.names().into(),
        about: of_first.about().to_owned(),
        heard: subjects.iter().map(|(neurons, networks)| ((*neurons).clone(), (*networks).clone())).collect(),
        made: subjects.iter().fold(Provenance::step("couple a group"), |made, (neurons, networks)| {
            made.input("neurons", *neurons).input("networks", *networks)
        }),
    };
    Coupling::of(all, whose, options, Some(random))
}
