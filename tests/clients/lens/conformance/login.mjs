// Challenges, tokens and sessions.
import { createPublicKey, verify } from "node:crypto";
import { evmAddress } from "@lens-protocol/client";
import {
  currentSession,
  fetchAccountsAvailable,
  fetchAuthenticatedSessions,
  fetchMeDetails,
  revokeAuthentication,
  switchAccount,
} from "@lens-protocol/client/actions";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { equal, holds } from "../../farcaster/probing.mjs";
import { login as enter, must, same, until } from "../official.mjs";
import { codeOf, fails, refusedAs } from "./world.mjs";

const CHALLENGE = "mutation Challenge($request: ChallengeRequest!) { challenge(request: $request) { id text } }";
const AUTHENTICATE = `mutation Authenticate($request: SignedAuthChallenge!) { authenticate(request: $request) {
  __typename
  ... on AuthenticationTokens { accessToken refreshToken idToken }
  ... on WrongSignerError { reason }
  ... on ExpiredChallengeError { reason }
  ... on ForbiddenError { reason } } }`;
const REFRESH = `mutation Refresh($request: RefreshRequest!) { refresh(request: $request) {
  __typename
  ... on AuthenticationTokens { accessToken refreshToken idToken }
  ... on ForbiddenError { reason } } }`;
