//! The protocol's wire types and services, generated from `adapters/farcaster/proto`.

#![expect(
    missing_docs,
    unused_qualifications,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::large_enum_variant,
    clippy::too_many_lines,
    reason = "generated: the `.proto` files document the fields"
)]

tonic::include_proto!("_");
