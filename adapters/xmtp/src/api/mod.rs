//! What the bridge asks of XMTP's servers: ten calls and two streams, whatever the version of the API
//! below them. [`node`] speaks the third.

mod budget;
pub(crate) mod failure;
pub(crate) mod node;

use std::{collections::BTreeMap, fmt, pin::Pin};

use async_trait::async_trait;
use tokio_stream::Stream;

pub(crate) use self::failure::ApiError;
use crate::identity::{contract::Claim, inbox::InboxId, member::Installation};
use crate::wire::proto::{
    identity::{IdentityUpdate, get_identity_updates_response::IdentityUpdateLog},
    mls::{
        GroupMessageInput, WelcomeMessage, WelcomeMessageInput, group_message::V1 as GroupMessage,
    },
};

/// The most that one page of a query holds; a shorter page is the last.
pub(crate) const PAGE: usize = 100;
/// So many of the largest messages fit into one answer.
const PAGE_OF_LARGE: usize = 20;

/// Part of what stands behind an id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page<T> {
    /// In order.
    pub(crate) items: Vec<T>,
    /// Whether nothing more stood behind it.
    pub(crate) is_last: bool,
}

/// Signs of life: something was said somewhere, and may be asked for.
pub(crate) type Signs<T> = Pin<Box<dyn Stream<Item = Result<T, ApiError>> + Send>>;

/// Something was said in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// Where.
    pub(crate) group: Vec<u8>,
    /// Its id.
    pub(crate) id: u64,
}

/// Up to where something was read: only what lies behind is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Since<T> {
    /// Of what.
    pub(crate) of: T,
    /// The last id that is known.
    pub(crate) id: u64,
}

/// The servers of one of XMTP's networks.
#[async_trait]
pub(crate) trait Api: fmt::Debug + Send + Sync {
    /// How many calls may be made at once by now, and how many a minute.
    fn calls_left(&self) -> (u32, u32);

    /// The inbox that each address, in lower case, belongs to.
    async fn inboxes(&self, addresses: &[String]) -> Result<Vec<Option<InboxId>>, ApiError>;

    /// What was added to the logs of these inboxes.
    async fn identity_updates(
        &self,
        since: &[Since<InboxId>],
    ) -> Result<BTreeMap<InboxId, Vec<IdentityUpdateLog>>, ApiError>;

    /// Adds to an inbox's log.
    async fn publish_identity(&self, update: IdentityUpdate) -> Result<(), ApiError>;

    /// Whether these claims of contract wallets hold on their chains, in order.
    async fn check_wallets(&self, claims: &[Claim]) -> Result<Vec<bool>, ApiError>;

    /// Puts an installation's key package in the place of the last one.
    async fn upload_key_package(&self, key_package: Vec<u8>) -> Result<(), ApiError>;

    /// The key package of each installation, in order; nothing where there is none.
    async fn key_packages(
        &self,
        installations: &[Installation],
    ) -> Result<Vec<Option<Vec<u8>>>, ApiError>;

    /// Publishes messages, in order, all or none.
    async fn publish(&self, messages: Vec<GroupMessageInput>) -> Result<(), ApiError>;

    /// Publishes welcomes, all or none.
    async fn welcome(&self, welcomes: Vec<WelcomeMessageInput>) -> Result<(), ApiError>;

    /// The next page of a group, in order.
    async fn messages(&self, since: Since<&[u8]>) -> Result<Page<GroupMessage>, ApiError>;

    /// The next page of the welcomes to a destination, in order.
    async fn welcomes(&self, since: Since<&[u8]>) -> Result<Page<WelcomeMessage>, ApiError>;

    /// The id of each group's newest message, in order; nothing where there is none.
    async fn newest(&self, groups: &[Vec<u8>]) -> Result<Vec<Option<u64>>, ApiError>;

    /// Signs of messages that are said in these groups behind the given ids.
    async fn follow_messages(&self, since: &[Since<Vec<u8>>]) -> Result<Signs<Sighting>, ApiError>;

    /// Signs of welcomes to an installation.
    async fn follow_welcomes(&self, since: Since<&[u8]>) -> Result<Signs<()>, ApiError>;
}
