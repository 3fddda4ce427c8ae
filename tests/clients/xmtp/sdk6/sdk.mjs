// The current version of the official client. Its native part needs a newer C library than Debian 12
// has: `../node-for-sdk6.sh` says by which program to run it.
export * from "@xmtp/node-sdk";
