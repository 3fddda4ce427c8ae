// Hashes, signatures, and which of `data` and `data_bytes` counts.
import * as hub from "@farcaster/hub-nodejs";
import { hex, must, signerEvent, until } from "../identity.mjs";
import { equal, holds, refused } from "../probing.mjs";

export async function wire({ client, admin, probes, person, envelope }) {
  const bob = await person(1101);

  await probes.check("a signature over the data", async () => {
    const message = await bob.cast({ text: "signed wrong" });
    const signature = must(await bob.signer.signMessageHash(message.dataBytes));
    refused(await bob.submit({ ...message, signature }), "invalid signature");
  });
  await probes.check("a hash that does not fit", async () => {
    const message = await bob.cast({ text: "hashed wrong" });
    refused(await bob.submit({ ...message, hash: new Uint8Array(20) }), "invalid hash");
  });
  await probes.check("data alone, by an encoder that writes empty fields", async () => {
    const made = must(await hub.makeCastAdd(bob.body({ text: "data only" }), bob.dated(), bob.signer));
    refused(await bob.submit({ ...made, dataBytes: undefined }), "invalid hash");
  });
  await probes.check("data_bytes alone", async () => {
    const made = await bob.cast({ text: "bytes only" });
    const answer = must(await bob.submit(made));
    equal(answer.data.castAddBody.text, "bytes only");
  });
  await probes.check("forged data beside true data_bytes comes back corrected", async () => {
    const made = must(await hub.makeCastAdd(bob.body({ text: "true" }), bob.dated(), bob.signer));
    const forged = hub.MessageData.create({ ...made.data, castAddBody: bob.body({ text: "forged" }) });
    must(await bob.submit({ ...made, data: forged }));
    const id = { fid: bob.fid, hash: made.hash };
    const read = await until("cast", async () => {
      const found = await client.getCast(id);
      return found.isOk() && found.value;
    });
    equal(read.data.castAddBody.text, "true");
    equal(hex(read.dataBytes), hex(made.dataBytes), "data_bytes");
    equal(hub.MessageData.decode(read.dataBytes).castAddBody.text, "true");
  });
  await probes.check("the golden vector keeps its hash", async () => {
    // fid 1234, key 0x10 and zeros, and the encoding that leaves empty fields out.
    const seed = new Uint8Array(32);
    seed[0] = 0x10;
    const signer = new hub.NobleEd25519Signer(seed);
    await person(1234);
    must(await admin.submitOnChainEvent(signerEvent(1234, must(await signer.getSignerKey()))));
    const bytes = goldenBytes();
    const message = await envelope(bytes, signer);
    equal(hex(message.hash), "0x27f49c6928369d64495f4c4dd142c2e7389ebf1e");
    await until("signer", async () => {
      const answer = await client.submitMessage(message);
      return answer.isOk() || answer.error.errCode === "bad_request.duplicate";
    });
    const id = { fid: 1234, hash: message.hash };
    const read = await until("cast", async () => {
      const found = await client.getCast(id);
      return found.isOk() && found.value;
    });
    equal(read.data.castAddBody.text, "Hello, Farcaster!");
    const again = hub.MessageData.encode(read.data).finish();
    const anew = await envelope(again, signer);
    equal(hex(anew.hash), "0xeceb06ddb910edf9cfd6a2f0c972f1ae69dc4222", "encoded anew");
    holds((await hub.validations.validateMessage(read)).isOk(), "the client refuses the vector");
  });
}

function goldenBytes() {
  const text = Buffer.from("Hello, Farcaster!");
  const cast = Buffer.concat([Buffer.from([0x22, text.length]), text]);
  const varint = (value) => {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
    return Buffer.from([...bytes, value]);
  };
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x08, 1, 0x10]),
      varint(1234),
      Buffer.from([0x18]),
      varint(94608000),
      Buffer.from([0x20, 1, 0x2a, cast.length]),
      cast,
    ]),
  );
}
