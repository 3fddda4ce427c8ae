//! Generated from `proto/`.

#![expect(
    unreachable_pub,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    reason = "generated: the `.proto` files document the fields"
)]

/// Inboxes, their association logs, and the service that keeps them.
pub(crate) mod identity {
    tonic::include_proto!("xmtp.identity.api.v1");
}

/// The delivery service.
pub(crate) mod mls {
    tonic::include_proto!("xmtp.mls.api.v1");
}

/// What groups keep in their extensions.
pub(crate) mod group {
    tonic::include_proto!("xmtp.mls.message_contents");
}

/// What is said.
pub(crate) mod content {
    tonic::include_proto!("xmtp.mls.content");
}

/// What an inbox's installations tell each other.
pub(crate) mod sync {
    tonic::include_proto!("xmtp.device_sync");
}
