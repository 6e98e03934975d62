//! A model that computes: windows of tokens in, values of sites or scores of words out.

use super::bert::Bert;
use super::config::Config;
use super::intervention::Change;
use super::llama::Llama;
use super::load::Inner;
use super::tap::{Batch, Tap};
use super::window::{Context, WindowPlan, pieces};
use super::{Intervention, NeuronAxis, Site, align, ops, parts};
use crate::error::{Error, Result};
use crate::hex::hex;
use crate::linalg::in_pool;
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use candle_core::{Device, Tensor};
use ndarray::{Array2, ArrayView1, ArrayViewMut2, Axis};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// A loaded transformer whose units can be read and changed; clones are cheap.
#[derive(Clone)]
pub struct Model {
    inner: Arc<Inner>,
    interventions: Arc<[Intervention]>,
    changes: Arc<[Change]>,
    identity: String,
}

/// The architectures.
pub(super) enum Network {
    Bert(Bert),
    Llama(Llama),
}

impl Network {
    /// The last hidden states, from which words are guessed.
    fn forward(&self, batch: &Batch, tap: &mut Tap) -> Result<Tensor> {
        match self {
            Network::Bert(bert) => bert.forward(batch, tap),
            Network::Llama(llama) => llama.forward(batch, tap),
        }
    }

    /// The table of word embeddings, token × hidden.
    fn table(&self) -> &Tensor {
        match self {
            Network::Bert(bert) => bert.table(),
            Network::Llama(llama) => llama.table(),
        }
    }

    fn logits(&self, hidden: &Tensor) -> Option<candle_core::Result<Tensor>> {
        match self {
            Network::Bert(bert) => bert.logits(hidden),
            Network::Llama(llama) => llama.logits(hidden),
        }
    }
}

/// What a plan of windows depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Tokens that each window has besides its text (`[CLS]` and `[SEP]`; a Llama's begin-of-text).
    pub(crate) frame: usize,
    /// Tokens that the model can read at once, the frame included.
    pub(crate) longest: usize,
    /// Whether a token sees only what stands before it.
    pub(crate) causal: bool,
}

impl Model {
    pub(super) fn of(inner: Inner) -> Model {
        let identity = inner.identity.clone();
        Model { inner: Arc::new(inner), interventions: Arc::new([]), changes: Arc::new([]), identity }
    }

