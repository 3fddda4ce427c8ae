// Gasless keys and verified addresses, signed by Ethereum keys.
import * as hub from "@farcaster/hub-nodejs";
import { privateKeyToAccount } from "viem/accounts";
import { NETWORK, hex, must, signerEvent, signerOf, until } from "../identity.mjs";
import { equal, holds, refused } from "../probing.mjs";

export async function keys({ client, admin, probes, person }) {
  const account = privateKeyToAccount(`0x${"22".repeat(32)}`);
  const custody = new hub.ViemLocalEip712Signer(account);
  const address = must(await custody.getSignerKey());
  const erin = await person(1301, { custody: address });
  const fern = await person(1302);
  const nearby = new hub.NobleEd25519Signer(new Uint8Array(32).fill(9));
  const key = must(await nearby.getSignerKey());

  await probes.check("a verified address, and the same one for a second fid", async () => {
    for (const somebody of [erin, fern]) {
      const blockHash = new Uint8Array(32).fill(4);
      const claim = must(
        hub.makeVerificationAddressClaim(somebody.fid, address, NETWORK, blockHash, hub.Protocol.ETHEREUM),
      );
      const claimSignature = must(await custody.signVerificationEthAddressClaim(claim));
      const body = { address, claimSignature, blockHash, verificationType: 0, chainId: 0, protocol: 0 };
      const dated = somebody.dated();
      const made = must(await hub.makeVerificationAddEthAddress(body, dated, somebody.signer));
      must(await client.submitMessage(made));
      const forged = { ...body, blockHash: new Uint8Array(32).fill(5) };
      const bodies = { verificationAddAddressBody: forged };
      const type = hub.MessageType.VERIFICATION_ADD_ETH_ADDRESS;
      refused(await client.submitMessage(await somebody.raw(type, bodies)), "invalid claimSignature");
      const asked = { fid: somebody.fid, address };
      await until("verification", async () => (await client.getVerification(asked)).isOk());
      const kind = must(await client.getFidAddressType(asked));
      equal([kind.isCustody, kind.isVerified], [somebody === erin, true]);
    }
  });

  const add = async (fields = {}) => {
    const now = erin.dated().timestamp;
    const options = {
      fid: erin.fid,
      key,
      scopes: [1, 2, 3, 4],
      ttl: 3600,
      nonce: 1,
      deadline: now + 600,
      ...fields,
    };
    const body = must(await hub.makeKeyAddBody(options, custody));
    return must(await hub.makeKeyAdd(body, erin.dated(), nearby));
  };
  await probes.check("a key that somebody else's custody allowed", async () => {
    const stranger = new hub.ViemLocalEip712Signer(privateKeyToAccount(`0x${"33".repeat(32)}`));
    const now = erin.dated().timestamp;
    const options = { fid: erin.fid, key, scopes: [1], ttl: 60, nonce: 1, deadline: now + 600 };
    const body = must(await hub.makeKeyAddBody(options, stranger));
    const made = must(await hub.makeKeyAdd(body, erin.dated(), nearby));
    refused(await client.submitMessage(made), "requestSigner does not match custody address of requestFid");
  });
  await probes.check("a scoped key casts, and may not follow", async () => {
    must(await client.submitMessage(await add()));
    const shown = await until("key", async () => {
      const answer = must(await client.getSignersByFid({ fid: erin.fid, requesterFids: [] }));
      return answer.signers.find((signer) => hex(signer.key) === hex(key)) && answer;
    });
    const signer = shown.signers.find((signer) => hex(signer.key) === hex(key));
    equal([signer.source, signer.ttl, signer.requestFid, signer.nonce], [2, 3600, erin.fid, 1]);
    equal(signer.scopes, [1, 2, 3, 4], "scopes");
    equal([shown.currentUserNonce, shown.gaslessSignerCount], [1, 1]);
    const onchain = must(await client.getOnChainSignersByFid({ fid: erin.fid }));
    holds(!onchain.events.some((event) => hex(event.signerEventBody.key) === hex(key)), "it is on-chain");
    const cast = await hub.makeCastAdd(erin.body({ text: "by a scoped key" }), erin.dated(), nearby);
    must(await client.submitMessage(must(cast)));
    const follow = await hub.makeLinkAdd({ type: "follow", targetFid: fern.fid }, erin.dated(), nearby);
    refused(
      await client.submitMessage(must(follow)),
      "message type 5 is not in the scope of the gasless signer",
    );
  });
  await probes.check("one key a minute", async () => {
    refused(await client.submitMessage(await add({ nonce: 2 })), "rate limit", "bad_request.rate_limited");
  });
  await probes.check("a key takes itself away", async () => {
    const options = { fid: erin.fid, key, nonce: 1, deadline: erin.dated().timestamp + 600 };
    const body = must(await hub.makeKeyRemoveBodySelfRevoke(options));
    must(await client.submitMessage(must(await hub.makeKeyRemove(body, erin.dated(), nearby))));
    await until("removal", async () => (await client.getSigner({ fid: erin.fid, signer: key })).isErr());
    const cast = must(await hub.makeCastAdd(erin.body({ text: "too late" }), erin.dated(), nearby));
    refused(await client.submitMessage(cast), "invalid signer");
  });
  await probes.check("a removed on-chain signer signs no more, and what it signed stays", async () => {
    const gil = await person(1303);
    const said = await gil.cast({ text: "still here" });
    must(await gil.submit(said));
    const id = { fid: gil.fid, hash: said.hash };
    await until("cast", async () => (await client.getCast(id)).isOk());

    const own = must(await signerOf(gil.fid).getSignerKey());

    must(await admin.submitOnChainEvent(signerEvent(gil.fid, own, hub.SignerEventType.REMOVE)));
    await until("signer gone", async () => (await client.getSigner({ fid: gil.fid, signer: own })).isErr());
    refused(await gil.submit(await gil.cast({ text: "never" })), "invalid signer");
    must(await client.getCast(id));
  });
}
