//! Passkeys: P-256 keys that sign what a browser made of a text (WebAuthn).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Member;
use super::signature::Signed;
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::RecoverablePasskeySignature;

#[derive(Deserialize)]
struct Ceremony {
    challenge: String,
}

/// The bytes of a public key, if they are one.
pub(super) fn checked(key: &[u8]) -> Result<Vec<u8>, Refusal> {
    VerifyingKey::from_sec1_bytes(key).map_err(|_| Refusal::Malformed("passkey"))?;
    Ok(key.to_vec())
}

pub(super) fn verify(
    text: &str,
    signature: &RecoverablePasskeySignature,
) -> Result<Signed, Refusal> {
    let key = VerifyingKey::from_sec1_bytes(&signature.public_key)
        .map_err(|_| Refusal::Malformed("passkey"))?;
    let der =
        Signature::from_der(&signature.signature).map_err(|_| Refusal::Malformed("signature"))?;
    let data: Ceremony = serde_json::from_slice(&signature.client_data_json)
        .map_err(|_| Refusal::Malformed("client data"))?;
    if data.challenge != BASE64_URL_SAFE_NO_PAD.encode(text) {
        return Err(Refusal::Signature("the challenge is another"));
    }
    let hash = Sha256::digest(&signature.client_data_json);
    let signed = [signature.authenticator_data.as_slice(), hash.as_slice()].concat();
    key.verify(&signed, &der).map_err(|_| Refusal::Signature("it is not the passkey's"))?;
    Ok(Signed::new(Member::Passkey(signature.public_key.clone()), signature.signature.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmtp::make::{Passkey, Signer};
    use crate::xmtp::wire::identity::signature::Signature as Kind;

    fn signed(challenge: &str) -> RecoverablePasskeySignature {
        let key = Passkey::of("key");
        let Some(Kind::Passkey(made)) = Signer::Passkey(&key).sign(challenge).signature else {
            panic!()
        };
        made
    }

    #[test]
    fn a_passkey_signs_what_a_browser_made_of_the_text() {
        let good = signed("text");
        let expected = Member::Passkey(good.public_key.clone());
        assert_eq!(verify("text", &good).unwrap().by, expected);
        let another = verify("another text", &good).unwrap_err();
        assert_eq!(another, Refusal::Signature("the challenge is another"));
        let moved = RecoverablePasskeySignature { authenticator_data: vec![4; 37], ..good.clone() };
        let refused = Refusal::Signature("it is not the passkey's");
        assert_eq!(verify("text", &moved).unwrap_err(), refused);
        let cut = RecoverablePasskeySignature { signature: good.signature[1..].to_vec(), ..good };
        assert_eq!(verify("text", &cut).unwrap_err(), Refusal::Malformed("signature"));
        assert!(checked(&[1; 33]).is_err());
    }
}
