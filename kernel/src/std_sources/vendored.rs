//! Stand-ins for the types of `hashbrown` that the standard library's maps and sets are made from.
//!
//! No toolchain brings the sources of that crate, and with an unknown type inside, rust-analyzer knows no type of what
//! a `HashMap` gives. What is inside says nothing to a cell: a marker of the parameters is enough.

const MAP: &str = "mod base {
use core::marker::PhantomData;
pub struct HashMap<K, V, S, A>(PhantomData<(K, V, S, A)>);
pub struct Iter<'a, K, V>(PhantomData<&'a (K, V)>);
pub struct IterMut<'a, K, V>(PhantomData<&'a mut (K, V)>);
pub struct IntoIter<K, V, A>(PhantomData<(K, V, A)>);
pub struct Drain<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
pub struct ExtractIf<'a, K, V, F, A>(PhantomData<&'a mut (K, V, F, A)>);
pub struct RustcOccupiedEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
pub struct RustcVacantEntry<'a, K, V, A>(PhantomData<&'a mut (K, V, A)>);
pub enum RustcEntry<'a, K, V, A> { Occupied(RustcOccupiedEntry<'a, K, V, A>), Vacant(RustcVacantEntry<'a, K, V, A>) }
}";

const SET: &str = "mod base {
use core::marker::PhantomData;
pub struct HashSet<T, S, A>(PhantomData<(T, S, A)>);
pub struct Iter<'a, K>(PhantomData<&'a K>);
pub struct IntoIter<K, A>(PhantomData<(K, A)>);
pub struct Drain<'a, K, A>(PhantomData<&'a mut (K, A)>);
pub struct ExtractIf<'a, K, F, A>(PhantomData<&'a mut (K, F, A)>);
pub struct OccupiedEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
pub struct VacantEntry<'a, T, S, A>(PhantomData<&'a mut (T, S, A)>);
pub enum Entry<'a, T, S, A> { Occupied(OccupiedEntry<'a, T, S, A>), Vacant(VacantEntry<'a, T, S, A>) }
}";

/// The file's text with the stand-ins in the place of the import, if it is one that imports.
pub fn replaced(text: String) -> String {
    [("use hashbrown::hash_map as base;", MAP), ("use hashbrown::hash_set as base;", SET)].into_iter().fold(
        text,
        |text, (import, stand_in)| if text.contains(import) { text.replace(import, stand_in) } else { text },
    )
}
