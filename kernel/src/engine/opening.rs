//! How a session begins: the evcxr context with the prelude in it, and what is made ready while nobody asks.
//!
//! rust-analyzer reads the manifest of the cells' crate, and all sources that it names, whenever that manifest changes.
//! So the manifest names the prelude from the first moment on: the context is made once, not twice.

use super::{last_value, report};
use crate::prebuilt::Prelude;
use crate::tools;
use crate::worker;
use evcxr::{CommandContext, EvalContext, EvalContextOutputs};
use neurocell::error::ErrorKind;
use neurocell::{Error, Result};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// What a session is made from.
#[derive(Clone, Debug)]
pub struct Plan {
    pub prelude: Prelude,
    /// The session's own.
    pub folder: PathBuf,
    /// Say on stderr how long each stage of the start and of each cell took.
    pub timings: bool,
    /// Variables that the session's process has for its own work, and what the user's cells have in their place.
    pub environment: tools::Environment,
}

/// Makes the evcxr context, with the prelude in it.
pub fn open(plan: &Plan) -> Result<(CommandContext, EvalContextOutputs)> {
    let started = Instant::now();
    let stage = |name: &str| {
        if plan.timings {
            eprintln!("[{:6.3} s] {name}", started.elapsed().as_secs_f64());
        }
    };
    // The running program itself, also when a new build has taken its place on disk.
    let mut worker = Command::new("/proc/self/exe");
    tools::give_back(&plan.environment, &mut worker);
    worker.env(worker::PRELUDE, plan.prelude.library());
    // The prelude frames its outputs for this kernel.
    worker.env("NEUROCELL_KERNEL", "1");
    // candle's own threads would not survive the fork before each cell; the prelude spreads work over its own pool.
    worker.env("CANDLE_NUM_THREADS", "1");
    let (mut context, outputs) =
        EvalContext::with_subprocess_command(worker).map_err(|e| refuse("the session cannot start", e))?;
    stage("evcxr is ready");
    let mut state = context.state();
    // A folder may hold settings of its own for evcxr, which are read in place of the session's.
    state.set_opt_level(&plan.prelude.profile()).map_err(|e| refuse("the cells' profile cannot be set", e))?;
    let prelude = |e| refuse("the prelude does not load", e);
    context.eval_with_state("use neurocell::prelude::*;", state).map_err(prelude)?;
    // evcxr writes what `?` needs into a cell after it has seen one without it fail, and from then on into all cells.
    context.eval("Clock::new(1.0, &[1])?;").map_err(prelude)?;
    // What the cells above have become was kept; the user's own are not.
    let _ = std::fs::remove_file(plan.folder.join(tools::OPENING));
    stage("the prelude is usable");
    Ok((CommandContext::with_eval_context(context), outputs))
}

fn refuse(what: &str, error: evcxr::Error) -> Error {
    let failure = report::refused(&error, &last_value::ask(""));
    Error::new(
        ErrorKind::Unknown,
        format!("{what}: {}\n{}", failure.value, failure.traceback.join("\n")),
        "`cargo clean` in the project's folder, then `cargo build --release`, makes the prelude anew",
    )
}

/// Lets rust-analyzer find a type once: the first time it reads all traits that the standard library declares, which
/// takes as long as several cells.
pub fn warm(context: &mut CommandContext, timings: bool) {
    let started = Instant::now();
    const CODE: &str = "let warm = Stimulus::example()?;\nwarm.";
    // Nothing depends on the answer, and a session that could not give one says so at the first cell.
    let _ = context.completions(CODE, CODE.len());
    if timings {
        eprintln!("[{:6.3} s] types are warm", started.elapsed().as_secs_f64());
    }
}
