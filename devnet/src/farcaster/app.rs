//! What somebody's app shows: a conversation, read back from their hub over gRPC.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use tonic::transport::{Channel, Endpoint};

use super::wire::hub_service_client::HubServiceClient;
use super::wire::message_data::Body;
use super::wire::{
    CastId, CastsByParentRequest, Message, ReactionType, ReactionsByTargetRequest, UserDataRequest,
    UserDataType, casts_by_parent_request, reactions_by_target_request,
};

/// Where people talk.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A channel, by its URL.
    Channel(String),
    /// A thread, by its first cast.
    Thread(CastId),
}

/// A cast as an app shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its id, with its author's fid.
    pub cast: CastId,
    /// Its author's display name; the fid of one who has none.
    pub author: String,
    /// Its text. Names of those it mentions are not filled in.
    pub text: String,
    /// How many casts it is below the one that began the conversation.
    pub depth: usize,
    /// How many like it.
    pub likes: usize,
    /// When it was said, in the network's seconds.
    pub said_at_s: u32,
}

/// Why an app shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no connection.
    #[error("the hub cannot be reached")]
    Connect(#[from] tonic::transport::Error),
    /// The hub refused to answer.
    #[error("the hub does not answer")]
    Answer(#[from] Box<tonic::Status>),
}

impl From<tonic::Status> for AppError {
    fn from(status: tonic::Status) -> Self {
        Self::Answer(Box::new(status))
    }
}

/// An app that reads from one hub.
#[derive(Clone, Debug)]
pub struct App {
    hub: HubServiceClient<Channel>,
    names: BTreeMap<u64, String>,
}

impl App {
    /// Opens an app on the hub whose gRPC is at `hub`.
    ///
    /// # Errors
    ///
    /// If nobody is there.
    pub async fn open(hub: SocketAddr) -> Result<Self, AppError> {
        let channel = Endpoint::from_shared(format!("http://{hub}"))?.connect().await?;
        Ok(Self { hub: HubServiceClient::new(channel), names: BTreeMap::new() })
    }

    /// All of a conversation, each cast before its answers, otherwise in the order of their times.
    ///
    /// # Errors
    ///
    /// If the hub does not answer.
    pub async fn shows(&mut self, place: &Place) -> Result<Vec<Shown>, AppError> {
        let mut open: Vec<(Message, usize)> = Vec::new();
        if let Place::Thread(root) = place {
            open.push((self.hub.get_cast(root.clone()).await?.into_inner(), 0));
        } else {
            open.extend(self.direct(place).await?.into_iter().rev().map(|cast| (cast, 0)));
        }
        let mut shown = Vec::new();
        while let Some((message, depth)) = open.pop() {
            let Some(cast) = self.shown(&message, depth).await? else { continue };
            let below = self.direct(&Place::Thread(cast.cast.clone())).await?;
            open.extend(below.into_iter().rev().map(|cast| (cast, depth.saturating_add(1))));
            shown.push(cast);
        }
        Ok(shown)
    }

    /// The casts right in a channel, or right below a cast, in the order of their times.
    ///
    /// # Errors
    ///
    /// If the hub does not answer.
    pub async fn direct(&mut self, place: &Place) -> Result<Vec<Message>, AppError> {
        use casts_by_parent_request::Parent;
        let parent = Some(match place {
            Place::Channel(url) => Parent::ParentUrl(url.clone()),
            Place::Thread(cast) => Parent::ParentCastId(cast.clone()),
        });
        let mut casts: Vec<Message> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut page_token = None;
        loop {
            let parent = parent.clone();
            let request = CastsByParentRequest { parent, page_token, ..Default::default() };
            let page = self.hub.get_casts_by_parent(request).await?.into_inner();
            let known = casts.len();
            casts.extend(page.messages.into_iter().filter(|cast| seen.insert(cast.hash.clone())));
            // A token is there at the end, too, and begins again.
            if page.next_page_token.is_none() || casts.len() == known {
                break;
            }
            page_token = page.next_page_token;
        }
        casts.sort_by_key(|cast| (said_at_s(cast), cast.hash.clone()));
        Ok(casts)
    }

    async fn shown(&mut self, message: &Message, depth: usize) -> Result<Option<Shown>, AppError> {
        let Some(data) = &message.data else { return Ok(None) };
        let Some(Body::CastAddBody(body)) = &data.body else { return Ok(None) };
        let cast = CastId { fid: data.fid, hash: message.hash.clone() };
        Ok(Some(Shown {
            author: self.name(data.fid).await?,
            text: body.text.clone(),
            depth,
            likes: self.likes(&cast).await?,
            said_at_s: data.timestamp,
            cast,
        }))
    }

    async fn likes(&mut self, cast: &CastId) -> Result<usize, AppError> {
        let target = reactions_by_target_request::Target::TargetCastId(cast.clone());
        let request = ReactionsByTargetRequest {
            target: Some(target),
            reaction_type: Some(ReactionType::Like.into()),
            ..Default::default()
        };
        Ok(self.hub.get_reactions_by_target(request).await?.into_inner().messages.len())
    }

    /// A name does not change while an app is open.
    async fn name(&mut self, fid: u64) -> Result<String, AppError> {
        if let Some(name) = self.names.get(&fid) {
            return Ok(name.clone());
        }
        let user_data_type = UserDataType::Display.into();
        let name = match self.hub.get_user_data(UserDataRequest { fid, user_data_type }).await {
            Ok(message) => display_name(&message.into_inner()),
            Err(status) if status.code() == tonic::Code::NotFound => None,
            Err(status) => return Err(status.into()),
        };
        let name = name.unwrap_or_else(|| fid.to_string());
        self.names.insert(fid, name.clone());
        Ok(name)
    }
}

fn said_at_s(message: &Message) -> u32 {
    message.data.as_ref().map_or(0, |data| data.timestamp)
}

fn display_name(message: &Message) -> Option<String> {
    let Body::UserDataBody(body) = message.data.as_ref()?.body.as_ref()? else { return None };
    Some(body.value.clone())
}
