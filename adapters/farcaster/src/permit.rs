//! The life of the account's own key: what its owner's wallet has to sign so that it may speak for
//! the fid, adding and renewing it with what was signed, and taking it away. The wallet's key never
//! comes here.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;
use threadbridge_core::model::time::{Clock, Timestamp};

use crate::{
    Farcaster,
    node::{failure::NodeError, pool::Pool, query::KeyNonces},
    own::Own,
    wire::{
        SignedMessage,
        permit::Permit,
        proto::{KeyRemoveBody, MessageData, MessageType, message_data::Body},
        sign::SignerKey,
        time::FarcasterTime,
        verify::PublicKey,
    },
};

/// Casts, likes and recasts, and taking them back: all that the bridge says.
const SCOPES: [MessageType; 4] = [
    MessageType::CastAdd,
    MessageType::CastRemove,
    MessageType::ReactionAdd,
    MessageType::ReactionRemove,
];
/// The longest that a key may go unused.
pub const LONGEST_DAYS: u32 = 90;
/// How long the owner has for signing.
const SIGNED_WITHIN_S: u32 = 24 * 60 * 60;
/// How soon a message that takes a key away has to be in.
const TAKEN_WITHIN_S: u32 = 10 * 60;
const DAY_S: u32 = 24 * 60 * 60;
/// A key that the key itself takes away.
const BY_ITSELF: u32 = 2;
/// How often it is looked whether the key expires soon, and what soon is.
const LOOK_EVERY: Duration = Duration::from_secs(6 * 60 * 60);
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What a wallet is asked to allow a key. Kept as JSON between asking and adding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTerms {
    /// Whose key it becomes.
    pub fid: u64,
    /// The key: `0x` and 64 hexadecimal digits.
    pub key: String,
    /// The message types that it may sign.
    pub scopes: Vec<u32>,
    /// Seconds without use after which it expires.
    pub ttl: u32,
    /// The next one of the fid.
    pub nonce: u32,
    /// Until when it has to be added, in seconds since 2021-01-01T00:00:00Z.
    pub deadline: u32,
}

