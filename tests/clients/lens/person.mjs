// A person on Lens who uses nothing but the official clients. See ../README.md.
import { createInterface } from "node:readline";
import { evmAddress, postId } from "@lens-protocol/client";
import * as lens from "@lens-protocol/client/actions";
import { flagsOf, keepConsoleAway, say } from "./lines.mjs";
import { groveClient, hashOf, lensClient, login, must, pages, walletOf } from "./official.mjs";
import { show, showNotification } from "./reading.mjs";
import { Writer, insist } from "./writing.mjs";

keepConsoleAway();
const usage = "person.mjs --api URL --grove URL --app ADDRESS --account ADDRESS --key HEX [--manager] [--origin URL]";
const flags = flagsOf(usage, ["api", "grove", "app", "account", "key"], ["origin", "api-key"], ["manager"]);
const wallet = walletOf(flags.key);
const client = lensClient({ api: flags.api, origin: flags.origin, apiKey: flags["api-key"] });
const grove = groveClient({ grove: flags.grove });
const account = evmAddress(flags.account);

let session;
let writer;
let watching;

/** Whom the person reads as: themself, or nobody once they are logged out. */
const reader = () => session ?? client;

function member() {
  if (!session) throw new Error("not logged in");
  return session;
}

async function enter({ account: as = account, manager = flags.manager, attempts = 1 } = {}) {
  const who = { app: evmAddress(flags.app), account: evmAddress(as), wallet, isManager: manager };
  session = await insist(() => login(client, who), attempts);
  writer = new Writer({ session, grove, account: evmAddress(as) });
  return { account: as, signer: wallet.address };
}

/** An operation that is a transaction and changes nothing if it is made twice. */
async function settled({ attempts }, act) {
  return insist(async () => {
    const hash = hashOf(await must(act(member())));
    await must(session.waitForTransaction(hash));
    return { hash };
  }, attempts);
}

/** Reacts, or no longer. What is so already, perhaps by an answer that was lost, is as good as done. */
async function reacts({ post, reaction = "UPVOTE", attempts }, act, wanted) {
  const request = { post: postId(post), reaction };
  const answer = await insist(() => must(act(member(), request)), attempts);
  if (answer.success) return {};
  const asked = { pairs: [{ post: postId(post), account }], filter: { anyOf: [reaction] } };
  const [status] = await insist(() => must(lens.fetchPostReactionStatus(member(), asked)), attempts);
  if (status?.result === wanted) return {};
  throw Object.assign(new Error(answer.reason), { code: answer.__typename });
}

/** Deletes. What is gone already, perhaps by an answer that was lost, cannot be deleted again. */
async function deletes(command) {
  const post = postId(command.post);
  try {
    return await settled(command, (by) => lens.deletePost(by, { post }));
  } catch (error) {
    const found = await insist(() => must(lens.fetchPost(reader(), { post })), command.attempts);
    if (found?.isDeleted) return {};
    throw error;
  }
}

const feedFilter = ({ feed }) => ({ feeds: [feed ? { feed: evmAddress(feed) } : { globalFeed: true }] });

async function posts(filter) {
  return pages((page) => lens.fetchPosts(reader(), { filter, ...page }));
}

async function below(post) {
  const request = { referencedPost: postId(post), referenceTypes: ["COMMENT_ON"] };
  const found = await pages((page) => lens.fetchPostReferences(reader(), { ...request, ...page }));
  return found.reverse();
}

/** A post and everything below it, level by level, oldest first. */
async function thread(root) {
  const first = await must(lens.fetchPost(reader(), { post: postId(root) }));
  const found = new Map(first ? [[first.id, first]] : []);
  let level = [root];
  while (level.length > 0) {
    const answers = (await Promise.all(level.map(below))).flat().filter((it) => !found.has(it.id));
    answers.forEach((it) => found.set(it.id, it));
    level = answers.filter((it) => it.stats.comments > 0).map((it) => it.id);
  }
  return [...found.values()];
}

/** Tells of each post of a feed that was not there before, oldest first, and of what was changed. */
async function watch({ feed, every = 100 }) {
  watching?.abort();
  watching = new AbortController();
  const { signal } = watching;
  const seen = new Map();
  const look = async () => {
    try {
      const found = await posts(feedFilter({ feed }));
      for (const shown of found.reverse().map(show)) {
        const state = JSON.stringify([shown.metadata, shown.uri, shown.deleted, shown.upvotes]);
        if (signal.aborted || seen.get(shown.id) === state) continue;
        say({ event: seen.has(shown.id) ? "changed" : "post", post: shown });
        seen.set(shown.id, state);
      }
    } catch (error) {
      say({ event: "broken", error: String(error.message) });
    }
    if (!signal.aborted) setTimeout(look, every);
  };
  await look();
  return {};
}

