//! Who an account is to the groups that it is in: an installation of an inbox.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{BasicCredential, Credential, CredentialWithKey};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use prost::Message as _;
use thiserror::Error;
use threadbridge_core::store::{Keys, ReadError};
use zeroize::Zeroizing;

use crate::identity::inbox::InboxId;
use crate::mls::shelf::Shelf;
use crate::wire::proto::identity::MlsCredential;

const ROW: &[u8] = b"mls/installation";

/// An installation's public key, by which the network knows it.
pub(crate) type InstallationKey = [u8; 32];

/// An installation's key. It signs in groups and, prehashed, in the inbox's log.
#[derive(Clone)]
pub(crate) struct Installation {
    // Expanded once: making it of its seed costs as much as a signature.
    key: SigningKey,
}

/// Why the account has no installation.
#[derive(Debug, Error)]
pub(crate) enum InstallationError {
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
    #[error("the installation's key is not one")]
    Broken,
    #[error("there is no randomness")]
    NoRandomness,
}

impl Installation {
    /// The account's installation, if it was made.
    pub(crate) fn load(keys: &Keys) -> Result<Option<Self>, InstallationError> {
        Self::load_like(keys, None)
    }

    /// The same, without making it of its seed where it is `known`.
    fn load_like(keys: &Keys, known: Option<&Self>) -> Result<Option<Self>, InstallationError> {
        let Some(seed) = keys.get(ROW)? else { return Ok(None) };
        if let Some(known) = known.filter(|it| it.key.as_bytes() == seed.as_slice()) {
            return Ok(Some(known.clone()));
        }
        let seed: &[u8; 32] = seed.as_slice().try_into().map_err(|_| InstallationError::Broken)?;
        Ok(Some(Self { key: SigningKey::from_bytes(seed) }))
    }

    /// The account's installation, made if there is none. An inbox has room for ten in all its
    /// life, so one that was made is kept for good.
    pub(crate) fn load_or_make(keys: &Keys) -> Result<Self, InstallationError> {
        if let Some(installation) = Self::load(keys)? {
            return Ok(installation);
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| InstallationError::NoRandomness)?;
        keys.put(ROW, seed.as_ref());
        Ok(Self { key: SigningKey::from_bytes(&seed) })
    }

    /// The installation with this secret, which becomes the account's.
    pub(crate) fn keep(keys: &Keys, secret: &[u8; 32]) -> Self {
        keys.put(ROW, secret);
        Self { key: SigningKey::from_bytes(secret) }
    }

    /// Its public key.
    pub(crate) fn public(&self) -> InstallationKey {
        self.key.verifying_key().to_bytes()
    }

    /// The key itself, for what is signed outside of MLS.
    pub(crate) fn signing_key(&self) -> &SigningKey {
        &self.key
    }
}

impl Signer for Installation {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installation").finish_non_exhaustive()
    }
}

/// An installation and the inbox that it belongs to: what MLS calls a client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) inbox: String,
    pub(crate) installation: Installation,
    /// Its groups as they were used last.
    pub(super) shelf: Arc<Shelf>,
}

impl Client {
    pub(crate) fn new(inbox: String, installation: Installation) -> Self {
        Self { inbox, installation, shelf: Arc::default() }
    }

    /// The client of `inbox` that the keys have, if they have one; the `known` one if it is that.
    pub(crate) fn load_like(
        keys: &Keys,
        inbox: InboxId,
        known: Option<&Self>,
    ) -> Result<Option<Self>, InstallationError> {
        let inbox = inbox.to_string();
        let installation = Installation::load_like(keys, known.map(|it| &it.installation))?;
        let Some(installation) = installation else { return Ok(None) };
        let is_known = |it: &&Self| it.inbox == inbox && it.installation.key == installation.key;
        Ok(Some(match known.filter(is_known) {
            Some(known) => known.clone(),
            None => Self::new(inbox, installation),
        }))
    }

    pub(crate) fn credential(&self) -> CredentialWithKey {
        let identity = MlsCredential { inbox_id: self.inbox.clone() }.encode_to_vec();
        CredentialWithKey {
            credential: BasicCredential::new(identity).into(),
            signature_key: self.installation.public().to_vec().into(),
        }
    }

    /// Whether a leaf is this client's.
    #[cfg(test)]
    pub(super) fn is(&self, leaf: &Leaf) -> bool {
        leaf.inbox == self.inbox && leaf.installation == self.installation.public()
    }
}

/// An installation in a group's tree, and the inbox that it says it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leaf {
    pub(crate) inbox: String,
    pub(crate) installation: InstallationKey,
}

impl Leaf {
    /// What a leaf's credential and signature key say; nothing if they are not of this network.
    pub(super) fn read(credential: &Credential, signature_key: &[u8]) -> Option<Self> {
        let installation = signature_key.try_into().ok()?;
        Some(Self { inbox: inbox_of(credential)?, installation })
    }
}

/// The inbox that a credential names.
pub(super) fn inbox_of(credential: &Credential) -> Option<String> {
    let basic = BasicCredential::try_from(credential.clone()).ok()?;
    let MlsCredential { inbox_id } = MlsCredential::decode(basic.identity()).ok()?;
    InboxId::parse(&inbox_id).is_some().then_some(inbox_id)
}
