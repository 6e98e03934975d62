//! Loading checkpoints: every form is read, and what does not fit is named.

use crate::reference::path;
use neurocell::error::ErrorKind;
use neurocell::prelude::*;
use std::collections::HashMap;
use std::path::Path;

fn said(text: &str) -> Stimulus {
    Stimulus::from_text("a text", text, Speaking::default()).unwrap()
}

fn tiny() -> Model {
    Model::load(path("bert/tiny").to_str().unwrap()).unwrap()
}

/// The tiny checkpoint with its tensors changed, in a folder of its own.
fn changed(change: impl Fn(&str, &mut Vec<f32>, &mut Vec<usize>) -> Option<String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(path("bert/tiny").join(file), folder.path().join(file)).unwrap();
    }
    let bytes = std::fs::read(path("bert/tiny/model.safetensors")).unwrap();
    let mut kept: HashMap<String, (Vec<usize>, Vec<u8>)> = HashMap::new();
    for (name, view) in safetensors::SafeTensors::deserialize(&bytes).unwrap().tensors() {
        let mut values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mut shape = view.shape().to_vec();
        if let Some(name) = change(&name, &mut values, &mut shape) {
            kept.insert(name, (shape, values.iter().flat_map(|v| v.to_le_bytes()).collect()));
        }
    }
    let views = kept.iter().map(|(name, (shape, bytes))| {
        (name, safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let written = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), written).unwrap();
    folder
}

fn load(folder: &Path) -> neurocell::Result<Model> {
    Model::load(folder.to_str().unwrap())
}

#[test]
fn a_checkpoint_with_a_head_and_old_names_is_read_as_the_same_model() {
    let old = changed(|name, _, _| {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        Some(format!("bert.{name}"))
    });
    let story = said("The old boat.");
    let ours = load(old.path()).unwrap().activations(&story, Site::FfnOut).unwrap();
    assert_eq!(ours.values(), tiny().activations(&story, Site::FfnOut).unwrap().values());
}

#[test]
fn weights_that_are_missing_misshapen_or_not_finite_are_named() {
    let target = "encoder.layer.1.output.dense.bias";
    let missing = changed(|name, _, _| (name != target).then(|| name.to_owned()));
    let misshapen = changed(|name, values, shape| {
        if name == target {
            values.pop();
            *shape = vec![values.len()];
        }
        Some(name.to_owned())
    });
    let infinite = changed(|name, values, _| {
        if name == target {
            values[3] = f32::NAN;
        }
        Some(name.to_owned())
    });
    for (folder, what) in [(missing, "missing"), (misshapen, "[31]"), (infinite, "NaN")] {
        let error = load(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.problem().contains(target) && error.problem().contains(what), "{error}");
    }
}

#[test]
fn a_configuration_that_is_not_computed_is_refused_by_its_field() {
    let config = std::fs::read_to_string(path("bert/tiny/config.json")).unwrap();
    for (field, from, to) in [
        ("hidden_act", "\"gelu\"", "\"tanh\""),
        ("model_type", "\"bert\"", "\"roberta\""),
        ("is_decoder", "\"is_decoder\": false", "\"is_decoder\": true"),
        ("num_attention_heads", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5"),
        ("position_embedding_type", "{", "{ \"position_embedding_type\": \"relative_key\","),
    ] {
        let folder = changed(|name, _, _| Some(name.to_owned()));
        std::fs::write(folder.path().join("config.json"), config.replacen(from, to, 1)).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains(field), "{field}: {error}");
    }
}

#[test]
fn broken_and_missing_files_are_errors_that_name_them() {
    for (file, content) in
        [("model.safetensors", "junk"), ("model.safetensors", ""), ("config.json", "[]"), ("tokenizer.json", "{}")]
    {
        let folder = changed(|name, _, _| Some(name.to_owned()));
        std::fs::write(folder.path().join(file), content).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains(file), "{error}");
        std::fs::remove_file(folder.path().join(file)).unwrap();
        assert_eq!(load(folder.path()).unwrap_err().kind(), ErrorKind::File);
    }
}

#[test]
fn an_unknown_model_is_told_the_nearest_name_and_the_accepted_forms() {
    for name in ["minilm-l7", "", "no such", "a/b/c", "/no/such/folder"] {
        let error = Model::load(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unknown);
        assert!(error.advice().contains("minilm-l6") && error.advice().contains("hub id"), "{error}");
    }
    assert_eq!(neurocell::model::fetch("bert").unwrap_err().kind(), ErrorKind::Unknown);
}

