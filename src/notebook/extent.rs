//! How large a value is: what the kernel's `:vars` says of each variable beside its name and type.
//!
//! A variable's type is known where it is asked, and few types are known here. So the question is written such that
//! method lookup chooses: [`Known`] for a type with an [`Extent`], else [`Unknown`].
//!
//! ```
//! use neurocell::notebook::extent::{Known as _, Measured, Unknown as _};
//! let (courses, anything) = (vec![0.5_f32; 300], std::time::Instant::now());
//! assert_eq!((&Measured(&courses)).measure(), Some(("300".to_owned(), 1200)));
//! assert_eq!((&Measured(&anything)).measure(), None);
//! ```

use crate::activation::{Activations, NeuronSeries};
use crate::brain::{BrainMap, Mask, Networks, SurfaceMap, VoxelSeries};
use crate::coupling::NetworkMatch;
use crate::encoding::{EncodingFit, Features, NoiseCeiling, RoiScores};
use crate::pattern::Patterns;
use crate::stimulus::{Stimulus, Word};
use ndarray::{ArrayBase, Data, Dimension};
use std::collections::{BTreeMap, HashMap};

/// A value that knows its shape and what it holds in memory.
pub trait Extent {
    /// Its lengths, such as `300 × 13824`; empty for a single value.
    fn shape(&self) -> String;

    /// The bytes of its numbers or elements; what elements own in turn is not followed, and clones that share their
    /// data each count it.
    fn bytes(&self) -> usize;
}

/// A variable of which `measure` is asked.
pub struct Measured<'a, T: ?Sized>(pub &'a T);

/// The answer for types with an [`Extent`].
pub trait Known {
    /// Shape and bytes.
    fn measure(&self) -> Option<(String, usize)>;
}

impl<T: Extent + ?Sized> Known for Measured<'_, T> {
    fn measure(&self) -> Option<(String, usize)> {
        Some((self.0.shape(), self.0.bytes()))
    }
}

/// The answer for all other types.
pub trait Unknown {
    /// Nothing is known.
    fn measure(&self) -> Option<(String, usize)> {
        None
    }
}

impl<T: ?Sized> Unknown for &Measured<'_, T> {}

fn times(lengths: &[usize]) -> String {
    lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

macro_rules! single_values {
    ($($kind:ty),*) => {$(
        impl Extent for $kind {
            fn shape(&self) -> String {
                String::new()
            }
            fn bytes(&self) -> usize {
                size_of::<$kind>()
            }
        }
    )*};
}

single_values!(bool, char, f32, f64, i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

impl Extent for str {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Extent for String {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        self.capacity()
    }
}

impl<T> Extent for [T] {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        size_of_val(self)
    }
}

impl<T, const N: usize> Extent for [T; N] {
    fn shape(&self) -> String {
        N.to_string()
    }
    fn bytes(&self) -> usize {
        size_of::<[T; N]>()
    }
}

impl<T> Extent for Vec<T> {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        self.capacity() * size_of::<T>()
    }
}

impl<T: Extent + ?Sized> Extent for &T {
    fn shape(&self) -> String {
        (**self).shape()
    }
    fn bytes(&self) -> usize {
        (**self).bytes()
    }
}

impl<K, V, S> Extent for HashMap<K, V, S> {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        self.capacity() * size_of::<(K, V)>()
    }
}

impl<K, V> Extent for BTreeMap<K, V> {
    fn shape(&self) -> String {
        self.len().to_string()
    }
    fn bytes(&self) -> usize {
        self.len() * size_of::<(K, V)>()
    }
}

impl<S: Data, D: Dimension> Extent for ArrayBase<S, D> {
    fn shape(&self) -> String {
        times(self.shape())
    }
    fn bytes(&self) -> usize {
        self.len() * size_of::<S::Elem>()
    }
}

/// Types of the project: what of them is the shape, and which arrays they hold.
macro_rules! results {
    ($($kind:ty: |$value:ident| $shape:expr, $bytes:expr;)*) => {$(
        impl Extent for $kind {
            fn shape(&self) -> String {
                let $value = self;
                times(&$shape)
            }
            fn bytes(&self) -> usize {
                let $value = self;
                $bytes
            }
        }
    )*};
}

results! {
    Activations: |a| a.values().shape(), a.values().bytes();
    NeuronSeries: |s| s.data().shape(), s.data().bytes();
    VoxelSeries: |s| s.data().shape(), s.data().bytes();
    Patterns: |p| [p.count(), p.courses().nrows()], p.courses().bytes() + p.loadings().bytes();
    BrainMap: |m| [m.values().len()], m.values().bytes();
    SurfaceMap: |m| [2, m.left().len()], m.left().bytes() + m.right().bytes();
    Mask: |m| m.shape(), m.voxels().bytes();
    Networks: |n| n.maps().shape(), n.maps().bytes();
    Features: |f| f.data().shape(), f.data().bytes();
    NoiseCeiling: |c| [c.r().len()], 2 * c.r().bytes();
    RoiScores: |s| s.values().shape(), s.values().bytes() + s.voxels().bytes();
    EncodingFit: |f| [f.dim().0, f.dim().1], f.bytes();
    NetworkMatch: |m| m.r().shape(), 5 * m.r().bytes();
}

impl Extent for Stimulus {
    fn shape(&self) -> String {
        self.words().len().to_string()
    }
    fn bytes(&self) -> usize {
        self.words().iter().map(|word| size_of::<Word>() + word.text.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr1};

    #[test]
    fn arrays_and_lists_say_their_lengths_and_bytes() {
        assert_eq!(Measured(&Array2::<f32>::zeros((300, 12))).measure(), Some(("300 × 12".to_owned(), 300 * 12 * 4)));
        assert_eq!(Measured(&arr1(&[1.0, 2.0])).measure(), Some(("2".to_owned(), 16)));
        assert_eq!(Measured(&[0_u8; 7]).measure(), Some(("7".to_owned(), 7)));
        assert_eq!(Measured(&"four").measure(), Some(("4".to_owned(), 4)));
        assert_eq!(Measured(&1.5_f64).measure(), Some((String::new(), 8)));
    }

    #[test]
    fn a_type_that_is_not_known_here_has_no_extent() {
        struct Mine;
        assert_eq!((&Measured(&Mine)).measure(), None);
        assert_eq!(Measured(&vec![Mine]).measure(), Some(("1".to_owned(), 0)));
    }
}
