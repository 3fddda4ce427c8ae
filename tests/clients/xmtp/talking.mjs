// What a person says in conversations, by the official client.

const base64 = (text) => Buffer.from(text, "base64");

export class Talk {
  #sdk;
  #client;

  constructor(sdk, client) {
    this.#sdk = sdk;
    this.#client = client;
  }

  /** A conversation by its id; one that is not known yet is looked for first. */
  async place(id) {
    const find = () => this.#client.conversations.getConversationById(id);
    let found = await find().catch(() => undefined);
    if (!found) {
      await this.#client.conversations.sync();
      found = await find();
    }
    if (!found) throw new Error(`there is no conversation ${id}`);
    return found;
  }

  async #message(id) {
    const find = () => this.#client.conversations.getMessageById(id);
    let found = find();
    if (!found) {
      await this.#client.conversations.syncAll();
      found = find();
    }
    if (!found) throw new Error(`there is no message ${id}`);
    return found;
  }

  async says({ conversation, text, markdown = false }) {
    const it = await this.place(conversation);
    return { message: await (markdown ? it.sendMarkdown(text) : it.sendText(text)) };
  }

  async replies({ conversation, to, text }) {
    const it = await this.place(conversation);
    const { senderInboxId } = await this.#message(to);
    const content = this.#sdk.encodeText(text);
    const reply = { content, reference: to, referenceInboxId: senderInboxId };
    return { message: await it.sendReply(reply) };
  }

  async reacts({ conversation, to, emoji = "👍" }, action) {
    const it = await this.place(conversation);
    const { senderInboxId } = await this.#message(to);
    const schema = this.#sdk.ReactionSchema.Unicode;
    const reaction = { reference: to, referenceInboxId: senderInboxId, action, content: emoji, schema };
    return { message: await it.sendReaction(reaction) };
  }

  /** No version of the client has a method for it; all of them obey what others delete. */
  deletes({ conversation, message }) {
    const id = Buffer.from(message);
    const content = Buffer.concat([Buffer.from([0x0a, id.length]), id]).toString("base64");
    const type = { authority: "xmtp.org", id: "deleteMessage", major: 1, minor: 0 };
    return this.sends({ conversation, type, base64: content, push: false });
  }

  async sends({ conversation, type, parameters = {}, fallback, base64: bytes = "", push = true }) {
    const it = await this.place(conversation);
    const content = {
      type: {
        authorityId: type.authority,
        typeId: type.id,
        versionMajor: type.major ?? 1,
        versionMinor: type.minor ?? 0,
      },
      parameters,
      fallback,
      content: base64(bytes),
    };
    return { message: await it.send(content, { shouldPush: push, optimistic: false }) };
  }

  async attaches({ conversation, base64: bytes, type, name }) {
    const it = await this.place(conversation);
    const attachment = { filename: name, mimeType: type, content: base64(bytes) };
    return { message: await it.sendAttachment(attachment) };
  }

  async #upload({ base64: bytes, type, name }, host) {
    const attachment = { filename: name, mimeType: type, content: base64(bytes) };
    const { payload, ...secrets } = this.#sdk.encryptAttachment(attachment);
    const answer = await fetch(`${host}/upload`, { method: "POST", body: payload });
    if (!answer.ok) throw new Error(`the host answered ${answer.status}`);
    return { ...secrets, url: `${host}/files/${await answer.text()}`, scheme: "https" };
  }

  async attachesRemotely({ conversation, files, host }) {
    const it = await this.place(conversation);
    const attachments = await Promise.all(files.map((file) => this.#upload(file, host)));
    if (attachments.length === 1) return { message: await it.sendRemoteAttachment(attachments[0]) };
    return { message: await it.sendMultiRemoteAttachment({ attachments }) };
  }

  async fetches({ message }) {
    const { content } = await this.#message(message);
    const remote = content.attachments ?? [content];
    const files = await Promise.all(
      remote.map(async (attachment) => {
        const answer = await fetch(attachment.url);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const { filename, mimeType, content } = this.#sdk.decryptAttachment(bytes, attachment);
        return { name: filename, type: mimeType, base64: Buffer.from(content).toString("base64") };
      }),
    );
    return { files };
  }
}
