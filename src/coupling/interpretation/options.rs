//! With what networks are compared, and how many words are listed.

use crate::brain::Networks;
use crate::coupling::MeaningOptions;

/// Options of [`interpret_with`](super::interpret_with).
#[derive(Clone, Debug, Default)]
pub struct InterpretOptions {
    /// The template networks; `None` (default) takes the seven of Yeo et al. 2011.
    pub template: Option<Networks>,
    /// How many neurons and words, and the q below which something counts.
    pub meaning: MeaningOptions,
}

impl InterpretOptions {
    /// The template networks.
    pub fn template(self, template: &Networks) -> InterpretOptions {
        InterpretOptions { template: Some(template.clone()), ..self }
    }

    /// How many neurons and words, and the q below which something counts.
    pub fn meaning(self, meaning: MeaningOptions) -> InterpretOptions {
        InterpretOptions { meaning, ..self }
    }
}
