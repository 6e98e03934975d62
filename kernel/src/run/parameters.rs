//! Parameters, as papermill has them: a cell tagged `parameters` holds defaults, and a cell after it sets other values.
//!
//! Source: papermill's documentation, "Parameterize". A notebook that was executed with parameters has a cell tagged
//! `injected-parameters`; a new one takes its place.

use super::kinds::Kind;
use nbformat::v4::{Cell, CellId, CellMetadata, Notebook};
use neurocell::error::{Error, ErrorKind, Result};
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{Edition, SourceFile};
use serde_json::Value;
use std::path::Path;

const DEFAULTS: &str = "parameters";
const INJECTED: &str = "injected-parameters";

/// A value for a parameter, as it was given.
pub type Given = (String, String);

/// Reads `name=value`.
///
/// # Errors
/// If there is no `=`, or no name before it.
pub fn parse(text: &str) -> std::result::Result<Given, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        _ => Err("a parameter is given as name=value, such as `-p subject=019`".to_owned()),
    }
}

/// Reads a file that holds one JSON object, name → value.
///
/// # Errors
/// If it cannot be read, or is no such object.
pub fn read_file(path: &Path) -> Result<Vec<Given>> {
    let advice = "give a file that holds one JSON object, such as {\"subject\": \"019\", \"components\": 64}";
    let text = std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, advice))?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(values)) => Ok(values.iter().map(|(name, value)| (name.clone(), json_text(value))).collect()),
        Ok(_) => Err(Error::format(path, "the parameters are no JSON object", advice)),
        Err(error) => Err(Error::format(path, format!("this is no JSON: {error}"), advice)),
    }
}

/// A JSON value as it would be given on the command line.
pub fn json_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}

/// Puts a cell that sets the given values after the parameters cell, or in place of one that did so before.
///
/// # Errors
/// If there is no parameters cell, or it does not have a name, or a value is not of its default's type.
pub fn inject(notebook: &mut Notebook, given: &[Given]) -> Result<()> {
    if given.is_empty() {
        return Ok(());
    }
    let Some(place) = notebook.cells.iter().position(|cell| is_tagged(cell, DEFAULTS)) else {
        return Err(Error::value(
            format!("`-p {}={}`: the notebook has no parameters cell", given[0].0, given[0].1),
            "put the defaults, such as `let subject = \"018\";`, into one code cell and give it the tag `parameters` (in JupyterLab: property inspector, Common Tools)",
        ));
    };
    let defaults = read_defaults(&notebook.cells[place].source().concat())?;
    let source = code(&defaults, given)?;
    let cell = Cell::Code {
        id: CellId::from(uuid::Uuid::new_v4()),
        metadata: CellMetadata { tags: Some(vec![INJECTED.to_owned()]), ..blank_metadata()? },
        execution_count: None,
        source: source.split_inclusive('\n').map(str::to_owned).collect(),
        outputs: Vec::new(),
    };
    match notebook.cells.iter().position(|cell| is_tagged(cell, INJECTED)) {
        Some(earlier) => notebook.cells[earlier] = cell,
        None => notebook.cells.insert(place + 1, cell),
    }
    Ok(())
}

fn blank_metadata() -> Result<CellMetadata> {
    serde_json::from_str("{}")
        .map_err(|e| Error::new(ErrorKind::Format, format!("a cell's metadata cannot be made: {e}"), "report this"))
}

fn is_tagged(cell: &Cell, tag: &str) -> bool {
    let tags = cell.metadata().tags.iter().flatten();
    matches!(cell, Cell::Code { .. }) && tags.into_iter().any(|found| found == tag)
}

/// A parameter with its default.
#[derive(Debug)]
struct Parameter {
    name: String,
    mutable: bool,
    written: Option<String>,
    value: String,
    kind: Option<Kind>,
}

/// The `let` statements of the parameters cell.
fn read_defaults(code: &str) -> Result<Vec<Parameter>> {
    let parsed = SourceFile::parse(&format!("fn cell() {{\n{code}\n}}"), Edition::Edition2024);
    if let Some(error) = parsed.errors().first() {
        return Err(Error::new(
            ErrorKind::Format,
            format!("the parameters cell is no Rust that could be read: {error}\n{code}"),
            "write one `let name = value;` for each parameter",
        ));
    }
    let body = parsed.tree().syntax().children().find_map(ast::Fn::cast).and_then(|cell| cell.body()?.stmt_list());
    let statements = body.into_iter().flat_map(|body| body.statements().collect::<Vec<_>>());
    let defaults = statements.filter_map(|statement| {
        let ast::Stmt::LetStmt(statement) = statement else { return None };
        let ast::Pat::IdentPat(pattern) = statement.pat()? else { return None };
        let value = statement.initializer()?;
        let written = statement.ty().map(|kind| kind.syntax().text().to_string());
        let kind = written.as_deref().map_or_else(|| Kind::of_value(&value), Kind::of_type);
        Some(Parameter {
            name: pattern.name()?.text().to_string(),
            mutable: pattern.mut_token().is_some(),
            written,
            value: value.syntax().text().to_string(),
            kind,
        })
    });
    Ok(defaults.collect())
}

