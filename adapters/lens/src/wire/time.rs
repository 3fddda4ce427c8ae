//! Lens's times: RFC 3339 texts.

use jiff::Timestamp as Instant;
use threadbridge_core::model::time::Timestamp;

/// Before it there was no Lens Chain: 2024-01-01.
const EARLIEST_S: i64 = 1_704_067_200;
/// How far clocks may be apart.
const AHEAD_S: i64 = 3600;

/// The instant that a text names.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let instant: Instant = text.parse().ok()?;
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

/// Whether something can have been said at `at`, heard at `now`.
pub(crate) fn is_sane(at: Timestamp, now: Timestamp) -> bool {
    at.as_secs() >= EARLIEST_S && at.as_secs() <= now.as_secs().saturating_add(AHEAD_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_fractions() {
        let whole = parse("2025-08-21T10:00:00Z").unwrap();
        assert_eq!(whole.as_secs(), 1_755_770_400);
        assert_eq!(
            parse("2025-08-21T10:00:00.250+00:00").unwrap().as_micros() % 1_000_000,
            250_000
        );
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn nothing_was_said_before_lens_or_after_tomorrow() {
        let now = Timestamp::from_secs(1_755_770_400);
        assert!(is_sane(now, now));
        assert!(!is_sane(Timestamp::from_secs(0), now));
        assert!(!is_sane(Timestamp::from_secs(1_755_770_400 + 100_000), now));
    }
}