    pub(super) fn changed(&self, interventions: Vec<Intervention>, changes: Vec<Change>) -> Model {
        let told = Sha256::new().chain_update(&self.inner.identity).chain_update(format!("{interventions:?}"));
        let identity = if interventions.is_empty() { self.inner.identity.clone() } else { hex(told) };
        Model { inner: self.inner.clone(), interventions: interventions.into(), changes: changes.into(), identity }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The name by which it was loaded; for a folder, the folder's own name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// SHA-256 of its weights: of the file, or of the digests of its files where there are several.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// A digest of all that its values depend on besides the text: weights, configuration, tokenizer, interventions.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// As [`Model::identity`], before anything was changed in its forward pass.
    pub(crate) fn unchanged_identity(&self) -> &str {
        &self.inner.identity
    }

    /// What it is made of: its files, and what is changed in its forward pass.
    pub(crate) fn made(&self) -> Provenance {
        let made = match self.inner.on_cpu {
            true => self.inner.made.clone(),
            false => self.inner.made.option("computes on", &self.inner.compute),
        };
        match self.interventions.is_empty() {
            true => made,
            false => Provenance::step("interventions")
                .option("changes", format!("{:?}", self.interventions))
                .input("model", &made),
        }
    }

    /// What is changed in its forward pass, in order.
    pub fn interventions(&self) -> &[Intervention] {
        &self.interventions
    }

    /// Number of transformer blocks.
    pub fn layers(&self) -> usize {
        self.inner.config.layers()
    }

    /// The neurons of a site, over all blocks.
    pub fn neurons(&self, site: Site) -> NeuronAxis {
        let (hidden, inner, queries, keys, width) = match &self.inner.config {
            Config::Bert(c) => {
                let (heads, width) = (c.num_attention_heads, c.hidden_size / c.num_attention_heads);
                (c.hidden_size, c.intermediate_size, heads, heads, width)
            }
            Config::Llama(c) => {
                (c.hidden_size, c.intermediate_size, c.num_attention_heads, c.num_key_value_heads, c.head_dim)
            }
        };
        let of = |units| NeuronAxis::new(self.name(), site, self.layers(), units);
        match site {
            Site::FfnHidden => of(inner),
            Site::AttnK | Site::AttnV => of(keys * width).with_heads(keys),
            Site::AttnQ | Site::AttnZ | Site::AttnQk => of(queries * width).with_heads(queries),
            Site::FfnOut | Site::Residual => of(hidden),
        }
    }

    /// What the planner of windows must know.
    pub(crate) fn reading(&self) -> Reading {
        let causal = matches!(self.inner.config, Config::Llama(_));
        Reading { frame: self.inner.words.frame(), longest: self.inner.config.positions(), causal }
    }

    /// How a stimulus is cut into windows for this model.
    ///
    /// # Errors
    /// If the tokenizer cannot read the text.
    pub fn windows(&self, stimulus: &Stimulus) -> Result<WindowPlan> {
        self.plan(stimulus, &self.align(stimulus)?, Context::Windows, None)
    }

    pub(crate) fn align(&self, stimulus: &Stimulus) -> Result<align::Aligned> {
        align::align(&self.inner.words.tokenizer, self.inner.words.unknown, stimulus)
    }

    /// The windows in which a stimulus is read, of at most so many tokens.
    pub(crate) fn plan(
        &self,
        stimulus: &Stimulus,
        aligned: &align::Aligned,
        context: Context,
        window: Option<usize>,
    ) -> Result<WindowPlan> {
        let runs: Vec<_> = aligned.words.iter().map(|owners| pieces(owners, stimulus.words())).collect();
        WindowPlan::of(context, window, self.reading(), &runs)
    }

    /// Values of each site for the tokens of some windows, token × neuron, window after window; the tokens that frame a text
    /// are added before and taken away after.
    ///
    /// Nothing is filled up to a common length. Where there are windows enough, each thread takes some of them through the model by itself,
    /// few at a time so that what lies between two steps stays near the processor; else all threads work on each step together. Memory is
    /// that of the values.
    pub(crate) fn read(&self, windows: &[&[u32]], sites: &[Site]) -> Result<Vec<Array2<f32>>> {
        let tokens = windows.iter().map(|ids| ids.len()).sum();
        let mut read: Vec<Array2<f32>> =
            sites.iter().map(|site| Array2::zeros((tokens, self.neurons(*site).total()))).collect();
        let whole = read.iter_mut().map(|values| values.view_mut()).collect();
        in_pool(|| {
            let passes = match self.inner.on_cpu {
                true => passes(windows, rayon::current_num_threads()),
                false => Vec::new(),
            };
            if passes.len() < 2 {
                return self.read_into(windows, sites, whole);
            }
            let mut rest = whole;
            let mut parts = Vec::with_capacity(passes.len());
            for pass in passes {
                let tokens = windows[pass.clone()].iter().map(|ids| ids.len()).sum();
                let split = rest.into_iter().map(|values| values.split_at(Axis(0), tokens));
                let (into, behind) = split.unzip();
                rest = behind;
                parts.push((pass, into));
            }
            let of = |(pass, into): (Range<usize>, _)| ops::alone(|| self.read_into(&windows[pass], sites, into));
            // One by one: a thread that is done takes the next.
            parts.into_par_iter().with_max_len(1).try_for_each(of)
        })?;
        Ok(read)
    }

    /// Takes some windows through the model together; `into` has a matrix for each site.
    fn read_into<'a>(&'a self, windows: &[&[u32]], sites: &'a [Site], into: Vec<ArrayViewMut2<'a, f32>>) -> Result<()> {
        let (batch, text) = self.batch(windows)?;
        let rows = text.into_iter().flatten().collect();
        let mut tap = Tap::new(sites, into, &self.changes, rows);
        self.inner.network.forward(&batch, &mut tap)?;
        Ok(())
    }

