//! JSON Web Tokens signed with RS256, and the key set that proves them.

mod prime;

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use ring::signature::RSA_PKCS1_SHA256;
use serde_json::{Value, json};

/// The public exponent that everybody uses.
const EXPONENT: u32 = 65_537;
const PRIME_BITS: u64 = 1024;
const KEY_ID: &str = "devnet-1";

/// A key that signs tokens.
#[derive(Debug)]
pub(crate) struct TokenKey {
    pair: KeyPair,
    modulus: Vec<u8>,
}

/// Why there is no key or no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// No randomness, or primes that fit nothing.
    #[error("no key for tokens could be made")]
    Key,
    /// The key does not sign.
    #[error("the token could not be signed")]
    Sign,
}

/// The key of this process: making one takes a moment, and who trusts a devnet trusts all of it.
pub(crate) fn key() -> Result<&'static TokenKey, TokenError> {
    static KEY: OnceLock<Result<TokenKey, TokenError>> = OnceLock::new();
    KEY.get_or_init(TokenKey::generate).as_ref().map_err(|error| *error)
}

impl TokenKey {
    fn generate() -> Result<Self, TokenError> {
        let exponent = BigUint::from(EXPONENT);
        // Not each pair of primes fits the exponent, but nearly each.
        for _ in 0..16 {
            let p = prime::random(PRIME_BITS).ok_or(TokenError::Key)?;
            let q = prime::random(PRIME_BITS).ok_or(TokenError::Key)?;
            let (p, q) = if p > q { (p, q) } else { (q, p) };
            if let Some(key) = Self::of(&p, &q, &exponent) {
                return Ok(key);
            }
        }
        Err(TokenError::Key)
    }

    fn of(p: &BigUint, q: &BigUint, exponent: &BigUint) -> Option<Self> {
        let one = BigUint::from(1u8);
        let (p_less, q_less) = (p - &one, q - &one);
        let d = exponent.modinv(&(&p_less * &q_less))?;
        let bytes = BigUint::to_bytes_be;
        let modulus = bytes(&(p * q));
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: modulus.clone(), e: bytes(exponent) },
            dP: bytes(&(&d % &p_less)),
            dQ: bytes(&(&d % &q_less)),
            qInv: bytes(&q.modinv(p)?),
            d: bytes(&d),
            p: bytes(p),
            q: bytes(q),
        };
        let pair = KeyPair::from_components(&components).ok()?;
        Some(Self { pair, modulus })
    }

    /// A token that says `claims`.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, TokenError> {
        let header = json!({ "alg": "RS256", "kid": KEY_ID, "typ": "JWT" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| TokenError::Sign)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The key set to publish.
    pub(crate) fn jwks(&self) -> Value {
        let exponent = EXPONENT.to_be_bytes();
        let exponent = exponent.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        json!({ "keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(&self.modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
        }] })
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn a_token_is_proven_by_the_published_key() {
        let token = key().unwrap().sign(&json!({ "sub": "ann" })).unwrap();
        let (text, signature) = token.rsplit_once('.').unwrap();
        let jwks = key().unwrap().jwks();
        let part = |name: &str| {
            let text = jwks.pointer(&format!("/keys/0/{name}")).and_then(Value::as_str).unwrap();
            URL_SAFE_NO_PAD.decode(text).unwrap()
        };
        let public = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let proves = |text: &str| {
            public.verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), &signature).is_ok()
        };
        assert!(proves(text));
        assert!(!proves(&format!("{text}x")));
    }
}
