//! Brain images on the dataset of `benches/peers/brain.py`; started by `benches/run-brain`, which prints the ratios.

use ndarray::Array2;
use neurocell::brain::{Interpolation, Mask, Masker};
use neurocell::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

/// What the dataset of the peer has: volumes of a run, and its confounds.
const VOLUMES: [usize; 3] = [150, 300, 600];
const CONFOUNDS: usize = 30;
/// Of how many courses it keeps one.
const EVERY: usize = 997;

fn main() -> Done {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-brain PYTHON`");
        return Ok(());
    };
    let work = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    if work == "ica" {
        return ica(&folder);
    }
    for volumes in VOLUMES {
        let name = format!("{work}_{volumes}");
        let dataset = folder.join(if work == "resample" { "dataset2mm" } else { "dataset3mm" });
        let func = dataset.join(format!("derivatives/fmriprep/sub-{volumes}/func"));
        let file =
            |end: &str| func.join(format!("sub-{volumes}_task-rest_space-MNI152NLin2009cAsym_desc-{end}.nii.gz"));
        let (bold, mask) = (file("preproc_bold"), Mask::read(file("brain_mask"))?);
        match work.as_str() {
            "clean" | "butterworth" => timed(&folder, &name, || {
                let columns: Vec<String> = (0..CONFOUNDS).map(|n| format!("c{n}")).collect();
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                let cleaning = match work.as_str() {
                    "clean" => Cleaning::default().high_pass(Some(128.0)),
                    _ => Cleaning::default().butterworth(Some(1.0 / 128.0), None),
                };
                let cleaning = cleaning.confounds(&columns);
                let subject = Subject::open(&dataset, &volumes.to_string())?;
                Ok(subject.bold("rest")?.clean(cleaning)?.data().clone())
            })?,
            "smooth" => {
                timed(&folder, &name, || Ok(Masker::new(&mask).smoothing(6.0).read(&bold, None)?.data().clone()))?
            }
            "regions" => {
                let atlas = Networks::read(folder.join("regions.nii.gz"), folder.join("regions.tsv"))?;
                let masker = Masker::new(atlas.mask());
                timed(&folder, &name, || Ok(masker.network_courses(&bold, &atlas, None)?.data().clone()))?
            }
            _ => {
                let coarse = Mask::read(folder.join("coarse.nii"))?;
                let masker = Masker::new(&coarse).resampling(Interpolation::Linear);
                timed(&folder, &name, || Ok(masker.read(&bold, None)?.data().clone()))?
            }
        }
    }
    Ok(())
}

/// Group ICA of some of the simulated subjects, which are read within the time.
fn ica(folder: &Path) -> Done {
    let mask = Mask::read(folder.join("mask.nii"))?;
    for subjects in [2, 5, 10] {
        timed(folder, &format!("ica_{subjects}"), || {
            let read = |n: usize| Masker::new(&mask).read(folder.join(format!("subject_{n:02}.nii")), None);
            let group = (0..subjects).map(read).collect::<Result<Vec<_>>>()?;
            let found = GroupIca::new(20).fit(&group)?;
            println!("     {}", found.method());
            Ok(found.networks().maps().clone())
        })?;
    }
    Ok(())
}

/// The faster of two turns, its peak memory, and how far the values are from the peer's.
fn timed(folder: &Path, name: &str, work: impl Fn() -> Result<Array2<f32>>) -> Done {
    let mut best = (f64::INFINITY, 0.0);
    let mut found = Array2::zeros((0, 0));
    for _ in 0..2 {
        drop(std::mem::take(&mut found));
        // Linux: the peak is counted anew from here.
        std::fs::write("/proc/self/clear_refs", "5")?;
        let start = Instant::now();
        found = work()?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds < best.0 {
            best = (seconds, peak()?);
        }
    }
    println!("here {name} {:.3} s, peak {:.2} GB", best.0, best.1);
    if let Ok(peer) = ndarray_npy::read_npy::<_, Array2<f32>>(folder.join(format!("{name}_peer.npy"))) {
        let largest = peer.iter().fold(0f32, |most, v| most.max(v.abs()));
        let apart = peer.indexed_iter().map(|((t, n), v)| (found[[t, n * EVERY]] - v).abs()).fold(0.0, f32::max);
        println!("     {name} differs by at most {:.1e} of the largest value", apart / largest);
    }
    Ok(())
}

fn peak() -> std::result::Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1e6)
}
