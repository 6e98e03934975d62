//! ICA, k-means, dictionary and PCA on the series of `benches/peers/patterns.py`; started by `benches/run-patterns`, which prints the
//! ratios. `large` in the place of a kind of work: a dictionary of 131,072 neurons at 2,000 volumes, without a peer.

use ndarray::{Array2, Axis};
use neurocell::prelude::*;
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::path::PathBuf;
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-patterns PYTHON`");
        return Ok(());
    };
    let work = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    if work == "large" {
        return large();
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)?.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{work}_"))));
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let series = series_of(ndarray_npy::read_npy(&path)?)?;
        let k = if series.data().nrows() == 300 { 20 } else { 64 };
        match work.as_str() {
            "ica" => timed(&name, || series.patterns(Ica::new(k)))?,
            "kmeans" => {
                let k = if k == 20 { 50 } else { 64 };
                timed(&name, || series.patterns(KMeans::new(k).restarts(1).max_iterations(30).tolerance(0.0)))?
            }
            "pca" => timed(&name, || series.patterns(Pca::new(64)))?,
            _ => timed(&name, || series.patterns(Dictionary::new(64)))?,
        }
    }
    Ok(())
}

fn series_of(data: Array2<f32>) -> Result<NeuronSeries> {
    let clock = Clock::new(1.5, &[data.nrows()])?;
    let neurons = NeuronAxis::new("simulated", Site::FfnOut, 1, data.ncols());
    NeuronSeries::new(data, clock, neurons)
}

fn timed(name: &str, work: impl Fn() -> Result<Patterns>) -> Done {
    let best = [0, 1].map(|_| -> std::result::Result<_, Box<dyn std::error::Error>> {
        // Linux: the peak is counted anew from here.
        std::fs::write("/proc/self/clear_refs", "5")?;
        let start = Instant::now();
        let patterns = work()?;
        Ok((start.elapsed().as_secs_f64(), peak()?, patterns))
    });
    let [first, second] = best;
    let (first, second) = (first?, second?);
    let (seconds, peak, patterns) = if first.0 < second.0 { first } else { second };
    println!("here {name} {seconds:.3} s, peak {peak:.2} GB; {}", patterns.method());
    if let Some(penalty) = patterns.report().penalty {
        println!("     {name} objective {:.5}", objective(&patterns, penalty));
    }
    Ok(())
}

fn peak() -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1e6)
}

/// ½‖s − D·a‖² + λ‖a‖₁ as a mean over neurons, s and the atoms of unit norm: by the share that is explained.
fn objective(patterns: &Patterns, penalty: f64) -> f64 {
    let codes: f64 = patterns.loadings().iter().map(|l| f64::from(l.abs())).sum();
    0.5 * (1.0 - patterns.explained()) + penalty * codes / patterns.loadings().len_of(Axis(1)) as f64
}

fn large() -> Done {
    let (time, neurons, courses) = (2000, 131_072, 64);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut atoms = Array2::<f32>::from_shape_simple_fn((time, courses), || rng.gen_range(-1.0..1.0));
    for t in 1..time {
        for k in 0..courses {
            atoms[[t, k]] += 0.7 * atoms[[t - 1, k]];
        }
    }
    let codes = Array2::<f32>::from_shape_simple_fn((courses, neurons), || match rng.gen_range(0..10) {
        0 => rng.gen_range(-3.0..3.0),
        _ => 0.0,
    });
    let mut data = Array2::<f32>::zeros((time, neurons));
    ndarray::linalg::general_mat_mul(1.0, &atoms, &codes, 0.0, &mut data);
    data.mapv_inplace(|v| v + rng.gen_range(-1.4..1.4));
    drop((atoms, codes));
    let series = series_of(data)?;
    let at_rest = peak()?;
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = Instant::now();
    let patterns = series.patterns(Dictionary::new(64))?;
    let seconds = start.elapsed().as_secs_f64();
    println!("large: {} in {seconds:.1} s, peak {:.2} GB (making the series {at_rest:.2})", patterns.method(), peak()?);
    Ok(())
}
