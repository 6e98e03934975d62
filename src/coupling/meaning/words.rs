//! The words on which values are tested: those that have one, run by run.

use super::WordKind;
use crate::activation::Activations;
use crate::clock::Clock;
use crate::coupling::smoothness::normal_scores;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use crate::stimulus::plain;
use ndarray::{Array2, Axis};
use rayon::prelude::*;
use std::collections::HashSet;

/// A run of fewer words says nothing of how its words follow each other.
const SHORTEST: usize = 30;
/// Words that a kind needs, and words that must be of another.
const FEWEST: usize = 10;

/// Words with values, on a clock that counts words.
pub(super) struct Words {
    /// Numbers of the words in the stimulus.
    pub numbers: Vec<usize>,
    pub clock: Clock,
    /// Kinds that have words enough.
    pub kinds: Vec<WordKind>,
    /// Kinds that do not, with the number of their words.
    pub untested: Vec<(WordKind, usize)>,
    /// Word × tested kind: 1 for a word of the kind.
    pub indicator: Array2<f32>,
    /// Words of each tested kind, and distinct ones among them.
    pub counts: Vec<(usize, usize)>,
    /// Words that are not used, since they have no token or their run is too short.
    pub left_out: usize,
}

impl Words {
    pub fn of(acts: &Activations) -> Result<Words> {
        let all = acts.stimulus().words();
        let mut runs: Vec<Vec<usize>> = vec![Vec::new(); acts.stimulus().runs()];
        for (n, word) in all.iter().enumerate() {
            if acts.unmatched().binary_search(&n).is_err() {
                runs[word.run].push(n);
            }
        }
        let longest = runs.iter().map(Vec::len).max().unwrap_or(0);
        runs.retain(|run| run.len() >= SHORTEST);
        if runs.is_empty() {
            return Err(Error::value(
                format!(
                    "the longest run has {longest} words with a value; kinds of words need {SHORTEST} or more in a run"
                ),
                "read a longer text",
            ));
        }
        let volumes: Vec<usize> = runs.iter().map(Vec::len).collect();
        let numbers = runs.concat();
        let of: Vec<[WordKind; 2]> = numbers.iter().map(|n| WordKind::of(&all[*n].text)).collect();
        let (mut kinds, mut untested, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for kind in WordKind::all() {
            let members = numbers.iter().zip(&of).filter(|(_, kinds)| kinds.contains(&kind));
            let texts: Vec<String> = members.map(|(n, _)| plain(&all[*n].text)).collect();
            match texts.len() >= FEWEST && numbers.len() - texts.len() >= FEWEST {
                true => {
                    kinds.push(kind);
                    counts.push((texts.len(), texts.iter().collect::<HashSet<_>>().len()));
                }
                false => untested.push((kind, texts.len())),
            }
        }
        let is = |(n, k): (usize, usize)| f32::from(of[n].contains(&kinds[k]));
        let indicator = Array2::from_shape_fn((numbers.len(), kinds.len()), is);
        let left_out = all.len() - numbers.len();
        Ok(Words { clock: Clock::new(1.0, &volumes)?, numbers, kinds, untested, indicator, counts, left_out })
    }

    /// Values (word of the stimulus × column) at these words, as normal scores in each run: ranks as quantiles of the normal distribution, so that a few
    /// words of great value do not decide.
    pub fn scores(&self, values: &Array2<f32>) -> Result<Array2<f32>> {
        let one = |column: usize| -> Result<Vec<f32>> {
            if column.is_multiple_of(64) {
                check_cancelled("ranking words")?;
            }
            let mut scores = Vec::with_capacity(values.nrows());
            for run in 0..self.clock.runs() {
                let own: Vec<f32> = self.clock.rows(run).map(|row| values[[row, column]]).collect();
                scores.extend(normal_scores(&own));
            }
            Ok(scores)
        };
        let columns: Vec<Vec<f32>> = in_pool(|| (0..values.ncols()).into_par_iter().map(one).collect::<Result<_>>())?;
        let mut all = Array2::zeros(values.dim());
        for (mut to, from) in all.axis_iter_mut(Axis(1)).zip(&columns) {
            to.iter_mut().zip(from).for_each(|(to, v)| *to = *v);
        }
        Ok(all)
    }

    /// What was used, in words.
    pub fn said(&self) -> String {
        let mut said = format!("{} words in {} run(s)", self.numbers.len(), self.clock.runs());
        if self.left_out > 0 {
            said.push_str(&format!(
                ", {} without a token or in a run of fewer than {SHORTEST} left out",
                self.left_out
            ));
        }
        if !self.untested.is_empty() {
            let each: Vec<String> =
                self.untested.iter().map(|(kind, count)| format!("{kind} ({count} words)")).collect();
            said.push_str(&format!("; not tested, for want of words: {}", each.join(", ")));
        }
        said
    }
}
