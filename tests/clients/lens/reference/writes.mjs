// Operations that become transactions: a hash at once, the outcome later.
import { keccak256, toHex } from "viem";
import { badInput } from "./fault.mjs";

let count = 0;

/** Runs `act` as a transaction; answers with its hash under that name, or with what fate has in store. */
export function transact(world, name, operation, act) {
  const fate = world.fates.shift();
  if (fate?.kind === "TransactionWillFail") return { __typename: fate.kind, reason: fate.reason };
  if (fate?.kind === "PostOperationValidationFailed") {
    return { __typename: fate.kind, reason: fate.reason, unsatisfiedRules: null };
  }
  if (fate?.kind === "SponsoredTransactionRequest") {
    return { __typename: fate.kind, reason: fate.reason, sponsoredReason: "SIGNLESS_DISABLED", raw: raw(113) };
  }
  if (fate?.kind === "SelfFundedTransactionRequest") {
    return { __typename: fate.kind, reason: fate.reason, selfFundedReason: "NOT_SPONSORED", raw: raw(2) };
  }
  count += 1;
  const hash = keccak256(toHex(`transaction ${count} ${Date.now()}`));
  world.transactions.set(hash, { since: Date.now(), operation, act, fate });
  return { __typename: name, hash };
}

function raw(type) {
  const zero = `0x${"0".repeat(40)}`;
  const customData = { gasPerPubdata: "50000", factoryDeps: [], customSignature: "0x", paymasterParams: null };
  return {
    type,
    to: zero,
    from: zero,
    nonce: 1,
    gasLimit: 100,
    maxPriorityFeePerGas: "1",
    maxFeePerGas: "1",
    data: "0x",
    value: "0",
    chainId: 37111,
    customData,
  };
}

/** The state of a transaction by now. What it does happens when it is finished, once. */
export async function status(world, hash) {
  const transaction = world.transactions.get(hash);
  const unknown = { __typename: "NotIndexedYetStatus", reason: "not seen yet", txHasMined: false };
  if (!transaction) return unknown;
  const age = Date.now() - transaction.since;
  const { operation, since } = transaction;
  const shown = (name, state) => ({
    __typename: name,
    blockTimestamp: new Date(since).toISOString(),
    summary: [{ operation, status: state }],
  });
  if (age < world.pace.unknown) return unknown;
  if (age < world.pace.unknown + world.pace.pending) return shown("PendingTransactionStatus", "PENDING");
  transaction.outcome ??= settle(transaction);
  const { failure } = await transaction.outcome;
  if (failure) return { ...shown("FailedTransactionStatus", "FAILED"), reason: failure };
  return shown("FinishedTransactionStatus", "FINISHED");
}

async function settle({ fate, act }) {
  if (fate?.kind === "FailedTransactionStatus") return { failure: fate.reason };
  try {
    return { made: await act() };
  } catch (error) {
    return { failure: String(error.message) };
  }
}

/** The post that a transaction made, once it has. */
export async function madeBy(world, hash) {
  const state = await status(world, hash);
  if (state.__typename !== "FinishedTransactionStatus") return undefined;
  return (await world.transactions.get(hash).outcome).made;
}

/** Every transaction whose time has come, whether or not anybody asks. */
export async function settleAll(world) {
  for (const hash of world.transactions.keys()) await status(world, hash);
}

export function needed(value, what) {
  if (value === undefined || value === null) throw badInput(`no such ${what}`);
  return value;
}
