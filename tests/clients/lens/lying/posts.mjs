// Lies about posts: what an API says of those that speak of mallory.
const LONG = 10 * 1024 * 1024;
const BIDI = "\u202e\u2066ecila\u2069\u202c";

/** Everything in a reply that is a post whose words hold `word`. */
function* postsIn(value, word) {
  if (typeof value !== "object" || value === null) return;
  if ("metadata" in value && "contentUri" in value && value.metadata?.content?.includes(word)) yield value;
  for (const inside of Object.values(value)) yield* postsIn(inside, word);
}

/** Every list of posts in a reply. */
export function* listsIn(value) {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value.items) && value.pageInfo) yield value;
  for (const inside of Object.values(value)) yield* listsIn(inside);
}

/** A lie about each post of mallory's. */
const about = (change) => (reply, tools) => {
  const found = [...postsIn(reply.data, "mallory")];
  found.forEach((post) => change(post, tools));
  return found.length > 0;
};

/** A lie about each list that has a post of mallory's. */
const aboutLists = (change) => (reply, tools) => {
  const found = [...listsIn(reply.data)].filter((list) => list.items.some((it) => [...postsIn(it, "mallory")].length > 0));
  found.forEach((list) => change(list, tools));
  return found.length > 0;
};

const copyOf = (post, more) => ({ ...structuredClone(post), ...more });
const mine = (list) => list.items.find((it) => [...postsIn(it, "mallory")].length > 0);

/** A lie about the news that somebody is told. */
const aboutNews = (items) => (reply, tools) => {
  if (!tools.query.includes("notifications(") || !reply.data?.notifications) return false;
  tools.count += 1;
  const list = reply.data.notifications;
  list.items = [...items(tools.count), ...list.items];
  return true;
};

/** A lie about who gave a post an upvote. */
const aboutUpvotes = (items, count = 3) => (reply, tools) => {
  const found = [...postsIn(reply.data, "mallory")];
  for (const post of found) post.stats = { ...post.stats, reactions: count };
  if (!tools.query.includes("postReactions(")) return found.length > 0;
  for (const list of listsIn(reply.data)) if (list.items.every((it) => it.reactions)) list.items = items();
  return true;
};
const voter = (address, at) => ({ account: { address, owner: null, username: null, metadata: null }, reactions: [{ reaction: "UPVOTE", reactedAt: at }] });
/** As servers make them that bind a cursor to its query. */
const OF_ANOTHER_QUERY = Buffer.from(JSON.stringify({ of: "0123456789ab", key: "1", isBefore: false })).toString("base64url");

