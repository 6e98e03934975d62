//! A source file of the standard library, less what says nothing about types.
//!
//! rust-analyzer parses a file, expands its macros and only then knows which types it declares; what functions do
//! inside is parsed with them and never looked at. So bodies become `{}`, and comments go. Inside macros, which are
//! expanded once for each integer type, documentation goes as well. Attributes that tell the compiler about stability,
//! lints or code generation go, and with them the methods that a stable compiler refuses to call.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, NodeOrToken, SourceFile, SyntaxKind as K, SyntaxNode, SyntaxToken, TextRange};

/// A `const fn` of at most so many bytes keeps its body: array types such as `[u8; size_of::<Self>()]` are computed by it.
const SHORT: usize = 200;

/// Attributes that change no type and no name.
const IDLE_ATTRIBUTES: [&str; 38] = [
    "stable",
    "unstable",
    "rustc_const_stable",
    "rustc_const_unstable",
    "rustc_const_stable_indirect",
    "rustc_intrinsic_const_stable_indirect",
    "rustc_allow_const_fn_unstable",
    "allow_internal_unstable",
    "inline",
    "cold",
    "optimize",
    "track_caller",
    "must_use",
    "must_not_suspend",
    "deprecated",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "clippy",
    "rustfmt",
    "miri",
    "diagnostic",
    "used",
    "rustc_on_unimplemented",
    "rustc_diagnostic_item",
    "rustc_nounwind",
    "rustc_should_not_be_called_on_const_items",
    "rustc_non_const_trait_method",
    "rustc_inherit_overflow_checks",
    "rustc_confusables",
    "rustc_never_returns_null_ptr",
    "rustc_lint_query_instability",
    "rustc_as_ptr",
    "rustc_no_implicit_autorefs",
    "rustc_promotable",
    "rustc_insignificant_dtor",
];

