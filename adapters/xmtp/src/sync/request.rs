//! Asking the inbox's other installations for history, and answering them.
//!
//! The daemon speaks to the history server that its settings name and to no other, whatever a
//! request or an answer says.

use minicbor::{Decode, Encode};
use thiserror::Error;
use threadbridge_core::{model::time::Timestamp, store::Keys};

use super::archive::ArchiveKey;
use crate::{
    rows::{self, Unread},
    wire::proto::sync::{
        ArchiveOptions, BackupElementSelection, BackupMetadataSave, DeviceSyncKey, DeviceSyncReply,
        DeviceSyncRequest, device_sync_key,
    },
};

const PIN_BYTES: usize = 10;
const ROW: &[u8] = b"sync/request";

/// Why history is neither taken nor given.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    #[error("nobody here asked for this history, or it was taken before")]
    Unasked,
    #[error("history lies on another server than the settings name")]
    Server,
    #[error("history was asked for, and the settings name no server for it")]
    Nowhere,
    #[error("history came without a key that opens it")]
    Key,
    #[error("no randomness could be had")]
    Random,
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// The one request that waits for its answer; a later one stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Asked {
    #[n(0)]
    pin: String,
    #[n(1)]
    server: String,
}

/// History that another installation laid down for us.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) pin: String,
    /// On the server that was asked.
    pub(crate) url: String,
    pub(crate) key: ArchiveKey,
}

/// History that another installation asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wish {
    pub(crate) pin: String,
    pub(crate) options: ArchiveOptions,
}

/// Asks for everything, by way of `server` (an address without a slash at its end).
pub(crate) fn ask(keys: &Keys, server: &str) -> Result<DeviceSyncRequest, Refused> {
    let mut pin = [0; PIN_BYTES];
    getrandom::fill(&mut pin).map_err(|_failure| Refused::Random)?;
    let asked = Asked { pin: hex::encode(pin), server: bare(server).to_owned() };
    rows::put(keys, ROW, &asked);
    Ok(DeviceSyncRequest {
        pin: asked.pin,
        server_url: asked.server,
        deprecated_kind: 0,
        options: Some(everything()),
    })
}

fn everything() -> ArchiveOptions {
    ArchiveOptions {
        elements: vec![
            BackupElementSelection::Messages.into(),
            BackupElementSelection::Consent.into(),
        ],
        start_ns: None,
        end_ns: None,
        exclude_disappearing_messages: false,
    }
}

/// Whether history was asked for and has not come.
pub(crate) fn is_asked(keys: &Keys) -> Result<bool, Unread> {
    Ok(rows::get::<Asked>(keys, ROW)?.is_some())
}

/// What an answer offers, if it was asked for here. Several installations may answer: it stays asked
/// for until [`taken`] is told that one of them was taken in.
pub(crate) fn offered(keys: &Keys, reply: &DeviceSyncReply) -> Result<Offer, Refused> {
    let asked: Option<Asked> = rows::get(keys, ROW)?;
    let asked = asked.filter(|asked| asked.pin == reply.request_id).ok_or(Refused::Unasked)?;
    let file = reply.url.strip_prefix(&asked.server).and_then(|url| url.strip_prefix("/files/"));
    let is_name = |name: &&str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !name.is_empty() && name.len() <= 256 && name.bytes().all(is_plain)
    };
    file.filter(is_name).ok_or(Refused::Server)?;
    let key = reply.encryption_key.as_ref().and_then(|key| key.key.as_ref());
    let Some(device_sync_key::Key::Aes256Gcm(key)) = key else { return Err(Refused::Key) };
    let key = ArchiveKey::from_slice(key).ok_or(Refused::Key)?;
    Ok(Offer { pin: asked.pin, url: reply.url.clone(), key })
}

/// Notes that the history that was asked for by `pin` was taken in.
pub(crate) fn taken(keys: &Keys, pin: &str) -> Result<(), Refused> {
    let asked: Option<Asked> = rows::get(keys, ROW)?;
    if asked.is_some_and(|asked| asked.pin == pin) {
        keys.delete(ROW);
    }
    Ok(())
}

/// What another installation wishes, if it can be laid down on `server`.
pub(crate) fn wished(request: DeviceSyncRequest, server: &str) -> Result<Wish, Refused> {
    // Clients up to 1.9 name none: whoever answers chooses.
    let named = bare(&request.server_url);
    if !named.is_empty() && named != bare(server) {
        return Err(Refused::Server);
    }
    let options = request.options.unwrap_or_else(everything);
    Ok(Wish { pin: request.pin, options })
}

/// What an archive says of itself that fulfils a wish.
pub(crate) fn metadata(options: &ArchiveOptions, now: Timestamp) -> BackupMetadataSave {
    BackupMetadataSave {
        elements: options.elements.clone(),
        exported_at_ns: now.as_micros().saturating_mul(1_000),
        start_ns: options.start_ns,
        end_ns: options.end_ns,
    }
}

/// The answer: the archive was laid down on `server`, which called it `file`.
pub(crate) fn answer(
    pin: String,
    (server, file): (&str, &str),
    key: &ArchiveKey,
    metadata: BackupMetadataSave,
) -> DeviceSyncReply {
    let key = device_sync_key::Key::Aes256Gcm(key.as_bytes().to_vec());
    DeviceSyncReply {
        request_id: pin,
        url: format!("{}/files/{file}", bare(server)),
        encryption_key: Some(DeviceSyncKey { key: Some(key) }),
        timestamp_ns: 0,
        kind: 0,
        metadata: Some(metadata),
    }
}

fn bare(server: &str) -> &str {
    server.trim_end_matches('/')
}
