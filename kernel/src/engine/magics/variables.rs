//! `:vars`: the variables with their types, shapes and bytes.

use super::hidden;
use super::short::short;
use crate::engine::Execute;
use crate::size::human;
use std::fmt::Write;

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    name: String,
    kind: String,
    shape: String,
    bytes: String,
}

/// What stands where nothing is known.
const UNKNOWN: &str = "–";
const HEADINGS: [&str; 4] = ["name", "type", "shape", "bytes"];

/// Asks the engine for its variables, and the variables for their extent.
pub fn ask(engine: &mut dyn Execute) -> Vec<Variable> {
    let variables = engine.variables();
    let extents = if variables.is_empty() { Vec::new() } else { extents(engine, &variables) };
    let line = |(name, kind): (String, String)| {
        let extent = extents.iter().find(|(of, ..)| *of == name);
        let (shape, bytes) = match extent {
            Some((_, shape, bytes)) => (if shape.is_empty() { UNKNOWN } else { shape }.to_owned(), human(*bytes)),
            None => (UNKNOWN.to_owned(), UNKNOWN.to_owned()),
        };
        Variable { name, kind: short(&kind), shape, bytes }
    };
    variables.into_iter().map(line).collect()
}

/// Name, shape and bytes of each variable whose type knows them.
fn extents(engine: &mut dyn Execute, variables: &[(String, String)]) -> Vec<(String, String, u64)> {
    let mut code = "{ use neurocell::notebook::extent::{Known as _, Measured, Unknown as _};".to_owned();
    for (name, _) in variables {
        // `write!` to a String cannot fail.
        let _ = write!(
            code,
            "\nif let Some((shape, bytes)) = (&Measured(&{name})).measure() {{ println!(\"\\u{{1e}}{name}\\t{{shape}}\\t{{bytes}}\"); }}"
        );
    }
    code.push_str(" };");
    let (answers, _) = hidden::run(engine, &code);
    let parse = |line: &String| {
        let mut parts = line.split('\t').map(str::to_owned);
        Some((parts.next()?, parts.next()?, parts.next()?.parse().ok()?))
    };
    answers.iter().filter_map(parse).collect()
}

/// The table as aligned text.
pub fn plain(table: &[Variable]) -> String {
    if table.is_empty() {
        return "no variables yet".to_owned();
    }
    let rows: Vec<[&str; 4]> = std::iter::once(HEADINGS).chain(table.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |row: &[&str; 4]| {
        let [n, k, s, b] = widths;
        format!("{:<n$}  {:<k$}  {:<s$}  {:>b$}", row[0], row[1], row[2], row[3]).trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The table as HTML.
pub fn html(table: &[Variable]) -> String {
    if table.is_empty() {
        return String::new();
    }
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let row = |tag: &str, cells: [&str; 4]| {
        let cells = cells.map(|cell| format!("<{tag} style=\"text-align:left\">{}</{tag}>", escape(cell)));
        format!("<tr>{}</tr>", cells.concat())
    };
    let rows: String = table.iter().map(|variable| row("td", cells(variable))).collect();
    format!("<table>{}{rows}</table>", row("th", HEADINGS))
}

fn cells(variable: &Variable) -> [&str; 4] {
    [&variable.name, &variable.kind, &variable.shape, &variable.bytes]
}