    /// Scores of the vocabulary at some rows of a batch of windows, row × word.
    pub(super) fn scores(&self, batch: &Batch, rows: &[usize]) -> Result<Array2<f32>> {
        let mut all = self.scores_in_parts(batch, rows, rows.len().max(1), |_, scores| vec![scores])?;
        Ok(all.pop().unwrap_or_default())
    }

    /// What `take` makes of the scores of so many rows at a time; it is told which of the rows is the first.
    pub(super) fn scores_in_parts<T: Send>(
        &self,
        batch: &Batch,
        rows: &[usize],
        many: usize,
        take: impl FnMut(usize, Array2<f32>) -> Vec<T> + Send,
    ) -> Result<Vec<T>> {
        self.scores_while_reading(batch, &[], (Vec::new(), Vec::new()), rows, many, take)
    }

    /// The same, while sites are read at some rows in the same pass.
    pub(super) fn scores_while_reading<'a, T: Send>(
        &'a self,
        batch: &Batch,
        sites: &'a [Site],
        (into, read): (Vec<ArrayViewMut2<'a, f32>>, Vec<usize>),
        rows: &[usize],
        many: usize,
        mut take: impl FnMut(usize, Array2<f32>) -> Vec<T> + Send,
    ) -> Result<Vec<T>> {
        let mut tap = Tap::new(sites, into, &self.changes, read);
        let mut taken = Vec::with_capacity(rows.len());
        in_pool(|| {
            let hidden = self.inner.network.forward(batch, &mut tap)?;
            for (n, part) in rows.chunks(many).enumerate() {
                let scores = self.logits_at(&hidden, part).ok_or_else(|| self.no_head())?.map_err(parts::failed)?;
                taken.extend(take(n * many, scores));
            }
            Ok(taken)
        })
    }

    fn logits_at(&self, hidden: &Tensor, rows: &[usize]) -> Option<candle_core::Result<Array2<f32>>> {
        let rows: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
        let chosen = Tensor::new(rows, hidden.device()).and_then(|rows| hidden.index_select(&rows, 0));
        let logits = match chosen {
            Ok(chosen) => self.inner.network.logits(&chosen)?,
            Err(e) => Err(e),
        };
        Some(logits.and_then(|logits| {
            let shape = logits.dims2()?;
            let values = logits.to_device(&Device::Cpu)?.flatten_all()?.to_vec1::<f32>()?;
            Array2::from_shape_vec(shape, values).map_err(candle_core::Error::wrap)
        }))
    }

    fn no_head(&self) -> Error {
        let (what, advice) = match self.inner.config {
            Config::Bert(_) => (
                "has no head that guesses masked words (cls.predictions)",
                "load a checkpoint saved as BertForMaskedLM, such as google-bert/bert-base-uncased",
            ),
            Config::Llama(_) => {
                ("has no head that guesses the next word (lm_head)", "load a checkpoint saved as LlamaForCausalLM")
            }
        };
        Error::value(format!("the checkpoint {} {what}", self.name()), advice)
    }

    /// Windows as one batch, each in its frame; and the rows of each window's text.
    pub(super) fn batch(&self, windows: &[&[u32]]) -> Result<(Batch, Vec<Range<usize>>)> {
        let (words, longest) = (&self.inner.words, self.inner.config.positions());
        let (mut batch, mut text) = (Batch { ids: Vec::new(), windows: Vec::new() }, Vec::new());
        for ids in windows {
            let start = batch.ids.len();
            batch.ids.extend(words.before.iter().chain(*ids).chain(&words.behind));
            let all = start..batch.ids.len();
            if all.len() > longest {
                return Err(Error::value(
                    format!(
                        "a window of {} tokens, frame included; {} has {longest} positions",
                        all.len(),
                        self.name()
                    ),
                    "read the text in shorter windows",
                ));
            }
            text.push(start + words.before.len()..all.end - words.behind.len());
            batch.windows.push(all);
        }
        Ok((batch, text))
    }

