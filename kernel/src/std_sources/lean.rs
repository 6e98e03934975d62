//! A source file of the standard library, less what says nothing about types.
//!
//! rust-analyzer parses a file, expands its macros and only then knows which types it declares; what functions do
//! inside is parsed with them and never looked at. So bodies become `{}`, comments go, and so do the documentation
//! inside macros, which is expanded once for each integer type.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, NodeOrToken, SourceFile, SyntaxKind as K, SyntaxNode, SyntaxToken, TextRange};

/// A `const fn` of at most so many bytes keeps its body: array types such as `[u8; size_of::<Self>()]` are computed by it.
const SHORT: usize = 200;

/// The text without function bodies, comments, and documentation inside macros.
pub fn lean(text: &str) -> String {
    let parsed = SourceFile::parse(text, Edition::Edition2024);
    let root = parsed.syntax_node();
    let patterns = macro_patterns(&root);
    let tokens: Vec<SyntaxToken> = root.descendants_with_tokens().filter_map(NodeOrToken::into_token).collect();
    let mut out = String::with_capacity(text.len() / 2);
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let place = token.text_range();
        if patterns.iter().any(|pattern| pattern.contains_range(place)) {
            out.push_str(token.text());
            i += 1;
            continue;
        }
        let in_macro = token.parent().is_some_and(|parent| parent.kind() == K::TOKEN_TREE);
        match token.kind() {
            K::COMMENT if in_macro || !is_doc(token.text()) => i += 1,
            K::POUND if in_macro && is_doc_attribute(&tokens[i..]) => i = closing(&tokens, i + 1),
            K::FN_KW => {
                let start = i;
                let Some(open) = body_of(&tokens, i) else {
                    out.push_str(token.text());
                    i += 1;
                    continue;
                };
                let end = closing(&tokens, open);
                let body = TextRange::new(tokens[open].text_range().start(), tokens[end - 1].text_range().end());
                let kept = !in_macro && usize::from(body.len()) <= SHORT && is_const(&tokens[..start]);
                let signature = &tokens[start..open];
                signature.iter().filter(|t| t.kind() != K::COMMENT).for_each(|t| out.push_str(t.text()));
                if kept {
                    tokens[open..end].iter().for_each(|t| out.push_str(t.text()));
                } else {
                    out.push_str("{}");
                }
                i = end;
            }
            // Indentation says nothing.
            K::WHITESPACE => {
                out.push(if token.text().contains('\n') { '\n' } else { ' ' });
                i += 1;
            }
            _ => {
                out.push_str(token.text());
                i += 1;
            }
        }
    }
    out
}

/// Where the patterns of `macro_rules!` lie: what a macro is called with must match them to the letter.
fn macro_patterns(root: &SyntaxNode) -> Vec<TextRange> {
    let mut patterns = Vec::new();
    for rules in root.descendants().filter_map(ast::MacroRules::cast) {
        let Some(tree) = rules.token_tree() else { continue };
        let mut transcriber = false;
        for part in tree.syntax().children_with_tokens() {
            match part {
                NodeOrToken::Token(token) if token.kind() == K::FAT_ARROW || token.text() == ">" => transcriber = true,
                NodeOrToken::Token(token) if token.kind() == K::SEMICOLON => transcriber = false,
                NodeOrToken::Node(node) if !transcriber => patterns.push(node.text_range()),
                _ => {}
            }
        }
    }
    patterns
}

fn is_doc(comment: &str) -> bool {
    (comment.starts_with("///") && !comment.starts_with("////"))
        || comment.starts_with("//!")
        || comment.starts_with("/**")
}

/// `#[doc …`
fn is_doc_attribute(tokens: &[SyntaxToken]) -> bool {
    let mut solid = tokens.iter().filter(|t| t.kind() != K::WHITESPACE).skip(1);
    solid.next().is_some_and(|t| t.kind() == K::L_BRACK) && solid.next().is_some_and(|t| t.text() == "doc")
}

/// Where the body of the function opens whose `fn` is at `start`; none for a declaration, and for the type `fn(…)`.
fn body_of(tokens: &[SyntaxToken], start: usize) -> Option<usize> {
    let named = tokens[start + 1..].iter().find(|t| !matches!(t.kind(), K::WHITESPACE | K::COMMENT))?;
    if named.kind() != K::IDENT && named.kind() != K::DOLLAR {
        return None;
    }
    let mut i = start + 1;
    while let Some(token) = tokens.get(i) {
        match token.kind() {
            K::L_CURLY => return Some(i),
            K::SEMICOLON | K::R_CURLY | K::R_PAREN | K::R_BRACK => return None,
            K::L_PAREN | K::L_BRACK => i = closing(tokens, i),
            _ => i += 1,
        }
    }
    None
}

/// The place after the bracket that closes the one at or after `open`.
fn closing(tokens: &[SyntaxToken], open: usize) -> usize {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.kind() {
            K::L_CURLY | K::L_PAREN | K::L_BRACK => depth += 1,
            K::R_CURLY | K::R_PAREN | K::R_BRACK => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Whether `const` stands before `fn`, with perhaps `unsafe` or `extern "C"` between.
fn is_const(before: &[SyntaxToken]) -> bool {
    let qualifiers = before.iter().rev().take_while(|t| {
        matches!(
            t.kind(),
            K::WHITESPACE | K::COMMENT | K::CONST_KW | K::UNSAFE_KW | K::EXTERN_KW | K::STRING | K::ASYNC_KW
        )
    });
    qualifiers.into_iter().any(|t| t.kind() == K::CONST_KW)
}

#[cfg(test)]
mod tests {
    use super::lean;

    #[test]
    fn bodies_and_comments_go_and_signatures_stay() {
        let text = "// a\n/// doc\npub fn f<T: Fn(u8) -> [u8; { 3 }]>(x: T) -> u8 where T: Copy { let y = fn_ptr; { y } }\nfn g();\n";
        assert_eq!(lean(text), "\n/// doc\npub fn f<T: Fn(u8) -> [u8; { 3 }]>(x: T) -> u8 where T: Copy {}\nfn g();\n");
        assert_eq!(lean("type F = fn(u8) -> u8; struct S { a: u8 }"), "type F = fn(u8) -> u8; struct S { a: u8 }");
    }

    #[test]
    fn a_short_const_function_keeps_its_body() {
        assert_eq!(lean("pub const unsafe fn n() -> usize { 3 }"), "pub const unsafe fn n() -> usize { 3 }");
    }

    #[test]
    fn macros_keep_their_patterns_and_lose_documentation() {
        let text = "macro_rules! m { ($(#[doc = $d:tt])* fn $n:ident { $b:expr }) => { #[doc = concat!(\"a\")] /// b\n fn $n() { $b } }; }";
        let lean = lean(text);
        assert!(lean.contains("($(#[doc = $d:tt])* fn $n:ident { $b:expr })"), "{lean}");
        assert!(lean.contains("fn $n() {}") && !lean.contains("concat") && !lean.contains("/// b"), "{lean}");
    }
}
