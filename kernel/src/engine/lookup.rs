//! What the session knows of names: completions, documentation, variables.

use super::{Completion, Completions, Inspection, markdown};
use crate::syntax;
use evcxr::CommandContext;
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxToken};
use std::panic::AssertUnwindSafe;

/// What evcxr says where rust-analyzer knows nothing.
const UNKNOWN: &str = "No documentation found";

/// How names begin that are evcxr's or this kernel's own affair.
const INTERNAL: [&str; 4] = ["evcxr_", ":internal_", "neurocell_prebuilt", "__"];

/// What may stand at the byte `cursor`; nothing where rust-analyzer has no answer.
pub fn complete(context: &mut CommandContext, code: &str, cursor: usize) -> Completions {
    let nothing = Completions { replaced: cursor..cursor, items: Vec::new() };
    if !code.is_char_boundary(cursor) || syntax::is_too_deep(code) {
        return nothing;
    }
    // A panic in rust-analyzer must not end the thread that holds the session.
    let found = std::panic::catch_unwind(AssertUnwindSafe(|| context.completions(code, cursor)));
    let Ok(Ok(found)) = found else { return nothing };
    let mut items: Vec<Completion> = Vec::new();
    for found in found.completions {
        let text = inserted(&found.code, &found.label, found.kind);
        if text.is_empty() || INTERNAL.iter().any(|start| text.starts_with(start)) {
            continue;
        }
        let item = Completion { text, kind: found.kind.to_owned(), label: found.label };
        match items.iter_mut().find(|other| other.text == item.text) {
            None => items.push(item),
            // A method that has its name from a field: the field may be private, the method is what is meant.
            Some(other) if item.kind == "function" => *other = item,
            Some(_) => {}
        }
    }
    // The project's own words and those of the cell before the rest, as rust-analyzer has them, but commands in order.
    if items.iter().all(|item| item.kind == "magic") {
        items.sort_by(|a, b| a.text.cmp(&b.text));
    }
    Completions { replaced: found.start_offset..found.end_offset, items }
}

/// What a front end puts in: a name without the arguments that rust-analyzer proposes, for nobody fills them in there.
fn inserted(code: &str, label: &str, kind: &str) -> String {
    if kind == "magic" {
        return code.to_owned();
    }
    // Snippets have several lines or places to jump to; their label is the word that they begin with.
    let text = if code.contains(['\n', '$']) { label } else { code };
    let end = text.find(['(', '{', '[', '<', ' ', '\n', '$']).unwrap_or(text.len());
    text[..end].to_owned()
}

/// What is known of the name at or before the byte `cursor`, or of the function whose arguments are being written there.
pub fn inspect(context: &mut CommandContext, code: &str, cursor: usize) -> Option<Inspection> {
    if !code.is_char_boundary(cursor) || syntax::is_too_deep(code) {
        return None;
    }
    questions(code, cursor).into_iter().find_map(|question| {
        let asked = std::panic::catch_unwind(AssertUnwindSafe(|| context.hover_at(&question, question.len())));
        let (plain, html) = asked.ok()?.ok()?;
        let known = !plain.trim().is_empty() && plain != UNKNOWN;
        // Its own plain text runs headings and code together.
        known.then(|| Inspection { plain: markdown::plain(&html), markdown: markdown::from_html(&html) })
    })
}

/// Pieces of code whose last name is the one that is asked for, in the order in which they are tried.
///
/// evcxr looks at the end of what it is given, and sees a method only where a bracket follows.
fn questions(code: &str, cursor: usize) -> Vec<String> {
    const HEAD: &str = "fn cell() {\n";
    let parsed = SourceFile::parse(&format!("{HEAD}{code}\n}}"), Edition::Edition2024);
    let Ok(place) = u32::try_from(HEAD.len() + cursor) else { return Vec::new() };
    let tokens = parsed.syntax_node().token_at_offset(place.into());
    let is_name = |token: &SyntaxToken| token.kind() == SyntaxKind::IDENT || token.kind().is_any_identifier();
    let at_cursor = tokens
        .clone()
        .find(&is_name)
        .or_else(|| tokens.clone().find(|token| token.kind().is_keyword(Edition::Edition2024)));
    let Some(name) = at_cursor.or_else(|| called(tokens.left_biased()?, &is_name)) else { return Vec::new() };
    let end = usize::from(name.text_range().end()).saturating_sub(HEAD.len());
    let Some(until) = code.get(..end) else { return Vec::new() };
    let next = code[end..].chars().next();
    let (as_it_is, as_call) = (until.to_owned(), format!("{until}("));
    let mut questions = match next {
        Some('(') => vec![as_call, as_it_is],
        _ => vec![as_it_is, as_call],
    };
    if next == Some('!') {
        // A macro is found by its path, not by its call.
        questions.insert(0, format!("use std::{}", name.text()));
    }
    questions
}

/// The name of the function or macro in whose brackets the token lies: `f(a, |)`.
fn called(token: SyntaxToken, is_name: &impl Fn(&SyntaxToken) -> bool) -> Option<SyntaxToken> {
    let mut depth = 0usize;
    let before = std::iter::successors(Some(token), SyntaxToken::prev_token);
    let mut before = before.skip_while(|token| match token.kind() {
        SyntaxKind::R_PAREN => {
            depth += 1;
            true
        }
        SyntaxKind::L_PAREN if depth > 0 => {
            depth -= 1;
            true
        }
        SyntaxKind::L_PAREN => false,
        _ => true,
    });
    before.next()?;
    before.find(|token| !token.kind().is_trivia() && token.kind() != SyntaxKind::BANG).filter(is_name)
}

/// The session's variables and their types, by name.
pub fn variables(context: &CommandContext) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> =
        context.variables_and_types().map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    variables.sort();
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(code: &str) -> Vec<String> {
        let cursor = code.find('|').unwrap();
        questions(&code.replacen('|', "", 1), cursor)
    }

    #[test]
    fn the_name_at_the_cursor_is_asked_for_wherever_the_cursor_stands_in_it() {
        for code in ["let a = b;\nstory.wo|rds()", "let a = b;\nstory.|words()", "let a = b;\nstory.words|()"] {
            assert_eq!(asked(code)[0], "let a = b;\nstory.words(", "{code}");
        }
        assert_eq!(asked("st|ory + 1"), ["story", "story("]);
        assert_eq!(asked("printl|n!(\"\")")[0], "use std::println");
        assert_eq!(asked("lo|op {}")[0], "loop");
    }

    #[test]
    fn between_the_brackets_the_function_is_asked_for() {
        for code in ["é.load(|", "é.load(1, |", "é.load(1, |)", "é.load((1, 2), |)"] {
            assert_eq!(asked(code)[0], "é.load(", "{code}");
        }
        assert_eq!(asked("println!(\"{}\", |)")[0], "use std::println");
    }

    #[test]
    fn where_no_name_is_nothing_is_asked_for() {
        for code in ["|", "1 + |", "\"text|\"", "// note|"] {
            assert!(asked(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn names_are_put_in_without_arguments() {
        assert_eq!(inserted("example()", "example()", "function"), "example");
        assert_eq!(inserted("load(name)", "load(…)", "function"), "load");
        assert_eq!(inserted("fn $1($2) {\n    \n}", "fn", "keyword"), "fn");
        assert_eq!(inserted(":dep", ":dep", "magic"), ":dep");
        assert_eq!(inserted("words", "words", "instance"), "words");
    }
}
