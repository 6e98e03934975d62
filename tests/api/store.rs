//! Values that were read once are there the second time, whatever happened in between.

use crate::reference::path;
use neurocell::activation::{StoredState, stored_activations};
use neurocell::error::ErrorKind;
use neurocell::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn said(text: &str) -> Stimulus {
    Stimulus::from_text("a text", text, Speaking::default()).unwrap()
}

fn tiny() -> Model {
    Model::load(path("bert/tiny").to_str().unwrap()).unwrap()
}

fn story() -> Stimulus {
    said("The old boat walked to the sea. Three storm counted it slowly in light.")
}

/// A text of many batches, when each word has its own window.
fn long() -> Stimulus {
    said(&"the old boat walked to the sea and three storm counted it slowly in light . ".repeat(60))
}

fn word_by_word() -> ReadOptions {
    ReadOptions::default().context(Context::incremental(30))
}

fn read(folder: &Path, stimulus: &Stimulus, options: ReadOptions) -> Activations {
    tiny().activations_with(stimulus, &[Site::FfnOut], &options.store_in(folder)).unwrap().remove(0)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

// ---- what another process does

/// Run by [`child`] only.
#[test]
#[ignore = "the other tests start it in a process of its own"]
fn another_process() {
    let folder = PathBuf::from(std::env::var_os("STORE").unwrap());
    match std::env::var("TASK").unwrap().as_str() {
        "read" => println!("{}", tiny().activations(&story(), Site::FfnOut).unwrap()),
        "read in full" => println!("{}", read(&folder, &long(), word_by_word())),
        "wait and be stopped" => {
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                neurocell::notebook::request_cancel();
            });
            let options = ReadOptions::default().store_in(&folder);
            let error = tiny().activations_with(&story(), &[Site::FfnOut], &options).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            println!("{error}");
        }
        "read two" => {
            let held = tiny().activations(&story(), Site::FfnOut).unwrap();
            let first = held.key().unwrap().to_owned();
            let second = tiny().activations(&story(), Site::FfnHidden).unwrap().key().unwrap().to_owned();
            println!("held {first}\nlet go {second}");
            let third = tiny().activations(&said("Three boat."), Site::FfnOut).unwrap();
            println!("third {}", third.key().unwrap());
            assert_eq!(held.values().nrows(), 14);
        }
        "list" => {
            let held = tiny().activations(&story(), Site::FfnOut).unwrap();
            let all = stored_activations().unwrap();
            assert_eq!((all.len(), all[0].state, all[0].in_use), (1, StoredState::Whole, true));
            assert_eq!(all[0].what, "tiny at FfnOut, a text: 14 words × 64 neurons");
            assert_eq!(all[0].key, held.key().unwrap());
            assert!(all[0].bytes > 14 * 64 * 4);
            assert!(!all[0].remove().unwrap());
            assert_eq!(held.clone().values().nrows(), 14);
            drop(held);
            assert!(!stored_activations().unwrap()[0].in_use);
            assert!(all[0].remove().unwrap());
            let sentences = ReadOptions::default().context(Context::Sentences);
            tiny().activations_with(&story(), &[Site::FfnOut], &sentences).unwrap();
            let all = stored_activations().unwrap();
            assert_eq!(all[0].what, "tiny at FfnOut, a text, sentence by sentence: 14 words × 64 neurons");
            assert!(all[0].remove().unwrap());
            assert!(stored_activations().unwrap().is_empty());
        }
        "measure" => {
            let peak = || {
                let status = fs::read_to_string("/proc/self/status").unwrap();
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
                line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
            };
            let text = said(&"the old boat walked to the sea . ".repeat(3000));
            let model = tiny();
            model.windows_with(&text, &ReadOptions::default()).unwrap();
            // Threads and the model's own buffers are there from the first reading on.
            let sites = [Site::FfnOut, Site::FfnHidden];
            let short = said(&"the old boat walked to the sea . ".repeat(100));
            let options = ReadOptions::default().memory_gb(0.001).store_in(&folder);
            model.activations_with(&short, &sites, &options).unwrap();
            let before = peak();
            let read = model.activations_with(&text, &sites, &options).unwrap();
            let bytes: usize = read.iter().map(|acts| acts.values().len() * 4).sum();
            println!("grown {}\nvalues {bytes}", peak().saturating_sub(before));
        }
        other => panic!("{other}"),
    }
}

/// Another process that does a task; its home and store are `folder`.
fn child(task: &str, folder: &Path, variables: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::another_process", "--ignored", "--nocapture", "--test-threads=1"])
        .env("TASK", task)
        .env("STORE", folder)
        .env("NEUROCELL_HOME", folder)
        .env_remove("NEUROCELL_STORE_LIMIT")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What it prints, once it has ended well.
fn end(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The number or word behind a name, in what another process printed.
fn said_of<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| Some(line.split_once(name)?.1));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).trim()
}

