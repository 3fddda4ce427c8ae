//! Files that anybody can open with age: version 1 of age-encryption.org, for one recipient whose key
//! is made for the one file.

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// How much of a file is sealed at once.
const CHUNK: usize = 64 * 1024;
const INTRODUCTION: &str = "age-encryption.org/v1\n";

/// Why a file was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsealed {
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// A cipher refused its input, which it does for more than is sealed here.
    #[error("the file could not be encrypted")]
    Cipher,
}

/// A sealed file and the key that opens it.
pub(super) struct Sealed {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// `AGE-SECRET-KEY-1…`, as `age -d -i` takes it.
    pub(super) identity: Zeroizing<String>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.bytes.len())
    }
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Unsealed> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|_| Unsealed::NoRandomness)?;
    Ok(bytes)
}

/// HKDF-SHA-256, 32 bytes.
fn derived(secret: &[u8], salt: &[u8], purpose: &str) -> Result<Zeroizing<[u8; 32]>, Unsealed> {
    let mut key = Zeroizing::new([0; 32]);
    let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
    hkdf.expand(purpose.as_bytes(), &mut *key).map_err(|_| Unsealed::Cipher)?;
    Ok(key)
}

fn sealed(key: &[u8; 32], nonce: [u8; 12], plain: &[u8]) -> Result<Vec<u8>, Unsealed> {
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    cipher.encrypt(&Nonce::from(nonce), plain).map_err(|_| Unsealed::Cipher)
}

/// Seals a file under a fresh key.
pub(super) fn seal(plain: &[u8]) -> Result<Sealed, Unsealed> {
    let (secret, ephemeral) = (random::<32>()?, random::<32>()?);
    let (file_key, nonce) = (random::<16>()?, random::<16>()?);
    let recipient = PublicKey::from(&StaticSecret::from(*secret));
    let ephemeral = StaticSecret::from(*ephemeral);
    let share = PublicKey::from(&ephemeral);
    let shared = ephemeral.diffie_hellman(&recipient);
    let salt = [share.as_bytes().as_slice(), recipient.as_bytes()].concat();
    let wrap = derived(shared.as_bytes(), &salt, "age-encryption.org/v1/X25519")?;
    let wrapped = sealed(&wrap, [0; 12], &*file_key)?;
    // A body of 32 bytes is one line of less than 64 characters, which ends it.
    let header = format!(
        "{INTRODUCTION}-> X25519 {}\n{}\n---",
        STANDARD_NO_PAD.encode(share.as_bytes()),
        STANDARD_NO_PAD.encode(wrapped)
    );
    let key = derived(&*file_key, &[], "header")?;
    let mac = Hmac::<Sha256>::new_from_slice(&*key).map_err(|_| Unsealed::Cipher)?;
    let mac = mac.chain_update(header.as_bytes()).finalize().into_bytes();
    let mut bytes = format!("{header} {}\n", STANDARD_NO_PAD.encode(mac)).into_bytes();
    bytes.extend_from_slice(&*nonce);
    let key = derived(&*file_key, &*nonce, "payload")?;
    let mut chunks = plain.chunks(CHUNK).peekable();
    let mut counter = 0_u64;
    loop {
        let chunk = chunks.next().unwrap_or_default();
        let is_last = chunks.peek().is_none();
        let mut nonce = [0; 12];
        let (_, end) = nonce.split_at_mut(3);
        let (count, last) = end.split_at_mut(8);
        count.copy_from_slice(&counter.to_be_bytes());
        last.fill(u8::from(is_last));
        bytes.extend(sealed(&key, nonce, chunk)?);
        if is_last {
            return Ok(Sealed { bytes, identity: identity(&secret) });
        }
        counter = counter.saturating_add(1);
    }
}

const ALPHABET: &[u8; 32] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
const PREFIX: &str = "AGE-SECRET-KEY-";

/// A secret key in Bech32 (BIP 173), in capitals as age has it.
fn identity(secret: &[u8; 32]) -> Zeroizing<String> {
    let mut values = Zeroizing::new(Vec::with_capacity(58));
    let (mut held, mut bits) = (0_u16, 0_u32);
    for byte in secret {
        held = (held << 8 | u16::from(*byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push(u8::try_from(held >> bits & 31).unwrap_or_default());
        }
    }
    values.push(u8::try_from(held << (5 - bits) & 31).unwrap_or_default());
    let human: Vec<u8> = PREFIX.to_ascii_lowercase().into_bytes();
    let high = human.iter().map(|c| c >> 5);
    let low = human.iter().map(|c| c & 31);
    let all = high.chain([0]).chain(low).chain(values.iter().copied()).chain([0; 6]);
    let checksum = polymod(all) ^ 1;
    let check = (0..6_u32).rev().map(|at| u8::try_from(checksum >> (5 * at) & 31).unwrap_or(0));
    let letter = |value: u8| ALPHABET.get(usize::from(value)).copied().map_or('Q', char::from);
    let data = values.iter().copied().chain(check).map(letter);
    Zeroizing::new(PREFIX.chars().chain(['1']).chain(data).collect())
}

/// The checksum of Bech32 over values of five bits.
fn polymod(values: impl Iterator<Item = u8>) -> u32 {
    const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        let used = GENERATORS.iter().enumerate().filter(|(at, _)| top >> at & 1 == 1);
        used.fold(next, |sum, (_, generator)| sum ^ generator)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_written_as_the_standard_has_it() {
        let text = identity(&[0; 32]);
        assert!(text.starts_with("AGE-SECRET-KEY-1"), "{}", *text);
        assert_eq!(text.len(), "AGE-SECRET-KEY-1".len() + 58);
        let values = |text: &str| -> Vec<u8> {
            let (_, data) = text.rsplit_once('1').unwrap();
            data.bytes().map(|c| ALPHABET.iter().position(|it| *it == c).unwrap() as u8).collect()
        };
        let human = PREFIX.to_ascii_lowercase().into_bytes();
        let high = human.iter().map(|c| c >> 5);
        let low = human.iter().map(|c| c & 31);
        let all = high.chain([0]).chain(low).chain(values(&text));
        assert_eq!(polymod(all), 1, "its checksum holds");
    }

    #[test]
    fn a_sealed_file_shows_nothing_of_what_is_in_it_and_is_never_the_same() {
        let plain = "what was said ".repeat(10_000);
        let (one, other) = (seal(plain.as_bytes()).unwrap(), seal(plain.as_bytes()).unwrap());
        assert!(one.bytes.starts_with(INTRODUCTION.as_bytes()));
        assert!(!one.bytes.windows(13).any(|it| it == b"what was said"));
        assert_ne!(one.bytes, other.bytes);
        assert_ne!(*one.identity, *other.identity);
        // Three chunks with a tag each, behind the header and the nonce.
        let behind = one.bytes.len() - plain.len() - 3 * 16 - 16;
        assert_eq!(one.bytes.get(behind - 1), Some(&b'\n'));
    }
}
