//! What a model, and what was predicted from it, is without the units of a network.

mod effect;
mod groups;
mod options;
mod random;
mod readout;
mod result;
#[cfg(test)]
mod tests;

pub use effect::Effect;
pub use groups::NeuronGroups;
pub use options::{Ablation, LesionOptions};
pub use result::{Lesion, Lesions};

use super::units::Units;
use crate::error::{Error, Result};
use crate::model::{Intervention, Model, Neuron, Operation};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::{Provenance, Traced};
use crate::statistics::benjamini_hochberg;
use effect::{Guessed, Measured, Worse, effects};
use random::Matched;
use readout::Readout;

/// [`lesion_with`] by its defaults: the network's own neurons set to their means, 99 random groups.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(model: Model, coupling: Coupling) -> Result<()> {
/// println!("{}", lesion(&model, &coupling, "Default")?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As there.
pub fn lesion(model: &Model, groups: &dyn NeuronGroups, network: &str) -> Result<Lesion> {
    lesion_with(model, groups, network, &LesionOptions::default())
}

/// Sets a network's units to their means in the forward pass, and asks what that changes.
///
/// **Loss**: how well the model guesses each token of the text ([`Model::loss`]), over all tokens and by class of words ([`word_class`](crate::stimulus::word_class)). It speaks of what the units do for
/// the model. Checkpoints without a head that guesses words, sentence encoders for instance, have none; it is said.
///
/// **Encoding score**: ridge weights that predict each network's course from all neurons of the site are learned from the *intact* model's training runs, and applied to the *lesioned* model's courses of the run
/// that is held out; r is the mean over runs, then over subjects. The lesioned courses are in the units of the intact ones, not z-scored anew, so that a neuron that falls silent is silent. What falls is
/// what the units carried by themselves (lesioned units are constant, so their own contribution is gone) and what later layers made of them.
///
/// **Chance** are groups of as many other units in each layer, drawn at random: p = (1 + groups that do as much harm) / (1 + groups), q over the classes, and over the networks, of this lesion.
/// Two networks that share their units, or units that resemble each other, fall together.
///
/// **Units found with the same data are scored too well.** A coupling's anchors go with the network's course in *these* runs, and so with its noise: without them the score falls more than without random units,
/// even that of a network which nothing drives. An honest p of a score needs data that the units were not found with: another subject who heard the same, by [`LesionOptions::courses`]. Where that was
/// not done, the result says so. Losses know no brain data, and are not concerned.
///
/// Time: for each random group one pass through the text, which for causal models gives values and loss at once; a BERT's loss takes seven masked passes more.
///
/// # Errors
/// If the network is unknown or has no neurons (the best candidate is named); the model is not the one that was read (both are named), or is changed already; the series does not know its text; there are no random groups of that size; or it is stopped.
pub fn lesion_with(model: &Model, groups: &dyn NeuronGroups, network: &str, options: &LesionOptions) -> Result<Lesion> {
    let members = groups.group(network, options.units)?;
    let study = Study::new(model, groups, options)?;
    study.lesion(network, &members)
}

/// [`lesion_with`] for each network that has neurons, one after the other; q of each network's own score over all of them.
///
/// # Errors
/// As there; a network without neurons is left out and named, unless none has any.
pub fn lesion_all(model: &Model, groups: &dyn NeuronGroups, options: &LesionOptions) -> Result<Lesions> {
    let (mut found, mut skipped, mut last) = (Vec::new(), Vec::new(), None);
    for network in groups.network_names() {
        match groups.group(&network, options.units) {
            Ok(members) => found.push((network, members)),
            Err(why) => {
                skipped.push(why.problem().to_owned());
                last = Some(why);
            }
        }
    }
    if let (true, Some(why)) = (found.is_empty(), last) {
        return Err(why);
    }
    let study = Study::new(model, groups, options)?;
    let each =
        found.iter().map(|(network, members)| study.lesion(network, members)).collect::<Result<Vec<Lesion>>>()?;
    let p: Vec<f64> = each.iter().map(|one| one.score(one.network()).map_or(1.0, |own| own.p)).collect();
    let made = Provenance::step("lesions").options_of(options, &["courses"]).input("model", model);
    Ok(Lesions {
        q: benjamini_hochberg(&p)?.into(),
        made: made.input(groups.kind(), &groups.provenance()),
        each: each.into(),
        skipped,
        level: options.level,
    })
}