/** `name → [lie, what becomes of mallory's words: "crosses", "stays", "gone" (others may have to wait), or "either"]` */
export const posts = {
  "upvotes of people who are none": [aboutUpvotes(() => [voter("mallory", "2025-08-21T10:00:00Z"), null, 5]), "crosses"],
  "upvotes at times that are none": [aboutUpvotes(() => [voter(`0x${"05".repeat(20)}`, "yesterday"), voter(`0x${"06".repeat(20)}`, "+300000-01-01T00:00:00Z")]), "crosses"],
  "upvotes that nobody gave": [aboutUpvotes(() => [], 4_000_000_000), "crosses"],
  "one upvote a thousand times": [aboutUpvotes(() => Array(1000).fill(voter(`0x${"05".repeat(20)}`, "2026-01-01T10:00:00Z")), 1000), "crosses"],
  "an id that is no number": [about((post) => (post.id = "../../etc/passwd")), "stays"],
  "an id that is empty": [about((post) => (post.id = "")), "stays"],
  "an id of a megabyte": [about((post) => (post.id = "1".repeat(1024 * 1024))), "stays"],
  "an id with a line break": [about((post) => (post.id = "1\n2")), "stays"],
  "an id that is a number in JSON": [about((post) => (post.id = 12345)), "stays"],
  "one id for two posts": [
    aboutLists((list) => list.items.push(copyOf(mine(list), { metadata: { ...mine(list).metadata, content: "mallory POISON" } }))),
    "crosses",
  ],
  "a post a thousand times": [aboutLists((list) => list.items.push(...Array(1000).fill(mine(list)))), "crosses"],
  "a page of fifty thousand": [
    aboutLists((list) => {
      const cut = mine(list);
      list.items = [...list.items, ...Array(50_000).fill(cut)];
    }),
    "either",
  ],
  "the oldest first": [aboutLists((list) => list.items.reverse()), "crosses"],
  "an item that is nothing": [aboutLists((list) => list.items.unshift(null)), "crosses"],
  "an item of a kind that nobody knows": [
    aboutLists((list) => list.items.unshift({ __typename: "FutureThing", id: "1" })),
    "crosses",
  ],
  "an item that does not say what it is": [aboutLists((list) => delete mine(list).__typename), "stays"],
  "an item that is a number": [aboutLists((list) => list.items.unshift(5)), "crosses"],
  "a list without an end": [aboutLists((list) => (list.pageInfo = { prev: null, next: "more" })), "either"],
  "a list without a page": [aboutLists((list) => delete list.pageInfo), "crosses"],
  "a cursor of a megabyte": [aboutLists((list) => (list.pageInfo = { prev: null, next: "c".repeat(1024 * 1024) })), "either"],
  "a cursor of another query": [aboutLists((list) => (list.pageInfo = { prev: null, next: OF_ANOTHER_QUERY })), "either"],
  "a time in the year 9999": [about((post) => (post.timestamp = "9999-12-31T23:59:59Z")), "gone"],
  "a time before all networks": [about((post) => (post.timestamp = "1970-01-01T00:00:00Z")), "gone"],
  "a time in the year 300000": [about((post) => (post.timestamp = "+300000-01-01T00:00:00Z")), "stays"],
  "a time that is none": [about((post) => (post.timestamp = "yesterday")), "stays"],
  "an author without an address": [about((post) => (post.author.address = "mallory")), "stays"],
  "no author": [about((post) => (post.author = null)), "stays"],
  "the bridge as author": [about((post, { own }) => (post.author.address = own)), "crosses"],
  "an answer to itself": [about((post) => (post.commentOn = { ...post, commentOn: null, id: post.id })), "gone"],
  "an answer to what answers it": [
    aboutLists((list) => {
      const [one, other] = [mine(list), list.items.find((it) => it.metadata && it !== mine(list))];
      if (!other) return;
      one.commentOn = { id: other.id, slug: other.slug };
      other.commentOn = { id: one.id, slug: one.slug };
    }),
    "crosses",
  ],
  "a root whose root it is": [
    aboutLists((list) => {
      const [one, other] = [mine(list), list.items.find((it) => it.metadata && it !== mine(list))];
      if (!other) return;
      Object.assign(one, { root: { id: other.id, slug: other.slug }, quoteOf: { id: other.id, slug: other.slug } });
      Object.assign(other, { root: { id: one.id, slug: one.slug }, quoteOf: { id: one.id, slug: one.slug } });
    }),
    "crosses",
  ],
  "an answer to what is not there": [
    about((post) => (post.commentOn = { id: "999", slug: "none", __typename: "Post" })),
    "crosses",
  ],
  "a root that is itself": [about((post) => (post.root = { id: post.id, slug: post.slug })), "crosses"],
  "a quote of itself": [about((post) => (post.quoteOf = { id: post.id, slug: post.slug })), "crosses"],
  "another feed than was asked for": [
    about((post) => (post.feed = { ...post.feed, address: `0x${"66".repeat(20)}` })),
    "stays",
  ],
  "no feed": [about((post) => (post.feed = null)), "stays"],
  "words of ten megabytes": [about((post) => (post.metadata.content = `mallory ${"x".repeat(LONG)}`)), "gone"],
  "an attribute of ten megabytes": [
    about((post) => (post.metadata.attributes = [{ key: "x", value: "x".repeat(LONG) }])),
    "gone",
  ],
  "a hundred thousand attributes": [
    about((post) => (post.metadata.attributes = Array(100_000).fill({ key: "x", value: "y" }))),
    "gone",
  ],
  "a forged mark": [
    about((post) => (post.metadata.attributes = [{ key: "threadbridge.mark", value: "AAAAAAAA" }])),
    "crosses",
  ],
  "metadata of a kind that nobody knows": [
    about((post) => (post.metadata = { __typename: "FutureMetadata", id: "x" })),
    "stays",
  ],
  "metadata that is nothing": [about((post) => (post.metadata = null)), "stays"],
  "metadata in which everything has another type": [
    about((post) => (post.metadata = { __typename: "TextOnlyMetadata", id: 5, content: ["mallory"], attributes: "none" })),
    "stays",
  ],
  "words with zeros and controls": [
    about((post) => (post.metadata.content = `mallory\u0000\u0007\u001b[2J ${BIDI}`)),
    "either",
  ],
  "a username that is eve's, in other letters": [
    about((post) => (post.author.username = { value: "lens/еve", localName: "еve", namespace: `0x${"01".repeat(20)}` })),
    "crosses",
  ],
  "a name that is written backwards": [about((post) => (post.author.metadata = { name: BIDI, picture: null })), "crosses"],
  "a name of a megabyte": [
    about((post) => (post.author.metadata = { name: "n".repeat(1024 * 1024), picture: null })),
    "gone",
  ],
  "a name with line breaks, as if others spoke": [
    about((post) => (post.author.metadata = { name: "mallory\n\neve: hello", picture: null })),
    "crosses",
  ],
  "a picture that is a file of ours": [
    about((post) => (post.metadata = { ...post.metadata, __typename: "ImageMetadata", title: null, attachments: [], image: { __typename: "MediaImage", item: "file:///etc/passwd", altTag: null, imageType: "PNG" } })),
    "crosses",
  ],
  "a thousand attachments": [
    about((post) => {
      const one = { __typename: "MediaImage", item: "https://x.test/1.png", altTag: null, imageType: "PNG" };
      post.metadata = { ...post.metadata, __typename: "ArticleMetadata", title: null, attachments: Array(1000).fill(one) };
    }),
    "gone",
  ],
  "mentions of nothing, everywhere": [
    about((post) => {
      const mention = { __typename: "AccountMention", account: `0x${"05".repeat(20)}`, namespace: `0x${"01".repeat(20)}`, replace: { from: "", to: "m".repeat(500) } };
      post.mentions = Array(10_000).fill(mention);
    }),
    "gone",
  ],
  "mentions that overlap": [
    about((post) => {
      const mention = (from) => ({ __typename: "AccountMention", account: `0x${"05".repeat(20)}`, namespace: `0x${"01".repeat(20)}`, replace: { from, to: `${from}${from}` } });
      post.mentions = [mention("mallory"), mention("allor"), mention("llo")];
    }),
    "crosses",
  ],
  "more comments than there are numbers": [about((post) => (post.stats = { comments: 2 ** 53, reactions: -1 })), "gone"],
  "news of a kind that nobody knows": [aboutNews((count) => [{ __typename: "FutureNotification", id: `${count}` }]), "crosses"],
  "news that are nothing": [aboutNews(() => [null, 5, "news", [], {}]), "crosses"],
  "news of what is not there": [
    aboutNews((count) => [
      { __typename: "CommentNotification", id: `a${count}`, comment: { id: "../../x", slug: "x", root: null, feed: { address: `0x${"fe".repeat(20)}`, group: null } } },
      { __typename: "ReactionNotification", id: `b${count}`, post: { id: "99", slug: "", root: { id: "99" }, feed: null } },
    ]),
    "crosses",
  ],
  "ten thousand news": [
    aboutNews((count) => Array.from({ length: 10_000 }, (_, at) => ({ __typename: "MentionNotification", id: `${count} ${at}`, post: { id: `${at}`, slug: "", root: null, feed: { address: `0x${"fe".repeat(20)}`, group: null } } }))),
    "crosses",
  ],
  "content that is somewhere else each time": [
    about((post, tools) => {
      tools.count += 1;
      Object.assign(post, { isEdited: true, contentUri: `lens://${String(tools.count).padStart(64, "0")}` });
    }),
    "either",
  ],
  "a deletion that is taken back each time": [
    about((post, tools) => {
      tools.count += 1;
      post.isDeleted = tools.count % 2 === 0;
    }),
    "either",
  ],
};
