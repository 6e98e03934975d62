//! `neurocell`: the kernel for Jupyter, the headless runner, and what they need on a machine.

mod engine;
mod install;
mod jupyter;
mod prebuilt;
mod run;
mod std_sources;
mod syntax;
mod tools;
mod worker;

use clap::{Parser, Subcommand};
use neurocell::Result;
use std::path::PathBuf;
use std::process::ExitCode;

/// rust-analyzer makes millions of small trees: a fifth of a session's start would be the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A Rust notebook for one question: which units of a language model move in step with which networks of the human brain?
#[derive(Parser)]
#[command(name = "neurocell", version)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
    /// Say how long each stage took.
    #[arg(long, global = true)]
    timings: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Execute a notebook from top to bottom and save it with its outputs.
    Run {
        /// The notebook (.ipynb).
        notebook: PathBuf,
        /// Where to save the executed notebook; beside the source as NAME.executed.ipynb unless given.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Go on after a cell that fails.
        #[arg(long)]
        allow_errors: bool,
    },
    /// Serve as a Jupyter kernel; what the kernelspec starts.
    Jupyter {
        /// The file in which Jupyter says where it listens.
        #[arg(long)]
        connection_file: PathBuf,
    },
    /// Make the kernel known to Jupyter.
    Install(install::Install),
    /// Fetch a model and check its digest; without a name, list the models known by name.
    Fetch {
        /// A model's name, such as minilm-l6.
        name: Option<String>,
    },
    /// Print the two lines that load the prelude in evcxr's own kernel or REPL.
    Evcxr,
    /// Take the kernel out of Jupyter's list again.
    Uninstall(install::Place),
    /// Hold a session for the kernel that starts this.
    #[command(hide = true)]
    Session,
}

fn main() -> ExitCode {
    tools::take_over_if_asked();
    worker::take_over_if_asked();
    evcxr::runtime_hook();
    let arguments = Arguments::parse();
    match perform(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: Arguments) -> Result<ExitCode> {
    let options = engine::Options { timings: arguments.timings, spare: false };
    match arguments.command {
        Task::Run { notebook, output, allow_errors } => {
            let started = std::time::Instant::now();
            let report = run::run(&run::Job { notebook, output, allow_errors, options })?;
            eprintln!("{:>7.2} s  saved {}", started.elapsed().as_secs_f64(), report.output.display());
            Ok(match report.failed.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            })
        }
        Task::Jupyter { connection_file } => {
            let options = engine::Options { spare: true, ..options };
            jupyter::serve(&connection_file, Box::new(move || start_engine(&options)))?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Fetch { name: Some(name) } => {
            println!("{name}: {}", neurocell::model::fetch(&name)?);
            Ok(ExitCode::SUCCESS)
        }
        Task::Fetch { name: None } => {
            neurocell::model::registry().iter().for_each(|entry| println!("{entry}"));
            Ok(ExitCode::SUCCESS)
        }
        Task::Evcxr => {
            let prelude = prebuilt::Prelude::prepare()?;
            let flags = prelude.cell_flags();
            if let Some(flag) = flags.iter().find(|flag| flag.contains(char::is_whitespace)) {
                return Err(neurocell::Error::value(
                    format!("evcxr parts flags at spaces, and here is one in `{flag}`"),
                    "put the project into a folder whose path has no space",
                ));
            }
            println!(":build_env RUSTFLAGS={}", flags.join(" "));
            println!(":dep neurocell = {}", prelude.dependency());
            Ok(ExitCode::SUCCESS)
        }
        Task::Install(wish) => {
            println!("{}", install::install(&wish)?);
            Ok(ExitCode::SUCCESS)
        }
        Task::Session => Ok(engine::serve()),
        Task::Uninstall(place) => {
            println!("{}", install::uninstall(&place)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The engine for Jupyter's cells; the error is the text that each cell gets instead of being run.
fn start_engine(options: &engine::Options) -> std::result::Result<jupyter::Started, String> {
    let prelude = prebuilt::Prelude::prepare().map_err(|error| error.to_string())?;
    let engine = engine::Engine::start(&prelude, options).map_err(|error| error.to_string())?;
    let interrupter = engine.interrupter();
    Ok(jupyter::Started { engine: Box::new(engine), interrupt: Box::new(move || interrupter.interrupt()) })
}
