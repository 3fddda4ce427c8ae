// What a person writes: content that is stored on Grove and then posted, once, however often it takes.
import { postId, uri } from "@lens-protocol/client";
import { editPost, fetchPost, fetchPosts, post } from "@lens-protocol/client/actions";
import { image, textOnly } from "@lens-protocol/metadata";
import { forever, hashOf, must } from "./official.mjs";

const PAUSE_MS = 150;
const rest = (ms) => new Promise((go) => setTimeout(go, ms));

/** Does something that changes nothing if it is done twice, until it works. */
export async function insist(act, attempts = 1) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (attempt >= attempts || error.code) throw error;
      await rest(PAUSE_MS);
    }
  }
}

export class Writer {
  constructor({ session, grove, account }) {
    this.session = session;
    this.grove = grove;
    this.account = account;
  }

  /** Stores a file on Grove. */
  async upload({ base64, type, name = "file" }, attempts) {
    const file = new File([Buffer.from(base64, "base64")], name, { type });
    const stored = await insist(() => this.grove.uploadFile(file, { acl: forever() }), attempts);
    return stored.uri;
  }

  #metadata({ text, picture, tags }) {
    const more = { ...(tags && { tags }) };
    if (!picture) return textOnly({ content: text, ...more });
    return image({ image: { item: picture.uri, type: picture.type }, ...(text && { content: text }), ...more });
  }

  /** Stores the content of a post; answers with its place and its own id. */
  async #store(command) {
    const metadata = this.#metadata(command);
    if (command.inline) {
      return { id: metadata.lens.id, contentUri: uri(`data:application/json,${encodeURIComponent(JSON.stringify(metadata))}`) };
    }
    const stored = await insist(() => this.grove.uploadAsJson(metadata, { acl: forever() }), command.attempts);
    return { id: metadata.lens.id, contentUri: uri(stored.uri) };
  }

  /** Waits for a transaction and reads the post that it made. */
  async #made(hash) {
    await must(this.session.waitForTransaction(hash));
    const made = await must(fetchPost(this.session, { txHash: hash }));
    if (!made) throw new Error(`no post of ${hash}`);
    return made;
  }

  /** The newest post of this person's with this content, if the API took it after all. */
  async #find(id) {
    const { items } = await must(fetchPosts(this.session, { filter: { authors: [this.account] } }));
    return items.find((it) => it.metadata?.id === id);
  }

  /** Posts, comments or quotes. A lost answer is looked for before anything is said again. */
  async writes(command) {
    const { id, contentUri } = await this.#store(command);
    const request = {
      contentUri,
      ...(command.feed && { feed: command.feed }),
      ...(command.on && { commentOn: { post: postId(command.on) } }),
      ...(command.of && { quoteOf: { post: postId(command.of) } }),
    };
    return this.#once(id, command, () => must(post(this.session, request)));
  }

  /** Gives a post new content. */
  async edits(command) {
    const { id, contentUri } = await this.#store(command);
    const request = { post: postId(command.post), contentUri };
    return this.#once(id, command, () => must(editPost(this.session, request)));
  }

  async #once(id, { attempts = 1 }, act) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#made(hashOf(await act()));
      } catch (error) {
        if (attempt >= attempts || error.code) throw error;
        const found = await this.#waitFor(id);
        if (found) return found;
      }
    }
  }

  async #waitFor(id) {
    for (let look = 0; look < 8; look += 1) {
      await rest(PAUSE_MS);
      const found = await insist(() => this.#find(id), 20);
      if (found) return found;
    }
    return undefined;
  }
}
