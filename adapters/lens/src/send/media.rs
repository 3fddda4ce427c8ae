//! Pictures: fetched from hosts that the owner named, freed of what they tell besides, and laid down
//! on Grove, several of a post as one folder. One that might still come is tried again for a while, and its words wait for it; one
//! that cannot be brought is shown from where it lies, as the capabilities have it.
//!
//! What was laid down and never posted lies on Grove and is shown nowhere: doing it again harms
//! nobody.

use serde_json::{Map, Value, json};
use threadbridge_core::{
    adapter::Verdict,
    media::{FetchError, is_public_address, located, strippable},
    model::content::ExternalPart,
};
use tokio::time::timeout_at;

use super::{Outlet, SendError};
use crate::{
    api::failure::ApiError, capabilities::PICTURE_BYTES, draft::OpId, grove::File, memory::Laid,
};

/// About as much of a post's pictures is held in memory at once.
const AT_ONCE: usize = 32 << 20;

/// A picture that was brought and is to be laid down.
struct Brought {
    /// What names it in the metadata.
    locator: String,
    part: ExternalPart,
    file: File,
}

impl Outlet<'_> {
    /// The metadata with pictures brought to Grove.
    pub(super) async fn with_pictures(
        &self,
        op: &OpId,
        metadata: String,
    ) -> Result<String, SendError> {
        let mut json: Value =
            serde_json::from_str(&metadata).map_err(|_json| SendError::Malformed)?;
        let Some(lens) = json.get_mut("lens").and_then(Value::as_object_mut) else {
            return Err(SendError::Malformed);
        };
        let mut waiting = Vec::new();
        for (locator, part) in pictures(lens) {
            if self.desk.memory.laid(op, &locator).is_some() {
                continue;
            }
            match self.brought(locator, part).await {
                Ok(brought) => waiting.extend(brought),
                Err(error) => {
                    // What was fetched need not be fetched again.
                    self.lay_down_all(op, waiting).await?;
                    return Err(error);
                }
            }
            if waiting.iter().map(|it: &Brought| it.file.bytes.len()).sum::<usize>() > AT_ONCE {
                self.lay_down_all(op, std::mem::take(&mut waiting)).await?;
            }
        }
        self.lay_down_all(op, waiting).await?;
        for media in media_mut(lens) {
            let url = media.get("item").and_then(Value::as_str).unwrap_or_default();
            let laid = self.desk.memory.laid(op, url);
            if let (Some(laid), Some(media)) = (laid, media.as_object_mut()) {
                media.insert("item".to_owned(), json!(laid.uri));
                media.insert("type".to_owned(), json!(laid.media_type));
            }
        }
        without_unbrought(&mut json);
        Ok(json.to_string())
    }

    /// Brings a picture; nothing if it stays where it is for good.
    async fn brought(
        &self,
        locator: String,
        part: ExternalPart,
    ) -> Result<Option<Brought>, SendError> {
        let bringing = self.desk.porter.bring(&part, PICTURE_BYTES);
        let error = match timeout_at(self.until, bringing).await {
            Ok(Ok(it)) => {
                let file = File { media_type: it.media_type, bytes: it.bytes };
                return Ok(Some(Brought { locator, part, file }));
            }
            Ok(Err(error)) => SendError::Picture(error),
            Err(_elapsed) => SendError::Picture(FetchError::Unreachable.into()),
        };
        self.is_without(&part, error).map(|()| None)
    }

    /// Lays pictures down and remembers where. Those that Grove does not take stay where they are.
    async fn lay_down_all(&self, op: &OpId, brought: Vec<Brought>) -> Result<(), SendError> {
        if let [_, _, ..] = brought.as_slice() {
            let files: Vec<_> = brought.iter().map(|it| it.file.clone()).collect();
            let (grove, transport) = (&self.desk.grove, &self.api.transport);
            match self.in_time(grove.lay_folder(transport, &files)).await {
                Ok(uris) => {
                    for (it, uri) in brought.iter().zip(uris) {
                        self.is_laid(op, it, uri);
                    }
                    return Ok(());
                }
                // What is too much together may be right one by one.
                Err(SendError::Api(ApiError::BadInput { .. })) => {}
                Err(error) => {
                    for it in &brought {
                        self.is_without(&it.part, error.clone())?;
                    }
                    return Ok(());
                }
            }
        }
        for it in brought {
            let (grove, transport) = (&self.desk.grove, &self.api.transport);
            let laying = grove.lay_down(transport, it.file.media_type, it.file.bytes.clone());
            match self.in_time(laying).await {
                Ok(uri) => self.is_laid(op, &it, uri),
                Err(error) => self.is_without(&it.part, error)?,
            }
        }
        Ok(())
    }

    async fn in_time<T>(
        &self,
        laying: impl Future<Output = Result<T, ApiError>>,
    ) -> Result<T, SendError> {
        match timeout_at(self.until, laying).await {
            Ok(laid) => Ok(laid?),
            Err(_elapsed) => Err(SendError::Api(ApiError::Unanswered)),
        }
    }

    fn is_laid(&self, op: &OpId, Brought { locator, part, file }: &Brought, uri: String) {
        self.desk.porter.is_there(part);
        self.desk.memory.note_laid(op, locator, Laid { uri, media_type: file.media_type });
    }

    /// Whether the post goes on without a picture on Grove, or fails for now.
    fn is_without(&self, part: &ExternalPart, error: SendError) -> Result<(), SendError> {
        match error.verdict() {
            Verdict::Retry if self.desk.porter.is_patient(part) => Err(error),
            Verdict::Retry | Verdict::Reject => {
                tracing::info!(%error, "a picture is not brought");
                Ok(())
            }
            Verdict::RetryAfter(_) | Verdict::Suspend | Verdict::SuspendLeg | Verdict::Reseal => {
                Err(error)
            }
        }
    }
}

