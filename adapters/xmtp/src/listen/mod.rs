//! Network → envelopes. Streams are signs that something was said; what was said is asked for from
//! the cursor, so that a stream that drops, doubles or ends loses nothing.

mod enter;
mod follow;
mod history;

use std::collections::BTreeMap;

use prost::Message as _;
use thiserror::Error;
use threadbridge_core::adapter::{
    AdapterError, Batch, Closed, Cursor, Envelope, Inbound, Opinion, Verdict,
};
use threadbridge_core::model::time::Clock;

use crate::api::{Api, ApiError, Since};
use crate::arrival::Arrival;
use crate::config::Config;
use crate::identity::wallet::WalletKey;
use crate::session::Session;

/// The stream of welcomes.
const WELCOMES: &str = "welcomes";

/// Why listening ended.
#[derive(Debug, Error)]
pub(crate) enum Ended {
    #[error("the bridge is closing")]
    Closing(#[from] Closed),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("the network broke off its news")]
    Cut,
    #[error("the wallet belongs to another inbox since the bridge began; restart it")]
    OtherInbox,
    #[error(
        "the inbox has {installations} installations already and this store has none of them: set \
         `may_join = true` to add one (an inbox takes {} in all), or use the store that has one",
        crate::MAX_INSTALLATIONS
    )]
    MayNotJoin { installations: usize },
    #[error(
        "the inbox has {installations} installations, as many as it takes: revoke one with \
         `threadbridge xmtp revoke`"
    )]
    TooMany { installations: usize },
    #[error(
        "this installation was revoked by the inbox's owner: nothing can be read or said with it; \
         remove the account from the settings, or begin anew with an empty store"
    )]
    Revoked,
    #[error("the inbox does not show the installation that was just added")]
    NotAdded,
}

impl Ended {
    fn into_error(self) -> Option<AdapterError> {
        let verdict = match &self {
            Self::Closing(_) => return None,
            Self::Api(error) => error.verdict(),
            Self::Cut | Self::NotAdded => Verdict::Retry,
            Self::OtherInbox | Self::MayNotJoin { .. } | Self::TooMany { .. } | Self::Revoked => {
                Verdict::Suspend
            }
        };
        Some(AdapterError::new(verdict, self))
    }
}

/// What listening needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ear<'a> {
    pub(crate) api: &'a dyn Api,
    pub(crate) session: &'a Session,
    pub(crate) wallet: &'a WalletKey,
    pub(crate) config: &'a Config,
    pub(crate) clock: &'a Clock,
    pub(crate) network: &'a threadbridge_core::model::id::Network,
}

/// Listens until the connection fails or the bridge closes.
pub(crate) async fn listen(ear: Ear<'_>, inbound: &Inbound) -> Result<(), AdapterError> {
    let mut reader = Reader { ear, inbound, safe: safe(inbound), opinions: Vec::new() };
    let ended = match reader.enter().await {
        Ok(()) => match reader.tell_opinions().await {
            Ok(()) => reader.follow().await,
            Err(ended) => Err(ended),
        },
        Err(ended) => Err(ended),
    };
    match ended {
        Ok(()) => Ok(()),
        Err(ended) => ended.into_error().map_or(Ok(()), Err),
    }
}

/// Where each stream stands.
fn safe(inbound: &Inbound) -> BTreeMap<String, u64> {
    let position = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_be_bytes);
    inbound.cursors().map(|(stream, bytes)| (stream.to_owned(), position(bytes))).collect()
}

/// One connection's way through welcomes and groups.
struct Reader<'a> {
    ear: Ear<'a>,
    inbound: &'a Inbound,
    /// The id up to which each stream is safe with the bridge.
    safe: BTreeMap<String, u64>,
    /// What was told last of what the owner thinks of people.
    opinions: Vec<Opinion>,
}

impl Reader<'_> {
    fn now_ns(&self) -> u64 {
        nanoseconds(self.ear.clock)
    }

    /// Hands over what belongs to no stream.
    async fn hand_over(&self, arrival: &Arrival, name: String) -> Result<(), Ended> {
        let envelopes = arrival.envelope(name).into_iter().collect();
        self.inbound.accept(Batch { envelopes, cursors: Vec::new() }).await?;
        Ok(())
    }

    /// Hands over a stream's next envelopes.
    async fn hand_on(
        &mut self,
        stream: String,
        last: u64,
        envelopes: Vec<Envelope>,
    ) -> Result<(), Ended> {
        let cursor = Cursor { stream: stream.clone(), position: last.to_be_bytes().to_vec() };
        self.inbound.accept(Batch { envelopes, cursors: vec![cursor] }).await?;
        self.safe.insert(stream, last);
        Ok(())
    }

    /// Reads what is new of a group.
    async fn read_group(&mut self, group: &[u8]) -> Result<(), Ended> {
        if !self.ear.session.known().groups.contains_key(group) {
            return Ok(());
        }
        let mut page = self.ear.api.messages(self.since(group)).await?;
        loop {
            let Some(last) = page.items.last().map(|it| it.id) else { return Ok(()) };
            let envelope = |it: crate::wire::proto::mls::group_message::V1| {
                let name = format!("message/{}", it.id);
                Arrival::Message(it.encode_to_vec()).envelope(name)
            };
            let envelopes = page.items.into_iter().filter_map(envelope).collect();
            let api = self.ear.api;
            let handed_on = self.hand_on(stream_of(group), last, envelopes);
            if page.is_last {
                return handed_on.await;
            }
            // The next page is on its way while the bridge keeps this one.
            let next = api.messages(Since { of: group, id: last });
            let (handed_on, next) = tokio::join!(handed_on, next);
            handed_on?;
            page = next?;
        }
    }

    /// Reads new welcomes.
    async fn read_welcomes(&mut self) -> Result<(), Ended> {
        let installation = self.ear.session.known().installation;
        let Some(installation) = installation else { return Ok(()) };
        loop {
            let id = self.safe.get(WELCOMES).copied().unwrap_or_default();
            let page = self.ear.api.welcomes(Since { of: installation.as_bytes(), id }).await?;
            let last = page.items.iter().filter_map(crate::api::node::welcome_id).next_back();
            let Some(last) = last else { return Ok(()) };
            let envelope = |it: crate::wire::proto::mls::WelcomeMessage| {
                let name = format!("welcome/{}", crate::api::node::welcome_id(&it)?);
                Arrival::Welcome(it.encode_to_vec()).envelope(name)
            };
            let envelopes = page.items.into_iter().filter_map(envelope).collect();
            self.hand_on(WELCOMES.to_owned(), last, envelopes).await?;
            if page.is_last {
                return Ok(());
            }
        }
    }
}

/// The stream of a group's messages.
fn stream_of(group: &[u8]) -> String {
    format!("group/{}", hex::encode(group))
}

/// Unix time in nanoseconds.
pub(crate) fn nanoseconds(clock: &Clock) -> u64 {
    u64::try_from(clock.now().as_micros()).unwrap_or(0).saturating_mul(1000)
}
