//! The kinds of post, and what each has and must have.

use serde_json::{Map, Value};

use super::{Flaw, attribute, known, media, not_empty, text};

/// What a field must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    /// A text that says where, or an address of the web.
    Venue,
    Uri,
    Time,
    Image,
    Video,
    Audio,
    AnyMedia,
    Attachments,
    Assets,
    Links,
    Geo,
    Place,
    Schedule,
    TokenKind,
    Chain,
}

/// One kind of post.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name in its schema's address.
    pub(crate) schema: &'static str,
    /// The type of the API that shows it.
    pub(crate) typename: &'static str,
    focuses: &'static [&'static str],
    required: &'static [(&'static str, Shape)],
    optional: &'static [(&'static str, Shape)],
}

impl Kind {
    /// Its fields, with whether each must be there.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, Shape, bool)> {
        let required = self.required.iter().map(|(name, shape)| (*name, *shape, true));
        required.chain(self.optional.iter().map(|(name, shape)| (*name, *shape, false)))
    }
}

/// The kind that a schema's address names.
pub(crate) fn find(schema: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.schema == schema)
}

const ATTACHMENTS: (&str, Shape) = ("attachments", Shape::Attachments);
const CONTENT: (&str, Shape) = ("content", Shape::Text);
const TITLE: (&str, Shape) = ("title", Shape::Text);

