//! The head of a cell: its first lines as far as they begin with `:`, are blank or are comments.

use super::list::{self, Known, Magic};
use neurocell::Error;

/// A cell, parted into what is done here and what the engine gets.
#[derive(Debug)]
pub struct Cell {
    /// The magics in their order, each with what stands behind its name.
    pub magics: Vec<(Magic, String)>,
    /// The code with each magic blanked, so that every other character keeps its line and column.
    pub code: String,
    /// Where a whole line was blanked behind the last command: a statement may stand there.
    pub free_line: Option<usize>,
}

/// Reads the head of a cell.
///
/// # Errors
/// If a line there names no magic of this kernel and no command of evcxr, or if a magic stands below the cell's code.
pub fn read(code: &str) -> Result<Cell, Error> {
    let mut cell = Cell { magics: Vec::new(), code: String::with_capacity(code.len()), free_line: None };
    let mut lines = code.split_inclusive('\n').enumerate();
    for (number, line) in lines.by_ref() {
        let Some(call) = Call::of(line) else {
            cell.code.push_str(line);
            if passes(line) {
                continue;
            }
            break;
        };
        match list::find(call.name)? {
            // The timed code may stand on the magic's own line.
            Known::Here(Magic::Time) if !call.rest.is_empty() => {
                let (before, after) = line.split_at(call.rest_starts_at);
                cell.magics.push((Magic::Time, String::new()));
                cell.code.push_str(&blank(before));
                cell.code.push_str(after);
                break;
            }
            Known::Here(magic) => {
                cell.magics.push((magic, call.rest.to_owned()));
                cell.code.push_str(&blank(line));
                cell.free_line = Some(number);
            }
            Known::Evcxr => {
                cell.code.push_str(line);
                cell.free_line = None;
            }
        }
    }
    for (_, line) in lines {
        if let Some(call) = Call::of(line)
            && let Ok(Known::Here(_)) = list::find(call.name)
            && !crate::complete::is_open(&cell.code)
        {
            return Err(Error::value(
                format!("`:{}` stands below code", call.name),
                "write it above the code, or into a cell of its own",
            ));
        }
        cell.code.push_str(line);
    }
    Ok(cell)
}

impl Cell {
    /// Whether nothing is left for the engine.
    pub fn is_done(&self) -> bool {
        self.code.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("//"))
    }
}

/// Lines that may stand above a command.
fn passes(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with("//") || line.starts_with('!')
}

/// Spaces in place of a line's text, byte for byte.
fn blank(line: &str) -> String {
    line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// A line `:name rest`.
struct Call<'a> {
    name: &'a str,
    rest: &'a str,
    /// In bytes from the line's start.
    rest_starts_at: usize,
}

impl Call<'_> {
    fn of(line: &str) -> Option<Call<'_>> {
        let text = line.trim_start_matches(' ').strip_prefix(':')?;
        let length = text.find(char::is_whitespace).unwrap_or(text.len());
        // A path such as `::std::mem::drop` is Rust.
        let name = Some(&text[..length]).filter(|name| !name.starts_with(':'))?;
        let rest = text[length..].trim_start();
        Some(Call { name, rest: rest.trim_end(), rest_starts_at: line.len() - rest.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_below_a_magic_keeps_its_lines_and_columns() {
        let cell = read(":vars\n\nlet a = 1;\n").unwrap();
        assert_eq!(cell.code, "     \n\nlet a = 1;\n");
        assert_eq!(cell.magics, [(Magic::Vars, String::new())]);
        let cell = read("// why\n:time encode(&atoms)?\n").unwrap();
        assert_eq!(cell.code, "// why\n      encode(&atoms)?\n");
        assert_eq!(cell.magics, [(Magic::Time, String::new())]);
    }

    #[test]
    fn evcxrs_commands_stay_in_the_code() {
        let cell = read(":time\n:dep regex = \"1\"\nregex::escape(\"a\")").unwrap();
        assert_eq!(cell.code, "     \n:dep regex = \"1\"\nregex::escape(\"a\")");
        assert_eq!(cell.free_line, None);
        assert_eq!(read(":time\n1 + 1").unwrap().free_line, Some(0));
    }

    #[test]
    fn an_unknown_magic_is_refused_with_the_near_one() {
        let error = read(":tiem\n1 + 1").unwrap_err().to_string();
        assert!(error.contains("`:tiem`") && error.contains("did you mean `:time`"), "{error}");
    }

    #[test]
    fn a_magic_below_code_is_refused_and_text_in_a_string_is_not() {
        let error = read("let a = 1;\n:vars").unwrap_err().to_string();
        assert!(error.contains("`:vars` stands below code"), "{error}");
        let text = "let a = \"\n:vars\n\";";
        assert_eq!(read(text).unwrap().code, text);
        let path = "::std::mem::drop(1)";
        assert_eq!(read(path).unwrap().code, path);
    }

    #[test]
    fn a_cell_of_magics_only_leaves_nothing_to_run() {
        assert!(read(":type é + 1\n// done").unwrap().is_done());
        assert_eq!(read(":type é + 1").unwrap().magics, [(Magic::Type, "é + 1".to_owned())]);
        assert!(!read(":time 1 + 1").unwrap().is_done());
    }
}
