//! Do subjects with a higher score differ in something else?

use super::RoiScores;
use crate::brain::Participants;
use crate::csv;
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use crate::statistics::{benjamini_hochberg, spearman};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Fewest subjects: with 3, the least p that any order can have is 1/3.
const FEWEST: usize = 4;
/// Orders of the subjects that are looked at unless told otherwise, and the seed of their drawing.
const PERMUTATIONS: (usize, u64) = (10_000, 0);
/// Regions that are listed one by one.
const SHOWN: usize = 40;

/// One region's correlation with a column of the participants' table.
#[derive(Clone, Debug, PartialEq)]
pub struct RoiCorrelation {
    /// The region.
    pub region: String,
    /// Spearman's rank correlation; NaN if it could not be tested.
    pub r: f64,
    /// Two-sided p by permutation of the subjects.
    pub p: f64,
    /// Benjamini–Hochberg q over the regions that were tested.
    pub q: f64,
    /// Number of subjects with a score and a value.
    pub n: usize,
}

/// The correlation of every region's score with a column of the participants' table; clones are cheap.
#[derive(Clone, Debug)]
pub struct RoiCorrelations {
    rows: Arc<[RoiCorrelation]>,
    scores: RoiScores,
    column: String,
    unit: Option<String>,
    /// The column's value of each subject of the scores.
    values: Arc<[Option<f64>]>,
    left_out: Arc<[String]>,
    permutations: usize,
    made: Provenance,
}

impl RoiScores {
    /// Spearman's rank correlation, over subjects, of every region's score with a numeric column of the participants' table, with p by 10,000
    /// permutations and q by Benjamini and Hochberg over the regions. [`RoiScores::correlate_with`] takes other numbers of permutations.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// # fn show(scores: RoiScores) -> Result<()> {
    /// let people = Dataset::open("ds002345")?.participants()?;
    /// let with_age = scores.correlate(&people, "age")?;
    /// println!("{with_age}");
    /// with_age.to_csv("roi_age.csv")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn correlate(&self, participants: &Participants, column: &str) -> Result<RoiCorrelations> {
        self.correlate_with(participants, column, PERMUTATIONS.0, PERMUTATIONS.1)
    }

    /// The same with so many permutations, drawn by a seed; if there are no more orders of the subjects than that, all of them
    /// ([`spearman`](crate::statistics::spearman)).
    ///
    /// Subjects who are not in the table, or have `n/a` there, are left out and named. Regions in which fewer than 4 subjects have a score, or all have the
    /// same, are not tested: NaN.
    ///
    /// # Errors
    /// If there is no such column (those that there are are listed) or it is not of numbers, fewer than 4 subjects have a value, the column is the same for
    /// all of them, or no region can be tested.
    pub fn correlate_with(
        &self,
        participants: &Participants,
        column: &str,
        permutations: usize,
        seed: u64,
    ) -> Result<RoiCorrelations> {
        let all = participants.numbers(column)?;
        let value = |id: &String| participants.ids().iter().position(|other| other == id).and_then(|row| all[row]);
        let values: Vec<Option<f64>> = self.subjects.iter().map(value).collect();
        let with = |has: bool| self.subjects.iter().zip(&values).filter(move |(_, v)| v.is_some() == has);
        let left_out: Vec<String> = with(false).map(|(id, _)| format!("sub-{id}")).collect();
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        if known.len() < FEWEST {
            let whose: Vec<String> = with(true).map(|(id, _)| format!("sub-{id}")).collect();
            return Err(Error::value(
                format!(
                    "{} of {} subjects have a value for `{column}` in {}: {}",
                    known.len(),
                    self.subjects.len(),
                    participants.about(),
                    if whose.is_empty() { "none".to_owned() } else { whose.join(", ") }
                ),
                format!(
                    "a correlation over subjects needs {FEWEST} at least, and some 20 to find anything; ids must be those of the table"
                ),
            ));
        }
        if known.iter().all(|v| *v == known[0]) {
            return Err(Error::value(
                format!("`{column}` is {} for all {} subjects", known[0], known.len()),
                "take a column in which subjects differ",
            ));
        }
        let mut rows = Vec::new();
        for (n, region) in self.regions.iter().enumerate() {
            check_cancelled("the correlation of scores")?;
            let pairs = self.values.column(n).into_iter().zip(&values);
            let (x, y): (Vec<f64>, Vec<f64>) = pairs
                .filter_map(|(score, value)| Some((*score, (*value)?)))
                .filter(|(score, _)| !score.is_nan())
                .unzip();
            let varies = |v: &[f64]| v.iter().any(|one| *one != v[0]);
            let (r, p) = match x.len() >= FEWEST && varies(&x) && varies(&y) {
                true => spearman(&x, &y, permutations, seed).map(|found| (found.r, found.p))?,
                false => (f64::NAN, f64::NAN),
            };
            rows.push(RoiCorrelation { region: region.clone(), r, p, q: f64::NAN, n: x.len() });
        }
        let tested: Vec<usize> = (0..rows.len()).filter(|n| !rows[*n].p.is_nan()).collect();
        if tested.is_empty() {
            return Err(Error::value(
                format!("in none of {} regions do {FEWEST} subjects have different scores", rows.len()),
                "take larger regions, or a lower floor under the noise ceiling",
            ));
        }
        let p: Vec<f64> = tested.iter().map(|n| rows[*n].p).collect();
        for (n, q) in tested.iter().zip(benjamini_hochberg(&p)?) {
            rows[*n].q = q;
        }
        let made = Provenance::step("correlate regions").option("column", column).option("permutations", permutations);
        let made = made.option("seed", seed).input("scores", self).input("participants", participants);
        Ok(RoiCorrelations {
            made,
            rows: rows.into(),
            scores: self.clone(),
            column: column.to_owned(),
            unit: participants.unit(column).map(str::to_owned),
            values: values.into(),
            left_out: left_out.into(),
            permutations,
        })
    }
}

