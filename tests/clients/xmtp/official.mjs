// The official client, of either version, pointed at a node on loopback.
import { privateKeyToAccount } from "viem/accounts";

/** The version that runs on an older C library, and the current one. */
const VERSIONS = { 5: "@xmtp/node-sdk", 6: "./sdk6/sdk.mjs" };

export async function load(version) {
  if (!Object.hasOwn(VERSIONS, version)) throw new Error(`no such version: ${version}`);
  return import(VERSIONS[version]);
}

const bytesOf = (hex) => Buffer.from(hex.replace(/^0x/, ""), "hex");

/** A wallet's own signature, or that of a contract (`CHAIN:ADDRESS`) which the wallet owns. */
export function signerOf(sdk, key, contract) {
  const wallet = privateKeyToAccount(key.startsWith("0x") ? key : `0x${key}`);
  const signMessage = async (message) => bytesOf(await wallet.signMessage({ message }));
  const [chain, address] = contract?.split(":") ?? [];
  const identifier = (address ?? wallet.address).toLowerCase();
  const getIdentifier = () => ({ identifier, identifierKind: sdk.IdentifierKind.Ethereum });
  if (!contract) return { type: "EOA", getIdentifier, signMessage };
  return { type: "SCW", getIdentifier, signMessage, getChainId: () => BigInt(chain) };
}

/**
 * A client with an installation of its own: made once for each database, anew where there is none.
 * With a history server it takes part in device sync, which is off without.
 */
export async function clientOf(sdk, { api, db, history, signer }) {
  // Version 5 asks the address of the environment first, whatever `apiUrl` says.
  if (!sdk.createBackend) sdk.ApiUrls.local = api;
  sdk.HistorySyncUrls.local = history ?? "http://127.0.0.1:9";
  return sdk.Client.create(signer, {
    env: "local",
    apiUrl: api,
    dbPath: db ?? null,
    dbEncryptionKey: new Uint8Array(32).fill(7),
    historySyncUrl: history ?? null,
    disableDeviceSync: history === undefined,
    loggingLevel: "Off",
    appVersion: "threadbridge-tests/1",
  });
}
