//! The texts' side of a contrast: with what weight each text counts, and how it would be if the labels were others.
//!
//! Every estimate of a difference between two groups of texts is a weighted sum of the texts' responses, Σ aᵢ·ŷᵢ. As they are: aᵢ = 1/n_A or −1/n_B. With covariates Z (and a
//! constant) partialled out: a = M·l / (lᵀ·M·l), l being 1 for texts of A and 0 else, and M = I − Z·Z⁺, so that Σ aᵢ·zᵢ = 0 for every covariate. Matched: ±1/pairs.
//!
//! Under chance a text might as well have been in the other group. Labels are permuted as they are; pairs exchange their labels; with covariates the
//! residuals are permuted in the space that Z leaves, where they are exchangeable (Huh & Jhun 2001; Winkler et al. 2014, Neuroimage 92). All are weights again.

use super::options::{Balance, ContrastOptions, Covariate};
use crate::error::{Error, Result};
use crate::linalg::{pseudo_inverse, symmetric_eigen};
use crate::stimulus::Stimulus;
use ndarray::{Array1, Array2, Axis, concatenate};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// A covariate in both groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balanced {
    /// Which.
    pub covariate: Covariate,
    /// Its mean over the texts of A and of B, all of them.
    pub before: [f64; 2],
    /// (mean of A − mean of B) / standard deviation within groups, over all texts.
    pub difference_before: f64,
    /// The same with the weights that texts have in the contrast; 0 where it is partialled out.
    pub difference_after: f64,
    /// Whether it was matched or partialled out.
    pub used: bool,
}

/// What the texts' side comes to.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// a, one for each text, those of A first.
    pub weights: Vec<f64>,
    /// Other labellings × text.
    pub others: Array2<f32>,
    /// Whether the others are all that there are, the given one among them.
    pub exact: bool,
    pub covariates: Vec<Balanced>,
    /// Texts that are used of A and of B.
    pub used: [usize; 2],
    pub said: String,
}

/// Pairs of texts are matched until no covariate differs by more than this, in standard deviations.
const ALIKE: f64 = 0.25;

impl Design {
    pub fn new(a: &[Stimulus], b: &[Stimulus], options: &ContrastOptions) -> Result<Design> {
        let texts: Vec<&Stimulus> = a.iter().chain(b).collect();
        let values = |covariate: &Covariate| texts.iter().map(|text| covariate.of(text)).collect::<Vec<f64>>();
        let all: Vec<Vec<f64>> = options.covariates.iter().map(values).collect();
        Design::of(all, [a.len(), b.len()], options)
    }

