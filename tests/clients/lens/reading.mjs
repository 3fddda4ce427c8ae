// What a person reads: posts and notifications as plain JSON.

const media = (it) => it && { uri: it.item, type: it.type, alt: it.altTag ?? undefined };

/** A post, or a repost, as a person sees it. */
export function show(post) {
  const shown = {
    id: post.id,
    type: post.__typename,
    by: post.author.address.toLowerCase(),
    name: post.author.username?.value,
    timestamp: post.timestamp,
    deleted: post.isDeleted,
    app: post.app?.address?.toLowerCase(),
  };
  if (post.repostOf) return { ...shown, of: post.repostOf.id };
  const { metadata } = post;
  return {
    ...shown,
    slug: post.slug,
    edited: post.isEdited,
    kind: metadata.__typename,
    text: metadata.content,
    metadata: metadata.id,
    image: media(metadata.image),
    attachments: metadata.attachments?.map(media),
    link: metadata.sharingLink,
    attributes: metadata.attributes?.map(({ key, value }) => ({ key, value })),
    on: post.commentOn?.id,
    of: post.quoteOf?.id,
    root: post.root?.id,
    feed: post.feed?.address?.toLowerCase(),
    group: post.feed?.group?.address?.toLowerCase(),
    uri: post.contentUri,
    mentions: post.mentions?.map((it) => ({ ...it.replace, account: it.account, group: it.group })),
    upvotes: post.stats?.upvotes,
    downvotes: post.stats?.downvotes,
    comments: post.stats?.comments,
    quotes: post.stats?.quotes,
    reposts: post.stats?.reposts,
  };
}

/** A notification as one line. */
export function showNotification(it) {
  const about = it.comment ?? it.quote ?? it.post;
  return {
    id: it.id,
    type: it.__typename,
    post: about && show(about),
    reactions: it.reactions?.map((one) => ({
      by: one.account.address.toLowerCase(),
      reactions: one.reactions.map(({ reaction }) => reaction),
    })),
    reposts: it.reposts?.map((one) => ({ by: one.account.address.toLowerCase(), id: one.repostId })),
    group: it.group?.address,
  };
}
