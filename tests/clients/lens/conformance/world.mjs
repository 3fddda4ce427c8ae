// People of a world that is given as JSON, and what they do through the official clients.
import { evmAddress } from "@lens-protocol/client";
import { fetchPost } from "@lens-protocol/client/actions";
import { equal } from "../../farcaster/probing.mjs";
import { groveClient, lensClient, login, must, walletOf } from "../official.mjs";
import { Writer } from "../writing.mjs";

export class Stage {
  constructor(world, probes) {
    Object.assign(this, world);
    this.probes = probes;
    this.grove = groveClient({ grove: world.grove });
    this.groveUrl = world.grove;
  }

  client(options = {}) {
    return lensClient({ api: this.api, origin: this.origin, ...options });
  }

  person(name) {
    const person = this.people.find((it) => it.name === name);
    return { ...person, account: evmAddress(person.account), wallet: walletOf(person.key), isManager: person.manager };
  }

  async session(name, client = this.client()) {
    return login(client, { ...this.person(name), app: evmAddress(this.app) });
  }

  async writer(name, client = this.client()) {
    const session = await this.session(name, client);
    const { account } = this.person(name);
    return new Writer({ session, grove: this.grove, account });
  }

  /** Asks the API without any client; answers with status and JSON. */
  async raw(query, { variables, token, headers = {}, origin = this.origin, api = this.api } = {}) {
    const response = await fetch(api, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(origin && { origin }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...(await response.json().catch(() => ({}))) };
  }

  /** Asks what no client would: not before whoever checks what clients ask. */
  malformed(query, options) {
    return this.raw(query, { ...options, api: this.unchecked ?? this.api });
  }

  read(id, by = this.client()) {
    return must(fetchPost(by, { post: id }));
  }
}

/** The code of the first error in an answer. */
export const codeOf = (answer) => answer.errors?.[0]?.extensions?.code;

/** Expects an answer that is an error of this code. */
export function refusedAs(answer, code) {
  equal(codeOf(answer), code, "code");
}

/** Expects that something is not done, for a reason of one of these names: a union member, or a client's error. */
export async function fails(act, ...expected) {
  try {
    await act();
  } catch (error) {
    const names = [error.code, error.name, error.cause?.__typename];
    if (!names.some((it) => expected.includes(it))) throw new Error(`expected ${expected}, got ${names}: ${error.message}`);
    return error;
  }
  throw new Error(`was done, expected ${expected}`);
}
