//! The options of a step, as its options' type says them.

use super::{Provenance, digest_of};
use std::fmt::Debug;

/// Letters of a value that are kept as they are; of longer ones the beginning and a digest.
const LONGEST: usize = 300;
const BEGINNING: usize = 80;

impl Provenance {
    /// The step with every field of a plain struct as an option, but for those named: where a result is kept, say, decides nothing.
    pub(crate) fn options_of(&self, options: &dyn Debug, but: &[&str]) -> Provenance {
        let fields = fields(&format!("{options:?}"));
        let wanted = fields.into_iter().filter(|(name, _)| !but.contains(&name.as_str()));
        wanted.fold(self.clone(), |step, (name, value)| step.option(&name.replace('_', " "), shortened(value)))
    }
}

/// A value of many letters by its beginning and its digest.
fn shortened(value: String) -> String {
    match value.char_indices().nth(BEGINNING) {
        Some((end, _)) if value.chars().count() > LONGEST => {
            format!("{}… sha256 {}", &value[..end], digest_of(value.as_bytes()))
        }
        _ => value,
    }
}

/// Names and values of `Name { a: 1, b: [2, 3] }` or of the fields in `Name(…)`; a value without fields is one called as its type.
fn fields(text: &str) -> Vec<(String, String)> {
    let inside = text.split_once(" { ").and_then(|(name, rest)| Some((name, rest.strip_suffix(" }")?)));
    let Some((_, inside)) = inside.filter(|(name, _)| name.chars().all(char::is_alphanumeric)) else {
        return match text.split_once('(') {
            // One value in a wrapper, such as a method with its options.
            Some((name, rest)) if rest.ends_with(')') && rest.contains(" { ") => {
                let mut all = fields(&rest[..rest.len() - 1]);
                all.insert(0, ("method".to_owned(), name.to_owned()));
                all
            }
            _ => vec![("method".to_owned(), text.to_owned())],
        };
    };
    let (mut all, mut depth, mut quoted, mut escaped, mut start) = (Vec::new(), 0i32, false, false, 0);
    let mut take = |part: &str| {
        if let Some((name, value)) = part.trim().split_once(": ") {
            all.push((name.to_owned(), plain(value)));
        }
    };
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                take(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    take(&inside[start..]);
    all
}

/// A text without its quotes, an option without its wrapper.
fn plain(value: &str) -> String {
    let value = value.strip_prefix("Some(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(value);
    let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    text.unwrap_or(value).replace("None", "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[allow(dead_code)]
    struct Made {
        grid: Vec<f64>,
        word_column: String,
        pair: (usize, usize),
        most: Option<f64>,
        kind: Option<Kind>,
        place: &'static str,
    }

    #[derive(Debug)]
    #[allow(dead_code)]
    enum Kind {
        Wide { by: f64 },
        Of(Box<Made>),
    }

    #[test]
    fn every_field_is_an_option_of_its_own() {
        let made = Made {
            grid: vec![0.5, 1.0],
            word_column: "a, \"b\": {".to_owned(),
            pair: (3, 4),
            most: None,
            kind: Some(Kind::Wide { by: 2.0 }),
            place: "/x",
        };
        let step = Provenance::step("s").options_of(&made, &["place"]);
        let found: Vec<(&str, &str)> = step.options().iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            found,
            [
                ("grid", "[0.5, 1.0]"),
                ("kind", "Wide { by: 2.0 }"),
                ("most", "none"),
                ("pair", "(3, 4)"),
                ("word column", "a, \\\"b\\\": {"),
            ]
        );
        let wrapped = Provenance::step("s").options_of(&Kind::Of(Box::new(made)), &[]);
        assert_eq!((wrapped.options()["method"].as_str(), wrapped.options()["pair"].as_str()), ("Of", "(3, 4)"));
    }

    #[test]
    fn a_long_value_is_kept_by_its_digest() {
        let of = |last: f64| {
            let mut grid = vec![0.25; 100];
            grid[99] = last;
            Provenance::step("s").option("grid", shortened(format!("{grid:?}")))
        };
        assert!(of(1.0).options()["grid"].chars().count() < 200);
        assert_ne!(of(1.0), of(2.0));
    }
}
