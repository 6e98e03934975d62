//! The kernelspec: the small folder by which Jupyter finds this kernel.

use clap::Args;
use neurocell::error::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the kernelspec goes, and under which name.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// For this user (the default): Jupyter's data folder, $JUPYTER_DATA_DIR if it is set
    #[arg(long, conflicts_with_all = ["prefix", "sys_prefix"])]
    pub user: bool,
    /// Under DIR/share/jupyter/kernels
    #[arg(long, value_name = "DIR", conflicts_with = "sys_prefix")]
    pub prefix: Option<PathBuf>,
    /// In the active virtual or conda environment
    #[arg(long)]
    pub sys_prefix: bool,
    /// The kernel's name for Jupyter
    #[arg(long, default_value = "neurocell")]
    pub name: String,
}

/// What `install` is asked.
#[derive(Args, Clone, Debug)]
pub struct Install {
    #[command(flatten)]
    pub place: Place,
    /// The name that front ends show
    #[arg(long, default_value = "Rust (neurocell)")]
    pub display_name: String,
}

/// Writes the kernelspec, which starts this very binary, and says where it is and what to do next.
///
/// # Errors
/// If the place is not known or cannot be written, or a kernelspec of another kernel has the name.
pub fn install(wish: &Install) -> Result<String> {
    let binary = std::env::current_exe().map_err(|cause| {
        Error::new(
            ErrorKind::File,
            format!("cannot find the path of this program: {cause}"),
            "start it by its full path",
        )
        .caused_by(cause)
    })?;
    let folder = write(wish, &binary, &Surroundings::of_this_process())?;
    Ok(format!(
        "Installed the kernel `{}` ({}) in {}\n  It starts {}; install again if that file moves.\n  Next: `jupyter lab`, and choose \"{}\" for a new notebook.",
        wish.place.name,
        wish.display_name,
        folder.display(),
        binary.display(),
        wish.display_name
    ))
}

/// Removes the kernelspec, and says so.
///
/// # Errors
/// If there is none of this kernel at the place, or it cannot be removed.
pub fn uninstall(place: &Place) -> Result<String> {
    let folder = remove(place, &Surroundings::of_this_process())?;
    Ok(format!("Removed the kernel `{}` from {}", place.name, folder.display()))
}

/// The variables that decide where Jupyter looks.
#[derive(Default)]
struct Surroundings {
    jupyter_data_dir: Option<OsString>,
    xdg_data_home: Option<OsString>,
    home: Option<OsString>,
    environment: Option<OsString>,
}

impl Surroundings {
    fn of_this_process() -> Surroundings {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Surroundings {
            jupyter_data_dir: var("JUPYTER_DATA_DIR"),
            xdg_data_home: var("XDG_DATA_HOME"),
            home: var("HOME"),
            environment: var("VIRTUAL_ENV").or_else(|| var("CONDA_PREFIX")),
        }
    }

    /// Jupyter's data folder of the user, as jupyter_core finds it.
    fn user_data(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.jupyter_data_dir {
            return Ok(folder.into());
        }
        let home = self.home.as_ref().map(PathBuf::from);
        let data = match (cfg!(target_os = "macos"), &self.xdg_data_home, home) {
            (true, _, Some(home)) => Some(home.join("Library/Jupyter")),
            (false, Some(data), _) => Some(Path::new(data).join("jupyter")),
            (false, None, Some(home)) => Some(home.join(".local/share/jupyter")),
            (_, _, None) => None,
        };
        data.ok_or_else(|| {
            Error::new(
                ErrorKind::Unknown,
                "Jupyter's data folder is not known: HOME is not set",
                "set HOME, or say where: `--prefix DIR`",
            )
        })
    }
}

