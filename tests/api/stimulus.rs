//! Words with onsets: where they come from, and their runs.

use crate::reference::path;
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

// ---- TextGrids, tables, events

/// Text, onset and offset of the words that Praat itself finds in the reference's tier.
fn in_praat() -> Vec<(String, f64, f64)> {
    let words = Stimulus::from_table(path("stimulus/words.csv"), &Columns::default()).unwrap();
    words.words().iter().map(|w| (w.text.clone(), w.onset.unwrap(), w.offset.unwrap())).collect()
}

#[test]
fn textgrids_of_every_form_have_the_words_that_praat_finds_in_them() {
    let expected = in_praat();
    assert_eq!(expected.len(), 7);
    for file in ["long", "short", "long16", "short16"] {
        let grid = Stimulus::from_textgrid(path(&format!("stimulus/{file}.TextGrid")), &TextGrid::default()).unwrap();
        let found: Vec<_> =
            grid.words().iter().map(|w| (w.text.clone(), w.onset.unwrap(), w.offset.unwrap())).collect();
        assert_eq!(found, expected, "{file}");
        assert_eq!((grid.name(), grid.timing()), (file, Timing::Measured));
    }
}

/// A file of this name with these bytes, read by `read`.
fn reading<T>(name: &str, bytes: impl AsRef<[u8]>, read: impl Fn(std::path::PathBuf) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    read(file)
}

#[test]
fn utf16_with_the_low_byte_first_and_utf8_with_a_mark_are_read_too() {
    let text = std::fs::read_to_string(path("stimulus/long.TextGrid")).unwrap();
    let low_first: Vec<u8> =
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(|unit| unit.to_le_bytes()).collect();
    let marked = format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes();
    for bytes in [low_first, marked] {
        let grid = reading("x.TextGrid", bytes, |file| Stimulus::from_textgrid(file, &TextGrid::default())).unwrap();
        assert_eq!(grid.words().iter().map(|w| w.text.clone()).collect::<Vec<_>>()[2], "naïve");
        assert_eq!(grid.words().len(), 7);
    }
}

#[test]
fn a_tier_is_chosen_by_name_and_one_of_points_is_refused() {
    let grid = |options: TextGrid| Stimulus::from_textgrid(path("stimulus/short.TextGrid"), &options);
    assert_eq!(grid(TextGrid::default().tier("phones")).unwrap().words()[0].text, "w");
    let points = grid(TextGrid::default().tier("clicks")).unwrap_err();
    assert!(
        points.problem().contains("points") && points.problem().contains("`Anna - words` (11 intervals)"),
        "{points}"
    );
    let unknown = grid(TextGrid::default().tier("phone")).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Unknown);
    assert!(unknown.advice().contains("`phones`"), "{unknown}");
    // Other marks of silence: what is silence by default is a word then.
    assert_eq!(grid(TextGrid::default().silence(&["Once"])).unwrap().words()[0].text, "sp");
}

/// A TextGrid in short form with tiers of one interval each.
fn short(tiers: &[(&str, &str)]) -> String {
    let tier = |(name, label): &(&str, &str)| format!("\"IntervalTier\"\n\"{name}\"\n0\n1\n1\n0\n1\n\"{label}\"\n");
    let tiers: Vec<String> = tiers.iter().map(tier).collect();
    let head = format!("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n1\n<exists>\n{}\n", tiers.len());
    head + &tiers.concat()
}

#[test]
fn without_a_name_the_tier_is_words_else_the_only_one_else_asked_for() {
    let grid = |tiers: &[(&str, &str)]| {
        reading("x.TextGrid", short(tiers), |file| Stimulus::from_textgrid(file, &TextGrid::default()))
    };
    assert_eq!(grid(&[("phones", "p"), ("Word", "yes")]).unwrap().words()[0].text, "yes");
    assert_eq!(grid(&[("ORT-MAU", "yes")]).unwrap().words()[0].text, "yes");
    for tiers in [[("ORT-MAU", "a"), ("KAN-MAU", "b")], [("A - words", "a"), ("B - words", "b")]] {
        let error = grid(&tiers).unwrap_err();
        assert!(error.problem().contains("2 tiers") && error.problem().contains(tiers[1].0), "{error}");
    }
    assert!(grid(&[("words", " ")]).unwrap_err().problem().contains("none of the 1 intervals"));
    assert!(grid(&[]).unwrap_err().problem().contains("no tiers"));
}

