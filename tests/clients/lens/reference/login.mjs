// Logging in: challenges that are good once, tokens signed by RS256, sessions that end.
import { createSign, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { verifyMessage } from "viem";
import { createSiweMessage } from "viem/siwe";
import { getAddress } from "viem";
import { badRequest, unauthenticated } from "./fault.mjs";

const ROLE = "tag:lens.dev,2024:role";
const SPONSORED = "tag:lens.dev,2024:sponsored";
const CHALLENGE_MS = 60_000;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export class Login {
  #key = generateKeyPairSync("rsa", { modulusLength: 2048 });
  #challenges = new Map();
  #sessions = new Map();
  /** `account → reason` of those whom the app lets in no more. */
  refusedByApp = new Map();
  /** How many tokens were given out for a refresh token. */
  refreshes = 0;

  constructor({ world, ttl = 600, issuer }) {
    this.world = world;
    this.ttl = ttl;
    this.issuer = issuer;
  }

  keys() {
    const jwk = this.#key.publicKey.export({ format: "jwk" });
    return { keys: [{ ...jwk, kid: "reference", alg: "RS256", use: "sig" }] };
  }

  challenge(request, { origin }) {
    if (!origin) throw badRequest("an Origin is needed");
    const { host } = new URL(origin);
    const [kind, who] = Object.entries(request)[0];
    const signer = who.owner ?? who.manager ?? who.wallet ?? who.address;
    const id = randomUUID();
    const text = createSiweMessage({
      domain: host,
      address: getAddress(signer.toLowerCase()),
      statement: `Sign in as ${kind}`,
      uri: origin,
      version: "1",
      chainId: 37111,
      nonce: id.replaceAll("-", ""),
      issuedAt: new Date(),
      expirationTime: new Date(Date.now() + CHALLENGE_MS),
    });
    this.#challenges.set(id, { kind, who, signer: signer.toLowerCase(), text, origin, since: Date.now() });
    return { id, text };
  }

  async authenticate({ id, signature }) {
    const failure = (name, reason) => ({ __typename: name, reason });
    const challenge = this.#challenges.get(id);
    this.#challenges.delete(id);
    if (!challenge || Date.now() > challenge.since + CHALLENGE_MS) {
      return failure("ExpiredChallengeError", "the challenge is used up or too old");
    }
    const fate = this.world.fate("ExpiredChallengeError") ?? this.world.fate("WrongSignerError");
    if (fate) return failure(fate.kind, fate.reason);
    const { text, signer, kind, who } = challenge;
    const isSigned = await verifyMessage({ address: signer, message: text, signature }).catch(() => false);
    if (!isSigned) return failure("WrongSignerError", "somebody else signed");
    const account = who.account && this.world.account(who.account);
    if (who.account && !account) return failure("ForbiddenError", "no such account");
    if (kind === "accountOwner" && account.owner !== signer) return failure("ForbiddenError", "not the owner");
    if (kind === "accountManager" && !account.managers.has(signer)) return failure("ForbiddenError", "not a manager");
    const reason = this.refusedByApp.get(account?.address);
    if (reason) return failure("ForbiddenError", reason);
    const role = kind.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const session = { sid: randomUUID(), account, signer, role, app: who.app, origin: challenge.origin, since: new Date() };
    this.#sessions.set(session.sid, session);
    return this.#tokens(session);
  }

  refresh({ refreshToken }) {
    const session = [...this.#sessions.values()].find((it) => it.refreshToken === refreshToken);
    const reason = session ? this.refusedByApp.get(session.account?.address) : "no session of this refresh token";
    if (reason) return { __typename: "ForbiddenError", reason };
    this.refreshes += 1;
    return this.#tokens(session);
  }

  switchAccount({ account }, session) {
    const other = this.world.account(account);
    const mayAct = other?.owner === session.signer || other?.managers.has(session.signer);
    if (!mayAct) return { __typename: "ForbiddenError", reason: "neither owner nor manager" };
    session.role = other.owner === session.signer ? "ACCOUNT_OWNER" : "ACCOUNT_MANAGER";
    session.account = other;
    return this.#tokens(session);
  }

  revoke(sid) {
    this.#sessions.delete(sid);
  }

  revokeAll() {
    this.#sessions.clear();
  }

  sessionsOf(signer) {
    return [...this.#sessions.values()].filter((it) => it.signer === signer).map((it) => this.show(it));
  }

  show(session) {
    return {
      id: session.sid,
      authenticationId: session.sid,
      app: session.app,
      browser: null,
      device: null,
      os: null,
      origin: session.origin,
      signer: session.signer,
      createdAt: session.since.toISOString(),
      updatedAt: session.since.toISOString(),
      expiresAt: new Date(session.since.getTime() + 7 * 86_400_000).toISOString(),
    };
  }

  /** The session of a request's token; undefined without one. A token that is not good is refused. */
  sessionOf(headers) {
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
    const token = bearer ?? headers["x-access-token"];
    if (!token) return undefined;
    const [head, body, seal] = token.split(".");
    const hash = createSign("RSA-SHA256").update(`${head}.${body}`).sign(this.#key.privateKey, "base64url");
    if (hash !== seal) throw unauthenticated("the token is none of ours");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString());
    const session = this.#sessions.get(claims.sid);
    const isGood = session && claims.aud === this.issuer && claims.exp * 1000 > Date.now();
    if (!isGood) throw unauthenticated("the token has expired or was revoked");
    const { account, signer, role } = session;
    if (role === "ACCOUNT_MANAGER" && !account.managers.has(signer)) {
      throw unauthenticated("the manager was removed");
    }
    return session;
  }

  #tokens(session) {
    const now = Math.floor(Date.now() / 1000);
    const common = {
      sub: session.signer,
      iss: this.issuer,
      iat: now,
      exp: now + this.ttl,
      sid: session.sid,
      ...(session.account && { act: { sub: session.account.address } }),
      [ROLE]: session.role,
      [SPONSORED]: true,
    };
    session.refreshToken = this.#jwt({ ...common, exp: now + 7 * 86_400, jti: randomUUID() });
    return {
      __typename: "AuthenticationTokens",
      accessToken: this.#jwt({ ...common, aud: this.issuer, client_id: session.app }),
      refreshToken: session.refreshToken,
      idToken: this.#jwt({ ...common, aud: session.app }),
    };
  }

  #jwt(claims) {
    const body = `${encode({ alg: "RS256", typ: "JWT", kid: "reference" })}.${encode(claims)}`;
    return `${body}.${sign("RSA-SHA256", Buffer.from(body), this.#key.privateKey).toString("base64url")}`;
  }
}