impl RoiCorrelations {
    /// What they are made of.
    pub(crate) fn made(&self) -> Provenance {
        self.made.clone()
    }

    /// Every region, in the atlas' order.
    pub fn rows(&self) -> &[RoiCorrelation] {
        &self.rows
    }

    /// The regions that were tested, the least p first, and of equals the greatest |r|.
    pub fn best(&self) -> Vec<&RoiCorrelation> {
        let mut tested: Vec<&RoiCorrelation> = self.rows.iter().filter(|row| !row.p.is_nan()).collect();
        tested.sort_by(|a, b| a.p.total_cmp(&b.p).then(b.r.abs().total_cmp(&a.r.abs())));
        tested
    }

    /// The scores that were correlated.
    pub fn scores(&self) -> &RoiScores {
        &self.scores
    }

    /// The column's name.
    pub fn column(&self) -> &str {
        &self.column
    }

    /// The column's unit, if the dataset says one.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// Subjects without a value in the column, who are left out.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// One region's pairs: the column's value and the score of each subject who has both.
    ///
    /// # Errors
    /// If there is no region of that name; the nearest is proposed.
    pub fn pairs(&self, region: &str) -> Result<Vec<(f64, f64)>> {
        let scores = self.scores.region(region)?;
        let both = self.values.iter().zip(scores).filter_map(|(value, score)| Some(((*value)?, score)));
        Ok(both.filter(|(_, score)| !score.is_nan()).collect())
    }

    /// Writes all regions as CSV: region, r, p, q, n; `n/a` where a region was not tested.
    ///
    /// # Errors
    /// If the file cannot be written; nothing half-written is left.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut text = "region,r,p,q,n\n".to_owned();
        for row in self.rows.iter() {
            let number = |v: f64| if v.is_nan() { "n/a".to_owned() } else { format!("{v:.6}") };
            let (r, p, q) = (number(row.r), number(row.p), number(row.q));
            text.push_str(&format!("{},{r},{p},{q},{}\n", csv::cell(&row.region), row.n));
        }
        csv::write_traced(path.as_ref(), &text, self)
    }
}

/// The regions with the least p first.
impl fmt::Display for RoiCorrelations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = self.best();
        let below = best.iter().filter(|row| row.q < 0.05).count();
        let subjects = self.values.iter().flatten().count();
        write!(
            f,
            "RoiCorrelations: {} of {} regions with {}, {subjects} subjects: Spearman r, {} permutations, {below} at q < 0.05",
            self.scores.unit(),
            self.rows.len(),
            self.column,
            self.permutations
        )?;
        if !self.left_out.is_empty() {
            let more = if self.left_out.len() > 8 { ", …" } else { "" };
            let names = self.left_out[..self.left_out.len().min(8)].join(", ");
            let s = if self.left_out.len() == 1 { "" } else { "s" };
            write!(f, "\n{} subject{s} without {} left out: {names}{more}", self.left_out.len(), self.column)?;
        }
        let width = best.iter().map(|row| row.region.chars().count()).max().unwrap_or(0).max("region".len());
        write!(f, "\n  {:width$} {:>7} {:>8} {:>8} {:>4}", "region", "r", "p", "q", "n")?;
        for row in best.iter().take(SHOWN) {
            write!(f, "\n  {:width$} {:>7.3} {:>8.4} {:>8.4} {:>4}", row.region, row.r, row.p, row.q, row.n)?;
        }
        if best.len() > SHOWN {
            write!(f, "\n  and {} more", best.len() - SHOWN)?;
        }
        let untested: Vec<&str> =
            self.rows.iter().filter(|row| row.p.is_nan()).map(|row| row.region.as_str()).collect();
        let more = if untested.len() > 8 { ", …" } else { "" };
        match untested.is_empty() {
            true => Ok(()),
            false => {
                let names = untested[..untested.len().min(8)].join(", ");
                write!(f, "\n  {} not tested, for want of scores: {names}{more}", untested.len())
            }
        }
    }
}
