//! Key packages: what others need to add this installation to a group.
//!
//! One is on the network at a time, and serves until it is replaced: after 30 days, and soon after
//! somebody has used it. The private part of a replaced one is kept a day longer, for welcomes that
//! were under way.

use std::time::Duration;

use minicbor::{Decode, Encode};
use openmls::prelude::{
    ApplicationIdExtension, Extension, Extensions, KeyPackage, KeyPackageBuilder, KeyPackageBundle,
    KeyPackageRef, LastResortExtension, LeafNode, Lifetime, UnknownExtension,
};
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::storage::StorageProvider as _;
use prost::Message as _;
use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::{Keys, ReadError};
use tls_codec::Serialize as _;
use zeroize::Zeroizing;

use crate::facts::{ago, days};
use crate::mls::client::Client;
use crate::mls::extension::{AEAD_TYPES, WELCOME_WRAPPER};
use crate::mls::provider::{CIPHERSUITE, Place, Provider, capabilities};
use crate::mls::storage::StorageError;
use crate::welcome::Wrapping;
use crate::welcome::kem::{Kem, KemError};
use crate::wire::proto::group::{WelcomePointeeEncryptionAeadTypes, WelcomeWrapperEncryption};

pub(crate) mod foreign;

#[cfg(test)]
mod tests;

const ROW: &[u8] = b"mls/packages";

const LIFETIME: Duration = Duration::from_secs(84 * 24 * 60 * 60);
/// Clocks differ: it counts from an hour ago.
const LEEWAY: Duration = Duration::from_secs(60 * 60);
const REPLACED_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const KEPT_AFTER_REPLACED: Duration = Duration::from_secs(24 * 60 * 60);

/// `AeadType` of the network: ChaCha20-Poly1305.
pub(crate) const CHACHA20_POLY1305: i32 = 3;
/// `WelcomeWrapperAlgorithm` of the network: X-Wing.
const XWING_ALGORITHM: i32 = 2;

