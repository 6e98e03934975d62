//! Pictures of the map of `benches/peers/figures.py`; started by `benches/run-figures`, which prints the ratios.

use neurocell::prelude::*;
use std::path::PathBuf;
use std::time::Instant;

type Done = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-figures PYTHON`");
        return Ok(());
    };
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let [work, size] = asked.as_slice() else { return Err("usage: figures WORK SIZE".into()) };
    let map = BrainMap::read(folder.join(format!("map_{size}mm.nii.gz")))?;
    let look = Look::default().threshold(Threshold::Both(3.0));
    let peak = map.peak().map_or([0.0; 3], |peak| peak.mm);
    let draw = || match work.as_str() {
        "noise" => {
            let mut s = 1u32;
            let v: Vec<f32> = map
                .values()
                .iter()
                .map(|_| {
                    let mut g = 0.0;
                    for _ in 0..6 {
                        s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        g += (s >> 8) as f32 / 8_388_608.0 - 1.0;
                    }
                    g
                })
                .collect();
            BrainMap::new(v, map.mask(), "noise", "z")?.slices()
        }
        "fade" => map.slices(),
        "slices" => map.slices_at(peak, look.clone()),
        "mosaic" => map.mosaic_with(Cuts::default(), look.clone()),
        "glass" => map.glass_with(look.clone()),
        _ => map.surface_with(Surface::default(), look.clone()),
    };
    let file = folder.join(format!("{work}_{size}_here.png"));
    let mut seconds = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        draw()?.save(&file)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    let best = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let kilobytes = std::fs::metadata(&file)?.len() / 1000;
    println!("here {work}_{size}mm {best:.3} s, the first time {:.3} s, {kilobytes} kB", seconds[0]);
    Ok(())
}
