//! Attachments that lie elsewhere: encrypted under a key that only the message has.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use threadbridge_core::model::content::{ExternalPart, MediaKey};
use zeroize::{Zeroize as _, Zeroizing};

use super::{body::Attachment, kind::Kind};
use crate::wire::proto::content::{EncodedContent, RemoteAttachment};

/// AEAD_AES_256_GCM in IANA's registry of AEAD algorithms.
const AES_256_GCM: u16 = 2;
/// SHA-256 in IANA's registry of named hash algorithms.
const SHA_256: u8 = 1;
/// Says in a media type that what is decrypted is an XMTP attachment, in which the file is.
const WRAPPING: &str = "wrapping=xmtp-attachment";
const TAG_BYTES: usize = 16;
/// Of a secret, of a salt and of a key.
const KEY_BYTES: usize = 32;

/// Why a remote attachment cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unopened {
    #[error("address of the attachment is none of the web's")]
    Address,
    #[error("key of the attachment is incomplete")]
    Key,
    #[error("what lies at the address is not what was sent")]
    Digest,
    #[error("attachment does not decrypt")]
    Seal,
    #[error("what was decrypted is no attachment")]
    Form,
    #[error("no randomness could be had")]
    Random,
}

/// An attachment as it is laid down elsewhere, and what the message says of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sealed {
    /// To be laid down where `attachment.url` will lead.
    pub(crate) bytes: Vec<u8>,
    /// Everything but the address.
    pub(crate) attachment: RemoteAttachment,
}

/// Encrypts a file under a fresh key.
pub(crate) fn seal(file: Attachment) -> Result<Sealed, Unopened> {
    let filename = file.filename.clone();
    let (mut secret, mut salt, mut nonce) = ([0_u8; 32], [0_u8; 32], [0_u8; 12]);
    for bytes in [secret.as_mut_slice(), &mut salt, &mut nonce] {
        getrandom::fill(bytes).map_err(|_failure| Unopened::Random)?;
    }
    let plaintext = Zeroizing::new(file.into_encoded().encode_to_vec());
    let cipher = cipher(derive(&secret, &salt)?.as_slice())?;
    let bytes = cipher.encrypt(&nonce.into(), plaintext.as_slice()).map_err(|_| Unopened::Seal)?;
    let attachment = RemoteAttachment {
        content_digest: hex::encode(Sha256::digest(&bytes)),
        secret: secret.to_vec(),
        nonce: nonce.to_vec(),
        salt: salt.to_vec(),
        scheme: "https".to_owned(),
        url: String::new(),
        content_length: u64::try_from(bytes.len()).ok(),
        filename,
    };
    secret.zeroize();
    Ok(Sealed { bytes, attachment })
}

/// What a message says of an attachment, as a part from elsewhere with the key that opens it.
pub(crate) fn external(attachment: &RemoteAttachment) -> Result<ExternalPart, Unopened> {
    // Nothing is fetched from there on receipt; who fetches it later decides from where.
    let parsed = url::Url::parse(&attachment.url);
    let is_web = parsed.is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
    if !is_web || attachment.url.len() > 4096 {
        return Err(Unopened::Address);
    }
    let hash = hex::decode(&attachment.content_digest).map_err(|_form| Unopened::Key)?;
    if attachment.nonce.len() != 12 || hash.len() != 32 {
        return Err(Unopened::Key);
    }
    let filename = attachment.filename.clone().unwrap_or_default();
    // What the key is derived from is kept, so that it can be told to the owner's other apps.
    derive(&attachment.secret, &attachment.salt)?;
    let secrets = [attachment.secret.as_slice(), &attachment.salt].concat();
    Ok(ExternalPart {
        content_type: format!("{};{WRAPPING}", media_type(&filename)),
        url: attachment.url.clone(),
        size_bytes: attachment.content_length.unwrap_or(0),
        aead: AES_256_GCM,
        key: MediaKey::from(secrets),
        nonce: attachment.nonce.clone(),
        hash_algorithm: SHA_256,
        hash,
        filename,
        ..ExternalPart::default()
    })
}

