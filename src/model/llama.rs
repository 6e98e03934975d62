//! Llama (Touvron et al. 2023, arXiv 2302.13971), in its versions 1, 2 and 3, and the models that keep its form.
//!
//! Rows are the tokens of all windows of a batch, one window after the other; only attention and the turning by position mind where a
//! window begins. Where a [`Site`] lies, the forward pass says so in one line: `tap.at(…)`.

use super::config::llama::Config;
use super::ops::{self, Activation, Heads, Rope, dense};
use super::tap::{Batch, Tap};
use super::weights::Weights;
use super::{Site, parts};
use crate::error::Result as Checked;
use crate::notebook::check_cancelled;
use candle_core::{Result, Tensor};
use candle_nn::{Embedding, Linear, Module, RmsNorm};

/// The decoder: embeddings, blocks, a last norm, and the vocabulary's scores where the checkpoint has them.
pub(super) struct Llama {
    embeddings: Embedding,
    blocks: Vec<Block>,
    norm: RmsNorm,
    head: Option<Linear>,
    frequencies: Vec<f32>,
}

impl Llama {
    pub(super) fn load(config: &Config, weights: &Weights) -> Checked<Llama> {
        let (hidden, words) = (config.hidden_size, config.vocab_size);
        let table = weights.get("embed_tokens.weight", &[words, hidden])?;
        let block = |n| Block::load(config, &weights.at("layers").at(n));
        let top = weights.beside("lm_head");
        let head = match config.tie_word_embeddings {
            true => Some(Linear::new(table.clone(), None)),
            false if top.has("weight") => Some(parts::linear(&top, hidden, words, false)?),
            false => None,
        };
        Ok(Llama {
            blocks: (0..config.num_hidden_layers).map(block).collect::<Checked<_>>()?,
            embeddings: Embedding::new(table, hidden),
            norm: parts::rms_norm(&weights.at("norm"), hidden, config.rms_norm_eps)?,
            head,
            frequencies: config.rope.frequencies(config.head_dim),
        })
    }

    /// The last block's output after the last norm, token × hidden.
    pub(super) fn forward(&self, batch: &Batch, tap: &mut Tap) -> Checked<Tensor> {
        let longest = batch.windows.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let rope = Rope::new(&self.frequencies, longest);
        let mut hidden = self.embed(batch).map_err(parts::failed)?;
        for (layer, block) in self.blocks.iter().enumerate() {
            check_cancelled("reading the model")?;
            hidden = block.forward(layer, hidden, &rope, batch, tap).map_err(parts::failed)?;
        }
        ops::rms_norm(&self.norm, &hidden).map_err(parts::failed)
    }

    /// The table of word embeddings, token × hidden.
    pub(super) fn table(&self) -> &Tensor {
        self.embeddings.embeddings()
    }

    fn embed(&self, batch: &Batch) -> Result<Tensor> {
        let table = self.embeddings.embeddings();
        self.embeddings.forward(&Tensor::new(batch.ids.as_slice(), table.device())?)
    }

    /// Scores of the vocabulary for the token after each, token × word; `None` without a head.
    pub(super) fn logits(&self, hidden: &Tensor) -> Option<Result<Tensor>> {
        self.head.as_ref().map(|head| dense(head, hidden))
    }
}

/// One transformer block: attention and feed-forward, each with a norm before it and a residual sum behind it.
struct Block {
    attention_norm: RmsNorm,
    attention: Attention,
    feed_forward_norm: RmsNorm,
    feed_forward: FeedForward,
}

impl Block {
    fn load(config: &Config, weights: &Weights) -> Checked<Block> {
        let norm = |at: &str| parts::rms_norm(&weights.at(at), config.hidden_size, config.rms_norm_eps);
        Ok(Block {
            attention_norm: norm("input_layernorm")?,
            attention: Attention::load(config, &weights.at("self_attn"))?,
            feed_forward_norm: norm("post_attention_layernorm")?,
            feed_forward: FeedForward::load(config, &weights.at("mlp"))?,
        })
    }

    fn forward(&self, layer: usize, hidden: Tensor, rope: &Rope, batch: &Batch, tap: &mut Tap) -> Result<Tensor> {
        let attended =
            self.attention.forward(layer, &ops::rms_norm(&self.attention_norm, &hidden)?, rope, batch, tap)?;
        let hidden = ops::add(hidden, &attended)?;
        let fed = self.feed_forward.forward(layer, &ops::rms_norm(&self.feed_forward_norm, &hidden)?, tap)?;
        tap.at(Site::Residual, layer, ops::add(hidden, &fed)?)
    }
}

/// Causal self-attention with grouped queries (Ainslie et al. 2023): several heads of queries share a head of keys and values.
struct Attention {
    /// Query, key and value as one product.
    projection: Linear,
    output: Linear,
    heads: Heads,
}

impl Attention {
    fn load(config: &Config, weights: &Weights) -> Checked<Attention> {
        let (hidden, width) = (config.hidden_size, config.head_dim);
        let (queries, keys) = (config.num_attention_heads, config.num_key_value_heads);
        let three = [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)];
        let three = three.map(|(name, heads)| (weights.at(name), heads * width));
        Ok(Attention {
            projection: parts::side_by_side(&three, hidden, config.attention_bias)?,
            output: parts::linear(&weights.at("o_proj"), queries * width, hidden, config.attention_bias)?,
            heads: Heads { queries, keys, width, causal: true },
        })
    }

    fn forward(&self, layer: usize, x: &Tensor, rope: &Rope, batch: &Batch, tap: &mut Tap) -> Result<Tensor> {
        let (queries, keys) = (self.heads.queries * self.heads.width, self.heads.keys * self.heads.width);
        let all = dense(&self.projection, x)?;
        let query = tap.at(Site::AttnQ, layer, all.narrow(1, 0, queries)?)?;
        let key = tap.at(Site::AttnK, layer, all.narrow(1, queries, keys)?)?;
        let value = tap.at(Site::AttnV, layer, all.narrow(1, queries + keys, keys)?)?;
        let query = tap.at_product(layer, query, &key, self.heads, batch)?;
        let (query, key) = (ops::rotate(&query, rope, &batch.windows)?, ops::rotate(&key, rope, &batch.windows)?);
        let z = tap.at(Site::AttnZ, layer, ops::attend(&query, &key, &value, self.heads, &batch.windows)?)?;
        dense(&self.output, &z)
    }
}

/// The feed-forward block with a gate (SwiGLU, Shazeer 2020): W_down·(act(x·W_gate) ∘ x·W_up).
struct FeedForward {
    /// Gate and up as one product.
    gate_and_up: Linear,
    activation: Activation,
    down: Linear,
}

impl FeedForward {
    fn load(config: &Config, weights: &Weights) -> Checked<FeedForward> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let two = ["gate_proj", "up_proj"].map(|name| (weights.at(name), inner));
        Ok(FeedForward {
            gate_and_up: parts::side_by_side(&two, hidden, config.mlp_bias)?,
            activation: config.hidden_act,
            down: parts::linear(&weights.at("down_proj"), inner, hidden, config.mlp_bias)?,
        })
    }

    fn forward(&self, layer: usize, x: &Tensor, tap: &mut Tap) -> Result<Tensor> {
        let inner = ops::gated(&dense(&self.gate_and_up, x)?, self.activation)?;
        let inner = tap.at(Site::FfnHidden, layer, inner)?;
        tap.at(Site::FfnOut, layer, dense(&self.down, &inner)?)
    }
}
