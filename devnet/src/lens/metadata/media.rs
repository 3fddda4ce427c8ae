//! Pictures, films, sounds and shapes: closed lists of what may be shown.

use serde_json::{Map, Value};

use super::{Flaw, known, not_empty, text};

/// MIME types of pictures, with the words of the API.
pub(crate) const IMAGES: &[(&str, &str)] = &[
    ("image/avif", "AVIF"),
    ("image/bmp", "BMP"),
    ("image/gif", "GIF"),
    ("image/heic", "HEIC"),
    ("image/jpeg", "JPEG"),
    ("image/png", "PNG"),
    ("image/svg+xml", "SVG_XML"),
    ("image/tiff", "TIFF"),
    ("image/webp", "WEBP"),
    ("image/x-ms-bmp", "X_MS_BMP"),
];

/// MIME types of films.
pub(crate) const VIDEOS: &[(&str, &str)] = &[
    ("model/gltf+json", "MODEL_GLTF_JSON"),
    ("model/gltf-binary", "MODEL_GLTF_BINARY"),
    ("video/x-m4v", "VIDEO_XM_4V"),
    ("video/mov", "VIDEO_MOV"),
    ("video/mp4", "VIDEO_MP_4"),
    ("video/mpeg", "VIDEO_MPEG"),
    ("video/ogg", "VIDEO_OGG"),
    ("video/ogv", "VIDEO_OGV"),
    ("video/quicktime", "VIDEO_QUICKTIME"),
    ("video/webm", "VIDEO_WEBM"),
];

/// MIME types of sounds.
pub(crate) const AUDIOS: &[(&str, &str)] = &[
    ("audio/wav", "AUDIO_WAV"),
    ("audio/vnd.wave", "AUDIO_VND_WAVE"),
    ("audio/mpeg", "AUDIO_MPEG"),
    ("audio/ogg", "AUDIO_OGG"),
    ("audio/mp4", "AUDIO_MP_4"),
    ("audio/aac", "AUDIO_AAC"),
    ("audio/webm", "AUDIO_WEBM"),
    ("audio/flac", "AUDIO_FLAC"),
];

/// Shapes in space.
pub(crate) const FORMATS: &[(&str, &str)] =
    &[("gLTF/GLB", "G_LTF_GLB"), ("FBX", "FBX"), ("VRM", "VRM"), ("OBJ", "OBJ")];

const AUDIO_KINDS: [&str; 6] = ["MUSIC", "PODCAST", "AUDIOBOOK", "VOICE_NOTE", "SOUND", "OTHER"];

pub(super) fn image(value: &Value) -> Result<(), Flaw> {
    let fields = item(value, IMAGES)?;
    known(fields, &["item", "type", "attributes", "altTag", "license"])?;
    optional_texts(fields, &["altTag"])?;
    license(fields)
}

pub(super) fn video(value: &Value) -> Result<(), Flaw> {
    let fields = item(value, VIDEOS)?;
    known(fields, &["item", "type", "attributes", "altTag", "license", "cover", "duration"])?;
    optional_texts(fields, &["altTag"])?;
    license(fields)?;
    cover_and_duration(fields)
}

pub(super) fn audio(value: &Value) -> Result<(), Flaw> {
    let fields = item(value, AUDIOS)?;
    let texts = ["credits", "artist", "genre", "recordLabel"];
    let mut names = vec!["item", "type", "attributes", "cover", "duration", "kind", "lyrics"];
    names.push("license");
    names.extend(texts);
    known(fields, &names)?;
    optional_texts(fields, &texts)?;
    if let Some(kind) = fields.get("kind")
        && !AUDIO_KINDS.iter().any(|known| kind == known)
    {
        return Err("kind: is not a kind of sound".to_owned());
    }
    license(fields)?;
    if fields.contains_key("lyrics") {
        uri(fields, "lyrics")?;
    }
    cover_and_duration(fields)
}

/// Any of the three, by its MIME type.
pub(super) fn any(value: &Value) -> Result<(), Flaw> {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    if IMAGES.iter().any(|(mime, _)| *mime == kind) {
        image(value)
    } else if AUDIOS.iter().any(|(mime, _)| *mime == kind) {
        audio(value)
    } else {
        video(value)
    }
}

