//! ICA, k-means and nested ridge on the data of `benches/peers/decompose_and_encode.py`; started by `benches/run`, which prints the ratios.

use ndarray::Array2;
use neurocell::brain::Affine;
use neurocell::model::NeuronAxis;
use neurocell::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run PYTHON`");
        return Ok(());
    };
    let read = |name: &str| ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(name));

    let series = read("series.npy")?;
    let neurons = NeuronAxis { model: "simulated".into(), site: Site::FfnOut, layers: 1, units: series.ncols() };
    let series = NeuronSeries::new(series, Clock::new(1.5, &[300])?, neurons)?;
    println!("{}", timed("ica", || series.patterns(Ica::new(20)))?);
    println!("{}", timed("kmeans", || series.patterns(KMeans::new(50).restarts(1)))?);
    println!("{}", timed("pca", || series.patterns(Pca::new(20)))?);

    let clock = Clock::new(1.5, &[300; 5])?;
    let (x, y) = (read("x.npy")?, read("y.npy")?);
    let neurons = NeuronAxis { model: "simulated".into(), site: Site::FfnOut, layers: 1, units: 64 };
    let patterns = NeuronSeries::new(x, clock.clone(), neurons)?.patterns(Pca::new(64))?;
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask::new([y.ncols(), 1, 1], affine, &vec![true; y.ncols()])?;
    let bold = VoxelSeries::new(y, mask, clock, "simulated")?;
    println!("{}", timed("ridge", || encode(&patterns, &bold, Ridge::default()))?);
    Ok(())
}

fn timed<T>(name: &str, work: impl Fn() -> Result<T>) -> Result<T> {
    // The first call starts the pool.
    work()?;
    let start = Instant::now();
    let result = work()?;
    println!("here {name} {:.3}", start.elapsed().as_secs_f64());
    Ok(result)
}
