//! Writing a post's metadata: the kind that holds what is said, by Lens's standard, with an id of
//! its own and the bridge's mark beside it.

use serde_json::{Map, Value, json};

use crate::{
    draft::{OpId, Shown, Words},
    mark,
    wire::metadata::media_types,
};

/// What language the words are in is not known; the standard wants one.
const LOCALE: &str = "en";

/// The JSON text of the metadata that says `words`. `text` is theirs, with people named as Lens
/// names them.
pub(crate) fn write(words: &Words, text: &str, op: &OpId) -> String {
    let mut lens = Map::new();
    lens.insert("id".to_owned(), json!(op.as_str()));
    lens.insert("locale".to_owned(), json!(LOCALE));
    if let Some(mark) = &words.mark {
        let attribute = json!({ "type": "String", "key": mark::KEY, "value": mark });
        lens.insert("attributes".to_owned(), json!([attribute]));
    }
    let (shown, unshown): (Vec<_>, Vec<_>) = words.media.iter().partition(|it| is_shown(it));
    let mut links: Vec<&str> = unshown.into_iter().map(|it| it.url.as_str()).collect();
    links.extend(words.links.iter().map(String::as_str));
    let kind = match (shown.split_first(), links.split_first()) {
        (Some((first, rest)), _) => {
            let kind = Focus::of(first);
            lens.insert(kind.key.to_owned(), kind.item(first));
            if !rest.is_empty() {
                let rest: Vec<_> = rest.iter().map(|it| Focus::of(it).item(it)).collect();
                lens.insert("attachments".to_owned(), json!(rest));
            }
            kind
        }
        (None, Some((first, _))) if is_address(first) => {
            lens.insert("sharingLink".to_owned(), json!(first));
            links.remove(0);
            Focus::LINK
        }
        (None, _) => Focus::TEXT,
    };
    let content = with_links(text, &links);
    lens.insert("mainContentFocus".to_owned(), json!(kind.focus));
    if !content.is_empty() || kind.focus == Focus::TEXT.focus {
        // The standard has no post without words; a quote without any is a share.
        let content = if content.is_empty() { "🔁" } else { content.as_str() };
        lens.insert("content".to_owned(), json!(content));
    }
    let schema = format!("https://json-schemas.lens.dev/posts/{}/3.0.0.json", kind.schema);
    json!({ "$schema": schema, "lens": lens }).to_string()
}

/// The text with those addresses behind it that it does not have.
fn with_links(text: &str, links: &[&str]) -> String {
    let mut text = text.to_owned();
    for link in links {
        if !text.contains(link) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(link);
        }
    }
    text
}

/// Whether Lens shows it as what it is.
fn is_shown(media: &Shown) -> bool {
    media_types().any(|known| known == media.media_type) && is_address(&media.url)
}

fn is_address(text: &str) -> bool {
    text.len() >= 6 && url::Url::parse(text).is_ok()
}

/// What a post is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Focus {
    focus: &'static str,
    schema: &'static str,
    key: &'static str,
}

impl Focus {
    const TEXT: Self = Self { focus: "TEXT_ONLY", schema: "text-only", key: "content" };
    const LINK: Self = Self { focus: "LINK", schema: "link", key: "sharingLink" };
    const IMAGE: Self = Self { focus: "IMAGE", schema: "image", key: "image" };
    const VIDEO: Self = Self { focus: "VIDEO", schema: "video", key: "video" };
    const AUDIO: Self = Self { focus: "AUDIO", schema: "audio", key: "audio" };

    fn of(media: &Shown) -> Self {
        match media.media_type.split_once('/') {
            Some(("video", _)) => Self::VIDEO,
            Some(("audio", _)) => Self::AUDIO,
            _ => Self::IMAGE,
        }
    }

    fn item(self, media: &Shown) -> Value {
        let mut item = Map::new();
        item.insert("item".to_owned(), json!(media.url));
        item.insert("type".to_owned(), json!(media.media_type));
        if !media.description.is_empty() && self != Self::AUDIO {
            item.insert("altTag".to_owned(), json!(media.description));
        }
        Value::Object(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(words: &Words) -> Value {
        let op = OpId::parse("0190b6a2-7c3e-8000-8000-000000000000").unwrap();
        serde_json::from_str(&write(words, &words.text, &op)).unwrap()
    }

    fn shown(media_type: &str) -> Shown {
        let url = "https://x.test/1".to_owned();
        Shown { url, media_type: media_type.to_owned(), description: "a cat".to_owned() }
    }

    #[test]
    fn words_alone_are_a_text() {
        let json = written(&Words { text: "hé €".to_owned(), ..Words::default() });
        assert_eq!(json["$schema"], "https://json-schemas.lens.dev/posts/text-only/3.0.0.json");
        assert_eq!(json["lens"]["content"], "hé €");
        assert_eq!(json["lens"]["mainContentFocus"], "TEXT_ONLY");
        assert_eq!(json["lens"]["id"], "0190b6a2-7c3e-8000-8000-000000000000");
        assert_eq!(json["lens"].get("attributes"), None);
    }

    #[test]
    fn the_first_picture_film_or_sound_decides_the_kind() {
        let kinds = [("image/png", "IMAGE"), ("video/mp4", "VIDEO"), ("audio/mpeg", "AUDIO")];
        for (media_type, focus) in kinds {
            let media = vec![shown(media_type), shown("image/gif")];
            let json = written(&Words { media, ..Words::default() });
            assert_eq!(json["lens"]["mainContentFocus"], focus);
            assert_eq!(json["lens"][focus.to_lowercase()]["type"], media_type);
            assert_eq!(json["lens"]["attachments"][0]["type"], "image/gif");
            assert_eq!(json["lens"].get("content"), None);
        }
    }

    #[test]
    fn what_lens_does_not_show_is_an_address_in_the_text() {
        let media = vec![shown("application/pdf"), shown("image/png")];
        let text = "look".to_owned();
        let json = written(&Words { text, media, ..Words::default() });
        assert_eq!(json["lens"]["content"], "look\nhttps://x.test/1");
    }

    #[test]
    fn the_first_link_is_shared_and_the_others_stand_in_the_text() {
        let links = vec!["https://x.test/a".to_owned(), "https://x.test/b".to_owned()];
        let json = written(&Words { text: "two".to_owned(), links, ..Words::default() });
        assert_eq!(json["lens"]["sharingLink"], "https://x.test/a");
        assert_eq!(json["lens"]["content"], "two\nhttps://x.test/b");
    }

    #[test]
    fn a_quote_without_words_and_a_mark_have_their_place() {
        let words = Words { mark: Some("AQ".to_owned()), ..Words::default() };
        let json = written(&words);
        assert_eq!(json["lens"]["content"], "🔁");
        assert_eq!(json["lens"]["attributes"][0]["key"], "threadbridge.mark");
        assert_eq!(json["lens"]["attributes"][0]["type"], "String");
    }
}
