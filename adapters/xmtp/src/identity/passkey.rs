//! Passkeys: P-256 over what an authenticator signs (WebAuthn §6.5.5).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    member::Member,
    refused::Refused,
    signature::{Kind, Verified},
};
use crate::wire::proto::identity::RecoverablePasskeySignature;

/// What the browser says was signed, as far as it matters.
#[derive(Deserialize)]
struct Signed {
    challenge: String,
    // The official clients refuse what does not have one.
    #[serde(rename = "origin")]
    _origin: String,
}

pub(crate) fn verify(
    text: &str,
    signature: &RecoverablePasskeySignature,
) -> Result<Verified, Refused> {
    let client: Signed = serde_json::from_slice(&signature.client_data_json).map_err(refuse)?;
    if client.challenge != URL_SAFE_NO_PAD.encode(text) {
        return Err(Refused::Signature);
    }
    let key = VerifyingKey::from_sec1_bytes(&signature.public_key).map_err(refuse)?;
    let made = Signature::from_der(&signature.signature).map_err(refuse)?;
    let mut signed = signature.authenticator_data.clone();
    signed.extend_from_slice(&Sha256::digest(&signature.client_data_json));
    key.verify(&signed, &made).map_err(refuse)?;
    Ok(Verified {
        signer: Member::Passkey(signature.public_key.clone()),
        kind: Kind::Passkey,
        bytes: made.to_bytes().to_vec(),
        chain_id: None,
    })
}

fn refuse<E>(_why: E) -> Refused {
    Refused::Signature
}
