//! What a login gave: three tokens that belong together. All of them are replaced at once, in memory
//! and, as one value, in the account's store, which is sealed.

use minicbor::{Decode, Encode};
use threadbridge_core::model::time::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use crate::own::Own;

/// The longest token of any kind that is kept.
const MAX_BYTES: usize = 16 * 1024;

/// The three tokens of a login.
#[derive(Clone)]
pub(super) struct Tokens {
    /// Lets act; ends soon.
    pub(super) access: Zeroizing<String>,
    /// Good once, for the next three.
    pub(super) refresh: Zeroizing<String>,
    /// Shows to others who is logged in.
    pub(super) id: Zeroizing<String>,
    pub(super) ends_at: Timestamp,
}

/// A login as it is stored, with what it is good for: it is shown to nobody else.
#[derive(Encode, Decode)]
struct Stored {
    #[n(0)]
    endpoint: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    account: [u8; 20],
    #[cbor(n(2), with = "minicbor::bytes")]
    app: [u8; 20],
    #[cbor(n(3), with = "minicbor::bytes")]
    key: [u8; 20],
    #[n(4)]
    access: String,
    #[n(5)]
    refresh: String,
    #[n(6)]
    id: String,
}

/// The three texts: access, refresh and id token.
pub(super) type Triplet = [String; 3];

impl Tokens {
    /// All three as one value; nothing if one of them is longer than tokens are.
    pub(super) fn to_bytes(&self, own: &Own, endpoint: &Url) -> Option<Vec<u8>> {
        let [access, refresh, id] =
            [&self.access, &self.refresh, &self.id].map(|token| token.as_str().to_owned());
        if [&access, &refresh, &id].iter().any(|token| token.len() > MAX_BYTES) {
            return None;
        }
        let stored = Stored {
            endpoint: endpoint.as_str().to_owned(),
            account: *own.account.as_bytes(),
            app: *own.app.as_bytes(),
            key: *own.key.address().as_bytes(),
            access,
            refresh,
            id,
        };
        minicbor::to_vec(&stored).ok()
    }
}

/// Reads what a process before this one stored; nothing if it is good for anything else than this
/// account, app, key and API.
pub(super) fn read(bytes: &[u8], own: &Own, endpoint: &Url) -> Option<Triplet> {
    let stored: Stored = minicbor::decode(bytes).ok()?;
    let is_ours = stored.endpoint == endpoint.as_str()
        && stored.account == *own.account.as_bytes()
        && stored.app == *own.app.as_bytes()
        && stored.key == *own.key.address().as_bytes();
    is_ours.then_some([stored.access, stored.refresh, stored.id])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Role, name::identity, own::LoginKey, wire::address::Address};

    fn own(account: u8, app: u8, key: &str) -> Own {
        let account = Address::from_bytes([account; 20]);
        Own {
            account,
            identity: identity(account).unwrap(),
            app: Address::from_bytes([app; 20]),
            role: Role::Manager,
            key: LoginKey::parse(&key.repeat(32)).unwrap(),
        }
    }

    fn tokens() -> Tokens {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let ends_at = Timestamp::from_secs(5);
        Tokens { access: text("a"), refresh: text("r"), id: text("i"), ends_at }
    }

    #[test]
    fn all_three_are_read_as_they_were_stored_and_by_nobody_else() {
        let (owner, api) = (own(1, 2, "07"), Url::parse("https://api.test/graphql").unwrap());
        let bytes = tokens().to_bytes(&owner, &api).unwrap();
        assert_eq!(read(&bytes, &owner, &api), Some(["a", "r", "i"].map(str::to_owned)));
        let other = Url::parse("https://evil.test/graphql").unwrap();
        assert_eq!(read(&bytes, &owner, &other), None);
        for somebody in [own(9, 2, "07"), own(1, 9, "07"), own(1, 2, "09")] {
            assert_eq!(read(&bytes, &somebody, &api), None);
        }
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut], &owner, &api), None, "{cut}");
        }
    }

    #[test]
    fn what_is_longer_than_tokens_are_is_not_stored() {
        let id = Zeroizing::new("x".repeat(MAX_BYTES + 1));
        let api = Url::parse("https://api.test/graphql").unwrap();
        assert_eq!(Tokens { id, ..tokens() }.to_bytes(&own(1, 2, "07"), &api), None);
    }
}
