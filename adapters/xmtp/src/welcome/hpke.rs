//! HPKE in base mode (RFC 9180) with HKDF-SHA256 and ChaCha20-Poly1305, by hand: the network seals
//! with a code point for X-Wing that no published crate knows.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::welcome::kem::{Kem, KemError};

/// RFC 9180 §7.2 and §7.3: HKDF-SHA256 and ChaCha20-Poly1305.
const KDF: [u8; 2] = [0x00, 0x01];
const AEAD: [u8; 2] = [0x00, 0x03];

/// Why something could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum HpkeError {
    #[error("the key cannot be used")]
    Kem(#[from] KemError),
    #[error("a key could not be derived")]
    Derive,
    #[error("it does not open with the key")]
    Sealed,
}

/// Both ends' state after the keys were agreed on: each seal has a number of its own.
pub(crate) struct Sequence {
    cipher: ChaCha20Poly1305,
    base_nonce: [u8; 12],
    next: u64,
}

/// Agrees on keys with the owner of `public`: what they need for it, and the state.
pub(crate) fn sender(
    kem: Kem,
    public: &[u8],
    info: &[u8],
) -> Result<(Vec<u8>, Sequence), HpkeError> {
    let (secret, encapsulated) = kem.encapsulate(public)?;
    Ok((encapsulated, Sequence::new(kem, &secret, info)?))
}

/// Agrees on keys as the owner of `private`.
pub(crate) fn receiver(
    kem: Kem,
    private: &[u8; 32],
    encapsulated: &[u8],
    info: &[u8],
) -> Result<Sequence, HpkeError> {
    let secret = kem.decapsulate(private, encapsulated)?;
    Sequence::new(kem, &secret, info)
}

impl Sequence {
    /// RFC 9180 §5.1, `KeySchedule` with mode 0 and no PSK.
    fn new(kem: Kem, secret: &[u8], info: &[u8]) -> Result<Self, HpkeError> {
        let suite = [b"HPKE".as_slice(), &kem.id().to_be_bytes(), &KDF, &AEAD].concat();
        let (psk_id_hash, _) = extract(&suite, &[], b"psk_id_hash", &[]);
        let (info_hash, _) = extract(&suite, &[], b"info_hash", info);
        let context = [&[0_u8], psk_id_hash.as_slice(), info_hash.as_slice()].concat();
        let (_, secret) = extract(&suite, secret, b"secret", &[]);
        let mut key = Zeroizing::new([0; 32]);
        expand(&secret, &suite, b"key", &context, key.as_mut())?;
        let mut base_nonce = [0; 12];
        expand(&secret, &suite, b"base_nonce", &context, &mut base_nonce)?;
        Ok(Self { cipher: ChaCha20Poly1305::new((&*key).into()), base_nonce, next: 0 })
    }

    /// Seals the next thing.
    pub(crate) fn seal(&mut self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, HpkeError> {
        let nonce = self.nonce();
        let payload = Payload { msg: plain, aad };
        self.cipher.encrypt(&nonce, payload).map_err(|_| HpkeError::Sealed)
    }

    /// Opens the next thing.
    pub(crate) fn open(&mut self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, HpkeError> {
        let nonce = self.nonce();
        let payload = Payload { msg: sealed, aad };
        self.cipher.decrypt(&nonce, payload).map_err(|_| HpkeError::Sealed)
    }

    /// RFC 9180 §5.2, `ComputeNonce`.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = self.base_nonce;
        let number = self.next.to_be_bytes();
        for (byte, of_number) in nonce.iter_mut().skip(4).zip(number) {
            *byte ^= of_number;
        }
        self.next = self.next.saturating_add(1);
        Nonce::from(nonce)
    }
}

/// RFC 9180 §4, `LabeledExtract`.
pub(super) fn extract(
    suite: &[u8],
    salt: &[u8],
    label: &[u8],
    material: &[u8],
) -> (Zeroizing<Vec<u8>>, Hkdf<Sha256>) {
    let labeled = Zeroizing::new([b"HPKE-v1".as_slice(), suite, label, material].concat());
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), &labeled);
    (Zeroizing::new(prk.to_vec()), hkdf)
}

