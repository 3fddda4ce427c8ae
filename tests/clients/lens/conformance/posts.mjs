// Posts, comments, quotes, reposts, edits, deletes, reactions, and the transactions behind them.
import { postId, uri } from "@lens-protocol/client";
import {
  addReaction,
  deletePost,
  editPost,
  fetchNotifications,
  fetchPost,
  fetchPostEdits,
  fetchPostReactions,
  fetchPostReactionStatus,
  post,
  repost,
  transactionStatus,
  undoReaction,
} from "@lens-protocol/client/actions";
import { image, textOnly } from "@lens-protocol/metadata";
import { equal, holds } from "../../farcaster/probing.mjs";
import { forever, hashOf, must, pages, same, until } from "../official.mjs";
import { fails } from "./world.mjs";

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const inline = (metadata) => uri(`data:application/json,${encodeURIComponent(JSON.stringify(metadata))}`);

export async function posts(stage) {
  const { probes } = stage;
  const ann = await stage.writer("ann");
  const bob = await stage.writer("bob");
  const state = async (hash) => (await must(transactionStatus(ann.session, { txHash: hash }))).__typename;

  await probes.check("a post is a hash first and a post later", async () => {
    const stored = await stage.grove.uploadAsJson(textOnly({ content: "first" }), { acl: forever() });
    const hash = hashOf(await must(post(ann.session, { contentUri: uri(stored.uri) })));
    const states = new Set();
    await until("the end of the transaction", async () => {
      const at = await state(hash);
      const made = await must(fetchPost(ann.session, { txHash: hash }));
      holds(at === "FinishedTransactionStatus" || !states.has(at) || !made || made.metadata.content === "first", "another post");
      states.add(at);
      return at === "FinishedTransactionStatus";
    });
    holds(![...states].some((it) => /Failed/.test(it)), [...states].join());
    const made = await must(fetchPost(ann.session, { txHash: hash }));
    equal([made.__typename, made.metadata.__typename, made.metadata.content], ["Post", "TextOnlyMetadata", "first"]);
    holds(same(made.author.address, ann.account), "somebody else's");
    holds(same(made.app?.address, stage.app), "another app's");
    holds(/^\d+$/.test(made.id), `the id is no number: ${made.id}`);
  });
  await probes.check("an unknown transaction is not indexed yet", async () => {
    equal(await state(`0x${"12".repeat(32)}`), "NotIndexedYetStatus");
    equal(await must(fetchPost(ann.session, { txHash: `0x${"12".repeat(32)}` })), null);
  });
  await probes.check("content may be in the URI itself", async () => {
    equal((await ann.writes({ text: "inline", inline: true })).metadata.content, "inline");
  });
  const root = await ann.writes({ text: "root" });
  await probes.check("a post is found by its id and by its slug", async () => {
    equal((await stage.read(root.id)).id, root.id);
    equal((await stage.read(root.slug)).id, root.id);
    equal(await stage.read(postId("1")), null);
  });
  const comment = await bob.writes({ text: "comment", on: root.id });
  const nested = await ann.writes({ text: "nested", on: comment.id });
  await probes.check("a comment names what it answers, and the root", async () => {
    equal([comment.commentOn.id, comment.root.id], [root.id, root.id]);
    equal([nested.commentOn.id, nested.root.id], [comment.id, root.id]);
    equal((await stage.read(root.id)).stats.comments, 1, "comments on the root");
  });
  const quote = await bob.writes({ text: "quote", of: root.id });
  await probes.check("a quote names what it quotes", async () => {
    equal([quote.quoteOf.id, quote.commentOn], [root.id, null]);
    equal((await stage.read(root.id)).stats.quotes, 1, "quotes");
  });
  await probes.check("a comment stays in its post's feed", async () => {
    const there = await ann.writes({ text: "elsewhere", feed: stage.feed });
    holds(same(there.feed.address, stage.feed), "the post is in another feed");
    const under = await bob.writes({ text: "under it", on: there.id });
    holds(same(under.feed.address, stage.feed), "the comment is in another feed");
  });
  await probes.check("a repost is of a post and has no content", async () => {
    const hash = hashOf(await must(repost(bob.session, { post: root.id })));
    await must(bob.session.waitForTransaction(hash));
    const made = await must(fetchPost(bob.session, { txHash: hash }));
    equal([made.__typename, made.repostOf.id], ["Repost", root.id]);
  });
  await probes.check("a picture is shown with its place and type", async () => {
    const stored = await stage.grove.uploadFile(new File([PNG], "dot.png", { type: "image/png" }), { acl: forever() });
    const made = await ann.writes({ text: "look", picture: { uri: stored.uri, type: "image/png" } });
    equal([made.metadata.__typename, made.metadata.image.type], ["ImageMetadata", "PNG"]);
    holds(made.metadata.image.item.length > 0, "no picture");
  });
  await probes.check("attributes come back as they were given", async () => {
    const attributes = [{ type: "String", key: "bridge.origin", value: "x" }];
    const hash = hashOf(await must(post(ann.session, { contentUri: inline(textOnly({ content: "marked", attributes })) })));
    await must(ann.session.waitForTransaction(hash));
    const made = await must(fetchPost(ann.session, { txHash: hash }));
    equal(made.metadata.attributes.map(({ key, value }) => [key, value]), [["bridge.origin", "x"]]);
  });
  await probes.check("an edit changes the content and keeps the place", async () => {
    const edited = await ann.edits({ post: root.id, text: "root, edited" });
    equal([edited.id, edited.isEdited, edited.metadata.content], [root.id, true, "root, edited"]);
    equal(edited.timestamp, root.timestamp, "timestamp");
    const edits = await must(fetchPostEdits(ann.session, { post: root.id }));
    holds(edits.items.some((it) => it.metadata.content === "root"), "the first content is forgotten");
  });
  await probes.check("nobody edits or deletes what is somebody else's", async () => {
    const contentUri = inline(textOnly({ content: "mine now" }));
    let answers = 0;
    for (const act of [() => editPost(bob.session, { post: root.id, contentUri }), () => deletePost(bob.session, { post: root.id })]) {
      try {
        const hash = hashOf(await must(act()));
        await must(bob.session.waitForTransaction(hash));
      } catch {
        answers += 1;
      }
    }
    equal(answers, 2, "refusals");
    equal((await stage.read(root.id)).metadata.content, "root, edited");
  });
  await probes.check("what was deleted stays, and says so", async () => {
    const gone = await ann.writes({ text: "gone soon" });
    const deleted = async () => must(ann.session.waitForTransaction(hashOf(await must(deletePost(ann.session, { post: gone.id })))));
    await deleted();
    equal((await stage.read(gone.id)).isDeleted, true);
    const again = await deleted().then(() => "deleted again", (error) => error.code ?? error.name);
    equal(again, "TransactionWillFail", "what is gone cannot be deleted");
  });
  await probes.check("metadata that is none fails after its hash was given", async () => {
    const broken = { ...textOnly({ content: "x" }) };
    broken.lens = { ...broken.lens, locale: "en_US" };
    const hash = hashOf(await must(post(ann.session, { contentUri: inline(broken) })));
    await fails(() => must(ann.session.waitForTransaction(hash)), "TransactionIndexingError");
    equal(await must(fetchPost(ann.session, { txHash: hash })), null);
    const last = await must(transactionStatus(ann.session, { txHash: hash }));
    equal(last.__typename, "FailedTransactionStatus");
    holds(last.reason.length > 0, "no reason");
  });
  await probes.check("content that is not there fails", async () => {
    const contentUri = uri(`lens://${"ab".repeat(32)}`);
    const hash = hashOf(await must(post(ann.session, { contentUri })));
    await fails(() => must(ann.session.waitForTransaction(hash)), "TransactionIndexingError");
  });
  await probes.check("an answer to nothing is refused", async () => {
    const request = { contentUri: inline(textOnly({ content: "x" })), commentOn: { post: postId("1") } };
    let isDone = true;
    try {
      await must(ann.session.waitForTransaction(hashOf(await must(post(ann.session, request)))));
    } catch {
      isDone = false;
    }
    holds(!isDone, "was taken");
  });
  await probes.check("who is nobody may read and not write", async () => {
    equal((await stage.read(root.id)).operations, null);
    const seen = await stage.read(root.id, ann.session);
    equal(seen.operations.canEdit.__typename, "PostOperationValidationPassed");
    equal((await stage.read(root.id, bob.session)).operations.canEdit.__typename, "PostOperationValidationFailed");
    const mutation = `mutation { post(request: { contentUri: "data:application/json,{}" }) { __typename } }`;
    equal((await stage.raw(mutation)).errors?.[0]?.extensions?.code, "UNAUTHENTICATED");
  });
  await reactions(stage, { ann, bob, root });
  await notices(stage, { ann, bob, root, comment, quote });
}

