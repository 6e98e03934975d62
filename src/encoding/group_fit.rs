//! The model of a group.

use super::EncodingFit;
use super::by_voxel::ByVoxel;
use super::fit::HeldOut;
use super::leaks::Seen;
use super::predict::{Responses, Trained, Units};
use super::scaling::Scale;
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use ndarray::Array2;
use std::sync::Arc;

/// The mean of the models of several subjects, who heard the same: what a group's maps are read from.
///
/// Weights (and so [`EncodingFit::responses`]), held-out scores and predictions are means over subjects; a voxel's α is the geometric mean of theirs. What
/// subjects have in common stays, what is each one's own noise averages out. Scores say how well single subjects are predicted by their own models, on average.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(patterns: Patterns, subjects: Vec<VoxelSeries>) -> Result<()> {
/// let fits: Vec<EncodingFit> =
///     subjects.iter().map(|bold| encode(&patterns, bold, Ridge::default())).collect::<Result<Vec<_>>>()?;
/// let group = mean_fit(&fits)?;
/// println!("{}", match_networks(&group, &Networks::yeo7()?)?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no fit, or they differ in regressors, delays, mask or folds (both are shown).
pub fn mean_fit(fits: &[EncodingFit]) -> Result<EncodingFit> {
    let Some(first) = fits.first() else {
        return Err(Error::value("0 fits have no mean", "give one of each subject"));
    };
    for (number, fit) in fits.iter().enumerate().skip(1) {
        check(first, fit, number)?;
    }
    let count = fits.len() as f32;
    let over = |of: &dyn Fn(&EncodingFit) -> Array2<f32>| {
        let mut sum = of(first);
        fits[1..].iter().for_each(|fit| sum += &of(fit));
        sum / count
    };
    let whole = |matrix: &ByVoxel| matrix.columns(0..matrix.dim().1);
    let mean = |of: &dyn Fn(&EncodingFit) -> Vec<f32>| -> Arc<[f32]> {
        let mut sum = of(first);
        fits[1..].iter().for_each(|fit| sum.iter_mut().zip(of(fit)).for_each(|(sum, v)| *sum += v));
        sum.into_iter().map(|v| v / count).collect()
    };
    let scale = |of: &dyn Fn(&Scale) -> Vec<f64>| -> Vec<f64> {
        let all: Vec<Vec<f64>> = fits.iter().map(|fit| of(&fit.trained.units.voxels)).collect();
        (0..all[0].len()).map(|v| all.iter().map(|one| one[v]).sum::<f64>() / all.len() as f64).collect()
    };
    // Standard deviations are averaged, not what they are divided by; a voxel that is constant in one subject stays as it is in the others.
    let deviation = |scale: &Scale| scale.inverse.iter().map(|i| if *i > 0.0 { 1.0 / i } else { 0.0 }).collect();
    let inverse = scale(&deviation).into_iter().map(|sd| if sd > 0.0 { 1.0 / sd } else { 0.0 }).collect();
    let voxels = Scale { mean: scale(&|scale| scale.mean.clone()), inverse };
    let seen: Vec<&Seen> = fits.iter().map(|fit| &fit.trained.seen).collect();
    // Each subject has penalties of its own, so that the group's responses do not follow from its weights.
    let responses = match first.trained.units.alike.is_some() {
        true => {
            let mut sum = first.responses()?;
            for fit in &fits[1..] {
                sum += &fit.responses()?;
            }
            Responses::Mean(Arc::new(sum / count))
        }
        false => Responses::Predicted,
    };
    let whose = of_all(&fits.iter().map(|fit| fit.whose.as_str()).collect::<Vec<_>>());
    let rest = first.about.strip_prefix(first.whose.as_str());
    let about = rest.map_or_else(|| format!("{whose}: {}", first.about), |rest| format!("{whose}{rest}"));
    Ok(EncodingFit {
        weights: over(&|fit| whole(&fit.weights)).into(),
        alphas: mean(&|fit| fit.alphas.iter().map(|a| a.ln()).collect()).iter().map(|log| log.exp()).collect(),
        grid: first.grid.clone(),
        r: mean(&|fit| fit.r.to_vec()),
        r2: mean(&|fit| fit.r2.to_vec()),
        mask: first.mask.clone(),
        kind: first.kind,
        delays: first.delays.clone(),
        held_out: Arc::new(HeldOut {
            folds: first.held_out.folds.clone(),
            r: over(&|fit| fit.held_out.r.clone()),
            r2: over(&|fit| fit.held_out.r2.clone()),
            predicted: over(&|fit| whole(&fit.held_out.predicted)).into(),
        }),
        trained: Arc::new(Trained {
            units: Units { voxels, ..first.trained.units.clone() },
            seen: Seen::all(&seen)?,
            responses,
        }),
        about,
        whose,
        stored: None,
        origin: Provenance::step("mean of encoding models").inputs_of("fits", fits).into(),
    })
}

/// Whose mean it is: "mean of 4 subjects (simulated sub-01 to sub-04), task story, 4 runs". What all have in common is said once.
fn of_all(who: &[&str]) -> String {
    let [first, .., last] = who else { return who.concat() };
    let parts = |name: &&str| {
        name.split_once(", ").map_or((name.to_string(), None), |(one, of)| (one.to_owned(), Some(of.to_owned())))
    };
    let ((begin, what), (end, _)) = (parts(first), parts(last));
    // Words that both begin with, "simulated", stand before the first only.
    let shared = begin.split(' ').zip(end.split(' ')).take_while(|(a, b)| a == b).count();
    let end: Vec<&str> = end.split(' ').skip(shared).collect();
    let range = if end.is_empty() { begin } else { format!("{begin} to {}", end.join(" ")) };
    let what = what.filter(|what| who.iter().all(|name| parts(name).1.as_ref() == Some(what)));
    format!("mean of {} subjects ({range}){}", who.len(), what.map(|what| format!(", {what}")).unwrap_or_default())
}

