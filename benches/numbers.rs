//! ICA, k-means and nested ridge on the data of `benches/peers/decompose_and_encode.py`, and linfa's own ICA, k-means and PCA
//! beside ours; started by `benches/run`, which prints the ratios.

use linfa::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array2;
use neurocell::brain::Affine;
use neurocell::model::NeuronAxis;
use neurocell::prelude::*;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run PYTHON`");
        return Ok(());
    };
    let read = |name: &str| ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(name));

    let series = read("series.npy")?;
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, series.ncols());
    let series = NeuronSeries::new(series, Clock::new(1.5, &[300])?, neurons)?;
    println!("{}", timed("here", "ica", || series.patterns(Ica::new(20)))?);
    println!("{}", timed("here", "kmeans", || series.patterns(KMeans::new(50).restarts(1)))?);
    println!("{}", timed("here", "pca", || series.patterns(Pca::new(20)))?);
    beside_linfa(&series)?;

    let clock = Clock::new(1.5, &[300; 5])?;
    let (x, y) = (read("x.npy")?, read("y.npy")?);
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, 64);
    let patterns = NeuronSeries::new(x, clock.clone(), neurons)?.patterns(Pca::new(64))?;
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask::new([y.ncols(), 1, 1], affine, &vec![true; y.ncols()])?;
    let bold = VoxelSeries::new(y, mask, clock, "simulated")?;
    println!("{}", timed("here", "ridge", || encode(&patterns, &bold, Ridge::default()))?);
    Ok(())
}

/// The same data and the same bounds, by linfa's own algorithms; each pair in one process, one after the other.
fn beside_linfa(series: &NeuronSeries) -> std::result::Result<(), Box<dyn std::error::Error>> {
    // linfa-ica's SVD is not sorted, so that it cannot choose 20 of 300 features by itself: both get the 20 scores of each neuron.
    let scores = series.patterns(Pca::new(20))?.loadings().t().as_standard_layout().into_owned();
    let ica = DatasetBase::from(scores);
    timed("here", "ica_of_scores_beside_linfa", || Ica::new(20).fit(&ica))?;
    // linfa-ica is quicker in f64 than in f32 on these data.
    let ica = DatasetBase::from(ica.records().mapv(f64::from));
    timed("peer", "ica_of_scores_beside_linfa", || {
        linfa_ica::fast_ica::FastIca::params().ncomponents(20).tol(1e-4).random_state(0).fit(&ica)
    })?;

    // The two stop by different rules: both are given 20 iterations and no tolerance to speak of.
    timed("here", "20_kmeans_iterations_beside_linfa", || {
        series.patterns(KMeans::new(50).restarts(1).max_iterations(20).tolerance(0.0))
    })?;
    let neurons = DatasetBase::from(series.data().t().as_standard_layout().into_owned());
    timed("peer", "20_kmeans_iterations_beside_linfa", || {
        let rng = Xoshiro256PlusPlus::seed_from_u64(0);
        let options = linfa_clustering::KMeans::params_with_rng(50, rng).n_runs(1);
        options.max_n_iterations(20).tolerance(1e-30).fit(&neurons)
    })?;

    timed("here", "pca_beside_linfa", || series.patterns(Pca::new(20)))?;
    let volumes = DatasetBase::from(series.data().mapv(f64::from));
    timed("peer", "pca_beside_linfa", || linfa_reduction::Pca::params(20).fit(&volumes))?;
    Ok(())
}

fn timed<T, E>(side: &str, name: &str, work: impl Fn() -> std::result::Result<T, E>) -> std::result::Result<T, E> {
    // The first call starts the pool and brings the data into memory.
    work()?;
    let start = Instant::now();
    let result = work()?;
    println!("{side} {name} {:.3}", start.elapsed().as_secs_f64());
    Ok(result)
}
