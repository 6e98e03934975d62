//! The table "network – region – words – layers" (Liu et al. 2023, step 6 of the analysis).

mod options;
mod places;
mod table;

pub use options::InterpretOptions;
pub use places::PlaceCount;
pub use table::{Interpretation, InterpretedNetwork};

use super::layer_tests::layer_tests;
use super::meaning::meaning_with;
use super::members::NetworkMembers;
use crate::activation::Activations;
use crate::brain::{Networks, Shared};
use crate::error::{Error, Result};
use crate::provenance::Provenance;

/// Regions that are kept for each network.
const REGIONS: usize = 5;

/// [`interpret_with`] by its defaults: template networks are the seven of Yeo et al. 2011.
///
/// ```no_run
/// use neurocell::prelude::*;
/// # fn run(coupling: Coupling, acts: Activations, extraction: Extraction) -> Result<()> {
/// let table = interpret(&coupling, &acts, extraction.networks(), &Networks::schaefer(100, 7)?)?;
/// println!("{table}");
/// table.to_csv("networks.csv")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`interpret_with`].
pub fn interpret(
    members: &dyn NetworkMembers,
    acts: &Activations,
    networks: &Networks,
    regions: &Networks,
) -> Result<Interpretation> {
    interpret_with(members, acts, networks, regions, &InterpretOptions::default())
}

/// A row for each network: where it lies in the brain, to which words its neurons respond, and where in the model these lie.
///
/// - `members`: the neurons of each network: the anchors of a [`Coupling`](super::Coupling), [`SubGroups`](super::SubGroups), or lists.
/// - `acts`: the activations from which the neurons' courses were made.
/// - `networks`: the maps of the networks, under the names that `members` has.
/// - `regions`: an atlas of regions, on any grid of the same space; Dice and shares are those of [`Networks::overlap`].
///
/// Words and kinds of words are those of [`meaning_with`]. In each layer (and head) the number of a network's neurons stands beside what a random draw of as many would have, with p of
/// as many or more (hypergeometric) and q over all networks × layers (heads); the test over all layers of a network is that of [`layer_tests`].
/// A network without neurons keeps its place in the brain, and has no words and no layers.
///
/// # Errors
/// If a network of `members` has no map (the nearest name is proposed), no network shares a voxel with an atlas (another space: both bounding boxes are shown), a map
/// has no value above 0; as [`meaning_with`]; or it is stopped.
pub fn interpret_with(
    members: &dyn NetworkMembers,
    acts: &Activations,
    networks: &Networks,
    regions: &Networks,
    options: &InterpretOptions,
) -> Result<Interpretation> {
    let meaning = meaning_with(acts, members, &options.meaning)?;
    let lists = members.members(options.meaning.members)?;
    for list in &lists {
        if !networks.names().contains(&list.network) {
            let unknown = Error::unknown(
                &format!("map of a network among those of {}", networks.atlas()),
                &list.network,
                networks.names(),
            );
            return Err(unknown);
        }
    }
    let yeo = match &options.template {
        Some(_) => None,
        None => Some(Networks::yeo7()?),
    };
    let template = options.template.as_ref().or(yeo.as_ref()).unwrap_or(networks);
    let (in_regions, in_template) = (networks.overlap(regions)?, networks.overlap(template)?);
    let layers = places::layers(&lists, members.axis())?;
    let heads = places::heads(&lists, members.axis())?;
    let tests = match members.axis().layers {
        0 | 1 => None,
        _ => Some(layer_tests(members, options.meaning.members)?),
    };
    let mut rows = Vec::new();
    for (n, list) in lists.iter().enumerate() {
        let mut shared: Vec<Shared> = in_regions.of(&list.network)?;
        let inside: f64 = shared.iter().map(|part| part.of_network).sum();
        shared.truncate(REGIONS);
        let alike = in_template.of(&list.network)?.into_iter();
        let test = tests.as_ref().map(|tests| &tests.rows()[n]);
        rows.push(InterpretedNetwork {
            network: list.network.clone(),
            members: list.neurons.len(),
            regions: shared,
            outside: (1.0 - inside).max(0.0),
            // The first of equals.
            template: alike.reduce(|best, next| if next.dice > best.dice { next } else { best }),
            meaning: meaning.networks()[n].clone(),
            layers: layers[n].clone(),
            heads: heads[n].clone(),
            layers_p: test.and_then(|test| test.p),
            layers_q: test.and_then(|test| test.q),
        });
    }
    let made = Provenance::step("interpret").options_of(&options.meaning, &[]).input("members", &members.provenance());
    let made = made.input("activations", acts).input("networks", networks).input("regions", regions);
    Ok(Interpretation {
        rows: rows.into(),
        lists: lists.into_iter().map(|list| list.neurons).collect(),
        neurons: members.axis().clone(),
        level: options.meaning.level,
        regions: regions.atlas().to_owned(),
        template: template.atlas().to_owned(),
        about: meaning.about().to_owned(),
        made: made.input("template", template),
    })
}
