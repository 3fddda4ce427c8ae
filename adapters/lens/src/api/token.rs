//! What our own token says of itself. It is read, not verified: it goes back to whoever made it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use threadbridge_core::model::time::Timestamp;

use crate::wire::address::Address;

/// What a token says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Claims {
    exp: Option<i64>,
    act: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
struct Actor {
    sub: String,
}

impl Claims {
    /// Reads a token; nothing if it is none.
    pub(super) fn read(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?.trim_end_matches('=');
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// When it ends.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        self.exp.map(Timestamp::from_secs)
    }

    /// The account that it lets act, if it says.
    pub(super) fn account(&self) -> Option<Address> {
        self.act.as_ref()?.sub.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends_and_whose_it_is() {
        let payload =
            r#"{"exp":1755770400,"act":{"sub":"0x31232Cb7dE0dce17949ffA58E9E38EEeB367C871"}}"#;
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let claims = Claims::read(&token).unwrap();
        assert_eq!(claims.ends_at(), Some(Timestamp::from_secs(1_755_770_400)));
        let account = claims.account().unwrap().to_string();
        assert_eq!(account, "0x31232cb7de0dce17949ffa58e9e38eeeb367c871");
    }

    #[test]
    fn other_texts_are_no_token() {
        for bad in ["", "a", "a.b.c", "..", "e30.!!!.x"] {
            assert!(Claims::read(bad).is_none());
        }
    }
}
