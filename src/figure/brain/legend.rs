//! The legend of networks: each by name, or families of one colour.

use crate::brain::Networks;
use crate::figure::sheet::Colour;

/// Networks that a legend lists one by one.
const LISTED: usize = 30;

/// Lines of the legend: each network; of many, each family of one colour, or the first ones.
pub(super) fn legend(networks: &Networks) -> Vec<(Option<Colour>, String)> {
    let named = networks.names().iter().zip(networks.colours()).map(|(name, colour)| (Some(*colour), name.clone()));
    if networks.count() <= LISTED {
        return named.collect();
    }
    let mut families: Vec<(Colour, Vec<&String>)> = Vec::new();
    for (name, colour) in networks.names().iter().zip(networks.colours()) {
        match families.iter_mut().find(|family| family.0 == *colour) {
            Some(family) => family.1.push(name),
            None => families.push((*colour, vec![name])),
        }
    }
    // An atlas that colours by network has neighbours of one colour; colours that are given in turn have not.
    let by_family = networks.colours().windows(2).filter(|pair| pair[0] == pair[1]).count() > networks.count() / 2;
    if by_family && families.len() <= LISTED {
        return families.into_iter().map(|(colour, names)| (Some(colour), family_name(&names))).collect();
    }
    let rest = (None, format!("and {} more", networks.count() - (LISTED - 1)));
    named.take(LISTED - 1).chain([rest]).collect()
}

/// "Vis (61)": the parts that all names of a family have in common, or its first name, and how many there are.
fn family_name(names: &[&String]) -> String {
    let parts = |name: &str| name.split('_').map(str::to_owned).collect::<Vec<String>>();
    // A number that counts regions says nothing of the family.
    let mut common = parts(names[0]);
    common.retain(|part| part.parse::<u32>().is_err());
    names.iter().for_each(|name| common.retain(|part| parts(name).contains(part)));
    let word = if common.is_empty() { names[0].clone() } else { common.join("_") };
    format!("{word} ({})", names.len())
}
