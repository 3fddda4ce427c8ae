//! What became of a message on each leg that it had to reach.
//!
//! A status only ever advances. News may come late, twice and in any order, from a stream, a query
//! and a restart at once: merging gives the same in all cases. What happens on one leg says nothing
//! about another.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::id::Leg;
use super::time::Timestamp;

/// What became of a message on one leg; a greater one is further along.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Status {
    /// It is in the journal.
    #[default]
    #[n(0)]
    Journaled,
    /// It stays away from the leg, by the owner's rules or because nothing of it can be said there.
    #[n(1)]
    Withheld(#[n(0)] String),
    /// Its final bytes wait in the outbox.
    #[n(2)]
    Sealed,
    /// The network has it, but may still throw it away.
    #[n(3)]
    Taken,
    /// The network will not have it. It is a dead letter, which the owner may send once more: this
    /// stands below [`Status::Confirmed`] so that it can still succeed.
    #[n(4)]
    Failed(#[n(0)] String),
    /// The network has it for good.
    #[n(5)]
    Confirmed,
    /// It reached somebody's device.
    #[n(6)]
    Delivered,
    /// Somebody read it.
    #[n(7)]
    Read,
    /// It was taken back. Nothing comes after that.
    #[n(8)]
    Retracted,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Journaled => "journaled",
            Self::Withheld(_) => "withheld",
            Self::Sealed => "sealed",
            Self::Taken => "taken",
            Self::Failed(_) => "failed",
            Self::Confirmed => "confirmed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Retracted => "retracted",
        }
    }

    /// Why it came to that, for people.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Withheld(reason) | Self::Failed(reason) => Some(reason),
            Self::Journaled
            | Self::Sealed
            | Self::Taken
            | Self::Confirmed
            | Self::Delivered
            | Self::Read
            | Self::Retracted => None,
        }
    }

    /// Whether the people on the leg can see it.
    #[must_use]
    pub const fn has_arrived(&self) -> bool {
        matches!(self, Self::Confirmed | Self::Delivered | Self::Read)
    }
}

/// A status, and since when it is so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Delivery {
    /// What became of the message.
    #[n(0)]
    pub status: Status,
    /// Since when, as far as is known.
    #[n(1)]
    pub since: Timestamp,
}

impl Delivery {
    /// Takes news in: the status that is further along; of the same one, when it first was so.
    #[must_use]
    pub fn merged(self, news: Self) -> Self {
        match self.status.cmp(&news.status) {
            std::cmp::Ordering::Less => news,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal if news.since < self.since => news,
            std::cmp::Ordering::Equal => self,
        }
    }
}

/// What became of a message on each leg that it had to reach.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Deliveries {
    /// By leg.
    #[n(0)]
    pub legs: BTreeMap<Leg, Delivery>,
}

impl Deliveries {
    /// Takes news about one leg in.
    pub fn record(&mut self, leg: Leg, news: Delivery) {
        let merged = match self.legs.remove(&leg) {
            Some(known) => known.merged(news),
            None => news,
        };
        self.legs.insert(leg, merged);
    }

    /// Takes all that another knows in.
    #[must_use]
    pub fn merged(mut self, news: Self) -> Self {
        for (leg, delivery) in news.legs {
            self.record(leg, delivery);
        }
        self
    }

    /// The status of the leg that is furthest behind; nothing if there is no leg.
    #[must_use]
    pub fn least(&self) -> Option<&Status> {
        self.legs.values().map(|delivery| &delivery.status).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status() -> impl Strategy<Value = Status> {
        prop_oneof![
            Just(Status::Journaled),
            "[ab]".prop_map(Status::Withheld),
            Just(Status::Sealed),
            Just(Status::Taken),
            "[ab]".prop_map(Status::Failed),
            Just(Status::Confirmed),
            Just(Status::Delivered),
            Just(Status::Read),
            Just(Status::Retracted),
        ]
    }

    fn delivery() -> impl Strategy<Value = Delivery> {
        (status(), 0..4_i64)
            .prop_map(|(status, at)| Delivery { status, since: Timestamp::from_secs(at) })
    }

    fn deliveries() -> impl Strategy<Value = Deliveries> {
        let leg = (0..3).prop_map(|n| Leg::parse(&format!("a:{n}")).unwrap());
        prop::collection::btree_map(leg, delivery(), 0..4).prop_map(|legs| Deliveries { legs })
    }

    proptest! {
        #[test]
        fn hearing_the_same_twice_changes_nothing(a in deliveries()) {
            prop_assert_eq!(a.clone().merged(a.clone()), a);
        }

        #[test]
        fn the_order_of_news_does_not_matter(a in deliveries(), b in deliveries()) {
            prop_assert_eq!(a.clone().merged(b.clone()), b.merged(a));
        }

        #[test]
        fn how_news_is_gathered_does_not_matter(
            a in deliveries(),
            b in deliveries(),
            c in deliveries(),
        ) {
            let left = a.clone().merged(b.clone()).merged(c.clone());
            prop_assert_eq!(left, a.merged(b.merged(c)));
        }

        #[test]
        fn a_status_never_goes_back(a in delivery(), b in delivery()) {
            let merged = a.clone().merged(b.clone());
            prop_assert!(merged.status >= a.status && merged.status >= b.status);
        }

        #[test]
        fn news_of_one_leg_leaves_the_others_alone(a in deliveries(), news in delivery()) {
            let mut after = a.clone();
            let leg = Leg::parse("a:0").unwrap();
            after.record(leg.clone(), news);
            for (other, delivery) in a.legs.iter().filter(|(other, _)| **other != leg) {
                prop_assert_eq!(after.legs.get(other), Some(delivery));
            }
        }

        #[test]
        fn deliveries_are_kept_as_they_are(a in deliveries()) {
            let bytes = minicbor::to_vec(&a).unwrap();
            prop_assert_eq!(minicbor::decode::<Deliveries>(&bytes).unwrap(), a);
        }
    }

    #[test]
    fn a_dead_letter_can_still_arrive_and_a_retraction_is_final() {
        let at = |status| Delivery { status, since: Timestamp::default() };
        let failed = at(Status::Sealed).merged(at(Status::Failed("too long".to_owned())));
        assert_eq!(failed.status.reason(), Some("too long"));
        let sent = failed.merged(at(Status::Taken)).merged(at(Status::Confirmed));
        assert!(sent.status.has_arrived());
        let gone = sent.merged(at(Status::Retracted)).merged(at(Status::Read));
        assert_eq!(gone.status.word(), "retracted");
    }
}
