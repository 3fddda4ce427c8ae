// The fields of Query and Mutation that a bridge, or a person beside it, has any use for.
import { badInput, forbidden, unauthenticated } from "./fault.mjs";
import { page } from "./paging.mjs";
import { readMetadata } from "./metadata.mjs";
import { GLOBAL_FEED, LENS } from "./world.mjs";
import { madeBy, needed, status, transact } from "./writes.mjs";

const lower = (list) => list?.map((it) => it.toLowerCase());
const among = (list, value) => !list || list.length === 0 || list.includes(value);
const newest = (posts) => [...posts].reverse();

/** Exactly one of these has to be there, as the documentation of the schema says. */
function oneOf(request, names) {
  const given = names.filter((name) => request[name] !== undefined && request[name] !== null);
  if (given.length !== 1) throw badInput(`exactly one of ${names} is needed`);
  return given[0];
}

function member({ session }) {
  if (!session?.account) throw unauthenticated("log in to an account first");
  return session;
}

function typeOf(post) {
  if (post.__typename === "Repost") return "REPOST";
  if (post.commentOn) return "COMMENT";
  return post.quoteOf ? "QUOTE" : "ROOT";
}

export function roots({ world, login }) {
  const feedsOf = (feeds) => {
    if (feeds?.some((it) => it.app)) return undefined;
    return feeds?.map((it) => (it.globalFeed ? GLOBAL_FEED : it.feed.toLowerCase()));
  };
  const inFeeds = (feeds) => {
    const wanted = feedsOf(feeds);
    return (post) => among(wanted, post.feed.address);
  };
  const filtered = ({ feeds, authors, posts, postTypes, apps, metadata, searchQuery } = {}) => {
    const fits = inFeeds(feeds);
    const text = (post) => post.metadata?.content ?? "";
    return newest(world.posts).filter(
      (post) =>
        fits(post) &&
        among(lower(authors), post.author.address) &&
        among(posts, post.id) &&
        among(postTypes, typeOf(post)) &&
        among(lower(apps), post.app.address) &&
        among(metadata?.mainContentFocus, post.metadata?.mainContentFocus) &&
        (!searchQuery || text(post).includes(searchQuery)),
    );
  };
  const find = (id) => needed(world.post(id), "post");
  const own = (id, { account }) => {
    const post = find(id);
    if (post.author !== account) throw forbidden("not yours");
    return post;
  };
  const accountOf = (request) => {
    const by = oneOf(request, ["address", "username", "legacyProfileId", "txHash"]);
    if (by === "address") return world.account(request.address) ?? null;
    if (by !== "username") return null;
    const { localName, namespace } = request.username;
    // The schema's default is the test network's; whoever means ours says so, or takes the default.
    const isKnown = [LENS, "0xfbedc5c278cc01a843d161d5469202fe4edc99e4"].includes(namespace.toLowerCase());
    return (isKnown && world.named(localName)) || null;
  };

  const query = {
    health: () => true,
    maintenance: () => false,
    me: (_request, context) => {
      const { account, role, app } = member(context);
      const limit = { window: "DAY", allowanceLeft: 100, allowanceUsed: 0, allowance: 100 };
      const loggedInAs = role === "ACCOUNT_OWNER" ? owned(account) : managed(account);
      return { loggedInAs, isSignless: account.isSignless, isSponsored: true, appLoggedIn: app, limit };
    },
    account: accountOf,
    accountsBulk: ({ addresses, usernames, ownedBy }) => [
      ...(addresses ?? []).map((it) => world.account(it)),
      ...(usernames ?? []).map((username) => accountOf({ username })),
      ...[...world.accounts.values()].filter((it) => lower(ownedBy)?.includes(it.owner)),
    ].filter(Boolean),
    accounts: (request) => {
      const wanted = request.filter?.searchBy?.localNameQuery ?? "";
      const found = [...world.accounts.values()].filter((it) => it.name?.includes(wanted));
      return page(found, request, "accounts", (it) => it.address);
    },
    accountsAvailable: (request) => {
      const who = request.managedBy.toLowerCase();
      const all = [...world.accounts.values()];
      const found = [
        ...(request.includeOwned ? all.filter((it) => it.owner === who).map(owned) : []),
        ...all.filter((it) => it.managers.has(who)).map(managed),
      ];
      return page(found, request, "accountsAvailable", (it) => it.account.address + it.__typename);
    },
    lastLoggedInAccount: () => null,
    app: ({ app }) => (app?.toLowerCase() === world.app ? world.showApp(world.app) : null),
    currentSession: (_request, context) => login.show(needed(context.session, "session")),
    authenticatedSessions: (request, context) => page(login.sessionsOf(member(context).signer), request, "sessions"),
    feed: ({ feed }) => world.feeds.get(feed?.toLowerCase()) ?? null,
    group: ({ group }) => world.groups.get(group?.toLowerCase()) ?? null,
    groups: (request) => {
      const who = request.filter?.member?.toLowerCase();
      const found = [...world.groups.values()].filter((it) => !who || it.members.has(who));
      return page(found, request, "groups", (it) => it.address);
    },
    groupMembers: (request) => {
      const group = needed(world.groups.get(request.group.toLowerCase()), "group");
      const found = [...group.members].map(([at, joinedAt]) => ({ account: world.account(at), joinedAt, lastActiveAt: joinedAt }));
      return page(found, request, "groupMembers", (it) => it.account.address);
    },
    username: ({ username }) => {
      const account = username && accountOf({ username });
      return account ? world.username(account) : null;
    },
    usernames: (request) => {
      const { owner, linkedTo } = request.filter ?? {};
      const found = [...world.accounts.values()].filter(
        (it) => it.name && (!owner || it.owner === owner.toLowerCase()) && (!linkedTo || it.address === linkedTo.toLowerCase()),
      );
      return page(found.map((it) => world.username(it)), request, "usernames");
    },
    followStatus: ({ pairs }) =>
      pairs.map(({ account, follower, graph }) => ({
        graph: graph ?? LENS,
        account,
        follower,
        isFollowing: { optimistic: false, onChain: false },
      })),
    post: async (request) => {
      const by = oneOf(request, ["post", "legacyId", "txHash"]);
      if (by === "txHash") return (await madeBy(world, request.txHash)) ?? null;
      return by === "post" ? (world.post(request.post) ?? null) : null;
    },
    posts: (request) => page(filtered(request.filter), request, "posts"),
    postReferences: (request) => {
      const { referencedPost, referenceTypes, authors } = request;
      const target = find(referencedPost);
      const refers = {
        COMMENT_ON: (post) => post.commentOn === target,
        QUOTE_OF: (post) => post.quoteOf === target,
        REPOST_OF: (post) => post.repostOf === target,
      };
      const found = newest(world.posts).filter(
        (post) => referenceTypes.some((type) => refers[type](post)) && among(lower(authors), post.author.address),
      );
      return page(found, request, "postReferences");
    },
    postReactions: (request) => {
      const wanted = request.filter?.anyOf;
      const found = [...find(request.post).reactedBy]
        .filter(([, it]) => among(wanted, it.reaction))
        .map(([at, it]) => ({ account: world.account(at), reactions: [it] }));
      return page(found.reverse(), request, "postReactions", (it) => it.account.address);
    },
    postReactionStatus: ({ pairs, filter }) =>
      pairs.map(({ post, account }) => {
        const found = find(post).reactedBy.get(account.toLowerCase());
        return { postId: post, account, app: null, result: Boolean(found && among(filter?.anyOf, found.reaction)) };
      }),
    postEdits: (request) => page(newest(find(request.post).edits), request, "postEdits", (it) => it.timestamp),
    timeline: (request, context) => {
      member(context);
      const fits = inFeeds(request.filter?.feeds);
      const found = newest(world.posts).filter((post) => post.__typename === "Post" && fits(post));
      const items = found.map((primary) => ({ id: uuidOf(primary.id), primary, reposts: [], comments: [] }));
      return page(items, request, "timeline");
    },
    notifications: (request, context) => {
      const { account } = member(context);
      const wanted = request.filter?.notificationTypes;
      const found = newest(world.notifications).filter(
        (it) => it.to === account.address && among(wanted, NOTIFICATION[it.__typename]),
      );
      return page(found, request, "notifications");
    },
    transactionStatus: ({ txHash }) => status(world, txHash),
    debugMetadata: ({ json }) => {
      try {
        readMetadata(JSON.parse(json ?? "null"));
        return { valid: true, reason: null };
      } catch (error) {
        return { valid: false, reason: String(error.message) };
      }
    },
  };

  const mutation = {
    challenge: (request, context) => login.challenge(request, context),
    authenticate: (request) => login.authenticate(request),
    refresh: (request) => login.refresh(request),
    switchAccount: (request, context) => login.switchAccount(request, member(context)),
    revokeAuthentication: ({ authenticationId }, context) => {
      needed(context.session, "session");
      login.revoke(authenticationId);
      return "";
    },
    post: (request, context) => {
      const { account, app } = member(context);
      const on = request.commentOn && find(request.commentOn.post);
      const of = request.quoteOf && find(request.quoteOf.post);
      if (on && request.feed && request.feed.toLowerCase() !== on.feed.address) throw badInput("a comment stays in its post's feed");
      const { contentUri, feed } = request;
      return transact(world, "PostResponse", "FEED_POST_CREATED", () => world.addPost({ author: account, contentUri, feed, on, of, app: app.toLowerCase() }));
    },
    repost: ({ post }, context) => {
      const { account } = member(context);
      const repostOf = find(post);
      return transact(world, "PostResponse", "FEED_POST_CREATED", () => world.addRepost({ author: account, repostOf }));
    },
    editPost: ({ post, contentUri }, context) => {
      const edited = own(post, member(context));
      return transact(world, "PostResponse", "FEED_POST_EDITED", async () => {
        await world.edit(edited, contentUri);
        return edited;
      });
    },
    deletePost: ({ post }, context) => {
      const gone = own(post, member(context));
      if (gone.isDeleted) return { __typename: "TransactionWillFail", reason: "the post is deleted" };
      return transact(world, "DeletePostResponse", "FEED_POST_DELETED", () => {
        gone.isDeleted = true;
        return undefined;
      });
    },
    addReaction: ({ post, reaction }, context) => {
      const { account } = member(context);
      const fate = world.fate("AddReactionFailure");
      if (!fate || fate.isDone) world.react(find(post), account, reaction);
      if (fate) return { __typename: fate.kind, reason: fate.reason };
      return { __typename: "AddReactionResponse", success: true };
    },
    undoReaction: ({ post, reaction }, context) => {
      const { account } = member(context);
      const { reactedBy } = find(post);
      const fate = world.fate("UndoReactionFailure");
      const isSo = reactedBy.get(account.address)?.reaction === reaction;
      if (isSo && (!fate || fate.isDone)) reactedBy.delete(account.address);
      if (fate) return { __typename: fate.kind, reason: fate.reason };
      return { __typename: "UndoReactionResponse", success: true };
    },
    joinGroup: ({ group }, context) => {
      const { account } = member(context);
      const joined = needed(world.groups.get(group.toLowerCase()), "group");
      return transact(world, "JoinGroupResponse", "GROUP_MEMBER_JOINED", () => void joined.members.set(account.address, world.now()));
    },
    leaveGroup: ({ group }, context) => {
      const { account } = member(context);
      const left = needed(world.groups.get(group.toLowerCase()), "group");
      return transact(world, "LeaveGroupResponse", "GROUP_MEMBER_LEFT", () => void left.members.delete(account.address));
    },
  };
  return { query, mutation };
}

const NOTIFICATION = {
  CommentNotification: "COMMENTED",
  QuoteNotification: "QUOTED",
  ReactionNotification: "REACTED",
  RepostNotification: "REPOSTED",
};

const uuidOf = (id) => {
  const hex = BigInt(id).toString(16).padStart(64, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
};

const owned = (account) => ({ __typename: "AccountOwned", account, addedAt: account.createdAt });

function managed(account) {
  const permissions = { canExecuteTransactions: true, canTransferTokens: false, canTransferNative: false, canSetMetadataUri: true };
  return { __typename: "AccountManaged", account, permissions, addedAt: account.createdAt };
}

