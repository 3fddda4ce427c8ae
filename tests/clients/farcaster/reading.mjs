// What a person reads: casts as plain JSON, lists in pages, trees, events.
import * as hub from "@farcaster/hub-nodejs";
import { hex } from "./identity.mjs";

const { HubEventType, MessageType, Message } = hub;

const EVENT_NAMES = {
  [HubEventType.MERGE_MESSAGE]: "merge",
  [HubEventType.PRUNE_MESSAGE]: "prune",
  [HubEventType.REVOKE_MESSAGE]: "revoke",
  [HubEventType.MERGE_USERNAME_PROOF]: "name",
  [HubEventType.MERGE_ON_CHAIN_EVENT]: "onchain",
  [HubEventType.MERGE_FAILURE]: "failure",
  [HubEventType.BLOCK_CONFIRMED]: "block",
};

export const ALL_EVENTS = Object.keys(EVENT_NAMES).map(Number);

const target = (body) =>
  body.targetCastId
    ? { fid: body.targetCastId.fid, hash: hex(body.targetCastId.hash) }
    : { url: body.targetUrl };

/** A message as a person sees it. */
export function show(message) {
  const { data } = message;
  const shown = {
    type: (MessageType[data.type] ?? String(data.type)).toLowerCase(),
    fid: data.fid,
    hash: hex(message.hash),
    timestamp: data.timestamp,
    signer: hex(message.signer),
  };
  const cast = data.castAddBody;
  if (cast) {
    shown.text = cast.text;
    shown.mentions = cast.mentions;
    shown.positions = cast.mentionsPositions;
    shown.embeds = cast.embeds.map((embed) =>
      embed.castId ? { fid: embed.castId.fid, hash: hex(embed.castId.hash) } : { url: embed.url },
    );
    shown.cast_type = cast.type;
    if (cast.parentCastId) {
      shown.parent = { fid: cast.parentCastId.fid, hash: hex(cast.parentCastId.hash) };
    }
    if (cast.parentUrl !== undefined) shown.parent = { url: cast.parentUrl };
  }
  if (data.castRemoveBody) shown.target = { fid: data.fid, hash: hex(data.castRemoveBody.targetHash) };
  if (data.reactionBody) {
    shown.reaction = data.reactionBody.type === 1 ? "like" : "recast";
    shown.target = target(data.reactionBody);
  }
  if (data.userDataBody) shown.user_data = { ...data.userDataBody };
  if (data.linkBody) shown.link = { ...data.linkBody };
  return shown;
}

/** Reads a list to its end: the tokens of lists over several shards never end by themselves. */
export async function pages(ask) {
  const seen = new Map();
  let pageToken;
  for (;;) {
    const response = await ask({ pageSize: 100, ...(pageToken && { pageToken }) });
    if (response.isErr()) throw response.error;
    const before = seen.size;
    for (const message of response.value.messages) seen.set(hex(message.hash), message);
    const token = response.value.nextPageToken;
    const isOver = !token?.length || seen.size === before || isSpent(token);
    if (isOver) return [...seen.values()];
    pageToken = token;
  }
}

function isSpent(token) {
  try {
    const entries = JSON.parse(Buffer.from(token).toString());
    return Array.isArray(entries) && entries.every((entry) => entry === null);
  } catch {
    return false;
  }
}

/** Everything under a cast, level by level; the root first, where it is still there. */
export async function tree(client, root) {
  const casts = [];
  const first = await client.getCast(root);
  if (first.isOk()) casts.push(first.value);
  let level = [root];
  while (level.length > 0) {
    const below = [];
    for (const parent of level) {
      const replies = await pages((page) =>
        client.getCastsByParent({ parentCastId: parent, ...page }),
      );
      replies.sort((a, b) => a.data.timestamp - b.data.timestamp || Buffer.compare(a.hash, b.hash));
      for (const reply of replies) {
        casts.push(reply);
        below.push({ fid: reply.data.fid, hash: reply.hash });
      }
    }
    level = below;
  }
  return casts;
}

/** An event as one line. */
export function showEvent(event) {
  const shown = {
    event: EVENT_NAMES[event.type] ?? String(event.type),
    shard: event.shardIndex,
    seq: event.id,
    height: event.blockNumber,
  };
  const message =
    event.mergeMessageBody?.message ??
    event.pruneMessageBody?.message ??
    event.revokeMessageBody?.message ??
    event.mergeFailure?.message;
  if (message) shown.message = show(withData(message));
  if (event.mergeMessageBody) {
    shown.deleted = event.mergeMessageBody.deletedMessages.map((old) => show(withData(old)));
    if (/remove$/.test(shown.message.type)) shown.event = "remove";
  }
  if (event.mergeFailure) {
    shown.code = event.mergeFailure.code;
    shown.reason = event.mergeFailure.reason;
  }
  if (event.blockConfirmedBody) shown.total = event.blockConfirmedBody.totalEvents;
  if (event.mergeOnChainEventBody) shown.fid = event.mergeOnChainEventBody.onChainEvent.fid;
  if (event.mergeUsernameProofBody?.usernameProof) {
    const proof = event.mergeUsernameProofBody.usernameProof;
    shown.fid = proof.fid;
    shown.name = Buffer.from(proof.name).toString();
  }
  return shown;
}

function withData(message) {
  if (message.data) return message;
  return Message.fromPartial({ ...message, data: hub.MessageData.decode(message.dataBytes) });
}
