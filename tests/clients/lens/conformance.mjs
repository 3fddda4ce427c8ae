// Compares a Lens API and its Grove with what Lens documents, by the official clients.
import { readFileSync } from "node:fs";
import { Probes } from "../farcaster/probing.mjs";
import { flagsOf } from "./lines.mjs";
import { grove } from "./conformance/grove.mjs";
import { groups } from "./conformance/groups.mjs";
import { login, refreshes } from "./conformance/login.mjs";
import { posts } from "./conformance/posts.mjs";
import { reading } from "./conformance/reading.mjs";
import { society } from "./conformance/society.mjs";
import { Stage } from "./conformance/world.mjs";

const { world, parts } = flagsOf("conformance.mjs --world FILE [--parts NAME,NAME]", ["world"], ["parts"]);
const probes = new Probes();
const stage = new Stage(JSON.parse(readFileSync(world, "utf8")), probes);
const all = { login, refreshes, posts, reading, grove, groups, society };
const wanted = parts?.split(",") ?? Object.keys(all).filter((part) => !["refreshes", "society"].includes(part));

for (const part of wanted) {
  await probes.check(`all of ${part}`, () => all[part](stage));
}
process.exit(probes.conclude() ? 0 : 1);
