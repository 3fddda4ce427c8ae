// Messages, conversations and members as plain JSON.

const ADDED = 1;

const typeOf = (type) => type && `${type.authorityId}/${type.typeId}`;

export function show(message) {
  const { content, contentType } = message;
  const shown = {
    id: message.id,
    conversation: message.conversationId,
    sender: message.senderInboxId,
    sent_at_ns: message.sentAtNs,
    type: contentType?.typeId,
    full_type: typeOf(contentType),
    fallback: message.fallback,
    status: ["unpublished", "published", "failed"][message.deliveryStatus],
    reactions: inForce(message.reactions ?? []),
    expires_at_ns: message.expiresAtNs,
  };
  if (typeof content === "string") return { ...shown, text: content };
  if (contentType?.typeId === "reply" && content) return { ...shown, ...showReply(content) };
  return { ...shown, content };
}

/** Who reacts with what, once what was taken back again is left out. */
function inForce(reactions) {
  const found = new Map();
  for (const { content, senderInboxId } of reactions) {
    const reaction = { sender: senderInboxId, emoji: content.content, schema: content.schema };
    const key = JSON.stringify(reaction);
    if (content.action === ADDED) found.set(key, reaction);
    else found.delete(key);
  }
  return [...found.values()];
}

function showReply({ referenceId, content, contentType, inReplyTo }) {
  return {
    text: typeof content === "string" ? content : undefined,
    content: typeof content === "string" ? undefined : content,
    reply_type: contentType?.typeId,
    in_reply_to: referenceId,
    original: inReplyTo ? show(inReplyTo) : undefined,
  };
}

export function showConversation(it) {
  const isDm = it.peerInboxId !== undefined;
  return {
    id: it.id,
    kind: isDm ? "dm" : "group",
    peer: isDm ? it.peerInboxId : undefined,
    name: isDm ? undefined : it.name,
    description: isDm ? undefined : it.description,
    image: isDm ? undefined : it.imageUrl,
    app_data: isDm ? undefined : it.appData,
    policy: isDm ? undefined : ["default", "admin_only", "custom"][it.permissions().policyType],
    admins: isDm ? undefined : it.listAdmins(),
    super_admins: isDm ? undefined : it.listSuperAdmins(),
    active: it.isActive,
    added_by: it.addedByInboxId,
    consent: ["unknown", "allowed", "denied"][it.consentState()],
    paused_for: it.pausedForVersion() ?? undefined,
  };
}

export function showMember(member) {
  return {
    inbox: member.inboxId,
    addresses: member.accountIdentifiers.map((it) => it.identifier),
    installations: member.installationIds,
    level: ["member", "admin", "super_admin"][member.permissionLevel],
  };
}
