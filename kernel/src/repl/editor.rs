//! The line editor: several lines until nothing is open, history, completion by Tab, colours.

use super::background::Shared;
use super::colour::Colours;
use crate::complete::needs_more;
use reedline::{
    Color, ColumnarMenu, Completer, CompletionResult, DefaultHinter, Emacs, FileBackedHistory, KeyCode, KeyModifiers,
    MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent,
    ReedlineMenu, Span, Suggestion, ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::path::PathBuf;

/// Cells that the history holds.
const REMEMBERED: usize = 10_000;
const MENU: &str = "completions";
/// Before a cell's first line, and before further ones.
pub const FIRST: &str = ">> ";
pub const FURTHER: &str = ".. ";

/// The editor; the text is a notice if the history could not be opened.
pub fn make(session: Shared) -> (Reedline, Option<String>) {
    let mut keys = default_emacs_keybindings();
    let complete = vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext];
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, ReedlineEvent::UntilFound(complete));
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let menu = ColumnarMenu::default().with_name(MENU).with_marker(FIRST);
    let editor = Reedline::create()
        .with_validator(Box::new(Open))
        .with_completer(Box::new(Names(session)))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_highlighter(Box::new(Colours))
        .with_hinter(Box::new(DefaultHinter::default().with_style(Color::DarkGray.normal())))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_ansi_colors(std::env::var_os("NO_COLOR").is_none())
        .use_bracketed_paste(true);
    let Some(file) = history_file() else {
        return (editor, Some("the history is not kept: there is no home directory".to_owned()));
    };
    match FileBackedHistory::with_file(REMEMBERED, file.clone()) {
        Ok(history) => (editor.with_history(Box::new(history)), None),
        Err(error) => (editor, Some(format!("the history is not kept: {} cannot be used: {error}", file.display()))),
    }
}

/// The file in which the history is kept.
fn history_file() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = named.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    Some(state.join("neurocell").join("history"))
}

/// Waits for more lines while something is open.
struct Open;

impl Validator for Open {
    fn validate(&self, cell: &str) -> ValidationResult {
        match needs_more(cell) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Complete,
        }
    }
}

/// Completes by what the session knows.
struct Names(Shared);

impl Completer for Names {
    fn complete(&mut self, cell: &str, cursor: usize) -> CompletionResult {
        let found = self.0.complete(cell, cursor);
        let span = Span::new(found.replaced.start, found.replaced.end.max(found.replaced.start));
        let suggestions: Vec<Suggestion> = found
            .items
            .into_iter()
            .map(|item| Suggestion { value: item.text, display_override: None, span, ..Suggestion::default() })
            .collect();
        CompletionResult::fresh(suggestions)
    }
}

/// `>> `, and `.. ` before further lines of the same cell.
pub struct Mark;

impl Prompt for Mark {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }
    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(FIRST)
    }
    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed(FURTHER)
    }
    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let found = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing like ",
        };
        Cow::Owned(format!("({found}`{}`) ", search.term))
    }
}
