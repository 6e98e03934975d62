//! From a text as it is typed to letters in the order in which they stand on the page.
//!
//! Hebrew and Arabic run from right to left, with numbers and Latin words in them from left to right (the Unicode
//! Bidirectional Algorithm); Arabic letters have a form for each neighbourhood, which fonts hold as characters of their
//! own (Arabic Presentation Forms); combining marks stand over the letter before them and take no room.

use super::glyphs::{Glyph, Glyphs};
use unicode_bidi::{Level, ParagraphBidiInfo};

/// Arabic and Persian letters with the first of their forms, in the order alone, final, initial, medial, and how many
/// there are: four for letters that join on both sides, two for those that join to the letter before only.
const FORMS: [(char, u32, u8); 42] = [
    ('\u{621}', 0xfe80, 1),
    ('\u{622}', 0xfe81, 2),
    ('\u{623}', 0xfe83, 2),
    ('\u{624}', 0xfe85, 2),
    ('\u{625}', 0xfe87, 2),
    ('\u{626}', 0xfe89, 4),
    ('\u{627}', 0xfe8d, 2),
    ('\u{628}', 0xfe8f, 4),
    ('\u{629}', 0xfe93, 2),
    ('\u{62a}', 0xfe95, 4),
    ('\u{62b}', 0xfe99, 4),
    ('\u{62c}', 0xfe9d, 4),
    ('\u{62d}', 0xfea1, 4),
    ('\u{62e}', 0xfea5, 4),
    ('\u{62f}', 0xfea9, 2),
    ('\u{630}', 0xfeab, 2),
    ('\u{631}', 0xfead, 2),
    ('\u{632}', 0xfeaf, 2),
    ('\u{633}', 0xfeb1, 4),
    ('\u{634}', 0xfeb5, 4),
    ('\u{635}', 0xfeb9, 4),
    ('\u{636}', 0xfebd, 4),
    ('\u{637}', 0xfec1, 4),
    ('\u{638}', 0xfec5, 4),
    ('\u{639}', 0xfec9, 4),
    ('\u{63a}', 0xfecd, 4),
    ('\u{641}', 0xfed1, 4),
    ('\u{642}', 0xfed5, 4),
    ('\u{643}', 0xfed9, 4),
    ('\u{644}', 0xfedd, 4),
    ('\u{645}', 0xfee1, 4),
    ('\u{646}', 0xfee5, 4),
    ('\u{647}', 0xfee9, 4),
    ('\u{648}', 0xfeed, 2),
    ('\u{649}', 0xfeef, 2),
    ('\u{64a}', 0xfef1, 4),
    ('\u{67e}', 0xfb56, 4),
    ('\u{686}', 0xfb7a, 4),
    ('\u{698}', 0xfb8a, 2),
    ('\u{6a9}', 0xfb8e, 4),
    ('\u{6af}', 0xfb92, 4),
    ('\u{6cc}', 0xfbfc, 4),
];

const LAM: char = '\u{644}';
/// Second letters of the ligatures of lam and alef, with the first of the two forms.
const ALEFS: [(char, u32); 4] = [('\u{622}', 0xfef5), ('\u{623}', 0xfef7), ('\u{625}', 0xfef9), ('\u{627}', 0xfefb)];

/// Brackets that face the other way where text runs from right to left.
const MIRRORED: [(char, char); 5] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»')];

/// A letter at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    /// The form that is drawn.
    pub letter: char,
    /// Where the pen is put down, in ems from the text's left end.
    pub pen: f64,
}

/// A text in the order of the page.
pub(super) struct Line {
    pub letters: Vec<Placed>,
    /// In ems.
    pub width: f64,
    /// Whether the text as a whole runs from right to left.
    pub leftward: bool,
}

/// Whether each letter simply follows the one before it.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c < '\u{300}' && c != '\u{ad}')
}

/// Whether some letters run from right to left.
pub(super) fn has_leftward(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'))
}

/// Signs that are never drawn: joiners, direction marks, variation selectors.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// The letters of a text in the order of the page.
pub(super) fn shape(text: &str, glyphs: &Glyphs) -> Line {
    if is_plain(text) {
        return line(text.chars().map(|c| vec![c]), glyphs, false);
    }
    let joined = joined(text);
    let is_mark = |c: char| glyphs.known(c).is_some_and(|glyph| glyph.advance == 0.0);
    let info = ParagraphBidiInfo::new(&joined, None);
    let (levels, runs) = info.visual_runs(0..joined.len());
    let mut clusters: Vec<Vec<char>> = Vec::new();
    for run in runs {
        let leftward = levels.get(run.start).is_some_and(Level::is_rtl);
        let mut inside: Vec<Vec<char>> = Vec::new();
        for c in joined[run].chars().filter(|c| !is_invisible(*c)) {
            match inside.last_mut() {
                Some(cluster) if is_mark(c) => cluster.push(c),
                _ => inside.push(vec![if leftward { mirror(c) } else { c }]),
            }
        }
        if leftward {
            inside.reverse();
        }
        clusters.append(&mut inside);
    }
    line(clusters.into_iter(), glyphs, info.paragraph_level.is_rtl())
}

/// Lays letters with their marks one after the other.
fn line(clusters: impl Iterator<Item = Vec<char>>, glyphs: &Glyphs, leftward: bool) -> Line {
    let (mut letters, mut pen) = (Vec::new(), 0.0);
    for cluster in clusters {
        let first = glyphs.of(cluster[0]);
        // A mark without a letter stands alone.
        let alone = first.advance == 0.0;
        letters.push(Placed { letter: cluster[0], pen: if alone { pen - first.bearing } else { pen } });
        let wide = if alone { first.ink } else { first.advance };
        for &mark in &cluster[1..] {
            let Glyph { bearing, ink, .. } = glyphs.of(mark);
            letters.push(Placed { letter: mark, pen: pen + 0.5 * (wide - ink) - bearing });
        }
        pen += wide;
    }
    Line { letters, width: pen, leftward }
}

