//! A provenance as a tree of lines.

use super::Provenance;
use crate::notebook::display;
use std::collections::HashMap;
use std::fmt;

/// Columns of a terminal that a line may take.
const WIDTH: usize = 96;
/// Digits of a digest that a reader sees.
const SHOWN: usize = 10;
/// Letters of an option's value that a reader sees.
const LONGEST: usize = 160;

impl fmt::Display for Provenance {
    /// The steps as a tree: what was done with which options, and below it what went in. A step that went into several is written out where it
    /// comes first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut followers = HashMap::<String, usize>::new();
        for step in self.steps() {
            for (_, input) in step.inputs() {
                *followers.entry(input.key().to_owned()).or_default() += 1;
            }
        }
        let mut lines = Vec::new();
        let mut tree = Tree { followers, numbers: HashMap::new(), lines: &mut lines };
        tree.step(self, "", "", "");
        lines.push(format!("made by neurocell {}; key {}", code(self.code()), &self.key()[..SHOWN]));
        f.write_str(&lines.join("\n"))
    }
}

impl Provenance {
    /// Shows the tree in a notebook.
    pub fn evcxr_display(&self) {
        let text = self.to_string();
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let html = format!("<pre style=\"line-height:1.3\">{escaped}</pre>");
        display(&[("text/html", html.as_bytes()), ("text/plain", text.as_bytes())]);
    }
}

/// "0.1.0 (code 0123abcdef)".
pub(super) fn code(code: &str) -> String {
    match code.split_once(' ') {
        Some((version, digest)) => format!("{version} (code {})", digest.get(..SHOWN).unwrap_or(digest)),
        None => code.to_owned(),
    }
}

/// Size for people, in powers of ten.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// A digest, cut short.
pub(super) fn brief(digest: &str) -> &str {
    digest.get(..SHOWN).unwrap_or(digest)
}

struct Tree<'a> {
    /// How many steps each step went into.
    followers: HashMap<String, usize>,
    /// Numbers of the steps that are named again below.
    numbers: HashMap<String, usize>,
    lines: &'a mut Vec<String>,
}

impl Tree<'_> {
    fn step(&mut self, step: &Provenance, before: &str, below: &str, role: &str) {
        let role = if role.is_empty() { String::new() } else { format!("{role}: ") };
        if let Some(number) = self.numbers.get(step.key()) {
            self.lines.push(format!("{before}{role}{}, as in #{number}", step.what()));
            return;
        }
        let mut mark = String::new();
        // A file is one line: pointing to it would take as much room.
        if self.followers.get(step.key()).is_some_and(|count| *count > 1) && step.as_file().is_none() {
            let number = self.numbers.len() + 1;
            self.numbers.insert(step.key().to_owned(), number);
            mark = format!(" #{number}");
        }
        let parts = match step.as_file() {
            Some((name, bytes, digest)) => {
                vec![format!("{name}, {}", size(bytes)), format!("sha256 {}…", brief(digest))]
            }
            None => {
                let named = std::iter::once(format!("{}{mark}", step.what()));
                named.chain(step.options().iter().map(|(name, value)| option(name, value))).collect()
            }
        };
        let bar = if step.inputs().is_empty() { "  " } else { "│ " };
        self.wrapped(&format!("{before}{role}"), &format!("{below}{bar}"), &parts);
        for (n, (role, input)) in step.inputs().iter().enumerate() {
            let (own, further) = if n + 1 == step.inputs().len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.step(input, &format!("{below}{own}"), &format!("{below}{further}"), role);
        }
    }

    /// Parts one after the other, on as many lines as they take.
    fn wrapped(&mut self, first: &str, next: &str, parts: &[String]) {
        let mut line = first.to_owned();
        for (n, part) in parts.iter().enumerate() {
            let gap = if n == 0 { "" } else { "  " };
            if n > 0 && line.chars().count() + gap.len() + part.chars().count() > WIDTH {
                self.lines.push(std::mem::replace(&mut line, format!("{next}  {part}")));
            } else {
                line += gap;
                line += part;
            }
        }
        self.lines.push(line);
    }
}

fn option(name: &str, value: &str) -> String {
    let digest = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
    let value: String = match digest {
        true => format!("{}…", brief(value)),
        false if value.chars().count() > LONGEST => format!("{}…", value.chars().take(LONGEST).collect::<String>()),
        false => value.replace('\n', " "),
    };
    format!("{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_names_steps_options_and_inputs_and_writes_what_is_shared_once() {
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let file = Provenance::step("file").option("name", "a/b.nii").option("bytes", 1234).option("sha256", digest);
        let clean = Provenance::step("clean").option("detrend", "linear").input("image", &file);
        let mean = Provenance::step("mean").input("bold", &clean);
        let made = Provenance::step("encode").option("α", "1, 10").input("x", &mean).input("bold", &clean);
        let text = made.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "encode  α=1, 10",
                "├─ x: mean",
                "│  └─ bold: clean #1  detrend=linear",
                "│     └─ image: a/b.nii, 1.2 kB  sha256 ba7816bf8f…",
                "└─ bold: clean, as in #1",
            ]
        );
        assert!(lines[5].starts_with(concat!("made by neurocell ", env!("CARGO_PKG_VERSION"), " (code ")));
    }

    #[test]
    fn lines_are_no_longer_than_a_terminal() {
        let long = (0..30).fold(Provenance::step("x"), |step, n| step.option(&format!("option {n}"), "a value"));
        assert!(long.to_string().lines().all(|line| line.chars().count() <= WIDTH));
        assert_eq!(size(999), "999 B");
        assert_eq!(size(12_345_678), "12.3 MB");
    }
}
