//! Brackets, quotes and comments of a piece of Rust, read without a parser.

/// What one reading of a piece of code found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The brackets that are open, each with its place among the characters.
    pub open: Vec<(char, usize)>,
    /// What the code ends inside of.
    pub inside: Option<Inside>,
    /// A bracket closes what was not opened.
    pub wrong: bool,
    /// How deep a syntax tree of the code may become: brackets, and words and signs that no separator parts.
    pub depth: usize,
}

/// What is not closed at the end of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    Text,
    Comment,
}

/// Reads `code` once, minding strings, raw strings, characters, lifetimes, and comments with their nesting.
pub fn read(code: &str) -> Reading {
    let chars: Vec<char> = code.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let mut reading = Reading::default();
    // For each open bracket and for the outermost level: what has been met there since the last separator.
    let mut met = vec![0usize];
    let mut depth = 0;
    let mut i = 0;
    while let Some(c) = at(i) {
        let is_comment = c == '/' && matches!(at(i + 1), Some('/' | '*'));
        if !is_comment && !c.is_whitespace() {
            depth += 1;
            *met.last_mut().unwrap_or(&mut 0) += 1;
        }
        let end = match c {
            '/' if at(i + 1) == Some('/') => Some(skip_line(&chars, i)),
            '/' if at(i + 1) == Some('*') => skip_comment(&chars, i),
            '"' => skip_string(&chars, i),
            '\'' => Some(skip_character(&chars, i)),
            _ if c.is_alphanumeric() || c == '_' => skip_word(&chars, i),
            '(' | '[' | '{' => {
                reading.open.push((c, i));
                met.push(0);
                Some(i + 1)
            }
            ')' | ']' | '}' => {
                reading.wrong |= reading.open.pop().map(|(opener, _)| opener) != Some(opener_of(c));
                if met.len() > 1 {
                    depth -= met.pop().unwrap_or_default();
                }
                if c == '}' && begins_anew(&chars, i + 1) {
                    depth -= met.last_mut().map_or(0, std::mem::take);
                }
                Some(i + 1)
            }
            ';' | ',' => {
                depth -= met.last_mut().map_or(0, std::mem::take);
                Some(i + 1)
            }
            _ => Some(i + 1),
        };
        reading.depth = reading.depth.max(depth);
        match end {
            Some(next) => i = next,
            None => {
                reading.inside = Some(if c == '/' { Inside::Comment } else { Inside::Text });
                break;
            }
        }
    }
    reading
}

fn opener_of(closer: char) -> char {
    match closer {
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// Whether a new statement or item follows a block, and not `else`, a method or an operator.
fn begins_anew(chars: &[char], after: usize) -> bool {
    let rest = &chars[after..];
    let Some(start) = rest.iter().position(|c| !c.is_whitespace()) else { return true };
    let word: String = rest[start..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
    if word.is_empty() { matches!(rest[start], '#' | '}' | '/') } else { !matches!(word.as_str(), "else" | "as") }
}

fn skip_line(chars: &[char], start: usize) -> usize {
    chars[start..].iter().position(|&c| c == '\n').map_or(chars.len(), |n| start + n + 1)
}

/// The place after a block comment; none if it is not closed.
fn skip_comment(chars: &[char], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut i = start;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => {
                depth += 1;
                i += 2;
            }
            ('*', '/') => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => i += 1,
        }
    }
    None
}

/// The place after a string that opens at `start`; none if it is not closed.
fn skip_string(chars: &[char], start: usize) -> Option<usize> {
    let mut i = start + 1;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return Some(i + 1),
            _ => i += 1,
        }
    }
    None
}

/// The place after a character, or after the tick of a lifetime.
fn skip_character(chars: &[char], start: usize) -> usize {
    match (chars.get(start + 1), chars.get(start + 2)) {
        (Some('\\'), _) => {
            // The escaped character itself may be a tick, so the search begins after it.
            let rest = chars.get(start + 3..).unwrap_or_default();
            rest.iter().position(|&c| c == '\'' || c == '\n').map_or(chars.len(), |n| start + 3 + n + 1)
        }
        (Some(_), Some('\'')) => start + 3,
        _ => start + 1,
    }
}

