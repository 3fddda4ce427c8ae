//! What is kept, as the API shows it.

use crate::xmtp::store::{Entry, Sent, Welcome};
use crate::xmtp::wire::mls::{GroupMessage, WelcomeMessage, group_message, welcome_message};

pub(super) fn group_message(entry: &Entry<Sent>) -> GroupMessage {
    let Sent { data, sender_hmac, should_push, is_commit } = entry.message.clone();
    let message = group_message::V1 {
        id: entry.id,
        created_ns: entry.created_ns,
        group_id: entry.topic.clone(),
        data,
        sender_hmac,
        should_push,
        is_commit,
    };
    GroupMessage { version: Some(group_message::Version::V1(message)) }
}

/// The same without what was said.
pub(super) fn group_message_only(entry: &Entry<Sent>) -> GroupMessage {
    let message = group_message::V1 {
        id: entry.id,
        created_ns: entry.created_ns,
        group_id: entry.topic.clone(),
        is_commit: entry.message.is_commit,
        ..Default::default()
    };
    GroupMessage { version: Some(group_message::Version::V1(message)) }
}

pub(super) fn welcome(entry: &Entry<Welcome>) -> WelcomeMessage {
    use welcome_message::Version;
    let (id, created_ns) = (entry.id, entry.created_ns);
    let version = match entry.message.clone() {
        Welcome::V1(sent) => Version::V1(welcome_message::V1 {
            id,
            created_ns,
            installation_key: sent.installation_key,
            data: sent.data,
            hpke_public_key: sent.hpke_public_key,
            wrapper_algorithm: sent.wrapper_algorithm,
            welcome_metadata: sent.welcome_metadata,
        }),
        Welcome::WelcomePointer(sent) => Version::WelcomePointer(welcome_message::WelcomePointer {
            id,
            created_ns,
            installation_key: sent.installation_key,
            welcome_pointer: sent.welcome_pointer,
            hpke_public_key: sent.hpke_public_key,
            wrapper_algorithm: sent.wrapper_algorithm,
        }),
    };
    WelcomeMessage { version: Some(version) }
}
