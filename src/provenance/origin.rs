//! Where a value keeps what made it.

use super::Provenance;
use std::sync::{Arc, OnceLock};

/// What made a value: known from the start where a step of this crate made it, else found from the content when somebody asks.
///
/// Clones share what was found. Whoever makes a value of another by changing it gives it an origin of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin(Arc<OnceLock<Provenance>>);

impl Origin {
    /// Values that were given: their content says what they are.
    pub(crate) fn given() -> Origin {
        Origin::default()
    }

    /// What made it; `content` finds the digest of values that were given, and is asked once.
    pub(crate) fn or(&self, content: impl FnOnce() -> Provenance) -> Provenance {
        self.0.get_or_init(content).clone()
    }
}

impl From<Provenance> for Origin {
    fn from(made: Provenance) -> Origin {
        Origin(Arc::new(OnceLock::from(made)))
    }
}

/// Equal values are equal wherever they came from.
impl PartialEq for Origin {
    fn eq(&self, _: &Origin) -> bool {
        true
    }
}

impl Eq for Origin {}