    /// From each covariate's values, texts of A first.
    pub fn of(all: Vec<Vec<f64>>, counts: [usize; 2], options: &ContrastOptions) -> Result<Design> {
        let [of_a, of_b] = counts;
        if of_a < 2 || of_b < 2 {
            return Err(Error::value(
                format!(
                    "{of_a} text(s) in A and {of_b} in B: one text does not say how others of its kind would differ"
                ),
                "give at least two of each, better ten: cut long texts by `text.in_runs(n, 0.0)?.run(k)?`",
            ));
        }
        let plain: Vec<f64> =
            (0..of_a + of_b).map(|n| if n < of_a { 1.0 / of_a as f64 } else { -1.0 / of_b as f64 }).collect();
        let spreads: Vec<f64> = all.iter().map(|values| spread(values, of_a)).collect();
        let varies: Vec<usize> = (0..all.len()).filter(|n| spreads[*n] > 0.0).collect();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(options.seed);
        let found = match options.balance {
            _ if varies.is_empty() => labels(of_a, of_b, options.permutations, &mut random),
            Balance::AsTheyAre => labels(of_a, of_b, options.permutations, &mut random),
            Balance::Partialling => {
                let scaled = |n: &usize| all[*n].iter().map(|v| v / spreads[*n]).collect::<Vec<f64>>();
                let columns: Vec<Vec<f64>> = varies.iter().map(scaled).collect();
                residuals(&columns, counts, options.permutations, &mut random)?
            }
            Balance::Matching => {
                let scaled = |n: &usize| all[*n].iter().map(|v| v / spreads[*n]).collect::<Vec<f64>>();
                let columns: Vec<Vec<f64>> = varies.iter().map(scaled).collect();
                pairs(&columns, counts, options.permutations, &mut random)?
            }
        };
        let (weights, others, exact) = found;
        let balanced = options.balance != Balance::AsTheyAre;
        let covariates = options.covariates.iter().zip(&all).enumerate().map(|(n, (covariate, values))| {
            let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
            let difference = |weights: &[f64]| -> f64 {
                let sum: f64 = weights.iter().zip(values).map(|(w, v)| w * v).sum();
                if spreads[n] > 0.0 { sum / spreads[n] } else { 0.0 }
            };
            Balanced {
                covariate: *covariate,
                before: [mean(&values[..of_a]), mean(&values[of_a..])],
                difference_before: difference(&plain),
                difference_after: difference(&weights),
                used: balanced && spreads[n] > 0.0,
            }
        });
        let covariates: Vec<Balanced> = covariates.collect();
        let used = [&weights[..of_a], &weights[of_a..]].map(|part| part.iter().filter(|w| **w != 0.0).count());
        let said = said(&covariates, options.balance, counts, used, &others, exact);
        Ok(Design { weights, others, exact, covariates, used, said })
    }

    /// p of each column of responses (text × column), two-sided.
    pub fn p(&self, observed: &[f64], permuted: &Array2<f32>) -> Vec<f64> {
        let given = usize::from(!self.exact);
        let total = (given + permuted.nrows()) as f64;
        let each = observed.iter().zip(permuted.columns()).map(|(value, others)| {
            // Sums in f32 that are as good as equal count as equal.
            let least = (value.abs() * (1.0 - 1e-5)) as f32;
            (given + others.iter().filter(|other| other.abs() >= least).count()) as f64 / total
        });
        each.collect()
    }

    /// The smallest p that there can be.
    pub fn smallest_p(&self) -> f64 {
        let all = self.others.nrows() as f64;
        match self.exact {
            // Of groups of one size the given labelling's mirror image is as extreme.
            true if self.used[0] == self.used[1] => 2.0 / all,
            true => 1.0 / all,
            false => 1.0 / (1.0 + all),
        }
    }
}

type Weighted = (Vec<f64>, Array2<f32>, bool);

/// Root of the mean variance within groups; 0 for a covariate that does not vary.
fn spread(values: &[f64], of_a: usize) -> f64 {
    let squares = |part: &[f64]| {
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        part.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
    };
    let all = (squares(values) / values.len() as f64).sqrt();
    let size = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if all <= 1e-9 * size {
        return 0.0;
    }
    let freedom = (values.len() - 2) as f64;
    let within = ((squares(&values[..of_a]) + squares(&values[of_a..])) / freedom).sqrt();
    // Groups that are each of one value differ by all that there is.
    if within > 1e-9 * size { within } else { all }
}

fn weights_of(in_a: impl Fn(usize) -> bool, of_a: usize, of_b: usize) -> Vec<f32> {
    (0..of_a + of_b).map(|n| if in_a(n) { 1.0 / of_a as f32 } else { -1.0 / of_b as f32 }).collect()
}

