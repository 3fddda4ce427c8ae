//! The network's clock, and its times as the API writes them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Now, in Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "a devnet is a server with its own clock")]
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A time as a `DateTime` of the API.
pub(crate) fn date_time(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    at.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
}

/// A time as Ethereum's sign-in message has it.
pub(crate) fn instant(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_an_offset_and_only_the_digits_they_need() {
        assert_eq!(date_time(1_700_000_000_000), "2023-11-14T22:13:20+00:00");
        assert_eq!(date_time(1_700_000_000_250), "2023-11-14T22:13:20.25+00:00");
    }
}
