use super::*;
use crate::activation::store::{Claim, Meta, Store};
use std::cell::Cell;

const NEURONS: usize = 6;

/// A text of words of one to four tokens in two runs; every eleventh word has no token.
struct Text {
    aligned: Aligned,
    words: usize,
    plan: WindowPlan,
}

fn text(words: usize) -> Text {
    let mut aligned = Aligned { ids: vec![], words: vec![], unmatched: vec![], unknown: vec![] };
    for run in [0..words / 3, words / 3..words] {
        let tokens = |word: usize| if word % 11 == 7 { 0 } else { 1 + word * word % 7 % 4 };
        aligned.unmatched.extend(run.clone().filter(|word| tokens(*word) == 0));
        aligned.words.push(run.flat_map(|word| std::iter::repeat_n(Some(word), tokens(word))).collect());
    }
    for owners in &aligned.words {
        aligned.ids.push((0..owners.len() as u32).map(|i| i * i % 97).collect());
    }
    let tokens: Vec<usize> = aligned.ids.iter().map(Vec::len).collect();
    let plan = WindowPlan::new(&tokens, 12).unwrap();
    Text { aligned, words, plan }
}

/// A model whose value depends on the token, its place in the window, and the neuron.
fn value(id: u32, place: usize, neuron: usize) -> f32 {
    (id as f32).sin() + place as f32 / 7.0 + neuron as f32 * 0.3
}

fn model(windows: &[&[u32]]) -> Result<Vec<Array2<f32>>> {
    let tokens: Vec<(usize, u32)> = windows.iter().flat_map(|ids| ids.iter().copied().enumerate()).collect();
    let values = |(row, neuron)| {
        let (place, id): (usize, u32) = tokens[row];
        value(id, place, neuron)
    };
    Ok(vec![Array2::from_shape_fn((tokens.len(), NEURONS), values)])
}

fn pass(text: &Text, pooling: Pooling, batch: usize) -> Pass<'_> {
    Pass { aligned: &text.aligned, plan: &text.plan, pooling, words: text.words, batch }
}

fn in_memory(text: &Text, pooling: Pooling, batch: usize) -> Array2<f32> {
    let mut sinks = [Sink::Memory(Array2::zeros((text.words, NEURONS)))];
    assert!(pass(text, pooling, batch).run(&mut sinks, model).is_ok());
    let [Sink::Memory(values)] = sinks else { unreachable!("the sink is in memory") };
    values
}

#[test]
fn a_word_is_the_mean_the_last_or_the_sum_of_its_tokens() {
    let text = text(100);
    for pooling in [Pooling::Mean, Pooling::Last, Pooling::Sum] {
        let mut expected = Array2::<f32>::zeros((100, NEURONS));
        let mut counts = [0.0_f32; 100];
        for window in text.plan.windows() {
            for token in window.keeps.clone() {
                let word = text.aligned.words[window.run][token].unwrap();
                counts[word] += 1.0;
                for neuron in 0..NEURONS {
                    let value = value(text.aligned.ids[window.run][token], token - window.reads.start, neuron);
                    let slot = &mut expected[(word, neuron)];
                    *slot = if pooling == Pooling::Last { value } else { *slot + value };
                }
            }
        }
        if pooling == Pooling::Mean {
            for (mut row, count) in expected.rows_mut().into_iter().zip(counts).filter(|(_, count)| *count > 0.0) {
                row /= count;
            }
        }
        let ours = in_memory(&text, pooling, 30);
        let off = ours.iter().zip(&expected).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(off < 1e-6, "{pooling:?}: {off}");
    }
}

