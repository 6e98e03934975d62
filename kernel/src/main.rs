//! `neurocell`: the kernel for Jupyter, the headless runner, the terminal, and what they need on a machine.

mod arguments;
mod cache;
mod clock;
mod complete;
mod doctor;
mod engine;
mod hex;
mod install;
mod jupyter;
mod prebuilt;
mod provenance;
mod repl;
mod room;
mod run;
mod size;
mod std_sources;
mod stop;
mod syntax;
mod tools;
mod worker;

use arguments::{Arguments, Task};
use clap::{CommandFactory, Parser};
use neurocell::Result;
use prebuilt::Prelude;
use std::io::Write;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// rust-analyzer makes millions of small trees: a fifth of a session's start would be the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tools::take_over_if_asked();
    worker::take_over_if_asked();
    evcxr::runtime_hook();
    tools::complete_path();
    let arguments = Arguments::parse();
    match perform(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            stop::signal().map_or(ExitCode::FAILURE, stopped_by)
        }
    }
}

fn perform(arguments: Arguments) -> Result<ExitCode> {
    let options = engine::Options { timings: arguments.timings, spare: false };
    if matches!(arguments.command, Task::Run(_) | Task::Repl) {
        // Nobody watches figures that change on their way, or they cannot change in place.
        // SAFETY: this process has one thread so far.
        unsafe { std::env::set_var("NEUROCELL_LIVE", "0") };
    }
    match arguments.command {
        Task::Run(wish) => {
            let job = run::Job {
                notebook: wish.notebook,
                output: wish.output,
                parameters: wish.parameters,
                parameters_file: wish.parameters_file,
                limit: wish.timeout,
                allow_errors: wish.allow_errors,
            };
            return execute(&job, options);
        }
        Task::Repl => {
            // Before the prompt: a build writes its own progress.
            let prelude = Prelude::prepare()?;
            let options = engine::Options { spare: true, ..options };
            let end = repl::run(Box::new(move || start_session(options, Some(prelude))))?;
            return Ok(end.signal.map_or(ExitCode::from(u8::from(end.failed)), stopped_by));
        }
        Task::Jupyter { connection_file } => {
            let options = engine::Options { spare: true, ..options };
            if jupyter::serve(&connection_file, Box::new(move || start_for_jupyter(options)))? {
                engine::hand_over();
            }
        }
        Task::Doctor { json } => {
            let checks = doctor::examine();
            match json {
                true => println!("{:#}", doctor::json(&checks)),
                false => println!("{}", doctor::plain(&checks)),
            }
            return Ok(ExitCode::from(u8::from(doctor::is_ill(&checks))));
        }
        Task::Cache(wish) => println!("{}", cache::perform(&wish)?),
        Task::Fetch { name: Some(name) } => println!("{name}: {}", fetch(&name)?),
        Task::Fetch { name: None } => {
            // Whoever reads the list may stop before its end.
            let _ = writeln!(std::io::stdout(), "{}\n\n{}", list_atlases(), list_models());
        }
        Task::Provenance(wish) => {
            let (text, well) = provenance::perform(&wish)?;
            // Whoever reads it may stop before its end.
            let _ = writeln!(std::io::stdout(), "{text}");
            return Ok(ExitCode::from(u8::from(!well)));
        }
        Task::Prepare => {
            let prelude = Prelude::prepare()?;
            println!("the prelude is ready: {}", prelude.library().display());
        }
        Task::Session => return Ok(engine::serve()),
        Task::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "neurocell", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
        }
        Task::Evcxr => print_for_evcxr()?,
        Task::Install(wish) => println!("{}", install::install(&wish)?),
        Task::Uninstall(place) => println!("{}", install::uninstall(&place)?),
    }
    Ok(ExitCode::SUCCESS)
}

fn execute(job: &run::Job, options: engine::Options) -> Result<ExitCode> {
    let started = std::time::Instant::now();
    let report = run::run(job, Prelude::prepare, |prelude| start_session(options, Some(prelude)))?;
    let saved = format!("{:>7.2} s  saved {}", started.elapsed().as_secs_f64(), report.output.display());
    if let Some(signal) = report.signal {
        eprintln!("stopped by {}: what was done so far is saved", signal_name(signal));
        eprintln!("{saved}");
        return Ok(stopped_by(signal));
    }
    eprintln!("{saved}");
    Ok(ExitCode::from(u8::from(!report.failed.is_empty())))
}

