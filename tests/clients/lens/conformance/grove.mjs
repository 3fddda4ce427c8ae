// Grove: one-step uploads, mutable files, folders, edits and deletes.
import { walletOnly } from "@lens-chain/storage-client";
import { equal, holds } from "../../farcaster/probing.mjs";
import { CHAIN, forever } from "../official.mjs";

export async function grove(stage) {
  const { probes, grove: client } = stage;
  const ann = stage.person("ann");
  const bob = stage.person("bob");
  const mine = { acl: walletOnly(ann.wallet.address, CHAIN) };
  const file = (text, name = "note.txt") => new File([text], name, { type: "text/plain" });
  const read = async (place) => {
    const response = await fetch(client.resolve(place));
    return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
  };

  await probes.check("a file is there at once, with its type", async () => {
    const stored = await client.uploadFile(file("hello"), { acl: forever() });
    equal(stored.uri, `lens://${stored.storageKey}`);
    holds(/^[0-9a-f]{64}$/.test(stored.storageKey), `key: ${stored.storageKey}`);
    const found = await read(stored.uri);
    equal([found.status, found.text], [200, "hello"]);
    holds(found.type.startsWith("text/plain"), `type: ${found.type}`);
  });
  await probes.check("JSON is served as JSON", async () => {
    const stored = await client.uploadAsJson({ a: 1 }, { acl: forever() });
    const found = await read(stored.uri);
    holds(found.type.startsWith("application/json"), `type: ${found.type}`);
    equal(JSON.parse(found.text), { a: 1 });
  });
  await probes.check("what is not there is not found", async () => {
    equal((await read(`lens://${"0".repeat(64)}`)).status, 404);
  });
  await probes.check("a mutable file is edited by its wallet only", async () => {
    const stored = await client.uploadFile(file("one"), mine);
    await stored.waitForPropagation();
    await client.editFile(stored.uri, file("two"), ann.wallet, mine);
    equal((await read(stored.uri)).text, "two");
    let refusal;
    await client.editFile(stored.uri, file("three"), bob.wallet, mine).catch((error) => (refusal = error));
    // Grove may refuse the signature, or what is done with it.
    holds(refusal, "somebody else may edit it");
    equal((await read(stored.uri)).text, "two");
  });
  await probes.check("JSON is changed in its place", async () => {
    const stored = await client.uploadAsJson({ a: 1 }, mine);
    await stored.waitForPropagation();
    await client.updateJson(stored.uri, { a: 2 }, ann.wallet, mine);
    equal(JSON.parse((await read(stored.uri)).text), { a: 2 });
  });
  await probes.check("a mutable file is deleted by its wallet", async () => {
    const stored = await client.uploadFile(file("short-lived"), mine);
    await stored.waitForPropagation();
    equal((await client.delete(stored.uri, ann.wallet)).success, true);
    holds([404, 410].includes((await read(stored.uri)).status), "is still there");
  });
  await probes.check("what is immutable stays", async () => {
    const stored = await client.uploadFile(file("for ever"), { acl: forever() });
    await stored.waitForPropagation();
    const { success } = await client.delete(stored.uri, ann.wallet).catch(() => ({ success: false }));
    equal(success, false, "deletion");
    equal((await read(stored.uri)).text, "for ever");
  });
  await probes.check("a folder has its files and its index", async () => {
    const index = (files) => ({ files: files.map((it) => it.uri) });
    const stored = await client.uploadFolder([file("a", "a.txt"), file("b", "b.txt")], { acl: forever(), index });
    const texts = await Promise.all(stored.files.slice(0, 2).map(async (it) => (await read(it.uri)).text));
    equal(texts, ["a", "b"]);
    equal(JSON.parse((await read(stored.folder.uri)).text), { files: stored.files.map((it) => it.uri) });
  });
  await probes.check("a folder without an index tells what is in it", async () => {
    const stored = await client.uploadFolder([file("a", "a.txt")], { acl: forever() });
    equal((await read(stored.files[0].uri)).text, "a");
    equal((await read(stored.folder.uri)).status, 200);
  });
}
