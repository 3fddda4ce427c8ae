//! The protocol's wire types and services, generated from `adapters/xmtp/proto`.

#![expect(
    missing_docs,
    unused_qualifications,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "generated: the `.proto` files document the fields"
)]

/// Inboxes, their association logs, and the service that keeps them.
pub mod identity {
    tonic::include_proto!("xmtp.identity.api.v1");
}

/// The delivery service.
pub mod mls {
    tonic::include_proto!("xmtp.mls.api.v1");
}

/// When the delivery service ends.
pub mod migration {
    tonic::include_proto!("xmtp.migration.api.v1");
}
