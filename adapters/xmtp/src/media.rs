//! Files that are said on XMTP. `render` leaves an [`Enclosure`], `seal` wants it brought, `fetch`
//! brings it from where it lies, stripped, and lays it down anew, each time under a fresh key; what
//! cannot be brought is said in words.

use std::sync::Arc;

use minicbor::{Decode, Encode};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use threadbridge_core::adapter::{AdapterError, Verdict};
use threadbridge_core::fit::media::{address_line, described};
use threadbridge_core::media::{
    Porter, SEALED, Stripped, Unseal, bytes_in, is_public_address, located, locator,
};
use threadbridge_core::model::content::{
    Attachment as Described, Disposition, ExternalPart, MediaKind, Source,
};

use crate::config::Upload;
use crate::content::body::Attachment;
use crate::content::id::MessageId;
use crate::content::{remote, write};
use crate::web::{self, WebError};
use crate::wire::proto::content::{ContentTypeId, EncodedContent, RemoteAttachment};

/// The largest picture that travels inside its message: what surrounds it has to fit too.
pub(crate) const INLINE_BYTES: u64 = 1_000_000;
/// The largest picture that is laid down elsewhere.
pub(crate) const UPLOAD_BYTES: u64 = 16 << 20;
const TYPE: (&str, &str) = ("threadbridge", "enclosure");

/// Opens attachments as they lie on the web.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attachments;

impl Unseal for Attachments {
    fn unseal(&self, part: &ExternalPart, bytes: &[u8]) -> Option<Vec<u8>> {
        remote::open(part, bytes).ok().map(|file| file.bytes)
    }
}

/// A file that is to be said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Enclosure {
    #[n(0)]
    locator: String,
    #[n(1)]
    content_type: String,
    #[n(2)]
    filename: String,
    #[n(3)]
    description: String,
    #[n(4)]
    pub(crate) reply_to: Option<MessageId>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Laid {
    /// It travels inside its message.
    #[n(0)]
    Inside {
        #[n(0)]
        media_type: String,
        #[cbor(n(1), with = "minicbor::bytes")]
        bytes: Vec<u8>,
    },
    /// It lies elsewhere: a `RemoteAttachment`.
    #[n(1)]
    Elsewhere(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// It stays where it is, for this reason.
    #[n(2)]
    Nowhere(#[n(0)] String),
}

impl Enclosure {
    pub(crate) fn of(part: &ExternalPart, reply_to: Option<MessageId>) -> Self {
        Self {
            locator: locator(part),
            content_type: part.content_type.clone(),
            filename: part.filename.clone(),
            description: part.description.clone(),
            reply_to,
        }
    }

    /// It as a content that nobody but `seal` sees.
    pub(crate) fn into_encoded(self) -> EncodedContent {
        let content = minicbor::to_vec(&self).unwrap_or_default();
        let r#type = Some(ContentTypeId {
            authority_id: TYPE.0.to_owned(),
            type_id: TYPE.1.to_owned(),
            version_major: 1,
            version_minor: 0,
        });
        EncodedContent { r#type, content, ..EncodedContent::default() }
    }

    /// The file that a content stands for, if it does.
    pub(crate) fn read(encoded: &EncodedContent) -> Option<Self> {
        let named = encoded.r#type.as_ref()?;
        let is_one = (named.authority_id.as_str(), named.type_id.as_str()) == TYPE;
        is_one.then(|| minicbor::decode(&encoded.content).ok()).flatten()
    }

    /// What it is called while it is brought to a group.
    pub(crate) fn name(&self, group: &[u8]) -> String {
        let what = minicbor::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::new().chain_update(group).chain_update(what).finalize())
    }

    pub(crate) fn part(&self) -> ExternalPart {
        let part = located(&self.locator, &self.content_type);
        let (filename, description) = (self.filename.clone(), self.description.clone());
        ExternalPart { filename, description, ..part }
    }

    /// What is said of it, once it is known what became of it.
    pub(crate) fn told(&self, laid: Laid) -> EncodedContent {
        let told = match laid {
            Laid::Inside { media_type, bytes } => {
                let filename = Some(file_name(&self.filename, &media_type));
                Attachment { media_type, filename, bytes }.into_encoded()
            }
            Laid::Elsewhere(attachment) => match RemoteAttachment::decode(attachment.as_slice()) {
                Ok(attachment) => write::remote_attachment(&attachment),
                Err(_form) => write::text(&self.words("it could not be read")),
            },
            Laid::Nowhere(reason) => write::text(&self.words(&reason)),
        };
        match self.reply_to {
            Some(to) => write::reply(to, None, &told),
            None => told,
        }
    }

    /// It as other installations keep it, where it is not brought: as it was said, if it is in there,
    /// or where it was laid down by who said it.
    pub(crate) fn kept(&self) -> EncodedContent {
        let part = self.part();
        let laid = match (bytes_in(&part), remote::as_sent(&part)) {
            (Some(bytes), _) => Laid::Inside { media_type: self.content_type.clone(), bytes },
            (None, Some(attachment)) => Laid::Elsewhere(attachment.encode_to_vec()),
            (None, None) => Laid::Nowhere("it is not kept".to_owned()),
        };
        self.told(laid)
    }

    /// The words for it, where it could not be brought.
    fn words(&self, reason: &str) -> String {
        let part = self.part();
        let bare = self.content_type.split(';').next().unwrap_or_default();
        let attachment = Described {
            kind: MediaKind::of(&bare.trim().to_ascii_lowercase(), Disposition::Inline),
            content_type: &self.content_type,
            name: &self.filename,
            description: &self.description,
            source: Source::External(&part),
        };
        if is_public_address(&self.locator) {
            address_line(&attachment, &part.url)
        } else {
            format!("[{}, not carried here: {reason}]", described(&attachment))
        }
    }
}

