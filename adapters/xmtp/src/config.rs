//! What an account needs to know to connect. The daemon reads it from `[accounts.NAME]` and puts
//! secrets in the place of their references. The server has no default: a wrong one would speak in
//! the wrong place.

use std::time::Duration;

use threadbridge_core::media::Porter;
use threadbridge_core::secret::Secret;
use url::Url;

/// How often it is asked whether something was missed, if nobody says otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(30);

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
    /// What brings pictures that are said on XMTP.
    pub porter: Porter,
    /// Where pictures are laid down, encrypted; inside their messages if nowhere.
    pub upload: Option<Upload>,
    /// How often it is asked whether something was missed.
    pub look_every: Duration,
    /// The history server, by which the inbox's installations hand each other what was said before;
    /// none is asked if there is none.
    pub history: Option<Url>,
}

/// A place on the web for encrypted files: each is `PUT` under a random name, and had back from
/// there by whoever was told that name.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The folder.
    pub url: Url,
    /// Sent as `Authorization: Bearer …`.
    pub token: Option<Secret>,
}

impl Config {
    /// An account that brings no pictures and asks no history server.
    #[must_use]
    pub fn new(host: Url, wallet: Secret) -> Self {
        let porter = Porter::default();
        Self {
            host,
            wallet,
            may_join: false,
            porter,
            upload: None,
            look_every: LOOK_EVERY,
            history: None,
        }
    }
}
