//! The links, put together: links that share a leg are one conversation.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::id::{ConversationId, Identity, Leg};
use crate::model::link::{Direction, Downgrade, Link};

/// All that leads from one linked conversation to its legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    name: String,
    legs: BTreeMap<Leg, Direction>,
    downgrade: Downgrade,
    attribution: String,
}

impl Route {
    /// The links as routes: those that share a leg, at whatever remove, are one.
    ///
    /// Where they differ, the more careful one holds: one refusal to downgrade refuses for all, and
    /// the first direction named for a leg stays.
    #[must_use]
    pub fn of(links: &[Link]) -> Vec<Self> {
        let mut routes: Vec<Self> = Vec::new();
        for link in links {
            let mut route = Self {
                name: link.name.clone(),
                legs: link.legs.clone(),
                downgrade: link.downgrade,
                attribution: link.attribution.clone(),
            };
            let (joined, apart): (Vec<_>, Vec<_>) = routes
                .into_iter()
                .partition(|it| it.legs.keys().any(|leg| route.legs.contains_key(leg)));
            for earlier in joined.into_iter().rev() {
                route = earlier.joined(route);
            }
            routes = apart;
            routes.push(route);
        }
        routes
    }

    fn joined(mut self, later: Self) -> Self {
        for (leg, direction) in later.legs {
            self.legs.entry(leg).or_insert(direction);
        }
        if later.downgrade == Downgrade::Refuse {
            self.downgrade = Downgrade::Refuse;
        }
        self
    }

    /// What the owner calls the conversation.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its legs.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.keys()
    }

    /// Whether what is said on `leg` is carried on.
    #[must_use]
    pub fn is_heard(&self, leg: &Leg) -> bool {
        self.legs.get(leg).is_some_and(|direction| direction.is_heard())
    }

    /// Whether what is said elsewhere is said on `leg`.
    #[must_use]
    pub fn is_told(&self, leg: &Leg) -> bool {
        self.legs.get(leg).is_some_and(|direction| direction.is_told())
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
    /// Who the owner's accounts are: they speak as themselves everywhere.
    pub(crate) own: BTreeSet<Identity>,
}

impl Routes {
    /// Whether something of a conversation is still to be said on a leg. Links may have changed the
    /// conversation since.
    #[must_use]
    pub fn is_told(&self, conversation: ConversationId, leg: &Leg) -> bool {
        self.get(conversation).is_some_and(|route| route.is_told(leg))
            || self.by_conversation.values().any(|route| route.is_told(leg))
    }

    /// The route of a linked conversation.
    #[must_use]
    pub fn get(&self, conversation: ConversationId) -> Option<&Route> {
        self.by_conversation.get(&conversation)
    }
}