async function reactions({ probes }, { ann, bob, root }) {
  const request = { post: root.id, reaction: "UPVOTE" };
  const all = () => pages((page) => fetchPostReactions(ann.session, { post: root.id, ...page }), (it) => it.account.address);
  await probes.check("a reaction is there at once, and once", async () => {
    equal((await must(addReaction(bob.session, request))).__typename, "AddReactionResponse");
    // Whether the second time is a failure is not documented; that it changes nothing is what counts.
    await must(addReaction(bob.session, request));
    const found = await all();
    equal(found.length, 1, "reactions");
    holds(same(found[0].account.address, bob.account), "somebody else's");
    equal(found[0].reactions[0].reaction, "UPVOTE");
    const seen = await must(fetchPost(bob.session, { post: root.id }));
    equal([seen.stats.upvotes, seen.operations.hasUpvoted], [1, true]);
    const pairs = [{ post: root.id, account: bob.account }, { post: root.id, account: ann.account }];
    const status = await must(fetchPostReactionStatus(ann.session, { pairs }));
    equal(status.map((it) => it.result), [true, false]);
  });
  await probes.check("a reaction can be taken back", async () => {
    equal((await must(undoReaction(bob.session, request))).__typename, "UndoReactionResponse");
    equal((await all()).length, 0, "reactions");
    await must(addReaction(bob.session, request));
  });
}

async function notices({ probes }, { ann, bob, root, comment, quote }) {
  const told = (notificationTypes) => {
    const filter = { notificationTypes, includeLowScore: true, timeBasedAggregation: false };
    return pages((page) => fetchNotifications(ann.session, { filter, ...page }));
  };
  await probes.check("one is told who commented, quoted, reposted and reacted", async () => {
    const commented = await told(["COMMENTED"]);
    holds(commented.some((it) => it.comment?.id === comment.id), "no comment");
    holds((await told(["QUOTED"])).some((it) => it.quote?.id === quote.id), "no quote");
    const reposted = (await told(["REPOSTED"])).find((it) => it.post?.id === root.id);
    holds(reposted?.reposts.some((it) => same(it.account.address, bob.account)), "no repost");
    const reacted = (await told(["REACTED"])).find((it) => it.post?.id === root.id);
    holds(reacted?.reactions.some((it) => same(it.account.address, bob.account)), "no reaction");
    holds(commented.every((it) => it.__typename === "CommentNotification"), "other kinds among them");
  });
}
