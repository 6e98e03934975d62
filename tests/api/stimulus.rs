//! Words with onsets: where they come from, and their runs.

use neurocell::error::ErrorKind;
use neurocell::prelude::*;

fn said(text: &str) -> Stimulus {
    Stimulus::from_text("a text", text, Speaking::default()).unwrap()
}

fn word(text: &str, run: usize, onset: f64) -> Word {
    Word { text: text.to_owned(), run, onset: Some(onset), offset: Some(onset + 0.3) }
}

#[test]
fn the_example_lasts_about_ten_minutes_and_says_that_its_onsets_are_made() {
    let story = Stimulus::example().unwrap();
    assert!((1400..1700).contains(&story.words().len()));
    assert!((9.0 * 60.0..11.0 * 60.0).contains(&story.duration(0).unwrap()));
    assert_eq!(story.timing(), Timing::Made);
    assert!(story.to_string().contains("made onsets"), "{story}");
}

#[test]
fn a_text_is_spoken_at_the_rate_asked_for_with_pauses_where_the_punctuation_is() {
    let text = "one two, three. four five six seven eight nine ten";
    let story = Stimulus::from_text("t", text, Speaking::default().words_per_minute(120.0)).unwrap();
    // Ten words at two a second; the last word ends the text.
    assert!((story.duration(0).unwrap() - 5.0).abs() < 1e-9);
    let words = story.words();
    let gap = |i: usize| words[i + 1].onset.unwrap() - words[i].offset.unwrap();
    assert!(gap(0).abs() < 1e-9 && gap(1) > 0.1 && gap(2) > 2.0 * gap(1), "{} {} {}", gap(0), gap(1), gap(2));
    assert!(words[3].text == "four" && words[2].text == "three.");
}

#[test]
fn a_dash_that_stands_alone_is_text_without_time() {
    let story = said("He came — late");
    assert_eq!(story.words()[2].onset, None);
    assert!(story.words()[3].onset > story.words()[1].offset);
    assert!(story.to_string().contains("1 without time"), "{story}");
}

#[test]
fn a_text_without_words_and_a_rate_of_zero_are_refused() {
    assert_eq!(Stimulus::from_text("t", " \n\n ", Speaking::default()).unwrap_err().kind(), ErrorKind::Value);
    for rate in [0.0, -3.0, f64::NAN, f64::INFINITY] {
        assert!(Stimulus::from_text("t", "a b", Speaking::default().words_per_minute(rate)).is_err(), "{rate}");
    }
}

fn align(content: &str) -> neurocell::Result<Stimulus> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("align.csv");
    std::fs::write(&file, content).unwrap();
    Stimulus::from_align(&file)
}

#[test]
fn an_align_file_gives_words_and_keeps_those_without_time() {
    let story =
        align("\u{feff}I,i,0.19,0.32\r\nwas,,,\r\n\"well, \"\"so\"\"\",well,0.5,0.9\r\n\r\n,<unk>,1,1.5\r\n").unwrap();
    let texts: Vec<&str> = story.words().iter().map(|w| w.text.as_str()).collect();
    assert_eq!(texts, ["I", "was", "well, \"so\"", ""]);
    assert_eq!(story.words()[0].offset, Some(0.32));
    assert_eq!(story.words()[1].onset, None);
    assert_eq!(story.timing(), Timing::Measured);
}

