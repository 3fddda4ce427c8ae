//! What our own token says of itself. It is read, not verified: it goes back to whoever made it. But
//! what it says decides as whom the bridge speaks, so nothing is taken for granted of one that says
//! less than Lens's do.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Number;
use threadbridge_core::model::time::Timestamp;

use crate::wire::address::Address;

/// The longest token that is read.
const MAX_BYTES: usize = 16 * 1024;
/// What an algorithm begins with by which others can verify a token (RFC 7518 §3.1, RFC 8037 §3.1).
/// Lens's is RS256; one that is unsigned, or that only its maker could verify, is none of theirs.
const SIGNED_BY: [&str; 4] = ["RS", "PS", "ES", "EdDSA"];

/// What a token says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    exp: Option<Number>,
    act: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
struct Actor {
    sub: String,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
}

impl Claims {
    /// Reads a token; nothing if it is none.
    pub(super) fn read(token: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_graphic();
        if token.len() > MAX_BYTES || !token.bytes().all(is_plain) {
            return None;
        }
        let mut parts = token.split('.');
        let (header, claims, seal) = (parts.next()?, parts.next()?, parts.next()?);
        let Header { alg } = part(header)?;
        let is_signed = SIGNED_BY.iter().any(|it| alg.starts_with(it)) && !seal.is_empty();
        (is_signed && parts.next().is_none()).then_some(())?;
        part(claims)
    }

    /// When it ends, if it says so in any usable way. RFC 7519 §2: seconds, perhaps with a fraction.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        let seconds = self.exp.as_ref()?.as_f64()?.max(0.0);
        Duration::try_from_secs_f64(seconds).ok().map(|it| Timestamp::default().plus(it))
    }

    /// The account that it lets act, if it says.
    pub(super) fn account(&self) -> Option<Address> {
        self.act.as_ref()?.sub.parse().ok()
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    let text = text.trim_end_matches('=');
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str =
        r#"{"exp":1755770400,"act":{"sub":"0x31232Cb7dE0dce17949ffA58E9E38EEeB367C871"}}"#;

    fn token(header: &str, payload: &str) -> String {
        let [header, payload] = [header, payload].map(|it| BASE64_URL_SAFE_NO_PAD.encode(it));
        format!("{header}.{payload}.x")
    }

    #[test]
    fn a_token_says_when_it_ends_and_whose_it_is() {
        let claims = Claims::read(&token(r#"{"alg":"RS256"}"#, PAYLOAD)).unwrap();
        assert_eq!(claims.ends_at(), Some(Timestamp::from_secs(1_755_770_400)));
        let account = claims.account().unwrap().to_string();
        assert_eq!(account, "0x31232cb7de0dce17949ffa58e9e38eeeb367c871");
    }

    #[test]
    fn an_odd_end_hides_nobody() {
        for (end, at) in [("1755770400.9", Some(1_755_770_400)), ("1e300", None), ("-5", Some(0))] {
            let payload = PAYLOAD.replace("1755770400", end);
            let claims = Claims::read(&token(r#"{"alg":"RS256"}"#, &payload)).unwrap();
            assert_eq!(claims.ends_at().map(|it| it.as_secs()), at, "{end}");
            assert!(claims.account().is_some(), "{end}");
        }
    }

    #[test]
    fn what_nobody_signed_is_no_token() {
        for alg in ["none", "None", "HS256", ""] {
            let header = format!(r#"{{"alg":"{alg}"}}"#);
            assert!(Claims::read(&token(&header, PAYLOAD)).is_none(), "{alg}");
        }
        let unsigned = token(r#"{"alg":"RS256"}"#, PAYLOAD);
        assert!(Claims::read(unsigned.trim_end_matches('x')).is_none());
    }

    #[test]
    fn other_texts_are_no_token() {
        let long = token(r#"{"alg":"RS256"}"#, &format!("{PAYLOAD}{}", " ".repeat(MAX_BYTES)));
        let broken = format!("{}\r\n", token(r#"{"alg":"RS256"}"#, PAYLOAD));
        for bad in ["", "a", "a.b.c", "..", "e30.!!!.x", "e30.e30.x", &long, &broken] {
            assert!(Claims::read(bad).is_none(), "{bad}");
        }
    }
}
