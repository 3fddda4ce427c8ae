//! What OpenMLS works with: its cryptography, and its rows in an account's keys.

use openmls::prelude::{
    Capabilities, Ciphersuite, CredentialType, ExtensionType, MlsGroupJoinConfig,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProposalType,
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;
use threadbridge_core::store::Keys;

use crate::mls::extension::{
    AEAD_TYPES, IMMUTABLE, MEMBERSHIP, MUTABLE, PERMISSIONS, WELCOME_WRAPPER,
};
use crate::mls::storage::Rows;

/// The one suite of the network.
pub(crate) const CIPHERSUITE: Ciphersuite =
    Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// Messages that a commit has overtaken can be read for as many epochs.
pub(crate) const MAX_PAST_EPOCHS: usize = 3;
/// The same, as epochs count.
pub(crate) const OPENABLE_EPOCHS: u64 = MAX_PAST_EPOCHS as u64;

/// Cryptography and storage for one unit of work.
pub(crate) struct Provider<'a> {
    crypto: RustCrypto,
    rows: Rows<'a>,
}

impl<'a> Provider<'a> {
    /// A provider over `keys`, which see no change before [`Rows::keep`].
    pub(crate) fn over(keys: &'a Keys) -> Self {
        Self { crypto: RustCrypto::default(), rows: Rows::over(keys) }
    }
}

impl<'a> OpenMlsProvider for Provider<'a> {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = Rows<'a>;

    fn storage(&self) -> &Self::StorageProvider {
        &self.rows
    }

    fn crypto(&self) -> &Self::CryptoProvider {
        &self.crypto
    }

    fn rand(&self) -> &Self::RandProvider {
        &self.crypto
    }
}

/// How groups are read and written.
pub(crate) fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(MAX_PAST_EPOCHS)
        .use_ratchet_tree_extension(true)
        .build()
}

/// The extensions that each member of a group must know.
pub(crate) const REQUIRED: [ExtensionType; 6] = [
    ExtensionType::Unknown(MEMBERSHIP),
    ExtensionType::Unknown(MUTABLE),
    ExtensionType::Unknown(PERMISSIONS),
    ExtensionType::Unknown(IMMUTABLE),
    ExtensionType::LastResort,
    ExtensionType::ApplicationId,
];

/// What a leaf of ours can do. Nothing that is not done may be named: others would use it.
pub(crate) fn capabilities(place: Place) -> Capabilities {
    let extensions = match place {
        Place::Creator => REQUIRED.to_vec(),
        Place::KeyPackage => [
            ExtensionType::LastResort,
            ExtensionType::ApplicationId,
            ExtensionType::Unknown(PERMISSIONS),
            ExtensionType::Unknown(MUTABLE),
            ExtensionType::Unknown(MEMBERSHIP),
            ExtensionType::Unknown(WELCOME_WRAPPER),
            ExtensionType::Unknown(AEAD_TYPES),
            ExtensionType::Unknown(IMMUTABLE),
        ]
        .to_vec(),
    };
    Capabilities::new(
        None,
        Some(&[CIPHERSUITE]),
        Some(&extensions),
        Some(&[ProposalType::GroupContextExtensions]),
        Some(&[CredentialType::Basic]),
    )
}

/// Where a leaf of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Creator,
    KeyPackage,
}
