// The HTTP API, by plain requests.
import * as hub from "@farcaster/hub-nodejs";
import { hex, must, until } from "../identity.mjs";
import { equal, holds } from "../probing.mjs";

export async function http({ probes, person, httpUrl }) {
  const hana = await person(1501, { name: "hana" });
  const ask = (path, options) => fetch(`${httpUrl}${path}`, options);
  const read = async (path) => (await ask(path)).json();
  const octets = { "content-type": "application/octet-stream" };
  const send = (message, headers = octets) =>
    ask("/v1/submitMessage", { method: "POST", headers, body: hub.Message.encode(message).finish() });
  const message = await hana.cast({
    text: "over HTTP",
    embeds: [{ url: "https://x.test/1" }, { castId: { fid: 1, hash: new Uint8Array(20).fill(1) } }],
    parentUrl: "https://x.test/c/http",
  });
  const byId = `/v1/castById?fid=${hana.fid}&hash=${hex(message.hash)}`;

  await probes.check("submitMessage answers with the message, without data_bytes", async () => {
    const response = await send(message);
    equal(response.status, 200);
    const body = await response.json();
    equal(body.hash, hex(message.hash));
    equal(body.dataBytes, undefined);
    equal(body.signature, Buffer.from(message.signature).toString("base64"));
    equal(body.signer, hex(message.signer));
  });
  await probes.check("a cast in JSON", async () => {
    const cast = await until("cast", async () => {
      const response = await ask(byId);
      return response.status === 200 && response.json();
    });
    equal(cast.data.type, "MESSAGE_TYPE_CAST_ADD");
    equal(cast.data.network, "FARCASTER_NETWORK_DEVNET");
    equal([cast.hashScheme, cast.signatureScheme], ["HASH_SCHEME_BLAKE3", "SIGNATURE_SCHEME_ED25519"]);
    const { text, parentUrl, embeds, type } = cast.data.castAddBody;
    equal([text, parentUrl, type], ["over HTTP", "https://x.test/c/http", "CAST"]);
    equal(embeds, [{ url: "https://x.test/1" }, { castId: { fid: 1, hash: `0x${"01".repeat(20)}` } }]);
  });
  await probes.check("what is not there is a 400", async () => {
    const response = await ask(`/v1/castById?fid=${hana.fid}&hash=0x${"00".repeat(20)}`);
    equal(response.status, 400);
    const body = await response.json();
    equal(body.error, "Failed to get cast");
    holds(/NotFound/.test(body.error_detail), body.error_detail);
    holds(/cast not found/.test(body.error_detail), body.error_detail);
  });
  await probes.check("a duplicate is a 400 that says so", async () => {
    const response = await send(message);
    equal(response.status, 400);
    const body = await response.json();
    holds(/bad_request.duplicate/.test(body.error_detail), body.error_detail);
  });
  await probes.check("an unknown path, a wrong content type", async () => {
    const missing = await ask("/v1/nothing");
    equal([missing.status, await missing.text()], [404, "Not Found"]);
    const wrong = await send(message, { "content-type": "application/json" });
    equal([wrong.status, await wrong.text()], [400, "Invalid content type: application/json"]);
  });
  await probes.check("a list of a fid ends with an empty token; both spellings of pages work", async () => {
    const list = await read(`/v1/castsByFid?fid=${hana.fid}`);
    equal([list.messages.length, list.nextPageToken], [1, ""]);
    const names = await read(`/v1/userDataByFid?fid=${hana.fid}&page_size=1&pageSize=5`);
    equal(names.messages.length, 0);
  });
  await probes.check("castsByParent has a token at the end, too", async () => {
    const url = encodeURIComponent("https://x.test/c/http");
    const list = await read(`/v1/castsByParent?url=${url}&pageSize=100`);
    equal(list.messages.length, 1);
    equal(Buffer.from(list.nextPageToken, "base64").toString(), "[null,null]");
  });
  await probes.check("events, without a token", async () => {
    const list = await read("/v1/events?from_event_id=0&shard_index=1&page_size=5");
    equal([list.events.length, list.nextPageToken], [5, undefined]);
    equal(list.events[0].type, "HUB_EVENT_TYPE_BLOCK_CONFIRMED");
    const one = await read(`/v1/eventById?event_id=${list.events[2].id}&shard_index=1`);
    equal(one.id, list.events[2].id);
  });
  await probes.check("storage, in mixed styles", async () => {
    const { limits, units, unitDetails } = await read(`/v1/storageLimitsByFid?fid=${hana.fid}`);
    const { storeType, name, limit, used } = limits[0];
    equal([storeType, name, limit, used, units], ["Casts", "CASTS", 100, 1, 1]);
    equal(unitDetails[2], { unitSize: 1, unitType: "UnitType2025" });
  });
  await probes.check("keys and registrations", async () => {
    const key = hex(must(await hana.signer.getSignerKey()));
    const { signers } = await read(`/v1/signersByFid?fid=${hana.fid}`);
    equal([signers[0].source, signers[0].key], ["SIGNER_SOURCE_ONCHAIN", key]);
    const { events } = await read(`/v1/onChainSignersByFid?fid=${hana.fid}`);
    equal([events[0].type, events[0].signerEventBody.eventType], ["EVENT_TYPE_SIGNER", "Add"]);
    const path = `/v1/onChainEventsByFid?fid=${hana.fid}&event_type=EVENT_TYPE_ID_REGISTER`;
    const registered = (await read(path)).events[0];
    equal(registered.idRegisterEventBody.eventType, "Register");
    const kind = await read(`/v1/fidAddressType?fid=${hana.fid}&address=${registered.idRegisterEventBody.to}`);
    equal(kind, { is_auth: false, is_custody: true, is_verified: false });
  });
  await probes.check("names and the hub itself", async () => {
    equal((await read("/v1/userNameProofByName?name=hana")).fid, hana.fid);
    const info = await read("/v1/info");
    equal([info.numShards, info.shardInfos.map((shard) => shard.shardId)], [2, [0, 1, 2]]);
    holds(typeof info.peer_id === "string", "peer_id");
    equal((await ask("/v1/info")).headers.get("access-control-allow-origin"), "*");
  });
}
