// A person on XMTP who uses nothing but the official client.
//
//   node person.mjs --api URL --key HEX [--sdk 5|6] [--db FILE] [--history URL] [--contract CHAIN:ADDRESS]
//
// `--key` is the wallet's secret (with `--contract`, its owner's); without `--db` the installation is
// gone with the process; with `--history` device sync is on. Says `{"event":"ready", address, inbox,
// installation, version}`, then obeys JSON lines, `{"id":1,"do":"say",…}`, each answered by a line
// with the same `id` and `ok`, or `error`. `to`, `members` and `whom` take addresses and inbox ids.
//
//   find{address}→inbox  reachable{address}→reachable  dm{to}→conversation
//   group{members,name,description,policy:default|admin_only}→conversation
//   add, remove{conversation,members}  leave{conversation}  rename{conversation,name}
//   describe{conversation,description}  picture{conversation,url}  app_data{conversation,text}
//   admin{conversation,whom,level:admin|super_admin,off}  members{conversation}→members
//   conversations→conversations  get{conversation}→its fields  consent{conversation,state}
//   say{conversation,text,markdown}→message  reply{conversation,to,text}→message
//   react, unreact{conversation,to,emoji}→message  delete{conversation,message}  receipt{conversation}
//   attach{conversation,base64,type,name}→message
//   remote{conversation,files:[{base64,type,name}],host}→message: one encrypted file posted to
//     `host`/upload and found under /files/ID, or several as one message
//   opens{base64,key}→text: a file that is sealed with age, by age's own client
//   fetch{message}→files: those of a remote attachment, downloaded and decrypted
//   send{conversation,type:{authority,id,major,minor},parameters,fallback,base64,push}→message
//   permit{conversation,what,policy,field}: by the client's own numbers
//   disappear{conversation,from_ns,in_ns}  sync→eligible,synced
//   read{conversation}→messages, oldest first, with reactions; sync:false reads what is there only
//   seen→messages: what the stream brought so far, in order  stream→events "message"  unstream
//   installations{inbox}→installations,addresses,recovery  revoke{installations} or {others:true}
//   link{key}: adds a wallet to the inbox  unlink{address}  recovery{address}
//   history: asks older installations for what was said  devices: syncs with them
//   export, import{path,key}: an archive (version 6)  inspect{conversation}→epoch,forked,log,…
import { Decrypter } from "age-encryption";
import { flagsOf, keepConsoleAway, obeyAll, say } from "./lines.mjs";
import { clientOf, load, signerOf } from "./official.mjs";
import { Talk } from "./talking.mjs";
import { show, showConversation, showMember } from "./showing.mjs";

keepConsoleAway();
const usage = "person.mjs --api URL --key HEX [--sdk 5|6] [--db FILE] [--history URL] [--contract CHAIN:ADDRESS]";
const flags = flagsOf(usage, ["api", "key"], ["sdk", "db", "history", "contract"]);
const sdk = await load(flags.sdk ?? "5");
const signer = signerOf(sdk, flags.key, flags.contract);
const client = await clientOf(sdk, { ...flags, signer });
const talk = new Talk(sdk, client);

const seen = [];
let stream;

const ethereum = (address) => ({
  identifier: address.toLowerCase(),
  identifierKind: sdk.IdentifierKind.Ethereum,
});

async function inboxOf(whom) {
  if (!whom.startsWith("0x")) return whom;
  const inbox = await client.fetchInboxIdByIdentifier(ethereum(whom));
  if (!inbox) throw new Error(`${whom} is not on XMTP`);
  return inbox;
}

const inboxesOf = (members = []) => Promise.all(members.map(inboxOf));
const place = (command) => talk.place(command.conversation);

/** What is done to a conversation, and answers with nothing. */
const changes = (act) => async (command) => {
  await act(await place(command), command);
  return {};
};

async function follow() {
  if (stream) return {};
  stream = await client.conversations.streamAllMessages({
    retryDelay: 500,
    retryAttempts: 1000,
    onError: (error) => say({ event: "stream", state: "broken", error: String(error.message) }),
    onFail: () => say({ event: "stream", state: "failed" }),
    onRestart: () => say({ event: "stream", state: "open" }),
  });
  const reading = stream;
  (async () => {
    for await (const message of reading) {
      const shown = show(message);
      seen.push(shown);
      say({ event: "message", message: shown });
    }
  })();
  return {};
}

const sync = async () => {
  const { numEligible, numSynced } = await client.conversations.syncAll();
  return { eligible: numEligible, synced: numSynced };
};

