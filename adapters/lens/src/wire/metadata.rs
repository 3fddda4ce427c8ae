//! What a post says, as its author's app wrote it: one of many kinds, read by what they share.

use serde::{Deserialize, Serialize};

/// A post's metadata. All kinds are read into this; what a kind has not is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    /// The kind.
    #[serde(rename = "__typename")]
    pub(crate) kind: String,
    /// Its own id, that whoever wrote it chose.
    pub(crate) id: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<Media>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video: Option<Media>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio: Option<Media>,
    /// What a story shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asset: Option<Media>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<Media>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sharing_link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) live_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mint_link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<String>,
    /// A kind that Lens itself does not know, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
}

/// A name and a value that whoever wrote the metadata put beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// A picture, a film or a sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Media {
    pub(crate) item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alt_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) video_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_type: Option<String>,
}

/// Media types by Lens's own names for them; the closed lists of its metadata.
const TYPES: [(&str, &str); 28] = [
    ("AVIF", "image/avif"),
    ("BMP", "image/bmp"),
    ("GIF", "image/gif"),
    ("HEIC", "image/heic"),
    ("JPEG", "image/jpeg"),
    ("PNG", "image/png"),
    ("SVG_XML", "image/svg+xml"),
    ("TIFF", "image/tiff"),
    ("WEBP", "image/webp"),
    ("X_MS_BMP", "image/x-ms-bmp"),
    ("MODEL_GLTF_JSON", "model/gltf+json"),
    ("MODEL_GLTF_BINARY", "model/gltf-binary"),
    ("VIDEO_XM_4V", "video/x-m4v"),
    ("VIDEO_MOV", "video/mov"),
    ("VIDEO_MP_4", "video/mp4"),
    ("VIDEO_MPEG", "video/mpeg"),
    ("VIDEO_OGG", "video/ogg"),
    ("VIDEO_OGV", "video/ogv"),
    ("VIDEO_QUICKTIME", "video/quicktime"),
    ("VIDEO_WEBM", "video/webm"),
    ("AUDIO_WAV", "audio/wav"),
    ("AUDIO_VND_WAVE", "audio/vnd.wave"),
    ("AUDIO_MPEG", "audio/mpeg"),
    ("AUDIO_OGG", "audio/ogg"),
    ("AUDIO_MP_4", "audio/mp4"),
    ("AUDIO_AAC", "audio/aac"),
    ("AUDIO_WEBM", "audio/webm"),
    ("AUDIO_FLAC", "audio/flac"),
];

/// The media types that Lens shows as pictures, films and sound.
pub(crate) fn media_types() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(_, media_type)| *media_type).filter(|it| !it.starts_with("model/"))
}

impl Media {
    /// The media type; nothing for one that this version does not know.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        let name = [&self.image_type, &self.video_type, &self.audio_type];
        let name = name.into_iter().flatten().next()?;
        TYPES.iter().find(|(known, _)| known == name).map(|(_, media_type)| *media_type)
    }
}
