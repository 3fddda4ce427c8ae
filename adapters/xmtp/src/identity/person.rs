//! Somebody who signs, for tests.

use k256::ecdsa::SigningKey;

use super::{
    draft::Draft,
    inbox::{FIRST_NONCE, InboxId},
    installation,
    member::{Installation, Member},
    wallet::WalletKey,
};
use crate::wire::proto::identity::{IdentityUpdate, Signature};

/// A wallet and the installations that it makes, all from one number.
pub(crate) struct Person {
    number: u8,
    pub(crate) wallet: WalletKey,
}

impl Person {
    pub(crate) fn new(number: u8) -> Self {
        let key = SigningKey::from_slice(&[number; 32]).unwrap();
        let wallet = WalletKey::parse(&hex::encode(key.to_bytes())).unwrap();
        Self { number, wallet }
    }

    pub(crate) fn member(&self) -> Member {
        self.wallet.member()
    }

    pub(crate) fn inbox(&self) -> InboxId {
        InboxId::made_by(&self.member(), FIRST_NONCE).unwrap()
    }

    pub(crate) fn seed(&self, nth: u8) -> [u8; 32] {
        let mut seed = [self.number; 32];
        seed[0] = nth;
        seed
    }

    pub(crate) fn installation(&self, nth: u8) -> Installation {
        let key = ed25519_dalek::SigningKey::from_bytes(&self.seed(nth));
        Installation::from_bytes(key.verifying_key().to_bytes())
    }

    /// The update that makes the inbox with its first installation.
    pub(crate) fn registered(&self, at_ns: u64) -> IdentityUpdate {
        let draft = Draft::create(&self.member(), FIRST_NONCE, self.installation(1), at_ns);
        self.sign(draft.unwrap(), 1)
    }

    /// The update that adds another installation.
    pub(crate) fn joined(&self, nth: u8, at_ns: u64) -> IdentityUpdate {
        let member = Member::Installation(self.installation(nth));
        self.sign(Draft::add(self.inbox(), &member, at_ns).unwrap(), nth)
    }

    pub(crate) fn sign(&self, draft: Draft, nth: u8) -> IdentityUpdate {
        let wallet = self.by_wallet(&draft);
        draft.signed(&wallet, &self.seed(nth)).unwrap()
    }

    pub(crate) fn by_wallet(&self, draft: &Draft) -> Signature {
        self.wallet.sign(draft.text()).unwrap()
    }

    pub(crate) fn by_installation(&self, nth: u8, draft: &Draft) -> Signature {
        installation::sign(&self.seed(nth), draft.text()).unwrap()
    }
}
