//! What a step will need, said before it starts.

/// Below this nothing is said: 10⁹ bytes.
const WORTH_SAYING: u64 = 1_000_000_000;

/// Says how much memory a step is about to take if that is over 1 GB, and how much is free; warns where it is not enough.
pub(crate) fn state_memory(step: &str, bytes: u64) {
    if let Some(line) = statement(step, bytes, free()) {
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

/// Bytes that can be had without swapping, where the system says so (Linux).
fn free() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(1024 * line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

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
