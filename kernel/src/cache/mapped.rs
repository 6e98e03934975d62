//! Which files running programs have in their memory: a prelude that a session uses.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The files mapped by the processes that this user may look into.
pub struct Mapped(HashSet<PathBuf>);

impl Mapped {
    /// Reads `/proc`; where there is none, nothing is known to be mapped.
    pub fn now() -> Mapped {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let maps = processes.filter_map(|process| std::fs::read_to_string(process.path().join("maps")).ok());
        let mut files = HashSet::new();
        for map in maps {
            // "7f…-7f… r-xp 00000000 fe:00 1234    /path/of/the/file"
            files.extend(map.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..]))));
        }
        Mapped(files)
    }

    /// Whether a file below the folder is mapped.
    pub fn below(&self, folder: &Path) -> bool {
        self.0.iter().any(|file| file.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_mapped() {
        let program = std::env::current_exe().unwrap();
        let mapped = Mapped::now();
        assert!(mapped.below(program.parent().unwrap()));
        assert!(!mapped.below(Path::new("/no/such/folder")));
    }
}
