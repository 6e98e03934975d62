//! How many clusters: curves over k of inertia, silhouette and stability.

mod agreement;
mod curve;
mod silhouette;

pub use agreement::adjusted_rand_index;
pub use curve::{KCurve, KPoint};
pub use silhouette::Silhouette;

use super::kmeans::Points;
use super::standard::Standardised;
use super::{Distance, KMeans};
use crate::activation::NeuronSeries;
use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::notebook::Progress;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use silhouette::{compact, gather, mean, silhouettes};

/// Which numbers of clusters are tried, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct ChooseK {
    /// Numbers of clusters, each at least 2.
    pub ks: Vec<usize>,
    /// Distance between neurons and centres.
    pub distance: Distance,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Restarts of each k-means.
    pub restarts: usize,
    /// How often neurons are split into halves for the stability.
    pub splits: usize,
    /// Most neurons for silhouettes and for the halves; where there are more, they are drawn at random.
    pub neurons: usize,
}

impl ChooseK {
    /// These numbers of clusters, by Euclidean distance, seed 0, 2 restarts, 5 splits, at most 5,000 neurons for silhouettes and halves.
    pub fn new(ks: &[usize]) -> ChooseK {
        ChooseK { ks: ks.to_vec(), distance: Distance::Euclidean, seed: 0, restarts: 2, splits: 5, neurons: 5000 }
    }

    /// Sets the distance.
    pub fn distance(self, distance: Distance) -> ChooseK {
        ChooseK { distance, ..self }
    }

    /// Sets the seed.
    pub fn seed(self, seed: u64) -> ChooseK {
        ChooseK { seed, ..self }
    }

    /// Sets the restarts of each k-means.
    pub fn restarts(self, restarts: usize) -> ChooseK {
        ChooseK { restarts, ..self }
    }

    /// Sets how often neurons are split into halves.
    pub fn splits(self, splits: usize) -> ChooseK {
        ChooseK { splits, ..self }
    }

    /// Sets the most neurons for silhouettes and halves.
    pub fn neurons(self, neurons: usize) -> ChooseK {
        ChooseK { neurons, ..self }
    }

    fn kmeans(&self, k: usize, seed: u64) -> KMeans {
        KMeans::new(k).distance(self.distance).seed(seed).restarts(self.restarts)
    }

    /// The numbers of clusters in order, each once.
    fn checked(&self, time: usize, live: usize) -> Result<Vec<usize>> {
        let mut ks = self.ks.clone();
        ks.sort_unstable();
        ks.dedup();
        // Each half must hold as many neurons as clusters.
        let most = (time - 1).min(live.min(self.neurons) / 2);
        let (Some(&first), Some(&last)) = (ks.first(), ks.last()) else {
            return Err(Error::value("no number of clusters to choose from", "give some, for example &[2, 4, 8, 16]"));
        };
        if first < 2 || last > most {
            return Err(Error::value(
                format!(
                    "{} clusters are among the numbers to choose from; {time} time points and halves of {} neurons allow 2 to {most}",
                    if first < 2 { first } else { last },
                    live.min(self.neurons)
                ),
                "one cluster has neither silhouette nor stability, and each half of the neurons must hold all clusters; \
                 leave that number out, or allow more neurons",
            ));
        }
        if self.splits == 0 {
            return Err(Error::value("stability over 0 splits", "allow at least one, by default 5"));
        }
        Ok(ks)
    }
}

