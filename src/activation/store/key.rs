//! The key under which values are kept: a digest of all that they depend on.

use crate::activation::Pooling;
use crate::hex::hex;
use crate::model::{Context, Site};
use crate::stimulus::Stimulus;
use sha2::{Digest, Sha256};

/// The version of this crate, and a digest of the sources on which values depend.
pub(crate) const CODE: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("NEUROCELL_VALUES"));

/// What the values depend on.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// The code that reads: [`CODE`].
    pub(crate) code: &'a str,
    /// The digest of weights, configuration and tokenizer.
    pub(crate) identity: &'a str,
    pub(crate) site: Site,
    pub(crate) stimulus: &'a Stimulus,
    pub(crate) context: Context,
    /// Tokens in a window.
    pub(crate) window: usize,
    pub(crate) pooling: Pooling,
}

impl Parts<'_> {
    /// SHA-256 in hexadecimal digits. Each part goes in with its length before it, so that no two lists of parts are one string of bytes.
    ///
    /// Of the stimulus, words, runs and times count, and its name does not.
    pub(crate) fn key(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        add(b"neurocell activations");
        add(self.code.as_bytes());
        add(self.identity.as_bytes());
        add(self.site.to_string().as_bytes());
        add(format!("{:?}, {}, {:?}", self.context, self.window, self.pooling).as_bytes());
        for word in self.stimulus.words() {
            add(word.text.as_bytes());
            add(&(word.run as u64).to_le_bytes());
            for time in [word.onset, word.offset] {
                match time {
                    Some(seconds) => add(&seconds.to_bits().to_le_bytes()),
                    None => add(&[]),
                }
            }
        }
        hex(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::{Timing, Word};

    fn stimulus(change: impl Fn(&mut Vec<Word>)) -> Stimulus {
        let word = |text: &str, run, onset| Word { text: text.to_owned(), run, onset, offset: onset };
        let mut words = vec![word("a", 0, Some(1.0)), word("bc", 0, Some(2.0)), word("d", 1, None)];
        change(&mut words);
        Stimulus::new("s", words, Timing::Measured).unwrap()
    }

    #[test]
    fn whatever_the_values_depend_on_changes_the_key() {
        let plain = stimulus(|_| ());
        let base = Parts {
            code: "1",
            identity: "i",
            site: Site::FfnOut,
            stimulus: &plain,
            context: Context::Windows,
            window: 40,
            pooling: Pooling::Mean,
        };
        let texts = [
            stimulus(|words| words[0].text.push('x')),
            // The same letters in other words.
            stimulus(|words| (words[0].text, words[1].text) = ("ab".into(), "c".into())),
            stimulus(|words| (words[1].onset, words[1].offset) = (Some(2.1), Some(2.1))),
            stimulus(|words| words[1].offset = Some(2.1)),
            stimulus(|words| (words[1].onset, words[1].offset) = (None, None)),
            stimulus(|words| words[2].run = 0),
            stimulus(|words| drop(words.pop())),
        ];
        let mut keys: Vec<String> = texts.iter().map(|stimulus| Parts { stimulus, ..base }.key()).collect();
        keys.push(base.key());
        keys.push(Parts { code: "2", ..base }.key());
        keys.push(Parts { identity: "j", ..base }.key());
        keys.push(Parts { site: Site::FfnHidden, ..base }.key());
        keys.push(Parts { context: Context::Sentences, ..base }.key());
        keys.push(Parts { context: Context::incremental(7), ..base }.key());
        keys.push(Parts { context: Context::Incremental { context: 7, stride: 2 }, ..base }.key());
        keys.push(Parts { window: 39, ..base }.key());
        keys.push(Parts { pooling: Pooling::Last, ..base }.key());
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn the_name_of_a_stimulus_is_not_part_of_the_key() {
        let one = stimulus(|_| ());
        let other = Stimulus::new("another name", one.words().to_vec(), Timing::Made).unwrap();
        let key = |stimulus: &Stimulus| {
            let (context, window, pooling) = (Context::Windows, 40, Pooling::Mean);
            Parts { code: "1", identity: "i", site: Site::FfnOut, stimulus, context, window, pooling }.key()
        };
        assert_eq!(key(&one), key(&other));
    }
}
