// Measures what the official client needs, on a node of which others may ask the same.
//
//   node measuring.mjs --api URL --folder PATH --messages N --sizes N,N,…
//
// Says one line `{"event":"measured", register, sent, queued, received, …}`: times are `us` by the
// clock and `cpu_us` of this process; `sent` and `queued` (written down first, then published) are
// for all N messages, `received` is for `count` of them, which another client of this process catches
// up with; each of `groups` has `size`, `create` and `add` (one more member); `members` are
// the inboxes with which groups were made. Ends when standard input does.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { flagsOf, keepConsoleAway, obeyAll, say } from "./lines.mjs";
import { clientOf, load, signerOf } from "./official.mjs";

keepConsoleAway();
const usage = "measuring.mjs --api URL --folder PATH --messages N --sizes N,N,…";
const { api, folder, messages, sizes } = flagsOf(usage, ["api", "folder", "messages", "sizes"]);
const sdk = await load("5");
const count = Number(messages);
const largest = sizes.split(",").map(Number);

const joins = (db) => {
  const signer = signerOf(sdk, randomBytes(32).toString("hex"));
  return clientOf(sdk, { api, signer, db: db && join(folder, `${db}.db3`) });
};

async function measured(act) {
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  await act();
  const us = Number((process.hrtime.bigint() - began) / 1000n);
  const { user, system } = process.cpuUsage(before);
  return { us, cpu_us: user + system };
}

const text = (number) => String(number).padStart(200);

// The first client of a process loads what all need.
const peer = await joins("peer");
let me;
const register = await measured(async () => {
  me = await joins("me");
});
const dm = await me.conversations.createDm(peer.inboxId);
for (let number = 0; number < 20; number += 1) await dm.sendText(text(number));
const sent = await measured(async () => {
  for (let number = 0; number < count; number += 1) await dm.sendText(text(number));
});
const queued = await measured(async () => {
  for (let number = 0; number < count; number += 1) await dm.sendText(text(number), true);
  await dm.publishMessages();
});
let caughtUp;
const received = await measured(async () => {
  await peer.conversations.sync();
  const [theirs] = await peer.conversations.listDms();
  await theirs.sync();
  caughtUp = await theirs.messages();
});
received.count = caughtUp.length;

const members = [];
while (members.length < Math.max(...largest)) members.push((await joins()).inboxId);
const groups = [];
for (const size of largest) {
  let group;
  const create = await measured(async () => {
    group = await me.conversations.createGroup(members.slice(0, size - 1));
  });
  const add = size < 250 ? await measured(() => group.addMembers([members[size - 1]])) : undefined;
  groups.push({ size, create, add });
}
const peerIs = peer.inboxId;
say({ event: "measured", register, sent, queued, received, groups, members, peer: peerIs });
await obeyAll({});
process.exit(0);
