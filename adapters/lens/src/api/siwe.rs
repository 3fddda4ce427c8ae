//! The text that logs in (EIP-4361). It is signed only if it is the login that was asked for, by
//! our app, for our key, on our chain, whole, and asks for nothing else.

use std::{collections::BTreeMap, time::Duration};

use threadbridge_core::model::time::Timestamp;
use url::Url;

use super::failure::LoginError;
use crate::wire::{address::Address, time};

const MAX_BYTES: usize = 8 * 1024;
const OPENING: &str = " wants you to sign in with your Ethereum account:";
const RESOURCES: &str = "Resources:";
/// The fields that such a text may have, in their order (EIP-4361, «Message Format»).
const FIELDS: [&str; 8] = [URI, VERSION, CHAIN, NONCE, ISSUED, EXPIRES, NOT_BEFORE, "Request ID: "];
const URI: &str = "URI: ";
const VERSION: &str = "Version: ";
const CHAIN: &str = "Chain ID: ";
const NONCE: &str = "Nonce: ";
const ISSUED: &str = "Issued At: ";
const EXPIRES: &str = "Expiration Time: ";
const NOT_BEFORE: &str = "Not Before: ";
/// EIP-4361: «at least 8 alphanumeric characters»; Lens's are UUIDs.
const NONCE_CHARACTERS: usize = 8;
/// How far clocks may be apart.
const SKEW: Duration = Duration::from_secs(5 * 60);

type Fields<'t> = BTreeMap<&'static str, &'t str>;

/// The login that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) origin: &'a Url,
    pub(super) signer: Address,
    pub(super) chain_id: u64,
    pub(super) now: Timestamp,
}

impl Asked<'_> {
    /// Whether `text` is this login and nothing else.
    pub(super) fn is(&self, text: &str) -> Result<(), LoginError> {
        let refused = |reason| LoginError::Challenge { reason };
        if text.len() > MAX_BYTES || text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(refused("it is no text of one page"));
        }
        let mut lines = text.lines();
        self.is_addressed(&mut lines).map_err(refused)?;
        let (statement, fields) = halves(lines);
        if statement.len() > 1 {
            return Err(refused("it has more than one statement"));
        }
        let fields = read(&fields).map_err(refused)?;
        self.is_ours(&fields).map_err(refused)?;
        self.holds_now(&fields)
    }

    /// Whether the opening names our app and our key.
    fn is_addressed<'t>(
        &self,
        lines: &mut impl Iterator<Item = &'t str>,
    ) -> Result<(), &'static str> {
        let first = lines.next().unwrap_or_default();
        let domain = first.strip_suffix(OPENING).ok_or("it is no login by ethereum account")?;
        let scheme = format!("{}://", self.origin.scheme());
        if !is_host(domain.strip_prefix(scheme.as_str()).unwrap_or(domain), self.origin) {
            return Err("it names another domain than `origin`");
        }
        let address = lines.next().and_then(|line| line.trim().parse().ok());
        (address == Some(self.signer)).then_some(()).ok_or("it names another key")
    }

    /// Whether the fields are of the login that was asked for.
    fn is_ours(&self, fields: &Fields<'_>) -> Result<(), &'static str> {
        let said = |field| fields.get(field).copied().ok_or("it lacks a part that logins have");
        if !Url::parse(said(URI)?).is_ok_and(|uri| uri.origin() == self.origin.origin()) {
            return Err("its address is not at `origin`");
        }
        if said(VERSION)? != "1" {
            return Err("it is of another version");
        }
        if said(CHAIN)?.parse() != Ok(self.chain_id) {
            return Err("it is for another chain than `chain_id`");
        }
        let nonce = said(NONCE)?;
        if nonce.len() < NONCE_CHARACTERS || !nonce.chars().all(|c| c.is_ascii_graphic()) {
            return Err("it has nothing that makes it good only once");
        }
        said(ISSUED).map(drop)
    }

    /// Whether it can be used now.
    fn holds_now(&self, fields: &Fields<'_>) -> Result<(), LoginError> {
        let refused = |reason| LoginError::Challenge { reason };
        let at = |field| match fields.get(field) {
            None => Ok(None),
            Some(text) => time::parse(text).map(Some).ok_or(refused("it has a time that is none")),
        };
        let (issued, expires, begins) = (at(ISSUED)?, at(EXPIRES)?, at(NOT_BEFORE)?);
        if expires.is_some_and(|it| it.plus(SKEW) < self.now) {
            return Err(LoginError::Expired);
        }
        let is_ahead = |it: Timestamp| it > self.now.plus(SKEW);
        if issued.is_some_and(is_ahead) || begins.is_some_and(is_ahead) {
            return Err(refused("it is for a later time; check the clock of this machine"));
        }
        Ok(())
    }
}

/// The statement's lines and the fields' lines. Blank lines stand around the statement.
fn halves<'t>(lines: impl Iterator<Item = &'t str>) -> (Vec<&'t str>, Vec<&'t str>) {
    let filled = lines.filter(|line| !line.is_empty());
    let (mut statement, mut fields) = (Vec::new(), Vec::new());
    for line in filled {
        if fields.is_empty() && !line.starts_with(URI) {
            statement.push(line);
        } else {
            fields.push(line);
        }
    }
    (statement, fields)
}

