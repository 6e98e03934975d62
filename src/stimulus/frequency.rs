//! How frequent English words are.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A line for each Zipf value, with the words that have it (assets/words/README.md has source and licence).
static TABLE: &str = include_str!("../../assets/words/english.tsv");

/// The value below which a word is not in the table of [`word_frequency`]: a Zipf value of 3, one occurrence in a million words.
pub(crate) const RAREST: f32 = 3.0;

/// How frequent an English word is, as its Zipf value: log₁₀ of its occurrences in a billion words (van Heuven et al. 2014, Q J Exp
/// Psychol 67). "the" has 7.73, a word that occurs once in a million words 3; `None` for a word that is rarer, or none.
///
/// The table is the small English list of wordfreq 3.1.1 (Speer 2022, doi 10.5281/zenodo.7199437; CC BY-SA 4.0), 28,565 words from books,
/// subtitles, the web, Wikipedia and Twitter. Case, and punctuation around the word, do not matter. What is not in the table and has several parts
/// ("well-known") has the frequency f of 1/f = Σ 1/fᵢ over its parts, as in wordfreq. Numbers of several digits are not in the table.
///
/// ```
/// use neurocell::prelude::*;
/// assert_eq!(word_frequency("The"), Some(7.73));
/// assert_eq!(word_frequency("“Lighthouse,”"), word_frequency("lighthouse"));
/// assert_eq!(word_frequency("Orren"), None);
/// ```
pub fn word_frequency(word: &str) -> Option<f32> {
    let plain = plain(word);
    if let Some(zipf) = table().get(plain.as_str()) {
        return Some(*zipf);
    }
    let inside = |letter: char| letter.is_alphanumeric() || letter == '\'' || letter == '.';
    let parts = plain.split(|letter| !inside(letter)).map(|part| part.trim_matches(['\'', '.']));
    let mut rarity = 0.0;
    for part in parts.filter(|part| !part.is_empty()) {
        rarity += 10f64.powf(-f64::from(*table().get(part)?));
    }
    // To the table's two decimals.
    (rarity > 0.0).then(|| (-100.0 * rarity.log10()).round() as f32 / 100.0)
}

/// A word as the tables have it: lower case, without punctuation around it.
pub(crate) fn plain(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    lower.trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned()
}

fn table() -> &'static HashMap<&'static str, f32> {
    static WORDS: OnceLock<HashMap<&str, f32>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let lines = TABLE.lines().filter_map(|line| line.split_once('\t'));
        let valued = lines.filter_map(|(zipf, words)| Some((zipf.parse::<f32>().ok()?, words)));
        valued.flat_map(|(zipf, words)| words.split(' ').map(move |word| (word, zipf))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        assert_eq!(table().len(), 28_565);
        let (rarest, commonest) = table().values().fold((9.0f32, 0.0f32), |(l, h), v| (l.min(*v), h.max(*v)));
        assert!(rarest > RAREST && commonest == 7.73, "{rarest} {commonest}");
    }

    #[test]
    fn what_is_no_word_has_no_frequency() {
        for text in ["", "—", "...", "'", "1985", "well-orren", "-"] {
            assert_eq!(word_frequency(text), None, "{text}");
        }
    }
}