/// A list that is not empty.
pub(super) fn each(value: &Value, check: impl Fn(&Value) -> Result<(), Flaw>) -> Result<(), Flaw> {
    match value.as_array().map(Vec::as_slice) {
        None | Some([]) => Err("must be a list that is not empty".to_owned()),
        Some(items) => items.iter().try_for_each(check),
    }
}

pub(super) fn asset(value: &Value) -> Result<(), Flaw> {
    let fields = value.as_object().ok_or("must be an object")?;
    known(fields, &["uri", "zipPath", "playerUrl", "format", "license"])?;
    uri(fields, "uri")?;
    uri(fields, "playerUrl")?;
    optional_texts(fields, &["zipPath"])?;
    license(fields)?;
    let format = text(fields, "format")?;
    if FORMATS.iter().any(|(name, _)| *name == format) {
        Ok(())
    } else {
        Err(format!("format: {format} is not a format of shapes"))
    }
}

pub(super) fn position(text: &str) -> Result<(), Flaw> {
    let is_number = |part: &str| part.parse::<f64>().is_ok_and(f64::is_finite);
    let parts = text.strip_prefix("geo:").and_then(|rest| rest.split_once(','));
    match parts {
        Some((latitude, longitude)) if is_number(latitude) && is_number(longitude) => Ok(()),
        _ => Err("must look like geo:51.5,-0.1".to_owned()),
    }
}

pub(super) fn place(value: &Value) -> Result<(), Flaw> {
    let fields = value.as_object().ok_or("must be an object")?;
    let optional = ["formatted", "streetAddress", "region", "postalCode"];
    let mut names = vec!["locality", "country"];
    names.extend(optional);
    known(fields, &names)?;
    not_empty(fields, "locality")?;
    not_empty(fields, "country")?;
    optional_texts(fields, &optional)
}

fn item<'v>(value: &'v Value, kinds: &[(&str, &str)]) -> Result<&'v Map<String, Value>, Flaw> {
    let fields = value.as_object().ok_or("must be an object")?;
    uri(fields, "item")?;
    let kind = text(fields, "type")?;
    if !kinds.iter().any(|(mime, _)| *mime == kind) {
        return Err(format!("type: {kind} cannot be shown here"));
    }
    super::attribute::check(fields)?;
    Ok(fields)
}

fn cover_and_duration(fields: &Map<String, Value>) -> Result<(), Flaw> {
    if fields.contains_key("cover") {
        uri(fields, "cover")?;
    }
    match fields.get("duration") {
        Some(duration) if duration.as_u64().is_none_or(|seconds| seconds == 0) => {
            Err("duration: must be whole seconds above 0".to_owned())
        }
        _ => Ok(()),
    }
}

/// Creative Commons, or Token Bound NFT Licenses with their four parts.
fn license(fields: &Map<String, Value>) -> Result<(), Flaw> {
    let Some(license) = fields.get("license") else { return Ok(()) };
    let text = license.as_str().unwrap_or_default();
    let parts: Vec<&str> = text.split('-').collect();
    let is_known = match parts.as_slice() {
        ["TBNL", "C" | "NC", shared, public, court] => {
            matches!((*shared, *public), ("D" | "DT" | "ND", "PL" | "NPL") | ("DTSA", "NPL"))
                && matches!(*court, "Legal" | "Ledger")
        }
        _ => matches!(text, "CCO" | "CC BY" | "CC BY-ND" | "CC BY-NC"),
    };
    if is_known { Ok(()) } else { Err("license: is not a license that is known".to_owned()) }
}

fn optional_texts(fields: &Map<String, Value>, names: &[&str]) -> Result<(), Flaw> {
    let mut given = names.iter().filter(|name| fields.contains_key(**name));
    given.try_for_each(|name| not_empty(fields, name).map(|_| ()))
}

/// A field that must be a URI.
pub(super) fn uri(fields: &Map<String, Value>, name: &str) -> Result<(), Flaw> {
    if is_uri(text(fields, name)?) { Ok(()) } else { Err(format!("{name}: must be a URI")) }
}

/// A scheme, a colon, and at least something (RFC 3986, section 3).
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.bytes();
    text.len() >= 6
        && letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || b"+-.".contains(&letter))
        && !rest.is_empty()
        && !rest.contains(char::is_whitespace)
}