const REVOKE = "mutation Revoke($request: RevokeAuthenticationRequest!) { revokeAuthentication(request: $request) }";
const ME = "query Me { me { appLoggedIn isSignless } }";
const ROLE = "tag:lens.dev,2024:role";

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function login(stage) {
  const { probes, app } = stage;
  const ann = stage.person("ann");
  const bob = stage.person("bob");
  const owner = (account = ann.account, by = ann.wallet) => ({ accountOwner: { app, account, owner: by.address } });
  const challenge = async (request = owner(), options) =>
    (await stage.raw(CHALLENGE, { variables: { request }, ...options })).data.challenge;
  const authenticate = async ({ id, text }, wallet = ann.wallet, message = text) => {
    const signature = await wallet.signMessage({ message });
    return (await stage.raw(AUTHENTICATE, { variables: { request: { id, signature } } })).data.authenticate;
  };

  await probes.check("a challenge needs an Origin", async () => {
    const answer = await stage.raw(CHALLENGE, { variables: { request: owner() }, origin: null });
    holds(codeOf(answer), "was given without an Origin");
  });
  await probes.check("the challenge is a SIWE message of the Origin's host and the signer", async () => {
    const { text } = await challenge();
    const [first, second] = text.split("\n");
    equal(first, `${new URL(stage.origin).host} wants you to sign in with your Ethereum account:`);
    equal(second.toLowerCase(), ann.wallet.address.toLowerCase());
  });
  await probes.check("each challenge is another", async () => {
    const [one, other] = [await challenge(), await challenge()];
    holds(one.id !== other.id && one.text !== other.text, "was given twice");
  });
  await probes.check("what somebody else signed is refused", async () => {
    equal((await authenticate(await challenge(), bob.wallet)).__typename, "WrongSignerError");
  });
  await probes.check("a signature of another text is refused", async () => {
    equal((await authenticate(await challenge(), ann.wallet, "hello")).__typename, "WrongSignerError");
  });
  await probes.check("a challenge is good once", async () => {
    const once = await challenge();
    equal((await authenticate(once)).__typename, "AuthenticationTokens");
    equal((await authenticate(once)).__typename, "ExpiredChallengeError");
  });
  await probes.check("an unknown challenge is refused", async () => {
    const unknown = { id: "00000000-0000-4000-8000-000000000000", text: "x" };
    equal((await authenticate(unknown)).__typename, "ExpiredChallengeError");
  });
  await probes.check("somebody else's account is refused", async () => {
    const stranger = privateKeyToAccount(generatePrivateKey());
    const answer = await stage.raw(CHALLENGE, { variables: { request: owner(ann.account, stranger) } });
    // Refused when it is asked for, or when it is signed.
    if (codeOf(answer)) return;
    equal((await authenticate(answer.data.challenge, stranger)).__typename, "ForbiddenError");
  });
  await probes.check("whoever is no manager is refused", async () => {
    const request = { accountManager: { app, account: ann.account, manager: bob.wallet.address } };
    const answer = await stage.raw(CHALLENGE, { variables: { request } });
    if (codeOf(answer)) return;
    equal((await authenticate(answer.data.challenge, bob.wallet)).__typename, "ForbiddenError");
  });
  await probes.check("a challenge is for one kind of login", async () => {
    const request = { ...owner(), builder: { address: ann.wallet.address } };
    holds(codeOf(await stage.malformed(CHALLENGE, { variables: { request } })), "took two kinds");
  });

  const tokens = await authenticate(await challenge());
  await probes.check("the tokens say whose they are", () => {
    const [id, access] = [claims(tokens.idToken), claims(tokens.accessToken)];
    for (const it of [id, access]) {
      holds(same(it.sub, ann.wallet.address), `sub: ${it.sub}`);
      holds(same(it.act?.sub, ann.account), `act.sub: ${it.act?.sub}`);
      equal(it[ROLE], "ACCOUNT_OWNER", "role");
      equal(typeof it["tag:lens.dev,2024:sponsored"], "boolean", "sponsored");
      holds(it.exp > it.iat, "no time to live");
    }
    equal(id.sid, access.sid, "sid");
    holds(same(id.aud, app), `aud of the id token: ${id.aud}`);
    holds(same(access.client_id, app), `client_id: ${access.client_id}`);
    holds(!same(access.aud, app), "the access token is for the app");
  });
  await probes.check("the published keys verify the id token", async () => {
    const [head, body, seal] = tokens.idToken.split(".");
    const { alg, kid } = JSON.parse(Buffer.from(head, "base64url").toString());
    equal(alg, "RS256", "alg");
    const { keys } = await (await fetch(new URL("/.well-known/jwks.json", stage.api))).json();
    const key = createPublicKey({ key: keys.find((it) => !kid || it.kid === kid), format: "jwk" });
    const isGood = verify("RSA-SHA256", Buffer.from(`${head}.${body}`), key, Buffer.from(seal, "base64url"));
    holds(isGood, "the signature is not the published key's");
  });
  await probes.check("without a token, what is one's own is refused", async () => {
    refusedAs(await stage.raw(ME), "UNAUTHENTICATED");
  });
  await probes.check("both headers are taken", async () => {
    const token = tokens.accessToken;
    holds((await stage.raw(ME, { token })).data?.me, "not with Authorization");
    holds((await stage.raw(ME, { headers: { "x-access-token": token } })).data?.me, "not with X-Access-Token");
  });
  await probes.check("a token with changed claims is refused", async () => {
    const [head, , seal] = tokens.accessToken.split(".");
    const changed = { ...claims(tokens.accessToken), act: { sub: bob.account } };
    refusedAs(await stage.raw(ME, { token: `${head}.${encoded(changed)}.${seal}` }), "UNAUTHENTICATED");
  });
  await probes.check("a token of no algorithm is refused", async () => {
    const body = tokens.accessToken.split(".")[1];
    for (const alg of ["none", "HS256"]) {
      refusedAs(await stage.raw(ME, { token: `${encoded({ alg, typ: "JWT" })}.${body}.` }), "UNAUTHENTICATED");
    }
  });
  await probes.check("an id token is no access token", async () => {
    refusedAs(await stage.raw(ME, { token: tokens.idToken }), "UNAUTHENTICATED");
  });
  await probes.check("a refresh gives three tokens of the same session", async () => {
    const request = { refreshToken: tokens.refreshToken };
    const fresh = (await stage.raw(REFRESH, { variables: { request } })).data.refresh;
    equal(fresh.__typename, "AuthenticationTokens");
    equal(claims(fresh.accessToken).sid, claims(tokens.accessToken).sid, "sid");
    holds((await stage.raw(ME, { token: fresh.accessToken })).data?.me, "the new token is refused");
  });
  await probes.check("nonsense is refreshed to nothing", async () => {
    const answer = await stage.raw(REFRESH, { variables: { request: { refreshToken: "nonsense" } } });
    equal(codeOf(answer) ? "ForbiddenError" : answer.data.refresh.__typename, "ForbiddenError");
  });
  await probes.check("a revoked session's token is refused", async () => {
    const own = await authenticate(await challenge());
    const request = { authenticationId: claims(own.accessToken).sid };
    const answer = await stage.raw(REVOKE, { variables: { request }, token: own.accessToken });
    holds(!answer.errors, JSON.stringify(answer.errors));
    refusedAs(await stage.raw(ME, { token: own.accessToken }), "UNAUTHENTICATED");
    const again = await stage.raw(REFRESH, { variables: { request: { refreshToken: own.refreshToken } } });
    equal(codeOf(again) ? "ForbiddenError" : again.data.refresh.__typename, "ForbiddenError");
  });
  await sessions(stage);
}

