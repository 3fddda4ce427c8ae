//! Inbox ids.

use std::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::member::Member;

/// The nonce with which an address makes its first inbox on this version of the network.
pub(crate) const FIRST_NONCE: u64 = 1;

/// The name of an inbox: a hash of the identifier that made it and of a nonce.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct InboxId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl InboxId {
    /// Reads 64 lower-case hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The inbox that `identifier` makes with `nonce`. An installation makes none, nor does what only
    /// looks like an address.
    pub(crate) fn made_by(identifier: &Member, nonce: u64) -> Option<Self> {
        let may = match identifier {
            Member::Ethereum(address) => is_address(address),
            Member::Passkey(_) => true,
            Member::Installation(_) => false,
        };
        may.then(|| Self(Sha256::digest(format!("{identifier}{nonce}")).into()))
    }
}

/// Whether it is `0x` and 40 hexadecimal digits.
fn is_address(text: &str) -> bool {
    text.strip_prefix("0x").is_some_and(|digits| {
        digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InboxId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "0x1234567890abcdef1234567890abcdef12345678";
    const INBOX: &str = "fcd18d86276d7a99fe522dba9660c420f03c8648785ada7c5daae232a3df77a9";

    #[test]
    fn an_inbox_id_is_the_hash_of_its_maker_and_a_nonce() {
        let maker = Member::Ethereum(ADDRESS.to_owned());
        assert_eq!(InboxId::made_by(&maker, 0).unwrap().to_string(), INBOX);
        assert_ne!(InboxId::made_by(&maker, FIRST_NONCE).unwrap().to_string(), INBOX);
    }

    #[test]
    fn what_is_no_identifier_makes_no_inbox() {
        let (long, short) = (format!("{ADDRESS}0"), ADDRESS.replace("5678", "567"));
        for bad in ["", "0x", &long, &short, &ADDRESS.replace("0x", ""), &ADDRESS.replace('a', "g")]
        {
            assert_eq!(InboxId::made_by(&Member::Ethereum(bad.to_owned()), 0), None, "{bad}");
        }
    }

    #[test]
    fn only_lower_case_digits_are_an_inbox_id() {
        assert_eq!(InboxId::parse(INBOX).unwrap().to_string(), INBOX);
        for bad in ["", &format!("{INBOX}0"), &INBOX.to_uppercase(), &"z".repeat(64)] {
            assert_eq!(InboxId::parse(bad), None, "{bad}");
        }
    }
}
