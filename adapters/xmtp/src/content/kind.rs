//! Names of content types.

use crate::wire::proto::content::ContentTypeId;

const XMTP: &str = "xmtp.org";
const COINBASE: &str = "coinbase.com";

/// A content type that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Text,
    Markdown,
    Reply,
    /// As protobuf.
    Reaction,
    /// As JSON, which older clients write.
    OldReaction,
    ReadReceipt,
    Attachment,
    RemoteAttachment,
    MultiRemoteAttachment,
    TransactionReference,
    WalletSendCalls,
    /// Made by each client for itself and never sent.
    GroupUpdated,
    DeleteMessage,
    /// Of versions behind 1.10: read, and not written.
    EditMessage,
    LeaveRequest,
    Actions,
    Intent,
    /// Between installations of one inbox only.
    DeviceSync,
}

impl Kind {
    pub(crate) const ALL: [Self; 18] = [
        Self::Text,
        Self::Markdown,
        Self::Reply,
        Self::Reaction,
        Self::OldReaction,
        Self::ReadReceipt,
        Self::Attachment,
        Self::RemoteAttachment,
        Self::MultiRemoteAttachment,
        Self::TransactionReference,
        Self::WalletSendCalls,
        Self::GroupUpdated,
        Self::DeleteMessage,
        Self::EditMessage,
        Self::LeaveRequest,
        Self::Actions,
        Self::Intent,
        Self::DeviceSync,
    ];

    const fn name(self) -> (&'static str, &'static str, u32) {
        match self {
            Self::Text => (XMTP, "text", 1),
            Self::Markdown => (XMTP, "markdown", 1),
            Self::Reply => (XMTP, "reply", 1),
            Self::Reaction => (XMTP, "reaction", 2),
            Self::OldReaction => (XMTP, "reaction", 1),
            Self::ReadReceipt => (XMTP, "readReceipt", 1),
            Self::Attachment => (XMTP, "attachment", 1),
            Self::RemoteAttachment => (XMTP, "remoteStaticAttachment", 1),
            Self::MultiRemoteAttachment => (XMTP, "multiRemoteStaticAttachment", 1),
            Self::TransactionReference => (XMTP, "transactionReference", 1),
            Self::WalletSendCalls => (XMTP, "walletSendCalls", 1),
            Self::GroupUpdated => (XMTP, "group_updated", 1),
            Self::DeleteMessage => (XMTP, "deleteMessage", 1),
            Self::EditMessage => (XMTP, "editMessage", 1),
            Self::LeaveRequest => (XMTP, "leave_request", 1),
            Self::Actions => (COINBASE, "actions", 1),
            Self::Intent => (COINBASE, "intent", 1),
            Self::DeviceSync => (XMTP, "application/x-protobuf", 1),
        }
    }

    /// The type that has this name. A higher minor version can be read by who knows a lower one.
    pub(crate) fn of(id: &ContentTypeId) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            kind.name() == (id.authority_id.as_str(), id.type_id.as_str(), id.version_major)
        })
    }

    pub(crate) fn id(self) -> ContentTypeId {
        let (authority, name, major) = self.name();
        ContentTypeId {
            authority_id: authority.to_owned(),
            type_id: name.to_owned(),
            version_major: major,
            version_minor: 0,
        }
    }

    /// Whether phones should be woken for it.
    pub(crate) const fn should_push(self) -> bool {
        !matches!(
            self,
            Self::Reaction
                | Self::OldReaction
                | Self::ReadReceipt
                | Self::GroupUpdated
                | Self::DeleteMessage
                | Self::EditMessage
                | Self::LeaveRequest
                | Self::DeviceSync
        )
    }
}

/// A type's name as one text, such as `xmtp.org/text:1.0`.
pub(crate) fn spelled(id: &ContentTypeId) -> String {
    format!("{}/{}:{}.{}", id.authority_id, id.type_id, id.version_major, id.version_minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_found_by_its_own_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(&kind.id()), Some(kind));
            let later = ContentTypeId { version_minor: 7, ..kind.id() };
            assert_eq!(Kind::of(&later), Some(kind));
            let other = ContentTypeId { version_major: 9, ..kind.id() };
            assert_eq!(Kind::of(&other), None);
        }
        assert_eq!(spelled(&Kind::Reaction.id()), "xmtp.org/reaction:2.0");
    }
}
