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
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer as _;

    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_slice(&[7; 32]).unwrap()
    }

    fn signed(challenge: &str) -> RecoverablePasskeySignature {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge);
        let client_data_json =
            format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"x"}}"#);
        let authenticator_data = vec![3; 37];
        let hash = Sha256::digest(&client_data_json);
        let what = [authenticator_data.as_slice(), hash.as_slice()].concat();
        let signature: Signature = key().sign(&what);
        RecoverablePasskeySignature {
            public_key: key().verifying_key().to_sec1_bytes().to_vec(),
            signature: signature.to_der().as_bytes().to_vec(),
            authenticator_data,
            client_data_json: client_data_json.into_bytes(),
        }
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
