//! What a lesion changes, beside what random lesions change.

use crate::error::Result;
use crate::model::Loss;
use crate::statistics::benjamini_hochberg;
use crate::stimulus::{Stimulus, WordClass, word_class};
use std::collections::BTreeMap;

/// One figure before and after a lesion, and its change beside that of random groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// What is measured: a network, a class of words, "all tokens".
    pub name: String,
    /// Of the intact model.
    pub before: f64,
    /// Of the lesioned model.
    pub after: f64,
    /// after − before.
    pub change: f64,
    /// Change under each random group, in their order.
    pub random: Vec<f64>,
    /// (1 + random groups whose change is as large) / (1 + random groups): a larger rise of a loss, a larger fall of a score.
    pub p: f64,
    /// p corrected for the classes, or networks, that were tested together (Benjamini–Hochberg).
    pub q: f64,
    /// Number of tokens, for a loss.
    pub tokens: Option<usize>,
}

impl Effect {
    /// Mean change under the random groups.
    pub fn random_mean(&self) -> f64 {
        self.random.iter().sum::<f64>() / self.random.len().max(1) as f64
    }

    /// The 2.5 % and the 97.5 % quantile of the change under random groups.
    pub fn random_range(&self) -> [f64; 2] {
        let mut sorted = self.random.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (sorted.len().saturating_sub(1)) as f64;
            let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            low + (high - low) * place.fract()
        };
        if sorted.is_empty() { [0.0; 2] } else { [at(0.025), at(0.975)] }
    }
}

/// Which changes are counted as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worse {
    Up,
    Down,
}

/// Sums of a loss, by class of words.
#[derive(Clone, Debug, Default)]
pub(super) struct Guessed {
    all: (f64, usize),
    classes: BTreeMap<WordClass, (f64, usize)>,
}

impl Guessed {
    /// Adds the losses of a text.
    pub fn add(&mut self, loss: &Loss, text: &Stimulus) {
        for token in loss.tokens() {
            let nats = f64::from(token.nats);
            self.all = (self.all.0 + nats, self.all.1 + 1);
            if let Some(class) = token.word.and_then(|word| word_class(&text.words()[word].text)) {
                let of_class = self.classes.entry(class).or_default();
                *of_class = (of_class.0 + nats, of_class.1 + 1);
            }
        }
    }

    /// Mean loss over all tokens and over those of each class that occurs, with their number.
    pub fn means(&self) -> Vec<(String, f64, usize)> {
        let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
        let classes = self.classes.iter().map(|(class, of)| (format!("{class}s"), mean(*of), of.1));
        std::iter::once(("all tokens".to_owned(), mean(self.all), self.all.1)).chain(classes).collect()
    }
}

/// What was measured once: with the group, or with a random one.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub guessed: Option<Guessed>,
    /// Mean held-out r of each network over subjects.
    pub scores: Vec<f64>,
}

/// Effects of figures that were measured before, after, and after each random lesion; `corrected` says which are tested together.
pub(super) fn effects(
    names: &[(String, Option<usize>)],
    before: &[f64],
    after: &[f64],
    random: &[Vec<f64>],
    worse: Worse,
    corrected: impl Fn(usize) -> bool,
) -> Result<Vec<Effect>> {
    let mut all = Vec::new();
    for (n, (name, tokens)) in names.iter().enumerate() {
        let change = after[n] - before[n];
        let random: Vec<f64> = random.iter().map(|one| one[n] - before[n]).collect();
        let sign = if worse == Worse::Up { 1.0 } else { -1.0 };
        let reached = random.iter().filter(|other| sign * **other >= sign * change).count();
        let p = (1 + reached) as f64 / (1 + random.len()) as f64;
        let (name, tokens) = (name.clone(), *tokens);
        all.push(Effect { name, before: before[n], after: after[n], change, random, p, q: p, tokens });
    }
    let together: Vec<usize> = (0..all.len()).filter(|n| corrected(*n)).collect();
    let q = benjamini_hochberg(&together.iter().map(|n| all[*n].p).collect::<Vec<f64>>())?;
    together.into_iter().zip(q).for_each(|(n, q)| all[n].q = q);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_counts_random_groups_that_do_as_much_harm() {
        let names = [("a".to_owned(), None), ("b".to_owned(), None)];
        // Falls of 0.4 and 0 beside falls of 0.1, 0.2, 0.5 and of 0.
        let random: Vec<Vec<f64>> = [0.9, 0.8, 0.5].iter().map(|r| vec![*r, 0.5]).collect();
        let found = effects(&names, &[1.0, 0.5], &[0.6, 0.5], &random, Worse::Down, |_| true).unwrap();
        assert_eq!((found[0].p, found[1].p), (0.5, 1.0));
        assert_eq!((found[0].q, found[1].q), (1.0, 1.0));
        assert!((found[0].change + 0.4).abs() < 1e-12 && (found[0].random_mean() + 0.8 / 3.0).abs() < 1e-12);
        let rise = effects(&names, &[1.0, 0.5], &[1.6, 0.5], &random, Worse::Up, |n| n > 0).unwrap();
        assert_eq!((rise[0].p, rise[0].q, rise[1].p), (0.25, 0.25, 1.0));
    }
}
