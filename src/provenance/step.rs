//! One step of what made a result.

use crate::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a result was made of; clones are cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance(Arc<Step>);

#[derive(Clone, Debug, PartialEq)]
struct Step {
    what: String,
    options: BTreeMap<String, String>,
    inputs: Vec<(String, Provenance)>,
    key: String,
}

impl Provenance {
    /// A step by its name ("encode", "slices"), so far without options and inputs.
    pub(crate) fn step(what: &str) -> Provenance {
        Provenance::of(what.to_owned(), BTreeMap::new(), Vec::new())
    }

    /// Values that were given, known by their digest.
    pub(crate) fn content(what: &str, digest: &str) -> Provenance {
        Provenance::step(what).option("sha256", digest)
    }

    fn of(what: String, options: BTreeMap<String, String>, inputs: Vec<(String, Provenance)>) -> Provenance {
        let mut hasher = Sha256::new();
        // The length of each part stands before it, so that no two lists of parts read alike.
        let mut add = |part: &str| {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(env!("CARGO_PKG_VERSION"));
        add(&what);
        options.iter().for_each(|(name, value)| [name, value].into_iter().for_each(|part| add(part)));
        inputs.iter().for_each(|(role, input)| [role, &input.0.key].into_iter().for_each(|part| add(part)));
        let key = hex(hasher);
        Provenance(Arc::new(Step { what, options, inputs, key }))
    }

    /// The step with one option more.
    pub(crate) fn option(&self, name: &str, value: impl std::fmt::Display) -> Provenance {
        let step = &*self.0;
        let mut options = step.options.clone();
        options.insert(name.to_owned(), value.to_string());
        Provenance::of(step.what.clone(), options, step.inputs.clone())
    }

    /// The step with one input more, and the part that it plays ("patterns", "bold").
    pub(crate) fn input(&self, role: &str, input: &dyn super::Traced) -> Provenance {
        let step = &*self.0;
        let mut inputs = step.inputs.clone();
        inputs.push((role.to_owned(), input.provenance()));
        Provenance::of(step.what.clone(), step.options.clone(), inputs)
    }

    /// The step's name.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// SHA-256 of all that the result depends on, in hexadecimal.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// What went into the step, each with the part that it plays.
    pub fn inputs(&self) -> &[(String, Provenance)] {
        &self.0.inputs
    }
}
