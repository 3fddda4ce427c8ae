// The official clients, pointed at a Lens API and a Grove on loopback.
import { PublicClient } from "@lens-protocol/client";
import { StorageClient, immutable } from "@lens-chain/storage-client";
import { privateKeyToAccount } from "viem/accounts";

/** Lens Chain's test network. */
export const CHAIN = 37111;

const SECOND = 1000;

export function lensClient({ api, origin = "http://localhost", apiKey, pollingInterval = 30 }) {
  const environment = {
    name: "local",
    backend: api,
    indexingTimeout: 30 * SECOND,
    pollingInterval,
  };
  return PublicClient.create({ environment, origin, apiKey });
}

export function groveClient({ grove }) {
  return StorageClient.create({
    name: "local",
    backend: grove,
    defaultChainId: CHAIN,
    cachingTimeout: 5 * SECOND,
    propagationTimeout: 10 * SECOND,
    statusPollingInterval: 30,
  });
}

export const forever = () => immutable(CHAIN);

export function walletOf(key) {
  return privateKeyToAccount(key.startsWith("0x") ? key : `0x${key}`);
}

/** What the client asks the user's wallet for. */
export const signingWith = (wallet) => (message) => wallet.signMessage({ message });

/** Unwraps the client's Result values. */
export async function must(result) {
  const settled = await result;
  if (settled.isErr()) throw settled.error;
  return settled.value;
}

/** The hash of an operation that was taken; what else the API may answer becomes an error. */
export function hashOf(answer) {
  if (answer.hash) return answer.hash;
  const error = new Error(answer.reason ?? answer.__typename);
  error.code = answer.__typename;
  throw error;
}

/** Logs in as owner or manager of an account. */
export async function login(client, { app, account, wallet, isManager = false }) {
  const role = isManager
    ? { accountManager: { app, account, manager: wallet.address } }
    : { accountOwner: { app, account, owner: wallet.address } };
  return must(client.login({ ...role, signMessage: signingWith(wallet) }));
}

/** Reads a list to its end, page by page, newest first, each item once. */
export async function pages(ask, key = (item) => item.id) {
  const seen = new Map();
  let cursor = null;
  do {
    const page = await must(ask({ cursor }));
    const before = seen.size;
    for (const item of page.items) seen.set(key(item), item);
    cursor = page.pageInfo.next;
    if (seen.size === before) break;
  } while (cursor !== null);
  return [...seen.values()];
}

/** Asks until the answer is truthy, or throws after `ms`. */
export async function until(what, ask, ms = 15 * SECOND) {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((go) => setTimeout(go, 30));
  }
}

export const same = (one, other) => one?.toLowerCase() === other?.toLowerCase();
