//! Direct conversations: all the ways to one person, and which of them the owner answers on.

use std::collections::BTreeMap;
use std::time::Duration;

use minicbor::{Decode, Encode};

use super::id::{AccountName, ConversationId, Leg};
use super::level::Level;
use super::link::Downgrade;
use super::time::Timestamp;

/// The owner's instructions for direct conversations with the people they know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directs {
    /// The accounts by which the owner talks to people, the preferred one first.
    pub accounts: Vec<AccountName>,
    /// On which leg the owner answers.
    pub reply_on: ReplyOn,
    /// Whether a conversation may go on over a leg that protects it less.
    pub downgrade: Downgrade,
    /// After how long a leg on which nothing gets through is given up.
    pub move_after: Duration,
}

/// On which leg of a direct conversation the owner answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum ReplyOn {
    /// The one that the other used last.
    #[n(0)]
    #[default]
    Last,
    /// The first, in the order of preference.
    #[n(1)]
    Order,
    /// The one of this account.
    #[n(2)]
    Account(#[n(0)] AccountName),
}

/// A way to the other one of a direct conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Way {
    /// The leg.
    #[n(0)]
    pub leg: Leg,
    /// How well it protects.
    #[n(1)]
    pub level: Level,
}

/// Why a leg is used no longer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Closed {
    /// For people.
    #[n(0)]
    pub reason: String,
    /// Since when.
    #[n(1)]
    pub since: Timestamp,
}

/// A direct conversation's ways, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Direct {
    /// Which conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// The ways, the preferred one first.
    #[n(1)]
    pub ways: Vec<Way>,
    /// On which the owner answers, by the settings.
    #[n(2)]
    pub reply_on: ReplyOn,
    /// The same, chosen for this conversation alone.
    #[n(3)]
    pub chosen: Option<ReplyOn>,
    /// Whether it may go on over a way that protects less.
    #[n(4)]
    pub may_downgrade: bool,
    /// The leg on which the other one spoke last.
    #[n(5)]
    pub last_used: Option<Leg>,
    /// The leg that the owner moved it to, until the other one speaks on another.
    #[n(6)]
    pub moved_to: Option<Leg>,
    /// Legs that are used no longer.
    #[n(7)]
    pub closed: BTreeMap<Leg, Closed>,
}

impl Direct {
    /// A conversation of these ways, of which nothing was used yet.
    #[must_use]
    pub const fn new(
        conversation: ConversationId,
        ways: Vec<Way>,
        reply_on: ReplyOn,
        may_downgrade: bool,
    ) -> Self {
        Self {
            conversation,
            ways,
            reply_on,
            chosen: None,
            may_downgrade,
            last_used: None,
            moved_to: None,
            closed: BTreeMap::new(),
        }
    }

    /// On which leg the owner answers, whatever is only so by the settings.
    #[must_use]
    pub fn replies_on(&self) -> &ReplyOn {
        self.chosen.as_ref().unwrap_or(&self.reply_on)
    }

    fn way(&self, leg: &Leg) -> Option<&Way> {
        self.ways.iter().find(|it| it.leg == *leg)
    }

    fn is_open(&self, leg: &Leg) -> bool {
        !self.closed.contains_key(leg)
    }

    /// The way that the owner wants to answer on, closed or not.
    #[must_use]
    pub fn wanted(&self) -> Option<&Way> {
        let moved = self.moved_to.as_ref().filter(|it| self.is_open(it));
        let told = match self.replies_on() {
            ReplyOn::Last => self.last_used.as_ref().and_then(|it| self.way(it)),
            ReplyOn::Order => None,
            ReplyOn::Account(name) => self.ways.iter().find(|it| it.leg.account == *name),
        };
        moved.and_then(|it| self.way(it)).or(told).or_else(|| self.ways.first())
    }

    /// The way that what the owner says goes: the wanted one, or, where that is closed, the next
    /// that is no less protected, unless the owner allows it. Else why there is none.
    pub fn way_out(&self) -> Result<&Way, &'static str> {
        let wanted = self.wanted().ok_or("there is no way to them")?;
        if self.is_open(&wanted.leg) {
            return Ok(wanted);
        }
        self.next_to(wanted)
    }

    /// The way on which a conversation goes on that can no longer go `by`.
    pub fn next_to(&self, by: &Way) -> Result<&Way, &'static str> {
        let is_other = |it: &&Way| it.leg != by.leg && self.is_open(&it.leg);
        let mut others = self.ways.iter().filter(is_other).peekable();
        if others.peek().is_none() {
            return Err("there is no other way to them that is proven to be theirs");
        }
        let is_fit = |it: &&Way| self.may_downgrade || it.level >= by.level;
        others.find(is_fit).ok_or(
            "every other way to them protects it less; allow that with `downgrade = \"allow\"` \
             in `[direct]`",
        )
    }

    /// The level that a leg has; public if it is none of the ways.
    #[must_use]
    pub fn level_of(&self, leg: &Leg) -> Level {
        self.way(leg).map_or(Level::Public, |it| it.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(text: &str) -> Leg {
        Leg::parse(text).unwrap()
    }

    fn direct() -> Direct {
        let way = |text: &str, level| Way { leg: leg(text), level };
        let ways = vec![
            way("chat:dm/ann", Level::EndToEnd),
            way("other:dm/ann", Level::EndToEnd),
            way("casts:direct/7", Level::Operator),
        ];
        Direct::new(ConversationId::fresh(), ways, ReplyOn::Last, false)
    }

    fn close(direct: &mut Direct, text: &str) {
        let closed = Closed { reason: "gone".to_owned(), since: Timestamp::from_secs(1) };
        direct.closed.insert(leg(text), closed);
    }

    fn out(direct: &Direct) -> Result<String, &'static str> {
        direct.way_out().map(|it| it.leg.to_string())
    }

    #[test]
    fn an_answer_goes_where_the_other_spoke_last_or_where_the_owner_says() {
        let mut direct = direct();
        assert_eq!(out(&direct).unwrap(), "chat:dm/ann");
        direct.last_used = Some(leg("casts:direct/7"));
        assert_eq!(out(&direct).unwrap(), "casts:direct/7");
        direct.chosen = Some(ReplyOn::Order);
        assert_eq!(out(&direct).unwrap(), "chat:dm/ann");
        direct.chosen = Some(ReplyOn::Account(AccountName::parse("other").unwrap()));
        assert_eq!(out(&direct).unwrap(), "other:dm/ann");
        direct.moved_to = Some(leg("casts:direct/7"));
        assert_eq!(out(&direct).unwrap(), "casts:direct/7");
    }

    #[test]
    fn a_closed_way_gives_way_to_the_next_that_is_no_less_protected() {
        let mut direct = direct();
        close(&mut direct, "chat:dm/ann");
        assert_eq!(out(&direct).unwrap(), "other:dm/ann");
        close(&mut direct, "other:dm/ann");
        assert!(out(&direct).unwrap_err().contains("protects it less"));
        direct.may_downgrade = true;
        assert_eq!(out(&direct).unwrap(), "casts:direct/7");
        close(&mut direct, "casts:direct/7");
        assert!(out(&direct).unwrap_err().contains("no other way"));
    }

    #[test]
    fn a_direct_conversation_is_kept_as_it_is() {
        let mut direct = direct();
        close(&mut direct, "chat:dm/ann");
        direct.chosen = Some(ReplyOn::Account(AccountName::parse("other").unwrap()));
        let bytes = minicbor::to_vec(&direct).unwrap();
        assert_eq!(minicbor::decode::<Direct>(&bytes).unwrap(), direct);
    }
}
