//! The attributes of a group that the network's clients know. Others are kept as they are.

use std::cmp::Ordering;

pub(crate) const GROUP_NAME: &str = "group_name";
pub(crate) const DESCRIPTION: &str = "description";
pub(crate) const GROUP_IMAGE: &str = "group_image_url_square";
pub(crate) const APP_DATA: &str = "app_data";
pub(crate) const DISAPPEAR_FROM: &str = "message_disappear_from_ns";
pub(crate) const DISAPPEAR_IN: &str = "message_disappear_in_ns";
pub(crate) const MINIMUM_VERSION: &str = "minimum_supported_protocol_version";
pub(crate) const COMMIT_LOG_SIGNER: &str = "_commit_log_signer";

/// The version of the network's own library whose rules are followed here.
pub(crate) const FOLLOWED_VERSION: &str = "1.10.0";

/// Whether this client follows the rules of that version; of one that is none, it does not.
pub(crate) fn follows(version: &str) -> bool {
    let asked = Version::parse(version);
    asked.is_some_and(|asked| Version::parse(FOLLOWED_VERSION).is_some_and(|own| asked <= own))
}

/// The most bytes that an attribute may have, if that is bounded.
pub(crate) fn limit_bytes(key: &str) -> Option<usize> {
    match key {
        GROUP_NAME => Some(100),
        DESCRIPTION => Some(1000),
        GROUP_IMAGE => Some(2048),
        APP_DATA => Some(8192),
        _ => None,
    }
}

/// A version of the network's library, as far as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    numbers: [u32; 3],
    suffix: Option<String>,
}

impl Version {
    /// Reads `major.minor.patch` with an optional `-suffix`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (major, minor, patch) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (patch, suffix) = match patch.split_once('-') {
            Some((patch, suffix)) => (patch, Some(suffix.to_owned())),
            None => (patch, None),
        };
        let numbers = [major.parse().ok()?, minor.parse().ok()?, patch.parse().ok()?];
        Some(Self { numbers, suffix })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// As the network's library compares them: a suffix comes after none.
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| self.suffix.cmp(&other.suffix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.10.0") > version("1.9.9"));
        assert!(version("1.11.0-dev") > version(FOLLOWED_VERSION));
        assert!(version("1.10.0") <= version(FOLLOWED_VERSION));
        for text in ["", "1", "1.2", "1.2.3.4", "1.2.x", "a.b.c", "-1.0.0"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
