//! Activations as files that other programs read.

mod npy;
mod parquet;
mod safetensors;

use super::Activations;
use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use crate::provenance::{Traced, beside as provenance_beside};
use crate::replace::Part;
use crate::store::bytes;
use ndarray::s;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Kinds of files by their ending.
const KINDS: [&str; 4] = ["npy", "npz", "safetensors", "parquet"];
/// Bytes of values written between two looks at whether the user wants to stop.
const CHUNK: usize = 1 << 22;

/// Turns trouble with the file into an error that names it.
type Failed<'a> = &'a dyn Fn(io::Error) -> Error;

impl Activations {
    /// Writes the activations to a file, of the kind that its ending says:
    ///
    /// | ending | what | read by |
    /// |---|---|---|
    /// | `.npy` | the values, word × neuron, float32 | `numpy.load` |
    /// | `.npz` | arrays `values`, `words`, `onsets`, `offsets` (s; NaN without time), `runs`, `neurons` (addresses), `unmatched` (numbers of words without a token) | `numpy.load` |
    /// | `.safetensors` | tensors `values`, `onsets`, `offsets`, `runs`; texts in its metadata: `model`, `site`, `key`, `windows`, `stimulus`, and as JSON lists `words`, `neurons`, `unmatched` | `safetensors` |
    /// | `.parquet` | a row for each word: `run`, `word`, `onset`, `offset`, then a column for each neuron, named by its address (`L3.42`) | `pandas`, `polars`, R's `arrow` |
    ///
    /// Rows of words without a token hold zeros, as in [`Activations::values`]. Values go from the store's file to the new one without being in
    /// memory all at once. The file is written beside its place and renamed.
    ///
    /// # Errors
    /// If the ending is none of these, the file cannot be written, or the user stops the step.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still.", Speaking::default())?;
    /// let acts = Model::load("minilm-l6")?.activations(&story, Site::FfnOut)?;
    /// let folder = std::env::temp_dir().join("neurocell-saved");
    /// std::fs::create_dir_all(&folder).unwrap();
    /// acts.save(folder.join("harbour.npz"))?;
    /// assert!(acts.save("harbour.mat").unwrap_err().advice().contains("safetensors"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if !KINDS.contains(&ending.as_str()) {
            return Err(Error::unknown("ending", &ending, &KINDS.map(|kind| format!(".{kind}"))));
        }
        let failed = |e| {
            Error::file(
                "write",
                path,
                e,
                "give a path in a folder that exists and may be written, with room on its disk",
            )
        };
        let part = Part::of(path).map_err(failed)?;
        let file = File::create(part.path()).map_err(failed)?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        match ending.as_str() {
            "npy" => npy::one(self, &mut out, &failed)?,
            "npz" => out = npy::several(self, out, &failed)?,
            "safetensors" => safetensors::write(self, &mut out, &failed)?,
            _ => parquet::write(self, &mut out, &failed)?,
        }
        let file = out.into_inner().map_err(|e| failed(e.into_error()))?;
        file.sync_all().map_err(failed)?;
        // numpy's files have no place for it.
        if ending.starts_with("np") {
            provenance_beside(path, &self.provenance())?;
        }
        part.place().map_err(failed)
    }

    /// The values as they lie in memory, row after row.
    fn stream(&self, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
        let values = self.values();
        let rows = (CHUNK / (4 * values.ncols().max(1))).max(1);
        let mut progress = Progress::new("words saved", values.nrows() as u64);
        for first in (0..values.nrows()).step_by(rows) {
            check_cancelled("saving activations")?;
            let part = values.slice(s![first..(first + rows).min(values.nrows()), ..]);
            // Never a copy: the values are in this order, in the store as in memory.
            out.write_all(bytes(part.as_standard_layout().as_slice().unwrap_or_default())).map_err(failed)?;
            progress.advance(part.nrows() as u64);
        }
        Ok(())
    }

    /// A time of each word, in seconds; NaN where it has none.
    fn times(&self, of: impl Fn(&crate::stimulus::Word) -> Option<f64>) -> Vec<f64> {
        self.stimulus().words().iter().map(|word| of(word).unwrap_or(f64::NAN)).collect()
    }

    fn run_numbers(&self) -> Vec<i64> {
        self.stimulus().words().iter().map(|word| word.run as i64).collect()
    }

    fn addresses(&self) -> Vec<String> {
        (0..self.neurons().total()).map(|column| self.neurons().neuron(column).to_string()).collect()
    }

    /// What a file says of itself: name and text.
    fn about(&self) -> Vec<(&'static str, String)> {
        let axis = self.neurons();
        vec![
            ("made_by", concat!("neurocell ", env!("CARGO_PKG_VERSION")).to_owned()),
            ("model", axis.model.clone()),
            ("site", axis.site.to_string()),
            ("key", self.key().unwrap_or("none: not from the store").to_owned()),
            ("stimulus", self.stimulus().name().to_owned()),
            ("windows", self.windows.clone()),
            ("unmatched", serde_json::json!(self.unmatched()).to_string()),
            ("provenance", self.provenance().json()),
        ]
    }
}

/// Eight-byte numbers as bytes, little-endian.
fn little<const N: usize, T: Copy>(values: &[T], bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|value| bytes(*value)).collect()
}