const commands = {
  async find({ address }) {
    return { inbox: await client.fetchInboxIdByIdentifier(ethereum(address)) };
  },
  async reachable({ address }) {
    const found = await client.canMessage([ethereum(address)]);
    return { reachable: [...found.values()][0] };
  },
  async dm({ to }) {
    return { conversation: (await client.conversations.createDm(await inboxOf(to))).id };
  },
  async group({ members, name, description, policy }) {
    const group = await client.conversations.createGroup(await inboxesOf(members), {
      groupName: name,
      groupDescription: description,
      permissions: policy === "admin_only" ? 1 : 0,
    });
    return { conversation: group.id };
  },
  add: changes(async (group, { members }) => group.addMembers(await inboxesOf(members))),
  remove: changes(async (group, { members }) => group.removeMembers(await inboxesOf(members))),
  leave: changes((group) => group.requestRemoval()),
  rename: changes((group, { name }) => group.updateName(name)),
  describe: changes((group, { description }) => group.updateDescription(description)),
  picture: changes((group, { url }) => group.updateImageUrl(url)),
  app_data: changes((group, { text }) => group.updateAppData(text)),
  admin: changes(async (group, { whom, level = "admin", off = false }) => {
    const suffix = level === "super_admin" ? "SuperAdmin" : "Admin";
    return group[`${off ? "remove" : "add"}${suffix}`](await inboxOf(whom));
  }),
  permit: changes((group, { what, policy, field }) => group.updatePermission(what, policy, field)),
  consent: changes((it, { state }) => it.updateConsentState(sdk.ConsentState[state])),
  disappear: changes((it, { from_ns, in_ns }) =>
    it.updateMessageDisappearingSettings(BigInt(from_ns), BigInt(in_ns)),
  ),
  async members(command) {
    return { members: (await (await place(command)).members()).map(showMember) };
  },
  async conversations() {
    return { conversations: (await client.conversations.list()).map(showConversation) };
  },
  async get(command) {
    return { conversation: showConversation(await place(command)) };
  },
  say: (command) => talk.says(command),
  reply: (command) => talk.replies(command),
  react: (command) => talk.reacts(command, sdk.ReactionAction.Added),
  unreact: (command) => talk.reacts(command, sdk.ReactionAction.Removed),
  delete: (command) => talk.deletes(command),
  async receipt(command) {
    return { message: await (await place(command)).sendReadReceipt() };
  },
  attach: (command) => talk.attaches(command),
  remote: (command) => talk.attachesRemotely(command),
  fetch: (command) => talk.fetches(command),
  async opens({ base64, key }) {
    const decrypter = new Decrypter();
    decrypter.addIdentity(key);
    return { text: await decrypter.decrypt(Buffer.from(base64, "base64"), "text") };
  },
  send: (command) => talk.sends(command),
  sync,
  async read(command) {
    if (command.sync !== false) await sync();
    const it = await place(command);
    const messages = await it.messages({ direction: sdk.SortDirection.Ascending });
    return { messages: messages.map(show) };
  },
  seen: () => ({ messages: seen }),
  stream: follow,
  async unstream() {
    await stream?.end();
    stream = undefined;
    return {};
  },
  async installations({ inbox }) {
    const states = inbox
      ? await (client.preferences.fetchInboxStates ?? client.preferences.getInboxStates).call(
          client.preferences,
          [await inboxOf(inbox)],
        )
      : [await client.preferences.fetchInboxState()];
    const [{ installations, identifiers, recoveryIdentifier }] = states;
    return {
      installations: installations.map((it) => it.id),
      addresses: identifiers.map((it) => it.identifier),
      recovery: recoveryIdentifier.identifier,
    };
  },
  async revoke({ installations, others }) {
    if (others) await client.revokeAllOtherInstallations();
    else await client.revokeInstallations(installations.map((id) => Buffer.from(id, "hex")));
    return {};
  },
  async link({ key }) {
    await client.unsafe_addAccount(signerOf(sdk, key), true);
    return {};
  },
  async unlink({ address }) {
    await client.removeAccount(ethereum(address));
    return {};
  },
  async recovery({ address }) {
    await client.changeRecoveryIdentifier(ethereum(address));
    return {};
  },
  async history() {
    await client.sendSyncRequest();
    return {};
  },
  async devices() {
    if (client.syncAllDeviceSyncGroups) await client.syncAllDeviceSyncGroups();
    else await client.preferences.sync();
    return {};
  },
  async export({ path, key }) {
    await client.createArchive(path, Buffer.from(key, "hex"));
    return {};
  },
  async import({ path, key }) {
    await client.importArchive(path, Buffer.from(key, "hex"));
    return {};
  },
  async inspect(command) {
    const it = await place(command);
    const { epoch, maybeForked, forkDetails, cursor, localCommitLog } = await it.debugInfo();
    const state = { epoch, forked: maybeForked, details: forkDetails, cursor, active: it.isActive };
    return { ...state, log: localCommitLog };
  },
};

const { identifier } = await signer.getIdentifier();
const { inboxId: inbox, installationId: installation, libxmtpVersion: version } = client;
say({ event: "ready", address: identifier, inbox, installation, version });
await obeyAll(commands);
await stream?.end();
process.exit(0);
