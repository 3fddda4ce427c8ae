//! App keys that messages add and remove, without a chain (FIP-272).

use std::sync::Arc;

use super::account::Account;
use super::registry::Registry;
use crate::farcaster::refusal::{CONFLICT, Refusal};
use crate::farcaster::signed::Signed;
use crate::farcaster::validate;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{KeyAddBody, KeyRemoveBody};

/// How many gasless keys a fid may have.
pub(crate) const GASLESS_LIMIT: u32 = 1000;

/// A gasless key in force.
#[derive(Clone, Debug)]
pub(crate) struct GaslessKey {
    pub(crate) message: Arc<Signed>,
    /// The fid of the app that asked for the key.
    pub(crate) request_fid: u64,
    /// In the network's seconds.
    pub(crate) last_used_s: u64,
}

impl GaslessKey {
    pub(crate) fn body(&self) -> Option<&KeyAddBody> {
        match self.message.data.body.as_ref()? {
            Body::KeyAddBody(body) => Some(body),
            Body::CastAddBody(_)
            | Body::CastRemoveBody(_)
            | Body::ReactionBody(_)
            | Body::VerificationAddAddressBody(_)
            | Body::VerificationRemoveBody(_)
            | Body::UserDataBody(_)
            | Body::LinkBody(_)
            | Body::UsernameProofBody(_)
            | Body::FrameActionBody(_)
            | Body::LinkCompactStateBody(_)
            | Body::LendStorageBody(_)
            | Body::KeyRemoveBody(_) => None,
        }
    }

    pub(crate) fn scopes(&self) -> &[i32] {
        self.body().map_or(&[], |body| &body.scopes)
    }

    pub(crate) fn expires_at_s(&self) -> u64 {
        self.last_used_s + self.body().map_or(0, |body| u64::from(body.ttl))
    }
}

impl Account {
    /// Whether `KEY_ADD` may be merged; if so, the fid of the app that asked.
    pub(super) fn admits_key(
        &self,
        signed: &Signed,
        body: &KeyAddBody,
        registry: &Registry,
    ) -> Result<u64, Refusal> {
        let request = validate::request(body, u64::from(signed.data.timestamp))?;
        let requester = registry.custody(request.fid).ok_or_else(|| {
            Refusal::invalid("SignedKeyRequest metadata is malformed or signature does not verify")
        })?;
        if requester != request.signer.as_slice() {
            return Err(Refusal::invalid(
                "requestSigner does not match custody address of requestFid",
            ));
        }
        let custody = validate::custody_of_addition(signed.fid(), body);
        let is_allowed =
            custody.as_ref().map(|address| address.as_slice()) == registry.custody(signed.fid());
        if custody.is_none() || !is_allowed {
            return Err(Refusal::invalid("invalid signature"));
        }
        self.admits_owner(signed.fid(), body, registry, request.fid)?;
        if body.nonce <= self.user_nonce {
            return Err(stale_nonce());
        }
        Ok(request.fid)
    }

    fn admits_owner(
        &self,
        fid: u64,
        body: &KeyAddBody,
        registry: &Registry,
        request_fid: u64,
    ) -> Result<(), Refusal> {
        if self.onchain_signer(&body.key).is_some() {
            return Err(Refusal::invalid("key is already registered onchain for this fid"));
        }
        let reason = match (registry.key_owners.get(&body.key), self.gasless.get(&body.key)) {
            (Some(owner), _) if *owner != fid => "key is already claimed by a different fid",
            (_, Some(key)) if key.request_fid != request_fid => {
                "key is already registered for this fid by a different requesting fid"
            }
            (_, None) if self.gasless.len() >= GASLESS_LIMIT as usize => {
                "active-key cap exceeded: 1000 keys per FID"
            }
            (Some(_) | None, Some(_) | None) => return Ok(()),
        };
        Err(Refusal::invalid(reason))
    }

    /// Whether `KEY_REMOVE` may be merged; if so, the app whose nonce it uses, or none if custody
    /// takes the key away.
    pub(super) fn admits_key_removal(
        &self,
        signed: &Signed,
        body: &KeyRemoveBody,
        registry: &Registry,
    ) -> Result<Option<u64>, Refusal> {
        let key = self
            .gasless
            .get(&body.key)
            .ok_or_else(|| Refusal::invalid("key is not registered for this fid"))?;
        if body.signature_type == validate::REMOVE_BY_CUSTODY {
            let custody = validate::custody_of_removal(signed.fid(), body)
                .ok_or_else(|| Refusal::invalid("invalid signature"))?;
            if registry.custody(signed.fid()) != Some(custody.as_slice()) {
                return Err(Refusal::invalid("invalid signature"));
            }
            return if body.nonce > self.user_nonce { Ok(None) } else { Err(stale_nonce()) };
        }
        if signed.signer != body.key {
            return Err(Refusal::invalid("invalid signature"));
        }
        let used = self.app_nonces.get(&key.request_fid).copied().unwrap_or(0);
        if body.nonce > used { Ok(Some(key.request_fid)) } else { Err(stale_nonce()) }
    }

    /// Adds or renews a key; gives back the message that it replaces.
    pub(super) fn add_key(
        &mut self,
        message: Arc<Signed>,
        body: &KeyAddBody,
        request_fid: u64,
    ) -> Option<Arc<Signed>> {
        self.user_nonce = body.nonce;
        let last_used_s = u64::from(message.data.timestamp);
        let key = GaslessKey { message, request_fid, last_used_s };
        self.gasless.insert(body.key.clone(), key).map(|old| old.message)
    }

    /// Takes a key away; gives back the message that added it.
    pub(super) fn remove_key(
        &mut self,
        body: &KeyRemoveBody,
        app: Option<u64>,
    ) -> Option<Arc<Signed>> {
        match app {
            Some(fid) => {
                self.app_nonces.insert(fid, body.nonce);
            }
            None => self.user_nonce = body.nonce,
        }
        self.gasless.remove(&body.key).map(|old| old.message)
    }
}

fn stale_nonce() -> Refusal {
    Refusal { code: CONFLICT, reason: "nonce must be greater than the current nonce".to_owned() }
}