// ---- the second time

#[test]
fn the_second_reading_comes_from_the_store_and_not_from_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let first = read(folder.path(), &story(), ReadOptions::default());
    assert!(first.to_string().contains("read now, and stored in"), "{first}");
    let memory = tiny().activations_with(&story(), &[Site::FfnOut], &ReadOptions::default().without_store()).unwrap();
    assert_eq!(first.values(), memory[0].values());
    assert!(memory[0].folder().is_none() && memory[0].to_string().contains("kept in memory"), "{}", memory[0]);
    let place = first.folder().unwrap().to_owned();
    assert_eq!(names(&place), ["lock", "meta.json", "values.f32"]);
    // A value that no model gives: only from the file can it come back.
    let mut bytes = fs::read(place.join("values.f32")).unwrap();
    assert_eq!(bytes.len(), 14 * 64 * 4);
    bytes[4 * 64..4 * 65].copy_from_slice(&123.5_f32.to_le_bytes());
    fs::write(place.join("values.f32"), bytes).unwrap();
    let second = read(folder.path(), &story(), ReadOptions::default());
    assert_eq!(second.values()[(1, 0)], 123.5);
    assert!(second.to_string().contains("taken from the store"), "{second}");
    assert_eq!(second.neuron(Neuron::new(0, 0)).unwrap()[1], 123.5);
    assert_eq!(second.top_words(Neuron::new(0, 0), 1).unwrap()[0].word, "old");
}

#[test]
fn words_without_value_are_told_from_the_store_as_from_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let word = |text: &str| Word { text: text.to_owned(), run: 0, onset: None, offset: None };
    let words = ["The", "\u{200b}", "old", "zzz😀", "boat"].map(word).to_vec();
    let story = Stimulus::new("odd", words, Timing::Measured).unwrap();
    let first = read(folder.path(), &story, ReadOptions::default());
    let second = read(folder.path(), &story, ReadOptions::default());
    assert_eq!(first.unmatched(), [1]);
    assert!(!first.unknown().is_empty());
    assert_eq!((first.unmatched(), first.unknown()), (second.unmatched(), second.unknown()));
    let plan = |acts: &Activations| acts.to_string().lines().nth(1).unwrap().to_owned();
    assert_eq!(plan(&first), plan(&second));
}

#[test]
fn whatever_the_values_depend_on_makes_another_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut keys = Vec::new();
    let mut add = |model: &Model, stimulus: &Stimulus, site, options: ReadOptions| {
        let acts = model.activations_with(stimulus, &[site], &options.store_in(folder.path())).unwrap();
        keys.push(acts[0].key().unwrap().to_owned());
    };
    let (model, plain) = (tiny(), ReadOptions::default);
    add(&model, &story(), Site::FfnOut, plain());
    add(&model, &story(), Site::FfnHidden, plain());
    add(&model, &said("The old boat."), Site::FfnOut, plain());
    add(&model, &story().starting_at(1.0), Site::FfnOut, plain());
    add(&model, &story().in_runs(2, 0.0).unwrap(), Site::FfnOut, plain());
    add(&model, &story(), Site::FfnOut, plain().context(Context::Sentences));
    add(&model, &story(), Site::FfnOut, plain().window(20));
    add(&model, &story(), Site::FfnOut, plain().pooling(Pooling::Sum));
    let other = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(path("bert/tiny").join(file), other.path().join(file)).unwrap();
    }
    let weights = other.path().join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    // The last byte but one of the last weight: a number a little different from the one before.
    let last = bytes.len() - 2;
    bytes[last] ^= 0x10;
    fs::write(&weights, bytes).unwrap();
    add(&Model::load(other.path().to_str().unwrap()).unwrap(), &story(), Site::FfnOut, plain());
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 9);
    assert_eq!(names(folder.path()), keys);
}

#[test]
fn memory_for_reading_does_not_change_what_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let first = read(folder.path(), &story(), ReadOptions::default());
    let second = read(folder.path(), &story(), ReadOptions::default().memory_gb(0.5));
    assert_eq!(first.key(), second.key());
}

#[test]
fn what_is_damaged_is_set_aside_and_read_anew() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("values.f32", |file| fs::write(file, b"short").unwrap()),
        ("values.f32", |file| fs::remove_file(file).unwrap()),
        ("meta.json", |file| fs::write(file, b"{ half").unwrap()),
        ("lock", |file| fs::remove_file(file).unwrap()),
    ];
    for (file, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let whole = read(folder.path(), &story(), ReadOptions::default());
        let values = whole.values().to_owned();
        let (place, key) = (whole.folder().unwrap().to_owned(), whole.key().unwrap().to_owned());
        drop(whole);
        damage(&place.join(file));
        let again = read(folder.path(), &story(), ReadOptions::default());
        assert_eq!(again.values(), values, "{file}");
        assert!(again.to_string().contains("read now"), "{file}: {again}");
        assert_eq!(names(folder.path()), [key.clone(), format!("{key}.damaged")]);
    }
}

