// Compares a hub with what a real node (Snapchain 0.14.2) was seen to do.
import * as hub from "@farcaster/hub-nodejs";
import { parseArgs } from "node:util";
import { limits } from "./conformance/limits.mjs";
import { merging } from "./conformance/merging.mjs";
import { keys } from "./conformance/keys.mjs";
import { paging } from "./conformance/paging.mjs";
import { streams } from "./conformance/streams.mjs";
import { http } from "./conformance/http.mjs";
import { wire } from "./conformance/wire.mjs";
import { NETWORK, must, register, signerOf } from "./identity.mjs";
import { Probes } from "./probing.mjs";

const { values: flags } = parseArgs({
  options: { hub: { type: "string" }, http: { type: "string" } },
});
const client = hub.getInsecureHubRpcClient(flags.hub, {
  "grpc.max_receive_message_length": 20 * 1024 * 1024,
});
const admin = await hub.getAdminRpcClient(flags.hub);
const probes = new Probes();

/** Somebody with a fid, who signs with the official builders or by hand. */
async function person(fid, options = {}) {
  const signer = signerOf(fid);
  if (!options.unregistered) await register({ client, admin, fid, signer, ...options });
  const now = () => Math.floor(Date.now() / 1000) - 1609459200;
  const dated = (timestamp = now()) => ({ fid, network: NETWORK, timestamp });
  const body = (fields) => ({
    text: "",
    mentions: [],
    mentionsPositions: [],
    embeds: [],
    embedsDeprecated: [],
    type: hub.CastType.CAST,
    ...fields,
  });
  // Signs without the client's own checks, so that the hub has to make them.
  const raw = async (type, bodies, timestamp, by = signer) => {
    const data = hub.MessageData.create({ type, ...dated(timestamp), ...bodies });
    const dataBytes = hub.MessageData.encode(data).finish();
    return envelope(dataBytes, by);
  };
  const cast = async (fields, timestamp) =>
    raw(hub.MessageType.CAST_ADD, { castAddBody: body(fields) }, timestamp);
  return { fid, signer, dated, body, raw, cast, submit: (message) => client.submitMessage(message) };
}

export async function envelope(dataBytes, signer, fields = {}) {
  const hash = must(await hashOf(dataBytes));
  return hub.Message.create({
    dataBytes,
    hash,
    hashScheme: hub.HashScheme.BLAKE3,
    signature: must(await signer.signMessageHash(hash)),
    signatureScheme: hub.SignatureScheme.ED25519,
    signer: must(await signer.getSignerKey()),
    ...fields,
  });
}

async function hashOf(dataBytes) {
  const { blake3 } = await import("@noble/hashes/blake3");
  return { isErr: () => false, value: blake3.create({ dkLen: 20 }).update(dataBytes).digest() };
}

const bench = { client, admin, probes, person, envelope, httpUrl: `http://${flags.http}` };
for (const part of [limits, wire, merging, keys, paging, streams, http]) await part(bench);

client.close();
process.exit(probes.conclude() ? 0 : 1);
