use super::*;
use crate::stimulus::Word;

const BERT: Reading = Reading { frame: 2, longest: 40, causal: false };
const LLAMA: Reading = Reading { frame: 1, longest: 40, causal: true };

/// Words of these numbers of tokens; every fifth ends a sentence.
fn words(tokens: &[usize]) -> (Vec<Word>, Vec<Option<usize>>) {
    let word = |i: usize| Word {
        text: if i % 5 == 4 { "end.".to_owned() } else { format!("w{i}") },
        run: 0,
        onset: None,
        offset: None,
    };
    let owners = tokens.iter().enumerate().flat_map(|(word, count)| std::iter::repeat_n(Some(word), *count));
    ((0..tokens.len()).map(word).collect(), owners.collect())
}

/// Words of one to four tokens, without order.
fn mixed(count: usize) -> Vec<usize> {
    (0..count).map(|i| 1 + (i * i + 3 * i) % 7 % 4).collect()
}

fn plan(context: Context, reading: Reading, tokens: &[usize]) -> WindowPlan {
    let (words, owners) = words(tokens);
    WindowPlan::of(context, None, reading, &[pieces(&owners, &words)]).unwrap()
}

/// That each token is kept once, in order, by a window that reads it and is not too long.
fn assert_kept_once(plan: &WindowPlan, runs: &[usize], width: usize) {
    for (run, tokens) in runs.iter().enumerate() {
        let mut next = 0;
        for window in plan.windows().iter().filter(|w| w.run == run) {
            assert_eq!(window.keeps.start, next, "{plan}");
            assert!(window.reads.start <= window.keeps.start && window.keeps.end <= window.reads.end, "{plan}");
            assert!(!window.keeps.is_empty() && window.reads.len() <= width && window.reads.end <= *tokens, "{plan}");
            next = window.keeps.end;
        }
        assert_eq!(next, *tokens, "{plan}");
    }
}

#[test]
fn every_token_is_kept_once_and_inside_what_its_window_reads() {
    for longest in [3, 4, 5, 8, 13, 40] {
        for length in 0..150 {
            let plan = WindowPlan::new(&[7, length, 1], longest).unwrap();
            assert_kept_once(&plan, &[7, length, 1], longest - 2);
        }
    }
}

#[test]
fn every_plan_of_every_kind_of_model_keeps_each_token_once() {
    let plans = [
        Context::Windows,
        Context::Sentences,
        Context::incremental(4),
        Context::incremental(38),
        Context::Incremental { context: 9, stride: 3 },
        Context::Incremental { context: 30, stride: 1000 },
    ];
    for reading in [BERT, LLAMA] {
        for (kind, window) in plans.into_iter().flat_map(|kind| [(kind, None), (kind, Some(40))]) {
            for count in [1, 2, 3, 17, 60, 61] {
                let (words, owners) = words(&mixed(count));
                let runs = [pieces(&owners, &words), Vec::new(), pieces(&owners[..1], &words)];
                let plan = WindowPlan::of(kind, window, reading, &runs).unwrap();
                assert_kept_once(&plan, &[owners.len(), 0, 1], 40 - reading.frame);
                assert_eq!(plan.tokens(), owners.len() + 1);
                assert_eq!(plan.computed(), plan.windows().iter().map(|w| w.reads.len()).sum::<usize>());
            }
        }
    }
}

#[test]
fn inner_tokens_have_about_a_quarter_of_a_window_as_context() {
    let plan = WindowPlan::new(&[5000], 512).unwrap();
    assert!((127..=140).contains(&plan.context().unwrap()), "{plan}");
}

#[test]
fn tokens_of_a_causal_model_have_half_a_window_before_them_where_the_run_has_it() {
    for length in 1..300 {
        for longest in [2, 3, 10, 11, 40] {
            let (words, owners) = words(&vec![1; length]);
            let reading = Reading { longest, ..LLAMA };
            let plan = WindowPlan::of(Context::Windows, None, reading, &[pieces(&owners, &words)]).unwrap();
            for window in plan.windows() {
                let left = window.keeps.start - window.reads.start;
                assert!(
                    window.reads.start == 0 || 2 * left >= longest - 1 || longest == 2,
                    "{length}, {longest}: {plan}"
                );
            }
        }
    }
    let long = plan(Context::Windows, Reading { longest: 100_000, ..LLAMA }, &[1; 5000]);
    assert_eq!(long.windows()[0].reads, 0..1023);
}

