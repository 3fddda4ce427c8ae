use serde_json::{Value, json};

use super::{check_account, check_post};

fn post(kind: &str, focus: &str, more: &Value) -> Value {
    let mut lens = json!({ "id": "1", "locale": "en", "mainContentFocus": focus });
    let fields = lens.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    json!({ "$schema": format!("https://json-schemas.lens.dev/posts/{kind}/3.0.0.json"), "lens": lens })
}

fn text(more: &Value) -> Value {
    let mut document = post("text-only", "TEXT_ONLY", &json!({ "content": "hello" }));
    let lens = document.pointer_mut("/lens").and_then(Value::as_object_mut).unwrap();
    lens.extend(more.as_object().unwrap().clone());
    document
}

#[test]
fn what_apps_post_is_valid() {
    let image = json!({ "item": "lens://00", "type": "image/png", "altTag": "a cat" });
    let video = json!({ "item": "https://example.com/v", "type": "video/mp4", "duration": 3 });
    for document in [
        text(&json!({})),
        text(&json!({ "locale": "de-CH", "tags": ["a", "b"], "contentWarning": "SPOILER" })),
        text(&json!({ "attributes": [{ "type": "String", "key": "bridge.id", "value": "7" }] })),
        post(
            "article",
            "ARTICLE",
            &json!({ "content": "# A", "title": "A", "attachments": [image] }),
        ),
        post("image", "IMAGE", &json!({ "image": image, "content": "look" })),
        post("video", "SHORT_VIDEO", &json!({ "video": video })),
        post("link", "LINK", &json!({ "sharingLink": "https://example.com" })),
        post(
            "event",
            "EVENT",
            &json!({
                "location": "here", "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-02T00:00:00Z",
            }),
        ),
    ] {
        assert_eq!(check_post(&document), Ok(()), "{document}");
    }
}

#[test]
fn what_is_not_metadata_is_told_with_its_place() {
    for (document, place) in [
        (text(&json!({ "content": "" })), "content"),
        (text(&json!({ "locale": "en_US" })), "locale"),
        (text(&json!({ "attachments": [] })), "attachments"),
        (text(&json!({ "tags": ["a", "a"] })), "tags"),
        (text(&json!({ "attributes": [] })), "attributes"),
        (
            text(&json!({ "attributes": [{ "type": "Boolean", "key": "a", "value": "yes" }] })),
            "value",
        ),
        (text(&json!({ "mainContentFocus": "IMAGE" })), "mainContentFocus"),
        (text(&json!({ "id": 7 })), "id"),
        (post("image", "IMAGE", &json!({})), "image"),
        (
            post(
                "image",
                "IMAGE",
                &json!({ "image": { "item": "x:abcdef", "type": "text/html" } }),
            ),
            "type",
        ),
        (post("poem", "POEM", &json!({})), "$schema"),
        (json!([]), "object"),
        (json!({ "$schema": 1 }), "$schema"),
    ] {
        let flaw = check_post(&document).unwrap_err();
        assert!(flaw.contains(place), "{flaw}");
    }
}

#[test]
fn an_account_shows_no_empty_name() {
    let account = |lens: Value| {
        check_account(&json!({
            "$schema": "https://json-schemas.lens.dev/account/1.0.0.json", "lens": lens,
        }))
    };
    assert_eq!(account(json!({ "id": "1", "name": "Ann" })), Ok(()));
    assert!(account(json!({ "id": "1", "name": "" })).is_err());
    assert!(account(json!({ "name": "Ann" })).is_err());
}
