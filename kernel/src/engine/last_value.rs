//! The value of a cell's last expression, asked for in the cell itself.
//!
//! Left to itself, evcxr tries `(expression).evcxr_display()` and falls back to `Debug` on *any* error on those lines,
//! also on one that it then repairs: a figure made from the cell's own new variables would appear as text. So the call
//! is written into the cell before evcxr sees it, where nothing replaces it.

use ra_ap_syntax::ast::{self, AstNode, Expr, HasAttrs};
use ra_ap_syntax::{Edition, SourceFile};

const OPEN: &str = "(";
const CALL: &str = ").evcxr_display();";
const HEAD: &str = "fn cell() {\n";

/// A cell's code as evcxr is to see it, and where it differs from what was typed.
pub struct Asked {
    pub code: String,
    typed: String,
    /// The call's place in what was typed: where its expression begins and where it ends.
    call: Option<(Place, Place)>,
}

/// Line and column, both from 1, the column in characters.
type Place = (usize, usize);

impl Asked {
    /// A line as it was typed.
    pub fn line(&self, line: usize) -> Option<&str> {
        self.typed.lines().nth(line.checked_sub(1)?)
    }

    /// The column in what was typed, from the one that the compiler gives.
    pub fn column(&self, line: usize, column: usize) -> usize {
        match self.call {
            Some(((l, c), _)) if l == line && column > c => column - OPEN.len(),
            _ => column,
        }
    }

    /// Whether the compiler speaks of the call itself, which the reader has not typed.
    pub fn is_call(&self, line: usize, column: usize) -> bool {
        self.call.is_some_and(|(_, (l, c))| l == line && self.column(line, column) == c + 2)
    }

    /// Where the expression to be shown begins.
    pub fn expression(&self) -> Option<Place> {
        self.call.map(|(start, _)| start)
    }
}

/// Writes the call that shows the last expression; code that has none, or that does not parse, stays as it is.
pub fn ask(code: &str) -> Asked {
    let typed = code.to_owned();
    let Some((start, end)) = last_expression(code) else {
        return Asked { code: code.to_owned(), typed, call: None };
    };
    let (before, expression, after) = (&code[..start], &code[start..end], &code[end..]);
    let call = Some((place(code, start), place(code, end)));
    Asked { code: format!("{before}{OPEN}{expression}{CALL}{after}"), typed, call }
}

fn place(code: &str, at: usize) -> Place {
    let before = &code[..at];
    (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

/// Where the last expression begins and ends, if it is one that has a value to show.
fn last_expression(code: &str) -> Option<(usize, usize)> {
    let parsed = SourceFile::parse(&format!("{HEAD}{code}\n}}"), Edition::Edition2024);
    if !parsed.errors().is_empty() {
        return None;
    }
    let cell = parsed.tree().syntax().children().find_map(ast::Fn::cast)?;
    let last = cell.body()?.stmt_list()?.tail_expr()?;
    let silent = matches!(
        last,
        Expr::ForExpr(_)
            | Expr::WhileExpr(_)
            | Expr::LoopExpr(_)
            | Expr::ReturnExpr(_)
            | Expr::BreakExpr(_)
            | Expr::ContinueExpr(_)
    );
    if silent || last.attrs().next().is_some() {
        return None;
    }
    let range = last.syntax().text_range();
    let place = |at: u32| (at as usize).checked_sub(HEAD.len());
    Some((place(range.start().into())?, place(range.end().into())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_value_is_asked_to_show_itself() {
        assert_eq!(ask("1 + 1").code, "(1 + 1).evcxr_display();");
        assert_eq!(ask("let a = 1;\na // one\n").code, "let a = 1;\n(a).evcxr_display(); // one\n");
        assert_eq!(ask("f(\n  x,\n)?").code, "(f(\n  x,\n)?).evcxr_display();");
    }

    #[test]
    fn what_has_no_value_or_does_not_parse_stays() {
        for code in ["", "let a = 1;", "for _ in 0..2 {}", "fn f() {}", ":vars", "1 +", "return;", "use std::fs;", "}"]
        {
            assert_eq!(ask(code).code, code);
        }
    }

    #[test]
    fn columns_are_those_of_the_typed_line() {
        let asked = ask("let a = 1;\n  b + c");
        assert_eq!(asked.column(2, 4), 3);
        assert_eq!(asked.column(2, 2), 2);
        assert_eq!(asked.column(1, 9), 9);
        assert_eq!(ask("let a = b;").column(1, 9), 9);
        // `(s).evcxr_display()`: the compiler's mark lies on the method's name, column 5.
        assert!(ask("s").is_call(1, 5));
        assert!(!ask("s.evcxr()").is_call(1, 4));
    }
}
