// A wallet of viem's, and a reader of Ethereum's chain by it, obeying JSON lines:
//
// | `do` | fields | answer |
// | --- | --- | --- |
// | `address` | `key` | `address` |
// | `sign` | `key`, `text` | `signature`, as wallets sign for people (EIP-191) |
// | `wrap` | `factory`, `data`, `signature` | `signature` of a contract that is not there yet (ERC-6492) |
// | `verifies` | `url`, `address`, `text`, `signature` | `valid`, by whatever sort of wallet |
// | `name` | `url`, `name` | `address` to which a name of ENS leads, and what that says it is `called` |
// | `chain` | `url` | `chain`, `number`, `hash` |
import { createPublicClient, http, namehash, parseAbi, serializeErc6492Signature } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { normalize } from "viem/ens";
import { obeyAll, say } from "../xmtp/lines.mjs";

const REGISTRY = "0x00000000000C2E074eC69A0dFb2997BA6C7d2e1e";
const abi = parseAbi([
  "function resolver(bytes32 node) view returns (address)",
  "function addr(bytes32 node) view returns (address)",
  "function name(bytes32 node) view returns (string)",
]);

const clientOf = (url) => createPublicClient({ transport: http(url, { retryCount: 0 }) });

/** What a resolver says of a node. */
async function resolved(client, functionName, node) {
  const asked = { address: REGISTRY, abi, functionName: "resolver", args: [node] };
  const address = await client.readContract(asked);
  if (/^0x0+$/.test(address)) return null;
  return client.readContract({ address, abi, functionName, args: [node] });
}

say({ event: "ready" });
await obeyAll({
  address: ({ key }) => ({ address: privateKeyToAccount(key).address }),
  async sign({ key, text }) {
    const account = privateKeyToAccount(key);
    return { address: account.address, signature: await account.signMessage({ message: text }) };
  },
  wrap: ({ factory, data, signature }) => ({
    signature: serializeErc6492Signature({ address: factory, data, signature }),
  }),
  async verifies({ url, address, text, signature }) {
    const asked = { address, message: text, signature };
    return { valid: await clientOf(url).verifyMessage(asked) };
  },
  async name({ url, name }) {
    const client = clientOf(url);
    const address = await resolved(client, "addr", namehash(normalize(name)));
    const reverse = address && namehash(`${address.slice(2).toLowerCase()}.addr.reverse`);
    return { address, called: reverse && (await resolved(client, "name", reverse)) };
  },
  async chain({ url }) {
    const client = clientOf(url);
    const { number, hash } = await client.getBlock();
    return { chain: await client.getChainId(), number, hash };
  },
});