/// What a file is called, with an ending that tells its type: other clients go by that.
fn file_name(name: &str, media_type: &str) -> String {
    let ending = match media_type {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        SEALED => "age",
        _ => "bin",
    };
    let bare: String = name.chars().filter(|c| !c.is_control() && *c != '/').take(200).collect();
    let stem = bare.rsplit_once('.').map_or(bare.as_str(), |(stem, _)| stem);
    format!("{}.{ending}", if stem.is_empty() { "picture" } else { stem })
}

/// What brings files, and where they are laid down.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    pub(crate) porter: Porter,
    pub(crate) upload: Option<Arc<Upload>>,
}

impl Carrier {
    /// Brings a file; what might still come is worth another attempt for a while.
    pub(crate) async fn bring(&self, enclosure: &Enclosure) -> Result<Laid, AdapterError> {
        let part = enclosure.part();
        let max_bytes = if self.upload.is_some() { UPLOAD_BYTES } else { INLINE_BYTES };
        let (verdict, reason) = match self.porter.bring(&part, max_bytes).await {
            Ok(picture) => match self.laid(enclosure, picture).await {
                Ok(laid) => {
                    self.porter.is_there(&part);
                    return Ok(laid);
                }
                Err(error) => (error.verdict(), error.to_string()),
            },
            Err(error) => (error.verdict(), error.to_string()),
        };
        if verdict == Verdict::Retry && self.porter.is_patient(&part) {
            return Err(AdapterError::new(Verdict::Retry, reason));
        }
        tracing::info!(reason, "a picture is not brought to XMTP");
        Ok(Laid::Nowhere(reason))
    }

    async fn laid(&self, enclosure: &Enclosure, picture: Stripped) -> Result<Laid, WebError> {
        let Stripped { bytes, media_type } = picture;
        let media_type = media_type.to_owned();
        let Some(upload) = &self.upload else {
            let fits = u64::try_from(bytes.len()).is_ok_and(|size| size <= INLINE_BYTES);
            return if fits {
                Ok(Laid::Inside { media_type, bytes })
            } else {
                Err(WebError::TooLarge)
            };
        };
        let filename = Some(file_name(&enclosure.filename, &media_type));
        let file = Attachment { media_type, filename, bytes };
        let sealed = remote::seal(file).map_err(|_failure| WebError::Random)?;
        let url = web::lay_down(upload, sealed.bytes).await?.to_string();
        Ok(Laid::Elsewhere(RemoteAttachment { url, ..sealed.attachment }.encode_to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(url: &str) -> Enclosure {
        let part = ExternalPart {
            content_type: "image/jpeg".to_owned(),
            filename: "cat.jpeg".to_owned(),
            url: url.to_owned(),
            ..ExternalPart::default()
        };
        Enclosure::of(&part, None)
    }

    #[test]
    fn an_enclosure_is_read_as_it_was_left_and_is_no_message() {
        let enclosure = picture("https://files.example/1");
        assert_eq!(Enclosure::read(&enclosure.clone().into_encoded()), Some(enclosure));
        assert_eq!(Enclosure::read(&write::text("hi")), None);
    }

    #[test]
    fn what_cannot_be_brought_is_said_and_no_key_with_it() {
        let told = |enclosure: &Enclosure| {
            let told = enclosure.told(Laid::Nowhere("it is too large".to_owned()));
            String::from_utf8(told.content).unwrap()
        };
        let public = told(&picture("https://files.example/1"));
        assert_eq!(public, "[image: cat.jpeg] https://files.example/1");
        let part =
            ExternalPart { aead: 2, key: vec![7; 32].into(), ..picture("https://a.b").part() };
        let words = told(&Enclosure::of(&part, None));
        assert_eq!(words, "[image: cat.jpeg, not carried here: it is too large]");
    }

    #[test]
    fn a_file_is_called_by_what_it_is() {
        assert_eq!(file_name("cat.heic", "image/jpeg"), "cat.jpg");
        assert_eq!(file_name("", "image/gif"), "picture.gif");
        assert_eq!(file_name("a/b\nc.d", "image/png"), "abc.png");
    }
}