/// RFC 9180 §4, `LabeledExpand`.
pub(super) fn expand(
    secret: &Hkdf<Sha256>,
    suite: &[u8],
    label: &[u8],
    info: &[u8],
    out: &mut [u8],
) -> Result<(), HpkeError> {
    let length = u16::try_from(out.len()).map_err(|_| HpkeError::Derive)?.to_be_bytes();
    let labeled = [&length, b"HPKE-v1".as_slice(), suite, label, info];
    secret.expand_multi_info(&labeled, out).map_err(|_| HpkeError::Derive)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9180, appendix A.2.1: DHKEM(X25519), HKDF-SHA256, ChaCha20-Poly1305, base mode.
    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const PRIVATE: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
    const ENCAPSULATED: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
    const PLAIN: &str = "4265617574792069732074727574682c20747275746820626561757479";
    const SEALED: [&str; 2] = [
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex).unwrap()
    }

    fn published() -> Sequence {
        let private: [u8; 32] = bytes(PRIVATE).try_into().unwrap();
        receiver(Kem::X25519, &private, &bytes(ENCAPSULATED), &bytes(INFO)).unwrap()
    }

    #[test]
    fn the_published_vectors_open() {
        let mut sequence = published();
        for (sealed, aad) in SEALED.iter().zip([b"Count-0", b"Count-1"]) {
            assert_eq!(sequence.open(aad, &bytes(sealed)).unwrap(), bytes(PLAIN));
        }
    }

    #[test]
    fn the_published_vectors_are_sealed_alike() {
        let mut sequence = published();
        for (sealed, aad) in SEALED.iter().zip([b"Count-0", b"Count-1"]) {
            assert_eq!(hex::encode(sequence.seal(aad, &bytes(PLAIN)).unwrap()), *sealed);
        }
    }

    #[test]
    fn a_seal_does_not_open_out_of_turn() {
        let mut sequence = published();
        assert_eq!(sequence.open(b"Count-1", &bytes(SEALED[1])), Err(HpkeError::Sealed));
    }

    #[test]
    fn both_kems_seal_twice_for_the_owner_of_the_key_alone() {
        for kem in [Kem::X25519, Kem::XWING_OLD, Kem::XWING] {
            let (private, public) = kem.key_pair().unwrap();
            let (encapsulated, mut sealing) = sender(kem, &public, b"info").unwrap();
            let sealed = [sealing.seal(b"", b"one").unwrap(), sealing.seal(b"", b"two").unwrap()];

            let mut opening = receiver(kem, &private, &encapsulated, b"info").unwrap();
            assert_eq!(opening.open(b"", &sealed[0]).unwrap(), b"one");
            assert_eq!(opening.open(b"", &sealed[1]).unwrap(), b"two");

            let (other, _) = kem.key_pair().unwrap();
            let mut opening = receiver(kem, &other, &encapsulated, b"info").unwrap();
            assert_eq!(opening.open(b"", &sealed[0]), Err(HpkeError::Sealed));
        }
    }

    #[test]
    fn the_two_code_points_of_x_wing_do_not_open_each_other() {
        let (private, public) = Kem::XWING_OLD.key_pair().unwrap();
        let (encapsulated, mut sealing) = sender(Kem::XWING_OLD, &public, b"").unwrap();
        let sealed = sealing.seal(b"", b"plain").unwrap();
        let mut opening = receiver(Kem::XWING, &private, &encapsulated, b"").unwrap();
        assert_eq!(opening.open(b"", &sealed), Err(HpkeError::Sealed));
    }

    #[test]
    fn keys_and_encapsulations_of_any_length_are_refused_not_panicked_at() {
        for kem in [Kem::X25519, Kem::XWING_OLD] {
            for length in [0, 1, 31, 33, 1119, 1121, 1215, 1217] {
                assert!(sender(kem, &vec![1; length], b"").is_err());
                assert!(receiver(kem, &[7; 32], &vec![1; length], b"").is_err());
            }
        }
        assert!(sender(Kem::X25519, &[0; 32], b"").is_err(), "a point of small order");
        assert!(sender(Kem::XWING_OLD, &[0xff; 1216], b"").is_err(), "no key of ML-KEM");
    }
}
