//! BERT (Devlin et al. 2019, arXiv 1810.04805), written so that its inner tensors have names and can be read and changed.
//!
//! Rows are the tokens of all windows of a batch, one window after the other; only attention minds where a window ends. Where a
//! [`Site`] lies, the forward pass says so in one line: `tap.at(…)`.

use super::config::bert::Config;
use super::ops::{self, Activation, Heads, dense};
use super::tap::{Batch, Tap};
use super::weights::Weights;
use super::{Site, parts};
use crate::error::Result as Checked;
use crate::notebook::check_cancelled;
use candle_core::{Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module};

/// The encoder, and the head that guesses masked tokens where the checkpoint has one.
pub(super) struct Bert {
    embeddings: Embeddings,
    blocks: Vec<Block>,
    head: Option<MaskedHead>,
}

impl Bert {
    pub(super) fn load(config: &Config, weights: &Weights) -> Checked<Bert> {
        let embeddings = Embeddings::load(config, &weights.at("embeddings"))?;
        let block = |n| Block::load(config, &weights.at("encoder.layer").at(n));
        let blocks = (0..config.num_hidden_layers).map(block).collect::<Checked<_>>()?;
        let head = MaskedHead::load(config, weights, &embeddings.word)?;
        Ok(Bert { embeddings, blocks, head })
    }

    /// The last block's output, token × hidden.
    pub(super) fn forward(&self, batch: &Batch, tap: &mut Tap) -> Checked<Tensor> {
        let mut hidden = self.embeddings.forward(batch).map_err(parts::failed)?;
        for (layer, block) in self.blocks.iter().enumerate() {
            check_cancelled("reading the model")?;
            hidden = block.forward(layer, hidden, batch, tap).map_err(parts::failed)?;
        }
        Ok(hidden)
    }

    /// The table of word embeddings, token × hidden.
    pub(super) fn table(&self) -> &Tensor {
        self.embeddings.word.embeddings()
    }

    /// Scores of the vocabulary at each token, token × word, for the hidden states of some of them; `None` without a head.
    pub(super) fn logits(&self, hidden: &Tensor) -> Option<Result<Tensor>> {
        self.head.as_ref().map(|head| head.forward(hidden))
    }
}

/// Word + position + segment, normalised.
struct Embeddings {
    word: Embedding,
    /// Position and the first segment together: a text here is one segment.
    position: Tensor,
    norm: LayerNorm,
}

impl Embeddings {
    fn load(config: &Config, weights: &Weights) -> Checked<Embeddings> {
        let hidden = config.hidden_size;
        let position = weights.get("position_embeddings.weight", &[config.max_position_embeddings, hidden])?;
        let segment = weights.get("token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let position = parts::add_to_rows(&position, &segment).map_err(parts::failed)?;
        Ok(Embeddings {
            word: Embedding::new(weights.get("word_embeddings.weight", &[config.vocab_size, hidden])?, hidden),
            position,
            norm: parts::layer_norm(&weights.at("LayerNorm"), hidden, config.layer_norm_eps)?,
        })
    }

    fn forward(&self, batch: &Batch) -> Result<Tensor> {
        let device = self.position.device();
        let word = self.word.forward(&Tensor::new(batch.ids.as_slice(), device)?)?;
        let positions: Vec<u32> = batch.windows.iter().flat_map(|w| 0..w.len() as u32).collect();
        let position = self.position.index_select(&Tensor::new(positions, device)?, 0)?;
        ops::layer_norm(&self.norm, &ops::add(word, &position)?)
    }
}

/// One transformer block: attention and feed-forward, each with a residual sum and a LayerNorm behind it.
struct Block {
    attention: Attention,
    attention_norm: LayerNorm,
    feed_forward: FeedForward,
    feed_forward_norm: LayerNorm,
}

impl Block {
    fn load(config: &Config, weights: &Weights) -> Checked<Block> {
        let norm = |at: &str| parts::layer_norm(&weights.at(at), config.hidden_size, config.layer_norm_eps);
        Ok(Block {
            attention: Attention::load(config, &weights.at("attention"))?,
            attention_norm: norm("attention.output.LayerNorm")?,
            feed_forward: FeedForward::load(config, weights)?,
            feed_forward_norm: norm("output.LayerNorm")?,
        })
    }

