//! BERT (Devlin et al. 2019, arXiv 1810.04805), written so that its inner tensors have names and can be read.
//!
//! One window of text goes through at a time, as a matrix token × hidden without padding. Where a [`Site`] lies, the
//! forward pass says so in one line: `tap.read(…)`.

use super::{Site, steps};
use crate::notebook::check_cancelled;
use candle_core::{D, DType, Device, Module, Result, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, VarBuilder, embedding, layer_norm, linear};
use candle_transformers::models::bert::{Config, HiddenAct};

/// Keeps the tensors of one site as they pass by, layer after layer.
pub(super) struct Tap {
    site: Site,
    /// token × unit, one of each layer.
    pub(super) layers: Vec<Tensor>,
}

impl Tap {
    pub(super) fn at(site: Site) -> Tap {
        Tap { site, layers: Vec::new() }
    }

    fn read(&mut self, site: Site, tensor: &Tensor) {
        if site == self.site {
            self.layers.push(tensor.clone());
        }
    }
}

/// The encoder: embeddings, then blocks.
pub(super) struct Bert {
    embeddings: Embeddings,
    blocks: Vec<Block>,
}

impl Bert {
    pub(super) fn load(config: &Config, weights: VarBuilder) -> Result<Bert> {
        let blocks = 0..config.num_hidden_layers;
        Ok(Bert {
            embeddings: Embeddings::load(config, weights.pp("embeddings"))?,
            blocks: blocks
                .map(|n| Block::load(config, weights.pp(format!("encoder.layer.{n}"))))
                .collect::<Result<_>>()?,
        })
    }

    /// Runs one window: `ids` are its tokens, `[CLS]` and `[SEP]` included.
    pub(super) fn forward(&self, ids: &[u32], tap: &mut Tap) -> crate::Result<()> {
        let mut hidden = self.embeddings.forward(ids).map_err(failed)?;
        for block in &self.blocks {
            check_cancelled("reading the model")?;
            hidden = block.forward(hidden, tap).map_err(failed)?;
        }
        Ok(())
    }
}

/// Shapes and values were checked when the model was loaded: what is left is the machine, mostly its memory.
fn failed(error: candle_core::Error) -> crate::Error {
    let advice = "see that the machine has memory left; if it has, this is an error in neurocell: report it";
    crate::Error::value(format!("the model's forward pass failed: {error}"), advice).caused_by(error)
}

/// x·Wᵀ + b, for x of token × input.
fn dense(layer: &Linear, x: &Tensor) -> Result<Tensor> {
    let product = x.matmul(&layer.weight().t()?)?;
    match layer.bias() {
        Some(bias) => steps::add_bias(product, bias),
        None => Ok(product),
    }
}

/// Word + position + segment, normalised.
struct Embeddings {
    word: Embedding,
    position: Embedding,
    segment: Embedding,
    norm: LayerNorm,
}

impl Embeddings {
    fn load(config: &Config, weights: VarBuilder) -> Result<Embeddings> {
        let hidden = config.hidden_size;
        Ok(Embeddings {
            word: embedding(config.vocab_size, hidden, weights.pp("word_embeddings"))?,
            position: embedding(config.max_position_embeddings, hidden, weights.pp("position_embeddings"))?,
            segment: embedding(config.type_vocab_size, hidden, weights.pp("token_type_embeddings"))?,
            norm: layer_norm(hidden, config.layer_norm_eps, weights.pp("LayerNorm"))?,
        })
    }

    fn forward(&self, ids: &[u32]) -> Result<Tensor> {
        let word = self.word.forward(&Tensor::new(ids, &Device::Cpu)?)?;
        let position = self.position.forward(&Tensor::arange(0, ids.len() as u32, &Device::Cpu)?)?;
        let segment = self.segment.forward(&Tensor::zeros(ids.len(), DType::U32, &Device::Cpu)?)?;
        self.norm.forward(&steps::add(steps::add(word, &segment)?, &position)?)
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
    fn load(config: &Config, weights: VarBuilder) -> Result<Block> {
        let norm = |at: VarBuilder| layer_norm(config.hidden_size, config.layer_norm_eps, at.pp("LayerNorm"));
        Ok(Block {
            attention: Attention::load(config, weights.pp("attention"))?,
            attention_norm: norm(weights.pp("attention.output"))?,
            feed_forward: FeedForward::load(config, weights.clone())?,
            feed_forward_norm: norm(weights.pp("output"))?,
        })
    }

    fn forward(&self, hidden: Tensor, tap: &mut Tap) -> Result<Tensor> {
        // Sums are made in the residual, never in what a tap may hold.
        let attended = self.attention.forward(&hidden)?;
        let hidden = self.attention_norm.forward(&steps::add(hidden, &attended)?)?;
        let fed = self.feed_forward.forward(&hidden, tap)?;
        self.feed_forward_norm.forward(&steps::add(hidden, &fed)?)
    }
}

/// Multi-head self-attention: softmax(Q·Kᵀ/√d)·V a head, then a dense layer.
struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    heads: usize,
}

impl Attention {
    fn load(config: &Config, weights: VarBuilder) -> Result<Attention> {
        let hidden = config.hidden_size;
        Ok(Attention {
            query: linear(hidden, hidden, weights.pp("self.query"))?,
            key: linear(hidden, hidden, weights.pp("self.key"))?,
            value: linear(hidden, hidden, weights.pp("self.value"))?,
            output: linear(hidden, hidden, weights.pp("output.dense"))?,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        let (tokens, size) = hidden.dims2()?;
        let width = size / self.heads;
        // token × hidden → head × token × width
        let by_head = |x: Tensor| x.reshape((tokens, self.heads, width))?.transpose(0, 1)?.contiguous();
        let query = by_head(dense(&self.query, hidden)?)?;
        let key = by_head(dense(&self.key, hidden)?)?;
        let value = by_head(dense(&self.value, hidden)?)?;
        let scores = query.matmul(&key.transpose(D::Minus2, D::Minus1)?)?;
        let weights = steps::softmax(scores, 1.0 / (width as f32).sqrt())?;
        let context = weights.matmul(&value)?.transpose(0, 1)?.reshape((tokens, size))?;
        dense(&self.output, &context)
    }
}

/// The feed-forward block: a dense layer, the activation function, a second dense layer.
struct FeedForward {
    first: Linear,
    activation: HiddenAct,
    second: Linear,
}

impl FeedForward {
    fn load(config: &Config, weights: VarBuilder) -> Result<FeedForward> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        Ok(FeedForward {
            first: linear(hidden, inner, weights.pp("intermediate.dense"))?,
            activation: config.hidden_act,
            second: linear(inner, hidden, weights.pp("output.dense"))?,
        })
    }

    fn forward(&self, hidden: &Tensor, tap: &mut Tap) -> Result<Tensor> {
        let inner = steps::activate(dense(&self.first, hidden)?, self.activation)?;
        tap.read(Site::FfnHidden, &inner);
        let out = dense(&self.second, &inner)?;
        tap.read(Site::FfnOut, &out);
        Ok(out)
    }
}