fn mirror(c: char) -> char {
    let pair = MIRRORED.iter().find(|(a, b)| *a == c || *b == c);
    pair.map_or(c, |(a, b)| if *a == c { *b } else { *a })
}

fn forms(c: char) -> Option<(u32, u8)> {
    FORMS.iter().find(|(letter, ..)| *letter == c).map(|(_, first, count)| (*first, *count))
}

/// Whether a letter joins to the one after it: letters of four forms, the stroke that lengthens words, the joiner.
fn joins_on(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{200d}') || forms(c).is_some_and(|(_, count)| count == 4)
}

/// Whether a letter joins to the one before it.
fn joins_back(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{200d}') || forms(c).is_some_and(|(_, count)| count >= 2)
}

/// Marks over and under Arabic letters, through which these join.
fn is_vowel(c: char) -> bool {
    matches!(c, '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}')
}

/// The text with each Arabic letter in the form that its neighbours ask for.
fn joined(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let before = |n: usize| letters[..n].iter().rev().copied().find(|c| !is_vowel(*c));
    let after = |n: usize| (n + 1..letters.len()).find(|m| !is_vowel(letters[*m]));
    let mut out = String::with_capacity(text.len());
    let mut taken = None;
    for (n, &letter) in letters.iter().enumerate() {
        if taken == Some(n) {
            continue;
        }
        let Some((first, count)) = forms(letter) else {
            out.push(letter);
            continue;
        };
        let back = count >= 2 && before(n).is_some_and(joins_on);
        let alef = after(n).and_then(|m| Some((m, ALEFS.iter().find(|(alef, _)| *alef == letters[m])?.1)));
        let form = match alef.filter(|_| letter == LAM) {
            Some((m, ligature)) => {
                taken = Some(m);
                ligature + u32::from(back)
            }
            None => {
                let on = count == 4 && after(n).is_some_and(|m| joins_back(letters[m]));
                first + u32::from(back) + 2 * u32::from(on)
            }
        };
        out.push(char::from_u32(form).unwrap_or(letter));
    }
    out
}

/// The letters for which a drawn form stands.
pub(super) fn typed(form: char) -> String {
    let code = u32::from(form);
    if let Some((alef, _)) = ALEFS.iter().find(|(_, first)| (*first..first + 2).contains(&code)) {
        return [LAM, *alef].iter().collect();
    }
    let letter = FORMS.iter().find(|(_, first, count)| (*first..first + u32::from(*count)).contains(&code));
    letter.map_or(form, |(letter, ..)| *letter).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::font;

    fn drawn(text: &str) -> String {
        shape(text, font::glyphs(false)).letters.iter().map(|l| l.letter).collect()
    }

    #[test]
    fn hebrew_runs_from_right_to_left_with_numbers_and_latin_words_the_other_way() {
        // By fribidi: `echo … | fribidi --nopad`.
        assert_eq!(drawn("שלום"), "םולש");
        assert_eq!(drawn("שלום 123"), "123 םולש");
        assert_eq!(drawn("שלום (abc) 12"), "12 (abc) םולש");
        assert_eq!(drawn("network שפה, r"), "network הפש, r");
        assert!(shape("שלום", font::glyphs(false)).leftward && !shape("a שלום", font::glyphs(false)).leftward);
    }

    #[test]
    fn arabic_letters_have_the_forms_that_their_neighbours_ask_for() {
        // By libraqm with DejaVu Sans, whose glyphs have the forms' names: see tests/reference/figure/right_to_left.py.
        assert_eq!(joined("سلام"), "\u{feb3}\u{fefc}\u{fee1}");
        assert_eq!(joined("شبكة"), "\u{feb7}\u{fe92}\u{fedc}\u{fe94}");
        assert_eq!(joined("لغة"), "\u{fedf}\u{fed0}\u{fe94}");
        assert_eq!(joined("دار"), "\u{fea9}\u{fe8d}\u{fead}");
        assert_eq!(drawn("لغة"), "\u{fe94}\u{fed0}\u{fedf}");
        // Vowel signs do not part letters.
        assert_eq!(joined("بَب"), "\u{fe91}\u{64e}\u{fe90}");
    }

    #[test]
    fn a_form_is_found_as_the_letters_that_were_typed() {
        assert_eq!(typed('\u{fefc}'), "لا");
        assert_eq!(typed('\u{feb3}'), "س");
        assert_eq!(typed('a'), "a");
        for (letter, first, count) in FORMS {
            for form in first..first + u32::from(count) {
                let form = char::from_u32(form).unwrap();
                assert_eq!(typed(form), letter.to_string());
                assert!(font::glyphs(false).known(form).is_some() && font::glyphs(true).known(form).is_some());
            }
        }
    }

    #[test]
    fn marks_and_joiners_take_no_room_and_marks_stand_over_their_letter() {
        let glyphs = font::glyphs(false);
        let line = shape("x\u{301}\u{200d}y", glyphs);
        assert!((line.width - glyphs.width("xy")).abs() < 1e-9);
        let mark = glyphs.of('\u{301}');
        let middle = line.letters[1].pen + mark.bearing + 0.5 * mark.ink;
        assert!((middle - 0.5 * glyphs.of('x').advance).abs() < 1e-9, "{middle}");
        // A mark without a letter stays inside the text.
        let alone = shape("\u{301}", glyphs);
        assert!(alone.width > 0.0 && alone.letters[0].pen + mark.bearing >= 0.0);
    }
}
