// A person on Farcaster who uses nothing but the official client. See ../README.md.
import * as hub from "@farcaster/hub-nodejs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { privateKeyToAccount } from "viem/accounts";
import { NETWORK, hex, must, nameProof, register, signerOf, unhex, until } from "./identity.mjs";
import { ALL_EVENTS, pages, show, tree } from "./reading.mjs";
import { watch } from "./watching.mjs";

const { ReactionType, UserDataType, CastType } = hub;

const { values: flags } = parseArgs({
  options: { hub: { type: "string" }, fid: { type: "string" }, seed: { type: "string" } },
});
if (!flags.hub || !flags.fid) {
  console.error("usage: person.mjs --hub ADDRESS --fid NUMBER [--seed HEX]");
  process.exit(2);
}
const fid = Number(flags.fid);
const signer = signerOf(fid, flags.seed);
const limits = {
  "grpc.max_receive_message_length": 20 * 1024 * 1024,
  // A hub that was killed comes back soon.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
};
const client = hub.getInsecureHubRpcClient(flags.hub, limits);

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

let lastTimestamp = 0;
let watching;

// A block orders by whole seconds, so each message is dated a second after the last one.
function dated(at) {
  const now = Math.floor(Date.now() / 1000) - 1609459200;
  const timestamp = at ?? Math.min(Math.max(now, lastTimestamp + 1), now + 500);
  lastTimestamp = Math.max(lastTimestamp, timestamp);
  return { fid, network: NETWORK, timestamp };
}

/** The Ethereum key that is 32 times that byte. */
/** A wallet by its key, or by the byte of which its key is made. */
const accountOf = (key) =>
  privateKeyToAccount(typeof key === "string" ? key : `0x${String(key).padStart(2, "0").repeat(32)}`);
const walletOf = (byte) => new hub.ViemLocalEip712Signer(accountOf(byte));

const castId = ({ fid, hash }) => ({ fid, hash: unhex(hash) });
const embedOf = (embed) => (embed.url ? { url: embed.url } : { castId: castId(embed) });

// Sends the same bytes again while the hub cannot be reached, and takes «already there» for sent.
async function submit(made, { attempts = 1 } = {}) {
  const message = must(made);
  for (let attempt = 1; ; attempt += 1) {
    const result = await client.submitMessage(message);
    if (result.isOk()) break;
    const { errCode } = result.error;
    if (errCode === "bad_request.duplicate") break;
    if (attempt >= attempts || String(errCode).startsWith("bad_request")) throw result.error;
    await new Promise((go) => setTimeout(go, 100));
  }
  return { fid, hash: hex(message.hash), timestamp: message.data.timestamp };
}

async function confirmed(command, made) {
  const sent = await submit(made, command);
  if (command.confirm) {
    await until("inclusion", async () => (await client.getCast(castId(sent))).isOk());
  }
  return sent;
}

function castBody(command, type) {
  return {
    text: command.text ?? "",
    mentions: command.mentions ?? [],
    mentionsPositions: command.positions ?? [],
    embeds: (command.embeds ?? []).map(embedOf),
    embedsDeprecated: [],
    type,
    ...(command.parent?.hash && { parentCastId: castId(command.parent) }),
    ...(command.parent?.url && { parentUrl: command.parent.url }),
  };
}

function reactionBody(type, target) {
  return target.url ? { type, targetUrl: target.url } : { type, targetCastId: castId(target) };
}

const react = (make, type) => async (command) =>
  submit(await make(reactionBody(type, command.target), dated(command.at), signer), command);

async function setProfile(command) {
  const fields = {
    pfp: UserDataType.PFP,
    display: UserDataType.DISPLAY,
    bio: UserDataType.BIO,
    url: UserDataType.URL,
    username: UserDataType.USERNAME,
  };
  for (const [name, type] of Object.entries(fields)) {
    if (command[name] === undefined) continue;
    const body = { type, value: command[name] };
    await submit(await hub.makeUserDataAdd(body, dated(), signer), command);
  }
  return {};
}

async function startWatching({ shards, from = {}, mode = "stream", types = ALL_EVENTS }) {
  watching?.abort();
  watching = new AbortController();
  const { signal } = watching;
  const known = shards ?? Array.from({ length: must(await client.getInfo({})).numShards }, (_, i) => i + 1);
  for (const shard of known) {
    const start = typeof from === "number" ? from : from[shard];
    void watch({ client, shard, from: start, mode, types, say, signal });
  }
  return { shards: known };
}

