//! `neurocell repl`: in a terminal of its own, and behind a pipe.

mod pty;

use pty::Terminal;
use std::io::Write;
use std::process::{Command, Stdio};

fn piped(cells: &str) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
    command.arg("repl").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(cells.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn cells_from_a_pipe_print_plain_results() {
    let (out, err, code) = piped("let a = 1;\na + 1\n");
    assert_eq!(out, "2\n", "{err}");
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn magics_and_failures_from_a_pipe() {
    let cells = "\
let words = vec![String::from(\"a\"), String::from(\"b\")];
let field = ndarray::Array2::<f32>::zeros((3, 4));
:type words.into_iter().map(|w| w.len()).sum::<usize>()
:type field
:vars
:tiem 1
struct Odd;
let odd = Odd;
fn twice(
    x: usize,
) -> usize {
    x * 2
}
:time twice(words.len())
missing_name
:vars
:restart
:vars
let line = { let mut l = String::new(); std::io::stdin().read_line(&mut l).unwrap(); l };
the answer
line.trim()
";
    let (out, err, code) = piped(cells);
    assert_eq!(code, Some(1), "a failed cell is told by the exit code");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..2], ["usize", "Array2<f32>"], "{out}\n{err}");
    let row = |name: &str| -> Vec<Vec<String>> {
        let rows = lines.iter().filter(|line| line.starts_with(name));
        rows.map(|line| line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect())
            .collect()
    };
    assert_eq!(row("field")[0], ["field", "Array2<f32>", "3 × 4", "48 B"], "{out}");
    // Asking for a type takes nothing away: `words` is there afterwards.
    assert_eq!(row("words")[0][..3], ["words", "Vec<String>", "2"], "{out}");
    assert_eq!(row("odd")[0][2..], ["–", "–"], "{out}");
    assert_eq!(row("words").len(), 2, "after the restart there are no variables: {out}");
    assert!(out.contains("all variables are gone") && out.contains("no variables yet"), "{out}");
    assert!(lines.contains(&"4") && out.contains("compiling included"), "{out}");
    assert!(err.contains("did you mean `:time`") && err.contains("missing_name"), "{err}");
    assert!(!err.contains('\u{1b}'), "no colours where nobody sees them: {err:?}");
    assert_eq!(lines.last(), Some(&"\"the answer\""), "{out}");
}

#[test]
fn a_terminal_keeps_variables_over_ctrl_c_and_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurocell"));
    command.arg("repl").current_dir(folder.path()).env("XDG_STATE_HOME", folder.path()).env("TERM", "xterm");
    let mut terminal = Terminal::start(command);
    terminal.expect(">> ");
    // The session is still starting: the cell waits for it.
    terminal.line("let kept = 41;");
    terminal.expect(">> ");
    terminal.line("kept + 1");
    terminal.expect("42");

    terminal.line("println!(\"run{}\", \"ning\"); loop {}");
    terminal.expect("running");
    terminal.send("\u{3}");
    terminal.expect("Interrupted");
    terminal.expect(">> ");
    terminal.line("kept + 100");
    terminal.expect("141");
    terminal.expect(">> ");

    // Ctrl-C at the prompt throws the line away.
    terminal.send("let never");
    terminal.expect("never");
    terminal.send("\u{3}");
    terminal.wait(500);
    // Several lines until nothing is open.
    terminal.line("fn twice(x: i32) -> i32 {");
    terminal.expect(".. ");
    terminal.line("x * 2 }");
    terminal.expect(">> ");
    terminal.line("twice(kept) + 1000");
    terminal.expect("1082");
    terminal.send("twice(kep\t) + 2000\r");
    terminal.expect("2082");

    terminal.line("neurocell::figure::bars(&[\"a\", \"b\"], &[1.0, 2.0], \"t\", \"u\")?");
    terminal.expect("saved as neurocell-figures/001.svg");
    let figure = std::fs::read_to_string(folder.path().join("neurocell-figures/001.svg")).unwrap();
    assert!(figure.contains("<svg"), "{figure}");

    terminal.line("{ let mut l = String::new(); std::io::stdin().read_line(&mut l).unwrap(); l.trim().len() + 70 }");
    terminal.wait(1500);
    terminal.line("seven..");
    terminal.expect("77");
    // A question that is not answered.
    terminal.line("{ let mut l = String::new(); std::io::stdin().read_line(&mut l).unwrap(); }");
    terminal.wait(1500);
    terminal.send("\u{3}");
    terminal.expect("Interrupted");
    terminal.expect(">> ");
    terminal.line("missing_name");
    terminal.expect("cannot find value");
    terminal.expect(">> ");
    terminal.send("\u{4}");
    assert_eq!(terminal.end(), Some(0));
    let history = std::fs::read_to_string(folder.path().join("neurocell/history")).unwrap();
    assert!(history.contains("twice(kept) + 1000") && !history.contains("never"), "{history}");
}
