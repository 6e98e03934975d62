//! What the session knows of names: completions, documentation, variables.

use super::{Completion, Completions, Inspection};
use evcxr::CommandContext;

/// What may stand at the byte `cursor`; nothing where rust-analyzer has no answer.
pub fn complete(context: &mut CommandContext, code: &str, cursor: usize) -> Completions {
    let nothing = Completions { replaced: cursor..cursor, items: Vec::new() };
    if !code.is_char_boundary(cursor) {
        return nothing;
    }
    let Ok(found) = context.completions(code, cursor) else { return nothing };
    let items = found.completions.into_iter();
    let items = items.map(|c| Completion { text: c.code, kind: c.kind.to_owned(), label: c.label }).collect();
    Completions { replaced: found.start_offset..found.end_offset, items }
}

/// What is known of the name at or before the byte `cursor`.
pub fn inspect(context: &mut CommandContext, code: &str, cursor: usize) -> Option<Inspection> {
    let _ = (context, code, cursor);
    None
}

/// The session's variables and their types, by name.
pub fn variables(context: &CommandContext) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> =
        context.variables_and_types().map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    variables.sort();
    variables
}
