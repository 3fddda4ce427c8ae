// Event streams, ids, confirmations.
import * as hub from "@farcaster/hub-nodejs";
import { must } from "../identity.mjs";
import { ALL_EVENTS } from "../reading.mjs";
import { equal, holds } from "../probing.mjs";
import { events as stored } from "./merging.mjs";

const SEQUENCES = 2 ** 14;

/** What a stream brings within `ms`. */
async function listen(client, request, ms) {
  const stream = must(await client.subscribe(request));
  const heard = [];
  stream.on("data", (event) => heard.push(event));
  const error = new Promise((tell) => stream.on("error", tell));
  const rest = new Promise((go) => setTimeout(go, ms));
  const failed = await Promise.race([error, rest]);
  stream.cancel();
  return { heard, failed };
}

export async function streams({ client, probes }) {
  await probes.check("no event types, no events", async () => {
    const { heard } = await listen(client, { eventTypes: [], shardIndex: 1, fromId: 0 }, 500);
    equal(heard.length, 0);
  });
  await probes.check("from_id is inclusive, heights have no gap, totals are right", async () => {
    const request = { eventTypes: ALL_EVENTS, shardIndex: 1, fromId: SEQUENCES };
    const { heard } = await listen(client, request, 1000);
    equal(heard[0].id, SEQUENCES, "first id");
    const blocks = new Map();
    for (const event of heard) {
      const height = Math.floor(event.id / SEQUENCES);
      equal(event.blockNumber, height, "height");
      if (!blocks.has(height)) {
        equal([event.type, event.id % SEQUENCES], [hub.HubEventType.BLOCK_CONFIRMED, 0], "first of a block");
        blocks.set(height, { total: event.blockConfirmedBody.totalEvents, seen: 0 });
      }
      blocks.get(height).seen += 1;
    }
    const heights = [...blocks.keys()];
    equal(heights, heights.map((_, i) => heights[0] + i), "heights");
    const last = heights.at(-1);
    for (const [height, { total, seen }] of blocks) if (height !== last) equal(seen, total, `block ${height}`);
  });
  await probes.check("a replayed event is the same as the stored one", async () => {
    const kept = await stored(client, 2);
    const request = { eventTypes: ALL_EVENTS, shardIndex: 2, fromId: kept[5].id };
    const { heard } = await listen(client, request, 500);
    equal([heard[0].id, heard[0].timestamp], [kept[5].id, kept[5].timestamp]);
  });
  await probes.check("ids of shards collide", async () => {
    const ids = new Set((await stored(client, 1)).map((event) => event.id));
    holds((await stored(client, 2)).some((event) => ids.has(event.id)), "no id is on both");
  });
  for (const shardIndex of [0, 9]) {
    await probes.check(`shard ${shardIndex} cannot be subscribed`, async () => {
      const { failed } = await listen(client, { eventTypes: ALL_EVENTS, shardIndex }, 1000);
      holds(failed, "no error");
      equal([failed.code, failed.details], [2, "invalid_internal_state/Invalid shard id"]);
    });
  }
  await probes.check("GetCast of nothing has a status and no code of its own", async () => {
    const answer = await client.getCast({ fid: 1, hash: new Uint8Array(20) });
    holds(answer.isErr(), "found");
    holds(answer.error.message.includes("cast not found"), answer.error.message);
  });
}
