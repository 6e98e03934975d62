//! The key under which a fit is kept: a digest of all that it depends on.

use crate::encoding::{Fold, Folds, Ridge, Sharing};
use crate::hex::hex;
use crate::store::bytes;
use ndarray::Array2;
use sha2::{Digest, Sha256};

/// The version of this crate, and a digest of the sources on which fits depend.
pub(crate) const CODE: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("NEUROCELL_FITS"));

/// What a fit depends on.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// The code that fits: [`CODE`].
    pub(crate) code: &'a str,
    /// Time × regressor, as they are given.
    pub(crate) courses: &'a Array2<f32>,
    /// The digest of voxels, mask, clock and censored volumes.
    pub(crate) targets: &'a str,
    /// The folds that are used.
    pub(crate) folds: &'a Folds,
    pub(crate) ridge: &'a Ridge,
}

impl Parts<'_> {
    /// SHA-256 in hexadecimal digits. Each part goes in with its length before it, so that no two lists of parts are one string of bytes.
    ///
    /// Names do not count, nor where the fit is to be kept.
    pub(crate) fn key(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        };
        let rows = |rows: &[usize]| -> Vec<u8> { rows.iter().flat_map(|row| (*row as u64).to_le_bytes()).collect() };
        add(b"neurocell encodings");
        add(self.code.as_bytes());
        add(self.targets.as_bytes());
        add(&(self.courses.ncols() as u64).to_le_bytes());
        add(bytes(self.courses.as_standard_layout().as_slice().unwrap_or(&[])));
        add(bytes(&self.ridge.alphas));
        add(&rows(&self.ridge.delays));
        add(format!("{:?}, {:?}", self.ridge.components, self.ridge.solver).as_bytes());
        match &self.ridge.sharing {
            Sharing::None => add(b"none"),
            Sharing::All => add(b"all"),
            Sharing::Groups(groups) => add(&rows(groups)),
        }
        let mut fold = |fold: &Fold| [fold.train(), fold.test()].iter().for_each(|part| add(&rows(part)));
        for n in 0..self.folds.count() {
            fold(self.folds.fold(n));
            self.folds.inside(n).iter().for_each(&mut fold);
        }
        hex(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use ndarray::array;

    #[test]
    fn whatever_a_fit_depends_on_changes_the_key_and_where_it_is_kept_does_not() {
        let folds = Folds::runs(&Clock::new(1.0, &[30, 30, 30]).unwrap()).unwrap();
        let other_folds = Folds::blocks(&Clock::new(1.0, &[30, 30, 30]).unwrap(), 5, 5.0).unwrap();
        let (courses, other, turned) = (array![[1.0, 2.0]], array![[1.0, 2.5]], array![[1.0], [2.0]]);
        let plain = Ridge::default();
        let base = Parts { code: "1", courses: &courses, targets: "t", folds: &folds, ridge: &plain };
        let ridges = [
            Ridge::default().alphas(&[1.0, 10.0]),
            Ridge::default().delays(&[1, 2]),
            Ridge::default().components(3),
            Ridge::default().shared_alpha(),
            Ridge::default().alpha_by_group(&[0, 0, 1]),
            Ridge::default().solver(crate::encoding::Solver::PerAlpha),
        ];
        let mut keys: Vec<String> = ridges.iter().map(|ridge| Parts { ridge, ..base }.key()).collect();
        keys.push(base.key());
        keys.push(Parts { code: "2", ..base }.key());
        keys.push(Parts { courses: &other, ..base }.key());
        keys.push(Parts { courses: &turned, ..base }.key());
        keys.push(Parts { targets: "u", ..base }.key());
        keys.push(Parts { folds: &other_folds, ..base }.key());
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(Parts { ridge: &Ridge::default().stored(), ..base }.key(), base.key());
    }
}
