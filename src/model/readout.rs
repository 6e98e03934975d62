//! What the model makes of a text: how well it guesses each token, with or without an intervention.

use super::config::Config;
use super::tap::Batch;
use super::window::Context;
use super::{Model, Site};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::{Progress, check_cancelled};
use crate::stimulus::Stimulus;
use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

/// How badly one token was guessed.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLoss {
    /// The token's text in the vocabulary.
    pub token: String,
    /// Number of its word in the stimulus; `None` for a token between words.
    pub word: Option<usize>,
    /// −ln of the probability that the model gave it, in nats.
    pub nats: f32,
}

/// The losses of a text's tokens: next-token for a causal model, masked-token for BERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    tokens: Arc<[TokenLoss]>,
    how: &'static str,
}

impl Loss {
    /// Each token's loss, in the order of the text.
    pub fn tokens(&self) -> &[TokenLoss] {
        &self.tokens
    }

    /// Mean over the tokens, in nats.
    pub fn mean(&self) -> f64 {
        self.tokens.iter().map(|t| f64::from(t.nats)).sum::<f64>() / self.tokens.len().max(1) as f64
    }

    /// e to the mean loss.
    pub fn perplexity(&self) -> f64 {
        self.mean().exp()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, perplexity) = (self.mean(), self.perplexity());
        write!(
            f,
            "{} loss over {} tokens: {mean:.3} nats a token, perplexity {perplexity:.1}",
            self.how,
            self.tokens.len()
        )
    }
}

/// Scores of the vocabulary at each token of a short text.
#[derive(Clone, Debug)]
pub struct Logits {
    tokens: Arc<[String]>,
    values: Arc<Array2<f32>>,
    model: Model,
}

impl Logits {
    /// The tokens that the model read, those that frame the text included.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Token × word of the vocabulary; for a causal model, row i scores the token after token i.
    pub fn values(&self) -> &Array2<f32> {
        &self.values
    }

    /// The `count` likeliest words at a token, with their probabilities.
    ///
    /// # Errors
    /// If there is no such token.
    pub fn top(&self, token: usize, count: usize) -> Result<Vec<(String, f32)>> {
        if token >= self.tokens.len() {
            return Err(Error::value(
                format!("token {token} of {}", self.tokens.len()),
                "tokens are counted from 0, the frame's included",
            ));
        }
        let row = self.values.row(token);
        let total = log_sum(row);
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
        let named = |&id: &usize| (self.model.token(id as u32), (f64::from(row[id]) - total).exp() as f32);
        Ok(order.iter().take(count).map(named).collect())
    }
}

/// A line for each token: the likeliest words there, with their probabilities.
impl fmt::Display for Logits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logits of {}: {} tokens × {} words", self.model.name(), self.values.nrows(), self.values.ncols())?;
        let width = self.tokens.iter().map(|token| token.chars().count()).max().unwrap_or(0);
        for (n, token) in self.tokens.iter().enumerate() {
            let likely = self.top(n, 5).unwrap_or_default();
            let likely: Vec<String> = likely.iter().map(|(word, p)| format!("{word} {:.0} %", 100.0 * p)).collect();
            write!(f, "\n{token:width$}  {}", likely.join(", "))?;
        }
        Ok(())
    }
}

/// Which tokens of a text BERT must guess at the same time; each is guessed once in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Masking {
    /// One in so many tokens, in as many passes.
    OneIn(usize),
    /// Each token alone, with all others in sight: the pseudo-log-likelihood of Salazar et al. 2020, one pass a token.
    Alone,
}

impl Default for Masking {
    /// One in seven, about the share with which BERT was trained.
    fn default() -> Masking {
        Masking::OneIn(7)
    }
}

/// Rows whose scores are held at a time.
const ROWS: usize = 256;

