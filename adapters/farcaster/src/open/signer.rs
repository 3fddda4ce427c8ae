//! Whether a key may speak for a fid. A right hash and signature prove only that somebody signed.

use threadbridge_core::adapter::Opened;

use super::{Opening, Stop};
use crate::{
    carried::SignersOf,
    fetch::Want,
    wire::{time::FarcasterTime, verify::Verified},
};

/// Denied keys of one fid that are remembered.
const DENIED: usize = 16;

impl Opening<'_> {
    /// Passes messages of keys that were the author's when the message was made.
    pub(super) fn may_sign(&self, message: &Verified) -> Result<(), Stop> {
        let fid = message.data.fid;
        let want = || Stop::Wants(Want::Author { fid, key: message.signer });
        let signers = self.known.signers(fid)?.ok_or_else(want)?;
        let Some(key) = signers.keys.iter().find(|key| key.key == message.signer.as_bytes()) else {
            let is_denied = signers.epoch == self.known.epoch()?
                && signers.asked.iter().any(|asked| asked == message.signer.as_bytes());
            return Err(if is_denied {
                Stop::refused("signer is not a key of the author")
            } else {
                want()
            });
        };
        let made_at_s = FarcasterTime::from_seconds(message.data.timestamp).unix_ms() / 1000;
        if key.removed_at_s.is_some_and(|removed| made_at_s >= removed) {
            return Err(Stop::refused("signer was no longer a key of the author"));
        }
        if !key.scopes.is_empty() && !key.scopes.contains(&message.data.r#type) {
            return Err(Stop::refused("signer may not sign messages of this type"));
        }
        Ok(())
    }

    /// Keeps who may sign for a fid.
    pub(super) fn learn_signers(&self, mut signers: SignersOf) -> Result<Opened, Stop> {
        signers.epoch = self.known.epoch()?;
        if let Some(before) = self.known.signers(signers.fid)?
            && before.epoch == signers.epoch
        {
            for key in before.asked {
                if !signers.asked.contains(&key) {
                    signers.asked.push(key);
                }
            }
        }
        signers.asked.truncate(DENIED);
        self.known.set_signers(&signers);
        Ok(Opened::Learnt)
    }

    /// Keys came or went: they are asked for again when they are needed.
    pub(super) fn signers_changed(&self, fid: u64) -> Result<Opened, Stop> {
        self.known.signers(fid)?.ok_or(Stop::Elsewhere)?;
        self.known.forget_signers(fid);
        Ok(Opened::Learnt)
    }
}
