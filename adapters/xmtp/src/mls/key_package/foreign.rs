//! Other installations' key packages.

use openmls::prelude::{
    ExtensionType, KeyPackage, KeyPackageIn, ProtocolVersion, UnknownExtension,
};
use openmls_traits::OpenMlsProvider as _;
use prost::Message as _;
use thiserror::Error;
use tls_codec::{Deserialize as _, Serialize as _, VLBytes};

use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::extension::{AEAD_TYPES, WELCOME_WRAPPER};
use crate::mls::key_package::{CHACHA20_POLY1305, XWING_ALGORITHM};
use crate::mls::provider::{CIPHERSUITE, Provider, REQUIRED};
use crate::welcome::{SealFor, Wrapping};
use crate::wire::proto::group::{WelcomePointeeEncryptionAeadTypes, WelcomeWrapperEncryption};

const MAX_KEY_PACKAGE_BYTES: usize = 64 * 1024;

/// Why another installation's key package cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unusable {
    #[error("the installation has no key package")]
    Absent,
    #[error("the key package is too large")]
    TooLarge,
    #[error("the key package is not in its format")]
    Malformed,
    #[error("the key package is not valid, or not any more")]
    Invalid,
    #[error("the installation cannot do what the network's groups need")]
    Incapable,
    #[error("the key package is another installation's")]
    Foreign,
}

/// Another installation's key package, and how a welcome is wrapped for it.
#[derive(Clone, Debug)]
pub(crate) struct Usable {
    pub(crate) package: KeyPackage,
    pub(crate) seal_for: SealFor,
}

impl Usable {
    /// The keys that nobody else in the group may have.
    pub(crate) fn keys(&self) -> Option<[Vec<u8>; 2]> {
        let key = self.package.leaf_node().encryption_key().tls_serialize_detached().ok()?;
        let key = VLBytes::tls_deserialize_exact(&key).ok()?;
        Some([key.as_slice().to_vec(), self.package.hpke_init_key().as_slice().to_vec()])
    }
}

/// Checks what the network gave as the key package of `leaf`.
pub(crate) fn check(
    bytes: &[u8],
    leaf: &Leaf,
    provider: &Provider<'_>,
) -> Result<Usable, Unusable> {
    if bytes.is_empty() {
        return Err(Unusable::Absent);
    }
    if bytes.len() > MAX_KEY_PACKAGE_BYTES {
        return Err(Unusable::TooLarge);
    }
    let package = KeyPackageIn::tls_deserialize_exact(bytes).map_err(|_| Unusable::Malformed)?;
    let package = package
        .validate(provider.crypto(), ProtocolVersion::Mls10)
        .map_err(|_| Unusable::Invalid)?;
    let node = package.leaf_node();
    let known = node.capabilities().extensions();
    let is_able =
        REQUIRED.iter().all(|it| *it == ExtensionType::ApplicationId || known.contains(it));
    if package.ciphersuite() != CIPHERSUITE || !is_able {
        return Err(Unusable::Incapable);
    }
    if Leaf::read(node.credential(), node.signature_key().as_slice()).as_ref() != Some(leaf) {
        return Err(Unusable::Foreign);
    }
    let seal_for = seal_for(&package, leaf.installation)?;
    Ok(Usable { package, seal_for })
}

fn seal_for(package: &KeyPackage, installation: InstallationKey) -> Result<SealFor, Unusable> {
    let (wrapping, key) = match package.extensions().unknown(WELCOME_WRAPPER) {
        None => (Wrapping::X25519, package.hpke_init_key().as_slice().to_vec()),
        Some(UnknownExtension(bytes)) => {
            let wrapper = WelcomeWrapperEncryption::decode(bytes.as_slice());
            let wrapper = wrapper.map_err(|_| Unusable::Malformed)?;
            if wrapper.algorithm != XWING_ALGORITHM {
                return Err(Unusable::Incapable);
            }
            (Wrapping::XWing, wrapper.pub_key)
        }
    };
    // Whoever is added and cannot be told would keep the group waiting for ever.
    if !wrapping.kem().takes(&key) {
        return Err(Unusable::Invalid);
    }
    let follows_pointers = wrapping == Wrapping::XWing && opens_pointees(package);
    Ok(SealFor { installation, wrapping, key, follows_pointers })
}

fn opens_pointees(package: &KeyPackage) -> bool {
    let Some(UnknownExtension(bytes)) = package.extensions().unknown(AEAD_TYPES) else {
        return false;
    };
    let types = WelcomePointeeEncryptionAeadTypes::decode(bytes.as_slice());
    types.is_ok_and(|it| it.supported_aead_types.contains(&CHACHA20_POLY1305))
}
