//! Tokens a second through MiniLM and SmolLM2 with `FfnOut` read, and word by word, on the texts of
//! `benches/peers/activations.py`; started by `benches/run-activations`, which prints the ratios. With the argument `growth`: word by word too, and time
//! and memory over the length of the text.

use ndarray::Array2;
use neurocell::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::var_os("NEUROCELL_BENCH_DATA").map(PathBuf::from) else {
        println!("no data: start this by `benches/run-activations PYTHON`");
        return Ok(());
    };
    let texts: BTreeMap<String, Vec<Vec<String>>> = serde_json::from_slice(&std::fs::read(folder.join("texts.json"))?)?;
    let in_memory = ReadOptions::default().without_store();
    for name in ["minilm-l6", "smollm2-135m"] {
        let model = Model::load(name)?;
        for window in [128, 256, 512] {
            let runs = stimulus(&texts[&format!("{name} {window}")])?;
            let options = in_memory.clone().context(Context::WholeRun);
            let plan = model.windows_with(&runs, &options)?;
            // The peer's figure has the frame's tokens in it.
            let frame = if name == "minilm-l6" { 2 * plan.windows().len() } else { 0 };
            let seconds = best(4, || model.activations_with(&runs, &[Site::FfnOut], &options))?;
            println!("here {name}_{window} {:.0} tokens/s", (plan.tokens() + frame) as f64 / seconds);
        }
        if name == "smollm2-135m" && std::env::args().any(|argument| argument == "growth") {
            let text = stimulus(&texts["word by word"])?;
            let options = in_memory.clone().context(Context::incremental(1024));
            let seconds = best(3, || model.activations_with(&text, &[Site::FfnOut], &options))?;
            println!("here word_by_word {seconds:.3} s for {} words", text.words().len());
            let ours = model.activations_with(&text, &[Site::FfnOut], &options)?.remove(0);
            let theirs: Array2<f32> = ndarray_npy::read_npy(folder.join("word_by_word.npy"))?;
            let largest = theirs.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
            let off = ours.values().iter().zip(&theirs).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            println!("word by word: largest difference {:.1e} of the largest value", off / largest);
        }
    }
    if std::env::args().any(|argument| argument == "growth") { growth(&folder) } else { Ok(()) }
}

/// Time and memory over the length of the text, with the store.
fn growth(folder: &std::path::Path) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let model = Model::load("minilm-l6")?;
    let story = Stimulus::example()?;
    for times in [1, 2, 4, 8] {
        let text = Stimulus::join(&vec![story.clone(); times])?;
        let options = ReadOptions::default().store_in(folder.join(format!("store-{times}"))).memory_gb(0.05);
        // Linux: the peak is counted anew from here.
        std::fs::write("/proc/self/clear_refs", "5")?;
        let start = Instant::now();
        let acts = model.activations_with(&text, &[Site::FfnOut, Site::FfnHidden], &options)?;
        let seconds = start.elapsed().as_secs_f64();
        let status = std::fs::read_to_string("/proc/self/status")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim();
        let again = Instant::now();
        model.activations_with(&text, &[Site::FfnOut, Site::FfnHidden], &options)?;
        let (words, again) = (text.words().len(), again.elapsed().as_secs_f64());
        let bytes: usize = acts.iter().map(|a| a.values().len() * 4).sum();
        println!(
            "growth: {words} words, {:.0} MB of values: {seconds:.2} s, {:.2} ms a word, peak {peak}; again {again:.4} s",
            bytes as f64 / 1e6,
            1e3 * seconds / words as f64
        );
    }
    Ok(())
}

fn stimulus(runs: &[Vec<String>]) -> Result<Stimulus> {
    let word = |run: usize, text: &String| Word { text: text.clone(), run, onset: None, offset: None };
    let words = runs.iter().enumerate().flat_map(|(run, texts)| texts.iter().map(move |text| word(run, text)));
    Stimulus::new("bench", words.collect(), Timing::Made)
}

/// The shortest of some runs, in seconds.
fn best<T>(runs: usize, work: impl Fn() -> Result<T>) -> Result<f64> {
    let mut shortest = f64::MAX;
    for _ in 0..runs {
        let start = Instant::now();
        work()?;
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    Ok(shortest)
}