/// An error unless two models are of the same regressors at the same voxels.
fn check(first: &EncodingFit, fit: &EncodingFit, number: usize) -> Result<()> {
    let advice =
        "fit all subjects with the same regressors, mask and folds; voxels that all have: `bold.within(&mask)`";
    let differ = |what: &str, one: String, other: String| {
        Err(Error::shape(format!("{what} differ: fit 0 has {one}, fit {number} {other}"), advice))
    };
    if fit.mask != first.mask {
        return differ("the masks", first.mask.to_string(), fit.mask.to_string());
    }
    let shape = |fit: &EncodingFit| format!("{} {} at delays {:?}", fit.dim().0, fit.kind, fit.delays);
    if shape(fit) != shape(first) {
        return differ("the regressors", shape(first), shape(fit));
    }
    if fit.held_out.folds.clock() != first.held_out.folds.clock() || fit.held_out.r.dim() != first.held_out.r.dim() {
        let folds = |fit: &EncodingFit| format!("{} ({})", fit.held_out.folds, fit.held_out.folds.clock());
        return differ("the folds", folds(first), folds(fit));
    }
    let given = |fit: &EncodingFit| fit.trained.units.given.mean.clone();
    if given(fit) != given(first) {
        return Err(Error::shape(
            format!(
                "fits 0 and {number} both have {} {}, but not the same: their courses have other means",
                fit.dim().0,
                fit.kind
            ),
            "find the patterns once, in the neurons' series, and fit all subjects with them",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::encoding::tests::bold;
    use crate::encoding::{Features, Ridge, encode};
    use crate::error::ErrorKind;

    #[test]
    fn a_group_is_named_without_saying_everything_twice() {
        let one = |n: usize| format!("simulated sub-sim0{n}, task story, 4 runs");
        let all: Vec<String> = (1..=4).map(one).collect();
        let names: Vec<&str> = all.iter().map(String::as_str).collect();
        assert_eq!(of_all(&names), "mean of 4 subjects (simulated sub-sim01 to sub-sim04), task story, 4 runs");
        assert_eq!(of_all(&names[..1]), "simulated sub-sim01, task story, 4 runs");
        assert_eq!(of_all(&["sub-1, task a", "sub-2, task b"]), "mean of 2 subjects (sub-1 to sub-2)");
        assert_eq!(of_all(&["made", "made"]), "mean of 2 subjects (made)");
        assert_eq!(of_all(&["made", "simulated sub-1, x"]), "mean of 2 subjects (made to simulated sub-1)");
    }

    #[test]
    fn a_groups_model_is_the_mean_of_its_subjects() {
        let clock = Clock::new(2.0, &[50, 50, 50]).unwrap();
        let wave = |t: usize, n: usize| ((t * t * (n + 3)) as f32 * 0.7).sin();
        let x = Array2::from_shape_fn((150, 2), |(t, n)| wave(t, n));
        let features = Features::new("made", x.clone(), &clock).unwrap();
        let fits: Vec<EncodingFit> = (0..3)
            .map(|s| {
                let y = Array2::from_shape_fn((150, 3), |(t, v)| 2.0 + x[[t, v % 2]] + wave(t, 10 + 3 * s + v));
                encode(&features, &bold(y, &clock), Ridge::default()).unwrap()
            })
            .collect();
        let group = mean_fit(&fits).unwrap();
        let mean = |of: &dyn Fn(&EncodingFit) -> f32| fits.iter().map(of).sum::<f32>() / 3.0;
        for voxel in 0..3 {
            assert!((group.r()[voxel] - mean(&|fit| fit.r()[voxel])).abs() < 1e-6);
            assert!((group.weights()[[1, voxel]] - mean(&|fit| fit.weights()[[1, voxel]])).abs() < 1e-6);
            let predicted = |fit: &EncodingFit| fit.predictions(voxel..voxel + 1).unwrap()[[77, 0]];
            assert!((predicted(&group) - mean(&predicted)).abs() < 1e-5);
        }
        let responses = fits.iter().map(|fit| fit.responses().unwrap()).reduce(|a, b| a + b).unwrap() / 3.0;
        assert!((group.responses().unwrap() - responses).iter().all(|d| d.abs() < 1e-5));
        // It has seen the runs of each subject.
        let y = Array2::from_shape_fn((150, 3), |(t, v)| x[[t, v % 2]] + wave(t, 13 + v));
        let seen = group.score(&features, &bold(y, &clock)).unwrap_err();
        assert!(seen.problem().contains("on which the model was trained"), "{seen}");

        let other = Features::new("made", x.mapv(|v| v + 1.0), &clock).unwrap();
        let y = Array2::from_shape_fn((150, 3), |(t, v)| wave(t, 30 + v));
        let other = encode(&other, &bold(y.clone(), &clock), Ridge::default()).unwrap();
        assert_eq!(mean_fit(&[fits[0].clone(), other]).unwrap_err().kind(), ErrorKind::Shape);
        let fewer =
            encode(&features, &bold(y.slice(ndarray::s![.., ..2]).to_owned(), &clock), Ridge::default()).unwrap();
        let error = mean_fit(&[fits[0].clone(), fewer]).unwrap_err();
        assert!(error.problem().contains("masks differ"), "{error}");
        assert_eq!(mean_fit(&[]).unwrap_err().kind(), ErrorKind::Value);
    }
}