/// Why a key's rights cannot be changed.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The account only reads.
    #[error("the account has no `fid` and `signer`")]
    NoKey,
    /// The terms are for another key or fid.
    #[error("the terms are not those of this account's key")]
    OtherKey,
    /// Not signed over these terms.
    #[error("the signature of `{0}` does not fit the terms")]
    Signature(&'static str),
    /// Two wallets signed.
    #[error("the two signatures are not of the same wallet")]
    Wallets,
    /// The fid does not have it.
    #[error("the fid does not have this key")]
    Unknown,
    /// It was added on chain, where messages cannot remove it.
    #[error("the key was added on chain; remove it with the key registry contract")]
    OnChain,
    /// The clock is wrong.
    #[error("the clock shows a time before 2021")]
    Clock,
    /// No node could do it.
    #[error(transparent)]
    Node(#[from] NodeError),
}

impl KeyTerms {
    fn permit(&self) -> Option<Permit> {
        let key = hex::decode(self.key.strip_prefix("0x")?).ok()?.try_into().ok()?;
        let Self { fid, ttl, nonce, deadline, .. } = *self;
        Some(Permit { fid, key, scopes: self.scopes.clone(), ttl_s: ttl, nonce, deadline })
    }

    /// The two things that the wallet has to sign, in the form of `eth_signTypedData_v4`: a request
    /// for the key, and its addition. Nothing if the key cannot be read.
    #[must_use]
    pub fn to_sign(&self) -> Option<[Value; 2]> {
        let permit = self.permit()?;
        Some([permit.request_json(), permit.addition_json()])
    }
}

impl Farcaster {
    /// The terms on which the owner's wallet may add the account's key, or renew it, for that many
    /// days without use.
    pub async fn key_terms(&self, days: u32, now: Timestamp) -> Result<KeyTerms, KeyError> {
        let (own, key) = self.own_key()?;
        let nonces = self.nonces(own.fid, own.fid).await?;
        Ok(KeyTerms {
            fid: own.fid,
            key: format!("0x{:?}", key.public()),
            scopes: SCOPES.iter().filter_map(|it| u32::try_from(i32::from(*it)).ok()).collect(),
            ttl: days.clamp(1, LONGEST_DAYS).saturating_mul(DAY_S),
            nonce: nonces.custody.saturating_add(1),
            deadline: seconds(now)?.saturating_add(SIGNED_WITHIN_S),
        })
    }

    /// Adds or renews the account's key by what the owner's wallet signed. A node has taken it when
    /// this returns; [`Farcaster::has_used`] says when the network has.
    pub async fn add_key(
        &self,
        terms: &KeyTerms,
        (request, addition): (&[u8], &[u8]),
        now: Timestamp,
    ) -> Result<(), KeyError> {
        let (own, key) = self.own_key()?;
        let permit = terms.permit().ok_or(KeyError::OtherKey)?;
        if permit.fid != own.fid || permit.key != *key.public().as_bytes() {
            return Err(KeyError::OtherKey);
        }
        let asked = permit.signer_of_request(request);
        let asked = asked.ok_or(KeyError::Signature("SignedKeyRequest"))?;
        let allowed = permit.signer_of_addition(addition);
        if allowed.ok_or(KeyError::Signature("KeyAdd"))? != asked {
            return Err(KeyError::Wallets);
        }
        let body = Body::KeyAddBody(permit.body(asked, request, addition));
        self.submit_own(MessageType::KeyAdd, body, now).await
    }

    /// Takes the account's key away from the fid for good, signed by the key itself.
    pub async fn revoke_key(&self, now: Timestamp) -> Result<(), KeyError> {
        let (own, key) = self.own_key()?;
        let fid = own.fid;
        let signers = self.pool.ask(|node| async move { node.signers(fid).await }).await?;
        let signer = signers.into_iter().find(|it| it.key == key.public());
        let asked_by = signer.ok_or(KeyError::Unknown)?.request_fid.ok_or(KeyError::OnChain)?;
        let body = KeyRemoveBody {
            key: key.public().as_bytes().to_vec(),
            signature: Vec::new(),
            signature_type: BY_ITSELF,
            deadline: seconds(now)?.saturating_add(TAKEN_WITHIN_S),
            nonce: self.nonces(fid, asked_by).await?.app.saturating_add(1),
        };
        self.submit_own(MessageType::KeyRemove, Body::KeyRemoveBody(body), now).await
    }

    /// Whether the network has seen the nonce of these terms: then the key was added, or another one
    /// was in its place.
    pub async fn has_used(&self, terms: &KeyTerms) -> Result<bool, KeyError> {
        Ok(self.nonces(terms.fid, terms.fid).await?.custody >= terms.nonce)
    }

    fn own_key(&self) -> Result<(&Own, &SignerKey), KeyError> {
        let own = self.own.as_ref().ok_or(KeyError::NoKey)?;
        Ok((own, own.key.as_ref().ok_or(KeyError::NoKey)?))
    }

    async fn nonces(&self, fid: u64, app: u64) -> Result<KeyNonces, KeyError> {
        Ok(self.pool.ask(|node| async move { node.key_nonces(fid, app).await }).await?)
    }

    async fn submit_own(
        &self,
        r#type: MessageType,
        body: Body,
        now: Timestamp,
    ) -> Result<(), KeyError> {
        let (own, key) = self.own_key()?;
        let data = MessageData {
            r#type: r#type.into(),
            fid: own.fid,
            timestamp: seconds(now)?,
            network: self.realm.into(),
            body: Some(body),
        };
        let message: &SignedMessage = &key.sign(&data).1;
        match self.pool.ask(|node| async move { node.submit(message).await }).await {
            Ok(()) | Err(NodeError::Duplicate) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn seconds(now: Timestamp) -> Result<u32, KeyError> {
    let unix_s = u64::try_from(now.as_secs()).map_err(|_before_1970| KeyError::Clock)?;
    let time = FarcasterTime::from_unix_ms(unix_s.saturating_mul(1000));
    time.map(FarcasterTime::seconds).ok_or(KeyError::Clock)
}

/// Warns while the account's key expires soon, for as long as somebody listens.
pub(crate) async fn watch(pool: Arc<Pool>, fid: u64, key: PublicKey) {
    loop {
        let signers = pool.ask(|node| async move { node.signers(fid).await }).await;
        let signer = signers.ok().and_then(|it| it.into_iter().find(|it| it.key == key));
        if let Some(at_s) = signer.and_then(|it| it.expires_at_s) {
            let at = Timestamp::from_secs(i64::try_from(at_s).unwrap_or(i64::MAX));
            let left = at.since(Clock::System.now());
            if left < SOON {
                tracing::warn!(
                    fid,
                    days = left.as_secs() / u64::from(DAY_S),
                    "the account's key expires soon; `threadbridge signer request` renews it"
                );
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
