pub use neurocell::*;
