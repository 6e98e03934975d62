//! Rust in colour while it is typed.

use ra_ap_syntax::{Edition, NodeOrToken, SourceFile, SyntaxKind, SyntaxToken, ast::AstNode};
use reedline::{Color, Highlighter, StyledText};

/// Colours by the lexer of rust-analyzer.
pub struct Colours;

impl Highlighter for Colours {
    fn highlight(&self, line: &str, _cursor: usize) -> StyledText {
        let mut styled = StyledText::new();
        // A magic's line is no Rust.
        let magic = line.trim_start().starts_with(':') && !line.trim_start().starts_with("::");
        let code = match (magic, line.find('\n')) {
            (false, _) => line,
            (true, end) => {
                let end = end.unwrap_or(line.len());
                styled.push((Color::Magenta.normal(), line[..end].to_owned()));
                &line[end..]
            }
        };
        let parsed = SourceFile::parse(code, Edition::Edition2024);
        for element in parsed.tree().syntax().descendants_with_tokens() {
            if let NodeOrToken::Token(token) = element {
                styled.push((colour(&token).normal(), token.text().to_owned()));
            }
        }
        styled
    }
}

fn colour(token: &SyntaxToken) -> Color {
    use SyntaxKind::{
        BYTE, BYTE_STRING, C_STRING, CHAR, COMMENT, FLOAT_NUMBER, IDENT, INT_NUMBER, LIFETIME_IDENT, STRING,
    };
    match token.kind() {
        COMMENT => Color::DarkGray,
        STRING | BYTE_STRING | C_STRING | CHAR | BYTE => Color::Green,
        INT_NUMBER | FLOAT_NUMBER => Color::Cyan,
        LIFETIME_IDENT => Color::Purple,
        IDENT if token.text().starts_with(char::is_uppercase) => Color::Yellow,
        kind if kind.is_keyword(Edition::Edition2024) => Color::LightBlue,
        _ => Color::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_what_is_typed_is_shown() {
        for line in
            ["", "let a = \"é", ":vars", ":time\nfit(&x)?", "}}}((", "'a' // done", "r#\"open", "let 1x = 日本;"]
        {
            let shown: String = Colours.highlight(line, 0).buffer.into_iter().map(|(_, text)| text).collect();
            assert_eq!(shown, line);
        }
    }

    #[test]
    fn keywords_text_and_types_differ() {
        let styled = Colours.highlight("let a = Some(\"b\");", 0).buffer;
        let of = |text: &str| styled.iter().find(|(_, part)| part == text).map(|(style, _)| style.foreground);
        assert_eq!(of("let"), Some(Some(Color::LightBlue)));
        assert_eq!(of("\"b\""), Some(Some(Color::Green)));
        assert_eq!(of("Some"), Some(Some(Color::Yellow)));
    }
}
