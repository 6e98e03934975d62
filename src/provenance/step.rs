//! One step of what made a result.

use super::privacy::private;
use crate::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The version of this crate, and a digest of its sources.
pub(super) const CODE: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("NEUROCELL_CODE"));
/// The step that stands for a file; its key is that of the file's content.
pub(super) const FILE: &str = "file";

/// What a result was made of; clones are cheap.
#[derive(Clone, Debug)]
pub struct Provenance(Arc<Step>);

#[derive(Debug)]
struct Step {
    what: String,
    options: BTreeMap<String, String>,
    inputs: Vec<(String, Provenance)>,
    code: Arc<str>,
    key: String,
}

impl Provenance {
    /// A step by its name ("encode", "slices"), so far without options and inputs.
    pub(crate) fn step(what: &str) -> Provenance {
        Provenance::of(what.to_owned(), BTreeMap::new(), Vec::new(), CODE.into())
    }

    /// Values that were given, known by their digest.
    pub(crate) fn content(what: &str, digest: &str) -> Provenance {
        Provenance::step(what).option("sha256", digest)
    }

    /// Data that come with the program.
    pub(crate) fn shipped(name: &str, digest: &str) -> Provenance {
        Provenance::content(super::check::SHIPPED, digest).option("name", name)
    }

    pub(super) fn of(
        what: String,
        options: BTreeMap<String, String>,
        inputs: Vec<(String, Provenance)>,
        code: Arc<str>,
    ) -> Provenance {
        let mut hasher = Sha256::new();
        // The length of each part stands before it, so that no two lists of parts read alike.
        let mut add = |part: &str| {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        };
        add(&what);
        match options.get("sha256") {
            // A file is the same under another name, and with another version of the program.
            Some(content) if what == FILE => add(content),
            _ => {
                add(&code);
                add(&options.len().to_string());
                options.iter().for_each(|(name, value)| [name, value].into_iter().for_each(|part| add(part)));
                inputs.iter().for_each(|(role, input)| [role, &input.0.key].into_iter().for_each(|part| add(part)));
            }
        }
        let key = hex(hasher);
        Provenance(Arc::new(Step { what, options, inputs, code, key }))
    }

    /// The step with one option more.
    pub(crate) fn option(&self, name: &str, value: impl std::fmt::Display) -> Provenance {
        let step = &*self.0;
        let mut options = step.options.clone();
        options.insert(name.to_owned(), private(&value.to_string()));
        Provenance::of(step.what.clone(), options, step.inputs.clone(), step.code.clone())
    }

    /// The step with one input more, and the part that it plays ("patterns", "bold").
    pub(crate) fn input(&self, role: &str, input: &dyn super::Traced) -> Provenance {
        let step = &*self.0;
        let mut inputs = step.inputs.clone();
        inputs.push((role.to_owned(), input.provenance()));
        Provenance::of(step.what.clone(), step.options.clone(), inputs, step.code.clone())
    }

    /// The step with several inputs of one part.
    pub(crate) fn inputs_of<'a, T: super::Traced + 'a>(
        &self,
        role: &str,
        inputs: impl IntoIterator<Item = &'a T>,
    ) -> Provenance {
        inputs.into_iter().fold(self.clone(), |step, input| step.input(role, input))
    }

    /// The step's name.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// SHA-256 of all that the result depends on, in hexadecimal.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// The step's options, by name.
    pub fn options(&self) -> &BTreeMap<String, String> {
        &self.0.options
    }

    /// What went into the step, each with the part that it plays.
    pub fn inputs(&self) -> &[(String, Provenance)] {
        &self.0.inputs
    }

    /// The version of the program that took the step, and the digest of its sources.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// Whether this program's code is the one that took the step.
    pub fn is_of_this_code(&self) -> bool {
        self.code() == CODE
    }

    /// The name, size and digest of a file, if the step is one.
    pub(super) fn as_file(&self) -> Option<(&str, u64, &str)> {
        let option = |name: &str| self.0.options.get(name).map(String::as_str);
        match self.what() {
            FILE => Some((option("name")?, option("bytes")?.parse().ok()?, option("sha256")?)),
            _ => None,
        }
    }

    /// Every step once, inputs before those that they went into.
    pub(super) fn steps(&self) -> Vec<Provenance> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        self.gather(&mut all, &mut seen, true);
        all
    }

    /// The same without what the files that went in were made of.
    pub(super) fn steps_from_files(&self) -> Vec<Provenance> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        self.gather(&mut all, &mut seen, false);
        all
    }

    fn gather(&self, all: &mut Vec<Provenance>, seen: &mut HashSet<String>, into_files: bool) {
        if !seen.insert(self.key().to_owned()) {
            return;
        }
        if into_files || self.what() != FILE {
            self.inputs().iter().for_each(|(_, input)| input.gather(all, seen, into_files));
        }
        all.push(self.clone());
    }
}

impl PartialEq for Provenance {
    /// Equal keys: the same code took the same steps with the same options from the same contents.
    fn eq(&self, other: &Provenance) -> bool {
        self.key() == other.key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_result_depends_on_changes_its_key() {
        let leaf = |digest: &str| Provenance::content("values", digest);
        let base = Provenance::step("encode").option("alphas", "1, 10").input("bold", &leaf("a"));
        let others = [
            Provenance::step("encode").input("bold", &leaf("a")),
            Provenance::step("other").option("alphas", "1, 10").input("bold", &leaf("a")),
            Provenance::step("encode").option("alphas", "1, 11").input("bold", &leaf("a")),
            Provenance::step("encode").option("lambdas", "1, 10").input("bold", &leaf("a")),
            Provenance::step("encode").option("alphas", "1, 10").input("bold", &leaf("b")),
            Provenance::step("encode").option("alphas", "1, 10").input("x", &leaf("a")),
            base.input("bold", &leaf("a")),
            Provenance::of("encode".into(), base.options().clone(), base.inputs().to_vec(), "9.9.9 0".into()),
        ];
        let keys: HashSet<&str> = others.iter().chain([&base]).map(Provenance::key).collect();
        assert_eq!(keys.len(), others.len() + 1);
    }

    #[test]
    fn options_may_come_in_any_order_and_a_file_may_have_any_name() {
        let one = Provenance::step("encode").option("a", 1).option("b", 2);
        assert_eq!(one, Provenance::step("encode").option("b", 2).option("a", 1));
        let file = |name: &str, digest: &str| {
            Provenance::step(FILE).option("name", name).option("bytes", 3).option("sha256", digest)
        };
        assert_eq!(file("a.nii", "00"), file("b/c.nii", "00"));
        assert_ne!(file("a.nii", "00"), file("a.nii", "01"));
    }

    #[test]
    fn what_two_steps_share_is_there_once() {
        let leaf = Provenance::content("values", "a");
        // 2^40 paths lead to the leaf.
        let deep = (0..40)
            .fold(leaf, |below, n| Provenance::step("add").option("n", n).input("one", &below).input("other", &below));
        assert_eq!(deep.steps().len(), 41);
    }
}
