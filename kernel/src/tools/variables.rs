//! Variables that a cell does not mention stay where they are.
//!
//! evcxr takes every variable of the session out of the store before a cell's code and puts it back after, so that a
//! cell's compilation would take longer with each variable. Lines about a variable whose name stands nowhere else in
//! the cell are blanked; every other line keeps its number.

use std::collections::HashSet;

/// How the lines about one variable go on, behind which its name stands.
const TAKES: &str = "evcxr_variable_store.take_variable::<";
const PUTS: &str = "evcxr_variable_store.put_variable::<";
const CHECKS: &str = "evcxr_variable_store.check_variable::<";
const NAME: &str = "(stringify!(";

/// The cell without the lines about variables that it does not mention.
pub fn mentioned_only(cell: &str) -> String {
    let lines: Vec<(&str, Option<&str>)> = cell.split('\n').map(|line| (line, variable_of(line))).collect();
    let code = lines.iter().filter(|(_, variable)| variable.is_none());
    let words: HashSet<&str> =
        code.flat_map(|(line, _)| line.split(|c: char| !c.is_alphanumeric() && c != '_')).collect();
    let kept = lines.iter().map(|(line, variable)| match variable {
        Some(name) if !words.contains(name) => "",
        _ => line,
    });
    kept.collect::<Vec<_>>().join("\n")
}

/// The variable that a line takes, puts back or checks, if it does nothing else.
fn variable_of(line: &str) -> Option<&str> {
    let (start, name) = line.rsplit_once(NAME)?;
    let (name, rest) = name.split_once(')')?;
    let bare = start.strip_prefix("let ").map(|rest| rest.strip_prefix("mut ").unwrap_or(rest));
    let takes =
        bare.and_then(|rest| rest.strip_prefix(name)?.strip_prefix(" = ")).is_some_and(|v| v.starts_with(TAKES));
    let checks = start.strip_prefix("vars_ok &= ").is_some_and(|rest| rest.starts_with(CHECKS));
    let is_written = match rest {
        ");" => takes || checks,
        rest => start.starts_with(PUTS) && rest.strip_prefix(", ").and_then(|r| r.strip_suffix(");")) == Some(name),
    };
    // A raw identifier is written with its mark, which is no letter.
    is_written.then_some(name.trim_start_matches("r#"))
}

#[cfg(test)]
mod tests {
    use super::{mentioned_only, variable_of};

    #[test]
    fn lines_about_unmentioned_variables_are_blanked() {
        let cell = "vars_ok &= evcxr_variable_store.check_variable::<Vec<u8>>(stringify!(a));\n\
            let a = evcxr_variable_store.take_variable::<Vec<u8>>(stringify!(a));\n\
            let mut b = evcxr_variable_store.take_variable::<u8>(stringify!(b));\n\
            let c = evcxr_variable_store.take_variable::<u8>(stringify!(c));\n\
            b += 1; println!(\"{c}\");\n\
            evcxr_variable_store.put_variable::<Vec<u8>>(stringify!(a), a);\n\
            evcxr_variable_store.put_variable::<u8>(stringify!(b), b);\n\
            evcxr_variable_store.put_variable::<u8>(stringify!(c), c);";
        let kept = mentioned_only(cell);
        assert_eq!(kept.lines().count(), cell.lines().count());
        assert!(!kept.contains("stringify!(a)"), "{kept}");
        assert_eq!(kept.matches("stringify!(b)").count(), 2);
        assert_eq!(kept.matches("stringify!(c)").count(), 2);
    }

    #[test]
    fn a_readers_own_line_is_about_no_variable() {
        assert_eq!(variable_of("let a = f(stringify!(a));"), None);
        assert_eq!(variable_of("evcxr_variable_store.put_variable::<u8>(stringify!(a), b);"), None);
        assert_eq!(variable_of("let b = evcxr_variable_store.take_variable::<u8>(stringify!(a));"), None);
        assert_eq!(variable_of("println!(\"x\");"), None);
    }
}
