//! Pictures: those on hosts that the owner named are fetched, freed of what they tell besides, and
//! laid down on Grove; all others stay where they are, and are shown from there.

use serde_json::{Value, json};
use threadbridge_core::{media::strippable, model::content::ExternalPart};

use super::{Outlet, SendError};

/// The largest picture that is laid down, and what Grove takes at the most.
const MAX_BYTES: u64 = 32 << 20;

impl Outlet<'_> {
    /// The metadata with pictures brought to Grove.
    pub(super) async fn with_pictures(&self, metadata: String) -> Result<String, SendError> {
        if self.desk.porter.hosts().is_empty() {
            return Ok(metadata);
        }
        let mut json: Value =
            serde_json::from_str(&metadata).map_err(|_json| SendError::Malformed)?;
        let Some(lens) = json.get_mut("lens").and_then(Value::as_object_mut) else {
            return Err(SendError::Malformed);
        };
        if let Some(image) = lens.get_mut("image") {
            self.bring(image).await?;
        }
        if let Some(attachments) = lens.get_mut("attachments").and_then(Value::as_array_mut) {
            for media in attachments {
                self.bring(media).await?;
            }
        }
        Ok(json.to_string())
    }

    async fn bring(&self, media: &mut Value) -> Result<(), SendError> {
        let text = |key| media.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (url, content_type) = (text("item"), text("type"));
        if !strippable(&content_type) {
            return Ok(());
        }
        let part = ExternalPart { url, content_type, ..ExternalPart::default() };
        let brought = match self.desk.porter.bring(&part, MAX_BYTES).await {
            Ok(brought) => brought,
            Err(reason) => {
                tracing::debug!(%reason, "a picture stays where it is");
                return Ok(());
            }
        };
        let transport = &self.api.transport;
        let laid = self.desk.grove.lay_down(transport, brought.media_type, brought.bytes);
        let uri = laid.await?;
        if let Some(media) = media.as_object_mut() {
            media.insert("item".to_owned(), json!(uri));
            media.insert("type".to_owned(), json!(brought.media_type));
        }
        Ok(())
    }
}
