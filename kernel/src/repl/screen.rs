//! What a cell says, printed.

use super::figures::{self, Picture};
use super::input::{Lines, Next, Unseen};
use crate::engine::{Event, Failure, Host};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value};
use std::io::{IsTerminal, Write};
use std::path::Path;

/// The terminal, or whatever stdout and stderr are.
pub struct Screen {
    /// Pictures are drawn on it.
    draws: bool,
    /// Errors are coloured.
    colours: bool,
    /// Progress is shown, as a line that changes.
    moves: bool,
    progress: Option<(String, ProgressBar)>,
    /// The last text ended within a line.
    open: bool,
    lines: Lines,
}

impl Screen {
    pub fn new() -> Screen {
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        Screen {
            draws: out && figures::terminal_draws(),
            colours: err && std::env::var_os("NO_COLOR").is_none(),
            moves: out && err,
            progress: None,
            open: false,
            lines: Lines::default(),
        }
    }

    /// The next line of stdin.
    pub fn next_line(&mut self) -> Next {
        self.lines.next_line()
    }

    /// A whole line that was typed while a cell ran.
    pub fn typed_ahead(&mut self) -> Option<Next> {
        self.lines.typed_ahead()
    }

    /// A cell has ended: what follows begins on a line of its own.
    pub fn close(&mut self) {
        if let Some((_, bar)) = self.progress.take() {
            bar.finish_and_clear();
        }
        if std::mem::take(&mut self.open) {
            self.out("\n");
        }
    }

    /// Shows why a cell failed.
    pub fn fail(&mut self, failure: &Failure) {
        self.close();
        for line in &failure.traceback {
            match self.colours {
                true => self.err(&format!("{line}\n")),
                false => self.err(&format!("{}\n", without_colours(line))),
            }
        }
    }

    fn out(&mut self, text: &str) {
        if let Some(last) = text.chars().last() {
            self.open = last != '\n';
        }
        self.hidden(|| {
            let mut out = std::io::stdout().lock();
            // A closed pipe means that nobody reads any more.
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        });
    }

    fn err(&self, text: &str) {
        self.hidden(|| {
            let _ = std::io::stderr().write_all(text.as_bytes());
        });
    }

    /// Prints with the progress line out of the way.
    fn hidden(&self, print: impl FnOnce()) {
        match &self.progress {
            Some((_, bar)) => bar.suspend(print),
            None => print(),
        }
    }

    /// One line, changed in place; the last of it stays.
    fn progress(&mut self, id: &str, line: &str) {
        if !self.moves {
            return;
        }
        if self.progress.as_ref().is_none_or(|(of, _)| of != id) {
            self.close();
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            self.progress = Some((id.to_owned(), bar));
        }
        if let Some((_, bar)) = &self.progress {
            bar.set_message(line.to_owned());
        }
        if line.contains("done in ") {
            self.close();
            self.out(&format!("{line}\n"));
        }
    }

    fn show(&mut self, data: &Map<String, Value>) {
        if self.open {
            self.out("\n");
        }
        let text = |mime: &str| data.get(mime).and_then(Value::as_str);
        if let Some(picture) = Picture::of(data) {
            if let Some(plain) = text("text/plain") {
                self.out(&format!("{}\n", plain.trim_end()));
            }
            if self.draws
                && let Some(drawn) = picture.kitty()
            {
                self.out(&format!("{drawn}\n"));
            }
            match picture.save(Path::new(figures::FOLDER)) {
                Ok(path) => self.out(&format!("saved as {}\n", path.display())),
                Err(error) => self.err(&format!(
                    "the figure cannot be saved in {}: {error}\n  → `std::env::set_current_dir` to a folder that may be written\n",
                    figures::FOLDER
                )),
            }
            return;
        }
        let shown = text("text/plain").or_else(|| text("text/markdown")).or_else(|| text("text/html"));
        match shown {
            Some(text) => self.out(&format!("{}\n", text.trim_end_matches('\n'))),
            None => {
                let kinds: Vec<&str> = data.keys().map(String::as_str).collect();
                self.out(&format!("an output that a terminal cannot show: {}\n", kinds.join(", ")));
            }
        }
    }
}

impl Host for Screen {
    fn tell(&mut self, event: Event) {
        match event {
            Event::Stdout(text) => self.out(&text),
            Event::Stderr(text) => self.err(&text),
            // What a terminal has shown stays.
            Event::ClearOutput { .. } => {}
            Event::Result { data } => self.show(&data),
            Event::Display { data, display_id: Some(id), .. } if id.starts_with("progress-") => {
                let line = data.get("text/plain").and_then(Value::as_str).unwrap_or_default();
                self.progress(&id, line);
            }
            Event::Display { data, .. } => self.show(&data),
        }
    }

    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        self.out(prompt);
        // evcxr hands prompts on without the colon that they end with.
        if prompt.ends_with(char::is_alphanumeric) {
            self.out(": ");
        }
        let unseen = password.then(Unseen::begin);
        let next = self.lines.next_line();
        if unseen.is_some() {
            // The line's end was not seen either.
            self.out("\n");
        }
        // The terminal has shown the line's end.
        self.open = false;
        match next {
            Next::Line(line) => Some(line),
            Next::End | Next::Stopped => None,
        }
    }
}

/// Text without the sequences that colour it.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::without_colours;

    #[test]
    fn colours_are_left_out_where_nobody_sees_them() {
        assert_eq!(without_colours("\u{1b}[1;31merror\u{1b}[0m: no"), "error: no");
        assert_eq!(without_colours("plain"), "plain");
    }
}
