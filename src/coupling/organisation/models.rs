//! Several models, each beside its twin with random weights.

use super::study::{ModelFound, OrganisationStudy};
use super::{BrainOrganisation, OrganisationOptions, organisation};
use crate::brain::{Networks, VoxelSeries};
use crate::coupling::{NetworkMatch, match_networks_with};
use crate::encoding::{EncodingFit, encode};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::notebook::Progress;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;

/// [`organisation`] of each of several models and, beside it, of the same architecture with random weights: what is more in the trained model was learned by it.
///
/// For each model (and twin): its activations for the story, their courses on the scan's clock, patterns, an encoding model for each subject, and the match of each subject's maps with
/// networks. All subjects heard the story on the same clock, so that patterns are those of all; their scans are cleaned already, and lie on one mask on whose grid the
/// networks are. Activations are kept in the store, so that a second call with other options does not read them again.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(story: Stimulus, scans: Vec<VoxelSeries>) -> Result<()> {
/// let models = [Model::load("minilm-l6")?, Model::load("google-bert/bert-base-uncased")?];
/// let study = organisation_of_models(&models, &story, &scans, &Networks::yeo7()?, &OrganisationOptions::default())?;
/// println!("{study}");
/// study.figure()?.save("organisation.svg")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no model or no subject, two models have the same name, subjects differ in clock or mask (both are shown); as each step; or it is stopped.
pub fn organisation_of_models(
    models: &[Model],
    story: &Stimulus,
    subjects: &[VoxelSeries],
    networks: &Networks,
    options: &OrganisationOptions,
) -> Result<OrganisationStudy> {
    options.check()?;
    let Some(first) = subjects.first() else {
        return Err(Error::value("0 subjects", "give each subject's cleaned scan"));
    };
    if models.is_empty() {
        return Err(Error::value("0 models", "give at least one: `&[Model::load(\"minilm-l6\")?]`"));
    }
    for (n, model) in models.iter().enumerate() {
        if models[..n].iter().any(|other| other.name() == model.name()) {
            return Err(Error::value(format!("the model {} comes twice", model.name()), "give each model once"));
        }
    }
    for subject in &subjects[1..] {
        first.clock().agree(first.name(), subject.clock(), subject.name())?;
        if subject.mask() != first.mask() {
            let of = |one: &VoxelSeries| format!("{} has a {}", one.name(), one.mask());
            return Err(Error::shape(
                format!("{}, and {}", of(first), of(subject)),
                "bring all subjects to one mask: `Masker::new(&mask)`",
            ));
        }
    }
    let each = if options.twin.is_some() { 2 } else { 1 };
    let mut progress = Progress::of_steps("models and their twins", (each * models.len()) as u64);
    let mut rows = Vec::new();
    for model in models {
        progress.rename(format!("models and their twins: {}", model.name()));
        let trained = of_model(model, story, subjects, networks, options)?;
        progress.advance(1);
        let twin = match options.twin {
            None => None,
            Some(seed) => {
                let random = Model::random_like(model, seed)?;
                progress.rename(format!("models and their twins: {}", random.name()));
                let found = of_model(&random, story, subjects, networks, options)?;
                progress.advance(1);
                Some(found)
            }
        };
        rows.push(ModelFound { model: model.name().to_owned(), trained, twin });
    }
    let made = Provenance::step("organisation of models").options_of(options, &["matching", "ridge"]);
    let made = rows.iter().fold(made, |made, row| {
        let made = made.input("trained", &row.trained);
        row.twin.iter().fold(made, |made, twin| made.input("twin", twin))
    });
    let whose: Vec<&str> =
        subjects.iter().map(|subject| subject.name().split(';').next().unwrap_or_default()).collect();
    let about = format!("{} of {}; {}; {}", options.site, story.name(), networks.atlas(), whose.join(", "));
    Ok(OrganisationStudy { rows: rows.into(), about, made })
}

fn of_model(
    model: &Model,
    story: &Stimulus,
    subjects: &[VoxelSeries],
    networks: &Networks,
    options: &OrganisationOptions,
) -> Result<BrainOrganisation> {
    let series = model.activations(story, options.site)?.to_series(subjects[0].clock())?;
    let series = match options.high_pass {
        Some(seconds) => series.high_pass(seconds)?,
        None => series,
    };
    let patterns = series.patterns(options.method.clone())?;
    let fit = |bold: &VoxelSeries| encode(&patterns, bold, options.ridge.clone());
    let fits = subjects.iter().map(fit).collect::<Result<Vec<EncodingFit>>>()?;
    let matched = |fit: &EncodingFit| match_networks_with(fit, networks, options.matching.clone());
    let matches = fits.iter().map(matched).collect::<Result<Vec<NetworkMatch>>>()?;
    organisation(&fits, &matches, &patterns, options)
}
