//! Ridge encoding models on the data of `benches/peers/encoding.py`; started by `benches/run-encoding`, which prints the ratios.

#[path = "encoding/growth.rs"]
mod growth;

use ndarray::{Array2, s};
use neurocell::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    if std::env::args().any(|argument| argument == "growth") {
        return growth::run();
    }
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-encoding PYTHON`");
        return Ok(());
    };
    let work = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let read = |part: &str| ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(format!("{work}_{part}.npy")));
    if work == "banded" {
        return banded(&folder);
    }
    let (x, y) = (read("x")?, read("y")?);
    let runs = [x.nrows() / 3; 3];
    let mut ridge = Ridge::default().folds(Folds::runs(&Clock::new(2.0, &runs)?)?);
    if work == "delays" {
        ridge = ridge.delays(&[1, 2, 3, 4]);
    }
    let mut best = (f64::INFINITY, 0.0);
    let mut found = None;
    for _ in 0..2 {
        drop(found.take());
        // Linux: the peak is counted anew from here.
        std::fs::write("/proc/self/clear_refs", "5")?;
        let start = Instant::now();
        let fit = ridge_cv(&x, &y, ridge.clone())?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds < best.0 {
            best = (seconds, peak()?);
        }
        found = Some(fit);
    }
    println!("here {work} {:.3} s, peak {:.2} GB", best.0, best.1);
    if let (Ok(peer), Some(fit)) = (read("peer"), found) {
        let same =
            fit.alphas().iter().zip(peer.row(0)).filter(|(a, b)| (*a / f64::from(**b) - 1.0).abs() < 1e-3).count();
        let apart = fit.cv_scores().iter().zip(peer.row(1)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let share = 100.0 * same as f64 / fit.alphas().len() as f64;
        println!("     {work}: the same α for {share:.3} % of targets, scores differ by at most {apart:.1e}");
    }
    Ok(())
}

/// Banded ridge over three spaces: the same candidates on both sides.
fn banded(folder: &Path) -> Done {
    let read = |part: &str| ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(format!("banded_{part}.npy")));
    let (x, y) = (read("x")?, read("y")?);
    let gammas: Array2<f64> = read("gammas")?.mapv(f64::from);
    let size = x.ncols() / gammas.ncols();
    let spaces: Vec<Array2<f32>> =
        (0..gammas.ncols()).map(|n| x.slice(s![.., n * size..(n + 1) * size]).to_owned()).collect();
    let folds = Folds::runs(&Clock::new(2.0, &[x.nrows() / 3; 3])?)?;
    let options = Banded::default().folds(folds).gammas(gammas);
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = Instant::now();
    let fit = banded_cv(&spaces.iter().collect::<Vec<_>>(), &y, options)?;
    println!("here banded {:.3} s, peak {:.2} GB", start.elapsed().as_secs_f64(), peak()?);
    if let (Ok(peer), Ok(tried)) = (read("peer"), read("scores")) {
        let same = |t: &usize| {
            let delta = |space: usize| (f64::from(fit.gammas()[[space, *t]]) / fit.alphas()[*t]).ln();
            (0..spaces.len()).all(|space| (delta(space) - f64::from(peer[[space, *t]])).abs() < 1e-3)
        };
        let (same, other): (Vec<usize>, Vec<usize>) = (0..y.ncols()).partition(same);
        let best = peer.row(spaces.len());
        // Candidates near one corner of the simplex are one model: the peer's own scores of both tell.
        let tied = other.iter().filter(|t| best[**t] - tried[[fit.candidates()[**t], **t]] < 2e-6).count();
        let apart = fit.cv_scores().iter().zip(best).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let share = |count: usize| 100.0 * count as f64 / y.ncols() as f64;
        println!(
            "     banded: the same γ and α for {:.3} % of targets, ties by the peer's own scores for {:.3} %, scores differ by at most {apart:.1e}",
            share(same.len()),
            share(tied)
        );
    }
    Ok(())
}

fn peak() -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1e6)
}
