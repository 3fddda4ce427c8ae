// Duplicates, conflicts, removals, pruning.
import * as hub from "@farcaster/hub-nodejs";
import { hex, must, until } from "../identity.mjs";
import { pages } from "../reading.mjs";
import { equal, holds, refused } from "../probing.mjs";

export async function merging({ client, probes, person }) {
  const carol = await person(1201);
  const isThere = (hash) => async () => (await client.getCast({ fid: carol.fid, hash })).isOk();
  const shard = await shardOf(client, carol.fid);

  await probes.check("a duplicate, waiting and merged", async () => {
    const message = await carol.cast({ text: "once" });
    must(await carol.submit(message));
    const again = await carol.submit(message);
    holds(again.isErr() && again.error.errCode === "bad_request.duplicate", "was taken twice");
    await until("cast", isThere(message.hash));
    refused(await carol.submit(message), "message has already been merged", "bad_request.duplicate");
  });
  await probes.check("a removal takes its cast along, and it cannot come back", async () => {
    const message = await carol.cast({ text: "gone" });
    must(await carol.submit(message));
    await until("cast", isThere(message.hash));
    const removal = await hub.makeCastRemove({ targetHash: message.hash }, carol.dated(), carol.signer);
    must(await client.submitMessage(must(removal)));
    await until("removal", async () => !(await isThere(message.hash)()));
    refused(await carol.submit(message), "message conflicts with a more recent remove", "bad_request.conflict");
    const merged = await events(client, shard);
    const event = merged.find(
      (event) => hex(event.mergeMessageBody?.message?.hash ?? []) === hex(removal.value.hash),
    );
    equal(event.mergeMessageBody.deletedMessages.map((old) => hex(old.hash)), [hex(message.hash)]);
  });
  await probes.check("a cast that races its removal: OK for both, then MERGE_FAILURE", async () => {
    let failures = [];
    for (let turn = 0; turn < 40 && failures.length === 0; turn += 1) {
      const message = await carol.cast({ text: `race ${turn}` });
      const removal = must(
        await hub.makeCastRemove({ targetHash: message.hash }, { ...carol.dated(), timestamp: hub.MessageData.decode(message.dataBytes).timestamp }, carol.signer),
      );
      const results = await Promise.all([carol.submit(message), client.submitMessage(removal)]);
      if (results.some((result) => result.isErr())) continue;
      await new Promise((go) => setTimeout(go, 250));
      const all = await events(client, shard);
      failures = all.filter((event) => event.type === hub.HubEventType.MERGE_FAILURE);
    }
    equal(failures[0]?.mergeFailure.code, "bad_request.conflict", "code");
    equal(failures[0].mergeFailure.reason, "message conflicts with a more recent remove", "reason");
  });
  await probes.check("likes: the last one counts", async () => {
    const target = { fid: 1, hash: new Uint8Array(20).fill(5) };
    const body = { type: hub.ReactionType.LIKE, targetCastId: target };
    const at = carol.dated().timestamp;
    const make = (build, timestamp) => build(body, { ...carol.dated(), timestamp }, carol.signer);
    const asked = { fid: carol.fid, reactionType: 1, targetCastId: target };
    const liked = async () => (await client.getReaction(asked)).isOk();
    must(await client.submitMessage(must(await make(hub.makeReactionAdd, at))));
    await until("like", liked);
    must(await client.submitMessage(must(await make(hub.makeReactionRemove, at + 1))));
    await until("unlike", async () => !(await liked()));
    const late = await client.submitMessage(must(await make(hub.makeReactionAdd, at)));
    refused(late, "message conflicts with a more recent remove", "bad_request.conflict");
  });
  await probes.check("one 2025 unit holds 100 casts; the oldest are pruned", async () => {
    const dora = await person(1202);
    const start = dora.dated().timestamp - 1000;
    const casts = [];
    for (let i = 0; i < 130; i += 1) casts.push(await dora.cast({ text: `cast ${i}` }, start + i));
    for (const cast of casts) must(await dora.submit(cast));
    const home = await shardOf(client, dora.fid);
    const pruned = await until("pruning", async () => {
      const all = await events(client, home);
      const found = all.filter((event) => event.pruneMessageBody?.message?.data.fid === dora.fid);
      return found.length >= 30 && found;
    });
    equal(pruned.length, 30, "prunings");
    equal(hex(pruned[0].pruneMessageBody.message.hash), hex(casts[0].hash), "the first to go");
    const left = await pages((page) => client.getCastsByFid({ fid: dora.fid, ...page }));
    equal(left.length, 100, "what is left");
  });
  await probes.check("a username must be owned", async () => {
    const body = { type: hub.UserDataType.USERNAME, value: "not-mine" };
    const made = must(await hub.makeUserDataAdd(body, carol.dated(), carol.signer));
    refused(await client.submitMessage(made), "fname is not registered for fid");
  });
}

/** Every event that a shard still keeps. */
export async function events(client, shardIndex) {
  const all = [];
  for (let startId = 0; ; ) {
    const page = must(await client.getEvents({ startId, shardIndex, pageSize: 1000 }));
    all.push(...page.events);
    if (page.events.length < 1000) return all;
    startId = page.events.at(-1).id + 1;
  }
}

/** The shard on which a fid lives. */
export async function shardOf(client, fid) {
  for (const shardId of [1, 2]) {
    if (must(await client.getFids({ shardId, pageSize: 1000 })).fids.includes(fid)) return shardId;
  }
  throw new Error(`fid ${fid} is on no shard`);
}