#[test]
fn a_run_that_fits_is_one_window() {
    let plan = WindowPlan::new(&[510], 512).unwrap();
    assert_eq!(plan.windows(), [Window { run: 0, reads: 0..510, keeps: 0..510 }]);
    assert_eq!(WindowPlan::new(&[511], 512).unwrap().windows().len(), 2);
}

#[test]
fn a_window_without_room_for_text_is_refused() {
    assert!(WindowPlan::new(&[5], 2).is_err());
    let (words, owners) = words(&[1, 1]);
    for (asked, number) in [(2, "2 tokens"), (0, "0 tokens"), (41, "40 at once")] {
        let error = WindowPlan::of(Context::Windows, Some(asked), BERT, &[pieces(&owners, &words)]).unwrap_err();
        assert!(error.problem().contains(number), "{error}");
    }
}

#[test]
fn sentences_are_windows_of_their_own_and_long_ones_say_that_they_are_cut() {
    let plan_of = |tokens: &[usize]| plan(Context::Sentences, BERT, tokens);
    let three = plan_of(&[1, 2, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1]);
    let reads: Vec<Range<usize>> = three.windows().iter().map(|w| w.reads.clone()).collect();
    assert_eq!(reads, [0..6, 6..13, 13..15]);
    assert!(three.windows().iter().all(|w| w.reads == w.keeps) && three.computed() == 15, "{three}");
    let long = plan_of(&[1, 1, 1, 1, 1, 20, 20, 20, 1, 1, 1]);
    assert!(long.to_string().contains("one sentence is longer than a window"), "{long}");
    assert!(long.windows()[1].reads.start == 5 && long.windows().last().unwrap().reads == (67..68), "{long}");
}

#[test]
fn a_word_without_tokens_still_ends_its_sentence() {
    let (words, _) = words(&[1; 7]);
    let owners: Vec<Option<usize>> = [0, 1, 2, 3, 5, 6].map(Some).to_vec();
    let plan = WindowPlan::of(Context::Sentences, None, BERT, &[pieces(&owners, &words)]).unwrap();
    assert_eq!(plan.windows().iter().map(|w| w.reads.clone()).collect::<Vec<_>>(), [0..4, 4..6]);
}

#[test]
fn a_whole_run_that_is_too_long_is_refused_with_both_numbers() {
    assert_eq!(plan(Context::WholeRun, BERT, &[1; 38]).windows().len(), 1);
    let (words, owners) = words(&[1; 39]);
    let error = WindowPlan::of(Context::WholeRun, None, BERT, &[pieces(&owners, &words)]).unwrap_err();
    assert!(error.problem().contains("39 tokens") && error.problem().contains("38"), "{error}");
}

#[test]
fn each_word_is_read_with_the_context_before_it_and_nothing_after_it() {
    let tokens = mixed(50);
    let plan = plan(Context::incremental(11), BERT, &tokens);
    assert_eq!(plan.windows().len(), 50);
    let mut end = 0;
    for (window, count) in plan.windows().iter().zip(&tokens) {
        end += count;
        assert_eq!(window.reads, end.saturating_sub(11)..end);
        assert_eq!(window.keeps, end - count..end);
    }
}

#[test]
fn steps_of_several_words_share_a_beginning_and_no_word_has_more_than_its_context() {
    let plan = plan(Context::Incremental { context: 6, stride: 4 }, BERT, &[1; 20]);
    let reads: Vec<Range<usize>> = plan.windows().iter().map(|w| w.reads.clone()).collect();
    assert_eq!(reads[..9], [0..1, 0..2, 0..3, 0..4, 2..5, 2..6, 2..7, 2..8, 6..9]);
    // A step whose words do not fit into the context together ends early.
    let wide = super::tests::plan(Context::Incremental { context: 6, stride: 4 }, BERT, &[4; 5]);
    assert_eq!(wide.windows().iter().map(|w| w.reads.len()).collect::<Vec<_>>(), [4, 6, 6, 6, 6]);
}

