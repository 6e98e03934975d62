//! Cells from a pipe or a file: each as many lines as it takes until nothing is open.

use super::input::Next;
use super::screen::Screen;
use super::{End, Start};
use crate::complete::needs_more;
use crate::engine::{Execute, Outcome, Session};
use crate::stop;
use neurocell::Result;

pub fn run(start: Start) -> Result<End> {
    stop::listen(&[libc::SIGINT, libc::SIGTERM]);
    let mut session = start()?;
    let mut screen = Screen::new();
    let mut end = End::default();
    let mut cell = String::new();
    loop {
        match screen.next_line() {
            Next::Line(line) => {
                cell.push_str(&line);
                cell.push('\n');
                if needs_more(&cell) {
                    continue;
                }
                let code = std::mem::take(&mut cell);
                if super::is_quit(&code) {
                    break;
                }
                end.failed |= !execute(&mut session, &code, &mut screen);
            }
            Next::End => {
                // What is still open is run as it is: the compiler says what is missing.
                end.failed |= !execute(&mut session, &cell, &mut screen);
                break;
            }
            Next::Stopped => break,
        }
    }
    end.signal = stop::signal();
    Ok(end)
}

/// Runs a cell; `false` if it failed.
fn execute(session: &mut Session, code: &str, screen: &mut Screen) -> bool {
    if code.trim().is_empty() {
        return true;
    }
    let interrupt = session.interrupt();
    let (outcome, _) = stop::watch(|| interrupt.interrupt(), None, || session.execute(code, screen));
    screen.close();
    match outcome {
        Outcome::Done => true,
        Outcome::Failed(failure) => {
            screen.fail(&failure);
            false
        }
    }
}
