//! Completions and documentation, as Jupyter asks for them: by characters, not bytes.

use super::cells::Task;
use crate::engine::{Completion, Execute};
use serde_json::{Map, Value, json};

/// The engine's answer to a question about code, as type and content.
pub fn answer(engine: &mut dyn Execute, task: &Task) -> (&'static str, Value) {
    match task {
        Task::Complete(code, cursor) => {
            let found = engine.complete(code, byte(code, *cursor));
            let (start, end) = (character(code, found.replaced.start), character(code, found.replaced.end));
            ("complete_reply", completions(&found.items, start, end))
        }
        Task::Inspect(code, cursor) => {
            let found = engine.inspect(code, byte(code, *cursor));
            let data = found.map(|found| json!({ "text/plain": found.plain, "text/markdown": found.markdown }));
            ("inspect_reply", inspection(data))
        }
        Task::Cell(_) => nothing(task),
    }
}

/// The answer where nothing is known.
pub fn nothing(task: &Task) -> (&'static str, Value) {
    match task {
        Task::Complete(code, cursor) => {
            let here = (*cursor).min(code.chars().count());
            ("complete_reply", completions(&[], here, here))
        }
        _ => ("inspect_reply", inspection(None)),
    }
}

fn completions(items: &[Completion], start: usize, end: usize) -> Value {
    let matches: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    let typed = |item: &Completion| json!({ "start": start, "end": end, "text": item.text, "type": item.kind, "signature": item.label });
    let types: Vec<Value> = items.iter().map(typed).collect();
    json!({
        "status": "ok",
        "matches": matches,
        "cursor_start": start,
        "cursor_end": end,
        "metadata": { "_jupyter_types_experimental": types },
    })
}

fn inspection(data: Option<Value>) -> Value {
    json!({
        "status": "ok",
        "found": data.is_some(),
        "data": data.unwrap_or(Value::Object(Map::new())),
        "metadata": {},
    })
}

/// The byte at which a character begins; the end for a place behind it.
fn byte(code: &str, character: usize) -> usize {
    code.char_indices().nth(character).map_or(code.len(), |(byte, _)| byte)
}

/// The number of characters before a byte.
fn character(code: &str, byte: usize) -> usize {
    code.char_indices().take_while(|(at, _)| *at < byte).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_characters() {
        let code = "é日x";
        for (place, at) in [(0, 0), (1, 2), (2, 5), (3, 6), (9, 6)] {
            assert_eq!(byte(code, place), at);
        }
        for (at, place) in [(0, 0), (2, 1), (5, 2), (6, 3), (7, 3)] {
            assert_eq!(character(code, at), place);
        }
    }
}
