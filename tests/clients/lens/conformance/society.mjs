// Everything else that is served: who follows, blocks, mutes, manages and keeps what, and what is known of it.
import { evmAddress } from "@lens-protocol/client";
import * as lens from "@lens-protocol/client/actions";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { equal, holds } from "../../farcaster/probing.mjs";
import { hashOf, must, pages, same } from "../official.mjs";

const has = (list, account, of = (it) => it.address) => list.some((it) => same(of(it), account));

export async function society(stage) {
  const { probes } = stage;
  const [ann, bob] = [await stage.writer("ann"), await stage.writer("bob")];
  const [me, him] = [ann.account, bob.account];
  const done = async (act) => must(ann.session.waitForTransaction(hashOf(await must(act))));
  const anybody = stage.client();

  await probes.check("who follows is a follower until they do not", async () => {
    const follows = async () => (await must(lens.fetchFollowStatus(anybody, { pairs: [{ account: him, follower: me }] })))[0];
    const followers = () => pages((page) => lens.fetchFollowers(anybody, { account: him, ...page }), (it) => it.follower.address);
    const following = () => pages((page) => lens.fetchFollowing(anybody, { account: me, ...page }), (it) => it.following.address);
    await done(lens.follow(ann.session, { account: him }));
    equal((await follows()).isFollowing.onChain, true);
    holds(has(await followers(), me, (it) => it.follower.address), "not among the followers");
    holds(has(await following(), him, (it) => it.following.address), "not among the followed");
    const seen = await must(lens.fetchAccount(ann.session, { address: him }));
    equal(seen.operations.isFollowedByMe, true);
    await done(lens.unfollow(ann.session, { account: him }));
    equal((await follows()).isFollowing.onChain, false);
    holds(!has(await followers(), me, (it) => it.follower.address), "still a follower");
  });
  await probes.check("who is muted or blocked is so until they are not", async () => {
    const seen = async () => (await must(lens.fetchAccount(ann.session, { address: him }))).operations;
    await must(lens.muteAccount(ann.session, { account: him }));
    equal((await seen()).isMutedByMe, true);
    await must(lens.unmuteAccount(ann.session, { account: him }));
    equal((await seen()).isMutedByMe, false);
    await done(lens.blockAccount(ann.session, { account: him }));
    equal((await seen()).isBlockedByMe, true);
    await done(lens.unblockAccount(ann.session, { account: him }));
    equal((await seen()).isBlockedByMe, false);
  });
  await probes.check("a bookmark is kept by whoever made it", async () => {
    const { id: post } = await bob.writes({ text: "worth keeping", inline: true });
    const kept = async () => (await must(lens.fetchPostBookmarks(ann.session, {}))).items.some((it) => it.id === post);
    await must(lens.bookmarkPost(ann.session, { post }));
    holds(await kept(), "is not among the bookmarks");
    equal((await stage.read(post, ann.session)).operations.hasBookmarked, true);
    await must(lens.undoBookmarkPost(ann.session, { post }));
    holds(!(await kept()), "is still among the bookmarks");
  });
  await probes.check("a reply is hidden by whoever wrote what it answers", async () => {
    const { id: root } = await ann.writes({ text: "opinions?", inline: true });
    const { id: post } = await bob.writes({ text: "a bad one", on: root, inline: true });
    const request = { referencedPost: root, referenceTypes: ["COMMENT_ON"] };
    const shown = async () => (await must(lens.fetchPostReferences(anybody, request))).items.some((it) => it.id === post);
    holds(await shown(), "is not shown");
    await must(lens.hideReply(ann.session, { post }));
    holds(!(await shown()), "is shown though hidden");
    await must(lens.unhideReply(ann.session, { post }));
    holds(await shown(), "is hidden still");
    const who = await must(lens.fetchWhoReferencedPost(anybody, { post: root, referenceTypes: ["COMMENT_ON"] }));
    holds(has(who.items, him), "who answered is not told");
  });
  await probes.check("a manager is asked for by the owner's own wallet", async () => {
    const { address } = privateKeyToAccount(generatePrivateKey());
    const permissions = { canExecuteTransactions: true, canTransferTokens: false, canTransferNative: false, canSetMetadataUri: false };
    const manager = evmAddress(address);
    const asked = [
      lens.addAccountManager(ann.session, { address: manager, permissions }),
      lens.enableSignless(ann.session),
      lens.removeSignless(ann.session),
    ];
    for (const act of asked) {
      const answer = await must(act);
      const isOne = ["SponsoredTransactionRequest", "SelfFundedTransactionRequest", "TransactionWillFail"].includes(answer.__typename);
      holds(isOne, answer.__typename);
    }
    const found = await must(lens.fetchAccountManagers(bob.session));
    holds(has(found.items, stage.person("bob").wallet.address, (it) => it.manager), "bob's manager is not listed");
  });
  await probes.check("accounts change what they show of themselves", async () => {
    const metadata = { $schema: "https://json-schemas.lens.dev/account/1.0.0.json", lens: { id: "ann again", name: "Ann the second" } };
    const stored = await ann.grove.uploadAsJson(metadata);
    await done(lens.setAccountMetadata(ann.session, { metadataUri: stored.uri }));
    equal((await must(lens.fetchAccount(anybody, { address: me }))).metadata.name, "Ann the second");
  });
  await probes.check("what is known of places and names is told to anybody", async () => {
    equal(await must(lens.health(anybody)), true);
    const account = await must(lens.fetchAccount(anybody, { address: me }));
    const names = await must(lens.fetchUsernames(anybody, { filter: { linkedTo: me } }));
    holds(names.items.some((it) => it.value === account.username.value), "the name is not listed");
    const namespace = await must(lens.fetchNamespace(anybody, { namespace: account.username.namespace }));
    holds(same(namespace.address, account.username.namespace), "another namespace");
    const feeds = await must(lens.fetchFeeds(anybody, {}));
    holds(has(feeds.items, stage.feed), "the feed is not listed");
    const app = await must(lens.fetchApp(anybody, { app: evmAddress(stage.app) }));
    holds(same(app.address, stage.app), "another app");
    const members = await must(lens.fetchGroupStats(anybody, { group: stage.group.address }));
    holds(members.totalMembers >= 1, "nobody belongs to the group");
    const last = await must(lens.lastLoggedInAccount(anybody, { address: stage.person("ann").wallet.address }));
    holds(last, "nobody ever logged in");
  });
  await probes.check("a group is made by anybody", async () => {
    const metadata = { $schema: "https://json-schemas.lens.dev/group/1.0.0.json", lens: { id: "readers", name: "readers" } };
    const stored = await ann.grove.uploadAsJson(metadata);
    const hash = hashOf(await must(lens.createGroup(ann.session, { metadataUri: stored.uri })));
    await must(ann.session.waitForTransaction(hash));
    const group = await must(lens.fetchGroup(anybody, { txHash: hash }));
    equal(group.metadata.name, "readers");
    holds(same(group.owner, me) || same(group.owner, stage.person("ann").wallet.address), "somebody else's");
  });
  await probes.check("a root that is not served says so", async () => {
    const query = "query R { mlPostsForYou(request: { account: \"" + me + "\" }) { items { __typename } } }";
    const answer = await stage.malformed(query, {});
    holds(/does not serve/.test(answer.errors[0].message), answer.errors[0].message);
  });
}
