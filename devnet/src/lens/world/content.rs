//! What a content URI holds: `data:` and `lens://` are read, nothing else is fetched.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::lens::grove::Shelf;

/// The largest metadata that is read.
const MAX_BYTES: usize = 1 << 20;

/// The JSON behind a URI.
pub(crate) fn fetch(uri: &str, shelf: &Shelf) -> Result<Value, String> {
    let bytes = if let Some(key) = uri.strip_prefix("lens://") {
        let kept = shelf.read(key).ok_or("Metadata could not be fetched: not found in Grove")?;
        if !kept.content_type.starts_with("application/json") {
            return Err("Metadata must be served as application/json".to_owned());
        }
        kept.bytes.to_vec()
    } else if let Some(rest) = uri.strip_prefix("data:") {
        inline(rest).ok_or("Metadata could not be read from the data URI")?
    } else {
        return Err("Metadata could not be fetched: the devnet reads data: and lens:// only".into());
    };
    if bytes.len() > MAX_BYTES {
        return Err("Metadata is too large".to_owned());
    }
    serde_json::from_slice(&bytes).map_err(|error| format!("Metadata is not JSON: {error}"))
}

fn inline(rest: &str) -> Option<Vec<u8>> {
    let (kind, content) = rest.split_once(',')?;
    if kind.strip_suffix(";base64").is_some() {
        return STANDARD.decode(content).or_else(|_| URL_SAFE_NO_PAD.decode(content)).ok();
    }
    Some(percent_decoded(content))
}

/// A percent sign that begins no code stands for itself, as browsers have it.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.first_chunk::<2>().and_then(|code| {
            let code = std::str::from_utf8(code).ok()?;
            u8::from_str_radix(code, 16).ok().filter(|_| !code.starts_with('+'))
        });
        rest = match code {
            Some(byte) if *first == b'%' => {
                decoded.push(byte);
                after.get(2..).unwrap_or_default()
            }
            _ => {
                decoded.push(*first);
                after
            }
        };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_plain_escaped_and_in_base_64() {
        let shelf = Shelf::default();
        for uri in [
            r#"data:application/json,{"a":"100%"}"#,
            "data:application/json,%7B%22a%22%3A%22100%25%22%7D",
            "data:application/json;base64,eyJhIjoiMTAwJSJ9",
        ] {
            assert_eq!(fetch(uri, &shelf).unwrap(), serde_json::json!({ "a": "100%" }));
        }
        assert!(fetch("https://example.com/a.json", &shelf).is_err());
        assert!(fetch("lens://00", &shelf).is_err());
        assert!(fetch("data:application/json,{", &shelf).is_err());
    }
}
