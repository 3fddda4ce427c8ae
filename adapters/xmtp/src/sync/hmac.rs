//! The tag by which a push server knows that a message is of the installation it would wake.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use threadbridge_core::{model::time::Timestamp, store::Keys};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    rows::{self, Unread},
    wire::proto::sync::HmacKeyUpdate,
};

const SALT: &[u8] = b"libXMTP HKDF salt!";
const KEY_BYTES: usize = 42;
const EPOCH_SECONDS: i64 = 30 * 24 * 60 * 60;
const ROW: &[u8] = b"sync/hmac";

/// The key that all installations of an inbox share.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SharedKey {
    #[cbor(n(0), with = "minicbor::bytes")]
    bytes: Vec<u8>,
    #[n(1)]
    since_ns: i64,
}

impl SharedKey {
    /// The account's key, made now if there is none; nothing if no randomness can be had.
    pub(crate) fn of(keys: &Keys) -> Result<Option<Self>, Unread> {
        if let Some(key) = rows::get(keys, ROW)? {
            return Ok(Some(key));
        }
        let mut bytes = vec![0; KEY_BYTES];
        if getrandom::fill(&mut bytes).is_err() {
            return Ok(None);
        }
        // Older than whatever another installation says.
        let key = Self { bytes, since_ns: 0 };
        rows::put(keys, ROW, &key);
        Ok(Some(key))
    }

    /// Takes the key that another installation made, unless there is a later one.
    pub(crate) fn take(keys: &Keys, update: &HmacKeyUpdate) -> Result<bool, Unread> {
        let known: Option<Self> = rows::get(keys, ROW)?;
        let is_older = known.is_some_and(|known| known.since_ns >= update.cycled_at_ns);
        if update.key.len() != KEY_BYTES || is_older {
            return Ok(false);
        }
        let key = Self { bytes: update.key.clone(), since_ns: update.cycled_at_ns };
        rows::put(keys, ROW, &key);
        Ok(true)
    }

    /// As it is told to other installations.
    pub(crate) fn update(&self) -> HmacKeyUpdate {
        HmacKeyUpdate { key: self.bytes.clone(), cycled_at_ns: self.since_ns }
    }

    /// The tag of what is sent to `group`; nothing if the key has no usable form.
    pub(crate) fn tag(&self, group: &[u8], data: &[u8], now: Timestamp) -> Option<[u8; 32]> {
        let epoch = now.as_secs().div_euclid(EPOCH_SECONDS).to_le_bytes();
        let secret = Zeroizing::new([self.bytes.as_slice(), group].concat());
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        Hkdf::<Sha256>::new(Some(SALT), &secret)
            .expand_multi_info(&[group, &epoch], key.as_mut_slice())
            .ok()?;
        let hmac = Hmac::<Sha256>::new_from_slice(key.as_slice()).ok()?;
        Some(hmac.chain_update(data).finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedKey").field("since_ns", &self.since_ns).finish_non_exhaustive()
    }
}