/// The exit code of a program that a signal ended, as shells have it.
fn stopped_by(signal: libc::c_int) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

fn signal_name(signal: libc::c_int) -> &'static str {
    match signal {
        libc::SIGINT => "Ctrl-C (SIGINT)",
        libc::SIGTERM => "SIGTERM",
        _ => "a signal",
    }
}

/// A session of cells. Its first engine takes the prelude that is prepared already; `:restart` looks for it again, since
/// sources or toolchain may have changed.
fn start_session(options: engine::Options, prepared: Option<Prelude>) -> Result<engine::Session> {
    let prepared = Mutex::new(prepared);
    engine::Session::start(Box::new(move || {
        let prepared = prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        let prelude = prepared.map_or_else(Prelude::prepare, Ok)?;
        let engine = engine::Engine::start(&prelude, &options)?;
        let interrupter = engine.interrupter();
        Ok(engine::Started { engine: Box::new(engine), interrupt: Box::new(move || interrupter.interrupt()) })
    }))
}

/// The session for Jupyter's cells; the error is the text that each cell gets instead of being run.
fn start_for_jupyter(options: engine::Options) -> std::result::Result<jupyter::Started, String> {
    let session = start_session(options, None).map_err(|error| error.to_string())?;
    let interrupt = session.interrupt();
    Ok(jupyter::Started { engine: Box::new(session), interrupt: Box::new(move || interrupt.interrupt()) })
}

/// A model or an atlas: where its files lie.
fn fetch(name: &str) -> Result<String> {
    match neurocell::brain::atlases().iter().any(|atlas| atlas.name == name) {
        true => Ok(neurocell::brain::fetch_atlas(name)?.to_string()),
        false => Ok(neurocell::model::fetch(name)?.to_string()),
    }
}

fn list_atlases() -> String {
    let atlases = neurocell::brain::atlases().into_iter().map(|atlas| {
        let size = match atlas.bytes {
            0 => "part of this program".to_owned(),
            bytes if atlas.is_here() => format!("{}, on this machine", size::human(bytes)),
            bytes => size::human(bytes),
        };
        format!(
            "{}\n  {}, {} networks or regions\n  {size}, licence {}\n  from {}; cite {}",
            atlas.name, atlas.what, atlas.count, atlas.licence, atlas.source, atlas.cite
        )
    });
    format!("Atlases\n\n{}\n\nModels", atlases.collect::<Vec<String>>().join("\n"))
}

fn list_models() -> String {
    let models = neurocell::model::registry().into_iter().map(|entry| {
        let here = if entry.is_here() { ", on this machine" } else { "" };
        let gated = if entry.gated { ", to be agreed to on the hub" } else { "" };
        format!(
            "{}\n  {}\n  {}, licence {}{gated}{here}\n  from {}",
            entry.name,
            entry.what,
            size::human(entry.bytes),
            entry.licence,
            entry.source
        )
    });
    let models: Vec<String> = models.collect();
    let fetches =
        "`neurocell fetch NAME` fetches a model or an atlas, and goes on with what an interrupted fetch left;";
    format!(
        "{}\n\n{fetches}\n`neurocell fetch OWNER/NAME` fetches any model of the Hugging Face hub",
        models.join("\n")
    )
}

fn print_for_evcxr() -> Result<()> {
    let prelude = Prelude::prepare()?;
    let flags = prelude.cell_flags();
    if let Some(flag) = flags.iter().find(|flag| flag.contains(char::is_whitespace)) {
        return Err(neurocell::Error::value(
            format!("evcxr parts flags at spaces, and here is one in `{flag}`"),
            "put the project into a folder whose path has no space",
        ));
    }
    println!(":build_env RUSTFLAGS={}", flags.join(" "));
    println!(":dep neurocell = {}", prelude.dependency());
    Ok(())
}
