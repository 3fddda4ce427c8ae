// Fids from nothing: what contracts and the fname server would say, by AdminService.
import * as hub from "@farcaster/hub-nodejs";
import { createHash, randomBytes } from "node:crypto";

const { NobleEd25519Signer, OnChainEvent, UserNameProof } = hub;

export const NETWORK = hub.FarcasterNetwork.DEVNET;

/** Unwraps the client's Result values. */
export function must(result) {
  if (result.isErr()) throw result.error;
  return result.value;
}

export const hex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");
export const unhex = (text) => new Uint8Array(Buffer.from(String(text).replace(/^0x/, ""), "hex"));

/** The Ed25519 key of a seed (32 bytes in hex), or of a fid. */
export function signerOf(fid, seed) {
  const bytes = seed ? unhex(seed) : createHash("sha256").update(`person ${fid}`).digest();
  return new NobleEd25519Signer(new Uint8Array(bytes));
}

export const custodyOf = (fid) =>
  new Uint8Array(createHash("sha256").update(`custody ${fid}`).digest().subarray(0, 20));

let logIndex = 0;

export function fact(fid, type, body, at = Math.floor(Date.now() / 1000)) {
  return OnChainEvent.create({
    type,
    chainId: 10,
    blockNumber: at - 1609459200,
    blockHash: new Uint8Array(32).fill(7),
    blockTimestamp: at,
    transactionHash: new Uint8Array(randomBytes(32)),
    logIndex: logIndex++,
    fid,
    version: 1,
    ...body,
  });
}

export function rent(fid, units, at) {
  const body = { payer: custodyOf(fid), units, expiry: 4294967295 };
  return fact(fid, hub.OnChainEventType.EVENT_TYPE_STORAGE_RENT, { storageRentEventBody: body }, at);
}

export function idRegister(fid, to = custodyOf(fid)) {
  const body = {
    to,
    eventType: hub.IdRegisterEventType.REGISTER,
    from: new Uint8Array(),
    recoveryAddress: to,
  };
  return fact(fid, hub.OnChainEventType.EVENT_TYPE_ID_REGISTER, { idRegisterEventBody: body });
}

export function signerEvent(fid, key, eventType = hub.SignerEventType.ADD) {
  const body = { key, keyType: 1, eventType, metadata: new Uint8Array(), metadataType: 1 };
  return fact(fid, hub.OnChainEventType.EVENT_TYPE_SIGNER, { signerEventBody: body });
}

export function pro(fid) {
  const body = { tierType: hub.TierType.Pro, forDays: 365, payer: custodyOf(fid) };
  return fact(fid, hub.OnChainEventType.EVENT_TYPE_TIER_PURCHASE, { tierPurchaseEventBody: body });
}

export function nameProof(fid, name) {
  return UserNameProof.create({
    timestamp: Math.floor(Date.now() / 1000),
    name: new Uint8Array(Buffer.from(name)),
    owner: custodyOf(fid),
    signature: new Uint8Array(65).fill(1),
    fid,
    type: hub.UserNameType.USERNAME_TYPE_FNAME,
  });
}

/** Asks until the answer is truthy, or throws after `ms`. */
export async function until(what, ask, ms = 15000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

/** Rent, registration, signer, and perhaps Pro and a name; returns when all are in force. */
export async function register({ client, admin, fid, signer, units = 1, name, isPro, custody }) {
  const key = must(await signer.getSignerKey());
  must(await admin.submitOnChainEvent(rent(fid, units)));
  must(await admin.submitOnChainEvent(idRegister(fid, custody)));
  must(await admin.submitOnChainEvent(signerEvent(fid, key)));
  if (isPro) must(await admin.submitOnChainEvent(pro(fid)));
  if (name) must(await admin.submitUserNameProof(nameProof(fid, name)));
  await until("registration", async () => {
    const found = await client.getSigner({ fid, signer: key });
    const registered = await client.getIdRegistryOnChainEvent({ fid });
    const named = !name || (await client.getUsernameProof({ name: Buffer.from(name) })).isOk();
    const limits = await client.getCurrentStorageLimitsByFid({ fid });
    const paid = limits.isOk() && limits.value.units >= units;
    const proNow = !isPro || (limits.isOk() && limits.value.tierSubscriptions.length > 0);
    return found.isOk() && registered.isOk() && named && paid && proNow;
  });
  return key;
}
