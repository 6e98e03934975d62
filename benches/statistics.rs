//! Tests of every voxel on the data of `benches/peers/statistics.py`; started by `benches/run-statistics`, which prints the ratios.

use ndarray::Array2;
use neurocell::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-statistics PYTHON`");
        return Ok(());
    };
    let work = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let read = |part: &str| ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(format!("{part}.npy")));
    if work == "pairs" {
        return pairs(&read("pairs_x")?, &read("pairs_y")?, read("pairs_peer").ok());
    }
    let (x, y) = (read("x")?, read("y")?);
    let clock = Clock::new(2.0, &[x.nrows() / 5; 5])?;
    let null = if work == "phase_null" { Null::Phase } else { Null::blocks() };
    let mut best = f64::INFINITY;
    let mut found = None;
    for _ in 0..2 {
        let start = Instant::now();
        found = Some(correlation_test(&x, &y, &clock, &null, Sides::Both)?);
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("here {work} {best:.3} s");
    if let (Ok(peer), Some(found)) = (read(&format!("{work}_peer")), found) {
        let apart = found.r().iter().zip(peer.row(0)).map(|(a, b)| (a - f64::from(*b)).abs()).fold(0.0, f64::max);
        println!("     {work}: r differs by at most {apart:.1e}; {found}");
    }
    Ok(())
}

/// All neurons with all networks: r, and p in closed form.
fn pairs(neurons: &Array2<f32>, networks: &Array2<f32>, peer: Option<Array2<f32>>) -> Done {
    let clock = Clock::new(2.0, &[neurons.nrows() / 5; 5])?;
    let mut best = f64::INFINITY;
    let mut apart = 0.0_f32;
    for _ in 0..3 {
        let start = Instant::now();
        let found = correlate_pairs(neurons, networks, &clock, Sides::Both)?;
        best = best.min(start.elapsed().as_secs_f64());
        if let Some(peer) = &peer {
            apart = found.r().iter().zip(peer).map(|(a, b)| (a.abs() - b).abs()).fold(0.0, f32::max);
        }
    }
    println!("here pairs {best:.3} s");
    println!("     pairs: r differs by at most {apart:.1e}");
    Ok(())
}