#[test]
fn trouble_in_a_textgrid_is_named_with_its_line() {
    let sound = std::fs::read_to_string(path("stimulus/long.TextGrid")).unwrap();
    for (from, to, what) in [
        (
            "xmax = 0.74 ",
            "xmax = 0.2 ",
            "line 20: the interval `Once` of tier `Anna - words` ends at 0.2 s, before it begins at 0.31 s",
        ),
        ("xmin = 0.9 ", "xmin = 0.1 ", "begins at 0.1 s, earlier"),
        ("xmin = 0.9 ", "xmin = nan ", "a number, the end of item 4 of 11 of tier `Anna - words`"),
        ("text = \"Once\" ", "text = Once ", "a text in quotes, the label of item 2"),
        ("\"end!\" ", "\"end! ", "a quote before it is not closed"),
        ("\"TextTier\"", "\"SpellTier\"", "`SpellTier`"),
        ("intervals: size = 11 ", "intervals: size = 1.5 ", "is 1.5"),
        ("\"TextGrid\"", "\"Sound\"", "no TextGrid"),
        ("<exists>", "<absent>", "no tiers"),
    ] {
        assert!(sound.contains(from), "{from}");
        let text = sound.replacen(from, to, 1);
        let error = reading("x.TextGrid", text, |file| Stimulus::from_textgrid(file, &TextGrid::default()));
        let error = error.unwrap_err();
        assert!(error.problem().contains(what) && error.problem().contains("x.TextGrid"), "{what}: {error}");
    }
    let read = |bytes: &[u8]| {
        reading("x.TextGrid", bytes, |file| Stimulus::from_textgrid(file, &TextGrid::default())).unwrap_err()
    };
    let cut = sound.split_at(sound.len() / 2).0;
    assert!(
        read(cut.as_bytes()).problem().contains("the file ends") || read(cut.as_bytes()).problem().contains("quote")
    );
    assert!(read(b"").problem().contains("no TextGrid"));
    assert!(read(b"ooBinaryFile\x08TextGrid").problem().contains("binary"));
    assert!(read(b"File type = \"ooTextFile\"\n\xff").problem().contains("line 2 is not UTF-8"));
    assert!(read(b"\xfe\xff\x00F\x00").problem().contains("odd number of bytes (5)"));
    assert!(read(b"\xfe\xff\x00\n\xd8\x00\x00F").problem().contains("line 2 is not UTF-16"));
}

#[test]
fn a_table_gives_runs_and_durations_in_other_units() {
    let columns = Columns::default().onset("start_ms").duration("length_ms").seconds_per_unit(0.001).run("run");
    let table = Stimulus::from_table(path("stimulus/runs.tsv"), &columns).unwrap();
    for (i, ((text, onset, offset), word)) in in_praat().into_iter().zip(table.words()).enumerate() {
        assert_eq!((&word.text, word.run), (&text, usize::from(i >= 3)));
        match i {
            1 => assert_eq!((word.onset, word.offset), (None, None)),
            _ => {
                assert!((word.onset.unwrap() - onset).abs() < 1e-9, "{text}");
                assert!((word.offset.unwrap() - offset).abs() < 1e-9, "{text}");
            }
        }
    }
    assert_eq!((table.runs(), table.name()), (2, "runs"));
}

#[test]
fn trouble_in_a_table_is_named_with_line_and_column() {
    let head = "word,onset,offset,run\na,1.0,1.2,x\n";
    let columns = Columns::default().run("run");
    for (line, what) in [
        ("b,0.9,1.3,x", "line 3: `b` begins at 0.9 s, earlier than the word before it (1 s)"),
        ("b,NaN,1.3,x", "line 3, column `onset`: `NaN` is not a finite number"),
        ("b,1.5,inf,x", "line 3, column `offset`: `inf`"),
        ("b,1.5,one,x", "line 3, column `offset`: `one` is not a number"),
        ("b,1.5,1.3,x", "ends at 1.3 s, before it begins at 1.5 s"),
        ("b,1.5,,x", "no offset"),
        ("b,n/a,1.5,x", "no onset"),
        ("b,1.5,1.6", "line 3 has 3 fields, the header 4"),
        ("\"b,1.5,1.6,x", "line 3: a quote is not closed"),
        ("b,1,2,y\nc,1,2,x", "line 4: run `x` comes back after run `y`"),
    ] {
        let read = |file| Stimulus::from_table(file, &columns);
        let error = reading("t.csv", format!("{head}{line}\n"), read).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        assert!(error.problem().contains(what) && error.problem().contains("t.csv"), "{what}: {error}");
    }
    let read = |text: &[u8]| reading("t.csv", text, |file| Stimulus::from_table(file, &columns)).unwrap_err();
    assert!(read(b"").problem().contains("empty"));
    assert!(read(b"word,onset,offset,run\n").problem().contains("no row"));
    assert!(read(b"word,word\n").problem().contains("two columns are called `word`"));
    assert!(read(b"word,onset\n\xff,1\n").problem().contains("line 2 is not UTF-8"));
    let missing = read(b"word,start,offset,run\na,1,2,x\n");
    assert!(
        missing.problem().contains("`onset`") && missing.advice().contains("word, start, offset, run"),
        "{missing}"
    );
}

