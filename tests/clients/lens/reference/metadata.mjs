// From the JSON that a post points at to what the schema shows of it.
import { PostMetadataSchema, formatZodError } from "@lens-protocol/metadata";

const VIDEO = {
  "model/gltf+json": "MODEL_GLTF_JSON",
  "model/gltf-binary": "MODEL_GLTF_BINARY",
  "video/x-m4v": "VIDEO_XM_4V",
  "video/mp4": "VIDEO_MP_4",
};
const AUDIO = { "audio/mp4": "AUDIO_MP_4" };
const underscored = (type) => type.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");

function media(it) {
  const attributes = (it.attributes ?? []).map((one) => ({ ...one, type: one.type.toUpperCase() }));
  const nothing = Object.fromEntries(
    ["altTag", "license", "width", "height", "duration", "cover", "durationSeconds", "artist", "credits",
      "genre", "kind", "lyrics", "recordLabel", "title"].map((key) => [key, null]),
  );
  const known = { ...nothing, ...it, attributes };
  if (it.type.startsWith("image/")) {
    return { ...known, __typename: "MediaImage", type: underscored(it.type.slice("image/".length)) };
  }
  if (it.type.startsWith("audio/")) {
    return { ...known, __typename: "MediaAudio", type: AUDIO[it.type] ?? underscored(it.type) };
  }
  return { ...known, __typename: "MediaVideo", type: VIDEO[it.type] ?? underscored(it.type) };
}

const NAMES = {
  TEXT_ONLY: "TextOnlyMetadata",
  ARTICLE: "ArticleMetadata",
  IMAGE: "ImageMetadata",
  VIDEO: "VideoMetadata",
  SHORT_VIDEO: "VideoMetadata",
  AUDIO: "AudioMetadata",
  LINK: "LinkMetadata",
  EMBED: "EmbedMetadata",
  STORY: "StoryMetadata",
};

/** Reads post metadata; throws what is wrong with it. */
export function readMetadata(json) {
  const parsed = PostMetadataSchema.safeParse(json);
  if (!parsed.success) throw new Error(formatZodError(parsed.error));
  const { lens } = json;
  const name = NAMES[lens.mainContentFocus];
  if (!name) return { __typename: "UnknownPostMetadata", raw: JSON.stringify(json) };
  const shown = {
    __typename: name,
    contentWarning: null,
    tags: null,
    title: null,
    content: "",
    ...lens,
    attributes: (lens.attributes ?? []).map((it) => ({ ...it, type: it.type.toUpperCase() })),
    attachments: (lens.attachments ?? []).map(media),
  };
  for (const key of ["image", "video", "audio", "asset"]) if (lens[key]) shown[key] = media(lens[key]);
  return shown;
}
