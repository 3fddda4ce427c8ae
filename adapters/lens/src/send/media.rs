//! Pictures: fetched from hosts that the owner named, freed of what they tell besides, and laid down
//! on Grove. One that might still come is tried again for a while, and its words wait for it; one
//! that cannot be brought is shown from where it lies, as the capabilities have it.
//!
//! What was laid down and never posted lies on Grove and is shown nowhere: doing it again harms
//! nobody.

use serde_json::{Value, json};
use threadbridge_core::{
    adapter::Verdict,
    media::{FetchError, is_public_address, located, strippable},
    model::content::ExternalPart,
};
use tokio::time::timeout_at;

use super::{Outlet, SendError};
use crate::{capabilities::PICTURE_BYTES, draft::OpId, memory::Laid};

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
        for main in ["image", "video", "audio"] {
            if let Some(media) = lens.get_mut(main) {
                self.bring(op, media).await?;
            }
        }
        if let Some(attachments) = lens.get_mut("attachments").and_then(Value::as_array_mut) {
            for media in attachments {
                self.bring(op, media).await?;
            }
        }
        without_unbrought(&mut json);
        Ok(json.to_string())
    }

    /// Puts a picture's address on Grove in the place of where it comes from.
    async fn bring(&self, op: &OpId, media: &mut Value) -> Result<(), SendError> {
        let text = |key| media.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (url, content_type) = (text("item"), text("type"));
        if !strippable(&content_type) {
            return Ok(());
        }
        let memory = &self.desk.memory;
        let part = located(&url, &content_type);
        let laid = match memory.laid(op, &url) {
            Some(laid) => laid,
            None => match self.brought(&part).await? {
                Some(laid) => {
                    memory.note_laid(op, &url, laid.clone());
                    laid
                }
                None => return Ok(()),
            },
        };
        if let Some(media) = media.as_object_mut() {
            media.insert("item".to_owned(), json!(laid.uri));
            media.insert("type".to_owned(), json!(laid.media_type));
        }
        Ok(())
    }

    /// Brings a picture; nothing if it stays where it is for good.
    async fn brought(&self, part: &ExternalPart) -> Result<Option<Laid>, SendError> {
        let porter = &self.desk.porter;
        let error = match timeout_at(self.until, self.carried_over(part)).await {
            Ok(Ok(laid)) => {
                porter.is_there(part);
                return Ok(Some(laid));
            }
            Ok(Err(error)) => error,
            Err(_elapsed) => SendError::Picture(FetchError::Unreachable.into()),
        };
        match error.verdict() {
            Verdict::Retry if porter.is_patient(part) => Err(error),
            Verdict::Retry | Verdict::Reject => {
                tracing::info!(%error, "a picture is not brought");
                Ok(None)
            }
            Verdict::RetryAfter(_) | Verdict::Suspend | Verdict::SuspendLeg | Verdict::Reseal => {
                Err(error)
            }
        }
    }

    async fn carried_over(&self, part: &ExternalPart) -> Result<Laid, SendError> {
        let brought = self.desk.porter.bring(part, PICTURE_BYTES).await;
        let brought = brought.map_err(SendError::Picture)?;
        let (transport, media_type) = (&self.api.transport, brought.media_type);
        let uri = self.desk.grove.lay_down(transport, media_type, brought.bytes).await?;
        Ok(Laid { uri, media_type })
    }
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
