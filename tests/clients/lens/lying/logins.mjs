// Lies to those who log in or write: what they are asked to sign, and what they are given for it.
import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

/** A lie in the field of a mutation or query, under whatever name it was asked for. */
const field = (name, change) => (reply, tools) => {
  if (!tools.query.includes(`${name}(`)) return false;
  const [key] = Object.keys(reply.data ?? {});
  if (!key || !reply.data[key]) return false;
  reply.data[key] = change(reply.data[key], tools) ?? reply.data[key];
  return true;
};

/** Somebody who looks for a signature of another's text must not get one. */
const unsigned = (change, then = "suspends") => ({
  lie: field("challenge", (it) => ({ ...it, text: change(it.text) })),
  mustNot: ({ query }) => query.includes("authenticate("),
  then,
});

/** Tokens that are used as they are. */
const tokens = (change) => ({
  lie: field("authenticate", (it) => (it.accessToken ? { ...it, ...change(it) } : it)),
  then: "goes on",
});

/** Tokens with which nobody must ever come. */
const falseTokens = (change, then = "asks again") => {
  const given = new Set();
  const lie = field("authenticate", (it) => {
    if (!it.accessToken) return it;
    const changed = { ...it, ...change(it) };
    given.add(`Bearer ${changed.accessToken}`);
    return changed;
  });
  return { lie, mustNot: ({ headers }) => given.has(headers.authorization), then };
};

const parts = (token) => token.split(".");
const withClaims = (token, more) => `${parts(token)[0]}.${encode({ ...claims(token), ...more })}.${parts(token)[2]}`;
const withHeader = (token, header, seal = parts(token)[2]) => `${encode(header)}.${parts(token)[1]}.${seal}`;
/** As those forge it who find a public key where a secret is expected. */
const sealed = (token, key) => {
  const body = `${encode({ alg: "HS256", typ: "JWT" })}.${parts(token)[1]}`;
  return `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`;
};
const hour = (from) => new Date(Date.now() + from * 3_600_000).toISOString();

export const logins = {
  "a challenge of another host": unsigned((text) => text.replace(/^\S+/, "evil.example")),
  "a challenge of another host that sounds like ours": unsigned((text) => text.replace(/^(\S+)/, "$1.evil.example")),
  "a challenge of another scheme": unsigned((text) => `ftp://${text}`),
  "a challenge for another address of ours": unsigned((text) => text.replace(/^URI: \w+:\/\/[^/\n]+/m, "$&:8")),
  "a challenge for another wallet": unsigned((text) => text.replace(/0x[0-9a-fA-F]{40}/, `0x${"13".repeat(20)}`)),
  "a challenge for another chain": unsigned((text) => text.replace(/^Chain ID: .*$/m, "Chain ID: 1")),
  "a challenge that is good for ever": unsigned((text) => text.replace(/^Nonce: .*\n/m, "")),
  "a challenge that is for nothing": unsigned((text) => text.split("\nURI: ")[0]),
  "a challenge that says everything twice": unsigned((text) => text.replace(/^URI: .*$/m, "$&\n$&")),
  "a challenge for later": unsigned((text) => text.replace(/^Issued At: .*$/m, `Issued At: ${hour(1)}`)),
  "a challenge that has ended": unsigned((text) => text.replace(/^Expiration Time: .*$/m, `Expiration Time: ${hour(-1)}`), "asks again"),
  "a challenge that is something else": unsigned(() => "I give all that I have to mallory."),
  "a challenge that is empty": unsigned(() => ""),
  "a challenge of ten megabytes": unsigned((text) => text + "x".repeat(10 * 1024 * 1024)),
  "a challenge without an id": {
    lie: field("challenge", (it) => ({ ...it, id: null })),
    mustNot: ({ query }) => query.includes("authenticate("),
    then: "asks again",
  },
  "tokens that are none": falseTokens(() => ({ accessToken: "x", refreshToken: "y", idToken: "z" })),
  "tokens that are nothing": falseTokens(() => ({ accessToken: null, refreshToken: null, idToken: null })),
  "tokens with a line break": falseTokens((it) => ({ accessToken: `${it.accessToken}\r\nx-evil: 1` })),
  "tokens of a megabyte": falseTokens((it) => ({ accessToken: withClaims(it.accessToken, { more: "x".repeat(1024 * 1024) }) })),
  "tokens of no algorithm": falseTokens((it) => ({ accessToken: withHeader(it.accessToken, { alg: "none" }, "") })),
  "tokens of no algorithm, with a seal": falseTokens((it) => ({ accessToken: withHeader(it.accessToken, { alg: "none" }) })),
  "tokens sealed with what everybody knows": falseTokens((it) => ({ accessToken: sealed(it.accessToken, "public") })),
  "tokens without a seal": falseTokens((it) => ({ accessToken: withHeader(it.accessToken, { alg: "RS256" }, "") })),
  "tokens in which everything has another type": falseTokens((it) => ({ accessToken: withClaims(it.accessToken, { exp: "soon", act: 5 }) })),
  "tokens for another account": falseTokens((it) => ({ accessToken: withClaims(it.accessToken, { act: { sub: `0x${"66".repeat(20)}` } }) }), "suspends"),
  "tokens for another account that never end": falseTokens(
    (it) => ({ accessToken: withClaims(it.accessToken, { exp: 1e300, act: { sub: `0x${"66".repeat(20)}` } }) }),
    "suspends",
  ),
  "tokens for nobody": falseTokens((it) => ({ accessToken: withClaims(it.accessToken, { act: undefined }) }), "suspends"),
  "tokens that end before they begin": tokens((it) => ({ accessToken: withClaims(it.accessToken, { exp: 1, iat: 2 }) })),
  "tokens that never end": tokens((it) => ({ accessToken: withClaims(it.accessToken, { exp: 1e300 }) })),
  "a login of a kind that nobody knows": { lie: field("authenticate", () => ({ __typename: "FutureAnswer" })), then: "asks again" },
};

/** The hash of a transaction that a write is said to be. */
const hashes = (hash) => field("post", (it) => (it.hash ? { ...it, hash } : it));

export const writes = {
  "a hash that is none": { lie: hashes("0xzz") },
  "a hash of nothing": { lie: hashes(`0x${"12".repeat(32)}`) },
  "a write of a kind that nobody knows": { lie: field("post", () => ({ __typename: "FutureResult" })) },
  "a state of a kind that nobody knows": { lie: field("transactionStatus", () => ({ __typename: "FutureStatus" })) },
  "somebody else's post for a transaction": {
    lie: (reply, { query, variables }) => {
      const isByHash = query.includes("post(") && JSON.stringify(variables ?? {}).includes("txHash");
      const post = isByHash && Object.values(reply.data ?? {})[0];
      if (!post?.author) return false;
      Object.assign(post, { id: "424242", author: { ...post.author, address: `0x${"66".repeat(20)}` } });
      return true;
    },
  },
};
