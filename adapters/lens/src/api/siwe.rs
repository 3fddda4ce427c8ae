//! The text that logs in (EIP-4361). It is signed only if it is the login that was asked for, by
//! our app, for our key, and asks for nothing else.

use url::Url;

use super::failure::LoginError;
use crate::wire::address::Address;

const MAX_BYTES: usize = 8 * 1024;
const OPENING: &str = " wants you to sign in with your Ethereum account:";
/// The fields that such a text may have (EIP-4361, «Message Format»).
const FIELDS: [&str; 8] = [
    "URI: ",
    "Version: ",
    "Chain ID: ",
    "Nonce: ",
    "Issued At: ",
    "Expiration Time: ",
    "Not Before: ",
    "Request ID: ",
];

/// Whether `text` is the login of `signer` at `origin` and nothing else.
pub(super) fn examine(text: &str, origin: &Url, signer: Address) -> Result<(), LoginError> {
    let refuse = |reason| Err(LoginError::Challenge { reason });
    if text.len() > MAX_BYTES || text.chars().any(|c| c.is_control() && c != '\n') {
        return refuse("it is no text of one page");
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let Some(domain) = first.strip_suffix(OPENING) else {
        return refuse("it is no login by ethereum account");
    };
    // A scheme may stand before the domain.
    let domain = domain.rsplit_once("://").map_or(domain, |(_, domain)| domain);
    if !is_host(domain, origin) {
        return refuse("it names another domain than `origin`");
    }
    let address: Option<Address> = lines.next().and_then(|line| line.trim().parse().ok());
    if address != Some(signer) {
        return refuse("it names another key");
    }
    let (statement, fields) = halves(lines);
    if statement.len() > 1 {
        return refuse("it has more than one statement");
    }
    let mut is_resource = false;
    for line in fields {
        let known = FIELDS.iter().find_map(|field| Some((*field, line.strip_prefix(field)?)));
        match known {
            Some(("URI: ", uri)) if !Url::parse(uri).is_ok_and(|uri| is_same(&uri, origin)) => {
                return refuse("its address is not at `origin`");
            }
            Some(("Version: ", version)) if version != "1" => {
                return refuse("it is of another version");
            }
            Some(_) => is_resource = false,
            None if line == "Resources:" => is_resource = true,
            None if is_resource && line.starts_with("- ") => {}
            None => return refuse("it asks for something else besides"),
        }
    }
    Ok(())
}

/// The statement's lines and the fields' lines. Blank lines stand around the statement.
fn halves<'t>(lines: impl Iterator<Item = &'t str>) -> (Vec<&'t str>, Vec<&'t str>) {
    let filled = lines.filter(|line| !line.is_empty());
    let (mut statement, mut fields) = (Vec::new(), Vec::new());
    for line in filled {
        if fields.is_empty() && !line.starts_with("URI: ") {
            statement.push(line);
        } else {
            fields.push(line);
        }
    }
    (statement, fields)
}

fn is_host(domain: &str, origin: &Url) -> bool {
    let host = origin.host_str().unwrap_or_default();
    let with_port = origin.port().map(|port| format!("{host}:{port}"));
    domain.eq_ignore_ascii_case(host) || with_port.is_some_and(|it| it.eq_ignore_ascii_case(domain))
}

fn is_same(uri: &Url, origin: &Url) -> bool {
    uri.host_str() == origin.host_str()
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
        examine(text, &origin, KEY.parse().unwrap())
    }

    #[test]
    fn the_login_that_was_asked_for_is_signed() {
        assert_eq!(examined(&text()), Ok(()));
        assert_eq!(examined(&text().replace("Sign in to Lens.\n\n", "")), Ok(()));
        assert_eq!(examined(&text().replace("app.test wants", "https://app.test wants")), Ok(()));
    }

    #[test]
    fn nothing_else_is_signed() {
        let others = [
            text().replace("app.test wants", "evil.test wants"),
            text().replace("app.test wants", "app.test.evil.test wants"),
            text().replace(KEY, "0x0000000000000000000000000000000000000001"),
            text().replace("https://app.test/login", "https://evil.test/login"),
            text().replace("Version: 1", "Version: 2"),
            text().replace("Nonce: abcdefgh", "Nonce: abcdefgh\nTransfer: everything"),
            text().replace("Sign in to Lens.", "Sign in to Lens.\nAnd give me all."),
            text().replace("Sign in to Lens.", "Sign\u{8}"),
            text().replace(" wants you to sign in", " wants you to pay"),
            "x".repeat(10_000),
            String::new(),
        ];
        for other in others {
            assert!(examined(&other).is_err(), "{other}");
        }
    }
}
