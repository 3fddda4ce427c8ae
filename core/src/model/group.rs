//! Groups that the owner makes and changes by hand.

use minicbor::{Decode, Encode};

use super::content::{Actor, SystemEvent};
use super::id::{Identity, InvalidId, Network, RemoteAuthor};

/// What is to become of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regroup {
    /// It begins, under this title and with these members beside the account itself.
    Found {
        /// Its title.
        title: String,
        /// Whom it begins with.
        with: Vec<Identity>,
    },
    /// These come in. Who is in it already stays.
    Add(Vec<Identity>),
    /// These are sent away. Who is not in it stays out.
    Remove(Vec<Identity>),
    /// It has this title.
    Rename(String),
    /// These may do this much from then on.
    Rank {
        /// Who.
        who: Vec<Identity>,
        /// What they may do.
        rank: Rank,
    },
    /// The account itself leaves.
    Leave,
}

impl Regroup {
    /// It as the journal has it: something that the owner did.
    pub fn told(&self) -> Result<SystemEvent, InvalidId> {
        let you = owner()?;
        let by = Some(you.clone());
        let actor = |it: &Identity| Actor { identity: it.clone(), name: None };
        let all = |who: &[Identity]| who.iter().map(actor).collect();
        Ok(match self {
            Self::Found { title, with } => {
                SystemEvent::Founded { title: title.clone(), who: all(with), by }
            }
            Self::Add(who) => SystemEvent::Joined { who: all(who), by },
            Self::Remove(who) => SystemEvent::Left { who: all(who), by },
            Self::Rename(title) => SystemEvent::Renamed { title: title.clone(), by },
            Self::Rank { who, rank } => SystemEvent::Ranked { who: all(who), rank: *rank, by },
            Self::Leave => SystemEvent::Left { who: vec![you], by: None },
        })
    }

    /// What the owner wants by an event of their own; nothing if no group is changed by it.
    #[must_use]
    pub fn wanted(event: SystemEvent) -> Option<Self> {
        let all = |who: Vec<Actor>| who.into_iter().map(|it| it.identity).collect();
        match event {
            SystemEvent::Founded { title, who, .. } => Some(Self::Found { title, with: all(who) }),
            SystemEvent::Joined { who, .. } => Some(Self::Add(all(who))),
            SystemEvent::Left { by: None, .. } => Some(Self::Leave),
            SystemEvent::Left { who, by: Some(_) } => Some(Self::Remove(all(who))),
            SystemEvent::Renamed { title, .. } => Some(Self::Rename(title)),
            SystemEvent::Ranked { who, rank, .. } => Some(Self::Rank { who: all(who), rank }),
            SystemEvent::CallStarted { .. } | SystemEvent::CallMissed { .. } => None,
        }
    }
}

/// The owner, who is on no network here.
fn owner() -> Result<Actor, InvalidId> {
    let identity = Identity {
        network: Network::parse("threadbridge")?,
        author: RemoteAuthor::parse("owner")?,
    };
    Ok(Actor { identity, name: Some("you".to_owned()) })
}

/// Somebody in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub identity: Identity,
    /// What else they are called there, such as addresses.
    pub aliases: Vec<String>,
    /// What they may do.
    pub rank: Rank,
    /// Whether it is the account itself.
    pub is_own: bool,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Rank {
    /// What the group lets everybody do.
    #[n(0)]
    Member,
    /// What its admins may.
    #[n(1)]
    Admin,
    /// Everything.
    #[n(2)]
    Owner,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_owner_wants_is_read_from_the_journal_as_it_was_meant() {
        let ann = Identity {
            network: Network::parse("a").unwrap(),
            author: RemoteAuthor::parse("ann").unwrap(),
        };
        let all = [
            Regroup::Found { title: "Books".to_owned(), with: vec![ann.clone()] },
            Regroup::Add(vec![ann.clone()]),
            Regroup::Remove(vec![ann.clone()]),
            Regroup::Rank { who: vec![ann], rank: Rank::Owner },
            Regroup::Rename("More books".to_owned()),
            Regroup::Leave,
        ];
        for one in all {
            assert_eq!(Regroup::wanted(one.told().unwrap()), Some(one));
        }
    }
}
