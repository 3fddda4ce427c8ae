//! Farcaster time.

/// 2021-01-01T00:00:00Z, where Farcaster time begins.
const EPOCH_UNIX_S: u64 = 1_609_459_200;

/// Whole seconds since 2021-01-01T00:00:00Z, as `MessageData.timestamp` and event timestamps
/// carry them. Name proofs and signer records count Unix seconds instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FarcasterTime(u32);

impl FarcasterTime {
    /// The instant that many seconds after the epoch.
    pub(crate) fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The second that contains a Unix instant in milliseconds; `None` before 2021 or after 2157.
    pub(crate) fn from_unix_ms(unix_ms: u64) -> Option<Self> {
        let seconds = (unix_ms / 1000).checked_sub(EPOCH_UNIX_S)?;
        u32::try_from(seconds).ok().map(Self)
    }

    /// Seconds since the Farcaster epoch.
    pub(crate) fn seconds(self) -> u32 {
        self.0
    }

    /// The instant in Unix milliseconds.
    pub(crate) fn unix_ms(self) -> u64 {
        (EPOCH_UNIX_S + u64::from(self.0)) * 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_the_start_of_2021() {
        assert_eq!(FarcasterTime::from_unix_ms(1_609_459_200_000).unwrap().seconds(), 0);
        assert_eq!(FarcasterTime::from_seconds(94_608_000).unix_ms(), 1_704_067_200_000);
    }

    #[test]
    fn instants_outside_the_range_have_no_farcaster_time() {
        assert_eq!(FarcasterTime::from_unix_ms(1_609_459_199_999), None);
        assert_eq!(FarcasterTime::from_unix_ms(u64::MAX), None);
    }
}
