//! The links, put together: links that share a leg are one conversation.

use std::collections::{BTreeMap, BTreeSet};

use super::people::People;
use crate::model::direct::{ReplyOn, Way};
use crate::model::id::{ConversationId, Leg};
use crate::model::link::{Direction, Downgrade, Link};

/// All that leads from one linked conversation to its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    name: String,
    // In order, and no map: there may be ten thousand routes, of two legs mostly.
    legs: Box<[(Leg, Direction)]>,
    downgrade: Downgrade,
    attribution: String,
    /// The ways to the other one, if it is a direct conversation.
    ways: Option<Box<Ways>>,
}

/// How the owner talks to one person, by the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) ways: Vec<Way>,
    pub(crate) reply_on: ReplyOn,
    pub(crate) may_downgrade: bool,
}

impl Route {
    /// A direct conversation, in which nothing is carried from leg to leg.
    pub(crate) fn direct(name: String, ways: Ways) -> Self {
        let legs: BTreeSet<Leg> = ways.ways.iter().map(|it| it.leg.clone()).collect();
        Self {
            name,
            legs: legs.into_iter().map(|leg| (leg, Direction::Both)).collect(),
            downgrade: if ways.may_downgrade { Downgrade::Allow } else { Downgrade::Refuse },
            attribution: String::new(),
            ways: Some(Box::new(ways)),
        }
    }

    /// The ways to the other one of a direct conversation.
    pub(crate) fn ways(&self) -> Option<&Ways> {
        self.ways.as_deref()
    }

    /// The links as routes: those that share a leg, at whatever remove, are one.
    ///
    /// Where they differ, the more careful one holds: one refusal to downgrade refuses for all, and
    /// the first direction named for a leg stays.
    #[must_use]
    pub fn of(links: &[Link]) -> Vec<Self> {
        let mut groups: Vec<Vec<&Link>> = Vec::new();
        let mut group_of: BTreeMap<&Leg, usize> = BTreeMap::new();
        for link in links {
            let joined: BTreeSet<usize> =
                link.legs.keys().filter_map(|leg| group_of.get(leg).copied()).collect();
            let number = joined.first().copied().unwrap_or(groups.len());
            let mut new = Vec::new();
            for later in joined.into_iter().skip(1) {
                new.append(groups.get_mut(later).unwrap_or(&mut Vec::new()));
            }
            new.push(link);
            group_of.extend(new.iter().flat_map(|it| it.legs.keys()).map(|leg| (leg, number)));
            match groups.get_mut(number) {
                Some(group) => group.append(&mut new),
                None => groups.push(new),
            }
        }
        groups.iter().filter_map(|group| Self::joining(group)).collect()
    }

    /// The route of links that belong together, in the order of the settings.
    fn joining(links: &[&Link]) -> Option<Self> {
        let first = links.first()?;
        let mut legs = BTreeMap::new();
        for (leg, direction) in links.iter().flat_map(|link| &link.legs) {
            legs.entry(leg).or_insert(*direction);
        }
        let refuses = links.iter().any(|link| link.downgrade == Downgrade::Refuse);
        Some(Self {
            name: first.name.clone(),
            legs: legs.into_iter().map(|(leg, direction)| (leg.clone(), direction)).collect(),
            downgrade: if refuses { Downgrade::Refuse } else { Downgrade::Allow },
            attribution: first.attribution.clone(),
            ways: None,
        })
    }

    fn direction(&self, leg: &Leg) -> Option<Direction> {
        let place = self.legs.binary_search_by(|(other, _)| other.cmp(leg)).ok()?;
        self.legs.get(place).map(|(_, direction)| *direction)
    }

    /// What the owner calls the conversation.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its legs.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().map(|(leg, _)| leg)
    }

    /// Whether what is said on `leg` is carried on.
    #[must_use]
    pub fn is_heard(&self, leg: &Leg) -> bool {
        self.direction(leg).is_some_and(Direction::is_heard)
    }

    /// Whether what is said elsewhere is said on `leg`.
    #[must_use]
    pub fn is_told(&self, leg: &Leg) -> bool {
        self.direction(leg).is_some_and(Direction::is_told)
    }

    /// Whether a message may become less protected.
    #[must_use]
    pub const fn downgrade(&self) -> Downgrade {
        self.downgrade
    }

    /// How a speaker is named.
    #[must_use]
    pub fn attribution(&self) -> &str {
        &self.attribution
    }
}

/// The routes by conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    pub(crate) by_conversation: BTreeMap<ConversationId, Route>,
    /// Who speaks as themself.
    pub(crate) people: People,
    /// Further legs that are heard: what the owner began by hand, and what is open to everybody.
    pub(crate) begun: BTreeSet<Leg>,
}

impl Routes {
    /// Whether something of a conversation is still to be said on a leg. Links may have changed the
    /// conversation since.
    #[must_use]
    pub fn is_told(&self, conversation: ConversationId, leg: &Leg) -> bool {
        self.get(conversation).is_some_and(|route| route.is_told(leg))
            || self.by_conversation.values().any(|route| route.is_told(leg))
    }

    /// The direct conversations.
    pub(crate) fn directs(&self) -> impl Iterator<Item = (ConversationId, &Route)> {
        let all = self.by_conversation.iter().filter(|(_, route)| route.ways.is_some());
        all.map(|(conversation, route)| (*conversation, route))
    }

    /// The route of a linked conversation.
    #[must_use]
    pub fn get(&self, conversation: ConversationId) -> Option<&Route> {
        self.by_conversation.get(&conversation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{AccountName, RemoteConversation};

    fn leg(name: &str) -> Leg {
        let account = AccountName::parse("here").unwrap();
        Leg { account, conversation: RemoteConversation::parse(name).unwrap() }
    }

    fn link(name: &str, legs: &[(&str, Direction)], downgrade: Downgrade) -> Link {
        let legs = legs.iter().map(|(name, direction)| (leg(name), *direction)).collect();
        Link {
            name: name.to_owned(),
            legs,
            downgrade,
            attribution: format!("{{name}} in {name}: "),
        }
    }

    #[test]
    fn links_that_share_a_leg_at_whatever_remove_are_one_route() {
        let both = Direction::Both;
        let links = [
            link("one", &[("a", both), ("b", both)], Downgrade::Allow),
            link("two", &[("c", both), ("d", both)], Downgrade::Allow),
            link("three", &[("e", both), ("f", both)], Downgrade::Allow),
            link("four", &[("b", both), ("c", Direction::From)], Downgrade::Refuse),
        ];
        let routes = Route::of(&links);

        assert_eq!(routes.len(), 2);
        assert_eq!(routes[0].name(), "one");
        assert_eq!(routes[0].attribution(), "{name} in one: ");
        assert_eq!(routes[0].legs().cloned().collect::<Vec<_>>(), ["a", "b", "c", "d"].map(leg));
        assert_eq!(routes[0].downgrade(), Downgrade::Refuse, "the more careful link holds");
        assert!(routes[0].is_told(&leg("c")), "the first direction that is named holds");
        assert_eq!(routes[1].downgrade(), Downgrade::Allow);
        assert!(!routes[1].is_heard(&leg("a")), "a leg of another route");
    }
}
