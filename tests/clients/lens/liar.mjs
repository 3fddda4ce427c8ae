// Stands between a client and a Lens API, and lies when it is told to. See ../README.md.
import { createServer, request as ask } from "node:http";
import { createInterface } from "node:readline";
import { flagsOf, say } from "./lines.mjs";
import { logins, writes } from "./lying/logins.mjs";
import { posts } from "./lying/posts.mjs";
import { replies } from "./lying/replies.mjs";

const flags = flagsOf("liar.mjs --api URL --own ADDRESS", ["api", "own"]);
const api = new URL(flags.api);
const tools = { own: flags.own, count: 0 };
let lie;
let told = 0;
/** How often somebody did what the lie wanted them to, and was not to. */
let fallenFor = 0;

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function forward({ method, url, headers }, body) {
  return new Promise((answer, fail) => {
    const { hostname, port } = api;
    const onward = ask({ hostname, port, method, path: url, headers: { ...headers, host: api.host, "accept-encoding": "identity" } });
    onward.on("error", fail);
    onward.on("response", async (response) => {
      const { "content-length": _length, "transfer-encoding": _chunked, connection: _c, ...kept } = response.headers;
      answer({ status: response.statusCode, headers: kept, body: (await collect(response)).toString("utf8") });
    });
    onward.end(body);
  });
}

/** The response as it is, or as the lie has it. */
function twisted(response, asked, headers) {
  const { query = "", variables } = asked;
  Object.assign(tools, { query, variables, path: api.pathname });
  if (!lie) return response;
  if (lie.mustNot?.({ query, headers }) && told > 0) fallenFor += 1;
  if (lie.whole) {
    told += 1;
    return lie.whole(response, tools);
  }
  const reply = JSON.parse(response.body);
  if (!lie.lie(reply, tools)) return response;
  told += 1;
  return { ...response, body: JSON.stringify(reply) };
}

const server = createServer(async (incoming, outgoing) => {
  try {
    const body = await collect(incoming);
    const response = await forward(incoming, body);
    const answer = incoming.method === "POST" ? twisted(response, JSON.parse(body.toString() || "{}"), incoming.headers) : response;
    if (answer.isNever) return;
    if (answer.isCut) return void outgoing.destroy();
    outgoing.writeHead(answer.status, answer.headers);
    if (!answer.isEndless) return void outgoing.end(answer.body);
    outgoing.write(answer.body.slice(0, 20));
    const drip = setInterval(() => outgoing.write(" "), 50);
    outgoing.on("close", () => clearInterval(drip));
  } catch {
    outgoing.destroy();
  }
});

const named = new Map([
  ...Object.entries(replies).map(([name, whole]) => [name, { whole, about: "replies", expected: "either" }]),
  ...Object.entries(posts).map(([name, [one, expected]]) => [name, { lie: one, about: "posts", expected }]),
  ...Object.entries(logins).map(([name, it]) => [name, { ...it, about: "logins", expected: "either" }]),
  ...Object.entries(writes).map(([name, it]) => [name, { ...it, about: "writes", expected: "either" }]),
]);

const commands = {
  lies: () => ({ lies: [...named].map(([name, { about, expected, then }]) => ({ name, about, expected, then })) }),
  lie({ name }) {
    if (!named.has(name)) throw new Error(`no such lie: ${name}`);
    [lie, told, fallenFor, tools.count] = [named.get(name), 0, 0, 0];
    return {};
  },
  told: () => ({ told, fallenFor }),
  truth() {
    lie = undefined;
    // Whoever still waits for an answer that never comes may ask again.
    server.closeAllConnections();
    return { told, fallenFor };
  },
};

server.listen(0, "127.0.0.1", () => {
  say({ event: "ready", url: `http://127.0.0.1:${server.address().port}${api.pathname}` });
});

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    say({ id: command.id, ok: true, ...commands[command.do](command) });
  } catch (error) {
    say({ id: command.id, ok: false, error: String(error.message) });
  }
}
process.exit(0);
