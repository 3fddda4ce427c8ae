//! What posts say, as the members of `PostMetadata`.

use serde_json::{Map, Value, json};

use super::attribute::attributes;
use super::{object, picture};
use crate::lens::faults::{Fault, Union};
use crate::lens::grove::Shelf;
use crate::lens::metadata::kind::{self, Shape};
use crate::lens::metadata::media::{AUDIOS, FORMATS, IMAGES, VIDEOS};
use crate::lens::world::World;
use crate::lens::world::post::Version;

/// What a version of a post says.
pub(crate) fn shown(world: &World, version: Option<&Version>) -> Value {
    if world.faults.strikes(&Fault::FutureMember { of: Union::Metadata }) {
        return object("FutureThing", json!({}));
    }
    let document = version.map(|version| &version.metadata);
    let schema = document.and_then(|document| document.get("$schema")?.as_str());
    let kind = schema
        .and_then(|schema| schema.strip_prefix("https://json-schemas.lens.dev/posts/"))
        .and_then(|rest| kind::find(rest.split('/').next()?));
    let lens = document.and_then(|document| document.get("lens"));
    let (Some(kind), Some(lens)) = (kind, lens) else {
        let raw = document.map_or_else(|| "{}".to_owned(), Value::to_string);
        return object("UnknownPostMetadata", json!({ "raw": raw }));
    };
    let mut fields = Map::new();
    for (name, shape, _) in kind.fields() {
        let value = lens.get(name);
        let name = if name == "checkLiveAPI" { "checkLiveApi" } else { name };
        fields.insert(name.to_owned(), field((name, shape), value, &world.shelf));
    }
    let part = |name: &str| lens.get(name).cloned().unwrap_or(Value::Null);
    let focus = part("mainContentFocus");
    let focus = if focus == "3D" { json!("THREE_D") } else { focus };
    fields.insert("id".to_owned(), part("id"));
    fields.insert("locale".to_owned(), part("locale"));
    fields.insert("mainContentFocus".to_owned(), focus);
    fields.insert("tags".to_owned(), part("tags"));
    fields.insert("contentWarning".to_owned(), part("contentWarning"));
    fields.insert("attributes".to_owned(), attributes(lens));
    object(kind.typename, Value::Object(fields))
}

fn field((name, shape): (&str, Shape), value: Option<&Value>, shelf: &Shelf) -> Value {
    match (shape, value) {
        (Shape::Attachments | Shape::Links, None) => json!([]),
        // Whatever has text at all has at least none.
        (Shape::Text, None) if name == "content" => json!(""),
        (_, None) => Value::Null,
        (Shape::Image | Shape::Video | Shape::Audio | Shape::AnyMedia, Some(value)) => {
            media(value, shelf)
        }
        (Shape::Attachments, Some(value)) => each(value, |item| media(item, shelf)),
        (Shape::Assets, Some(value)) => each(value, asset),
        (Shape::Place, Some(value)) => place(value),
        (Shape::Schedule, Some(value)) => schedule(value),
        (Shape::TokenKind, Some(value)) => match value.as_str() {
            Some("ERC721") => json!("ERC_721"),
            Some("ERC20") => json!("ERC_20"),
            _ => json!("OTHER"),
        },
        (Shape::Venue, Some(value)) => venue(value),
        (
            Shape::Text | Shape::Uri | Shape::Time | Shape::Links | Shape::Geo | Shape::Chain,
            Some(value),
        ) => value.clone(),
    }
}

fn each(value: &Value, show: impl Fn(&Value) -> Value) -> Value {
    Value::Array(value.as_array().into_iter().flatten().map(show).collect())
}

fn media(value: &Value, shelf: &Shelf) -> Value {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let part = |name: &str| value.get(name).cloned().unwrap_or(Value::Null);
    let mime = text("type").unwrap_or_default();
    let word = |list: &[(&str, &str)]| {
        list.iter().find(|(known, _)| *known == mime).map(|(_, word)| (*word).to_owned())
    };
    let license = text("license").map(license);
    let item = picture(text("item"), shelf);
    let cover = picture(text("cover"), shelf);
    let seconds = value.get("duration").and_then(Value::as_f64);
    let attributes = attributes(value);
    if let Some(kind) = word(IMAGES) {
        let fields = json!({
            "altTag": part("altTag"), "attributes": attributes, "license": license, "type": kind,
            "item": item, "width": null, "height": null,
        });
        return object("MediaImage", fields);
    }
    if let Some(kind) = word(AUDIOS) {
        let fields = json!({
            "artist": part("artist"), "attributes": attributes, "credits": part("credits"),
            "duration": part("duration"), "genre": part("genre"), "kind": part("kind"),
            "license": license, "lyrics": part("lyrics"), "recordLabel": part("recordLabel"),
            "type": kind, "item": item, "cover": cover, "title": null,
            "durationSeconds": seconds,
        });
        return object("MediaAudio", fields);
    }
    let fields = json!({
        "altTag": part("altTag"), "attributes": attributes, "duration": part("duration"),
        "license": license, "type": word(VIDEOS), "item": item, "cover": cover,
        "durationSeconds": seconds, "width": null, "height": null,
    });
    object("MediaVideo", fields)
}

/// A license in the words of the API: `CC BY-ND` is `CC_BY_ND`, `TBNL-C-D-PL-Legal` is
/// `TBNL_CD_PL_LEGAL`, `TBNL-C-DT-PL-Legal` is `TBNL_C_DT_PL_LEGAL`.
fn license(text: &str) -> String {
    let word = text.to_uppercase().replace([' ', '-'], "_");
    word.replace("TBNL_C_D_", "TBNL_CD_")
}

fn asset(value: &Value) -> Value {
    let part = |name: &str| value.get(name).cloned().unwrap_or(Value::Null);
    let format = FORMATS.iter().find(|(name, _)| part("format") == *name).map(|(_, word)| *word);
    object(
        "ThreeDAsset",
        json!({
            "format": format,
            "license": value.get("license").and_then(Value::as_str).map(license),
            "playerUrl": part("playerUrl"),
            "uri": part("uri"),
            "zipPath": part("zipPath"),
        }),
    )
}

fn place(value: &Value) -> Value {
    let part = |name: &str| value.get(name).cloned().unwrap_or(Value::Null);
    object(
        "PhysicalAddress",
        json!({
            "country": part("country"),
            "formatted": part("formatted"),
            "locality": part("locality"),
            "postalCode": part("postalCode"),
            "region": part("region"),
            "streetAddress": part("streetAddress"),
        }),
    )
}

fn venue(value: &Value) -> Value {
    let text = value.as_str().unwrap_or_default();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    object(
        "EventLocation",
        json!({ "physical": (!is_web).then_some(text), "virtual": is_web.then_some(text) }),
    )
}

fn schedule(value: &Value) -> Value {
    let zone = value.get("timezoneId").and_then(Value::as_str).unwrap_or("Europe/London");
    let zone = zone.to_uppercase().replace(['/', '-'], "_");
    let offset = value.get("timezoneOffset").and_then(Value::as_f64).unwrap_or(0.0);
    object("EventSchedulingAdjustments", json!({ "timezoneId": zone, "timezoneOffset": offset }))
}
