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
    match work.as_str() {
        "pairs" => return pairs(&read("pairs_x")?, &read("pairs_y")?, read("pairs_peer").ok()),
        "pairs_surrogates" => return draws(&work, &read("pairs_x")?, &read("pairs_y")?, Null::surrogates()),
        "pairs_shifts" => return draws(&work, &read("pairs_x")?, &read("pairs_y")?, Null::shifts()),
        "pairs_sample" => return sample(&read("pairs_x")?, &read("pairs_y")?),
        "pairs_large" => return large(),
        _ => {}
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

/// All neurons with all networks, by 1,000 draws.
fn draws(work: &str, neurons: &Array2<f32>, networks: &Array2<f32>, null: Null) -> Done {
    let clock = Clock::new(2.0, &[neurons.nrows() / 5; 5])?;
    let start = Instant::now();
    let found = correlate_pairs_by(neurons, networks, &clock, &PairOptions::default().sides(Sides::Both).null(null))?;
    println!("here {work} {:.3} s", start.elapsed().as_secs_f64());
    println!("     {found}");
    Ok(())
}

/// p of 40 × 10 pairs in closed form beside 100,000 surrogates; a tenth of the pairs are coupled, so that there is a tail to see.
fn sample(neurons: &Array2<f32>, networks: &Array2<f32>) -> Done {
    let clock = Clock::new(2.0, &[neurons.nrows() / 5; 5])?;
    let x = neurons.slice(ndarray::s![.., ..40]).to_owned();
    let mut y = networks.slice(ndarray::s![.., ..10]).to_owned();
    y.columns_mut().into_iter().enumerate().for_each(|(n, mut y)| {
        (0..4).for_each(|k| y.scaled_add(0.02 * (k + 1) as f32, &x.column(4 * n + k)));
    });
    let surrogates = 100_000;
    let closed = correlate_pairs(&x, &y, &clock, Sides::Both)?;
    let null = Null::PhaseSurrogates { surrogates, seed: 5 };
    let drawn = correlate_pairs_by(&x, &y, &clock, &PairOptions::default().sides(Sides::Both).null(null))?;
    let (mut beyond, mut worst, mut least) = (0, 0.0_f64, 1.0_f64);
    for (p, q) in closed.p().iter().zip(drawn.p()) {
        let error = (p * (1.0 - p) / surrogates as f64).sqrt() + 1.0 / surrogates as f64;
        let off = (p - q).abs() / error;
        beyond += usize::from(off > 2.0);
        worst = worst.max(off);
        least = least.min(*p);
    }
    println!(
        "     pairs_sample: of 400 pairs {beyond} differ by more than 2 Monte-Carlo errors, the worst by {worst:.1}; smallest p {least:.1e}"
    );
    Ok(())
}

/// 131,072 neurons with 100 networks at 1,500 TR: time, and the most memory that this process had.
fn large() -> Done {
    let (volumes, neurons, networks) = (1500, 131_072, 100);
    let clock = Clock::new(1.5, &[volumes / 5; 5])?;
    let mut state = 1_u64;
    let mut made = |columns: usize| {
        Array2::from_shape_simple_fn((volumes, columns), || {
            // Any series will do: this one is quickly made (xorshift).
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / 16_777_216.0 - 0.5
        })
    };
    let axis = NeuronAxis::new("made", Site::FfnOut, 32, neurons / 32);
    let names: Vec<String> = (0..networks).map(|n| format!("network {n}")).collect();
    let (x, y) = (made(neurons), made(networks));
    let (x, y) = (NeuronSeries::new(x, clock.clone(), axis)?, NetworkSeries::new(y, &names, clock, "made")?);
    let start = Instant::now();
    let coupling = couple(&x, &y)?;
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
    println!("     pairs_large: {} pairs in {seconds:.1} s; {peak}", coupling.r().len());
    Ok(())
}