async function sessions(stage) {
  const { probes, app } = stage;
  const ann = stage.person("ann");
  const bob = stage.person("bob");
  await probes.check("anybody sees whose accounts a wallet has", async () => {
    const request = { managedBy: evmAddress(bob.wallet.address), includeOwned: true };
    const { items } = await must(fetchAccountsAvailable(stage.client(), request));
    const found = items.find((it) => same(it.account.address, bob.account));
    equal(found?.__typename, bob.isManager ? "AccountManaged" : "AccountOwned");
  });
  await probes.check("an owner logs in by the official client", async () => {
    const session = await stage.session("ann");
    const user = session.getAuthenticatedUser();
    holds(same(user.value.address, ann.account), "another account");
    const me = await must(fetchMeDetails(session));
    equal(me.loggedInAs.__typename, "AccountOwned");
    holds(same(me.appLoggedIn, app), "another app");
    const current = await must(currentSession(session));
    equal(current.authenticationId, user.value.authenticationId);
    const all = await must(fetchAuthenticatedSessions(session, {}));
    holds(all.items.some((it) => it.authenticationId === current.authenticationId), "is not listed");
  });
  await probes.check("a manager logs in by the official client", async () => {
    const session = await stage.session("bob");
    equal(session.getAuthenticatedUser().value.role, bob.isManager ? "ACCOUNT_MANAGER" : "ACCOUNT_OWNER");
    const me = await must(fetchMeDetails(session));
    equal(me.loggedInAs.__typename, bob.isManager ? "AccountManaged" : "AccountOwned");
    holds(same(me.loggedInAs.account.address, bob.account), "another account");
  });
  await probes.check("the official client is told who may not log in", async () => {
    const stranger = privateKeyToAccount(generatePrivateKey());
    const who = { app, account: ann.account, wallet: stranger };
    let isIn = true;
    try {
      await enter(stage.client(), who);
    } catch {
      isIn = false;
    }
    holds(!isIn, "is in");
  });
  await probes.check("a wallet changes to another of its accounts", async () => {
    const session = await stage.session("ann");
    const other = stage.person("ann's other");
    const switched = await must(switchAccount(session, { account: other.account }));
    equal(switched.__typename, "AuthenticationTokens");
    holds(same(claims(switched.accessToken).act.sub, other.account), "another account");
    equal((await must(switchAccount(session, { account: bob.account }))).__typename, "ForbiddenError");
  });
  await probes.check("a session can be ended from another", async () => {
    const [here, there] = [await stage.session("ann"), await stage.session("ann")];
    const { authenticationId } = await must(currentSession(there));
    await must(revokeAuthentication(here, { authenticationId }));
    // The client may first try to refresh what is refused, and tell of that.
    await fails(() => must(fetchMeDetails(there)), "UnauthenticatedError", "UnexpectedError");
  });
  await probes.check("who logs out is out", async () => {
    const session = await stage.session("ann");
    await must(session.logout());
    holds(session.getAuthenticatedUser().isErr(), "is still somebody");
  });
}

/** With tokens that live for seconds, the client refreshes them and nobody notices. */
export async function refreshes(stage) {
  const { probes } = stage;
  await probes.check("tokens that live for seconds are refreshed without being asked", async () => {
    const session = await stage.session("ann");
    const before = session.getCredentials().value.accessToken;
    await until("the token's end", () => claims(before).exp * 1000 < Date.now());
    await must(fetchMeDetails(session));
    const after = session.getCredentials().value.accessToken;
    holds(before !== after, "the token is the old one");
    equal(claims(before).sid, claims(after).sid, "sid");
  });
  await probes.check("an expired token is refused", async () => {
    const session = await stage.session("ann");
    const { accessToken } = session.getCredentials().value;
    await until("the token's end", () => claims(accessToken).exp * 1000 < Date.now());
    refusedAs(await stage.raw(ME, { token: accessToken }), "UNAUTHENTICATED");
  });
}
