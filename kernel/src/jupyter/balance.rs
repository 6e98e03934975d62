//! Whether a piece of Rust is closed: brackets, quotes and comments, as the console asks at each line's end.

/// What the brackets, quotes and comments of a piece of code say.
#[derive(Debug, PartialEq, Eq)]
pub enum Balance {
    /// Everything that was opened is closed.
    Closed,
    /// Something is open; so many brackets are.
    Open(usize),
    /// A bracket closes what was not opened.
    Wrong,
}

/// Whether `code` is closed.
pub fn balance(code: &str) -> Balance {
    match scan(code) {
        Scan::Wrong => Balance::Wrong,
        Scan::Read { open, inside: None } if open.is_empty() => Balance::Closed,
        Scan::Read { open, .. } => Balance::Open(open.len()),
    }
}

/// What one reading of a piece of code found.
#[derive(Debug, PartialEq, Eq)]
pub enum Scan {
    /// The brackets that are open, each with its place among the characters, and what the code ends inside of.
    Read { open: Vec<(char, usize)>, inside: Option<Inside> },
    /// A bracket closes what was not opened.
    Wrong,
}

/// What is not closed at the end of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    Text,
    Comment,
}

/// Reads `code` once, minding strings, raw strings, characters, lifetimes, and comments with their nesting.
pub fn scan(code: &str) -> Scan {
    let chars: Vec<char> = code.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut i = 0;
    while let Some(c) = at(i) {
        let end = match c {
            '/' if at(i + 1) == Some('/') => Some(skip_line(&chars, i)),
            '/' if at(i + 1) == Some('*') => skip_comment(&chars, i),
            '"' => skip_string(&chars, i),
            '\'' => Some(skip_character(&chars, i)),
            _ if c.is_alphanumeric() || c == '_' => skip_word(&chars, i),
            '(' | '[' | '{' => {
                open.push((c, i));
                Some(i + 1)
            }
            ')' | ']' | '}' => {
                let opener = match c {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop().map(|(c, _)| c) != Some(opener) {
                    return Scan::Wrong;
                }
                Some(i + 1)
            }
            _ => Some(i + 1),
        };
        match end {
            Some(next) => i = next,
            None => {
                let inside = if c == '/' { Inside::Comment } else { Inside::Text };
                return Scan::Read { open, inside: Some(inside) };
            }
        }
    }
    Scan::Read { open, inside: None }
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
    use super::Balance::{Closed, Open, Wrong};
    use super::balance;

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
}
