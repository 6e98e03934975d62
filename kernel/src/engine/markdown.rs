//! Markdown from the HTML in which evcxr gives documentation.
//!
//! evcxr makes that HTML from rust-analyzer's Markdown by pulldown-cmark and keeps the Markdown to itself; the few tags
//! which that writer knows are turned back.

/// The Markdown of such HTML; tags that are not known are left out, their text stays.
pub fn from_html(html: &str) -> String {
    let mut out = String::new();
    // The targets of the links that are open, and the numbers of the lists (none: with bullets).
    let (mut links, mut lists) = (Vec::new(), Vec::new());
    let mut is_code = false;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text(&mut out, &rest[..at], is_code);
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
                out.push_str(&format!("```{}\n", language.unwrap_or_default()));
            }
            ("pre", true) => {
                is_code = false;
                out.push_str("```\n\n");
            }
            ("code", _) if is_code => {}
            ("code", _) => out.push('`'),
            ("strong", _) => out.push_str("**"),
            ("em", _) => out.push('*'),
            ("br", _) => out.push_str("  \n"),
            ("hr", _) => out.push_str("\n---\n\n"),
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
                links.push(attribute(tag, "href").unwrap_or_default().to_owned());
                out.push('[');
            }
            ("a", true) => out.push_str(&format!("]({})", links.pop().unwrap_or_default())),
            (heading, closes) => {
                if let Some(level) = heading.strip_prefix('h').and_then(|level| level.parse::<usize>().ok()) {
                    match closes {
                        true => blank_line(&mut out),
                        false => out.push_str(&format!("{} ", "#".repeat(level.min(6)))),
                    }
                }
            }
        }
    }
    text(&mut out, rest, is_code);
    out.trim().to_owned()
}

/// Text between tags; outside of code newlines that only part tags mean nothing.
fn text(out: &mut String, html: &str, is_code: bool) {
    if is_code || !html.trim().is_empty() {
        out.push_str(&unescape(html));
    }
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
    fn documentation_comes_back_as_it_was_written() {
        let html = "<pre><code class=\"language-rust\">pub fn f&lt;T&gt;(x: &amp;T) -&gt; u8\n</code></pre>\n<hr />\n\
            <p>Adds <code>a &lt; b</code> to <em>it</em>, see <a href=\"https://x.org\">there</a>.</p>\n<h2>Errors</h2>\n\
            <ul>\n<li>none</li>\n<li><strong>two</strong></li>\n</ul>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n";
        let markdown = "```rust\npub fn f<T>(x: &T) -> u8\n```\n\n\n---\n\nAdds `a < b` to *it*, see [there](https://x.org).\n\n\
            ## Errors\n\n- none\n- **two**\n\n1. one\n2. two";
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
