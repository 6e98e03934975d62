//! Cells typed by hand: the prompt is there at once, and the session starts behind it.

use super::background::Background;
use super::editor::{self, Mark};
use super::screen::Screen;
use super::{End, Start};
use crate::engine::{Execute, Failure, Outcome};
use crate::stop::{self, Stop};
use neurocell::error::{Error, ErrorKind, Result};
use reedline::Signal;

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
        match lines.read_line(&Mark) {
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