const KINDS: &[Kind] = &[
    Kind {
        schema: "text-only",
        typename: "TextOnlyMetadata",
        focuses: &["TEXT_ONLY"],
        required: &[CONTENT],
        optional: &[],
    },
    Kind {
        schema: "article",
        typename: "ArticleMetadata",
        focuses: &["ARTICLE"],
        required: &[CONTENT],
        optional: &[TITLE, ATTACHMENTS],
    },
    Kind {
        schema: "image",
        typename: "ImageMetadata",
        focuses: &["IMAGE"],
        required: &[("image", Shape::Image)],
        optional: &[TITLE, CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "video",
        typename: "VideoMetadata",
        focuses: &["VIDEO", "SHORT_VIDEO"],
        required: &[("video", Shape::Video)],
        optional: &[TITLE, CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "audio",
        typename: "AudioMetadata",
        focuses: &["AUDIO"],
        required: &[("audio", Shape::Audio)],
        optional: &[TITLE, CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "link",
        typename: "LinkMetadata",
        focuses: &["LINK"],
        required: &[("sharingLink", Shape::Uri)],
        optional: &[CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "embed",
        typename: "EmbedMetadata",
        focuses: &["EMBED"],
        required: &[("embed", Shape::Uri)],
        optional: &[CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "story",
        typename: "StoryMetadata",
        focuses: &["STORY"],
        required: &[("asset", Shape::AnyMedia)],
        optional: &[CONTENT],
    },
    Kind {
        schema: "mint",
        typename: "MintMetadata",
        focuses: &["MINT"],
        required: &[("mintLink", Shape::Uri)],
        optional: &[CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "space",
        typename: "SpaceMetadata",
        focuses: &["SPACE"],
        required: &[TITLE, ("link", Shape::Uri), ("startsAt", Shape::Time)],
        optional: &[CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "checking-in",
        typename: "CheckingInMetadata",
        focuses: &["CHECKING_IN"],
        required: &[("location", Shape::Text)],
        optional: &[("position", Shape::Geo), ("address", Shape::Place), CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "livestream",
        typename: "LivestreamMetadata",
        focuses: &["LIVESTREAM"],
        required: &[
            ("startsAt", Shape::Time),
            ("playbackUrl", Shape::Uri),
            ("liveUrl", Shape::Uri),
        ],
        optional: &[
            TITLE,
            ("endsAt", Shape::Time),
            ("checkLiveAPI", Shape::Uri),
            CONTENT,
            ATTACHMENTS,
        ],
    },
    Kind {
        schema: "event",
        typename: "EventMetadata",
        focuses: &["EVENT"],
        required: &[("location", Shape::Venue), ("startsAt", Shape::Time), ("endsAt", Shape::Time)],
        optional: &[
            TITLE,
            ("position", Shape::Geo),
            ("address", Shape::Place),
            ("schedulingAdjustments", Shape::Schedule),
            ("links", Shape::Links),
            CONTENT,
            ATTACHMENTS,
        ],
    },
    Kind {
        schema: "transaction",
        typename: "TransactionMetadata",
        focuses: &["TRANSACTION"],
        required: &[("txHash", Shape::Text), ("type", Shape::TokenKind), ("chainId", Shape::Chain)],
        optional: &[CONTENT, ATTACHMENTS],
    },
    Kind {
        schema: "3d",
        typename: "ThreeDMetadata",
        focuses: &["3D"],
        required: &[("assets", Shape::Assets)],
        optional: &[CONTENT, ATTACHMENTS],
    },
];

/// Looks through the `lens` part of a post of a kind.
pub(super) fn check(kind: &Kind, lens: &Map<String, Value>) -> Result<(), Flaw> {
    let mut names =
        vec!["id", "locale", "mainContentFocus", "tags", "contentWarning", "attributes"];
    names.extend(kind.fields().map(|(name, ..)| name));
    known(lens, &names)?;
    not_empty(lens, "id")?;
    let focus = text(lens, "mainContentFocus")?;
    if !kind.focuses.contains(&focus) {
        return Err(format!("mainContentFocus: {focus} does not fit the schema"));
    }
    locale(text(lens, "locale")?)?;
    tags(lens)?;
    if let Some(warning) = lens.get("contentWarning")
        && !["NSFW", "SENSITIVE", "SPOILER"].iter().any(|known| warning == known)
    {
        return Err("contentWarning: must be NSFW, SENSITIVE or SPOILER".to_owned());
    }
    attribute::check(lens)?;
    for (name, shape, is_required) in kind.fields() {
        if is_required || lens.contains_key(name) {
            field(lens, name, shape).map_err(|flaw| format!("lens.{flaw}"))?;
        }
    }
    Ok(())
}

fn field(lens: &Map<String, Value>, name: &str, shape: Shape) -> Result<(), Flaw> {
    let value = lens.get(name).ok_or_else(|| format!("{name}: is required"))?;
    let within = |flaw: Flaw| format!("{name}.{flaw}");
    match shape {
        Shape::Text | Shape::Venue => not_empty(lens, name).map(|_| ()),
        Shape::Uri => media::uri(lens, name),
        Shape::Time => attribute::time(text(lens, name)?).map_err(within),
        Shape::Image => media::image(value).map_err(within),
        Shape::Video => media::video(value).map_err(within),
        Shape::Audio => media::audio(value).map_err(within),
        Shape::AnyMedia => media::any(value).map_err(within),
        Shape::Attachments => media::each(value, media::any).map_err(within),
        Shape::Assets => media::each(value, media::asset).map_err(within),
        Shape::Links => media::each(value, |link| match link.as_str() {
            Some(link) if media::is_uri(link) => Ok(()),
            _ => Err("must be a URI".to_owned()),
        })
        .map_err(within),
        Shape::Geo => media::position(text(lens, name)?).map_err(within),
        Shape::Place => media::place(value).map_err(within),
        Shape::Schedule if value.is_object() => Ok(()),
        Shape::Schedule => Err(format!("{name}: must be an object")),
        Shape::TokenKind if ["ERC721", "ERC20", "OTHER"].iter().any(|kind| value == kind) => Ok(()),
        Shape::TokenKind => Err(format!("{name}: must be ERC721, ERC20 or OTHER")),
        Shape::Chain if value.as_u64().is_some_and(|id| id > 0) => Ok(()),
        Shape::Chain => Err(format!("{name}: must be a number above 0")),
    }
}

/// Two small letters, perhaps a dash and two letters: `en_US` is no locale here.
fn locale(text: &str) -> Result<(), Flaw> {
    let (language, region) = match text.split_once('-') {
        Some((language, region)) => (language, Some(region)),
        None => (text, None),
    };
    let is_language =
        language.len() == 2 && language.bytes().all(|letter| letter.is_ascii_lowercase());
    let is_region = region.is_none_or(|region| {
        region.len() == 2 && region.bytes().all(|letter| letter.is_ascii_alphabetic())
    });
    if is_language && is_region {
        Ok(())
    } else {
        Err("locale: must look like en or en-US".to_owned())
    }
}

fn tags(lens: &Map<String, Value>) -> Result<(), Flaw> {
    let Some(tags) = lens.get("tags") else { return Ok(()) };
    let flaw = || "tags: at most 20 different texts of 1 to 50 characters".to_owned();
    let tags: Vec<&str> = tags
        .as_array()
        .and_then(|tags| tags.iter().map(Value::as_str).collect())
        .ok_or_else(flaw)?;
    let different: std::collections::BTreeSet<_> = tags.iter().collect();
    let fit = |tag: &&str| (1..=50).contains(&tag.chars().count());
    if tags.len() <= 20 && different.len() == tags.len() && tags.iter().all(fit) {
        Ok(())
    } else {
        Err(flaw())
    }
}
