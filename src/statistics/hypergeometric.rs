//! How many of a random draw fall into one place.

use libm::lgamma;

/// Chance where `drawn` of `population` things are taken at random, none twice, and `marked` of them lie in one place: the hypergeometric distribution of
/// how many of the drawn ones lie there.
#[derive(Clone, Debug)]
pub(crate) struct RandomDraw {
    /// The fewest that can lie there; `shares[n]` is the probability of `least + n`.
    least: usize,
    shares: Vec<f64>,
    mean: f64,
}

impl RandomDraw {
    /// `marked` and `drawn` are not more than `population`.
    pub fn new(population: usize, marked: usize, drawn: usize) -> RandomDraw {
        let (least, most) = ((drawn + marked).saturating_sub(population), drawn.min(marked));
        let ways = |all: usize, taken: usize| {
            let [all, taken, left] = [all, taken, all - taken].map(|n| n as f64 + 1.0);
            lgamma(all) - lgamma(taken) - lgamma(left)
        };
        let every = ways(population, drawn);
        let share = |k: usize| (ways(marked, k) + ways(population - marked, drawn - k) - every).exp();
        let mut shares: Vec<f64> = (least..=most).map(share).collect();
        // lgamma of large numbers is rounded; the shares' sum is known.
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
        RandomDraw { least, shares, mean: drawn as f64 * marked as f64 / population.max(1) as f64 }
    }

    /// The mean number.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Probability of `count` or more.
    pub fn at_least(&self, count: usize) -> f64 {
        self.shares.iter().skip(count.saturating_sub(self.least)).sum::<f64>().min(1.0)
    }

    /// The least number that, with all below it, has at least this probability.
    pub fn quantile(&self, share: f64) -> usize {
        let mut sum = 0.0;
        let place = self.shares.iter().position(|part| {
            sum += part;
            sum >= share
        });
        self.least + place.unwrap_or(self.shares.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn tails_and_quantiles_are_scipys() {
        // Rows: population, marked, drawn, count; P(X ≥ count), the 2.5 % and the 97.5 % quantile, the mean.
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/statistics/hypergeometric.npy");
        let found: Array2<f64> = ndarray_npy::read_npy(path).unwrap();
        assert!(found.nrows() > 20);
        for row in found.rows() {
            let whole: Vec<usize> = row.iter().take(4).map(|v| *v as usize).collect();
            let draw = RandomDraw::new(whole[0], whole[1], whole[2]);
            let tail = draw.at_least(whole[3]);
            assert!((tail - row[4]).abs() < 1e-9 + 1e-6 * row[4], "{whole:?}: {tail} {}", row[4]);
            assert_eq!([draw.quantile(0.025), draw.quantile(0.975)], [row[5] as usize, row[6] as usize], "{whole:?}");
            assert!((draw.mean() - row[7]).abs() < 1e-9, "{whole:?}");
        }
    }

    #[test]
    fn a_draw_of_nothing_or_of_everything_leaves_no_chance() {
        let (none, all) = (RandomDraw::new(10, 4, 0), RandomDraw::new(10, 4, 10));
        assert_eq!((none.quantile(0.025), none.quantile(0.975), none.at_least(1)), (0, 0, 0.0));
        assert_eq!((all.quantile(0.025), all.quantile(0.975), all.at_least(4)), (4, 4, 1.0));
    }
}
