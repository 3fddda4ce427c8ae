// What a message may hold.
import * as hub from "@farcaster/hub-nodejs";
import { must, signerOf } from "../identity.mjs";
import { refused } from "../probing.mjs";

const { CastType } = hub;

export async function limits({ client, probes, person }) {
  const alice = await person(1001, { units: 5 });
  const pro = await person(1002, { isPro: true });
  const nobody = await person(1003, { unregistered: true });
  const text = (bytes, type) => ({ text: "x".repeat(bytes), type });
  const url = (length) => ({ url: "https://x.test/".padEnd(length, "u") });

  const refusals = [
    ["text > 320 bytes", text(321, CastType.CAST)],
    ["text > 320 bytes", { text: "🎉".repeat(81) }],
    ["text too short for long cast", text(320, CastType.LONG_CAST)],
    ["text > 1024 bytes for long cast", text(1025, CastType.LONG_CAST)],
    ["Pro subscription required", text(1025, CastType.TEN_K_CAST)],
    ["embeds > 4", { embeds: Array(5).fill(url(20)) }],
    ["url > 256 bytes", { embeds: [url(257)] }],
    ["url < 1 byte", { embeds: [{ url: "" }] }],
    ["mentions > 10", { mentions: Array(11).fill(1), mentionsPositions: Array(11).fill(0) }],
    ["mentions and mentionsPositions must match", { text: "a", mentions: [1], mentionsPositions: [] }],
    ["mentionsPositions must be sorted in ascending order", { text: "ab", mentions: [1, 2], mentionsPositions: [1, 0] }],
    ["mentionsPositions must be a position in text", { text: "ab", mentions: [1], mentionsPositions: [3] }],
    ["cast is empty", {}],
    ["hash is missing", { text: "a", parentCastId: { fid: 1, hash: new Uint8Array(19) } }],
    ["fid is missing", { text: "a", parentCastId: { fid: 0, hash: new Uint8Array(20) } }],
    ["string embeds have been deprecated", { text: "a", embedsDeprecated: ["https://x.test"] }],
    ["dataBytes > 2048 bytes", { ...text(1024, CastType.LONG_CAST), embeds: Array(4).fill(url(256)) }],
  ];
  for (const [reason, body] of refusals) {
    await probes.check(`limit: ${reason}`, async () => {
      refused(await alice.submit(await alice.cast(body)), reason);
    });
  }

  const accepted = [
    ["320 bytes", text(320, CastType.CAST)],
    ["321 bytes as a long cast", text(321, CastType.LONG_CAST)],
    ["1024 bytes as a long cast", text(1024, CastType.LONG_CAST)],
    ["four embeds", { embeds: Array(4).fill(url(60)) }],
    ["a quote", { text: "q", embeds: [{ castId: { fid: 1, hash: new Uint8Array(20).fill(3) } }] }],
    ["a mention of a fid that is not there", { text: "hey", mentions: [999999], mentionsPositions: [3] }],
    ["equal positions", { text: "hey", mentions: [1, 2], mentionsPositions: [1, 1] }],
    ["a position inside an emoji", { text: "🎉", mentions: [1], mentionsPositions: [2] }],
    ["a reply to a cast that is not there", { text: "r", parentCastId: { fid: 77, hash: new Uint8Array(20).fill(9) } }],
  ];
  for (const [what, body] of accepted) {
    await probes.check(`accepted: ${what}`, async () => must(await alice.submit(await alice.cast(body))));
  }

  await probes.check("a Pro fid casts 10,000 bytes", async () =>
    must(await pro.submit(await pro.cast(text(10000, CastType.TEN_K_CAST)))),
  );
  await probes.check("700 s ahead", async () => {
    const message = await alice.cast({ text: "soon" }, alice.dated().timestamp + 700);
    refused(await alice.submit(message), "timestamp more than 10 mins in the future");
  });
  await probes.check("a year ago", async () =>
    must(await alice.submit(await alice.cast({ text: "old" }, alice.dated().timestamp - 31536000))),
  );
  await probes.check("an unknown fid", async () => {
    refused(await nobody.submit(await nobody.cast({ text: "boo" })), "unknown fid");
  });
  await probes.check("an unknown signer", async () => {
    const bodies = { castAddBody: alice.body({ text: "forged" }) };
    const forged = await alice.raw(hub.MessageType.CAST_ADD, bodies, undefined, signerOf(4242));
    refused(await alice.submit(forged), "invalid signer");
  });
  await probes.check("a mainnet message on a devnet", async () => {
    const options = { ...alice.dated(), network: hub.FarcasterNetwork.MAINNET };
    must(await client.submitMessage(must(await hub.makeCastAdd(alice.body({ text: "main" }), options, alice.signer))));
  });
}
