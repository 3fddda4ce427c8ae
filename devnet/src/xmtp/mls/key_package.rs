//! Key packages: by whom they are, and that they can be used.

use openmls::prelude::{
    BasicCredential, Ciphersuite, KeyPackageIn, ProtocolVersion, tls_codec::Deserialize as _,
};
use openmls_rust_crypto::RustCrypto;
use prost::Message as _;

use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::MlsCredential;

/// The only suite of the network.
const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// The installation that a key package is of.
pub(crate) fn installation_of(bytes: &[u8]) -> Result<[u8; 32], Refusal> {
    let package = KeyPackageIn::tls_deserialize_exact(bytes)
        .map_err(|error| Refusal::Mls(error.to_string()))?;
    let package = package
        .validate(&RustCrypto::default(), ProtocolVersion::Mls10)
        .map_err(|error| Refusal::Mls(error.to_string()))?;
    if package.ciphersuite() != SUITE {
        return Err(Refusal::Mls("it is of another ciphersuite".to_owned()));
    }
    let leaf = package.leaf_node();
    let credential = BasicCredential::try_from(leaf.credential().clone())
        .map_err(|_| Refusal::Malformed("credential"))?;
    let credential = MlsCredential::decode(credential.identity())
        .map_err(|_| Refusal::Malformed("credential"))?;
    let is_id = credential.inbox_id.len() == 64
        && credential.inbox_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Refusal::Malformed("inbox id"));
    }
    let key = leaf.signature_key().as_slice();
    key.try_into().map_err(|_| Refusal::Malformed("installation key"))
}
