//! The configuration of a BERT.

use super::{Fields, refuse_common};
use crate::error::{Error, Result};
use crate::model::ops::Activation;
use serde_json::json;

/// Sizes and choices of a BERT, by the names of its `config.json`.
#[derive(Clone, Debug)]
pub(in crate::model) struct Config {
    pub(in crate::model) vocab_size: usize,
    pub(in crate::model) hidden_size: usize,
    pub(in crate::model) num_hidden_layers: usize,
    pub(in crate::model) num_attention_heads: usize,
    pub(in crate::model) intermediate_size: usize,
    pub(in crate::model) hidden_act: Activation,
    pub(in crate::model) max_position_embeddings: usize,
    pub(in crate::model) type_vocab_size: usize,
    pub(in crate::model) layer_norm_eps: f64,
    /// Whether the head that guesses masked words uses the table of word embeddings.
    pub(in crate::model) tie_word_embeddings: bool,
    /// Standard deviation of fresh weights.
    pub(in crate::model) initializer_range: f64,
}

impl Config {
    pub(in crate::model) fn from_fields(fields: &Fields) -> Result<Config> {
        refuse_common(fields)?;
        fields.only("position_embedding_type", &[json!("absolute")], "only \"absolute\" is computed here")?;
        fields.only(
            "is_decoder",
            &[json!(false)],
            "only encoders, which see both sides of a word, are computed here",
        )?;
        let config = Config {
            vocab_size: fields.size("vocab_size", None)?,
            hidden_size: fields.size("hidden_size", None)?,
            num_hidden_layers: fields.size("num_hidden_layers", None)?,
            num_attention_heads: fields.size("num_attention_heads", None)?,
            intermediate_size: fields.size("intermediate_size", None)?,
            hidden_act: fields.activation("hidden_act", "gelu")?,
            max_position_embeddings: fields.size("max_position_embeddings", None)?,
            type_vocab_size: fields.size("type_vocab_size", Some(2))?,
            layer_norm_eps: fields.positive("layer_norm_eps", Some(1e-12))?,
            tie_word_embeddings: fields.flag("tie_word_embeddings", true)?,
            initializer_range: fields.positive("initializer_range", Some(0.02))?,
        };
        fields.finish()?;
        if config.max_position_embeddings < 3 {
            return Err(
                fields.refuse("max_position_embeddings", "there is no room for a token between [CLS] and [SEP]")
            );
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
            let problem = format!("hidden_size {hidden} is no multiple of num_attention_heads {heads}");
            return Err(Error::format(&fields.path, problem, super::ADVICE));
        }
        Ok(config)
    }
}
