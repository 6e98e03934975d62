//! A provenance as text, each step once, and back.

use super::Provenance;
use super::step::CODE;
use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The layout of the text.
const FORMAT: u32 = 1;
/// Digits of a key by which steps name one another within a text.
const DIGITS: usize = 16;
/// More steps than any result has; a file may say anything.
const MOST: usize = 10_000;

#[derive(Serialize, Deserialize)]
struct Written {
    /// The layout of the text; its name says what the text is.
    neurocell_provenance: u32,
    /// Version, and digest of the sources.
    code: String,
    /// The key of the result.
    key: String,
    /// Every step, by the first digits of its key.
    steps: BTreeMap<String, WrittenStep>,
}

#[derive(Serialize, Deserialize)]
struct WrittenStep {
    step: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
    /// Part, and key of the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<(String, String)>,
    /// Where it is another than that of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

impl Provenance {
    /// The provenance as JSON, as it stands in saved files: each step once under the first digits of its key, which its followers name.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.written()).unwrap_or_default()
    }

    /// The same over many lines, for people.
    pub(super) fn pretty_json(&self) -> String {
        serde_json::to_string_pretty(&self.written()).unwrap_or_default()
    }

    fn written(&self) -> Written {
        let short = |step: &Provenance| step.key()[..DIGITS].to_owned();
        let of = |step: Provenance| {
            let inputs = step.inputs().iter().map(|(role, input)| (role.clone(), short(input))).collect();
            let code = (step.code() != self.code()).then(|| step.code().to_owned());
            (short(&step), WrittenStep { step: step.what().to_owned(), options: step.options().clone(), inputs, code })
        };
        Written {
            neurocell_provenance: FORMAT,
            code: self.code().to_owned(),
            key: self.key().to_owned(),
            steps: self.steps().into_iter().map(of).collect(),
        }
    }

    /// A provenance from its JSON.
    ///
    /// # Errors
    /// If the text is no JSON, or not that of a provenance, a step is missing or its own input, or the keys do not fit the steps: it was changed after it
    /// was written.
    pub fn from_json(text: &str) -> Result<Provenance> {
        let bad = |problem: String, advice: &str| Err(Error::new(ErrorKind::Format, problem, advice));
        let other = "give a file that neurocell has saved: a figure, a map, a table's NAME.provenance.json";
        let written: Written = match serde_json::from_str(text) {
            Ok(written) => written,
            Err(cause) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() => {
                return bad(format!("this is no JSON, or not all of it: {cause}"), "copy the file again");
            }
            Err(cause) => return bad(format!("this JSON is no provenance of neurocell's: {cause}"), other),
        };
        if written.neurocell_provenance != FORMAT {
            let found = written.neurocell_provenance;
            return bad(
                format!("the provenance is of layout {found}, this program reads {FORMAT}"),
                "read it with the version of neurocell that wrote it, or a later one",
            );
        }
        if written.steps.len() > MOST {
            return bad(
                format!("the provenance has {} steps; {MOST} are read at the most", written.steps.len()),
                other,
            );
        }
        let changed = "the file was changed after it was written: make it again";
        let root = written.key.get(..DIGITS).unwrap_or(&written.key).to_owned();
        let own: Arc<str> = if written.code == CODE { CODE.into() } else { written.code.as_str().into() };
        // Inputs first; a step that waits for its own inputs is its own input.
        let (mut done, mut open) = (HashMap::<&str, Provenance>::new(), vec![(root.as_str(), false)]);
        let mut waiting = HashMap::<&str, ()>::new();
        while let Some((name, met)) = open.pop() {
            if done.contains_key(name) {
                continue;
            }
            let Some(step) = written.steps.get(name) else {
                return bad(format!("the step {name} of the provenance is missing"), changed);
            };
            if !met {
                if waiting.insert(name, ()).is_some() {
                    return bad(format!("the step {name} of the provenance is its own input"), changed);
                }
                open.push((name, true));
                open.extend(step.inputs.iter().map(|(_, input)| (input.as_str(), false)));
                continue;
            }
            let mut inputs = Vec::new();
            for (role, input) in &step.inputs {
                match done.get(input.as_str()) {
                    Some(input) => inputs.push((role.clone(), input.clone())),
                    None => return bad(format!("the step {name} of the provenance is its own input"), changed),
                }
            }
            let code = step.code.as_deref().map_or_else(|| own.clone(), Arc::from);
            let made = Provenance::of(step.step.clone(), step.options.clone(), inputs, code);
            if !made.key().starts_with(name) {
                let problem = format!("the step {name} ({}) has the key {}", step.step, &made.key()[..DIGITS]);
                return bad(problem, changed);
            }
            waiting.remove(name);
            done.insert(name, made);
        }
        match done.remove(root.as_str()) {
            Some(made) if made.key() == written.key => Ok(made),
            _ => bad(format!("the provenance says that its key is {}", written.key), changed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deep() -> Provenance {
        let leaf = Provenance::content("values", "00ff").option("shape", "3 × \"4\" <µ>");
        let shared = Provenance::step("standardise").input("values", &leaf);
        let one = Provenance::step("ica").option("k", 3).input("series", &shared);
        Provenance::step("encode").input("patterns", &one).input("bold", &shared).input("again", &shared)
    }

    #[test]
    fn a_provenance_comes_back_from_its_json_and_holds_each_step_once() {
        let made = deep();
        let text = made.json();
        let back = Provenance::from_json(&text).unwrap();
        assert_eq!(back, made);
        assert_eq!((back.json(), back.code()), (text.clone(), made.code()));
        assert_eq!(text.matches("standardise").count(), 1);
        assert_eq!(Provenance::from_json(&made.pretty_json()).unwrap(), made);
        let long = (0..40).fold(deep(), |below, n| {
            Provenance::step("add").option("n", n).input("one", &below).input("other", &below)
        });
        assert!(long.json().len() < 10_000);
        assert_eq!(Provenance::from_json(&long.json()).unwrap(), long);
    }

    #[test]
    fn steps_of_other_code_keep_it() {
        let old = Provenance::of("values".into(), BTreeMap::new(), Vec::new(), "0.0.1 abc".into());
        let back = Provenance::from_json(&Provenance::step("add").input("old", &old).json()).unwrap();
        assert!(back.is_of_this_code() && !back.inputs()[0].1.is_of_this_code());
        assert_eq!(back.inputs()[0].1.code(), "0.0.1 abc");
    }

    #[test]
    fn what_was_changed_or_is_something_else_is_refused_by_name() {
        let problem = |text: &str| Provenance::from_json(text).unwrap_err().problem().to_owned();
        let text = deep().json();
        assert!(problem(&text.replace("\"k\":\"3\"", "\"k\":\"4\"")).contains("(ica) has the key"));
        assert!(problem(&text[..text.len() / 2]).contains("not all of it"));
        assert!(problem("{\"a\": 1}").contains("no provenance of neurocell's"));
        assert!(
            problem(&text.replace("\"neurocell_provenance\":1", "\"neurocell_provenance\":9")).contains("layout 9")
        );
        let ring = "{\"neurocell_provenance\":1,\"code\":\"0\",\"key\":\"a\",\"steps\":{\"a\":{\"step\":\"x\",\"inputs\":[[\"in\",\"a\"]]}}}";
        assert!(problem(ring).contains("its own input"));
        let gone = ring.replace("[\"in\",\"a\"]", "[\"in\",\"b\"]");
        assert!(problem(&gone).contains("step b of the provenance is missing"));
    }
}