/// The folder of the kernelspec.
fn folder(place: &Place, around: &Surroundings) -> Result<PathBuf> {
    let name = &place.name;
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    // What jupyter_client accepts, less the names that mean a folder above.
    if !letters || name.chars().all(|c| c == '.') {
        let problem = format!("`{name}` is no name for a kernel");
        return Err(Error::value(problem, "use letters, digits, `-`, `_` and `.`, such as `neurocell`"));
    }
    let data = if let Some(prefix) = &place.prefix {
        prefix.join("share/jupyter")
    } else if place.sys_prefix {
        let prefix = around.environment.as_ref().ok_or_else(|| {
            let advice = "activate the virtual or conda environment, or give its folder: `--prefix DIR`";
            Error::new(
                ErrorKind::Unknown,
                "no Python environment is active: VIRTUAL_ENV and CONDA_PREFIX are not set",
                advice,
            )
        })?;
        Path::new(prefix).join("share/jupyter")
    } else {
        around.user_data()?
    };
    // Jupyter compares names in lower case.
    Ok(data.join("kernels").join(name.to_ascii_lowercase()))
}

fn write(wish: &Install, binary: &Path, around: &Surroundings) -> Result<PathBuf> {
    let target = folder(&wish.place, around)?;
    if target.exists() {
        must_be_ours(&target, "choose another name with `--name`")?;
    }
    let Some(binary) = binary.to_str() else {
        let problem = format!("{} is not valid UTF-8, which kernel.json must be", binary.display());
        return Err(Error::value(problem, "move the program to a path in plain letters"));
    };
    let spec = json!({
        "argv": [binary, "jupyter", "--connection-file", "{connection_file}"],
        "display_name": wish.display_name,
        "language": "rust",
        "interrupt_mode": "message",
        "metadata": { "neurocell": { "version": env!("CARGO_PKG_VERSION") } },
    });
    // No kernel's name may hold `~`, so Jupyter passes over the folders that exist only while this runs.
    let beside = |what: &str| target.with_file_name(format!("~{what}-{}", uuid::Uuid::new_v4()));
    let (fresh, old) = (beside("new"), beside("old"));
    let advice = "see whether the folder may be written, or choose another place: `--prefix DIR`";
    let fail = |doing: &'static str, path: &Path, cause| {
        // What is left of a failed attempt is in nobody's way; the error to tell is the first one.
        let _ = std::fs::remove_dir_all(&fresh);
        Error::file(doing, path, cause, advice)
    };
    std::fs::create_dir_all(&fresh).map_err(|cause| fail("make", &fresh, cause))?;
    let file = fresh.join("kernel.json");
    std::fs::write(&file, format!("{spec:#}\n")).map_err(|cause| fail("write", &file, cause))?;
    let replaces = target.exists();
    if replaces {
        std::fs::rename(&target, &old).map_err(|cause| fail("replace", &target, cause))?;
    }
    if let Err(cause) = std::fs::rename(&fresh, &target) {
        if replaces {
            // Back to what was there.
            let _ = std::fs::rename(&old, &target);
        }
        return Err(fail("write", &target, cause));
    }
    if replaces {
        let _ = std::fs::remove_dir_all(&old);
    }
    Ok(target)
}

fn remove(place: &Place, around: &Surroundings) -> Result<PathBuf> {
    let target = folder(place, around)?;
    must_be_ours(&target, "see `jupyter kernelspec list` for the kernels there are and their folders")?;
    let advice = "see whether the folder may be written";
    std::fs::remove_dir_all(&target).map_err(|cause| Error::file("remove", &target, cause, advice))?;
    Ok(target)
}