/// The place after a word or number, or after the raw string that a word such as `r`, `br` opens; none if that is not closed.
fn skip_word(chars: &[char], start: usize) -> Option<usize> {
    let mut end = start;
    while chars.get(end).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        end += 1;
    }
    let word: String = chars[start..end].iter().collect();
    if !matches!(word.as_str(), "r" | "br" | "cr") {
        return Some(end);
    }
    let hashes = chars[end..].iter().take_while(|&&c| c == '#').count();
    if chars.get(end + hashes) != Some(&'"') {
        // `r#type`: a raw identifier.
        return Some(end + hashes);
    }
    let mut i = end + hashes + 1;
    while i < chars.len() {
        let closes = chars[i] == '"' && chars[i + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
        i += 1;
        if closes {
            return Some(i + hashes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use Balance::{Closed, Open, Wrong};

    /// What the brackets, quotes and comments of a piece of code say.
    #[derive(Debug, PartialEq, Eq)]
    enum Balance {
        Closed,
        Open(usize),
        Wrong,
    }

    fn balance(code: &str) -> Balance {
        match read(code) {
            Reading { wrong: true, .. } => Wrong,
            Reading { open, inside: None, .. } if open.is_empty() => Closed,
            Reading { open, .. } => Open(open.len()),
        }
    }

    #[test]
    fn whole_cells_are_closed() {
        for code in
            ["", "let x = 1;", "fn f<'a>(x: &'a str) -> &'a str { x }", "vec![(1, 2), (3, 4)]", ":dep serde = \"1\""]
        {
            assert_eq!(balance(code), Closed, "{code}");
        }
    }

    #[test]
    fn open_brackets_are_counted() {
        assert_eq!(balance("fn f() {"), Open(1));
        assert_eq!(balance("foo(bar["), Open(2));
        assert_eq!(balance("foo(bar[1]"), Open(1));
    }

    #[test]
    fn a_bracket_that_closes_nothing_is_wrong() {
        for code in ["}", "(]", "f())"] {
            assert_eq!(balance(code), Wrong, "{code}");
        }
    }

    #[test]
    fn brackets_in_text_and_comments_do_not_count() {
        for code in [
            r#"let s = "(";"#,
            r#"let s = "\"{";"#,
            "let c = '{';",
            r"let c = '\''; let d = '}';",
            "1 // (",
            "/* { /* [ */ ( */ 2",
            "let s = r\"\\\"; let t = 1;",
            "let s = r#\"a\"b(\"#;",
            "let b = b\"{\"; let c = b'(';",
            "let s = br##\"\"#(\"##;",
            r"'\u{7f}'",
        ] {
            assert_eq!(balance(code), Closed, "{code}");
        }
    }

    #[test]
    fn open_text_and_comments_are_open() {
        for code in ["\"abc", "/* a /* b */", "r#\"abc\"", "f(r\"abc", "\"abc\\"] {
            assert!(matches!(balance(code), Open(_)), "{code}");
        }
    }

    #[test]
    fn a_lifetime_is_no_open_quote() {
        assert_eq!(balance("impl<'a> T<'a> for X<'a> {"), Open(1));
        assert_eq!(balance("'outer: loop { break 'outer }"), Closed);
    }

    #[test]
    fn every_prefix_of_odd_code_is_read_without_a_panic() {
        let code: Vec<char> = "let é = r##\"x\"# '\\u{1}' b'\\'' /* /* */ '日' \"\\".chars().collect();
        for end in 0..=code.len() {
            balance(&code[..end].iter().collect::<String>());
        }
    }

    #[test]
    fn usual_code_is_shallow_and_rows_of_signs_are_deep() {
        let shallow = [
            format!("let s = \"{}\"; // {}", "((".repeat(5000), "[[ !".repeat(500)),
            format!("let v = [{}];", "[1, -2], ".repeat(5000)),
            "let x = f(1, 2)?.g(|a| a + 1);\n".repeat(5000),
            "fn f() { if a { b() } else { c() } }\n".repeat(5000),
            "#[derive(Debug)]\nstruct A { b: Vec<u8> }\n".repeat(5000),
            "for i in 0..3 { g(i); }\n".repeat(5000),
        ];
        for code in shallow {
            assert!(read(&code).depth < 50, "{} {}", read(&code).depth, &code[..60]);
        }
        for sign in ["!", "a=", "(", "{", "[", "a.", "a::", "if a {} else ", "|a| ", "a {} . ", "} !", "&"] {
            assert!(read(&sign.repeat(3000)).depth >= 3000, "{sign}");
        }
    }
}
