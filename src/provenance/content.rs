//! Arrays known by their content.

use super::Provenance;
use crate::hex::hex;
use crate::linalg::in_pool;
use crate::store::{Number, bytes};
use ndarray::{ArrayBase, Data, Dimension};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// Numbers of a piece: pieces are digested at the same time, and the digest of all is that of their digests.
const PIECE: usize = 1 << 18;

/// What values are, part after part.
pub(crate) struct Content(Sha256);

impl Content {
    pub(crate) fn new() -> Content {
        Content(Sha256::new())
    }

    /// Numbers in a row.
    pub(crate) fn slice<T: Number + Sync>(mut self, values: &[T]) -> Content {
        self.0.update((values.len() as u64).to_le_bytes());
        let digest = |piece: &[T]| Sha256::digest(bytes(piece));
        match values.len() > PIECE {
            true => {
                let pieces: Vec<_> = in_pool(|| values.par_chunks(PIECE).map(digest).collect());
                pieces.iter().for_each(|piece| self.0.update(piece));
            }
            false => self.0.update(digest(values)),
        }
        self
    }

    /// An array, row after row, and its shape.
    pub(crate) fn array<T, S, D>(mut self, values: &ArrayBase<S, D>) -> Content
    where
        T: Number + Sync,
        S: Data<Elem = T>,
        D: Dimension,
    {
        values.shape().iter().for_each(|n| self.0.update((*n as u64).to_le_bytes()));
        let values = values.as_standard_layout();
        self.slice(values.as_slice().unwrap_or(&[]))
    }

    /// A text.
    pub(crate) fn text(mut self, text: &str) -> Content {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
        self
    }

    /// Texts, one after the other.
    pub(crate) fn texts<'a>(self, texts: impl IntoIterator<Item = &'a String>) -> Content {
        texts.into_iter().fold(self, |content, text| content.text(text))
    }

    /// The values that were given, as a step.
    pub(crate) fn given(self, what: &str) -> Provenance {
        Provenance::content(what, &self.digest())
    }

    /// Their digest.
    pub(crate) fn digest(self) -> String {
        hex(self.0)
    }
}

/// The digest of bytes that are at hand.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn an_array_is_known_by_its_numbers_and_its_shape() {
        let key = |content: Content| content.given("values").key().to_owned();
        let (flat, tall) = (array![[1f32, 2.0, 3.0, 4.0]], array![[1f32], [2.0], [3.0], [4.0]]);
        assert_ne!(key(Content::new().array(&flat)), key(Content::new().array(&tall)));
        // The order in memory is no part of it.
        let square = array![[1f32, 2.0], [3.0, 4.0]];
        let turned = array![[1f32, 3.0], [2.0, 4.0]].reversed_axes();
        assert_eq!(key(Content::new().array(&square)), key(Content::new().array(&turned)));
        let mut large = Array2::<f32>::zeros((3, PIECE));
        let before = key(Content::new().array(&large));
        large[[2, PIECE - 1]] = 1.0;
        assert_ne!(before, key(Content::new().array(&large)));
    }
}
