//! The two ways of agreeing on a secret with the owner of a public key.

use libcrux_kem::{Algorithm, Ct, PrivateKey, PublicKey, key_gen_derand};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::welcome::hpke::{expand, extract};

const XWING_PUBLIC_BYTES: usize = 1216;
const XWING_ENCAPSULATED_BYTES: usize = 1120;

/// A key encapsulation mechanism, as HPKE numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kem {
    /// DHKEM(X25519, HKDF-SHA256).
    X25519,
    /// X-Wing as its sixth draft has it, with the code point that the sealer takes it to have.
    XWing(u16),
}

/// Why no secret came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum KemError {
    #[error("the key is not one of its kind")]
    Key,
    #[error("the encapsulated secret is not one of its kind")]
    Encapsulated,
    #[error("there is no randomness")]
    NoRandomness,
}

impl Kem {
    /// The code point that the network's clients seal with.
    pub(crate) const XWING_OLD: Self = Self::XWing(0x004D);
    /// The code point that was assigned later.
    pub(crate) const XWING: Self = Self::XWing(0x647A);

    pub(super) const fn id(self) -> u16 {
        match self {
            Self::X25519 => 0x0020,
            Self::XWing(id) => id,
        }
    }

    /// A fresh private key with its public key.
    pub(crate) fn key_pair(self) -> Result<(Zeroizing<[u8; 32]>, Vec<u8>), KemError> {
        let mut private = Zeroizing::new([0; 32]);
        getrandom::fill(private.as_mut()).map_err(|_| KemError::NoRandomness)?;
        let public = match self {
            Self::X25519 => {
                let secret = x25519_dalek::StaticSecret::from(*private);
                x25519_dalek::PublicKey::from(&secret).as_bytes().to_vec()
            }
            Self::XWing(_) => {
                let pair = key_gen_derand(Algorithm::XWingKemDraft06, private.as_ref());
                pair.map_err(|_| KemError::Key)?.1.encode()
            }
        };
        Ok((private, public))
    }

    /// Whether something can be sealed for the owner of `public`.
    pub(crate) fn takes(self, public: &[u8]) -> bool {
        self.encapsulate(public).is_ok()
    }

    /// A fresh secret for the owner of `public`, and what they find it with.
    pub(super) fn encapsulate(
        self,
        public: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), KemError> {
        let mut random = Zeroizing::new([0; 64]);
        getrandom::fill(random.as_mut()).map_err(|_| KemError::NoRandomness)?;
        match self {
            Self::X25519 => {
                let public: [u8; 32] = public.try_into().map_err(|_| KemError::Key)?;
                let ephemeral: &[u8; 32] = random.first_chunk().ok_or(KemError::NoRandomness)?;
                let ephemeral = x25519_dalek::StaticSecret::from(*ephemeral);
                let encapsulated = x25519_dalek::PublicKey::from(&ephemeral).to_bytes();
                let agreed = ephemeral.diffie_hellman(&public.into());
                let secret = dhkem(self, &agreed, &encapsulated, &public)?;
                Ok((secret, encapsulated.to_vec()))
            }
            Self::XWing(_) => {
                // The library cuts the key up without asking how long it is.
                if public.len() != XWING_PUBLIC_BYTES {
                    return Err(KemError::Key);
                }
                let public = PublicKey::decode(Algorithm::XWingKemDraft06, public);
                let (secret, encapsulated) = public
                    .and_then(|public| public.encapsulate_derand(random.as_ref()))
                    .map_err(|_| KemError::Key)?;
                Ok((Zeroizing::new(secret.encode()), encapsulated.encode()))
            }
        }
    }

    /// The secret that was encapsulated for the owner of `private`.
    pub(super) fn decapsulate(
        self,
        private: &[u8; 32],
        encapsulated: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KemError> {
        match self {
            Self::X25519 => {
                let theirs: [u8; 32] =
                    encapsulated.try_into().map_err(|_| KemError::Encapsulated)?;
                let private = x25519_dalek::StaticSecret::from(*private);
                let public = x25519_dalek::PublicKey::from(&private).to_bytes();
                let agreed = private.diffie_hellman(&theirs.into());
                dhkem(self, &agreed, &theirs, &public)
            }
            Self::XWing(_) => {
                if encapsulated.len() != XWING_ENCAPSULATED_BYTES {
                    return Err(KemError::Encapsulated);
                }
                let private = PrivateKey::decode(Algorithm::XWingKemDraft06, private)
                    .map_err(|_| KemError::Key)?;
                let secret = Ct::decode(Algorithm::XWingKemDraft06, encapsulated)
                    .and_then(|encapsulated| encapsulated.decapsulate(&private))
                    .map_err(|_| KemError::Encapsulated)?;
                Ok(Zeroizing::new(secret.encode()))
            }
        }
    }
}

/// RFC 9180 §4.1, `ExtractAndExpand`.
fn dhkem(
    kem: Kem,
    agreed: &x25519_dalek::SharedSecret,
    encapsulated: &[u8],
    public: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KemError> {
    // RFC 9180 §7.1.4: a point of small order agrees on zero with everybody.
    if !agreed.was_contributory() {
        return Err(KemError::Key);
    }
    let suite = [b"KEM".as_slice(), &kem.id().to_be_bytes()].concat();
    let (_, prk) = extract(&suite, &[], b"eae_prk", agreed.as_bytes());
    let mut secret = Zeroizing::new(vec![0; 32]);
    let context = [encapsulated, public].concat();
    expand(&prk, &suite, b"shared_secret", &context, &mut secret).map_err(|_| KemError::Key)?;
    Ok(secret)
}
