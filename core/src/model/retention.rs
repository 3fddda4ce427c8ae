//! How long what was said stays in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::id::{AccountName, Leg};

/// How long messages are kept here. What a network keeps is its own affair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// All of them; nothing for good.
    pub all: Option<Duration>,
    /// Those of conversations with a leg on an account.
    pub accounts: BTreeMap<AccountName, Duration>,
    /// Those of conversations with this leg.
    pub legs: BTreeMap<Leg, Duration>,
}

impl Retention {
    /// How long the messages of a conversation with these legs are kept: as long as the strictest
    /// word on any of them says; nothing for good.
    pub fn of<'l>(&self, legs: impl IntoIterator<Item = &'l Leg>) -> Option<Duration> {
        let on = |leg: &Leg| [self.accounts.get(&leg.account), self.legs.get(leg)];
        let told = legs.into_iter().flat_map(on).flatten().chain(&self.all);
        told.min().copied()
    }

    /// All times for which anything is kept; none if all is kept for good.
    #[must_use]
    pub fn times(&self) -> BTreeSet<Duration> {
        self.accounts.values().chain(self.legs.values()).chain(&self.all).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_word_holds() {
        let leg = |it: &str| Leg::parse(it).unwrap();
        let days = |it: u64| Duration::from_secs(it * 86_400);
        let accounts = [("casts", 30), ("dm", 2)]
            .map(|(name, it)| (AccountName::parse(name).unwrap(), days(it)));
        let retention = Retention {
            all: Some(days(365)),
            accounts: accounts.into(),
            legs: [(leg("casts:channel/tea"), days(7))].into(),
        };
        assert_eq!(retention.of([&leg("posts:feed/x")]), Some(days(365)));
        assert_eq!(
            retention.of([&leg("posts:feed/x"), &leg("casts:channel/books")]),
            Some(days(30))
        );
        assert_eq!(retention.of([&leg("casts:channel/tea")]), Some(days(7)));
        assert_eq!(retention.of([&leg("casts:channel/tea"), &leg("dm:group/1")]), Some(days(2)));
        assert_eq!(retention.times(), [2, 7, 30, 365].map(days).into());
        assert_eq!(Retention::default().of([&leg("casts:channel/tea")]), None);
    }
}