/// Labels permuted among all texts.
fn labels(of_a: usize, of_b: usize, most: usize, random: &mut Xoshiro256PlusPlus) -> Weighted {
    let count = of_a + of_b;
    let weights = weights_of(|n| n < of_a, of_a, of_b).into_iter().map(f64::from).collect();
    let all = (1..=of_a).try_fold(1usize, |product, n| {
        product.checked_mul(of_b + n).map(|product| product / n).filter(|product| *product <= most + 1)
    });
    let rows: Vec<Vec<f32>> = match all.filter(|_| count <= 24) {
        Some(_) => {
            let sets = (0_u32..1 << count).filter(|set| set.count_ones() as usize == of_a);
            sets.map(|set| weights_of(|n| set >> n & 1 == 1, of_a, of_b)).collect()
        }
        None => {
            let mut order: Vec<usize> = (0..count).collect();
            let draw = |_| {
                order.shuffle(random);
                weights_of(|n| order[n] < of_a, of_a, of_b)
            };
            (0..most).map(draw).collect()
        }
    };
    let exact = all.is_some() && count <= 24;
    (weights, matrix(rows, count), exact)
}

/// Residuals permuted in the space that covariates leave.
fn residuals(
    columns: &[Vec<f64>],
    [of_a, of_b]: [usize; 2],
    most: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Weighted> {
    let count = of_a + of_b;
    let constant = Array2::from_elem((count, 1), 1.0);
    let z = columns.iter().map(|column| {
        let mean = column.iter().sum::<f64>() / count as f64;
        Array2::from_shape_fn((count, 1), |(n, _)| column[n] - mean)
    });
    let z: Vec<Array2<f64>> = std::iter::once(constant).chain(z).collect();
    let views: Vec<_> = z.iter().map(|part| part.view()).collect();
    let z = concatenate(Axis(1), &views)
        .map_err(|cause| Error::shape(cause.to_string(), "give each text every covariate"))?;
    let inverse = pseudo_inverse(z.t().dot(&z).view())?;
    let left = Array2::eye(count) - z.dot(&inverse).dot(&z.t());
    let found = symmetric_eigen(left.view())?;
    let free: Vec<usize> = (0..count).filter(|n| found.values[*n] > 0.5).collect();
    if free.len() < 4 {
        return Err(Error::value(
            format!(
                "{count} texts, from which {} covariates and a constant leave {} degrees of freedom",
                columns.len(),
                free.len()
            ),
            "give more texts, fewer covariates (`.covariates(&[Covariate::Length])`), or compare them as they are: `.as_they_are()`",
        ));
    }
    let basis = found.vectors.select(Axis(1), &free);
    let label = Array1::from_shape_fn(count, |n| if n < of_a { 1.0 } else { 0.0 });
    let short = basis.t().dot(&label);
    let length = short.dot(&short);
    let whole = (of_a * of_b) as f64 / count as f64;
    if length < 1e-6 * whole {
        return Err(Error::value(
            "the covariates say which text is of A and which of B: nothing is left to compare",
            "choose texts that overlap in length, rate and frequency, or name fewer covariates",
        ));
    }
    let weights = (basis.dot(&short) / length).to_vec();
    let mut order: Vec<usize> = (0..free.len()).collect();
    let draw = |_| {
        order.shuffle(random);
        let turned = Array1::from_shape_fn(free.len(), |n| short[order[n]]);
        (basis.dot(&turned) / length).iter().map(|w| *w as f32).collect::<Vec<f32>>()
    };
    let rows: Vec<Vec<f32>> = (0..most).map(draw).collect();
    Ok((weights, matrix(rows, count), false))
}

/// Texts in pairs that are alike; pairs exchange their labels.
fn pairs(
    columns: &[Vec<f64>],
    [of_a, of_b]: [usize; 2],
    most: usize,
    random: &mut Xoshiro256PlusPlus,
) -> Result<Weighted> {
    let distance = |a: usize, b: usize| columns.iter().map(|c| (c[a] - c[of_a + b]).powi(2)).sum::<f64>().sqrt();
    let mut all: Vec<(f64, usize, usize)> =
        (0..of_a).flat_map(|a| (0..of_b).map(move |b| (a, b))).map(|(a, b)| (distance(a, b), a, b)).collect();
    all.sort_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    // The nearest first, each text once; then those leave that keep the groups apart, until they are alike.
    let (mut taken_a, mut taken_b) = (vec![false; of_a], vec![false; of_b]);
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for (_, a, b) in all {
        if !taken_a[a] && !taken_b[b] {
            (taken_a[a], taken_b[b]) = (true, true);
            kept.push((a, b));
        }
    }
    let apart = |kept: &[(usize, usize)]| {
        let difference =
            |c: &Vec<f64>| kept.iter().map(|(a, b)| c[*a] - c[of_a + b]).sum::<f64>().abs() / kept.len() as f64;
        columns.iter().map(difference).fold(0.0, f64::max)
    };
    let without = |kept: &[(usize, usize)], n: usize| {
        let rest: Vec<(usize, usize)> = kept.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, p)| *p).collect();
        rest
    };
    while kept.len() > 2 && apart(&kept) > ALIKE {
        // Of equals the farther pair, which comes later.
        let rests = (0..kept.len()).rev().map(|n| without(&kept, n));
        let best = rests.min_by(|a, b| apart(a).total_cmp(&apart(b)));
        kept = best.unwrap_or_default();
    }
    if apart(&kept) > ALIKE {
        return Err(Error::value(
            format!(
                "of {of_a} and {of_b} texts no two pairs are alike in all covariates (they differ by {:.1} sd)",
                apart(&kept)
            ),
            "choose texts that overlap in length, rate and frequency, name fewer covariates, or regress them out: `.partialling()`",
        ));
    }
    let size = kept.len() as f64;
    let signed = |minus: &dyn Fn(usize) -> bool| {
        let mut weights = vec![0.0_f32; of_a + of_b];
        for (n, (a, b)) in kept.iter().enumerate() {
            let sign = if minus(n) { -1.0 } else { 1.0 };
            (weights[*a], weights[of_a + b]) = (sign / size as f32, -sign / size as f32);
        }
        weights
    };
    let every = 1_usize.checked_shl(kept.len() as u32).filter(|all| kept.len() < 30 && *all <= most + 1);
    let rows: Vec<Vec<f32>> = match every {
        Some(all) => (0..all).map(|set| signed(&|n| set >> n & 1 == 1)).collect(),
        None => (0..most)
            .map(|_| {
                let turned: Vec<bool> = kept.iter().map(|_| random.r#gen()).collect();
                signed(&|n| turned[n])
            })
            .collect(),
    };
    let weights = signed(&|_| false).into_iter().map(f64::from).collect();
    Ok((weights, matrix(rows, of_a + of_b), every.is_some()))
}

