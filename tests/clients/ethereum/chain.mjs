// A node of Ethereum's JSON-RPC whose contracts @ethereumjs/evm executes, on 127.0.0.1, obeying JSON
// lines: `put` has `code` at an `address`, `call` has `to` do what `data` asks and keeps what that did.
import { createServer } from "node:http";
import { createEVM } from "@ethereumjs/evm";
import { bytesToHex, createAddressFromString, hexToBytes } from "@ethereumjs/util";
import { obeyAll, say } from "../xmtp/lines.mjs";

const GAS = 30_000_000n;
const evm = await createEVM();
const addressOf = (text) => (text ? createAddressFromString(text) : undefined);

/** Executes a call, one at a time; what it did is kept only if it should be. */
let last = Promise.resolve();
function execute({ from, to, data, input }, keeps) {
  const run = async () => {
    await evm.stateManager.checkpoint();
    const { execResult } = await evm.runCall({
      caller: addressOf(from),
      to: addressOf(to),
      data: hexToBytes(data ?? input ?? "0x"),
      gasLimit: GAS,
    });
    const failed = execResult.exceptionError !== undefined;
    await (keeps && !failed ? evm.stateManager.commit() : evm.stateManager.revert());
    return { failed, returned: bytesToHex(execResult.returnValue) };
  };
  last = last.then(run, run);
  return last;
}

const header = { number: "0x1", hash: `0x${"b1".repeat(32)}`, timestamp: "0x6553f100", transactions: [] };

const methods = {
  eth_chainId: () => "0x1",
  eth_blockNumber: () => header.number,
  eth_getBlockByNumber: () => header,
  async eth_getCode([address]) {
    return bytesToHex(await evm.stateManager.getCode(addressOf(address)));
  },
  async eth_call([call]) {
    const { failed, returned } = await execute(call, false);
    if (failed) throw { code: 3, message: "execution reverted", data: returned };
    return returned;
  },
};

async function answer(request) {
  const { id, method, params = [] } = request;
  const act = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!act) return { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } };
  try {
    return { jsonrpc: "2.0", id, result: await act(params) };
  } catch ({ code = -32000, message, data }) {
    return { jsonrpc: "2.0", id, error: { code, message, data } };
  }
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(await answer(JSON.parse(body))));
});
server.listen(0, "127.0.0.1", () => say({ event: "ready", url: `http://127.0.0.1:${server.address().port}/` }));

await obeyAll({
  async put({ address, code }) {
    await evm.stateManager.putCode(addressOf(address), hexToBytes(code));
    return {};
  },
  call: (call) => execute(call, true),
});
process.exit(0);
