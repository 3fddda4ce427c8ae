// A wallet of viem's, obeying JSON lines: `sign` a `text` with a `key` as wallets do (EIP-191).
import { privateKeyToAccount } from "viem/accounts";
import { obeyAll, say } from "../xmtp/lines.mjs";

say({ event: "ready" });
await obeyAll({
  address: ({ key }) => ({ address: privateKeyToAccount(key).address }),
  async sign({ key, text }) {
    const account = privateKeyToAccount(key);
    return { address: account.address, signature: await account.signMessage({ message: text }) };
  },
});
