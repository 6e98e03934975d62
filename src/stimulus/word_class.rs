//! Of which class English words are.

use super::frequency::plain;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

/// A line for each class, with its words (assets/words/README.md has source and licence).
static TABLE: &str = include_str!("../../assets/words/classes.tsv");

/// The class of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordClass {
    /// Articles, pronouns, prepositions, conjunctions, auxiliaries, question words.
    Function,
    /// Nouns.
    Noun,
    /// Verbs but auxiliaries.
    Verb,
    /// Adjectives.
    Adjective,
    /// Adverbs.
    Adverb,
}

impl WordClass {
    /// All classes. A function, as [`Site::all`](crate::model::Site::all) is.
    pub fn all() -> Vec<WordClass> {
        vec![WordClass::Function, WordClass::Noun, WordClass::Verb, WordClass::Adjective, WordClass::Adverb]
    }
}

impl fmt::Display for WordClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WordClass::Function => "function word",
            WordClass::Noun => "noun",
            WordClass::Verb => "verb",
            WordClass::Adjective => "adjective",
            WordClass::Adverb => "adverb",
        })
    }
}

/// The class in which an English word is used most; `None` for a word that is not in the table.
///
/// The table is made from WordNet 3.0 (Miller 1995, Commun ACM 38:39–41) and a list of function words. It knows words, not sentences: each word has
/// one class, inflected forms that of their lemma. Case, and punctuation around the word, do not matter.
///
/// ```
/// use neurocell::prelude::*;
/// assert_eq!(word_class("Houses,"), Some(WordClass::Noun));
/// assert_eq!(word_class("the"), Some(WordClass::Function));
/// assert_eq!(word_class("went"), Some(WordClass::Verb));
/// assert_eq!(word_class("Orren"), None);
/// ```
pub fn word_class(word: &str) -> Option<WordClass> {
    static WORDS: OnceLock<HashMap<&str, WordClass>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let lines = TABLE.lines().filter_map(|line| line.split_once('\t'));
        let classes = lines.filter_map(|(name, words)| {
            let class = match name {
                "function" => WordClass::Function,
                "noun" => WordClass::Noun,
                "verb" => WordClass::Verb,
                "adj" => WordClass::Adjective,
                "adv" => WordClass::Adverb,
                _ => return None,
            };
            Some(words.split(' ').map(move |word| (word, class)))
        });
        classes.flatten().collect()
    });
    words.get(plain(word).as_str()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_read_and_has_its_words() {
        for (class, words) in WordClass::all().into_iter().zip([
            ["a", "she", "under", "couldn't"],
            ["lighthouse", "children", "Water", "keeper"],
            ["walked", "told", "remember", "singing"],
            ["old", "quiet", "beautiful", "dark"],
            ["never", "quickly", "often", "almost"],
        ]) {
            for word in words {
                assert_eq!(word_class(word), Some(class), "{word}");
            }
        }
        assert_eq!(word_class("1985").or(word_class("—")).or(word_class("")), None);
    }
}
