//! What an account needs to know to connect. The daemon reads it from `[accounts.NAME]` and puts
//! secrets in the place of their references.

use std::{num::NonZeroU64, time::Duration};

use threadbridge_core::secret::Secret;
use url::Url;

use crate::wire::proto::FarcasterNetwork;

/// An account on Farcaster.
#[derive(Clone, Debug)]
pub struct Config {
    /// Nodes in order of preference; the next one is used when one fails.
    pub endpoints: Vec<Endpoint>,
    /// Which of Farcaster's networks the nodes belong to.
    pub realm: Realm,
    /// The account's own fid. Without it the account only reads.
    pub fid: Option<NonZeroU64>,
    /// The private key of a signer (app key) of that fid: 64 hexadecimal digits. Without it the
    /// account only reads.
    pub signer: Option<Secret>,
    /// Direct casts, for conversations `direct/FID`. Their operator can read them.
    pub direct_casts: Option<DirectCasts>,
    /// Where an account that was never read begins.
    pub begin: Begin,
    /// Silence on a shard after which its node is asked whether the network goes on.
    pub silent_for: Duration,
    /// Time between two queries of a node that has no stream (HTTP).
    pub poll_every: Duration,
}

impl Config {
    /// Reads the main network through these nodes; all else is to be filled in.
    #[must_use]
    pub fn reading(endpoints: Vec<Endpoint>) -> Self {
        Self {
            endpoints,
            realm: Realm::Main,
            fid: None,
            signer: None,
            direct_casts: None,
            begin: Begin::default(),
            silent_for: Duration::from_secs(30),
            poll_every: Duration::from_secs(1),
        }
    }
}

/// One node.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `grpc://HOST:PORT`, `grpcs://HOST:PORT` (with TLS), `http://…` or `https://…`. Over HTTP
    /// some messages cannot be verified, and events are polled.
    pub url: String,
    /// What lets us in.
    pub credentials: Credentials,
}

/// Credentials for one node.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// The node lets everybody in.
    #[default]
    None,
    /// A name and a password (HTTP Basic).
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A hosted node's key, sent as `x-api-key`.
    ApiKey(Secret),
}

/// Farcaster's networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Realm {
    /// Where people are.
    #[default]
    Main,
    /// The public test network.
    Test,
    /// A node of one's own, such as Threadbridge's devnet.
    Dev,
}

impl From<Realm> for FarcasterNetwork {
    fn from(realm: Realm) -> Self {
        match realm {
            Realm::Main => Self::Mainnet,
            Realm::Test => Self::Testnet,
            Realm::Dev => Self::Devnet,
        }
    }
}

/// Where an account that was never read begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// With what is said from now on.
    #[default]
    Now,
    /// With everything that the nodes still keep: some three days.
    Kept,
}

/// Direct casts by the documented key API. They can be sent, not read.
#[derive(Clone, Debug)]
pub struct DirectCasts {
    /// The API key, made in the app's developer page.
    pub key: Secret,
    /// Where the API is: `https://api.farcaster.xyz`.
    pub api: Url,
}
