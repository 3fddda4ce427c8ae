//! A conversation on a network of its own, with the people in it.

use threadbridge_core::model::id::MessageId;
use threadbridge_devnet::farcaster::wire::CastId;
use threadbridge_devnet::lens::PostId;

use super::Stopped;
use super::channel::Channel;
use super::feed::Feed;
use super::group::Group;

/// Something that was said, by the name that its network gave it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Id {
    Cast(CastId),
    Post(PostId),
    Message(MessageId),
}

/// What an app shows of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub(super) id: Id,
    /// The name of the account that said it.
    pub(super) author: String,
    /// Whether that is the bridge's.
    pub(super) is_copy: bool,
    pub(super) text: String,
    /// How far below the conversation itself it stands.
    pub(super) depth: usize,
    pub(super) likes: usize,
    pub(super) is_edited: bool,
    /// By what apps sort.
    pub(super) order: (u64, Vec<u8>),
}

/// A conversation.
#[derive(Debug)]
pub(super) enum Room {
    /// On a Farcaster hub.
    Channel(Channel),
    /// On Lens.
    Feed(Feed),
    /// On XMTP.
    Group(Group),
}

impl Room {
    /// What its network is called.
    pub(super) const fn network(&self) -> &'static str {
        match self {
            Self::Channel(_) => "Farcaster",
            Self::Feed(_) => "Lens",
            Self::Group(_) => "XMTP",
        }
    }

    /// Where its network is, and what sort of conversation it is.
    pub(super) fn place(&self) -> (String, &'static str) {
        match self {
            Self::Channel(it) => (it.hub.grpc_addr().to_string(), "channel /books"),
            Self::Feed(it) => (it.lens.api_addr().to_string(), "feed “books”"),
            Self::Group(it) => (it.node.addr().to_string(), "group “books”"),
        }
    }

    /// Who is there.
    pub(super) fn people(&self) -> Vec<&'static str> {
        match self {
            Self::Channel(it) => it.residents.iter().map(|it| it.name).collect(),
            Self::Feed(it) => it.residents.iter().map(|it| it.name).collect(),
            Self::Group(it) => vec![it.resident],
        }
    }

    /// Whose app is shown.
    pub(super) fn reader(&self) -> &'static str {
        self.people().first().copied().unwrap_or("nobody")
    }

    /// The name of somebody there, as they write it.
    pub(super) fn resident(&self, name: &str) -> Option<&'static str> {
        self.people().into_iter().find(|it| it.eq_ignore_ascii_case(name))
    }

    /// What everybody's app shows here, in the order in which it shows it.
    pub(super) async fn shows(&mut self) -> Result<Vec<Shown>, Stopped> {
        match self {
            Self::Channel(it) => it.shows().await,
            Self::Feed(it) => Ok(it.shows()),
            Self::Group(it) => it.shows(),
        }
    }

    /// How many things of the bridge stand right in the conversation and not below another.
    pub(super) async fn direct_copies(&mut self) -> Result<usize, Stopped> {
        if let Self::Channel(it) = self {
            return it.direct_copies().await;
        }
        let shown = self.shows().await?;
        Ok(shown.iter().filter(|it| it.is_copy && it.depth == 0).count())
    }

    /// What was there before the conversations were linked.
    pub(super) fn beginning(&self) -> Option<Id> {
        match self {
            Self::Channel(_) | Self::Group(_) => None,
            Self::Feed(it) => Some(Id::Post(it.beginning)),
        }
    }

    /// Has somebody say something: as an answer, or right in the conversation.
    pub(super) async fn say(
        &self,
        who: &str,
        text: &str,
        answers: Option<&Id>,
    ) -> Result<Id, Stopped> {
        match (self, answers) {
            (Self::Channel(it), Some(Id::Cast(cast))) => it.say(who, text, Some(cast)),
            (Self::Channel(it), None) => it.say(who, text, None),
            (Self::Feed(it), Some(Id::Post(post))) => it.say(who, text, Some(*post)),
            (Self::Feed(it), None) => it.say(who, text, None),
            (Self::Group(it), Some(Id::Message(id))) => it.say(text, Some(*id)).await,
            (Self::Group(it), None) => it.say(text, None).await,
            (Self::Channel(_) | Self::Feed(_) | Self::Group(_), Some(_)) => {
                Err(Stopped::elsewhere())
            }
        }
    }

    /// Has somebody like something.
    pub(super) async fn like(&self, who: &str, id: &Id) -> Result<(), Stopped> {
        match (self, id) {
            (Self::Channel(it), Id::Cast(cast)) => it.like(who, cast),
            (Self::Feed(it), Id::Post(post)) => it.like(who, *post),
            (Self::Group(it), Id::Message(id)) => it.like(*id).await,
            (Self::Channel(_) | Self::Feed(_) | Self::Group(_), _) => Err(Stopped::elsewhere()),
        }
    }

    /// Has its author take something back.
    pub(super) async fn take_back(&self, who: &str, id: &Id) -> Result<(), Stopped> {
        match (self, id) {
            (Self::Channel(it), Id::Cast(cast)) => it.take_back(who, cast),
            (Self::Feed(it), Id::Post(post)) => it.take_back(who, *post),
            (Self::Group(it), Id::Message(id)) => it.take_back(*id).await,
            (Self::Channel(_) | Self::Feed(_) | Self::Group(_), _) => Err(Stopped::elsewhere()),
        }
    }

    /// Has its author change something. Says whether that can be done there at all.
    pub(super) fn edit(&self, who: &str, id: &Id, text: &str) -> Result<bool, Stopped> {
        match (self, id) {
            (Self::Feed(it), Id::Post(post)) => it.edit(who, *post, text).map(|()| true),
            (Self::Channel(_) | Self::Feed(_) | Self::Group(_), _) => Ok(false),
        }
    }

    /// Ends the network.
    pub(super) async fn close(self) -> Result<(), Stopped> {
        match self {
            Self::Channel(it) => it.hub.kill().await,
            Self::Feed(it) => it.lens.stop().await,
            Self::Group(it) => it.close().await?,
        }
        Ok(())
    }
}