/// The fields by their names: each once, in their order, and behind them nothing but resources.
fn read<'t>(lines: &[&'t str]) -> Result<Fields<'t>, &'static str> {
    let mut left = FIELDS.into_iter();
    let mut fields = Fields::new();
    let mut lines = lines.iter();
    for line in lines.by_ref().take_while(|line| **line != RESOURCES) {
        let field = left.find_map(|field| Some((field, line.strip_prefix(field)?)));
        let (field, said) = field.ok_or("it asks for something else besides")?;
        fields.insert(field, said);
    }
    let is_resource = |line: &&str| line.starts_with("- ");
    lines.all(is_resource).then_some(fields).ok_or("it asks for something else besides")
}

fn is_host(domain: &str, origin: &Url) -> bool {
    let host = origin.host_str().unwrap_or_default();
    let with_port = origin.port().map(|port| format!("{host}:{port}"));
    domain.eq_ignore_ascii_case(host) || with_port.is_some_and(|it| it.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";

    fn text() -> String {
        format!(
            "app.test wants you to sign in with your Ethereum account:\n{KEY}\n\n\
             Sign in to Lens.\n\nURI: https://app.test/login\nVersion: 1\nChain ID: 232\n\
             Nonce: abcdefgh\nIssued At: 2025-08-21T10:00:00Z\n\
             Expiration Time: 2025-08-21T10:05:00Z\nResources:\n- https://lens.test/terms"
        )
    }

    fn examined(text: &str) -> Result<(), LoginError> {
        let origin = Url::parse("https://app.test").unwrap();
        let now = time::parse("2025-08-21T10:01:00Z").unwrap();
        let signer = KEY.parse().unwrap();
        Asked { origin: &origin, signer, chain_id: 232, now }.is(text)
    }

    #[test]
    fn the_login_that_was_asked_for_is_signed() {
        assert_eq!(examined(&text()), Ok(()));
        assert_eq!(examined(&text().replace("Sign in to Lens.\n\n", "")), Ok(()));
        assert_eq!(examined(&text().replace("app.test wants", "https://app.test wants")), Ok(()));
        let slow = text().replace("10:00:00Z", "10:05:00Z").replace("10:05:00Z\nR", "10:06:00Z\nR");
        assert_eq!(examined(&slow), Ok(()), "clocks are apart");
    }

    /// As the API answered somebody in December 2025 (lens-protocol/lens-sdk, issue 1226).
    #[test]
    fn a_login_in_the_form_that_lens_has_is_signed() {
        let nonce = "961ec513-cc51-4ad0-9c68-d34b11fa7566";
        let text = format!(
            "app.test wants you to sign in with your Ethereum account:\n{KEY}\n\n\
             Sign in with Ethereum to 0x2F205D5bbDB60c170adF81Fb6C0F2F79331f3fAE\n\n\
             URI: https://app.test/\nVersion: 1\nChain ID: 232\nNonce: {nonce}\n\
             Issued At: 2025-08-21T10:00:23.989935464+00:00"
        );
        assert_eq!(examined(&text), Ok(()));
    }

    #[test]
    fn nothing_else_is_signed() {
        let others = [
            text().replace("app.test wants", "evil.test wants"),
            text().replace("app.test wants", "app.test.evil.test wants"),
            text().replace("app.test wants", "http://app.test wants"),
            text().replace("app.test wants", "I give all to you://app.test wants"),
            text().replace(KEY, "0x0000000000000000000000000000000000000001"),
            text().replace("https://app.test/login", "https://evil.test/login"),
            text().replace("https://app.test/login", "http://app.test/login"),
            text().replace("https://app.test/login", "https://app.test:444/login"),
            text().replace("Version: 1", "Version: 2"),
            text().replace("Chain ID: 232", "Chain ID: 1"),
            text().replace("Nonce: abcdefgh", "Nonce: abc"),
            text().replace("Nonce: abcdefgh", "Nonce: abcdefgh\nTransfer: everything"),
            text().replace("Sign in to Lens.", "Sign in to Lens.\nAnd give me all."),
            text().replace("Sign in to Lens.", "Sign\u{8}"),
            text().replace(" wants you to sign in", " wants you to pay"),
            text().replace("2025-08-21T10:05:00Z", "soon"),
            text().replace("2025-08-21T10:00:00Z", "2025-08-21T11:00:00Z"),
            text().replace("Resources", "Not Before: 2025-08-22T10:00:00Z\nResources"),
            text().replace("- https", "Transfer: everything\n- https"),
            format!("app.test{OPENING}\n{KEY}\n\nI give all that I have to mallory."),
            "x".repeat(10_000),
            String::new(),
        ];
        for other in others {
            assert!(matches!(examined(&other), Err(LoginError::Challenge { .. })), "{other}");
        }
    }

    #[test]
    fn a_login_has_all_its_parts_once_and_in_order() {
        for field in [URI, VERSION, CHAIN, NONCE, ISSUED] {
            let text = text();
            let line = text.lines().find(|line| line.starts_with(field)).unwrap();
            let without = text.replace(&format!("{line}\n"), "");
            assert!(examined(&without).is_err(), "without {field}");
            let twice = text.replace(line, &format!("{line}\n{line}"));
            assert!(examined(&twice).is_err(), "{field} twice");
        }
        let turned = text().replace("Version: 1\nChain ID: 232", "Chain ID: 232\nVersion: 1");
        assert!(examined(&turned).is_err());
    }

    #[test]
    fn a_login_that_has_ended_is_asked_for_anew() {
        let ended = text().replace("2025-08-21T10:05:00Z", "2025-08-21T09:00:00Z");
        assert_eq!(examined(&ended), Err(LoginError::Expired));
    }
}