/// Everything in metadata that is shown, the main one first.
fn media_mut(lens: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let mut found: Vec<&mut Value> = Vec::new();
    for (key, value) in lens.iter_mut() {
        match (key.as_str(), value) {
            ("image" | "video" | "audio", main) => found.insert(0, main),
            ("attachments", Value::Array(attachments)) => found.extend(attachments),
            _ => {}
        }
    }
    found.into_iter()
}

/// The pictures among them, each once, by what names it there.
fn pictures(lens: &mut Map<String, Value>) -> Vec<(String, ExternalPart)> {
    let mut found: Vec<(String, ExternalPart)> = Vec::new();
    for media in media_mut(lens) {
        let text = |key| media.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (locator, content_type) = (text("item"), text("type"));
        if strippable(&content_type) && !found.iter().any(|(known, _)| *known == locator) {
            let part = located(&locator, &content_type);
            found.push((locator, part));
        }
    }
    found
}

/// Takes out pictures that lie nowhere where others could open them, and says so in words.
fn without_unbrought(json: &mut Value) {
    let is_hidden = |media: &Value| {
        media.get("item").and_then(Value::as_str).is_some_and(|item| !is_public_address(item))
    };
    let Some(lens) = json.get_mut("lens").and_then(Value::as_object_mut) else { return };
    let mut rest = match lens.remove("attachments") {
        Some(Value::Array(rest)) => rest,
        Some(_) | None => Vec::new(),
    };
    let mut image = lens.remove("image");
    let count = rest.len() + usize::from(image.is_some());
    rest.retain(|media| !is_hidden(media));
    image = image.filter(|media| !is_hidden(media));
    let left = rest.len() + usize::from(image.is_some());
    if image.is_none() && !lens.contains_key("video") && !lens.contains_key("audio") {
        let next = rest.iter().position(is_image);
        image = next.map(|next| rest.remove(next));
    }
    let is_wordy = count > left
        && image.is_none()
        && lens.get("mainContentFocus").is_some_and(|focus| focus == "IMAGE");
    if let Some(image) = image {
        lens.insert("image".to_owned(), image);
    }
    if !rest.is_empty() {
        lens.insert("attachments".to_owned(), Value::Array(rest));
    }
    if count > left {
        let text = lens.get("content").and_then(Value::as_str).unwrap_or_default();
        let told = format!("{text}\n[a picture that could not be brought here]");
        lens.insert("content".to_owned(), json!(told.trim_start()));
    }
    if is_wordy {
        lens.insert("mainContentFocus".to_owned(), json!("TEXT_ONLY"));
        let schema = "https://json-schemas.lens.dev/posts/text-only/3.0.0.json";
        if let Some(document) = json.as_object_mut() {
            document.insert("$schema".to_owned(), json!(schema));
        }
    }
}

fn is_image(media: &Value) -> bool {
    media.get("type").and_then(Value::as_str).is_some_and(|it| it.starts_with("image/"))
}

#[cfg(test)]
mod tests {
    use threadbridge_core::media::{enclosed, locator};

    use super::*;

    #[test]
    fn a_picture_that_nobody_could_open_becomes_words() {
        let hidden =
            json!({ "item": locator(&enclosed("image/gif", "", b"x")), "type": "image/gif" });
        let shown = json!({ "item": "https://files.example/1", "type": "image/png" });
        let mut alone = json!({
            "$schema": "https://json-schemas.lens.dev/posts/image/3.0.0.json",
            "lens": { "mainContentFocus": "IMAGE", "image": hidden },
        });
        without_unbrought(&mut alone);
        let words = "[a picture that could not be brought here]";
        let expected = json!({
            "$schema": "https://json-schemas.lens.dev/posts/text-only/3.0.0.json",
            "lens": { "mainContentFocus": "TEXT_ONLY", "content": words },
        });
        assert_eq!(alone, expected);
        let mut both = json!({ "lens": {
            "mainContentFocus": "IMAGE", "content": "look", "image": hidden, "attachments": [shown],
        }});
        without_unbrought(&mut both);
        let expected = json!({ "lens": {
            "mainContentFocus": "IMAGE", "content": format!("look\n{words}"), "image": shown,
        }});
        assert_eq!(both, expected);
        let untouched = json!({ "lens": { "mainContentFocus": "IMAGE", "image": shown } });
        let mut same = untouched.clone();
        without_unbrought(&mut same);
        assert_eq!(same, untouched);
    }
}
