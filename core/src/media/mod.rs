//! Pictures that leave: what tells where and with what they were taken is removed first.
//!
//! A network that has no place for somebody else's address takes uploads. An adapter states such a
//! rule ([`Carry::Upload`](crate::model::capabilities::Carry::Upload)) and, when it sends, has its
//! [`Porter`] bring the picture: fetched from one of the hosts that the owner named, bounded, its
//! type seen from its bytes, stripped. Core fetches and decrypts nothing itself: a [`Fetch`] is handed
//! in, and an [`Unseal`] for what people sent encrypted.

mod hosts;
mod locator;
mod porter;
mod strip;

pub use self::hosts::{Forbidden, Hosts, InvalidHost, Place, is_public};
pub use self::locator::{bytes_in, enclosed, is_public_address, located, locator};
pub use self::porter::{Fetch, FetchError, Porter, Unbrought, Unseal};
pub use self::strip::{SEALED, Stripped, Unstrippable, strip, strippable};