const commands = {
  login: enter,
  async logout({ attempts }) {
    await insist(() => must(member().logout()), attempts);
    session = undefined;
    return {};
  },
  async me() {
    const me = await must(lens.fetchMeDetails(member()));
    return { account: me.loggedInAs.account.address, as: me.loggedInAs.__typename, signless: me.isSignless };
  },
  async upload(command) {
    return { uri: await writer.upload(command, command.attempts) };
  },
  async post(command) {
    member();
    return { post: show(await writer.writes(command)) };
  },
  comment: (command) => commands.post(command),
  quote: (command) => commands.post(command),
  async edit(command) {
    member();
    return { post: show(await writer.edits(command)) };
  },
  delete: deletes,
  repost: (command) => settled(command, (by) => lens.repost(by, { post: postId(command.of) })),
  react: (command) => reacts(command, lens.addReaction, true),
  unreact: (command) => reacts(command, lens.undoReaction, false),
  join: (command) => settled(command, (by) => lens.joinGroup(by, { group: evmAddress(command.group) })),
  leave: (command) => settled(command, (by) => lens.leaveGroup(by, { group: evmAddress(command.group) })),
  async get({ post }) {
    const found = await must(lens.fetchPost(reader(), { post: postId(post) }));
    return found ? { found: true, post: show(found) } : { found: false };
  },
  /** The newest page of a feed. */
  async recent(command) {
    const request = { filter: feedFilter(command) };
    const { items } = await insist(() => must(lens.fetchPosts(reader(), request)), command.attempts);
    return { posts: [...items].reverse().map(show) };
  },
  async feed(command) {
    const found = await insist(() => posts(feedFilter(command)), command.attempts);
    return { posts: found.reverse().map(show) };
  },
  async thread({ post, attempts }) {
    return { posts: (await insist(() => thread(post), attempts)).map(show) };
  },
  async timeline() {
    const found = await pages((page) => lens.fetchTimeline(member(), { account, ...page }));
    return { posts: found.reverse().map((item) => show(item.primary)) };
  },
  async notifications({ types }) {
    const filter = { includeLowScore: true, timeBasedAggregation: false, ...(types && { notificationTypes: types }) };
    const found = await pages((page) => lens.fetchNotifications(member(), { filter, ...page }));
    return { notifications: found.map(showNotification) };
  },
  async reactions({ post }) {
    const ask = (page) => lens.fetchPostReactions(reader(), { post: postId(post), ...page });
    const found = await pages(ask, (it) => it.account.address);
    return {
      reactions: found.flatMap((it) =>
        it.reactions.map(({ reaction }) => ({ by: it.account.address.toLowerCase(), reaction })),
      ),
    };
  },
  async edits({ post }) {
    const ask = (page) => lens.fetchPostEdits(reader(), { post: postId(post), ...page });
    const found = await pages(ask, (it) => it.timestamp + it.metadata.id);
    return { edits: found.map((it) => ({ text: it.metadata.content, timestamp: it.timestamp })) };
  },
  async account({ address, name }) {
    const request = address ? { address: evmAddress(address) } : { username: { localName: name } };
    const found = await must(lens.fetchAccount(reader(), request));
    return { found: Boolean(found), owner: found?.owner, address: found?.address, name: found?.username?.value };
  },
  async fetch({ uri }) {
    const response = await fetch(grove.resolve(uri));
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get("content-type"), base64: bytes.toString("base64") };
  },
  watch,
  async unwatch() {
    watching?.abort();
    return {};
  },
};

async function obey(line) {
  let command;
  try {
    command = JSON.parse(line);
  } catch {
    return say({ ok: false, error: "not JSON" });
  }
  const { id, do: verb } = command;
  const act = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (!act) return say({ id, ok: false, error: `unknown command: ${verb}` });
  try {
    say({ id, ok: true, ...(await act(command)) });
  } catch (error) {
    const { code, name } = error;
    say({ id, ok: false, code: code ?? name, error: String(error.message ?? error) });
  }
}

say({ event: "ready", account: flags.account, signer: wallet.address });

// One command after the other, so that posts are made in the order in which they were asked.
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) await obey(line);
}
watching?.abort();
process.exit(0);