/// Why no key package could be made or found.
#[derive(Debug, Error)]
pub(crate) enum KeyPackageError {
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
    #[error("the account's key packages could not be read")]
    Storage(#[from] StorageError),
    #[error("the list of the account's key packages is broken")]
    Broken,
    #[error("no key could be made")]
    Kem(#[from] KemError),
    #[error("no key package could be made")]
    Make,
}

/// Where a key package of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
enum Stage {
    /// Made, and not known to be on the network.
    #[n(0)]
    Fresh,
    #[n(1)]
    Uploaded,
    /// Another took its place at that time.
    #[n(2)]
    Replaced(#[n(0)] Timestamp),
}

#[derive(Clone, Encode, Decode)]
struct Held {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    reference: Vec<u8>,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    init_key: Vec<u8>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    wrapper_private: Vec<u8>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    wrapper_public: Vec<u8>,
    #[n(4)]
    made_at: Timestamp,
    #[n(5)]
    stage: Stage,
    #[n(6)]
    used: bool,
    /// The key package itself, until it is on the network.
    #[n(7)]
    #[cbor(with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

/// The account's own key packages.
pub(crate) struct KeyPackages<'a> {
    keys: &'a Keys,
    held: Vec<Held>,
}

impl<'a> KeyPackages<'a> {
    pub(crate) fn load(keys: &'a Keys) -> Result<Self, KeyPackageError> {
        let held = match keys.get(ROW)? {
            Some(bytes) => minicbor::decode(&bytes).map_err(|_| KeyPackageError::Broken)?,
            None => Vec::new(),
        };
        Ok(Self { keys, held })
    }

    /// Whether the network should get another one.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let fine = |held: &&Held| {
            held.stage == Stage::Uploaded && !held.used && now.since(held.made_at) < REPLACED_AFTER
        };
        !self.held.iter().any(|held| fine(&held))
    }

    /// How the one on the network stands, for people.
    pub(crate) fn told(&self, now: Timestamp) -> String {
        let on_network = self.held.iter().rev().find(|it| it.stage == Stage::Uploaded);
        let Some(held) = on_network else { return "none on the network yet".to_owned() };
        let made = ago(held.made_at, now);
        if held.used {
            return format!("made {made}, used since, to be replaced at once");
        }
        let left = REPLACED_AFTER.saturating_sub(now.since(held.made_at));
        format!("made {made}, to be replaced in {} days", days(left))
    }

    /// The key package to upload: the same one until it is known to have arrived.
    pub(crate) fn offer(
        &mut self,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyPackageError> {
        let fresh = |held: &&Held| {
            held.stage == Stage::Fresh && !held.used && now.since(held.made_at) < REPLACED_AFTER
        };
        if let Some(held) = self.held.iter().find(fresh) {
            return Ok(held.bytes.clone());
        }
        let held = make(self.keys, client, now)?;
        let bytes = held.bytes.clone();
        self.held.push(held);
        self.keep()?;
        Ok(bytes)
    }

    /// Makes one that names no key for welcomes, as the smallest clients do: they are wrapped for its
    /// init key.
    pub(crate) fn plain(
        &mut self,
        client: &Client,
        now: Timestamp,
    ) -> Result<Vec<u8>, KeyPackageError> {
        let held = make_with(self.keys, client, now, (Zeroizing::new([0; 32]), Vec::new()))?;
        let bytes = held.bytes.clone();
        self.held.push(held);
        self.keep()?;
        Ok(bytes)
    }

    /// The newest one arrived: it takes the place of those before it, and the oldest are forgotten.
    pub(crate) fn uploaded(&mut self, now: Timestamp) -> Result<(), KeyPackageError> {
        let Some((newest, before)) = self.held.split_last_mut() else { return Ok(()) };
        newest.stage = Stage::Uploaded;
        newest.bytes = Vec::new();
        for held in before {
            if !matches!(held.stage, Stage::Replaced(_)) {
                held.stage = Stage::Replaced(now);
                held.bytes = Vec::new();
            }
        }
        self.forget(now)?;
        self.keep()
    }

    /// The private key that a welcome was wrapped for, and how.
    pub(crate) fn wrapping_key(
        &self,
        wrapping: Wrapping,
        public: &[u8],
    ) -> Result<Option<Zeroizing<[u8; 32]>>, KeyPackageError> {
        match wrapping {
            Wrapping::XWing => {
                let held = self.held.iter().find(|held| held.wrapper_public == public);
                let private = held.and_then(|held| held.wrapper_private.as_slice().try_into().ok());
                Ok(private.map(Zeroizing::new))
            }
            Wrapping::X25519 => {
                let Some(held) = self.held.iter().find(|held| held.init_key == public) else {
                    return Ok(None);
                };
                let provider = Provider::over(self.keys);
                let bundle: Option<KeyPackageBundle> =
                    provider.storage().key_package(&held.key_package_ref()?)?;
                let private = bundle.and_then(|it| it.init_private_key().as_ref().try_into().ok());
                Ok(private.map(Zeroizing::new))
            }
        }
    }

    /// Somebody used the one with that wrapping key: the network should get another soon.
    pub(crate) fn mark_used(&mut self, public: &[u8]) -> Result<(), KeyPackageError> {
        let is_it = |held: &&mut Held| held.wrapper_public == public || held.init_key == public;
        match self.held.iter_mut().find(is_it) {
            Some(held) if !held.used => {
                held.used = true;
                self.keep()
            }
            _ => Ok(()),
        }
    }

    fn forget(&mut self, now: Timestamp) -> Result<(), KeyPackageError> {
        let provider = Provider::over(self.keys);
        let is_over = |held: &Held| match held.stage {
            Stage::Replaced(at) => now.since(at) > KEPT_AFTER_REPLACED,
            Stage::Fresh | Stage::Uploaded => false,
        };
        for held in self.held.iter().filter(|held| is_over(held)) {
            provider.storage().delete_key_package(&held.key_package_ref()?)?;
        }
        provider.storage().keep();
        self.held.retain(|held| !is_over(held));
        Ok(())
    }

    fn keep(&self) -> Result<(), KeyPackageError> {
        let bytes = minicbor::to_vec(&self.held).map_err(|_| KeyPackageError::Broken)?;
        self.keys.put(ROW, &Zeroizing::new(bytes));
        Ok(())
    }
}

impl Held {
    fn key_package_ref(&self) -> Result<KeyPackageRef, KeyPackageError> {
        minicbor_serde::from_slice(&self.reference).map_err(|_| KeyPackageError::Broken)
    }
}

fn make(keys: &Keys, client: &Client, now: Timestamp) -> Result<Held, KeyPackageError> {
    make_with(keys, client, now, Kem::XWING_OLD.key_pair()?)
}

fn make_with(
    keys: &Keys,
    client: &Client,
    now: Timestamp,
    (wrapper_private, wrapper_public): (Zeroizing<[u8; 32]>, Vec<u8>),
) -> Result<Held, KeyPackageError> {
    let extensions = key_package_extensions(&wrapper_public).ok_or(KeyPackageError::Make)?;
    let leaf: Extensions<LeafNode> = Extensions::single(Extension::ApplicationId(
        ApplicationIdExtension::new(client.inbox.as_bytes()),
    ))
    .map_err(|_| KeyPackageError::Make)?;
    let provider = Provider::over(keys);
    let bundle = KeyPackageBuilder::new()
        .key_package_lifetime(lifetime(now))
        .key_package_extensions(extensions)
        .leaf_node_capabilities(capabilities(Place::KeyPackage))
        .leaf_node_extensions(leaf)
        .build(CIPHERSUITE, &provider, &client.installation, client.credential())
        .map_err(|_| KeyPackageError::Make)?;
    let package = bundle.key_package();
    let reference = package.hash_ref(provider.crypto()).map_err(|_| KeyPackageError::Make)?;
    let held = Held {
        reference: minicbor_serde::to_vec(&reference).map_err(|_| KeyPackageError::Make)?,
        init_key: package.hpke_init_key().as_slice().to_vec(),
        wrapper_private: wrapper_private.to_vec(),
        wrapper_public,
        made_at: now,
        stage: Stage::Fresh,
        used: false,
        bytes: package.tls_serialize_detached().map_err(|_| KeyPackageError::Make)?,
    };
    provider.storage().keep();
    Ok(held)
}

fn key_package_extensions(wrapper_public: &[u8]) -> Option<Extensions<KeyPackage>> {
    let aead_types =
        WelcomePointeeEncryptionAeadTypes { supported_aead_types: vec![CHACHA20_POLY1305] };
    let wrapper =
        WelcomeWrapperEncryption { pub_key: wrapper_public.to_vec(), algorithm: XWING_ALGORITHM };
    let unknown = |id, bytes| Extension::Unknown(id, UnknownExtension(bytes));
    let mut extensions = vec![
        Extension::LastResort(LastResortExtension::default()),
        unknown(AEAD_TYPES, aead_types.encode_to_vec()),
    ];
    if !wrapper_public.is_empty() {
        extensions.push(unknown(WELCOME_WRAPPER, wrapper.encode_to_vec()));
    }
    Extensions::from_vec(extensions).ok()
}

fn lifetime(now: Timestamp) -> Lifetime {
    let now = u64::try_from(now.as_secs()).unwrap_or(0);
    Lifetime::init(now.saturating_sub(LEEWAY.as_secs()), now.saturating_add(LIFETIME.as_secs()))
}

#[cfg(test)]
impl KeyPackages<'_> {
    pub(crate) fn init_keys(&self) -> Vec<Vec<u8>> {
        self.held.iter().map(|held| held.init_key.clone()).collect()
    }

    /// One that was made as long ago.
    pub(crate) fn made_at(
        &self,
        client: &Client,
        ago: Duration,
    ) -> Result<Vec<u8>, KeyPackageError> {
        let now = threadbridge_core::model::time::Clock::System.now();
        let then = now.as_micros() - i64::try_from(ago.as_micros()).unwrap();
        Ok(make(self.keys, client, Timestamp::from_micros(then))?.bytes)
    }

    /// One with this key for welcomes.
    pub(crate) fn made_with(
        &self,
        client: &Client,
        public: &[u8],
    ) -> Result<Vec<u8>, KeyPackageError> {
        let now = threadbridge_core::model::time::Clock::System.now();
        let pair = (Zeroizing::new([0; 32]), public.to_vec());
        Ok(make_with(self.keys, client, now, pair)?.bytes)
    }
}
