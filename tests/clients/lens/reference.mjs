// A strict Lens API on the true schema, with a Grove, both in memory. See ../README.md.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { GraphQLError, defaultFieldResolver, execute } from "graphql";
import { checkRequest } from "./checking/request.mjs";
import { flagsOf, say } from "./lines.mjs";
import { Grove } from "./reference/grove.mjs";
import { Login } from "./reference/login.mjs";
import { roots } from "./reference/roots.mjs";
import { World } from "./reference/world.mjs";
import { settleAll } from "./reference/writes.mjs";
import { badInput } from "./reference/fault.mjs";
import { schema } from "./schema.mjs";

const usage = "reference.mjs --app ADDRESS [--ttl SECONDS] [--overlapping]";
const flags = flagsOf(usage, ["app"], ["ttl"], ["overlapping"]);
const grove = new Grove();
const world = new World({ app: flags.app, grove });
const login = new Login({ world, ttl: Number(flags.ttl ?? 600) });
const { query, mutation } = roots({ world, login });
const asked = { queries: 0, refused: 0, operations: {} };
let faults = [];

// The way back in is open to whoever brings a token that is good no more.
const OPEN = ["challenge", "authenticate", "refresh"];

// Root fields take `request`, by whatever name; everything else is read from the value itself.
function fieldResolver(source, values, context, info) {
  const resolvers = { Query: query, Mutation: mutation }[info.parentType.name];
  if (!resolvers) {
    const value = defaultFieldResolver(source, values, context, info);
    if (value === undefined) throw new Error(`the reference has no ${info.parentType.name}.${info.fieldName}`);
    return value;
  }
  const act = resolvers[info.fieldName];
  if (!act) throw badInput(`the reference does not know ${info.fieldName}`);
  if (context.refusal && !OPEN.includes(info.fieldName)) throw context.refusal;
  return act(Object.values(values)[0] ?? {}, context);
}

async function graphql(body, headers) {
  asked.queries += 1;
  const request = checkRequest(body, { isStrict: !flags.overlapping });
  const refuse = (status, errors) => {
    asked.refused += 1;
    say({ event: "refused", operation: body?.operationName, errors: errors.map((it) => it.message) });
    return { status, reply: { errors: errors.map((it) => it.toJSON()) } };
  };
  if (request.errors) return refuse(400, request.errors.map((it) => badInput(it)));
  asked.operations[request.name] = (asked.operations[request.name] ?? 0) + 1;
  const context = { origin: headers.origin };
  try {
    context.session = login.sessionOf(headers);
  } catch (error) {
    context.refusal = error;
  }
  const { document, operation, variables } = request;
  const operationName = operation.name?.value;
  const reply = await execute({ schema, document, operationName, variableValues: variables, contextValue: context, rootValue: {}, fieldResolver });
  const broken = (reply.errors ?? []).filter((it) => !it.extensions?.code);
  if (broken.length > 0) say({ event: "broken", operation: operationName, errors: broken.map((it) => it.message) });
  return { status: 200, reply: JSON.parse(JSON.stringify(reply)) };
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** A fault that was asked for and fits: `{status, on}`, once each. */
function faultFor(body) {
  const at = faults.findIndex((it) => !it.on || body?.operationName === it.on || body?.query?.includes(it.on));
  return at < 0 ? undefined : faults.splice(at, 1)[0];
}

function json(bytes) {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function listen(answer) {
  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url, "http://localhost");
    const body = await collect(incoming);
    let response;
    try {
      const { method, headers } = incoming;
      response = await answer({ method, path: url.pathname, query: url.searchParams, headers, body });
    } catch (error) {
      say({ event: "broken", path: url.pathname, errors: [String(error.stack)] });
      response = { status: 500, body: JSON.stringify({ message: "broken" }), type: "application/json" };
    }
    const headers = { "content-type": response.type ?? "application/octet-stream", ...response.headers };
    outgoing.writeHead(response.status, headers).end(response.body);
  });
  return new Promise((ready) => {
    server.listen(0, "127.0.0.1", () => ready(`http://127.0.0.1:${server.address().port}`));
  });
}

