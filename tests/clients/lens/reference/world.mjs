// Accounts, feeds, groups, posts, reactions and transactions, as the schema shows them.
import { randomUUID } from "node:crypto";
import { keccak256, toHex } from "viem";
import { readMetadata } from "./metadata.mjs";

const address = (seed) => `0x${keccak256(toHex(seed)).slice(-40)}`;
const passed = (name) => ({ __typename: name, passed: true });
const POST_PASSED = "PostOperationValidationPassed";

/** The namespace of global usernames, and the feed of everybody. */
export const LENS = address("lens namespace");
export const GLOBAL_FEED = address("global feed");

export class World {
  accounts = new Map();
  feeds = new Map();
  groups = new Map();
  /** Newest last. */
  posts = [];
  transactions = new Map();
  notifications = [];
  /** How long a transaction is unknown, and how long it is pending, in milliseconds. */
  pace = { unknown: 20, pending: 40 };
  /** What the next writes end in, first come first served: `{kind, reason}`. */
  fates = [];
  #clock = 0;

  constructor({ app, grove }) {
    this.app = app.toLowerCase();
    this.grove = grove;
    this.feed(GLOBAL_FEED);
  }

  /** Strictly increasing, so that newest first is an order. */
  now() {
    this.#clock = Math.max(this.#clock + 1, Date.now());
    return new Date(this.#clock).toISOString();
  }

  /** What the next write of that kind ends in, if anything but itself. */
  fate(kind) {
    const at = this.fates.findIndex((it) => it.kind === kind);
    return at < 0 ? undefined : this.fates.splice(at, 1)[0];
  }

  account(of) {
    return this.accounts.get(of?.toLowerCase());
  }

  named(localName) {
    return [...this.accounts.values()].find((it) => it.name === localName);
  }

  addAccount({ address: at, owner, name, managers = [] }) {
    const lower = at.toLowerCase();
    const account = {
      address: lower,
      owner: owner.toLowerCase(),
      managers: new Set(managers.map((it) => it.toLowerCase())),
      name,
      isSignless: true,
      createdAt: this.now(),
      score: 5000,
      metadata: null,
      rules: { required: [], anyOf: [] },
      actions: [],
      isMemberOf: ({ request }) => this.groups.get(request.group?.toLowerCase())?.members.has(lower) ?? false,
      operations: (_arguments, { session }) => (session ? this.#accountOperations(lower) : null),
    };
    account.username = () => (name ? this.username(account) : null);
    this.accounts.set(lower, account);
    return account;
  }

  username({ address: at, owner, name, createdAt }) {
    return {
      id: `${LENS}-${name}`,
      value: `lens/${name}`,
      namespace: LENS,
      localName: name,
      linkedTo: at,
      ownedBy: owner,
      timestamp: createdAt,
      operations: null,
    };
  }

  #accountOperations(of) {
    const outcome = passed("AccountFollowOperationValidationPassed");
    const no = Object.fromEntries(
      ["isFollowedByMe", "isFollowingMe", "isMutedByMe", "isBlockedByMe", "hasBlockedMe", "hasReported", "canUnblock"].map(
        (key) => [key, false],
      ),
    );
    return { id: of, ...no, canBlock: true, canFollow: outcome, canUnfollow: outcome };
  }

  feed(at, group = null) {
    const lower = at.toLowerCase();
    if (!this.feeds.has(lower)) {
      const operations = { id: lower, canPost: passed("FeedOperationValidationPassed") };
      this.feeds.set(lower, {
        address: lower,
        createdAt: this.now(),
        metadata: null,
        owner: address("nobody"),
        operations: (_arguments, { session }) => (session ? operations : null),
        rules: { required: [], anyOf: [] },
        group,
      });
    }
    return this.feeds.get(lower);
  }

  addGroup({ address: at, feed, name, members = [] }) {
    const lower = at.toLowerCase();
    const group = {
      address: lower,
      timestamp: this.now(),
      metadata: { id: randomUUID(), name, description: null, icon: null, coverPicture: null },
      owner: address("nobody"),
      operations: (_arguments, { session }) => (session ? this.#groupOperations(group, session) : null),
      banningEnabled: false,
      membershipApprovalEnabled: false,
      rules: { required: [], anyOf: [] },
      members: new Map(members.map((it) => [it.toLowerCase(), this.now()])),
    };
    group.feed = this.feed(feed, group);
    this.groups.set(lower, group);
    return group;
  }

  #groupOperations(group, session) {
    const outcome = passed("GroupOperationValidationPassed");
    const can = Object.fromEntries(["canJoin", "canLeave", "canAddMember", "canRemoveMember"].map((it) => [it, outcome]));
    const isMember = group.members.has(session.account?.address);
    return { id: group.address, ...can, isMember, isBanned: false, hasRequestedMembership: false };
  }

  post(id) {
    return this.posts.find((it) => it.id === id || it.slug === id);
  }

  /** The content that a URI names, read by the official schemas. */
  async content(uri) {
    if (uri.startsWith("lens://")) {
      const file = this.grove.get(uri.slice("lens://".length));
      if (!file) throw new Error("nothing is stored there");
      if (!/^application\/json/.test(file.type ?? "")) throw new Error(`served as ${file.type}, not as JSON`);
      return readMetadata(JSON.parse(file.bytes.toString("utf8")));
    }
    if (!uri.startsWith("data:application/json")) throw new Error("cannot be fetched");
    return readMetadata(JSON.parse(await (await fetch(uri)).text()));
  }

  /** Adds a post that refers to others by `on`, `of` or `repostOf`. */
  async addPost({ author, contentUri, feed, on, of, app = this.app }) {
    const parent = on ?? of;
    const metadata = await this.content(contentUri);
    const id = BigInt(keccak256(toHex(`${author.address} ${this.posts.length}`))).toString();
    const post = {
      __typename: "Post",
      id,
      slug: BigInt(id).toString(36).slice(0, 16),
      author,
      isEdited: false,
      isDeleted: false,
      timestamp: this.now(),
      app: this.showApp(app),
      metadata,
      edits: [],
      root: on ? (on.root ?? on) : null,
      commentOn: on ?? null,
      quoteOf: of ?? null,
      actions: [],
      rules: { required: [], anyOf: [] },
      collectibleMetadata: { animationUrl: null, attributes: [], description: null, externalUrl: null, image: null, name: null },
      contentUri,
      feed: this.feed(feed ?? parent?.feed.address ?? GLOBAL_FEED),
      mentions: this.#mentions(metadata.content ?? ""),
      /** `account → {reaction, reactedAt}` */
      reactedBy: new Map(),
    };
    post.stats = () => this.#stats(post);
    post.operations = (_arguments, { session }) => (session ? this.#postOperations(post, session) : null);
    this.posts.push(post);
    if (on && on.author !== author) this.#notify(on.author, { __typename: "CommentNotification", comment: post });
    if (of && of.author !== author) this.#notify(of.author, { __typename: "QuoteNotification", quote: post });
    return post;
  }

  addRepost({ author, repostOf }) {
    const id = BigInt(keccak256(toHex(`${author.address} ${this.posts.length}`))).toString();
    const slug = BigInt(id).toString(36).slice(0, 16);
    const timestamp = this.now();
    const repost = { __typename: "Repost", id, slug, author, isDeleted: false, timestamp, app: this.showApp(this.app), repostOf, feed: repostOf.feed };
    this.posts.push(repost);
    const reposts = [{ repostId: id, repostedAt: timestamp, account: author }];
    if (author !== repostOf.author) this.#notify(repostOf.author, { __typename: "RepostNotification", reposts, post: repostOf });
    return repost;
  }

  async edit(post, contentUri) {
    const metadata = await this.content(contentUri);
    post.edits.push({ metadata: post.metadata, timestamp: post.editedAt ?? post.timestamp });
    post.editedAt = this.now();
    Object.assign(post, { metadata, contentUri, isEdited: true, mentions: this.#mentions(metadata.content ?? "") });
  }

  react(post, account, reaction) {
    const reactedAt = this.now();
    post.reactedBy.set(account.address, { reaction, reactedAt, app: this.app });
    const reactions = [{ account, reactions: [{ reaction, reactedAt, app: this.app }] }];
    if (account !== post.author) this.#notify(post.author, { __typename: "ReactionNotification", reactions, post });
  }

  #notify(account, notification) {
    this.notifications.push({ id: randomUUID(), to: account.address, ...notification });
  }

  #mentions(text) {
    return [...text.matchAll(/@lens\/([a-z0-9_-]+)/g)].flatMap(([from, local]) => {
      const account = this.named(local)?.address;
      return account ? [{ __typename: "AccountMention", account, namespace: LENS, replace: { from, to: `@${local}` } }] : [];
    });
  }

  #stats(post) {
    const count = (is) => this.posts.filter(is).length;
    return {
      bookmarks: 0,
      collects: 0,
      tips: 0,
      comments: count((it) => it.commentOn === post),
      quotes: count((it) => it.quoteOf === post),
      reposts: count((it) => it.repostOf === post),
      reactions: ({ request }) => [...post.reactedBy.values()].filter((it) => it.reaction === request.type).length,
    };
  }

  #postOperations(post, { account }) {
    const outcome = passed(POST_PASSED);
    const own = post.author === account ? outcome : { __typename: "PostOperationValidationFailed", reason: "not yours", unsatisfiedRules: null };
    const has = (is) => ({ optimistic: false, onChain: this.posts.some((it) => it.author === account && is(it)) });
    return {
      id: post.id,
      isNotInterested: false,
      hasBookmarked: false,
      hasReported: false,
      hasReacted: ({ request }) => {
        const mine = post.reactedBy.get(account?.address);
        return Boolean(mine && (!request?.type || request.type === mine.reaction));
      },
      canComment: outcome,
      canQuote: outcome,
      canRepost: outcome,
      hasCommented: has((it) => it.commentOn === post),
      hasQuoted: has((it) => it.quoteOf === post),
      hasReposted: has((it) => it.repostOf === post),
      canEdit: own,
      canDelete: own,
      canTip: false,
      canSimpleCollect: passed("SimpleCollectValidationPassed"),
      executedUnknownActionCount: 0,
      hasExecutedUnknownAction: false,
      simpleCollectCount: 0,
      hasSimpleCollected: false,
      postTipCount: 0,
      hasTipped: false,
      lastTip: null,
    };
  }

  showApp(at) {
    const none = ["graphAddress", "sponsorshipAddress", "defaultFeedAddress", "namespaceAddress", "treasuryAddress", "metadata"];
    return {
      ...Object.fromEntries(none.map((key) => [key, null])),
      address: at,
      verificationEnabled: false,
      createdAt: "2025-01-01T00:00:00.000Z",
      owner: address("nobody"),
      hasAuthorizationEndpoint: false,
    };
  }
}
