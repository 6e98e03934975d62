//! What a step will need, said before it starts.

use std::path::Path;

/// Below this nothing is said: 10⁹ bytes.
const WORTH_SAYING: u64 = 1_000_000_000;

/// Says how much memory a step is about to take if that is over 1 GB, and how much is free; warns where it is not enough.
pub(crate) fn state_memory(step: &str, bytes: u64) {
    if let Some(line) = statement(step, bytes, free_memory()) {
        println!("{line}");
    }
}

fn statement(step: &str, bytes: u64, free: Option<u64>) -> Option<String> {
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    if bytes < WORTH_SAYING {
        return None;
    }
    Some(match free {
        Some(free) if free < bytes => format!(
            "{step} takes about {} of memory, and only {} are free: if it is killed, take less of it at once or close other programs",
            gigabytes(bytes),
            gigabytes(free)
        ),
        Some(free) => format!("{step} takes about {} of memory; {} are free", gigabytes(bytes), gigabytes(free)),
        None => format!("{step} takes about {} of memory", gigabytes(bytes)),
    })
}

/// Bytes that can be had without swapping, where the system says so (Linux): those of the machine, or of the control group if it has fewer.
pub(crate) fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let machine = 1024 * line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?;
    Some([machine].into_iter().chain(in_group(Path::new("/sys/fs/cgroup"))).fold(u64::MAX, u64::min))
}

/// What this process' control group may still take, in the second version's files or the first's.
fn in_group(root: &Path) -> Option<u64> {
    let number = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    let places = [own.map(|own| root.join(own)), Some(root.to_owned()), Some(root.join("memory"))];
    let left = places.iter().flatten().filter_map(|place| {
        let files = [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")];
        let (limit, used) =
            files.iter().find_map(|(limit, used)| Some((number(&place.join(limit))?, number(&place.join(used))?)))?;
        // Pages of files are given back when they are needed.
        let stat = std::fs::read_to_string(place.join("memory.stat")).unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
        Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
    });
    left.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_control_group_counts_and_cached_files_are_free() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(in_group(folder.path()), None);
        write("memory.max", "1000\n");
        write("memory.stat", "anon 500\ninactive_file 200\n");
        assert_eq!(in_group(folder.path()), Some(500));
    }

    #[test]
    fn only_large_steps_are_announced_and_a_lack_is_said() {
        assert_eq!(statement("a step", 999_999_999, Some(8 << 30)), None);
        assert_eq!(
            statement("loading m", 1_500_000_000, Some(8_000_000_000)).unwrap(),
            "loading m takes about 1.5 GB of memory; 8.0 GB are free"
        );
        assert!(statement("loading m", 32_000_000_000, Some(8_000_000_000)).unwrap().contains("only 8.0 GB are free"));
        assert_eq!(statement("it", 2_000_000_000, None).unwrap(), "it takes about 2.0 GB of memory");
    }
}
