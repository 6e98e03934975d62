//! Activations as files, read back by other readers, and byte by byte as numpy writes them.

use crate::reference::path;
use ndarray::{Array1, Array2};
use neurocell::prelude::*;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use std::fs;

/// Words that other alphabets, the csv's signs and missing times are in.
fn acts() -> Activations {
    let word = |text: &str, run, onset: Option<f64>| Word {
        text: text.to_owned(),
        run,
        onset,
        offset: onset.map(|onset| onset + 0.25),
    };
    let words = vec![
        word("The", 0, Some(0.5)),
        word("\u{200b}", 0, None),
        word("boat,", 0, Some(1.0)),
        word("海の", 1, Some(0.0)),
        word("sea", 1, None),
    ];
    let story = Stimulus::new("five words", words, Timing::Measured).unwrap();
    let model = Model::load(path("bert/tiny").to_str().unwrap()).unwrap();
    model.activations_with(&story, &[Site::FfnOut], &ReadOptions::default().without_store()).unwrap().remove(0)
}

#[test]
fn an_npy_file_has_the_values() {
    let folder = tempfile::tempdir().unwrap();
    let (acts, file) = (acts(), folder.path().join("values.NPY"));
    acts.save(&file).unwrap();
    let read: Array2<f32> = ndarray_npy::read_npy(&file).unwrap();
    assert_eq!(read, acts.values());
    // The file, and what it was made of.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn an_npz_file_has_values_times_runs_and_the_words_as_numpy_would_write_them() {
    let folder = tempfile::tempdir().unwrap();
    let (acts, file) = (acts(), folder.path().join("acts.npz"));
    acts.save(&file).unwrap();
    let mut read = ndarray_npy::NpzReader::new(fs::File::open(&file).unwrap()).unwrap();
    let values: Array2<f32> = read.by_name("values").unwrap();
    assert_eq!(values, acts.values());
    let runs: Array1<i64> = read.by_name("runs").unwrap();
    assert_eq!(runs.to_vec(), [0, 0, 0, 1, 1]);
    let onsets: Array1<f64> = read.by_name("onsets").unwrap();
    assert!(onsets[0] == 0.5 && onsets[1].is_nan() && onsets[3] == 0.0 && onsets[4].is_nan());
    let offsets: Array1<f64> = read.by_name("offsets").unwrap();
    assert_eq!(offsets[2], 1.25);
    let unmatched: Array1<i64> = read.by_name("unmatched").unwrap();
    assert_eq!(unmatched.to_vec(), [1]);
    // Made by numpy: tests/reference/export/make_export.py.
    let mut archive = zip::ZipArchive::new(fs::File::open(&file).unwrap()).unwrap();
    for name in ["words", "neurons"] {
        let mut ours = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(&format!("{name}.npy")).unwrap(), &mut ours).unwrap();
        assert_eq!(ours, fs::read(path(&format!("export/{name}.npy"))).unwrap(), "{name}");
    }
}

#[test]
fn a_safetensors_file_has_the_tensors_and_says_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let (acts, file) = (acts(), folder.path().join("acts.safetensors"));
    acts.save(&file).unwrap();
    let bytes = fs::read(&file).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let about = header.metadata().as_ref().unwrap();
    assert_eq!((about["model"].as_str(), about["site"].as_str()), ("tiny", "FfnOut"));
    let words: Vec<String> = serde_json::from_str(&about["words"]).unwrap();
    assert_eq!(words[3], "海の");
    let neurons: Vec<String> = serde_json::from_str(&about["neurons"]).unwrap();
    assert_eq!((neurons.len(), neurons[33].as_str()), (64, "L1.1"));
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let values = tensors.tensor("values").unwrap();
    assert_eq!((values.dtype(), values.shape()), (safetensors::Dtype::F32, &[5, 64][..]));
    let values: Vec<f32> =
        values.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    assert_eq!(Array2::from_shape_vec((5, 64), values).unwrap(), acts.values());
    assert_eq!(tensors.tensor("runs").unwrap().data()[24..32], 1_i64.to_le_bytes());
}

#[test]
fn a_parquet_file_has_a_row_for_each_word_and_a_column_for_each_neuron() {
    let folder = tempfile::tempdir().unwrap();
    let (acts, file) = (acts(), folder.path().join("acts.parquet"));
    acts.save(&file).unwrap();
    let read = SerializedFileReader::new(fs::File::open(&file).unwrap()).unwrap();
    let columns = read.metadata().file_metadata().schema_descr().columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(names[..6], ["run", "word", "onset", "offset", "L0.0", "L0.1"]);
    assert_eq!((names.len(), names[67]), (68, "L1.31"));
    let rows: Vec<_> = read.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 5);
    for (row, values) in rows.iter().zip(acts.values().rows()) {
        for (column, value) in values.iter().enumerate() {
            assert_eq!(row.get_float(4 + column).unwrap(), *value);
        }
    }
    assert_eq!((rows[3].get_long(0).unwrap(), rows[3].get_string(1).unwrap().as_str()), (1, "海の"));
    assert_eq!(rows[2].get_double(3).unwrap(), 1.25);
    assert!(rows[1].get_double(2).is_err() && rows[3].get_double(2).unwrap() == 0.0);
    let about = read.metadata().file_metadata().key_value_metadata().unwrap();
    assert!(about.iter().any(|pair| pair.key == "site" && pair.value.as_deref() == Some("FfnOut")));
}

#[test]
fn another_ending_is_refused_with_those_that_there_are_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["acts.mat", "acts", "acts.npx"] {
        let error = acts().save(folder.path().join(name)).unwrap_err();
        for kind in [".npy", ".npz", ".safetensors", ".parquet"] {
            assert!(error.advice().contains(kind), "{error}");
        }
    }
    assert!(acts().save(folder.path().join("no such folder/acts.npy")).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
