//! Markdown from the HTML in which evcxr gives documentation.
//!
//! evcxr makes that HTML from rust-analyzer's Markdown by pulldown-cmark and keeps the Markdown to itself; the few tags
//! which that writer knows are turned back.

/// The Markdown of such HTML; tags that are not known are left out, their text stays.
pub fn from_html(html: &str) -> String {
    read(html, true)
}

/// The text of such HTML, without any marks.
pub fn plain(html: &str) -> String {
    read(html, false)
}

fn read(html: &str, marked: bool) -> String {
    let mut out = String::new();
    let mark = |out: &mut String, mark: &str| {
        if marked {
            out.push_str(mark);
        }
    };
    // The targets of the links that are open, and the numbers of the lists (none: with bullets).
    let (mut links, mut lists) = (Vec::new(), Vec::new());
    let mut is_code = false;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let between = &rest[..at];
        match (is_code, marked) {
            (true, _) => code(&mut out, between),
            (false, true) => text(&mut out, between),
            (false, false) => wrapped(&mut out, between),
        }
        let Some(end) = rest[at..].find('>') else {
            rest = &rest[at..];
            break;
        };
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        match (name, tag.starts_with('/')) {
            ("pre", false) => {
                is_code = true;
                // `<pre><code class="language-rust">`
                let code = rest.find('>').map_or("", |end| &rest[..end]);
                let language = attribute(code, "class").and_then(|class| class.strip_prefix("language-").map(word));
                rest = &rest[(code.len() + 1).min(rest.len())..];
                // Examples in Rust's documentation name no language.
                mark(&mut out, &format!("```{}\n", language.unwrap_or("rust")));
            }
            ("pre", true) => {
                is_code = false;
                mark(&mut out, "```\n");
                out.push('\n');
            }
            ("code", _) if is_code => {}
            ("code", _) => mark(&mut out, "`"),
            ("strong", _) => mark(&mut out, "**"),
            ("em", _) => mark(&mut out, "*"),
            ("br", _) => out.push_str(if marked { "  \n" } else { "\n" }),
            ("hr", _) => mark(&mut out, "\n---\n\n"),
            ("p" | "table" | "blockquote", true) => blank_line(&mut out),
            ("tr", true) => out.push('\n'),
            ("td" | "th", true) => out.push_str(" | "),
            ("ul" | "ol", false) => {
                line(&mut out);
                lists.push((name == "ol").then_some(1));
            }
            ("ul" | "ol", true) => {
                lists.pop();
                blank_line(&mut out);
            }
            ("li", false) => {
                line(&mut out);
                out.push_str(&"  ".repeat(lists.len().saturating_sub(1)));
                match lists.last_mut() {
                    Some(Some(number)) => {
                        out.push_str(&format!("{number}. "));
                        *number += 1;
                    }
                    _ => out.push_str("- "),
                }
            }
            ("li", true) => line(&mut out),
            ("a", false) => {
                // rust-analyzer makes addresses also for crates that are not published, such as this one.
                let target = attribute(tag, "href").filter(|target| marked && !target.contains("docs.rs/neurocell"));
                links.push(target.map(str::to_owned));
                out.push_str(if target.is_some() { "[" } else { "" });
            }
            ("a", true) => {
                if let Some(Some(target)) = links.pop() {
                    out.push_str(&format!("]({target})"));
                }
            }
            (heading, closes) => {
                if let Some(level) = heading.strip_prefix('h').and_then(|level| level.parse::<usize>().ok()) {
                    match closes {
                        true => blank_line(&mut out),
                        false => mark(&mut out, &format!("{} ", "#".repeat(level.min(6)))),
                    }
                }
            }
        }
    }
    if marked {
        text(&mut out, rest)
    } else {
        wrapped(&mut out, rest)
    }
    out.trim().to_owned()
}

/// Lines of plain text end before this column, as a terminal or a small window shows them.
const WIDTH: usize = 96;

/// Text between tags in lines of their own length: those of the source are as long as its author's.
fn wrapped(out: &mut String, html: &str) {
    let mut flowing = String::new();
    text(&mut flowing, html);
    for (n, word) in flowing.split([' ', '\n']).enumerate() {
        let column = out.rsplit('\n').next().unwrap_or_default().chars().count();
        if n > 0 {
            out.push(if column + 1 + word.chars().count() > WIDTH { '\n' } else { ' ' });
        }
        out.push_str(word);
    }
}

/// Text between tags; newlines that only part tags mean nothing.
fn text(out: &mut String, html: &str) {
    if !html.trim().is_empty() || !html.contains('\n') {
        out.push_str(&unescape(html));
    }
}

/// Code, without the lines that rustdoc hides.
fn code(out: &mut String, html: &str) {
    let is_shown = |line: &&str| !line.starts_with("# ") && line.trim_end() != "#";
    unescape(html).split_inclusive('\n').filter(is_shown).for_each(|line| out.push_str(line));
}

fn line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn blank_line(out: &mut String) {
    line(out);
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn word(text: &str) -> &str {
    text.split([' ', ',']).next().unwrap_or_default()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let value = tag.split_once(&format!("{name}=\""))?.1;
    value.split_once('"').map(|(value, _)| value)
}

fn unescape(html: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(html.to_owned(), |text, (name, sign)| text.replace(name, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_wrapped_and_code_is_not() {
        let sentence = "word ".repeat(40);
        let html = format!("<p>first\n{}</p>\n<pre><code>{}\n</code></pre>", sentence.trim(), "x".repeat(120));
        let plain = plain(&html);
        let lines: Vec<&str> = plain.lines().collect();
        assert!(lines[0].starts_with("first word word"), "{plain}");
        assert!(lines.iter().filter(|line| line.contains("word")).all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(lines.contains(&"x".repeat(120).as_str()), "{plain}");
    }

    #[test]
    fn documentation_comes_back_as_it_was_written() {
        let html = "<pre><code class=\"language-rust\">pub fn f&lt;T&gt;(x: &amp;T) -&gt; u8\n</code></pre>\n<hr />\n\
            <p>Adds <code>a &lt; b</code> to <em>it</em>, see <a href=\"https://x.org\">there</a>.</p>\n<h2>Errors</h2>\n\
            <ul>\n<li>none</li>\n<li><strong>two</strong></li>\n</ul>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n";
        let markdown = "```rust\npub fn f<T>(x: &T) -> u8\n```\n\n\n---\n\nAdds `a < b` to *it*, see [there](https://x.org).\n\n\
            ## Errors\n\n- none\n- **two**\n\n1. one\n2. two";
        assert_eq!(from_html(html), markdown);
    }

    #[test]
    fn plain_text_has_no_marks_and_examples_no_hidden_lines() {
        let html = "<h1>Examples</h1>\n<pre><code>let a = &quot;x&quot;;\n# hidden();\n#\n#[derive(Debug)]\n</code></pre>\n<p>A \
            <code>b</code> <a href=\"https://docs.rs/neurocell/0.1.0/x\">c</a></p>\n";
        assert_eq!(plain(html), "Examples\n\nlet a = \"x\";\n#[derive(Debug)]\n\nA b c");
        let markdown = "# Examples\n\n```rust\nlet a = \"x\";\n#[derive(Debug)]\n```\n\nA `b` c";
        assert_eq!(from_html(html), markdown);
    }

    #[test]
    fn broken_html_is_survived() {
        for html in ["<", "<pre>", "<pre", "</a>", "a <b", "<a>", "<h9x>", "é<é>é"] {
            from_html(html);
        }
        assert_eq!(from_html("a &lt; b"), "a < b");
    }
}