#[test]
fn the_values_in_memory_keep_within_the_budget_however_long_the_text() {
    let memory = 4000;
    for words in [30, 300, 20_000] {
        let text = text(words);
        let batch = batch(&text.plan, NEURONS, memory).unwrap();
        let most = Cell::new(0);
        let counting = |windows: &[&[u32]]| {
            most.set(most.get().max(windows.iter().map(|ids| ids.len()).sum::<usize>()));
            model(windows)
        };
        let pass = pass(&text, Pooling::Mean, batch);
        let mut sinks = [Sink::Memory(Array2::zeros((words, NEURONS)))];
        let mut open = Words::new(Pooling::Mean, pass.tokens_from(0));
        let mut reached = Reached { words: 0, batch };
        assert!(pass.windows(&mut sinks, &[Reached::default()], &mut reached, &mut open, counting).is_ok());
        assert_eq!(reached.words, words);
        let held = (most.get() + open.most_open()) * NEURONS * 4;
        assert!(held as u64 <= memory && held > 1000, "{words} words: {held} bytes");
    }
}

#[test]
fn too_little_memory_for_one_window_is_refused_with_the_least_that_would_do() {
    let text = text(50);
    let least = 13 * 4 * NEURONS as u64;
    assert!(batch(&text.plan, NEURONS, least).is_ok());
    let error = batch(&text.plan, NEURONS, least - 1).unwrap_err();
    assert!(error.problem().contains("12 tokens × 6 neurons") && error.advice().contains("0.000001"), "{error}");
}

fn claimed(store: &Store, text: &Text) -> Filling {
    let meta =
        Meta { words: text.words, neurons: NEURONS, unmatched: text.aligned.unmatched.clone(), ..Meta::default() };
    match store.claim(&"0".repeat(64), meta).unwrap() {
        Claim::Fill(filling) => filling,
        _ => panic!("nobody else fills it"),
    }
}

#[test]
fn a_reading_that_is_stopped_anywhere_goes_on_with_the_values_of_one_that_is_not() {
    let text = text(60);
    let whole = in_memory(&text, Pooling::Mean, 24);
    let calls = text.plan.batches(24).len();
    assert!(calls > 5);
    for stop in 0..calls {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::at(folder.path().to_owned());
        let made = Cell::new(0);
        let stopping = |windows: &[&[u32]]| {
            made.set(made.get() + 1);
            if made.get() > stop { Err(Error::value("stopped", "go on")) } else { model(windows) }
        };
        let mut sinks = [Sink::Store(Box::new(claimed(&store, &text)))];
        assert!(pass(&text, Pooling::Mean, 24).run(&mut sinks, stopping).is_err());
        drop(sinks);
        let filling = claimed(&store, &text);
        assert_eq!(filling.reached().words > 0, stop > 0, "stopped after {stop} calls");
        let again = Cell::new(0);
        let counting = |windows: &[&[u32]]| {
            again.set(again.get() + 1);
            model(windows)
        };
        let mut sinks = [Sink::Store(Box::new(filling))];
        // With more memory than before, the batches are still those of the reading that was stopped.
        assert!(pass(&text, Pooling::Mean, 40).run(&mut sinks, counting).is_ok());
        // At most the batch in which a word was begun is read twice.
        assert!(stop == 0 || again.get() <= calls - stop + 1, "{} calls after {stop} of {calls}", again.get());
        let [Sink::Store(filling)] = sinks else { unreachable!("the sink is on disk") };
        assert_eq!(filling.finish().unwrap().values(), whole, "stopped after {stop} calls");
    }
}

#[test]
fn a_value_that_is_not_finite_is_named_and_nothing_is_noted_as_read() {
    let text = text(60);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().to_owned());
    let mut sinks = [Sink::Store(Box::new(claimed(&store, &text)))];
    let broken = |windows: &[&[u32]]| {
        let mut values = model(windows)?;
        values[0][(3, 2)] = f32::NAN;
        Ok(values)
    };
    let stopped = pass(&text, Pooling::Mean, 24).run(&mut sinks, broken);
    assert!(matches!(stopped, Err(Stopped::NotFinite { site: 0, column: 2, .. })));
    drop(sinks);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