fn matrix(rows: Vec<Vec<f32>>, columns: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows.len(), columns), |(row, column)| rows[row][column])
}

fn said(
    covariates: &[Balanced],
    balance: Balance,
    counts: [usize; 2],
    used: [usize; 2],
    others: &Array2<f32>,
    exact: bool,
) -> String {
    let names = |used: bool| {
        let those = covariates.iter().filter(|one| one.used == used);
        those.map(|one| one.covariate.to_string()).collect::<Vec<String>>().join(", ")
    };
    let how = match balance {
        _ if covariates.is_empty() => "texts as they are, no covariate looked at".to_owned(),
        Balance::AsTheyAre => format!("texts as they are, nothing matched or partialled out ({})", names(false)),
        Balance::Partialling => format!("partialled out: {}", names(true)),
        Balance::Matching => {
            format!("matched: {}; {} pairs of {} and {} texts", names(true), used[0], counts[0], counts[1])
        }
    };
    let equal = match (balance, names(false)) {
        (Balance::AsTheyAre, _) => String::new(),
        (_, none) if none.is_empty() => String::new(),
        (_, same) => format!("; the same in all texts: {same}"),
    };
    let which = if exact { "all " } else { "" };
    format!("{how}{equal}; {which}{} labellings of the texts", others.nrows())
}
