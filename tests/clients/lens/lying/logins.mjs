// Lies to those who log in or write: what they are asked to sign, and what they are given for it.
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
const unsigned = (change) => ({ lie: field("challenge", (it) => ({ ...it, text: change(it.text) })), mustNot: "authenticate(" });

const tokens = (change) => ({
  lie: field("authenticate", (it) => (it.accessToken ? { ...it, ...change(it) } : it)),
});

const withClaims = (token, more) => `${token.split(".")[0]}.${encode({ ...claims(token), ...more })}.${token.split(".")[2]}`;

export const logins = {
  "a challenge of another host": unsigned((text) => text.replace(/^\S+/, "evil.example")),
  "a challenge of another host that sounds like ours": unsigned((text) => text.replace(/^(\S+)/, "$1.evil.example")),
  "a challenge for another wallet": unsigned((text) => text.replace(/0x[0-9a-fA-F]{40}/, `0x${"13".repeat(20)}`)),
  "a challenge that is something else": unsigned(() => "I give all that I have to mallory."),
  "a challenge that is empty": unsigned(() => ""),
  "a challenge of ten megabytes": unsigned((text) => text + "x".repeat(10 * 1024 * 1024)),
  "a challenge without an id": { lie: field("challenge", (it) => ({ ...it, id: null })), mustNot: "authenticate(" },
  "tokens that are none": tokens(() => ({ accessToken: "x", refreshToken: "y", idToken: "z" })),
  "tokens that are nothing": tokens(() => ({ accessToken: null, refreshToken: null, idToken: null })),
  "tokens with a line break": tokens((it) => ({ accessToken: `${it.accessToken}\r\nx-evil: 1` })),
  "tokens of no algorithm": tokens((it) => ({ accessToken: `${encode({ alg: "none" })}.${it.accessToken.split(".")[1]}.` })),
  "tokens for another account": tokens((it) => ({ accessToken: withClaims(it.accessToken, { act: { sub: `0x${"66".repeat(20)}` } }) })),
  "tokens that end before they begin": tokens((it) => ({ accessToken: withClaims(it.accessToken, { exp: 1, iat: 2 }) })),
  "tokens that never end": tokens((it) => ({ accessToken: withClaims(it.accessToken, { exp: 1e300 }) })),
  "a login of a kind that nobody knows": { lie: field("authenticate", () => ({ __typename: "FutureAnswer" })) },
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