    fn forward(&self, layer: usize, hidden: Tensor, batch: &Batch, tap: &mut Tap) -> Result<Tensor> {
        let attended = self.attention.forward(layer, &hidden, batch, tap)?;
        let hidden = ops::layer_norm(&self.attention_norm, &ops::add(attended, &hidden)?)?;
        let fed = self.feed_forward.forward(layer, &hidden, tap)?;
        let hidden = ops::layer_norm(&self.feed_forward_norm, &ops::add(fed, &hidden)?)?;
        tap.at(Site::Residual, layer, hidden)
    }
}

/// Multi-head self-attention: softmax(q·kᵀ/√d)·v in each head, then a dense layer that mixes the heads.
struct Attention {
    /// Query, key and value as one product.
    projection: Linear,
    output: Linear,
    heads: Heads,
}

impl Attention {
    fn load(config: &Config, weights: &Weights) -> Checked<Attention> {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let three = ["self.query", "self.key", "self.value"].map(|name| (weights.at(name), hidden));
        Ok(Attention {
            projection: parts::side_by_side(&three, hidden, true)?,
            output: parts::linear(&weights.at("output.dense"), hidden, hidden, true)?,
            heads: Heads { queries: heads, keys: heads, width: hidden / heads, causal: false },
        })
    }

    fn forward(&self, layer: usize, hidden: &Tensor, batch: &Batch, tap: &mut Tap) -> Result<Tensor> {
        let size = hidden.dim(1)?;
        let all = dense(&self.projection, hidden)?;
        let query = tap.at(Site::AttnQ, layer, all.narrow(1, 0, size)?)?;
        let key = tap.at(Site::AttnK, layer, all.narrow(1, size, size)?)?;
        let value = tap.at(Site::AttnV, layer, all.narrow(1, 2 * size, size)?)?;
        let query = tap.at_product(layer, query, &key, self.heads, batch)?;
        let z = tap.at(Site::AttnZ, layer, ops::attend(&query, &key, &value, self.heads, &batch.windows)?)?;
        dense(&self.output, &z)
    }
}

/// The feed-forward block: a dense layer, the activation function, a second dense layer.
struct FeedForward {
    first: Linear,
    activation: Activation,
    second: Linear,
}

impl FeedForward {
    fn load(config: &Config, weights: &Weights) -> Checked<FeedForward> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        Ok(FeedForward {
            first: parts::linear(&weights.at("intermediate.dense"), hidden, inner, true)?,
            activation: config.hidden_act,
            second: parts::linear(&weights.at("output.dense"), inner, hidden, true)?,
        })
    }

    fn forward(&self, layer: usize, hidden: &Tensor, tap: &mut Tap) -> Result<Tensor> {
        let inner = ops::activate(dense(&self.first, hidden)?, self.activation)?;
        let inner = tap.at(Site::FfnHidden, layer, inner)?;
        tap.at(Site::FfnOut, layer, dense(&self.second, &inner)?)
    }
}

/// The head of the masked language model: dense, activation, LayerNorm, and the vocabulary's scores.
struct MaskedHead {
    transform: Linear,
    activation: Activation,
    norm: LayerNorm,
    decoder: Linear,
}

impl MaskedHead {
    fn load(config: &Config, weights: &Weights, word: &Embedding) -> Checked<Option<MaskedHead>> {
        let at = weights.beside("cls.predictions");
        if !at.has("transform.dense.weight") {
            return Ok(None);
        }
        let (hidden, words) = (config.hidden_size, config.vocab_size);
        // The decoder is the table of word embeddings, unless the checkpoint unties the two.
        let table = match config.tie_word_embeddings {
            true => word.embeddings().clone(),
            false => at.get("decoder.weight", &[words, hidden])?,
        };
        let bias = if at.has("bias") { at.get("bias", &[words])? } else { at.get("decoder.bias", &[words])? };
        Ok(Some(MaskedHead {
            transform: parts::linear(&at.at("transform.dense"), hidden, hidden, true)?,
            activation: config.hidden_act,
            norm: parts::layer_norm(&at.at("transform.LayerNorm"), hidden, config.layer_norm_eps)?,
            decoder: Linear::new(table, Some(bias)),
        }))
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let hidden = ops::activate(dense(&self.transform, hidden)?, self.activation)?;
        dense(&self.decoder, &ops::layer_norm(&self.norm, &hidden)?)
    }
}
