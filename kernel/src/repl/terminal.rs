//! Cells typed by hand: the prompt is there at once, and the session starts behind it.

use super::background::Background;
use super::editor::{self, Mark};
use super::input::Next;
use super::screen::Screen;
use super::{End, Start};
use crate::complete::needs_more;
use crate::engine::{Execute, Failure, Outcome};
use crate::stop::{self, Stop};
use neurocell::error::{Error, ErrorKind, Result};
use reedline::{EditCommand, HistoryItem, Reedline, Signal};

pub fn run(start: Start) -> Result<End> {
    println!(
        "neurocell {}: Rust, the prelude is loaded. `:help` lists commands, Ctrl-D ends.",
        env!("CARGO_PKG_VERSION")
    );
    stop::listen(&[libc::SIGINT]);
    let mut background = Background::start(start)?;
    let (mut lines, notice) = editor::make(background.shared());
    if let Some(notice) = notice {
        eprintln!("{notice}");
    }
    let mut screen = Screen::new();
    let end = loop {
        let next = match typed_ahead(&mut screen, &mut lines) {
            Some(next) => Ok(next),
            None => lines.read_line(&Mark),
        };
        match next {
            Ok(Signal::Success(cell)) if super::is_quit(&cell) => break Ok(()),
            Ok(Signal::Success(cell)) if cell.trim().is_empty() => {}
            Ok(Signal::Success(cell)) => {
                stop::forget();
                match background.wait() {
                    Ok(true) => execute(&background, &cell, &mut screen),
                    Ok(false) => screen.fail(&interrupted("the cell was not run: the session was still starting")),
                    Err(error) => break Err(error),
                }
            }
            Ok(Signal::CtrlD) => break Ok(()),
            Ok(_) => {}
            Err(error) => {
                let problem = format!("the terminal cannot be read: {error}");
                break Err(Error::new(ErrorKind::File, problem, "pipe cells in instead: `neurocell repl < cells.rs`")
                    .caused_by(error));
            }
        }
    };
    background.end();
    end.map(|()| End::default())
}

/// The cell that was typed while another one ran. Lines of one that is not whole yet go into the editor.
fn typed_ahead(screen: &mut Screen, lines: &mut Reedline) -> Option<Signal> {
    let mut cell = String::new();
    loop {
        match screen.typed_ahead() {
            Some(Next::Line(line)) => {
                println!("{}{line}", if cell.is_empty() { editor::FIRST } else { editor::FURTHER });
                cell.push_str(&line);
                if !needs_more(&cell) {
                    // A history that cannot be written has been told of.
                    let _ = lines.history_mut().save(HistoryItem::from_command_line(&cell));
                    return Some(Signal::Success(cell));
                }
                cell.push('\n');
            }
            Some(_) => return Some(Signal::CtrlD),
            None if cell.is_empty() => return None,
            None => {
                lines.run_edit_commands(&[EditCommand::InsertString(cell)]);
                return None;
            }
        }
    }
}

fn execute(background: &Background, cell: &str, screen: &mut Screen) {
    let ran = background.with(|session| {
        let interrupt = session.interrupt();
        stop::watch(|| interrupt.interrupt(), None, || session.execute(cell, screen))
    });
    screen.close();
    let Some((Outcome::Failed(failure), stopped)) = ran else { return };
    let says_so = failure.name == "Interrupted" || failure.value.contains("was stopped");
    match stopped {
        // In a terminal Ctrl-C reaches the compiler as well, whose end is no error of the cell.
        Some(Stop::Signal(_)) if !says_so => {
            screen.fail(&interrupted("the cell was stopped; every variable is as it was before it"));
        }
        _ => screen.fail(&failure),
    }
}

fn interrupted(what: &str) -> Failure {
    Failure::plain("Interrupted", what)
}
