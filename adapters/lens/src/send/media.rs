//! Pictures: fetched from hosts that the owner named, freed of what they tell besides, and laid down
//! on Grove. One that might still come is tried again for a while, and its words wait for it; one
//! that cannot be brought is shown from where it lies, as the capabilities have it.
//!
//! What was laid down and never posted lies on Grove and is shown nowhere: doing it again harms
//! nobody.

use serde_json::{Value, json};
use threadbridge_core::{
    adapter::Verdict,
    media::{FetchError, strippable},
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
        if self.desk.porter.hosts().is_empty() {
            return Ok(metadata);
        }
        let mut json: Value =
            serde_json::from_str(&metadata).map_err(|_json| SendError::Malformed)?;
        let Some(lens) = json.get_mut("lens").and_then(Value::as_object_mut) else {
            return Err(SendError::Malformed);
        };
        if let Some(image) = lens.get_mut("image") {
            self.bring(op, image).await?;
        }
        if let Some(attachments) = lens.get_mut("attachments").and_then(Value::as_array_mut) {
            for media in attachments {
                self.bring(op, media).await?;
            }
        }
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
        let part = ExternalPart { url, content_type, ..ExternalPart::default() };
        let laid = match memory.laid(op, &part.url) {
            Some(laid) => laid,
            None => match self.brought(&part).await? {
                Some(laid) => {
                    memory.note_laid(op, &part.url, laid.clone());
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
                tracing::info!(%error, "a picture is shown from where it lies");
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