#[test]
fn trouble_in_an_align_file_is_named_with_its_line() {
    let first = "a,a,1.0,1.2\n";
    for (line, what) in [
        ("b,b,0.9,1.3\n", "earlier"),
        ("b,b,NaN,1.3\n", "finite"),
        ("b,b,inf,inf\n", "finite"),
        ("b,b,1.5,1.3\n", "before it begins"),
        ("b,b,1.5\n", "3 columns"),
        ("b,b,1.5,1.6,x\n", "5 columns"),
        ("b,c,b,1.5,1.6\n", "5 columns"),
        ("b,b,onset,1.6\n", "not a number"),
        ("b,b,1.5,\n", "no offset"),
        ("b,b,,1.5\n", "no onset"),
        ("\"b,b,1.5,1.6\n", "not closed"),
        ("\"b\"b,b,1.5,1.6\n", "closing quote"),
    ] {
        let error = align(&format!("{first}{line}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(error.problem().contains("line 2") && error.problem().contains(what), "{line:?}: {error}");
    }
    assert!(align("").unwrap_err().problem().contains("no row"));
    assert!(align("\n\n").unwrap_err().problem().contains("no row"));
    assert_eq!(Stimulus::from_align("/no/such/align.csv").unwrap_err().kind(), ErrorKind::File);
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("align.csv");
    std::fs::write(&file, b"a,a,1,2\nb\xff,b,2,3\n").unwrap();
    assert!(Stimulus::from_align(&file).unwrap_err().problem().contains("line 2"));
}

#[test]
fn an_align_file_that_was_written_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pieman").join("align.csv");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let mut words = said("Well, \"so\" — he said; it's 3,000 miles.").words().to_vec();
    words.push(Word { text: "two\nlines".into(), run: 0, onset: None, offset: None });
    let story = Stimulus::new("pieman", words, Timing::Measured).unwrap();
    story.to_align(&file).unwrap();
    assert_eq!(Stimulus::from_align(&file).unwrap(), story);
    assert!(Stimulus::from_align(&file).unwrap().with_timing(Timing::Made).to_string().contains("made onsets"));
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn several_runs_do_not_go_into_one_align_file() {
    let folder = tempfile::tempdir().unwrap();
    let two = Stimulus::join(&[said("a"), said("b")]).unwrap();
    assert!(two.to_align(folder.path().join("x.csv")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn joined_stimuli_are_consecutive_runs_with_their_own_times() {
    let (one, two) = (said("One two. Three four."), said("Five."));
    let joined = Stimulus::join(&[one.in_runs(2, 3.0).unwrap(), two.starting_at(7.0)]).unwrap();
    assert_eq!(joined.runs(), 3);
    assert_eq!(joined.words()[4].onset, Some(7.0));
    assert_eq!(joined.run(2).unwrap().words()[0].text, "Five.");
    assert!(Stimulus::join(&[]).is_err() && joined.run(3).is_err() && joined.duration(3).is_err());
}

#[test]
fn runs_are_cut_at_sentence_ends_and_are_about_equally_long() {
    let story = Stimulus::example().unwrap();
    let cut = story.in_runs(4, 6.0).unwrap();
    assert_eq!(cut.runs(), 4);
    let texts = |s: &Stimulus| s.words().iter().map(|w| w.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&cut), texts(&story));
    let quarter = story.duration(0).unwrap() / 4.0;
    for run in 0..4 {
        let words = cut.run(run).unwrap();
        assert_eq!(words.words()[0].onset, Some(6.0));
        let last = &words.words()[words.words().len() - 1].text;
        assert!(last.trim_end_matches(['"', '\'']).ends_with(['.', '!', '?']), "run {run} ends with {last}");
        assert!((cut.duration(run).unwrap() - 6.0 - quarter).abs() < 15.0, "{cut}");
    }
}

#[test]
fn each_of_as_many_runs_as_sentences_has_one_sentence() {
    // Long and short sentences: the nearest cuts alone would fall together.
    let story = said("A. A very long sentence that goes on and on and on for a while, as some do. B. C. D.");
    let cut = story.in_runs(5, 0.0).unwrap();
    assert_eq!(cut.run(0).unwrap().words().len(), 1);
    assert_eq!(cut.run(4).unwrap().words()[0].text, "D.");
    let error = story.in_runs(6, 0.0).unwrap_err();
    assert!(error.problem().contains("4 places") && error.problem().contains("need 5"), "{error}");
    assert!(story.in_runs(0, 0.0).is_err() && story.in_runs(2, f64::NAN).is_err());
}

#[test]
fn words_out_of_order_are_refused_with_their_number() {
    let backwards = Stimulus::new("s", vec![word("a", 0, 2.0), word("b", 0, 1.0)], Timing::Measured);
    assert!(backwards.unwrap_err().problem().contains("word 1"));
    for runs in [[1, 1], [0, 2]] {
        let words = vec![word("a", runs[0], 1.0), word("b", runs[1], 2.0)];
        assert!(Stimulus::new("s", words, Timing::Measured).is_err(), "{runs:?}");
    }
}
