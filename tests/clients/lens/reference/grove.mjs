// A Grove that keeps everything in memory: one-step uploads, allocated keys, folders, edits, deletes.
import { randomBytes } from "node:crypto";
import { verifyMessage } from "viem";

const KEY = /^[0-9a-f]{64}$/;

export class Grove {
  #files = new Map();
  #challenges = new Map();
  url = "";

  get(key) {
    return this.#files.get(key);
  }

  #name() {
    const key = randomBytes(32).toString("hex");
    return { storage_key: key, gateway_url: `${this.url}/${key}`, uri: `lens://${key}` };
  }

  /** Answers a request with `{status, body, type}`. */
  async answer({ method, path, query, headers, body }) {
    const json = (status, value) => ({ status, body: JSON.stringify(value), type: "application/json" });
    const key = path.slice(1).split("/")[0];
    if (method === "POST" && path === "/") {
      const named = this.#name();
      const acl = { template: "immutable", chain_id: Number(query.get("chain_id")) };
      this.#files.set(named.storage_key, { bytes: body, type: headers["content-type"], acl });
      return json(201, [named]);
    }
    if (method === "POST" && path === "/link/new") {
      const amount = Number(query.get("amount") ?? 1);
      return json(200, Array.from({ length: amount }, () => this.#name()));
    }
    if (method === "POST" && path === "/challenge/new") return this.#challenge(JSON.parse(body), json);
    if (method === "POST" && path === "/challenge/sign") return this.#signed(JSON.parse(body), json);
    if (path.startsWith("/status/")) {
      const of = path.slice("/status/".length);
      const status = this.#files.has(of) ? "done" : "new";
      return json(200, { storage_key: of, status, progress: status === "done" ? 100 : 0 });
    }
    if (!KEY.test(key)) return json(404, { message: "no such place" });
    if (method === "GET") {
      const file = this.#files.get(key);
      return file ? { status: 200, body: file.bytes, type: file.type } : json(404, { message: "no such file" });
    }
    if (method === "POST") return this.#take(key, headers, body, json);
    if (method === "PUT" || method === "DELETE") {
      const challenge = this.#challenges.get(query.get("challenge_cid"));
      const isAllowed = challenge?.isSigned && challenge.key === key && challenge.secret === query.get("secret_random");
      if (!isAllowed) return json(401, { message: "not allowed" });
      this.#challenges.delete(query.get("challenge_cid"));
      if (method === "PUT") return this.#take(key, headers, body, json);
      this.#files.delete(key);
      return json(200, { success: true });
    }
    return json(405, { message: "no such method" });
  }

  async #take(key, headers, body, json) {
    const form = await new Response(body, { headers: { "content-type": headers["content-type"] } }).formData();
    const acl = form.get("lens-acl.json");
    const rules = acl ? JSON.parse(typeof acl === "string" ? acl : await acl.text()) : undefined;
    const names = [];
    let index;
    for (const [name, part] of form.entries()) {
      if (!KEY.test(name)) continue;
      const bytes = Buffer.from(typeof part === "string" ? part : await part.arrayBuffer());
      const file = { bytes, type: part.type ?? "application/octet-stream", acl: rules };
      this.#files.set(name, file);
      names.push(name);
      if (part.name === "index.json") index = file;
    }
    // What is stored under another key than any of its files is a folder.
    const manifest = { bytes: Buffer.from(JSON.stringify({ files: names })), type: "application/json", acl: rules };
    if (!names.includes(key)) this.#files.set(key, index ?? manifest);
    return json(200, { success: true });
  }

  #challenge({ storage_key: key, action }, json) {
    const file = this.#files.get(key);
    if (!file) return json(404, { message: "no such file" });
    if (file.acl?.template === "immutable") return json(401, { message: "the file is immutable" });
    const [secret, cid] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
    const message = `${action} ${key} ${secret}`;
    this.#challenges.set(cid, { key, secret, message, file });
    return json(200, { message, secret_random: secret });
  }

  async #signed({ message, secret_random: secret, signature }, json) {
    const found = [...this.#challenges].find(([, it]) => it.message === message && it.secret === secret);
    if (!found) return json(401, { message: "no such challenge" });
    const [cid, challenge] = found;
    const address = challenge.file.acl?.wallet_address;
    const isSigned = address && (await verifyMessage({ address, message, signature }).catch(() => false));
    if (!isSigned) return json(401, { message: "somebody else signed" });
    challenge.isSigned = true;
    return json(200, { challenge_cid: cid });
  }
}
