//! Writing welcomes.

use prost::Message as _;
use tls_codec::{Serialize as _, VLBytes};

use crate::welcome::hpke::{HpkeError, sender};
use crate::welcome::{INFO, SealFor, Wrapping};
use crate::wire::proto::group::WelcomeMetadata;
use crate::wire::proto::mls::{
    WelcomeMessageInput, WelcomeWrapperAlgorithm, welcome_message_input,
};

/// Wraps MLS's welcome for one installation. `begins_after` is where on the server the commit
/// stands that added it. The bytes differ each time; whoever gets two joins by the first.
pub(crate) fn wrap(
    welcome: &[u8],
    begins_after: u64,
    to: &SealFor,
) -> Result<WelcomeMessageInput, HpkeError> {
    let algorithm = match to.wrapping {
        Wrapping::X25519 => WelcomeWrapperAlgorithm::Curve25519,
        Wrapping::XWing => WelcomeWrapperAlgorithm::XwingMlkem768Draft6,
    };
    let (encapsulated, mut sequence) = sender(to.wrapping.kem(), &to.key, INFO)?;
    let data = ciphertext(encapsulated, sequence.seal(&[], welcome)?)?;
    let metadata = WelcomeMetadata { message_cursor: begins_after }.encode_to_vec();
    let message = welcome_message_input::V1 {
        installation_key: to.installation.to_vec(),
        data,
        hpke_public_key: to.key.clone(),
        wrapper_algorithm: algorithm.into(),
        welcome_metadata: sequence.seal(&[], &metadata)?,
    };
    Ok(WelcomeMessageInput { version: Some(welcome_message_input::Version::V1(message)) })
}

/// RFC 9420 §6.1, `HPKECiphertext`.
fn ciphertext(encapsulated: Vec<u8>, sealed: Vec<u8>) -> Result<Vec<u8>, HpkeError> {
    let encoded = (VLBytes::new(encapsulated), VLBytes::new(sealed)).tls_serialize_detached();
    encoded.map_err(|_| HpkeError::Sealed)
}
