//! What lesions come to.

use super::effect::Effect;
use crate::csv;
use crate::error::{Error, Result};
use crate::model::Neuron;
use crate::provenance::Provenance;
use ndarray::Array2;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A network's neurons lesioned, beside random groups: [`lesion`](super::lesion); clones are cheap.
#[derive(Clone, Debug)]
pub struct Lesion {
    pub(super) network: String,
    pub(super) units: Arc<[Neuron]>,
    pub(super) about: String,
    pub(super) losses: Arc<[Effect]>,
    pub(super) scores: Arc<[Effect]>,
    pub(super) random: usize,
    pub(super) level: f64,
    /// What was left out, and why.
    pub(super) notes: Vec<String>,
    pub(super) made: Provenance,
}

impl Lesion {
    /// What it is made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// The network whose neurons were lesioned.
    pub fn network(&self) -> &str {
        &self.network
    }

    /// The lesioned neurons.
    pub fn units(&self) -> &[Neuron] {
        &self.units
    }

    /// Change of the mean loss, in nats a token: over all tokens first, then for each class of words; empty where the checkpoint guesses no words.
    pub fn losses(&self) -> &[Effect] {
        &self.losses
    }

    /// Change of each network's encoding score (held-out r); empty where no courses of networks were given.
    pub fn scores(&self) -> &[Effect] {
        &self.scores
    }

    /// The change of one network's encoding score.
    ///
    /// # Errors
    /// If no network of that name was scored.
    pub fn score(&self, network: &str) -> Result<&Effect> {
        find(&self.scores, "scored network", network)
    }

    /// The change of the loss for "all tokens", or for a class such as "nouns".
    ///
    /// # Errors
    /// If there is no such class, or no loss.
    pub fn loss(&self, class: &str) -> Result<&Effect> {
        find(&self.losses, "class of words", class)
    }

    /// Number of random groups.
    pub fn random(&self) -> usize {
        self.random
    }

    /// The smallest p that so many random groups can give.
    pub fn smallest_p(&self) -> f64 {
        1.0 / (1.0 + self.random as f64)
    }

    /// Writes all changes as CSV: lesioned network, measure, name, tokens, before, after, change, mean and range of random groups, p, q.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        csv::write_traced(path.as_ref(), &format!("{HEAD}{}", self.lines()), self)
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for (measure, effects) in [("loss_nats", &self.losses), ("held_out_r", &self.scores)] {
            for one in effects.iter() {
                let [low, high] = one.random_range();
                let tokens = one.tokens.map_or(String::new(), |n| n.to_string());
                text.push_str(&format!(
                    "{},{measure},{},{tokens},{:.6},{:.6},{:.6},{:.6},{low:.6},{high:.6},{:e},{:e}\n",
                    csv::cell(&self.network),
                    csv::cell(&one.name),
                    one.before,
                    one.after,
                    one.change,
                    one.random_mean(),
                    one.p,
                    one.q
                ));
            }
        }
        text
    }

    /// What p can be reached, if it is too little.
    fn floor(&self) -> String {
        let least = self.smallest_p();
        let most = self.scores.len().max(self.losses.len()) as f64;
        let wanted = (most / self.level).ceil() as usize;
        let floor = format!("{} random groups: no p is below {least:.1e}", self.random);
        match least {
            least if least > self.level => {
                format!(
                    "{floor}, so that nothing can count at {}: ask for {} or more",
                    self.level,
                    (1.0 / self.level).ceil() as usize
                )
            }
            least if least * most > self.level => {
                format!(
                    "{floor}; one change alone among {most:.0} would need {wanted} groups to count at {}",
                    self.level
                )
            }
            _ => floor,
        }
    }
}

const HEAD: &str = "lesioned,measure,name,tokens,before,after,change,random_mean,random_low,random_high,p,q\n";

fn find<'a>(effects: &'a [Effect], what: &str, name: &str) -> Result<&'a Effect> {
    let names: Vec<String> = effects.iter().map(|effect| effect.name.clone()).collect();
    effects.iter().find(|effect| effect.name == name).ok_or_else(|| Error::unknown(what, name, &names))
}