// ---- stopped, and at the same time

#[test]
fn a_reading_that_was_killed_goes_on_and_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut killed = child("read in full", folder.path(), &[]);
    let started = Instant::now();
    let noted = loop {
        let partial = fs::read_dir(folder.path()).unwrap().flatten().find(|e| e.path().extension().is_some());
        if let Some(partial) = partial.filter(|partial| partial.path().join("progress.json").is_file()) {
            break partial.path();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "nothing was noted");
        std::thread::sleep(Duration::from_millis(1));
    };
    killed.kill().unwrap();
    killed.wait().unwrap();
    let note = fs::read_to_string(noted.join("progress.json")).unwrap();
    assert!(!note.contains("\"words\":0"), "{note}");
    // A row that was noted is not read again: what stands there now stays.
    let values = noted.join("values.f32");
    let mut bytes = fs::read(&values).unwrap();
    bytes[..4].copy_from_slice(&77.25_f32.to_le_bytes());
    fs::write(&values, bytes).unwrap();
    let resumed = read(folder.path(), &long(), word_by_word());
    let whole = tiny().activations_with(&long(), &[Site::FfnOut], &word_by_word().without_store()).unwrap();
    let mut resumed_values = resumed.values().to_owned();
    assert_eq!(resumed_values[(0, 0)], 77.25);
    resumed_values[(0, 0)] = whole[0].values()[(0, 0)];
    assert_eq!(resumed_values, whole[0].values());
    assert_eq!(names(folder.path()), [resumed.key().unwrap()]);
}

#[test]
fn of_two_processes_that_read_the_same_one_waits_for_the_result_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let both = [child("read in full", folder.path(), &[]), child("read in full", folder.path(), &[])].map(end);
    assert_eq!(both.iter().filter(|said| said.contains("read now, and stored")).count(), 1, "{both:?}");
    assert_eq!(both.iter().filter(|said| said.contains("taken from the store")).count(), 1, "{both:?}");
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn waiting_for_another_process_says_so_and_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let done = read(folder.path(), &story(), ReadOptions::default());
    let place = done.folder().unwrap().to_owned();
    drop(done);
    let partial = place.with_extension("partial");
    fs::rename(place, &partial).unwrap();
    let lock = fs::File::open(partial.join("lock")).unwrap();
    lock.lock().unwrap();
    let said = end(child("wait and be stopped", folder.path(), &[]));
    assert!(said.contains("another process") && said.contains("was stopped"), "{said}");
}

// ---- room

#[test]
fn what_was_not_used_for_longest_goes_when_the_store_is_full_and_what_is_in_use_stays() {
    let home = tempfile::tempdir().unwrap();
    let said = end(child("read two", home.path(), &[("NEUROCELL_STORE_LIMIT", "0.000012")]));
    let held = said_of(&said, "held");
    let (gone, third) = (said_of(&said, "let go"), said_of(&said, "third"));
    let left = names(&home.path().join("activations"));
    assert!(left.contains(&held.to_owned()) && left.contains(&third.to_owned()), "{said}");
    assert!(!left.contains(&gone.to_owned()) && said.contains("were removed"), "{said}");
}

#[test]
fn a_limit_that_is_no_number_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let output = child("read", home.path(), &[("NEUROCELL_STORE_LIMIT", "much")]).wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("NEUROCELL_STORE_LIMIT is `much`"), "{output:?}");
}

#[test]
fn without_a_folder_that_can_be_written_the_values_stay_in_memory_and_it_is_said() {
    let home = tempfile::NamedTempFile::new().unwrap();
    let said = end(child("read", home.path(), &[]));
    assert!(said.contains("values stay in memory") && said.contains("kept in memory"), "{said}");
    // A folder that was asked for is another matter.
    let options = ReadOptions::default().store_in(home.path());
    let error = tiny().activations_with(&story(), &[Site::FfnOut], &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.problem().contains(home.path().to_str().unwrap()), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_memory_for_reading_does_not_grow_with_the_text() {
    let folder = tempfile::tempdir().unwrap();
    // One arena: else what one thread has given back is not seen by another, and counts twice.
    let said = end(child("measure", folder.path(), &[("MALLOC_ARENA_MAX", "1")]));
    let (grown, values): (u64, u64) =
        (said_of(&said, "grown").parse().unwrap(), said_of(&said, "values").parse().unwrap());
    assert!(values > 18_000_000 && grown < values / 4, "{said}");
}

#[test]
fn the_store_lists_what_it_holds_and_takes_out_what_is_not_in_use() {
    let home = tempfile::tempdir().unwrap();
    end(child("list", home.path(), &[]));
    assert!(names(&home.path().join("activations")).is_empty());
}
