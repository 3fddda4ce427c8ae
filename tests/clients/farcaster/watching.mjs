// Following what happens on a hub, by stream or by asking again and again.
import { ALL_EVENTS, showEvent } from "./reading.mjs";

const RETRY_MS = 100;
const POLL_MS = 50;

const rest = (ms) => new Promise((go) => setTimeout(go, ms));

/** Follows one shard until `signal` aborts; every event goes to `say`, in the order of its arrival. */
export async function watch({ client, shard, from, mode, types = ALL_EVENTS, say, signal }) {
  let next = from;
  const take = (event) => {
    next = event.id + 1;
    if (types.includes(event.type)) say(showEvent(event));
  };
  while (!signal.aborted) {
    try {
      if (mode === "poll") next = await poll({ client, shard, next: next ?? 0, take, signal });
      else await stream({ client, shard, next, types, take, say, signal });
    } catch (error) {
      if (!signal.aborted) say({ event: "stream", shard, state: "broken", error: String(error.message) });
    }
    if (!signal.aborted) await rest(mode === "poll" ? POLL_MS : RETRY_MS);
  }
}

async function stream({ client, shard, next, types, take, say, signal }) {
  const request = { eventTypes: types, shardIndex: shard, ...(next !== undefined && { fromId: next }) };
  const opened = await client.subscribe(request);
  if (opened.isErr()) throw opened.error;
  const events = opened.value;
  const end = () => events.cancel();
  signal.addEventListener("abort", end, { once: true });
  say({ event: "stream", shard, state: "open" });
  try {
    for await (const event of events) take(event);
    throw new Error("ended");
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Asks for what came after `next` until nothing is left; returns where to go on. */
async function poll({ client, shard, next, take, signal }) {
  let from = next;
  for (;;) {
    const page = await client.getEvents({ startId: from, shardIndex: shard, pageSize: 500 });
    if (page.isErr()) throw page.error;
    for (const event of page.value.events) {
      if (event.id < from) continue;
      take(event);
      from = event.id + 1;
    }
    if (page.value.events.length < 500 || signal.aborted) return from;
  }
}