impl NeuronSeries {
    /// k-means for several numbers of clusters: curves of inertia, silhouette and stability over k, and which k they speak for.
    ///
    /// - *Inertia*: Σ of the (squared) distances to the centres, of all neurons.
    /// - *Silhouette*: mean of [`silhouette`](NeuronSeries::silhouette), over at most [`ChooseK::neurons`] neurons.
    /// - *Stability*: neurons are split at random into halves, each half is clustered by itself, and the neurons of one half are given the
    ///   nearest centres of the other; the agreement of these labels with their own, as the [adjusted Rand index](adjusted_rand_index), mean
    ///   over both halves and over splits (Lange, Roth, Braun and Buhmann 2004, doi:10.1162/089976604773717621, whose misclassification rate
    ///   against chance is here the adjusted index).
    ///
    /// The suggested k has the largest silhouette among those whose stability is at most one standard error (over splits) below the
    /// best one. Where no k is stable the neurons form a continuum, and the result says so.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// use neurocell::model::NeuronAxis;
    /// use neurocell::pattern::ChooseK;
    /// use ndarray::Array2;
    /// // Sixty simulated neurons in three groups.
    /// let wave = |t: usize, n: usize| (t as f32 * [0.2, 0.5, 0.9][n % 3]).sin() + 0.5 * ((t * 7 + n * n * 3) as f32).sin();
    /// let data = Array2::from_shape_fn((60, 60), |(t, n)| wave(t, n));
    /// let series = NeuronSeries::new(data, Clock::new(1.5, &[60])?, NeuronAxis::new("simulated", Site::FfnOut, 1, 60))?;
    /// let curve = series.choose_k(ChooseK::new(&[2, 3, 4, 5]))?;
    /// assert_eq!(curve.suggested(), 3);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no k, one is below 2 or larger than half the neurons that vary (or than the time points allow); if neurons have fewer
    /// distinct courses than clusters; if it is stopped.
    pub fn choose_k(&self, options: ChooseK) -> Result<KCurve> {
        let standard = Standardised::new(self)?;
        let ks = options.checked(self.data().nrows(), standard.live.len())?;
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(options.seed);
        let mut progress = Progress::new("fits of k-means", (ks.len() * (1 + 2 * options.splits)) as u64);
        let count = standard.live.len();
        let sampled = options.neurons.min(count);
        let sample = sorted(rand::seq::index::sample(&mut rng, count, sampled).into_vec());
        let mut inertias = Vec::new();
        let mut labelings = Vec::new();
        for &k in &ks {
            let found = options.kmeans(k, options.seed).cluster(&standard.data, |_| ())?;
            inertias.push(found.inertia);
            labelings.push(compact(&sample.iter().map(|&n| found.labels[n]).collect::<Vec<usize>>()));
            progress.advance(1);
        }
        let silhouettes = match sampled == count {
            true => silhouettes(&standard.data, &labelings, options.distance)?,
            false => silhouettes(&gather(&standard.data, &sample), &labelings, options.distance)?,
        };
        let mut agreements = vec![Vec::new(); ks.len()];
        for split in 0..options.splits {
            let drawn = rand::seq::index::sample(&mut rng, count, sampled).into_vec();
            let (first, second) = drawn.split_at(sampled / 2);
            let halves = [first, second].map(|half| gather(&standard.data, &sorted(half.to_vec())));
            for (&k, agreements) in ks.iter().zip(&mut agreements) {
                agreements.push(agreement(
                    &halves,
                    &options.kmeans(k, options.seed + 1 + split as u64),
                    options.distance,
                )?);
                progress.advance(2);
            }
        }
        let total = Points::new(&standard.data, options.distance).total();
        let points = ks.iter().enumerate().map(|(n, &k)| {
            let stability = mean(&agreements[n]);
            let square = agreements[n].iter().map(|a| (a - stability).powi(2)).sum::<f64>();
            KPoint {
                k,
                inertia: inertias[n],
                silhouette: mean(&silhouettes[n]),
                stability,
                spread: (square / (options.splits.max(2) - 1) as f64).sqrt(),
            }
        });
        Ok(KCurve::new(points.collect(), total, options.clone(), [count, sampled], standard.note()))
    }
}

fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.sort_unstable();
    numbers
}

/// Adjusted Rand index between a half's own clusters and those that the other half's centres give it, mean of both ways.
fn agreement(halves: &[ColumnBlocks; 2], kmeans: &KMeans, distance: Distance) -> Result<f64> {
    let [a, b] = [kmeans.cluster(&halves[0], |_| ())?, kmeans.cluster(&halves[1], |_| ())?];
    let given = |half: &ColumnBlocks, centres| Points::new(half, distance).nearest_centres(centres);
    let one = adjusted_rand_index(&a.labels, &given(&halves[0], &b.centres))?;
    let other = adjusted_rand_index(&b.labels, &given(&halves[1], &a.centres))?;
    Ok((one + other) / 2.0)
}