async function api({ method, path, headers, body }) {
  const type = "application/json";
  if (path === "/.well-known/jwks.json") return { status: 200, type, body: JSON.stringify(login.keys()) };
  if (method !== "POST" || path !== "/graphql") return { status: 404, type, body: "{}" };
  const fault = faultFor(json(body));
  if (fault) return { status: fault.status, headers: fault.headers, type: "text/html", body: "<html>no</html>" };
  if (!/^application\/json/.test(headers["content-type"] ?? "")) return { status: 415, type, body: "{}" };
  const { status, reply } = await graphql(json(body), headers);
  return { status, type: "application/graphql-response+json", body: JSON.stringify(reply) };
}

const show = (post) => ({
  id: post.id,
  type: post.__typename,
  by: post.author.address,
  text: post.metadata?.content,
  kind: post.metadata?.__typename,
  attributes: post.metadata?.attributes,
  image: post.metadata?.image,
  on: post.commentOn?.id,
  of: post.quoteOf?.id ?? post.repostOf?.id,
  feed: post.feed.address,
  app: post.app.address,
  edited: post.isEdited,
  deleted: post.isDeleted,
  reactions: [...(post.reactedBy ?? [])].map(([by, { reaction }]) => ({ by, reaction })),
});

const dataUri = (metadata) => `data:application/json,${encodeURIComponent(JSON.stringify(metadata))}`;

const commands = {
  account: (it) => ({ address: world.addAccount(it).address }),
  group: (it) => ({ address: world.addGroup(it).address, feed: it.feed }),
  feed: ({ feed }) => ({ feed: world.feed(feed).address }),
  async post({ by, metadata, feed, on, of }) {
    const author = world.account(by);
    const made = { author, contentUri: dataUri(metadata), feed, on: on && world.post(on), of: of && world.post(of), app: `0x${"1".repeat(40)}` };
    return { post: show(await world.addPost(made)) };
  },
  async edit({ post, metadata }) {
    await world.edit(world.post(post), dataUri(metadata));
    return {};
  },
  delete({ post }) {
    world.post(post).isDeleted = true;
    return {};
  },
  react({ post, by, reaction = "UPVOTE" }) {
    world.react(world.post(post), world.account(by), reaction);
    return {};
  },
  unreact({ post, by }) {
    world.post(post).reactedBy.delete(by.toLowerCase());
    return {};
  },
  async posts() {
    await settleAll(world);
    return { posts: world.posts.map(show) };
  },
  /** Everything that was posted, as it was laid down. */
  async contents() {
    await settleAll(world);
    const laidDown = async ({ author, contentUri }) => {
      const isOnGrove = contentUri.startsWith("lens://");
      const file = isOnGrove && grove.get(contentUri.slice("lens://".length));
      return { by: author.address, json: file ? file.bytes.toString() : await (await fetch(contentUri)).text() };
    };
    return { contents: await Promise.all(world.posts.filter((it) => it.contentUri).map(laidDown)) };
  },
  fate({ fates }) {
    world.fates.push(...fates);
    return {};
  },
  faults({ faults: some }) {
    faults.push(...some);
    return {};
  },
  revoke() {
    login.revokeAll();
    return {};
  },
  refuse({ account, reason }) {
    if (reason) login.refusedByApp.set(account.toLowerCase(), reason);
    else login.refusedByApp.delete(account.toLowerCase());
    return {};
  },
  dismiss({ account, manager }) {
    return { was: world.account(account).managers.delete(manager.toLowerCase()) };
  },
  ttl({ seconds }) {
    login.ttl = seconds;
    return {};
  },
  asked: () => ({ ...asked, refreshes: login.refreshes }),
};

grove.url = await listen((request) => grove.answer(request));
const url = await listen(api);
login.issuer = url;
say({ event: "ready", api: `${url}/graphql`, grove: grove.url });

for await (const line of createInterface({ input: process.stdin })) {
  if (!line.trim()) continue;
  const command = JSON.parse(line);
  try {
    say({ id: command.id, ok: true, ...(await commands[command.do](command)) });
  } catch (error) {
    say({ id: command.id, ok: false, error: String(error instanceof GraphQLError ? error.message : error.stack) });
  }
}
process.exit(0);
