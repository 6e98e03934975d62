//! What several outputs of a notebook need and only one of them holds: the viewer of brain maps, some 1.5 MB.

use neurocell::notebook::page_part;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Which cell of a notebook holds which part.
#[derive(Default)]
pub struct PageParts {
    /// By part; without a name where the front end does not say which cell it runs.
    holders: HashMap<String, Option<String>>,
    cell: Option<String>,
}

impl PageParts {
    /// A cell begins: what it showed before goes, and so has what deleted cells showed.
    pub fn begin(&mut self, cell: Option<&str>, deleted: &[&str]) {
        self.cell = cell.map(str::to_owned);
        self.holders.retain(|_, holder| match holder {
            Some(holder) => Some(&**holder) != cell && !deleted.contains(&&**holder),
            None => true,
        });
    }

    /// The running cell's outputs are cleared.
    pub fn clear(&mut self) {
        let cell = &self.cell;
        self.holders.retain(|_, holder| holder != cell);
    }

    /// Adds the part to an output's HTML if no cell holds it.
    pub fn complete(&mut self, part: Option<&str>, data: &mut Map<String, Value>) {
        let Some(part) = part.filter(|part| !self.holders.contains_key(*part)) else { return };
        if let Some(Value::String(html)) = data.get_mut("text/html") {
            html.push_str(page_part(part));
            self.holders.insert(part.to_owned(), self.cell.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whether an output that a cell shows gets the part.
    fn gets(parts: &mut PageParts) -> bool {
        let mut data = Map::from_iter([("text/html".to_owned(), json!("<p>a view</p>"))]);
        parts.complete(Some("viewer"), &mut data);
        let html = data["text/html"].as_str().unwrap_or_default();
        assert!(html.starts_with("<p>a view</p>"));
        html.len() > 1000
    }

    #[test]
    fn one_cell_holds_the_part_until_it_runs_again_or_is_deleted() {
        let mut parts = PageParts::default();
        parts.begin(Some("a"), &[]);
        assert!(gets(&mut parts) && !gets(&mut parts));
        parts.begin(Some("b"), &["c"]);
        assert!(!gets(&mut parts));
        parts.begin(Some("a"), &[]);
        assert!(gets(&mut parts));
        parts.begin(Some("b"), &["a"]);
        assert!(gets(&mut parts));
    }

    #[test]
    fn a_front_end_that_names_no_cells_gets_it_once() {
        let mut parts = PageParts::default();
        for first in [true, false] {
            parts.begin(None, &[]);
            assert_eq!(gets(&mut parts), first);
        }
        parts.begin(Some("a"), &[]);
        assert!(!gets(&mut parts));
    }

    #[test]
    fn cleared_outputs_hold_nothing_and_an_output_without_html_takes_nothing() {
        let mut parts = PageParts::default();
        parts.begin(Some("a"), &[]);
        let mut plain = Map::from_iter([("text/plain".to_owned(), json!("a view"))]);
        parts.complete(Some("viewer"), &mut plain);
        assert_eq!(plain["text/plain"], "a view");
        assert!(gets(&mut parts));
        parts.clear();
        assert!(gets(&mut parts));
    }
}