/// A model that sees only what stands before a token: its value depends on every token of the window up to itself, and on their order.
fn seen(ids: &[u64], window: &Window) -> Vec<u64> {
    let mut state = 17;
    let read = ids[window.reads.clone()].iter().map(|id| {
        state = (state * 31 + id) % 1_000_003;
        state
    });
    read.collect::<Vec<u64>>()[window.keeps.start - window.reads.start..window.keeps.end - window.reads.start].to_vec()
}

#[test]
fn a_causal_model_has_in_merged_windows_the_values_of_a_window_for_each_word() {
    let tokens = mixed(80);
    let ids: Vec<u64> = (0..tokens.iter().sum::<usize>() as u64).map(|i| i * i % 101).collect();
    for (context, stride) in [(5, 1), (39, 1), (12, 3), (39, 7)] {
        let kind = Context::Incremental { context, stride };
        let merged = plan(kind, LLAMA, &tokens);
        let alone = plan(kind, Reading { longest: 41, ..BERT }, &tokens);
        let values = |plan: &WindowPlan| plan.windows().iter().flat_map(|w| seen(&ids, w)).collect::<Vec<_>>();
        assert_eq!(values(&merged), values(&alone), "{kind}");
        assert!(merged.computed() < alone.computed() && merged.windows().len() < alone.windows().len(), "{kind}");
    }
}

#[test]
fn growing_context_from_the_start_of_a_run_is_one_pass_of_a_causal_model() {
    let plan = plan(Context::incremental(39), LLAMA, &[1; 39]);
    assert_eq!(plan.windows(), [Window { run: 0, reads: 0..39, keeps: 0..39 }]);
    assert!(plan.to_string().contains("each token is computed once"), "{plan}");
}

#[test]
fn a_word_longer_than_its_window_is_named() {
    let (words, owners) = words(&[1, 1, 12]);
    let of = |context, window| WindowPlan::of(context, window, BERT, &[pieces(&owners, &words)]);
    for (context, window) in
        [(Context::incremental(11), None), (Context::Windows, Some(13)), (Context::Sentences, Some(9))]
    {
        let error = of(context, window).unwrap_err();
        assert!(error.problem().contains("word 2 (`w2`)") && error.problem().contains("12 tokens"), "{error}");
    }
    assert!(of(Context::incremental(12), None).is_ok());
}

#[test]
fn a_context_of_nothing_or_beyond_the_window_is_refused() {
    let (words, owners) = words(&[1, 1]);
    for (context, stride, what) in [(0, 1, "0 tokens"), (5, 0, "0 words"), (39, 1, "takes 38")] {
        let kind = Context::Incremental { context, stride };
        let error = WindowPlan::of(kind, None, BERT, &[pieces(&owners, &words)]).unwrap_err();
        assert!(error.problem().contains(what), "{error}");
    }
}

#[test]
fn tokens_of_no_word_go_with_the_word_behind_them() {
    let (words, _) = words(&[1, 1]);
    let spans =
        |owners: &[Option<usize>]| pieces(owners, &words).iter().map(|piece| piece.tokens.clone()).collect::<Vec<_>>();
    assert_eq!(spans(&[None, Some(0), Some(0), None, Some(1), None]), [0..3, 3..6]);
    assert_eq!(spans(&[None, None]), vec![Range { start: 0, end: 2 }]);
    assert!(spans(&[]).is_empty());
}

#[test]
fn batches_have_all_windows_in_order_and_no_more_tokens_than_allowed() {
    let plan = plan(Context::incremental(11), BERT, &mixed(50));
    for limit in [1, 13, 20, 100, 10_000] {
        let batches = plan.batches(limit);
        assert_eq!(batches.iter().cloned().flatten().collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
        for batch in batches {
            let tokens: usize = plan.windows()[batch.clone()].iter().map(|w| w.reads.len() + 2).sum();
            assert!(tokens <= limit || batch.len() == 1, "{batch:?} of {tokens}");
        }
    }
}
