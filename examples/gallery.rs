//! Draws figures with made data into a folder, as SVG and as PNG: `cargo run --release --example gallery -- FOLDER`.
//!
//! Figures whose data only an analysis makes (patterns, fitted models) are drawn by the unit tests of `figure` instead,
//! into the folder that the environment variable `NEUROCELL_GALLERY` names.

use ndarray::Array2;
use neurocell::activation::NeuronSeries;
use neurocell::brain::{BrainMap, Mask, Networks, VoxelSeries};
use neurocell::clock::Clock;
use neurocell::figure::{
    Cuts, Direction, Figure, HeatMap, Histogram, Look, Threshold, bars, courses, heat_map, histogram, mosaic_grid,
    neuron_carpet, voxel_carpet,
};
use neurocell::model::{NeuronAxis, Site};
use std::path::PathBuf;

/// A map of Gaussian blobs: centre in mm, height, width in mm.
fn blobs(mask: &Mask, blobs: &[([f64; 3], f64, f64)], label: &str, unit: &str) -> neurocell::Result<BrainMap> {
    let value = |at: [f64; 3]| -> f64 {
        let near = |(centre, height, width): &([f64; 3], f64, f64)| {
            let square: f64 = (0..3).map(|axis| (at[axis] - centre[axis]).powi(2)).sum();
            height * (-0.5 * square / (width * width)).exp()
        };
        blobs.iter().map(near).sum()
    };
    let values = (0..mask.count()).map(|n| value(mask.mm(n)) as f32).collect();
    BrainMap::new(values, mask, label, unit)
}

/// Sums of a few waves whose periods differ from column to column, z-scored well enough to be looked at.
fn waves(rows: usize, columns: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |(time, column)| {
        let (t, c) = (time as f32, column as f32);
        ((t / (4.0 + (c * 0.37).sin() * 2.0)).sin() + (t / 11.0 + c).sin() + (t * 0.9 + c * c).sin()) * 0.8
    })
}

fn figures() -> neurocell::Result<Vec<(&'static str, Figure)>> {
    let (mask, networks) = (Mask::mni4mm()?, Networks::yeo7()?);
    let clock = Clock::new(1.5, &[150, 150])?;
    let neurons = NeuronAxis::new("minilm-l6", Site::FfnOut, 6, 384);
    let series = NeuronSeries::new(waves(clock.total(), neurons.total()), clock.clone(), neurons)?;
    let voxels = VoxelSeries::new(waves(clock.total(), mask.count()), mask.clone(), clock.clone(), "made data")?;
    let language =
        [([-56.0, -22.0, 6.0], 0.42, 13.0), ([56.0, -18.0, 4.0], 0.35, 13.0), ([-46.0, 24.0, 12.0], 0.22, 10.0)];
    let scores = blobs(&mask, &language, "made scores", "r")?;
    let contrast = [([-50.0, 20.0, 10.0], 2.8, 11.0), ([36.0, -60.0, 44.0], -2.2, 12.0)];
    let weights = blobs(&mask, &contrast, "made weights of pattern 0", "weight")?;
    let others = blobs(&mask, &[([0.0, -52.0, 26.0], 1.9, 14.0)], "made weights of pattern 1", "weight")?;
    let patterns: Vec<String> = (0..12).map(|n| format!("pattern {n}")).collect();
    let matrix = Array2::from_shape_fn((12, 7), |(r, c)| {
        0.2 * ((r * 7 + c) as f64 * 1.7).sin() + if r % 7 == c { 0.4 } else { 0.0 }
    });
    let table = HeatMap::default().title("Made maps against networks").unit("spatial r").axes("pattern", "network");
    let planted = waves(clock.total(), 1).column(0).to_vec();
    let found: Vec<f32> = planted.iter().enumerate().map(|(t, v)| 0.8 * v + 0.3 * (t as f32 * 0.6).cos()).collect();
    let words = ["listened", "voice", "whispered", "story", "door", "rain"];
    let spread: Vec<f32> = scores.values().iter().enumerate().map(|(n, r)| r + 0.04 * (n as f32 * 2.3).sin()).collect();
    Ok(vec![
        ("slices", scores.slices()?),
        ("slices_threshold", weights.slices_at([-50.0, 20.0, 10.0], Look::default().threshold(Threshold::Both(0.8)))?),
        ("mosaic", scores.mosaic()?),
        ("glass", weights.glass_with(Look::default().threshold(Threshold::Both(0.8)).contour(&others, 1.0))?),
        ("mosaic_grid", {
            let cuts = Cuts::evenly(Direction::Axial, 7);
            mosaic_grid(&[weights, others], cuts, Look::default().title("Two made patterns"))?
        }),
        ("networks", networks.mosaic()?),
        ("networks_glass", networks.glass()?),
        ("mask", mask.mosaic()?),
        ("heat_map", heat_map(&matrix, &patterns, networks.names(), table.marks(matrix.mapv(|v| v > 0.4), "r > 0.4"))?),
        ("courses", courses(&[("planted", planted), ("found", found)], &clock, "A made course", "z")?),
        ("bars", bars(&words, &[4.1, 3.9, 2.8, 2.7, -0.4, -1.2], "Made words of a pattern", "mean z at the word")?),
        ("histogram", histogram(&spread, "Made scores", "r", Histogram::default().counted("voxels"))?),
        ("neuron_carpet", neuron_carpet(&series)?),
        ("voxel_carpet", voxel_carpet(&voxels)?),
    ])
}

fn main() -> neurocell::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    std::fs::create_dir_all(&folder)
        .map_err(|cause| neurocell::Error::file("make", &folder, cause, "give a folder in which you may write"))?;
    for (name, figure) in figures()? {
        figure.save(folder.join(format!("{name}.svg")))?;
        figure.save(folder.join(format!("{name}.png")))?;
        println!("{} {figure:?}", folder.join(name).display());
    }
    Ok(())
}