impl Model {
    /// Scores of the vocabulary at each token of a text that fits into one window; `[MASK]` stands for a masked word of BERT.
    ///
    /// # Errors
    /// If the text has no token or does not fit, or the checkpoint has no head that guesses words.
    pub fn logits(&self, text: &str) -> Result<Logits> {
        let encoding = self.inner().words.tokenizer.encode(text, false);
        let encoding =
            encoding.map_err(|e| Error::value(format!("the tokenizer cannot read the text: {e}"), "look at it"))?;
        let (batch, _) = self.batch(&[encoding.get_ids()])?;
        if batch.ids.is_empty() {
            return Err(Error::value("the text has no token", "give at least one word"));
        }
        let rows: Vec<usize> = (0..batch.ids.len()).collect();
        let values = self.scores(&batch, &rows)?;
        let tokens = batch.ids.iter().map(|id| self.token(*id)).collect();
        Ok(Logits { tokens, values: Arc::new(values), model: self.clone() })
    }

    /// How well the model guesses each token of a text: the next token after those before it (causal models), or each token masked with its
    /// surroundings in sight (BERT: one in seven is masked at a time, in seven passes; [`Model::loss_masking`] has others).
    ///
    /// Texts longer than a window are read in the windows of [`Model::windows`]. A first token that nothing stands before has no loss.
    ///
    /// # Errors
    /// If the checkpoint has no head that guesses words, the tokenizer no mask token (BERT), or nothing is left to guess.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// let story = Stimulus::from_text("a line", "The harbour lay still, and nobody spoke.", Speaking::default())?;
    /// let llama = Model::load("smollm2-135m")?;
    /// let lesioned = llama.with(&[Intervention::zero(Site::FfnHidden, &["L3.100".parse()?])])?;
    /// println!("{}\n{}", llama.loss(&story)?, lesioned.loss(&story)?);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn loss(&self, stimulus: &Stimulus) -> Result<Loss> {
        self.loss_masking(stimulus, Masking::default())
    }

    /// As [`Model::loss`], with another choice of which tokens BERT guesses at the same time; a causal model has none.
    ///
    /// # Errors
    /// As there, or if none is to be masked.
    pub fn loss_masking(&self, stimulus: &Stimulus, masking: Masking) -> Result<Loss> {
        let apart = match masking {
            Masking::OneIn(0) => {
                return Err(Error::value(
                    "one in 0 tokens is to be masked",
                    "give at least 1; BERT was trained with about 7",
                ));
            }
            Masking::OneIn(many) => many,
            Masking::Alone => usize::MAX,
        };
        let aligned = self.align(stimulus)?;
        let plan = self.plan(stimulus, &aligned, Context::Windows, None)?;
        let causal = self.reading().causal;
        let mut progress = Progress::new("windows guessed", plan.windows().len() as u64);
        let mut tokens = Vec::new();
        for window in plan.windows() {
            check_cancelled("guessing words")?;
            let ids = &aligned.ids[window.run][window.reads.clone()];
            let kept: Vec<usize> = window.keeps.clone().map(|token| token - window.reads.start).collect();
            let found = if causal { self.next_token(ids, &kept)? } else { self.masked(ids, &kept, apart)? };
            for (at, nats) in found {
                let word = aligned.words[window.run][window.reads.start + at];
                tokens.push(TokenLoss { token: self.token(ids[at]), word, nats });
            }
            progress.advance(1);
        }
        if tokens.is_empty() {
            return Err(Error::value(
                format!("nothing of `{}` can be guessed: no token has one before it", stimulus.name()),
                "give a longer text",
            ));
        }
        let how = match self.inner().config {
            Config::Bert(_) => "masked-token",
            Config::Llama(_) => "next-token",
        };
        Ok(Loss { tokens: tokens.into(), how })
    }

    /// (place, loss) of those kept tokens that have one before them.
    fn next_token(&self, ids: &[u32], kept: &[usize]) -> Result<Vec<(usize, f32)>> {
        let (batch, text) = self.batch(&[ids])?;
        let first = text[0].start;
        let guessed: Vec<usize> = kept.iter().copied().filter(|at| first + at > 0).collect();
        let rows = guessed.iter().map(|at| first + at - 1).collect();
        let nats = self.guesses(&batch, rows, guessed.iter().map(|at| ids[*at]).collect())?;
        Ok(guessed.into_iter().zip(nats).collect())
    }

    /// (place, loss) of each kept token, masked in turn.
    fn masked(&self, ids: &[u32], kept: &[usize], apart: usize) -> Result<Vec<(usize, f32)>> {
        let mask = self.inner().words.mask.ok_or_else(|| {
            Error::value(
                format!("the tokenizer of {} has no token [MASK]", self.name()),
                "load a BERT with its own tokenizer",
            )
        })?;
        let mut all = Vec::new();
        for pass in 0..apart.min(kept.len()) {
            let guessed: Vec<usize> = kept.iter().copied().skip(pass).step_by(apart).collect();
            let mut hidden = ids.to_vec();
            guessed.iter().for_each(|at| hidden[*at] = mask);
            check_cancelled("guessing words")?;
            let (batch, text) = self.batch(&[&hidden])?;
            let rows = guessed.iter().map(|at| text[0].start + at).collect();
            let nats = self.guesses(&batch, rows, guessed.iter().map(|at| ids[*at]).collect())?;
            all.extend(guessed.into_iter().zip(nats));
        }
        all.sort_by_key(|(at, _)| *at);
        Ok(all)
    }

    /// −ln of the probability of each row's token.
    fn guesses(&self, batch: &Batch, rows: Vec<usize>, wanted: Vec<u32>) -> Result<Vec<f32>> {
        self.scores_in_parts(batch, &rows, ROWS, |from, scores| nats(&scores, &wanted[from..from + scores.nrows()]))
    }

    /// Values of a site at the text tokens of some windows, window after window, and in the same pass −ln of the probability of each of these tokens after
    /// those before it in its window; NaN where there is none before it. For causal models.
    pub(crate) fn read_guessing(&self, windows: &[&[u32]], site: Site) -> Result<(Array2<f32>, Vec<f32>)> {
        let (batch, text) = self.batch(windows)?;
        let read: Vec<usize> = text.iter().cloned().flatten().collect();
        let mut values = Array2::zeros((read.len(), self.neurons(site).total()));
        let (mut places, mut rows, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        let mut place = 0;
        for (text, window) in text.iter().zip(&batch.windows) {
            for row in text.clone() {
                if row > window.start {
                    places.push(place);
                    rows.push(row - 1);
                    wanted.push(batch.ids[row]);
                }
                place += 1;
            }
        }
        let into = (vec![values.view_mut()], read);
        let found = self.scores_while_reading(&batch, &[site], into, &rows, ROWS, |from, scores| {
            nats(&scores, &wanted[from..from + scores.nrows()])
        })?;
        let mut all = vec![f32::NAN; place];
        places.into_iter().zip(found).for_each(|(place, nats)| all[place] = nats);
        Ok((values, all))
    }

    /// The losses of some tokens: text in the vocabulary, word, nats.
    pub(crate) fn next_token_losses(&self, tokens: Vec<(u32, Option<usize>, f32)>) -> Loss {
        let told = |(id, word, nats): (u32, Option<usize>, f32)| TokenLoss { token: self.token(id), word, nats };
        Loss { tokens: tokens.into_iter().map(told).collect(), how: "next-token" }
    }

    /// A token's text in the vocabulary.
    fn token(&self, id: u32) -> String {
        self.inner().words.tokenizer.id_to_token(id).unwrap_or_else(|| format!("token {id}"))
    }
}

/// −ln of the probability of one word in each row of scores.
fn nats(scores: &Array2<f32>, wanted: &[u32]) -> Vec<f32> {
    let each = scores.rows().into_iter().collect::<Vec<_>>();
    in_pool(|| {
        let nats =
            each.into_par_iter().zip(wanted).map(|(row, id)| (log_sum(row) - f64::from(row[*id as usize])) as f32);
        nats.collect::<Vec<f32>>()
    })
}

/// ln Σ eˣ.
fn log_sum(row: ArrayView1<f32>) -> f64 {
    let largest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    largest + row.iter().map(|x| (f64::from(*x) - largest).exp()).sum::<f64>().ln()
}
