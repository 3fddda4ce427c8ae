//! What a process has used, and how times are told.

use std::time::Duration;

use anyhow::{Context, Result};

/// CPU that the process has used so far, on all threads, the kernel's share for it included.
///
/// From `/proc/self/stat`, in ticks of 10 ms, or finer from `/proc/self/schedstat` of each thread.
pub(crate) fn cpu() -> Result<Duration> {
    let mut nanos = 0;
    for thread in std::fs::read_dir("/proc/self/task").context("no /proc: Linux only")? {
        let stat = std::fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
        nanos += stat.split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanos))
}

/// Memory that the process holds, in bytes.
pub(crate) fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// The most memory that the process ever held, in bytes.
pub(crate) fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// So many in so long, a second.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(crate) fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// So long for so many, each, in microseconds.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(crate) fn micros_each(count: usize, took: Duration) -> f64 {
    took.as_secs_f64() * 1e6 / count as f64
}

/// The value below which so many of a hundred lie.
pub(crate) fn percentile(sorted: &[Duration], hundredths: usize) -> Duration {
    let index = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}
