//! What may be asked on the command line, and the help for it.

use crate::{cache, install, provenance, run};
use clap::{Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use std::time::Duration;

const FIRST_STEPS: &str = "First steps:
  neurocell doctor                                 see whether everything is there
  neurocell run notebooks/01_quickstart.ipynb      the whole way once, without Jupyter
  neurocell install --user && jupyter lab          notebooks in Jupyter
  neurocell repl                                   cells in this terminal";

/// A Rust notebook for one question: which units of a language model move in step with which networks of the human brain?
#[derive(Parser)]
#[command(name = "neurocell", version, after_help = FIRST_STEPS)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Task,
    /// Say how long each stage took
    #[arg(long, global = true)]
    pub timings: bool,
}

#[derive(Subcommand)]
pub enum Task {
    /// Execute a notebook from top to bottom and save it with its outputs
    #[command(after_help = "Examples:
  neurocell run notebooks/01_quickstart.ipynb
  neurocell run analysis.ipynb -o subject-019.ipynb -p subject=019 -p components=64 --timeout 600

Parameters are papermill's: one code cell of the notebook has the tag `parameters` and holds the defaults, such as
`let subject = \"018\";`. Their types are those of the defaults. The exit code is 0 if every cell ran, 1 if one failed,
130 after Ctrl-C; the notebook is saved in each case, with what was done so far.")]
    Run(Run),
    /// Type cells in this terminal, or pipe them in
    #[command(after_help = "Examples:
  neurocell repl
  printf 'let a = 1;\\na + 1\\n' | neurocell repl

A cell may have several lines: it runs when nothing is open any more (Alt-Enter adds a line). Tab completes, Ctrl-R
searches the history, Ctrl-C stops a cell and keeps the variables, Ctrl-D ends. `:help` lists the commands of a cell.")]
    Repl,
    /// Serve as a Jupyter kernel; what the kernelspec starts
    #[command(after_help = "Jupyter calls this itself, after `neurocell install`.")]
    Jupyter {
        /// The file in which Jupyter says where it listens
        #[arg(long)]
        connection_file: PathBuf,
    },
    /// Make the kernel known to Jupyter
    #[command(after_help = "Example:
  neurocell install --user && jupyter lab")]
    Install(install::Install),
    /// Take the kernel out of Jupyter's list again
    #[command(after_help = "Example:
  neurocell uninstall --user")]
    Uninstall(install::Place),
    /// See whether everything that a session needs is there, and how to mend what is not
    #[command(after_help = "Example:
  neurocell doctor

The exit code is 1 if something must be mended before cells can run.")]
    Doctor {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// See what takes disk space, or clear it
    #[command(after_help = "Examples:
  neurocell cache
  neurocell cache clear --dry-run
  neurocell cache clear --activations")]
    Cache(cache::Cache),
    /// Fetch a model or an atlas and check its digests; without a name, list those known by name
    #[command(after_help = "Examples:
  neurocell fetch
  neurocell fetch minilm-l6
  neurocell fetch harvard-oxford-cortical
  neurocell fetch google-bert/bert-base-uncased
  neurocell fetch owner/name@revision
  neurocell fetch owner/name/file.gguf

A fetch that was interrupted goes on where it stopped when it is asked for again. A model that its owner gives only to those
who agreed to its terms needs the token of an account that did, in HF_TOKEN or kept by `hf auth login`. NEUROCELL_OFFLINE=1
keeps off the network.")]
    Fetch {
        /// A model's name, such as minilm-l6, an atlas' name, such as cole-anticevic, or a model's id on the Hugging Face hub, OWNER/NAME
        name: Option<String>,
    },
    /// Say what a saved figure, map or table was made of, or whether that is still the same
    #[command(after_help = "Examples:
  neurocell provenance figures/score.png
  neurocell provenance --check figures/score.png --root /data/ds002345
  neurocell provenance --json maps/score.nii.gz > score.json

What was done is printed as a tree: each step with its options, and below it what went in. With --check the files are looked
for below the folder given by --root, the one in which this runs, the file's own and those above it, $NEUROCELL_HOME, and the
hub's cache of models; the exit code is 0 if files, shipped data and code are all the same, else 1.")]
    Provenance(provenance::Wish),
    /// Build what cells are linked to, unless it is there; the first session does it otherwise
    #[command(after_help = "Example:
  cargo install --locked --path kernel && neurocell prepare")]
    Prepare,
    /// Print a script by which a shell completes this program's commands
    #[command(after_help = "Examples:
  neurocell completions bash > ~/.local/share/bash-completion/completions/neurocell
  neurocell completions zsh > ~/.zfunc/_neurocell
  neurocell completions fish > ~/.config/fish/completions/neurocell.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the two lines that load the prelude in evcxr's own kernel or REPL
    #[command(after_help = "Example: paste what this prints into a cell of evcxr's own kernel, then
  use neurocell::prelude::*;")]
    Evcxr,
    /// Hold a session for the kernel that starts this
    #[command(hide = true, after_help = "The other commands start it; there is no use in starting it by hand.")]
    Session,
}

#[derive(clap::Args)]
pub struct Run {
    /// The notebook (.ipynb)
    pub notebook: PathBuf,
    /// Where to save the executed notebook; beside the source as NAME.executed.ipynb unless given
    #[arg(short, long)]
    pub output: Option<PathBuf>,
    /// A value for a parameter of the notebook; may be given several times
    #[arg(short, long = "parameter", value_name = "NAME=VALUE", value_parser = run::parse_parameter)]
    pub parameters: Vec<run::Given>,
    /// A JSON file with values for parameters, {"name": value, …}; those given by -p count more
    #[arg(long, value_name = "FILE")]
    pub parameters_file: Option<PathBuf>,
    /// How long each cell may take; one that takes longer is stopped and counts as failed
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Go on after a cell that fails
    #[arg(long)]
    pub allow_errors: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let advice = "give seconds, such as `--timeout 600`";
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number; {advice}"))?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) if !limit.is_zero() => Ok(limit),
        _ => Err(format!("no cell can run for {text} s; {advice}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_fit_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_or_a_hint() {
        for command in Arguments::command().get_subcommands() {
            assert!(command.get_after_help().is_some(), "{} has none", command.get_name());
        }
    }

    #[test]
    fn a_limit_of_time_is_more_than_nothing() {
        assert_eq!(seconds("1.5").unwrap(), Duration::from_millis(1500));
        for text in ["0", "-1", "NaN", "soon"] {
            assert!(seconds(text).unwrap_err().contains("--timeout 600"), "{text}");
        }
    }
}
