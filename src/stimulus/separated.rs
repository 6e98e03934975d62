//! Rows of fields that a character separates: CSV (RFC 4180) and its form with tabs.

use crate::error::{Error, Result};
use std::path::Path;

/// One row, and the number of the line on which it begins.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) fields: Vec<String>,
}

/// A field as it is written: in quotes where it must be.
pub(super) fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// The rows of a text (either line ending, quoted fields over several lines); empty lines are passed over.
///
/// # Errors
/// With the line's number, if a quote is not closed, or something stands behind it.
pub(crate) fn rows(path: &Path, text: &str, separator: char) -> Result<Vec<Row>> {
    let reader = Reader { chars: text.chars().peekable(), separator, line: 1 };
    reader.rows().map_err(|(line, problem)| {
        let advice = "quote a field as \"…\", with \"\" for a quote inside";
        Error::format(path, format!("line {line}: {problem}"), advice)
    })
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
}

/// A line's number, and what is wrong there.
type Trouble = (usize, String);

impl Reader<'_> {
    fn rows(mut self) -> Result<Vec<Row>, Trouble> {
        let mut rows = Vec::new();
        let mut fields: Vec<String> = Vec::new();
        let mut field = String::new();
        let mut begun = 1;
        let mut was_quoted = false;
        loop {
            match self.chars.next() {
                Some('"') if field.is_empty() && !was_quoted => {
                    was_quoted = true;
                    field = self.quoted(begun)?;
                }
                Some(c) if c == self.separator => {
                    fields.push(std::mem::take(&mut field));
                    was_quoted = false;
                }
                Some('\r') if self.chars.peek() == Some(&'\n') => {}
                end @ (Some('\n') | None) => {
                    let blank = fields.is_empty() && field.trim().is_empty() && !was_quoted;
                    if !blank {
                        fields.push(std::mem::take(&mut field));
                        rows.push(Row { line: begun, fields: std::mem::take(&mut fields) });
                    }
                    field.clear();
                    was_quoted = false;
                    if end.is_none() {
                        return Ok(rows);
                    }
                    self.line += 1;
                    begun = self.line;
                }
                Some(c) if was_quoted => {
                    return Err((begun, format!("`{c}` stands between a closing quote and the end of its field")));
                }
                Some(c) => field.push(c),
            }
        }
    }

    /// What stands before the closing quote.
    fn quoted(&mut self, begun: usize) -> Result<String, Trouble> {
        let mut field = String::new();
        loop {
            match self.chars.next() {
                Some('"') if self.chars.peek() == Some(&'"') => {
                    self.chars.next();
                    field.push('"');
                }
                Some('"') => return Ok(field),
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    field.push(c);
                }
                None => return Err((begun, "a quote is not closed".to_owned())),
            }
        }
    }
}
