//! Whether a message may be merged into what is stored.

use super::place::Place;
use super::registry::Registry;
use super::shard::Shard;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{StoreType, UserDataBody, UserDataType, UserNameProof};

impl Shard {
    /// Whether a message may be merged now, with its envelope and body already checked.
    pub(crate) fn check(
        &self,
        signed: &Signed,
        registry: &Registry,
        now_s: u64,
    ) -> Result<(), Refusal> {
        let unknown = || Refusal::invalid("unknown fid");
        if registry.registration(signed.fid()).is_none() {
            return Err(unknown());
        }
        let account = self.accounts.get(&signed.fid()).ok_or_else(unknown)?;
        let body = signed.data.body.as_ref();
        match body {
            Some(Body::KeyAddBody(body)) => {
                return account.admits_key(signed, body, registry).map(|_| ());
            }
            Some(Body::KeyRemoveBody(body)) => {
                return account.admits_key_removal(signed, body, registry).map(|_| ());
            }
            _ => account.check_signer(&signed.signer, signed.kind(), now_s)?,
        }
        match body {
            Some(Body::UserDataBody(body)) => self.check_profile(signed.fid(), body, registry)?,
            Some(Body::UsernameProofBody(proof)) => {
                self.check_name(signed.fid(), proof, registry)?;
            }
            Some(Body::LinkBody(body)) => {
                let compact = account.compact_links.get(&body.r#type);
                if compact.is_some_and(|old| old.data.timestamp >= signed.data.timestamp) {
                    return Err(newer_compact_state());
                }
            }
            Some(Body::LinkCompactStateBody(body)) => {
                let compact = account.compact_links.get(&body.r#type);
                return match compact {
                    Some(old) if old.hash == signed.hash => {
                        Err(Refusal::duplicate("message has already been merged"))
                    }
                    Some(old) if old.time_hash() > signed.time_hash() => Err(newer_compact_state()),
                    Some(_) | None => Ok(()),
                };
            }
            _ => {}
        }
        let place = Place::of(signed).ok_or_else(|| Refusal::invalid("invalid message type"))?;
        account.set(place.store).admits(&place.slot, signed, place.is_add, place.rule)
    }

    fn check_profile(
        &self,
        fid: u64,
        body: &UserDataBody,
        registry: &Registry,
    ) -> Result<(), Refusal> {
        if body.value.is_empty() {
            return Ok(());
        }
        if body.r#type() == UserDataType::Username {
            let is_owned =
                registry.name(body.value.as_bytes()).is_some_and(|proof| proof.fid == fid);
            if !is_owned {
                return Err(Refusal::invalid("fname is not registered for fid"));
            }
        }
        if body.r#type() == UserDataType::PrimaryAddressEthereum {
            let address = hex::decode(body.value.trim_start_matches("0x"))
                .map_err(|_| Refusal::invalid("invalid ethereum address"))?;
            let is_verified = self.accounts.get(&fid).is_some_and(|account| {
                account.set(StoreType::Verifications).get(&address).is_some()
            });
            if !is_verified {
                return Err(Refusal::invalid("address is not part of any verification"));
            }
        }
        Ok(())
    }

    /// Names are not looked up on their chains here: the owner must be known to be the fid's.
    fn check_name(
        &self,
        fid: u64,
        proof: &UserNameProof,
        registry: &Registry,
    ) -> Result<(), Refusal> {
        let is_verified = self.accounts.get(&fid).is_some_and(|account| {
            account.set(StoreType::Verifications).get(&proof.owner).is_some()
        });
        if proof.fid == fid && (is_verified || registry.custody(fid) == Some(&proof.owner)) {
            return Ok(());
        }
        Err(Refusal::invalid(
            "invalid ens proof, no matching custody address or verified addresses",
        ))
    }
}

fn newer_compact_state() -> Refusal {
    Refusal::conflict("A newer Compact State message is already merged")
}
