//! Installation keys: Ed25519ph with a context (RFC 8032 §5.1), never plain Ed25519.

use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::{
    member::{Installation, Member},
    refused::Refused,
    signature::{Kind, Verified},
};
use crate::wire::proto::identity::{
    RecoverableEd25519Signature, Signature, signature::Signature as Kinds,
};

const CONTEXT: &[u8] = b"IDENTITY UPDATE SIGNATURE";

pub(crate) fn verify(
    text: &str,
    signature: &RecoverableEd25519Signature,
) -> Result<Verified, Refused> {
    let installation = Installation::from_slice(&signature.public_key).ok_or(Refused::Signature)?;
    let key = VerifyingKey::from_bytes(installation.as_bytes()).map_err(refuse)?;
    let made = ed25519_dalek::Signature::from_slice(&signature.bytes).map_err(refuse)?;
    key.verify_prehashed(Sha512::new_with_prefix(text), Some(CONTEXT), &made).map_err(refuse)?;
    Ok(Verified {
        signer: Member::Installation(installation),
        kind: Kind::Installation,
        bytes: signature.bytes.clone(),
        chain_id: None,
    })
}

/// Signs `text` by the installation whose 32-byte seed this is. None if the key fails, which no key
/// has been seen to.
pub(crate) fn sign(seed: &[u8; 32], text: &str) -> Option<Signature> {
    let key = SigningKey::from_bytes(seed);
    let made = key.sign_prehashed(Sha512::new_with_prefix(text), Some(CONTEXT)).ok()?;
    let signature = RecoverableEd25519Signature {
        bytes: made.to_bytes().to_vec(),
        public_key: key.verifying_key().to_bytes().to_vec(),
    };
    Some(Signature { signature: Some(Kinds::InstallationKey(signature)) })
}

fn refuse<E>(_why: E) -> Refused {
    Refused::Signature
}