/// Refuses a folder that another kernel's installer wrote.
fn must_be_ours(folder: &Path, advice: &str) -> Result<()> {
    let file = folder.join("kernel.json");
    let text = std::fs::read_to_string(&file).map_err(|cause| Error::file("read", &file, cause, advice))?;
    let spec: Value = serde_json::from_str(&text).unwrap_or_default();
    if spec["metadata"]["neurocell"].is_null() {
        return Err(Error::format(&file, "this is the kernelspec of another kernel", advice));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Scratch {
            let path = std::env::temp_dir().join(format!("neurocell-install-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }
        fn around(&self) -> Surroundings {
            Surroundings { jupyter_data_dir: Some(self.0.clone().into()), ..Default::default() }
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn wish() -> Install {
        let place = Place { user: false, prefix: None, sys_prefix: false, name: "neurocell".into() };
        Install { place, display_name: "Rust (neurocell)".into() }
    }

    #[test]
    fn the_kernelspec_starts_this_binary_with_the_connection_file() {
        let scratch = Scratch::new();
        let folder = write(&wish(), Path::new("/opt/neurocell"), &scratch.around()).unwrap();
        assert_eq!(folder, scratch.0.join("kernels/neurocell"));
        let spec: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("kernel.json")).unwrap()).unwrap();
        assert_eq!(spec["argv"], json!(["/opt/neurocell", "jupyter", "--connection-file", "{connection_file}"]));
        assert_eq!(spec["display_name"], "Rust (neurocell)");
        assert_eq!(spec["language"], "rust");
        assert_eq!(spec["interrupt_mode"], "message");
    }

    #[test]
    fn installing_again_replaces_and_leaves_nothing_beside() {
        let scratch = Scratch::new();
        write(&wish(), Path::new("/old"), &scratch.around()).unwrap();
        let folder = write(&wish(), Path::new("/new"), &scratch.around()).unwrap();
        assert!(std::fs::read_to_string(folder.join("kernel.json")).unwrap().contains("/new"));
        assert_eq!(std::fs::read_dir(scratch.0.join("kernels")).unwrap().count(), 1);
    }

    #[test]
    fn uninstall_removes_what_install_wrote() {
        let scratch = Scratch::new();
        let folder = write(&wish(), Path::new("/bin/x"), &scratch.around()).unwrap();
        remove(&wish().place, &scratch.around()).unwrap();
        assert!(!folder.exists());
        let again = remove(&wish().place, &scratch.around()).unwrap_err().to_string();
        assert!(again.contains("kernels/neurocell"), "{again}");
    }

    #[test]
    fn the_kernelspec_of_another_kernel_is_left_alone() {
        let scratch = Scratch::new();
        let folder = scratch.0.join("kernels/neurocell");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("kernel.json"), "{\"argv\": [\"python\"]}").unwrap();
        assert!(
            write(&wish(), Path::new("/bin/x"), &scratch.around()).unwrap_err().to_string().contains("another kernel")
        );
        assert!(remove(&wish().place, &scratch.around()).unwrap_err().to_string().contains("another kernel"));
        assert_eq!(std::fs::read_to_string(folder.join("kernel.json")).unwrap(), "{\"argv\": [\"python\"]}");
    }

    #[test]
    fn a_name_that_is_a_path_is_refused() {
        for name in ["", "..", "a/b", "kernel name"] {
            let mut place = wish().place;
            place.name = name.into();
            let text = folder(&place, &Scratch::new().around()).unwrap_err().to_string();
            assert!(text.contains(&format!("`{name}`")), "{text}");
        }
    }

    #[test]
    fn each_place_is_where_jupyter_looks() {
        let around =
            Surroundings { home: Some("/home/a".into()), environment: Some("/venv".into()), ..Default::default() };
        let mut place = wish().place;
        if cfg!(target_os = "linux") {
            assert_eq!(folder(&place, &around).unwrap(), Path::new("/home/a/.local/share/jupyter/kernels/neurocell"));
            let xdg = Surroundings { xdg_data_home: Some("/data".into()), ..Default::default() };
            assert_eq!(folder(&place, &xdg).unwrap(), Path::new("/data/jupyter/kernels/neurocell"));
        }
        place.sys_prefix = true;
        assert_eq!(folder(&place, &around).unwrap(), Path::new("/venv/share/jupyter/kernels/neurocell"));
        assert!(folder(&place, &Surroundings::default()).unwrap_err().to_string().contains("VIRTUAL_ENV"));
        place.prefix = Some("/usr/local".into());
        assert_eq!(folder(&place, &around).unwrap(), Path::new("/usr/local/share/jupyter/kernels/neurocell"));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let scratch = Scratch::new();
        std::fs::write(scratch.0.join("kernels"), "a file in the way").unwrap();
        let text = write(&wish(), Path::new("/bin/x"), &scratch.around()).unwrap_err().to_string();
        assert!(text.contains("kernels") && text.contains("--prefix"), "{text}");
    }
}