/// Said where units are scored by the data that they were found with.
const SAME_DATA: &str = "the units were found with the data on which they are scored here, chance and all, so that p of a score is too small, for a network of noise as well; score somebody else who heard the same";

/// All that lesions of one model and one finding share.
struct Study<'a> {
    model: &'a Model,
    groups: &'a dyn NeuronGroups,
    options: &'a LesionOptions,
    texts: Vec<Text>,
    names: Vec<String>,
    subjects: usize,
    intact: Measured,
    notes: Vec<String>,
}

/// A text that subjects heard.
struct Text {
    key: String,
    units: Units,
    /// The mean of every unit where units are changed.
    means: Vec<f32>,
    /// What predicts the networks of each subject who heard it.
    readouts: Vec<Readout>,
}

impl<'a> Study<'a> {
    fn new(model: &'a Model, groups: &'a dyn NeuronGroups, options: &'a LesionOptions) -> Result<Study<'a>> {
        options.check()?;
        if !model.interventions().is_empty() {
            return Err(Error::value(
                format!("{} is changed in its forward pass already: {}", model.name(), model.interventions()[0]),
                "give the model as it was read",
            ));
        }
        let mut heard = groups.courses();
        let own: Vec<String> =
            heard.iter().filter_map(|(_, own)| Some(own.as_ref()?.provenance().key().to_owned())).collect();
        if !options.courses.is_empty() {
            // One text for all, or one each.
            let series: Vec<_> = heard.into_iter().map(|(series, _)| series).collect();
            let of = |n: usize| if series.len() == 1 { 0 } else { n };
            if series.len() > 1 && series.len() != options.courses.len() {
                return Err(Error::shape(
                    format!("courses of {} subjects for {} series of neurons", options.courses.len(), series.len()),
                    "give one for each subject, in their order",
                ));
            }
            heard =
                options.courses.iter().enumerate().map(|(n, one)| (series[of(n)].clone(), Some(one.clone()))).collect();
        }
        let mut notes = Vec::new();
        if heard
            .iter()
            .flat_map(|(_, scored)| scored)
            .any(|scored| own.iter().any(|key| key == scored.provenance().key()))
        {
            notes.push(format!("{SAME_DATA}: `LesionOptions::default().courses(&of_another_subject)`"));
        }
        let site = groups.axis().site;
        let changed = options.ablation.site(site);
        let mut texts: Vec<Text> = Vec::new();
        let (mut names, mut subjects) = (Vec::new(), 0);
        for (series, networks) in heard {
            let key = series.provenance().key().to_owned();
            let place = match texts.iter().position(|text| text.key == key) {
                Some(place) => place,
                None => {
                    let units = Units::of(&series)?;
                    units.check(model, &format!("the {}", groups.kind()))?;
                    let axis = model.neurons(changed);
                    let all: Vec<Neuron> = (0..axis.neurons()).map(|column| axis.neuron(column)).collect();
                    let means = Intervention::mean(model, units.activations().stimulus(), changed, &all)?;
                    let Operation::Values(means) = means.operation else {
                        return Err(Error::value("means that are no values", "report this"));
                    };
                    texts.push(Text { key, units, means, readouts: Vec::new() });
                    texts.len() - 1
                }
            };
            let Some(networks) = networks else { continue };
            series.clock().agree("the neurons", networks.clock(), "the networks")?;
            if names.is_empty() {
                names = networks.names().to_vec();
            } else if names != networks.names() {
                return Err(Error::shape(
                    format!(
                        "one subject has the networks {}, another {}",
                        names.join(", "),
                        networks.names().join(", ")
                    ),
                    "take networks that are common to all",
                ));
            }
            texts[place].readouts.push(Readout::new(series.data(), &networks)?);
            subjects += 1;
        }
        if subjects == 0 {
            notes.push("no encoding scores: the sub-groups hold no courses of networks; give them by `.courses(&bold.network_courses(&networks)?)`".to_owned());
        }
        let mut study = Study {
            model,
            groups,
            options,
            texts,
            names,
            subjects,
            intact: Measured { guessed: None, scores: Vec::new() },
            notes,
        };
        let guesses = options.loss && study.guesses();
        study.intact = study.measure(None, guesses)?;
        Ok(study)
    }

    /// Whether words can be guessed; if not, why is noted.
    fn guesses(&mut self) -> bool {
        match self.model.logits("a word") {
            Ok(_) => true,
            Err(why) => {
                self.notes.push(format!("no loss: {}", why.problem()));
                false
            }
        }
    }

    /// Values and losses of all texts, with units changed or not.
    fn measure(&self, units: Option<&[Neuron]>, guesses: bool) -> Result<Measured> {
        let (mut guessed, mut scores) = (Guessed::default(), vec![0.0; self.names.len()]);
        for text in &self.texts {
            check_cancelled("the lesion")?;
            let acts = text.units.activations();
            let model = match units {
                None => self.model.clone(),
                Some(units) => self.model.with(&[self.intervention(text, units)?])?,
            };
            let (stimulus, site) = (acts.stimulus(), acts.neurons().site);
            let Some(reading) = acts.reading() else { continue };
            let read = match guesses {
                true => {
                    let (acts, loss) =
                        model.activations_and_loss(stimulus, site, &reading.options, self.options.masking)?;
                    guessed.add(&loss, stimulus);
                    acts
                }
                false if text.readouts.is_empty() => continue,
                false => {
                    let options = reading.options.clone().without_store();
                    model.activations_with(stimulus, &[site], &options)?.remove(0)
                }
            };
            if text.readouts.is_empty() {
                continue;
            }
            let series = text.units.same_text(&read)?;
            for readout in &text.readouts {
                let r = readout.scores(series.data())?;
                scores.iter_mut().zip(r).for_each(|(sum, r)| *sum += r / self.subjects as f64);
            }
        }
        Ok(Measured { guessed: guesses.then_some(guessed), scores })
    }

    fn intervention(&self, text: &Text, units: &[Neuron]) -> Result<Intervention> {
        let site = self.options.ablation.site(self.groups.axis().site);
        match self.options.ablation {
            Ablation::Zero => Ok(Intervention::zero(site, units)),
            Ablation::Mean => {
                let axis = self.model.neurons(site);
                let of = |unit: &Neuron| Ok(text.means[axis.column(*unit)?]);
                let values = units.iter().map(of).collect::<Result<Vec<f32>>>()?;
                Ok(Intervention { site, neurons: units.to_vec(), operation: Operation::Values(values) })
            }
        }
    }

    fn lesion(&self, network: &str, members: &[Neuron]) -> Result<Lesion> {
        let (axis, options) = (self.groups.axis(), self.options);
        let matched = Matched::new(members, axis, options.seed)?;
        let guesses = self.intact.guessed.is_some();
        let mut progress = Progress::of_steps(format!("lesions beside {network}"), 1 + options.random as u64);
        let after = self.measure(Some(members), guesses)?;
        progress.advance(1);
        let mut random = Vec::new();
        for number in 0..options.random {
            random.push(self.measure(Some(&matched.group(number)), guesses)?);
            progress.advance(1);
        }
        let names: Vec<(String, Option<usize>)> = self.names.iter().map(|name| (name.clone(), None)).collect();
        let scored = if self.subjects > 0 { &self.intact.scores[..] } else { &[] };
        let of_random: Vec<Vec<f64>> = random.iter().map(|one| one.scores.clone()).collect();
        let scores = effects(&names[..scored.len()], scored, &after.scores, &of_random, Worse::Down, |_| true)?;
        let means = |one: &Measured| one.guessed.as_ref().map(Guessed::means).unwrap_or_default();
        let values = |one: &Measured| means(one).into_iter().map(|(_, mean, _)| mean).collect::<Vec<f64>>();
        let classes: Vec<(String, Option<usize>)> =
            means(&self.intact).into_iter().map(|(name, _, count)| (name, Some(count))).collect();
        let of_random: Vec<Vec<f64>> = random.iter().map(values).collect();
        // Classes are tested together; all tokens are one question by itself.
        let losses = effects(&classes, &values(&self.intact), &values(&after), &of_random, Worse::Up, |n| n > 0)?;
        let made = Provenance::step("lesion").option("network", network).options_of(options, &["courses"]);
        let made = made.input("model", self.model).input(self.groups.kind(), &self.groups.provenance());
        let about = format!(
            "{} ({}), {}; {}{}",
            axis,
            self.groups.rule(options.units),
            options.ablation.words(axis.site),
            match self.subjects {
                0 => "no subject scored".to_owned(),
                n => format!("{n} subject(s) scored, weights of the intact model's training runs"),
            },
            if guesses { "" } else { ", no loss" }
        );
        Ok(Lesion {
            network: network.to_owned(),
            units: members.into(),
            about,
            losses: losses.into(),
            scores: scores.into(),
            random: options.random,
            level: options.level,
            notes: self.notes.clone(),
            made: made.inputs_of("courses", &options.courses),
        })
    }
}