/// A small published checkpoint, copied into a folder of its own.
fn copied(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(path("checkpoints").join(name)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

/// The same with some fields of its configuration changed; `null` takes one away.
fn configured(name: &str, fields: serde_json::Value) -> neurocell::Result<Model> {
    let folder = copied(name);
    let file = folder.path().join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    std::fs::write(&file, config.to_string()).unwrap();
    load(folder.path())
}

#[test]
fn fields_of_a_llama_that_are_not_computed_are_refused_by_name() {
    use serde_json::json;
    for (fields, named) in [
        (json!({ "hidden_act": "tanh" }), "hidden_act"),
        (json!({ "rope_scaling": { "rope_type": "yarn", "factor": 4.0 } }), "yarn"),
        (json!({ "rope_scaling": { "type": "dynamic", "factor": 4.0 } }), "dynamic"),
        (json!({ "rope_scaling": { "rope_type": "llama3", "factor": 4.0 } }), "low_freq_factor"),
        (json!({ "rope_scaling": { "rope_type": "linear", "factor": -2.0 } }), "factor"),
        (json!({ "rope_parameters": { "rope_theta": 1e4, "rope_type": "default", "mscale": 1.0 } }), "mscale"),
        (json!({ "sliding_window": 128 }), "sliding_window"),
        (json!({ "quantization_config": { "bits": 4 } }), "quantization_config"),
        (json!({ "partial_rotary_factor": 0.5 }), "partial_rotary_factor"),
        (json!({ "rope_interleaved": true }), "rope_interleaved"),
        (json!({ "num_key_value_heads": 3 }), "num_key_value_heads"),
        (json!({ "num_attention_heads": 0 }), "num_attention_heads"),
        (json!({ "hidden_size": 1e300 }), "hidden_size"),
        (json!({ "rms_norm_eps": "small" }), "rms_norm_eps"),
        (json!({ "logit_softcapping": 30.0 }), "logit_softcapping"),
    ] {
        let error = configured("llama3", fields).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.problem().contains(named) && error.problem().contains("config.json"), "{named}: {error}");
    }
    // Bookkeeping is passed over, and null is as good as nothing.
    let harmless =
        json!({ "sliding_window": null, "use_cache": false, "transformers_version": "4.0", "_name_or_path": "x" });
    assert!(configured("llama3", harmless).is_ok());
}

#[test]
fn biases_where_the_configuration_has_them_are_asked_for() {
    let error = configured("llama3", serde_json::json!({ "attention_bias": true })).unwrap_err();
    assert!(error.problem().contains("q_proj.bias` is missing"), "{error}");
}

#[test]
fn a_tensor_for_which_there_is_no_place_is_named() {
    let error = configured("llama3", serde_json::json!({ "num_hidden_layers": 1 })).unwrap_err();
    assert!(error.problem().contains("layers.1.") && error.problem().contains("no place"), "{error}");
    let with_bias = changed(|name, _, _| match name {
        "encoder.layer.1.output.dense.bias" => Some("encoder.layer.1.output.dense.scale".to_owned()),
        _ => Some(name.to_owned()),
    });
    assert!(load(with_bias.path()).unwrap_err().problem().contains("missing"));
}

#[test]
fn weights_cut_off_anywhere_or_with_a_hostile_header_are_refused() {
    let whole = std::fs::read(path("bert/tiny/model.safetensors")).unwrap();
    let broken = |bytes: &[u8]| {
        let folder = changed(|name, _, _| Some(name.to_owned()));
        std::fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.problem().contains("model.safetensors"), "{error}");
    };
    for keep in [1, 7, 8, 9, 100, whole.len() / 2, whole.len() - 1] {
        broken(&whole[..keep]);
    }
    for length in [u64::MAX, 1 << 40, 0, 2] {
        broken(&[&length.to_le_bytes()[..], &whole[8..]].concat());
    }
    for header in [
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#,
        "[]",
    ] {
        broken(&[&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat());
    }
}

#[test]
fn a_shard_that_is_not_there_and_a_broken_index_are_named() {
    let folder = copied("llama31");
    std::fs::remove_file(folder.path().join("model-00002-of-00003.safetensors")).unwrap();
    assert!(load(folder.path()).unwrap_err().problem().contains("model-00002-of-00003.safetensors"));
    for index in ["", "{}", r#"{"weight_map": {"a": "../../etc/passwd"}}"#, r#"{"weight_map": {}}"#] {
        std::fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains("index.json"), "{index}: {error}");
    }
}

#[test]
fn a_torch_file_that_is_none_or_cut_off_is_named() {
    let folder = copied("bert_relu");
    let file = folder.path().join("pytorch_model.bin");
    let whole = std::fs::read(&file).unwrap();
    for bytes in [&b""[..], b"junk", &whole[..whole.len() / 2], &whole[..whole.len() - 30]] {
        std::fs::write(&file, bytes).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.problem().contains("pytorch_model.bin"), "{error}");
    }
}

#[test]
fn a_tokenizer_with_more_words_than_the_model_is_refused() {
    let folder = copied("llama3");
    std::fs::copy(path("bert/tiny/tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    let config = folder.path().join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["vocab_size"] = 20.into();
    std::fs::write(&config, json.to_string()).unwrap();
    let error = load(folder.path()).unwrap_err();
    assert!(error.problem().contains("tokenizer") && error.problem().contains("20"), "{error}");
}

#[test]
fn a_model_says_what_it_is_and_where_it_computes() {
    for (name, what) in [("bert_masked", "BERT of 2 blocks"), ("llama3", "4 heads of 8 (2 of keys)")] {
        let model = load(&path("checkpoints").join(name)).unwrap();
        let text = model.to_string();
        assert!(text.contains(what) && text.contains("on the CPU"), "{text}");
        let changed = model.with(&[Intervention::zero(Site::FfnOut, &["L1.3".parse().unwrap()])]).unwrap();
        assert!(changed.to_string().contains("zero 1 unit(s) at FfnOut: L1.3"), "{changed}");
        assert_eq!(changed.with(&[]).unwrap().interventions().len(), 1);
    }
}

#[test]
fn devices_are_named_and_one_that_is_not_there_says_what_to_do() {
    assert_eq!("cuda:1".parse::<Compute>().unwrap(), Compute::Cuda(1));
    assert_eq!("cpu".parse::<Compute>().unwrap().to_string(), "cpu");
    assert!("gpu".parse::<Compute>().unwrap_err().advice().contains("cuda"));
    let folder = path("bert/tiny");
    assert!(Model::load_on(folder.to_str().unwrap(), Compute::Cpu).is_ok());
    let error = Model::load_on(folder.to_str().unwrap(), Compute::Cuda(63)).unwrap_err();
    assert!(error.problem().contains("63") && error.advice().contains("Compute::Cpu"), "{error}");
}
