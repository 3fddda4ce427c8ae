// Stands between any client and a Lens API, and holds both to the true schema. See ../README.md.
import { createServer, request as ask } from "node:http";
import { checkReply } from "./checking/reply.mjs";
import { checkRequest } from "./checking/request.mjs";
import { atTheEndOfInput, flagsOf, say } from "./lines.mjs";

const usage = "checking.mjs --api URL [--port NUMBER] [--strict]";
const flags = flagsOf(usage, ["api"], ["port"], ["strict"]);
const api = new URL(flags.api);
const isStrict = flags.strict;
const seen = { requests: 0, replies: 0, refused: 0, breaches: 0 };
const operations = {};

function breach(side, name, faults, body) {
  seen.breaches += 1;
  if (seen.breaches > 50) return;
  const about = JSON.stringify(body?.variables ?? null)?.slice(0, 300);
  say({ event: "breach", side, operation: name, faults: faults.slice(0, 5), about });
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function json(bytes) {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Forwards a request as it is; answers with status, headers and body. */
function forward(method, path, headers, body) {
  return new Promise((answer, fail) => {
    const { hostname, port } = api;
    const onward = ask({ hostname, port, method, path, headers: { ...headers, host: api.host } });
    onward.on("error", fail);
    onward.on("response", async (response) => {
      try {
        answer({ status: response.statusCode, headers: response.headers, body: await collect(response) });
      } catch (error) {
        fail(error);
      }
    });
    onward.end(body);
  });
}

async function check(asked, response) {
  const body = json(asked);
  const request = checkRequest(body, { isStrict });
  seen.requests += 1;
  const reply = json(response.body);
  const isGraphql = reply && ("data" in reply || "errors" in reply);
  if (request.errors) {
    const isRefused = response.status >= 400 || reply?.errors?.length > 0;
    breach("client", body?.operationName, request.errors, body);
    if (!isRefused) breach("server", body?.operationName, ["took what breaks the schema"], body);
    return;
  }
  operations[request.name] = (operations[request.name] ?? 0) + 1;
  if (!isGraphql) {
    // A fault of transport, a limit, or somebody else's page: no GraphQL was spoken, nor claimed to be.
    const claimsTo = /json/.test(response.headers["content-type"] ?? "json");
    if (response.status < 400 && claimsTo) breach("server", request.name, ["no GraphQL in the reply"], body);
    seen.refused += 1;
    return;
  }
  const faults = await checkReply(request, reply);
  if (faults.length > 0) breach("server", request.name, faults, body);
  seen.replies += 1;
}

const server = createServer(async (incoming, outgoing) => {
  let asked;
  try {
    asked = await collect(incoming);
    const response = await forward(incoming.method, incoming.url, incoming.headers, asked);
    const isApi = incoming.url.split("?")[0] === api.pathname && incoming.method === "POST";
    if (isApi) await check(asked, response);
    const { "transfer-encoding": _chunked, connection: _connection, ...headers } = response.headers;
    outgoing.writeHead(response.status, { ...headers, "content-length": response.body.length });
    outgoing.end(response.body);
  } catch {
    // The API hung up; so do we.
    outgoing.destroy();
  }
});

server.listen(Number(flags.port ?? 0), "127.0.0.1", () => {
  say({ event: "ready", url: `http://127.0.0.1:${server.address().port}${api.pathname}` });
});

atTheEndOfInput(() => {
  say({ event: "summary", ...seen, operations });
  server.closeAllConnections();
  server.close(() => process.exit(seen.breaches === 0 ? 0 : 1));
});