impl fmt::Display for Lesion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lesion: {} units of {}, {}", self.units.len(), self.network, self.about)?;
        for (what, unit, effects) in
            [("Loss", "nats a token", &self.losses), ("Encoding score", "held-out r", &self.scores)]
        {
            let Some(_) = effects.first() else { continue };
            let width = effects.iter().map(|e| e.name.chars().count()).max().unwrap_or(0).max(14);
            write!(
                f,
                "\n{what}, {unit}\n{:width$}  {:>7}  {:>7}  {:>8}  {:>18}  {:>7}  {:>7}",
                "", "before", "after", "change", "random (95 %)", "p", "q"
            )?;
            for one in effects.iter() {
                let [low, high] = one.random_range();
                let star = if one.q < self.level { " *" } else { "" };
                let target = if one.name == self.network { " ◂ lesioned" } else { "" };
                let random = format!("{low:+.4} to {high:+.4}");
                write!(
                    f,
                    "\n{:width$}  {:>7.4}  {:>7.4}  {:>+8.4}  {random:>18}  {:>7.3}  {:>7.3}{star}{target}",
                    one.name, one.before, one.after, one.change, one.p, one.q
                )?;
            }
        }
        write!(f, "\n{}", self.floor())?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}"))
    }
}

/// The neurons of several networks lesioned one after the other: [`lesion_all`](super::lesion_all); clones are cheap.
#[derive(Clone, Debug)]
pub struct Lesions {
    pub(super) each: Arc<[Lesion]>,
    /// q of each network's own score over the networks that were lesioned.
    pub(super) q: Arc<[f64]>,
    /// Networks that have no neurons, and why.
    pub(super) skipped: Vec<String>,
    pub(super) level: f64,
    pub(super) made: Provenance,
}

impl Lesions {
    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Each network's lesion.
    pub fn each(&self) -> &[Lesion] {
        &self.each
    }

    /// The lesion of one network.
    ///
    /// # Errors
    /// If it was not lesioned.
    pub fn of(&self, network: &str) -> Result<&Lesion> {
        let names: Vec<String> = self.each.iter().map(|one| one.network.clone()).collect();
        let found = self.each.iter().find(|one| one.network == network);
        found.ok_or_else(|| Error::unknown("lesioned network", network, &names))
    }

    /// q of each lesioned network's own score, over the networks that were lesioned; 1 where it was not scored.
    pub fn q(&self) -> &[f64] {
        &self.q
    }

    /// Change of held-out r beyond that of random groups, lesioned network × scored network.
    pub fn changes(&self) -> Array2<f64> {
        let width = self.each.first().map_or(0, |one| one.scores.len());
        Array2::from_shape_fn((self.each.len(), width), |(row, column)| {
            let effect = &self.each[row].scores[column];
            effect.change - effect.random_mean()
        })
    }

    /// Names of the lesioned networks, and of the scored ones.
    pub fn names(&self) -> [Vec<String>; 2] {
        let scored = self.each.first().map_or(Vec::new(), |one| one.scores.iter().map(|e| e.name.clone()).collect());
        [self.each.iter().map(|one| one.network.clone()).collect(), scored]
    }

    /// Writes all changes of all lesions as CSV, as [`Lesion::to_csv`].
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let lines: String = self.each.iter().map(Lesion::lines).collect();
        csv::write_traced(path.as_ref(), &format!("{HEAD}{lines}"), self)
    }
}

impl fmt::Display for Lesions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.q.iter().filter(|q| **q < self.level).count();
        write!(
            f,
            "Lesions: the units of {} networks lesioned one after the other; {count} lower their own network's score more than random groups do (q < {} over networks)",
            self.each.len(),
            self.level
        )?;
        for (one, q) in self.each.iter().zip(self.q.iter()) {
            let own = one.score(&one.network).map_or("not scored".to_owned(), |own| {
                let star = if *q < self.level { " *" } else { "" };
                format!(
                    "own score {:.3} → {:.3} (random {:+.4}), p = {:.3}, q = {q:.3}{star}",
                    own.before,
                    own.after,
                    own.random_mean(),
                    own.p
                )
            });
            let loss = one.losses.first().map_or(String::new(), |all| {
                format!("; loss {:+.4} nats (random {:+.4}), p = {:.3}", all.change, all.random_mean(), all.p)
            });
            write!(f, "\n  {}: {} units, {own}{loss}", one.network, one.units.len())?;
        }
        if let Some(first) = self.each.first() {
            write!(f, "\n{}", first.floor())?;
            first.notes.iter().try_for_each(|note| write!(f, "\n{note}"))?;
        }
        self.skipped.iter().try_for_each(|why| write!(f, "\nleft out: {why}"))
    }
}
