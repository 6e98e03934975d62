//! How time grows with voxels, volumes, regressors and α, and how near `estimate` comes: doubling one size at a time.

use super::Done;
use ndarray::Array2;
use neurocell::brain::Affine;
use neurocell::prelude::*;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::time::Instant;

#[derive(Clone, Copy)]
struct Sizes {
    voxels: usize,
    volumes: usize,
    regressors: usize,
    alphas: usize,
    delays: usize,
}

const START: Sizes = Sizes { voxels: 16_000, volumes: 900, regressors: 256, alphas: 20, delays: 1 };

/// Prints a table: sizes, seconds, and what was foreseen; then the slope of each doubling, log₂ of the ratio of times.
pub fn run() -> Done {
    println!(
        "growth: voxels volumes regressors α | seconds slope | foreseen, foreseen : true | peak GB, foreseen, ratio"
    );
    let of = |change: &dyn Fn(&mut Sizes, usize), steps: usize| -> Vec<Sizes> {
        (0..steps)
            .map(|step| {
                let mut sizes = START;
                change(&mut sizes, 1 << step);
                sizes
            })
            .collect()
    };
    table("voxels", &of(&|sizes, by| sizes.voxels *= by, 4))?;
    table("volumes", &of(&|sizes, by| sizes.volumes *= by, 3))?;
    table("regressors", &of(&|sizes, by| sizes.regressors *= by, 4))?;
    table("α", &of(&|sizes, by| sizes.alphas = 5 * by, 4))?;
    table("delays", &of(&|sizes, by| sizes.delays = by, 3))
}

fn table(what: &str, rows: &[Sizes]) -> Done {
    let mut before: Option<f64> = None;
    for sizes in rows {
        let (foreseen, seconds, bytes, peak) = measure(*sizes)?;
        let slope = before.map_or_else(|| "    ".to_owned(), |before| format!("{:4.2}", (seconds / before).log2()));
        before = Some(seconds);
        println!(
            "{what:>10}: {:>6} {:>5} {:>5} {:>3} | {seconds:7.3} {slope} | {foreseen:7.3} {:5.2} | {peak:5.2} {bytes:5.2} {:5.2}",
            sizes.voxels,
            sizes.volumes,
            sizes.regressors * sizes.delays,
            sizes.alphas,
            foreseen / seconds,
            bytes / peak
        );
    }
    Ok(())
}

/// Foreseen and true seconds, foreseen and true GB beside the data.
fn measure(sizes: Sizes) -> Result<(f64, f64, f64, f64), Box<dyn std::error::Error>> {
    let clock = Clock::new(2.0, &[sizes.volumes / 3; 3])?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut made =
        |columns| Array2::from_shape_simple_fn((clock.total(), columns), || rng.sample::<f32, _>(StandardNormal));
    let x = Features::new("simulated", made(sizes.regressors), &clock)?;
    let y = made(sizes.voxels);
    let affine = Affine([[4.0, 0.0, 0.0, 0.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
    let mask = Mask::new([sizes.voxels, 1, 1], affine, &vec![true; sizes.voxels])?;
    let bold = VoxelSeries::new(y, mask, clock, "simulated")?;
    let mut ridge = Ridge::default().alphas(&Ridge::grid(-1.0, 5.0, sizes.alphas)).without_store();
    if sizes.delays > 1 {
        ridge = ridge.delays(&(1..=sizes.delays).collect::<Vec<_>>());
    }
    let said = estimate(&x, &bold, &ridge)?;
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = super::peak()?;
    let start = Instant::now();
    let fit = encode(&x, &bold, ridge)?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = super::peak()? - before;
    drop(fit);
    Ok((said.seconds(), seconds, said.bytes() as f64 / 1e9, peak.max(1e-3)))
}
