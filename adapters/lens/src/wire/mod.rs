//! Lens's own formats: documents, what they answer, and addresses. None of its types leaves the
//! crate but [`Address`](address::Address).
//!
//! Documents are our own and small; each is valid against Lens's schema by all rules of the
//! specification. Unions are read by `__typename`, and members that are not known by name have a
//! place of their own, because Lens adds members without notice.

pub(crate) mod address;
pub(crate) mod batch;
pub(crate) mod document;
pub(crate) mod metadata;
pub(crate) mod outcome;
pub(crate) mod post;
pub(crate) mod time;