const commands = {
  async register({ units, name, pro, display, pfp, bio, wallet }) {
    const admin = await hub.getAdminRpcClient(flags.hub);
    const custody = wallet && must(await walletOf(wallet).getSignerKey());
    const key = await register({ client, admin, fid, signer, units, name, isPro: pro, custody });
    await setProfile({ username: name, display, pfp, bio });
    return { fid, signer: hex(key) };
  },
  async name({ name }) {
    const admin = await hub.getAdminRpcClient(flags.hub);
    must(await admin.submitUserNameProof(nameProof(fid, name)));
    return {};
  },
  profile: setProfile,
  async cast(command) {
    const body = castBody(command, CastType.CAST);
    return confirmed(command, await hub.makeCastAdd(body, dated(command.at), signer));
  },
  async longcast(command) {
    const body = castBody(command, command.ten_k ? CastType.TEN_K_CAST : CastType.LONG_CAST);
    return confirmed(command, await hub.makeCastAdd(body, dated(command.at), signer));
  },
  async remove(command) {
    const body = { targetHash: unhex(command.hash) };
    return submit(await hub.makeCastRemove(body, dated(command.at), signer), command);
  },
  like: react(hub.makeReactionAdd, ReactionType.LIKE),
  unlike: react(hub.makeReactionRemove, ReactionType.LIKE),
  recast: react(hub.makeReactionAdd, ReactionType.RECAST),
  unrecast: react(hub.makeReactionRemove, ReactionType.RECAST),
  async verify(command) {
    const wallet = walletOf(command.wallet);
    const address = must(await wallet.getSignerKey());
    const blockHash = new Uint8Array(32).fill(4);
    const claim = must(
      hub.makeVerificationAddressClaim(fid, address, NETWORK, blockHash, hub.Protocol.ETHEREUM),
    );
    const claimSignature = must(await wallet.signVerificationEthAddressClaim(claim));
    const body = { address, claimSignature, blockHash, verificationType: 0, chainId: 0, protocol: 0 };
    await submit(await hub.makeVerificationAddEthAddress(body, dated(), signer), command);
    return { address: hex(address) };
  },
  async unverify(command) {
    const address = must(await walletOf(command.wallet).getSignerKey());
    const body = { address, protocol: hub.Protocol.ETHEREUM };
    await submit(await hub.makeVerificationRemove(body, dated(), signer), command);
    return { address: hex(address) };
  },
  async oldest({ shard }) {
    const page = must(await client.getEvents({ startId: 0, shardIndex: shard, pageSize: 1 }));
    return { height: Math.floor((page.events[0]?.id ?? 0) / 2 ** 14) };
  },
  async sign({ wallet, typed }) {
    const { EIP712Domain, ...types } = typed.types;
    return { signature: await accountOf(wallet).signTypedData({ ...typed, types }) };
  },
  async signers({ fid: person = fid }) {
    const answer = must(await client.getSignersByFid({ fid: person, requesterFids: [] }));
    const shown = ({ key, scopes, ttl, requestFid }) => ({ key: hex(key), scopes, ttl, requestFid });
    return { signers: answer.signers.map(shown) };
  },
  async get({ fid, hash }) {
    const found = await client.getCast(castId({ fid, hash }));
    return found.isOk() ? { found: true, cast: show(found.value) } : { found: false };
  },
  async thread({ fid, hash }) {
    return { casts: (await tree(client, castId({ fid, hash }))).map(show) };
  },
  async channel({ url }) {
    const casts = await pages((page) => client.getCastsByParent({ parentUrl: url, ...page }));
    return { casts: casts.map(show) };
  },
  async casts({ fid: author = fid }) {
    return { casts: (await pages((page) => client.getCastsByFid({ fid: author, ...page }))).map(show) };
  },
  async reactions({ target, type }) {
    const body = reactionBody(type === "recast" ? ReactionType.RECAST : ReactionType.LIKE, target);
    const { type: reactionType, ...rest } = body;
    const found = await pages((page) => client.getReactionsByTarget({ ...rest, reactionType, ...page }));
    return { reactions: found.map(show) };
  },
  async who({ fid: person = fid }) {
    const found = await pages((page) => client.getUserDataByFid({ fid: person, ...page }));
    return { profile: found.map((message) => show(message).user_data) };
  },
  async storage({ fid: person = fid }) {
    const answer = must(await client.getCurrentStorageLimitsByFid({ fid: person }));
    return { limits: answer.limits.map(({ name, limit, used }) => ({ name, limit, used })) };
  },
  watch: startWatching,
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
    say({ id, ok: false, code: error.errCode, error: String(error.message ?? error) });
  }
}

say({ event: "ready", fid, signer: hex(must(await signer.getSignerKey())) });

// One command after the other, so that casts are submitted in the order in which they were asked.
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) await obey(line);
}
watching?.abort();
client.close();
process.exit(0);
