//! Kinds of words: by class and by frequency.

use crate::stimulus::{RAREST, WordClass, word_class, word_frequency};
use std::fmt;

/// The band from which on words are one kind: Zipf 6 is one occurrence in a thousand words.
const COMMONEST: u8 = 6;

/// A kind of words. Each word is of two: one by its class, one by its frequency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordKind {
    /// Words of a class ([`word_class`]).
    Class(WordClass),
    /// Words that are not in the table of classes: names, interjections, numbers.
    NoClass,
    /// Words that are not in the table of frequencies: rarer than Zipf 3 (once in a million words), or names.
    Rare,
    /// Words of a Zipf value ([`word_frequency`]) from this number to the next; from 6 on all that are commoner.
    Zipf(u8),
}

impl WordKind {
    /// All kinds, classes first. A function, as [`Site::all`](crate::model::Site::all) is.
    pub fn all() -> Vec<WordKind> {
        let classes = WordClass::all().into_iter().map(WordKind::Class).chain([WordKind::NoClass, WordKind::Rare]);
        classes.chain((RAREST as u8..=COMMONEST).map(WordKind::Zipf)).collect()
    }

    /// The two kinds of a word.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// assert_eq!(WordKind::of("Houses,"), [WordKind::Class(WordClass::Noun), WordKind::Zipf(4)]);
    /// assert_eq!(WordKind::of("Orren"), [WordKind::NoClass, WordKind::Rare]);
    /// ```
    pub fn of(word: &str) -> [WordKind; 2] {
        let class = word_class(word).map_or(WordKind::NoClass, WordKind::Class);
        let frequency = match word_frequency(word) {
            Some(zipf) if zipf >= RAREST => WordKind::Zipf((zipf as u8).min(COMMONEST)),
            _ => WordKind::Rare,
        };
        [class, frequency]
    }
}

impl fmt::Display for WordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WordKind::Class(class) => write!(f, "{class}"),
            WordKind::NoClass => f.write_str("no class"),
            WordKind::Rare => write!(f, "rarer than Zipf {RAREST:.0}"),
            WordKind::Zipf(COMMONEST) => write!(f, "Zipf {COMMONEST} and more"),
            WordKind::Zipf(band) => write!(f, "Zipf {band} to {}", band + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_class_and_a_frequency_and_all_kinds_are_listed() {
        let all = WordKind::all();
        assert_eq!(all.len(), 11);
        for word in
            ["the", "lighthouse", "walked", "quiet", "never", "Orren", "—", "well-known", "1985", "harbour-keeper"]
        {
            let [class, frequency] = WordKind::of(word);
            assert!(matches!(class, WordKind::Class(_) | WordKind::NoClass) && all.contains(&class), "{word}");
            assert!(matches!(frequency, WordKind::Zipf(_) | WordKind::Rare) && all.contains(&frequency), "{word}");
        }
        assert_eq!(WordKind::of("the")[1], WordKind::Zipf(6));
        assert_eq!(WordKind::Zipf(6).to_string(), "Zipf 6 and more");
    }
}
