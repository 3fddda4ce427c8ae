//! What an account needs to know to connect. The daemon reads it from `[accounts.NAME]` and puts
//! secrets in the place of their references. The server has no default: a wrong one would speak in
//! the wrong place.

use threadbridge_core::secret::Secret;
use url::Url;

/// An account on XMTP.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the servers are, such as `https://grpc.production.xmtp.network:443`.
    pub host: Url,
    /// The private key of the Ethereum wallet whose inbox the account speaks for: 64 hexadecimal
    /// digits. It signs once, to let this installation into the inbox.
    pub wallet: Secret,
    /// Whether a store that has no installation may add one to an inbox that has some already. An
    /// inbox takes ten in all, and one that is lost counts.
    pub may_join: bool,
}