/// The text without function bodies, comments, idle attributes, and documentation inside macros.
pub fn lean(text: &str) -> String {
    let parsed = SourceFile::parse(text, Edition::Edition2024);
    let root = parsed.syntax_node();
    let patterns = macro_patterns(&root);
    let calls = macro_calls(&root);
    let tokens: Vec<SyntaxToken> = root.descendants_with_tokens().filter_map(NodeOrToken::into_token).collect();
    let mut out = String::with_capacity(text.len() / 2);
    let (mut i, mut judged) = (0, 0);
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
            K::POUND if in_macro && attribute(&tokens[i..]).is_some_and(|name| name == "doc") => {
                i = closing(&tokens, i + 1)
            }
            K::POUND if !calls.iter().any(|call| call.contains_range(place)) => {
                // One verdict for all attributes of an item: the first may say what the second depends on.
                let method = if i >= judged { unstable_method(&tokens, i) } else { None };
                judged = judged.max(end_of_attributes(&tokens, i));
                if let Some(end) = method {
                    i = end;
                } else if is_idle(&tokens, i) {
                    i = closing(&tokens, i + 1);
                } else {
                    out.push_str(token.text());
                    i += 1;
                }
            }
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

/// Where macros' arguments lie, which may have to match a pattern to the letter.
fn macro_calls(root: &SyntaxNode) -> Vec<TextRange> {
    let trees = root.descendants().filter(|node| node.kind() == K::TOKEN_TREE);
    let is_call = |tree: &SyntaxNode| {
        let mut before = std::iter::successors(tree.prev_sibling_or_token(), |e| e.prev_sibling_or_token());
        before.find(|e| e.kind() != K::WHITESPACE).is_some_and(|e| e.kind() == K::BANG)
    };
    trees.filter(is_call).map(|tree| tree.text_range()).collect()
}

/// The first word of the outer attribute that `tokens` begin with.
fn attribute(tokens: &[SyntaxToken]) -> Option<&str> {
    let mut solid = tokens.iter().filter(|t| t.kind() != K::WHITESPACE).skip(1);
    solid.next().filter(|t| t.kind() == K::L_BRACK)?;
    solid.next().map(|t| t.text())
}

fn is_idle(tokens: &[SyntaxToken], start: usize) -> bool {
    let Some(name) = attribute(&tokens[start..]) else { return false };
    if name != "cfg_attr" {
        return IDLE_ATTRIBUTES.contains(&name);
    }
    // `#[cfg_attr(condition, attribute …)]`: the first word after the condition.
    let words = &tokens[start..closing(tokens, start + 1)];
    let mut depth = 0;
    let comma = words.iter().position(|t| {
        match t.kind() {
            K::L_PAREN | K::L_BRACK => depth += 1,
            K::R_PAREN | K::R_BRACK => depth -= 1,
            _ => {}
        }
        depth == 2 && t.kind() == K::COMMA
    });
    let name = comma.and_then(|comma| words[comma + 1..].iter().find(|t| t.kind() != K::WHITESPACE));
    name.is_some_and(|name| IDLE_ATTRIBUTES.contains(&name.text()))
}

/// The place of the item whose attributes begin at `start`.
fn end_of_attributes(tokens: &[SyntaxToken], start: usize) -> usize {
    let mut i = start;
    while let Some(token) = tokens.get(i) {
        match token.kind() {
            K::POUND => i = closing(tokens, i + 1),
            K::WHITESPACE | K::COMMENT => i += 1,
            _ => break,
        }
    }
    i
}

/// The place after the method whose attributes begin at `start`, if a stable compiler refuses to call it.
///
/// What the library's own macros call is unstable too, and hidden; what the language itself calls is marked `lang`.
fn unstable_method(tokens: &[SyntaxToken], start: usize) -> Option<usize> {
    let item = end_of_attributes(tokens, start);
    let mut unstable = false;
    for i in (start..item).filter(|i| tokens[*i].kind() == K::POUND) {
        match attribute(&tokens[i..]) {
            Some("unstable") => unstable = true,
            Some("lang" | "rustc_intrinsic" | "rustc_builtin_macro") => return None,
            Some("doc") if tokens[i..closing(tokens, i)].iter().any(|t| t.text() == "hidden") => return None,
            _ => {}
        }
    }
    if !unstable {
        return None;
    }
    // `pub(crate) const unsafe fn name<T>(self …`
    let head = tokens[item..].iter().take(24).take_while(|t| !matches!(t.kind(), K::L_CURLY | K::SEMICOLON | K::EQ));
    // The language itself calls closures by such methods.
    if head.clone().any(|t| t.kind() == K::EXTERN_KW) {
        return None;
    }
    let function = item + head.into_iter().position(|t| t.kind() == K::FN_KW)?;
    let parameters = function + tokens[function..].iter().position(|t| t.kind() == K::L_PAREN)?;
    let end_of_parameters = closing(tokens, parameters);
    let has_self = tokens[parameters..end_of_parameters].iter().take(8).any(|t| t.kind() == K::SELF_KW);
    if !has_self {
        return None;
    }
    match body_of(tokens, function) {
        Some(open) => Some(closing(tokens, open)),
        None => Some(function + tokens[function..].iter().position(|t| t.kind() == K::SEMICOLON)? + 1),
    }
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
    fn attributes_about_stability_go_and_unstable_methods_with_them() {
        let text = "impl A {\n#[stable(feature = \"a\", since = \"1\")] #[cfg(unix)] pub fn a(&self);\n#[unstable(feature = \"b\")]\n#[inline]\npub const fn b(&self) -> u8 { 1 }\n#[unstable(feature = \"c\")] #[doc(hidden)] pub fn c(self) {}\n#[unstable(feature = \"e\")] extern \"rust-call\" fn e(&self);\n#[lang = \"d\"] #[unstable(feature = \"d\")] fn d(self);\n}";
        assert_eq!(
            lean(text),
            "impl A {\n #[cfg(unix)] pub fn a(&self);\n\n #[doc(hidden)] pub fn c(self) {}\n extern \"rust-call\" fn e(&self);\n#[lang = \"d\"]  fn d(self);\n}"
        );
        assert_eq!(lean("#[cfg_attr(not(test), rustc_diagnostic_item = \"V\")] struct V;"), " struct V;");
        assert_eq!(
            lean("#[cfg_attr(not(test), lang = \"V\")] struct V;"),
            "#[cfg_attr(not(test), lang = \"V\")] struct V;"
        );
        assert_eq!(lean("call! { #[stable(a)] x }"), "call! { #[stable(a)] x }");
        assert_eq!(lean("#![feature(a)] #![stable(b)]"), "#![feature(a)] #![stable(b)]");
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
