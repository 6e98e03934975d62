//! Whether a cell can be run as it stands, or its writer is still at it.
//!
//! Brackets, quotes and comments are counted first; then rust-analyzer's parser says whether something is still to come
//! (`let x =`, `1 +`, `story.`) or something is wrong before the end.

use super::DEEPEST;
use super::brackets::{Inside, Reading, read};
use ra_ap_syntax::{Edition, SourceFile, TextSize};

/// What an `is_complete_request` is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    Complete,
    /// More is to come; the next line begins with this.
    Incomplete(String),
    Invalid,
    /// The code is too long or too deep to be read while somebody types.
    Unknown,
}

use Completeness::{Complete, Incomplete, Invalid, Unknown};

/// The parser recurses: it gets room of its own.
const STACK: usize = 16 << 20;
const LONGEST: usize = 64 * 1024;

const HEAD: &str = "fn cell() {\n";
const STEP: &str = "    ";

/// Whether `code` is a whole cell.
pub fn completeness(code: &str) -> Completeness {
    let rust = rust_part(code);
    if rust.trim().is_empty() {
        return Complete;
    }
    let Reading { open, inside, wrong, depth } = read(rust);
    if wrong {
        return Invalid;
    }
    match inside {
        // What is put before the next line would become part of the text.
        Some(Inside::Text) => return Incomplete(String::new()),
        Some(Inside::Comment) => return Incomplete(indent(rust, &open)),
        None => {}
    }
    if rust.len() > LONGEST || depth > DEEPEST {
        return Unknown;
    }
    // With its brackets closed, an unfinished piece is as good as a whole one if it has no other fault.
    let closers: String = open.iter().rev().map(|(opener, _)| closer(*opener)).collect();
    let Some(Parsed { faults, end }) = parse(rust, &closers) else { return Unknown };
    if faults.iter().any(|&at| at < end) {
        Invalid
    } else if !open.is_empty() {
        Incomplete(indent(rust, &open))
    } else if faults.is_empty() {
        Complete
    } else {
        Incomplete(STEP.to_owned())
    }
}

/// The code without the lines of commands before it: evcxr takes lines that begin with `:` or `!` until Rust begins.
fn rust_part(code: &str) -> &str {
    let mut rest = code;
    while let Some(line) = rest.split_inclusive('\n').next() {
        let word = line.trim_start_matches(' ');
        let is_command = word.starts_with(':') || line.starts_with('!');
        if !is_command && !line.starts_with("//") && !line.trim().is_empty() {
            break;
        }
        rest = &rest[line.len()..];
    }
    rest
}

/// What the parser says of a piece of code; places are in its bytes.
struct Parsed {
    faults: Vec<usize>,
    /// Where the last word or sign ends: space and comments may follow.
    end: usize,
}

/// Asks the parser; none if there is no thread for it, or it fails.
fn parse(code: &str, closers: &str) -> Option<Parsed> {
    let cell = format!("{HEAD}{code}\n{closers}\n}}");
    let code_end = u32::try_from(HEAD.len() + code.len()).ok()?;
    let place = |at: TextSize| usize::from(at).saturating_sub(HEAD.len());
    let parsing = std::thread::Builder::new().name("parser".to_owned()).stack_size(STACK).spawn(move || {
        let parsed = SourceFile::parse(&cell, Edition::Edition2024);
        let mut token = parsed.syntax_node().token_at_offset(code_end.into()).left_biased();
        while let Some(trivia) = token.take_if(|token| token.kind().is_trivia()) {
            token = trivia.prev_token();
        }
        let end = token.map_or(0, |token| place(token.text_range().end()));
        Parsed { faults: parsed.errors().iter().map(|error| place(error.range().start())).collect(), end }
    });
    parsing.ok()?.join().ok()
}

fn closer(opener: char) -> char {
    match opener {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// One step for each line that leaves a bracket open.
fn indent(code: &str, open: &[(char, usize)]) -> String {
    let mut lines: Vec<usize> = Vec::new();
    let (mut line, mut next) = (0, open.iter().map(|(_, at)| *at).peekable());
    for (at, c) in code.chars().enumerate() {
        if next.peek() == Some(&at) {
            next.next();
            lines.push(line);
        }
        line += usize::from(c == '\n');
    }
    lines.dedup();
    STEP.repeat(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incomplete(steps: usize) -> Completeness {
        Incomplete(STEP.repeat(steps))
    }

    #[test]
    fn whole_cells_are_complete() {
        for code in [
            "",
            " \n",
            "1 + 1",
            "let x = 1;",
            "let x = 1; // one",
            "story.words()? /* all */\n\n",
            "fn f<'a>(s: &'a str) -> &'a str { s }",
            "let s = \"{\"; // (",
            "use std::fs;\nstruct A { b: u8 }\nimpl A {}",
            "for i in 0..3 {\n    println!(\"{i}\");\n}",
            "#[derive(Debug)]\nstruct A;",
            ":vars",
            "// note\n:dep serde = { version = \"1\" }\n:dep regex = \"1\"",
            ":dep regex = \"1\"\n\nlet x = 1;",
            "!ls (",
            "let é = \"日本\";",
        ] {
            assert_eq!(completeness(code), Complete, "{code}");
        }
    }

    #[test]
    fn unfinished_cells_are_incomplete_with_their_indent() {
        for (code, steps) in [
            ("fn f() {", 1),
            ("fn f() {\n    if true {", 2),
            ("fn f() {\n    let x = 1;", 1),
            ("foo(bar[", 1),
            ("vec![1, 2,", 1),
            ("let x =", 1),
            ("let x = ", 1),
            ("let x = 1", 1),
            ("foo.", 1),
            ("1 +", 1),
            ("1 + // more", 1),
            ("if x", 1),
            ("fn f()", 1),
            ("match x { 1 =>", 1),
            ("println!(\"{}\",", 1),
            ("#[derive(Debug)]", 1),
            ("let x = f(1)\n    .map(|y| {", 1),
            (":dep regex = \"1\"\nlet x = (", 1),
            ("/* open", 0),
            ("{ /* open", 1),
            ("let s = \"open", 0),
            ("f(r#\"open\"", 0),
        ] {
            assert_eq!(completeness(code), incomplete(steps), "{code}");
        }
    }

    #[test]
    fn what_cannot_become_right_is_invalid() {
        for code in
            ["}", "f(]", "let 1x = ;", "let let = 3;", "1 + ) 2", "fn 3() {", "x y z;", "'ab' + 1", "let x = ; {"]
        {
            assert_eq!(completeness(code), Invalid, "{code}");
        }
    }

    #[test]
    fn code_that_is_too_much_for_a_keystroke_is_unknown() {
        assert_eq!(completeness(&"(".repeat(100_000)), Unknown);
        assert_eq!(completeness(&format!("{}1{}", "(".repeat(2000), ")".repeat(2000))), Unknown);
        assert_eq!(completeness(&"let x = 1;\n".repeat(10_000)), Unknown);
    }

    #[test]
    fn long_rows_of_signs_do_not_end_the_kernel() {
        for sign in ["!", "-", "a=", "&", "*", "a.", "a::", "if a {} else ", "|a| ", "a?", "'a: ", "#[a]"] {
            for length in [900, 1100, 5_000, LONGEST] {
                completeness(&sign.repeat(length / sign.len()));
            }
        }
    }
}