    /// Word × hidden: the mean of each word's rows in the table of embeddings; and the numbers of the words without a token, whose rows are 0.
    pub(crate) fn word_vectors(&self, stimulus: &Stimulus) -> Result<(Array2<f32>, Vec<usize>)> {
        let aligned = in_pool(|| self.align(stimulus))?;
        let table = self.inner.network.table();
        let mut sums = Array2::<f64>::zeros((stimulus.words().len(), self.neurons(Site::Residual).units));
        let mut tokens = vec![0usize; sums.nrows()];
        for (ids, owners) in aligned.ids.iter().zip(&aligned.words).filter(|(ids, _)| !ids.is_empty()) {
            let rows = Tensor::new(ids.as_slice(), table.device()).and_then(|ids| table.index_select(&ids, 0));
            let rows = rows.and_then(|rows| rows.to_device(&Device::Cpu)?.to_vec2::<f32>()).map_err(parts::failed)?;
            for (row, word) in rows.iter().zip(owners).filter_map(|(row, owner)| Some((row, (*owner)?))) {
                sums.row_mut(word).zip_mut_with(&ArrayView1::from(row), |sum, v| *sum += f64::from(*v));
                tokens[word] += 1;
            }
        }
        sums.rows_mut().into_iter().zip(&tokens).for_each(|(mut row, count)| row /= (*count).max(1) as f64);
        Ok((sums.mapv(|v| v as f32), aligned.unmatched))
    }

    /// Calls `each` with the values of a site at every token of a stimulus, in order.
    pub(super) fn each_token(
        &self,
        stimulus: &Stimulus,
        site: Site,
        mut each: impl FnMut(ArrayView1<f32>),
    ) -> Result<()> {
        let aligned = self.align(stimulus)?;
        for window in self.plan(stimulus, &aligned, Context::Windows, None)?.windows() {
            let values = self.read(&[&aligned.ids[window.run][window.reads.clone()]], &[site])?.remove(0);
            window.keeps.clone().for_each(|token| each(values.row(token - window.reads.start)));
        }
        Ok(())
    }
}

/// Tokens in one thread's pass through the model. Measured on MiniLM.
const PASS: usize = 512;

/// Consecutive windows for passes of single threads; none where some threads would be idle for much of the time.
fn passes(windows: &[&[u32]], threads: usize) -> Vec<Range<usize>> {
    let total: usize = windows.iter().map(|ids| ids.len()).sum();
    let most = PASS.min(total.div_ceil(threads));
    let mut passes: Vec<Range<usize>> = Vec::new();
    let mut tokens = 0;
    for (n, ids) in windows.iter().enumerate() {
        match passes.last_mut() {
            Some(pass) if tokens + ids.len() <= most => pass.end = n + 1,
            _ => {
                passes.push(n..n + 1);
                tokens = 0;
            }
        }
        tokens += ids.len();
    }
    // When each thread is done, if the one that is done first takes the next pass.
    let mut done = vec![0; threads];
    for pass in &passes {
        let tokens: usize = windows[pass.clone()].iter().map(|ids| ids.len()).sum();
        if let Some(first) = done.iter_mut().min() {
            *first += tokens;
        }
    }
    // With a thread idle for a quarter of the time, or one window alone, it is better that all work together.
    let last = done.into_iter().max().unwrap_or(0);
    if last * threads * 3 <= total * 4 { passes } else { Vec::new() }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        write!(f, "{}: ", inner.name)?;
        match &inner.config {
            Config::Bert(c) => write!(
                f,
                "BERT of {} blocks, hidden {}, feed-forward {}, {} heads, windows of {} tokens",
                c.num_hidden_layers,
                c.hidden_size,
                c.intermediate_size,
                c.num_attention_heads,
                c.max_position_embeddings
            )?,
            Config::Llama(c) => write!(
                f,
                "Llama of {} blocks, hidden {}, feed-forward {}, {} heads of {} ({} of keys), up to {} tokens",
                c.num_hidden_layers,
                c.hidden_size,
                c.intermediate_size,
                c.num_attention_heads,
                c.head_dim,
                c.num_key_value_heads,
                c.max_position_embeddings
            )?,
        }
        write!(f, "; from {}, {}; on {}", inner.source, inner.folder.display(), inner.compute)?;
        self.interventions.iter().try_for_each(|intervention| write!(f, "\n  {intervention}"))
    }
}

/// The same text as `Display`: weights are not for reading.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