/// The injected cell's code; of a name that is given twice the last value counts.
fn code(defaults: &[Parameter], given: &[Given]) -> Result<String> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (name, text) in given {
        let Some(default) = defaults.iter().find(|default| default.name == *name) else {
            let names: Vec<String> = defaults.iter().map(|default| default.name.clone()).collect();
            return Err(Error::unknown("parameter", name, &names));
        };
        lines.retain(|(earlier, _)| earlier != name);
        lines.push((name, line(default, text)?));
    }
    let lines: String = lines.into_iter().map(|(_, line)| line).collect();
    Ok(format!("// Parameters\n{}", lines.trim_end()))
}

fn line(default: &Parameter, text: &str) -> Result<String> {
    let Parameter { name, mutable, written, value, kind } = default;
    let Some(kind) = kind else {
        return Err(Error::value(
            format!("`-p {name}={text}`: the default of `{name}` is `{value}`, which is no plain value"),
            "parameters are numbers, text, true or false, and lists of them: give it such a default, and compute from it in the next cell",
        ));
    };
    let Some(new) = kind.value(text) else {
        let (wanted, example) = kind.wanted();
        return Err(Error::value(
            format!("`-p {name}={text}`: `{text}` is not {wanted}, as the default `{value}` of `{name}` is"),
            format!("for example `-p {name}={example}`"),
        ));
    };
    let kind = written.clone().or_else(|| kind.written()).map(|kind| format!(": {kind}")).unwrap_or_default();
    Ok(format!("let {}{name}{kind} = {new};\n", if *mutable { "mut " } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = "// which subject\nlet subject = \"018\";\nlet mut components: usize = 64;\nlet layers = vec![1, 2];\nlet cleaning = Cleaning::default();";

    fn inject_into(given: &[(&str, &str)]) -> Result<String> {
        let given: Vec<Given> = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        code(&read_defaults(CELL)?, &given)
    }

    #[test]
    fn values_take_the_types_of_the_defaults() {
        let code = inject_into(&[("subject", "019"), ("components", "128"), ("layers", "3,4")]).unwrap();
        assert_eq!(
            code,
            "// Parameters\nlet subject: &'static str = \"019\";\nlet mut components: usize = 128;\nlet layers: Vec<i32> = vec![3, 4];"
        );
    }

    #[test]
    fn of_a_name_given_twice_the_last_value_counts() {
        let code = inject_into(&[("subject", "019"), ("subject", "020")]).unwrap();
        assert_eq!(code, "// Parameters\nlet subject: &'static str = \"020\";");
    }

    fn notebook(tags: &str) -> Notebook {
        let text = format!(
            r#"{{ "nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [
                {{ "cell_type": "markdown", "id": "a", "metadata": {{}}, "source": [] }},
                {{ "cell_type": "code", "id": "b", "metadata": {{ "tags": [{tags}] }}, "execution_count": null, "outputs": [],
                   "source": ["let subject = \"018\";"] }},
                {{ "cell_type": "code", "id": "c", "metadata": {{}}, "execution_count": null, "outputs": [], "source": ["subject"] }}
            ] }}"#
        );
        match nbformat::parse_notebook(&text).unwrap() {
            nbformat::Notebook::V4(notebook) => notebook,
            _ => panic!("not of format 4"),
        }
    }

    #[test]
    fn a_second_run_replaces_the_values_of_the_first() {
        let mut made = notebook("\"parameters\"");
        for subject in ["019", "020"] {
            inject(&mut made, &[("subject".to_owned(), subject.to_owned())]).unwrap();
            assert_eq!(made.cells.len(), 4);
            assert!(is_tagged(&made.cells[2], INJECTED));
            assert!(made.cells[2].source().concat().contains(subject));
        }
        inject(&mut made, &[]).unwrap();
        assert!(made.cells[2].source().concat().contains("020"), "without values it stays as it is");
    }

    #[test]
    fn a_notebook_without_a_parameters_cell_is_told_how_to_get_one() {
        let error = inject(&mut notebook(""), &[("subject".to_owned(), "019".to_owned())]).unwrap_err().to_string();
        assert!(error.contains("no parameters cell") && error.contains("tag `parameters`"), "{error}");
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_near_one_and_the_list() {
        let error = inject_into(&[("subjekt", "019")]).unwrap_err().to_string();
        assert!(error.contains("did you mean `subject`?") && error.contains("components, layers"), "{error}");
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_both() {
        let error = inject_into(&[("components", "many")]).unwrap_err().to_string();
        for part in ["`many`", "usize", "`64`", "-p components=64"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        let error = inject_into(&[("cleaning", "strict")]).unwrap_err().to_string();
        assert!(error.contains("Cleaning::default()") && error.contains("no plain value"), "{error}");
    }

    #[test]
    fn a_parameter_has_a_name_and_a_value() {
        assert_eq!(parse("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        assert_eq!(parse("a=").unwrap(), ("a".to_owned(), String::new()));
        assert!(parse("a").is_err() && parse("=a").is_err());
    }

    #[test]
    fn a_cell_that_is_no_rust_is_named() {
        assert!(read_defaults("subject = '018'").unwrap_err().to_string().contains("parameters cell"));
    }
}
