//! The type of a parameter, read from its default, and values given as text.

use ra_ap_syntax::ast::{self, AstNode, Expr, LiteralKind, UnaryOp};

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of the named type.
    Whole(&'static str),
    /// A number of the named type with a fraction.
    Real(&'static str),
    Truth,
    Letter,
    /// Text; owned as `String` or borrowed.
    Text {
        owned: bool,
    },
    List(Form, Box<Kind>),
    Optional(Box<Kind>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Vec,
    Slice,
    Array,
}

const WHOLE: [&str; 12] = ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];
const REAL: [&str; 2] = ["f32", "f64"];

impl Kind {
    /// The kind of a type as it is written; none if it is not one that takes plain values.
    pub fn of_type(written: &str) -> Option<Kind> {
        let written: String = written.split_whitespace().collect::<Vec<_>>().join(" ").replace("&'static ", "&");
        let inside = |start: &str, end: &str| Some(written.strip_prefix(start)?.strip_suffix(end)?.trim().to_owned());
        let list = |form, inner: &str| Some(Kind::List(form, Box::new(Kind::of_type(inner)?)));
        match written.as_str() {
            "bool" => return Some(Kind::Truth),
            "char" => return Some(Kind::Letter),
            "&str" => return Some(Kind::Text { owned: false }),
            "String" => return Some(Kind::Text { owned: true }),
            number => {
                let whole = WHOLE.iter().find(|name| **name == number).map(|name| Kind::Whole(name));
                let real = REAL.iter().find(|name| **name == number).map(|name| Kind::Real(name));
                if let Some(kind) = whole.or(real) {
                    return Some(kind);
                }
            }
        }
        if let Some(inner) = inside("Vec<", ">") {
            return list(Form::Vec, &inner);
        }
        if let Some(inner) = inside("Option<", ">") {
            return Some(Kind::Optional(Box::new(Kind::of_type(&inner)?)));
        }
        if let Some(inner) = inside("&[", "]") {
            return list(Form::Slice, &inner);
        }
        list(Form::Array, inside("[", "]")?.split_once(';')?.0.trim())
    }

    /// The kind of a default value; none if it is computed.
    pub fn of_value(value: &Expr) -> Option<Kind> {
        match value {
            Expr::Literal(literal) => Kind::of_literal(literal),
            Expr::PrefixExpr(signed) if signed.op_kind() == Some(UnaryOp::Neg) => {
                Kind::of_value(&signed.expr()?).filter(|kind| matches!(kind, Kind::Whole(_) | Kind::Real(_)))
            }
            Expr::ArrayExpr(array) => Kind::of_elements(Form::Array, array),
            Expr::RefExpr(borrowed) => match borrowed.expr()? {
                Expr::ArrayExpr(array) => Kind::of_elements(Form::Slice, &array),
                _ => None,
            },
            Expr::MacroExpr(call) => {
                let call = call.macro_call()?;
                let tokens = call.token_tree()?.syntax().text().to_string();
                let inner = tokens.get(1..tokens.len() - 1).unwrap_or_default();
                let array = match call.path()?.syntax().text() == "vec" {
                    true => parse_expression(&format!("[{inner}]"))?,
                    false => return None,
                };
                match array {
                    Expr::ArrayExpr(array) => Kind::of_elements(Form::Vec, &array),
                    _ => None,
                }
            }
            // `String::from("…")`, `"…".to_owned()`
            Expr::CallExpr(call) => {
                let function = call.expr()?.syntax().text().to_string();
                (function == "String::from").then_some(Kind::Text { owned: true })
            }
            Expr::MethodCallExpr(call) => {
                let text = matches!(call.receiver()?, Expr::Literal(literal) if matches!(literal.kind(), LiteralKind::String(_)));
                let method = call.name_ref()?.text().to_string();
                (text && matches!(method.as_str(), "to_owned" | "to_string")).then_some(Kind::Text { owned: true })
            }
            _ => None,
        }
    }

    fn of_literal(literal: &ast::Literal) -> Option<Kind> {
        let named = |suffix: Option<&str>, names: &[&'static str], or: &'static str| match suffix {
            None => Some(or),
            Some(suffix) => names.iter().copied().find(|name| *name == suffix),
        };
        Some(match literal.kind() {
            LiteralKind::String(_) => Kind::Text { owned: false },
            LiteralKind::Bool(_) => Kind::Truth,
            LiteralKind::Char(_) => Kind::Letter,
            // `2f32` is written like a whole number.
            LiteralKind::IntNumber(number) if number.suffix().is_some_and(|suffix| REAL.contains(&suffix)) => {
                Kind::Real(named(number.suffix(), &REAL, "f64")?)
            }
            LiteralKind::IntNumber(number) => Kind::Whole(named(number.suffix(), &WHOLE, "i32")?),
            LiteralKind::FloatNumber(number) => Kind::Real(named(number.suffix(), &REAL, "f64")?),
            _ => return None,
        })
    }

    fn of_elements(form: Form, array: &ast::ArrayExpr) -> Option<Kind> {
        let inner = match array.kind() {
            ast::ArrayExprKind::ElementList(mut elements) => Kind::of_value(&elements.next()?)?,
            ast::ArrayExprKind::Repeat { initializer, .. } => Kind::of_value(&initializer?)?,
        };
        Some(Kind::List(form, Box::new(inner)))
    }

    /// The type as a cell writes it; an array's length is that of the value, so it is left to the compiler.
    pub fn written(&self) -> Option<String> {
        Some(match self {
            Kind::Whole(name) | Kind::Real(name) => (*name).to_owned(),
            Kind::Truth => "bool".to_owned(),
            Kind::Letter => "char".to_owned(),
            Kind::Text { owned: true } => "String".to_owned(),
            Kind::Text { owned: false } => "&'static str".to_owned(),
            Kind::List(Form::Vec, inner) => format!("Vec<{}>", inner.written()?),
            Kind::List(Form::Slice, inner) => format!("&'static [{}]", inner.written()?),
            Kind::List(Form::Array, _) => return None,
            Kind::Optional(inner) => format!("Option<{}>", inner.written()?),
        })
    }

    /// What a value must be, with an example.
    pub fn wanted(&self) -> (String, String) {
        match self {
            Kind::Whole(name) => (format!("a whole number ({name})"), "64".to_owned()),
            Kind::Real(name) => (format!("a number ({name})"), "0.5".to_owned()),
            Kind::Truth => ("true or false".to_owned(), "true".to_owned()),
            Kind::Letter => ("one character".to_owned(), "a".to_owned()),
            Kind::Text { .. } => ("text".to_owned(), "text".to_owned()),
            Kind::List(_, inner) => {
                let (what, example) = inner.wanted();
                (format!("a list, each of it {what}"), format!("{example},{example}"))
            }
            Kind::Optional(inner) => {
                let (what, example) = inner.wanted();
                (format!("None, or {what}"), example)
            }
        }
    }

    /// A value as Rust, from its text; none if it is not of this kind.
    pub fn value(&self, text: &str) -> Option<String> {
        match self {
            Kind::Whole(name) => whole(name, &text.trim().replace('_', "")),
            Kind::Real(name) => real(name, &text.trim().replace('_', "")),
            Kind::Truth => match text.trim() {
                "true" | "True" => Some("true".to_owned()),
                "false" | "False" => Some("false".to_owned()),
                _ => None,
            },
            Kind::Letter => {
                let mut characters = text.chars();
                let letter = characters.next().filter(|_| characters.next().is_none())?;
                Some(format!("{letter:?}"))
            }
            Kind::Text { owned: true } => Some(format!("String::from({text:?})")),
            Kind::Text { owned: false } => Some(format!("{text:?}")),
            Kind::List(form, inner) => {
                let elements: Option<Vec<String>> =
                    elements(text)?.iter().map(|element| inner.value(element)).collect();
                let elements = elements?.join(", ");
                Some(match form {
                    Form::Vec => format!("vec![{elements}]"),
                    Form::Slice => format!("&[{elements}]"),
                    Form::Array => format!("[{elements}]"),
                })
            }
            Kind::Optional(inner) => match text.trim() {
                "None" | "none" => Some("None".to_owned()),
                _ => Some(format!("Some({})", inner.value(text)?)),
            },
        }
    }
}

/// Reads one expression.
pub fn parse_expression(text: &str) -> Option<Expr> {
    let parsed = ra_ap_syntax::SourceFile::parse(&format!("const X: X = {text};"), ra_ap_syntax::Edition::Edition2024);
    let item = parsed.errors().is_empty().then(|| parsed.tree().syntax().children().find_map(ast::Const::cast))??;
    item.body()
}

/// The elements of a list: JSON, or parted by commas.
fn elements(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.starts_with('[') {
        let list: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
        return Some(list.iter().map(super::parameters::json_text).collect());
    }
    if text.is_empty() {
        return Some(Vec::new());
    }
    Some(text.split(',').map(|element| element.trim().to_owned()).collect())
}

fn whole(name: &str, text: &str) -> Option<String> {
    macro_rules! read {
        ($($kind:ident),*) => {
            match name {
                $(stringify!($kind) => text.parse::<$kind>().ok().map(|number| number.to_string()),)*
                _ => None,
            }
        };
    }
    read!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize)
}

fn real(name: &str, text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    let fits = name == "f64" || number.is_nan() || number.is_infinite() || (number as f32).is_finite();
    fits.then(|| match number {
        n if n.is_nan() => format!("{name}::NAN"),
        n if n == f64::INFINITY => format!("{name}::INFINITY"),
        n if n == f64::NEG_INFINITY => format!("{name}::NEG_INFINITY"),
        n => format!("{n:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(default: &str) -> Option<Kind> {
        Kind::of_value(&parse_expression(default).unwrap())
    }

    #[test]
    fn types_come_from_the_defaults() {
        assert_eq!(kind("\"018\""), Some(Kind::Text { owned: false }));
        assert_eq!(kind("String::from(\"a\")"), Some(Kind::Text { owned: true }));
        assert_eq!(kind("\"a\".to_owned()"), Some(Kind::Text { owned: true }));
        assert_eq!(kind("-3"), Some(Kind::Whole("i32")));
        assert_eq!(kind("64usize"), Some(Kind::Whole("usize")));
        assert_eq!(kind("1e-3"), Some(Kind::Real("f64")));
        assert_eq!(kind("2f32"), Some(Kind::Real("f32")));
        assert_eq!(kind("true"), Some(Kind::Truth));
        assert_eq!(kind("vec![1.0, 2.0]"), Some(Kind::List(Form::Vec, Box::new(Kind::Real("f64")))));
        assert_eq!(kind("&[\"a\"]"), Some(Kind::List(Form::Slice, Box::new(Kind::Text { owned: false }))));
        assert_eq!(kind("[0u8; 4]"), Some(Kind::List(Form::Array, Box::new(Kind::Whole("u8")))));
        for computed in ["Cleaning::default()", "1 + 1", "Site::FfnOut", "vec![]", "f!(1)", "x.to_owned()"] {
            assert_eq!(kind(computed), None, "{computed}");
        }
    }

    #[test]
    fn written_types_are_kept() {
        assert_eq!(Kind::of_type("& 'static str"), None);
        assert_eq!(Kind::of_type("&'static str"), Some(Kind::Text { owned: false }));
        assert_eq!(Kind::of_type("Option<f32>"), Some(Kind::Optional(Box::new(Kind::Real("f32")))));
        assert_eq!(Kind::of_type("[f64; 3]"), Some(Kind::List(Form::Array, Box::new(Kind::Real("f64")))));
        assert_eq!(Kind::of_type("Vec<Vec<u8>>").unwrap().written().as_deref(), Some("Vec<Vec<u8>>"));
        assert_eq!(Kind::of_type("Cleaning"), None);
    }

    #[test]
    fn values_are_read_as_the_type_wants_them() {
        let read = |kind: &str, text: &str| Kind::of_type(kind).unwrap().value(text);
        assert_eq!(read("usize", "1_000").as_deref(), Some("1000"));
        assert_eq!(read("usize", "-1"), None);
        assert_eq!(read("u8", "256"), None);
        assert_eq!(read("f64", "2").as_deref(), Some("2.0"));
        assert_eq!(read("f32", "1e300"), None);
        assert_eq!(read("f64", "inf").as_deref(), Some("f64::INFINITY"));
        assert_eq!(read("bool", "yes"), None);
        assert_eq!(read("&str", "a \"b\"\n").as_deref(), Some("\"a \\\"b\\\"\\n\""));
        assert_eq!(read("Vec<f64>", "1, 2.5").as_deref(), Some("vec![1.0, 2.5]"));
        assert_eq!(
            read("Vec<String>", "[\"a,b\", \"c\"]").as_deref(),
            Some("vec![String::from(\"a,b\"), String::from(\"c\")]")
        );
        assert_eq!(read("Option<f64>", "None").as_deref(), Some("None"));
        assert_eq!(read("Option<f64>", "3").as_deref(), Some("Some(3.0)"));
        assert_eq!(read("char", "ab"), None);
    }
}