/// The attachment that a part was read of, as it was sent; nothing if it was none, or is of a store that
/// kept no more than its key.
pub(crate) fn as_sent(part: &ExternalPart) -> Option<RemoteAttachment> {
    if part.aead != AES_256_GCM || !part.content_type.ends_with(WRAPPING) {
        return None;
    }
    let (secret, salt) = part.key.as_bytes().split_at_checked(KEY_BYTES)?;
    if salt.len() != KEY_BYTES {
        return None;
    }
    Some(RemoteAttachment {
        content_digest: hex::encode(&part.hash),
        secret: secret.to_vec(),
        nonce: part.nonce.clone(),
        salt: salt.to_vec(),
        scheme: "https".to_owned(),
        url: part.url.clone(),
        content_length: Some(part.size_bytes).filter(|size| *size > 0),
        filename: Some(part.filename.clone()).filter(|name| !name.is_empty()),
    })
}

/// The key that a part is decrypted with.
fn key_of(part: &ExternalPart) -> Result<Zeroizing<[u8; 32]>, Unopened> {
    let key = part.key.as_bytes();
    if let Ok(key) = <[u8; KEY_BYTES]>::try_from(key) {
        return Ok(Zeroizing::new(key));
    }
    let (secret, salt) = key.split_at_checked(KEY_BYTES).ok_or(Unopened::Key)?;
    derive(secret, salt)
}

/// Opens what was fetched from where `part` lies.
pub(crate) fn open(part: &ExternalPart, bytes: &[u8]) -> Result<Attachment, Unopened> {
    if part.aead != AES_256_GCM || !part.content_type.ends_with(WRAPPING) {
        return Err(Unopened::Form);
    }
    if Sha256::digest(bytes).as_slice() != part.hash {
        return Err(Unopened::Digest);
    }
    if bytes.len() < TAG_BYTES {
        return Err(Unopened::Seal);
    }
    let nonce: [u8; 12] = part.nonce.as_slice().try_into().map_err(|_length| Unopened::Key)?;
    let payload = Payload { msg: bytes, aad: &part.aad };
    let plaintext = cipher(key_of(part)?.as_slice())?.decrypt(&nonce.into(), payload);
    let plaintext = Zeroizing::new(plaintext.map_err(|_forged| Unopened::Seal)?);
    let encoded = EncodedContent::decode(plaintext.as_slice()).map_err(|_form| Unopened::Form)?;
    if encoded.r#type.as_ref().and_then(Kind::of) != Some(Kind::Attachment) {
        return Err(Unopened::Form);
    }
    Attachment::read(&encoded).ok_or(Unopened::Form)
}

/// Both must be 32 bytes long, as the official clients require.
fn derive(secret: &[u8], salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, Unopened> {
    if secret.len() != KEY_BYTES || salt.len() != KEY_BYTES {
        return Err(Unopened::Key);
    }
    let mut key = Zeroizing::new([0_u8; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(&[], key.as_mut_slice())
        .map_err(|_length| Unopened::Key)?;
    Ok(key)
}

fn cipher(key: &[u8]) -> Result<Aes256Gcm, Unopened> {
    Aes256Gcm::new_from_slice(key).map_err(|_length| Unopened::Key)
}

/// What sort of file it is by its name: the message does not say it otherwise.
fn media_type(filename: &str) -> &'static str {
    let extension = filename.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("heic") => "image/heic",
        Some("mp4" | "m4v") => "video/mp4",
        Some("mov") => "video/quicktime",
        Some("webm") => "video/webm",
        Some("mp3") => "audio/mpeg",
        Some("m4a") => "audio/mp4",
        Some("ogg" | "oga" | "opus") => "audio/ogg",
        Some("wav") => "audio/wav",
        Some("pdf") => "application/pdf",
        _ => "application/octet-stream",
    }
}
