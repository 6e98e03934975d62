//! What the system says of memory.

/// Memory that programs may still take, in bytes; none where the system does not say.
pub fn available() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemAvailable:")
}

/// What this process holds in memory, in bytes.
pub fn held() -> Option<u64> {
    kilobytes("/proc/self/status", "VmRSS:")
}

/// Whether the system, when memory runs out, is to end this process before others: the cell, not the copy of its variables.
pub fn end_me_first(first: bool) {
    // Where the system knows no such wish, it chooses by size.
    let _ = std::fs::write("/proc/self/oom_score_adj", if first { "500" } else { "0" });
}

fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let told = std::fs::read_to_string(file).ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_system_tells() {
        let (available, held) = (super::available().unwrap(), super::held().unwrap());
        assert!(available > 1 << 20 && held > 1 << 20, "{available}, {held}");
    }
}
