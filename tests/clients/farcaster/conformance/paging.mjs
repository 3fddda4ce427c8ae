// Lists: tokens that never end, shards one after the other, prefixes that collide.
import { must, until } from "../identity.mjs";
import { equal, holds } from "../probing.mjs";
import { shardOf } from "./merging.mjs";

export async function paging({ client, probes, person }) {
  // Somebody on each shard.
  const home = new Map();
  for (let fid = 1401; home.size < 2; fid += 1) {
    const somebody = await person(fid);
    const shard = await shardOf(client, fid);
    if (!home.has(shard)) home.set(shard, somebody);
  }
  const say = async (shard, url, text) => {
    const author = home.get(shard);
    const cast = await author.cast({ text, parentUrl: url });
    must(await author.submit(cast));
    const id = { fid: author.fid, hash: cast.hash };
    await until("cast", async () => (await client.getCast(id)).isOk());
  };
  const page = async (parentUrl, fields) => must(await client.getCastsByParent({ parentUrl, ...fields }));
  const token = (response) => Buffer.from(response.nextPageToken ?? "").toString();

  await probes.check("pages over shards, and a token that starts over", async () => {
    const url = "https://x.test/c/paged";
    for (let i = 0; i < 3; i += 1) for (const shard of [1, 2]) await say(shard, url, `${shard}.${i}`);
    let pageToken;
    for (let turn = 1; turn <= 3; turn += 1) {
      const response = await page(url, { pageSize: 1, pageToken });
      equal(response.messages.length, 2, `page ${turn}`);
      pageToken = response.nextPageToken;
      holds(JSON.parse(token(response)).every((entry) => entry !== null), "ended too early");
    }
    const fourth = await page(url, { pageSize: 1, pageToken });
    equal([fourth.messages.length, token(fourth)], [0, "[null,null]"], "page 4");
    const again = await page(url, { pageSize: 1, pageToken: fourth.nextPageToken });
    equal(again.messages.length, 2, "after the end");
  });
  await probes.check("a longer URL hides a shard's casts, without an error", async () => {
    const [url, longer] = ["https://x.test/c/a", "https://x.test/c/abcdefgh"];
    for (let i = 0; i < 3; i += 1) for (const shard of [1, 2]) await say(shard, url, `${shard}.${i}`);
    equal((await page(url, { pageSize: 100 })).messages.length, 6, "before");
    await say(1, longer, "hides");
    const left = (await page(url, { pageSize: 100 })).messages;
    equal(left.map((message) => message.data.fid), Array(3).fill(home.get(2).fid), "after");
    equal((await page(url, { pageSize: 1 })).messages.length, 2, "pageSize 1, ascending");
    equal((await page(url, { pageSize: 1, reverse: true })).messages.length, 1, "pageSize 1, reverse");
  });
  await probes.check("lists of a fid end by themselves", async () => {
    const { fid } = home.get(1);
    const first = must(await client.getCastsByFid({ fid, pageSize: 2 }));
    holds(first.nextPageToken?.length > 0, "no token");
    const all = must(await client.getCastsByFid({ fid, pageSize: 1000 }));
    holds(!all.nextPageToken?.length, "a token at the end");
  });
  await probes.check("events past the end come with [null]", async () => {
    const response = must(await client.getEvents({ startId: Number.MAX_SAFE_INTEGER, shardIndex: 1 }));
    equal([response.events.length, token(response)], [0, "[null]"]);
  });
}