#[test]
fn the_separator_follows_the_extension_or_is_asked_for() {
    for (name, separator) in [("t.csv", ','), ("t.CSV", ','), ("t.tsv", '\t'), ("t.txt", '\t')] {
        let text = "word,onset,offset\na,1.0,1.2\n".replace(',', &separator.to_string());
        assert!(reading(name, text, |file| Stimulus::from_table(file, &Columns::default())).is_ok(), "{name}");
    }
    let text = "word;onset;offset\na;1.0;1.2\n";
    let error = reading("t.dat", text, |file| Stimulus::from_table(file, &Columns::default())).unwrap_err();
    assert!(error.problem().contains("`dat`"), "{error}");
    let columns = Columns::default().separator(';');
    assert!(reading("t.dat", text, |file| Stimulus::from_table(file, &columns)).is_ok());
    let columns = Columns::default().separator(';').seconds_per_unit(0.0);
    assert!(reading("t.dat", text, |file| Stimulus::from_table(file, &columns)).is_err());
}

const EVENTS: &str = "onset\tduration\ttrial_type\tvalue\n0\t2\tfixation\t+\n2.0\t0.4\tword\tOnce\n2.5\tn/a\tword\tupon\n\
                      n/a\tn/a\tword\ta\n3.0\t0.2\tword\tn/a\n3.5\t0.5\tquestion\twhy?\n";

#[test]
fn events_that_are_words_are_read_and_the_others_left_out_by_the_rule() {
    let read = |rule: EventWords| reading("sub-1_events.tsv", EVENTS, |file| Stimulus::from_events(file, &rule));
    let texts = |words: Stimulus| words.words().iter().map(|w| w.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(read(EventWords::default()).unwrap()), ["+", "Once", "upon", "a", "why?"]);
    assert_eq!(texts(read(EventWords::default().leave_out(&["+", "why?"])).unwrap()), ["Once", "upon", "a"]);
    let words = read(EventWords::default().only("trial_type", "word")).unwrap();
    assert_eq!(words.words()[0].offset, Some(2.4));
    assert_eq!((words.words()[1].onset, words.words()[1].offset), (Some(2.5), Some(2.5)));
    assert_eq!(words.words()[2].onset, None);
    assert_eq!(texts(words), ["Once", "upon", "a"]);
    let none = read(EventWords::default().only("trial_type", "words")).unwrap_err();
    assert!(none.problem().contains("none of the 6 rows") && none.problem().contains("words"), "{none}");
    let unknown = read(EventWords::default().column("wrd")).unwrap_err();
    assert!(unknown.advice().contains("onset, duration, trial_type, value"), "{unknown}");
}

#[test]
fn events_without_their_columns_or_with_words_out_of_order_are_refused() {
    let read =
        |text: &str| reading("e.tsv", text, |file| Stimulus::from_events(file, &EventWords::default())).unwrap_err();
    assert!(read("onset\tword\n1\ta\n").problem().contains("`duration`"));
    let error = read("onset\tduration\ttext\n1\t1\ta\n");
    assert!(error.problem().contains("word, value, trial_type") && error.problem().contains("text"), "{error}");
    let error = read("onset\tduration\tword\n1\t1\ta\n0.5\t1\tb\n");
    assert!(error.problem().contains("line 3: `b` begins at 0.5 s"), "{error}");
    assert!(read("onset\tduration\tword\n1\t-1\ta\n").problem().contains("ends at 0 s, before it begins at 1 s"));
}
