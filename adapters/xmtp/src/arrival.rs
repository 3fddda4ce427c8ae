//! What is handed over to the bridge: what the network said, in its own bytes, each with a name by
//! which the same thing is known again. Only group messages are kept for good; the rest is learnt
//! from and forgotten. A digest stands before it, of the name too: what a group refuses is over, so
//! bytes that changed on their way through the store must not be taken for what the network said.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use threadbridge_core::adapter::Envelope;
use threadbridge_core::model::id::RemoteId;

use crate::identity::contract::Claim;
use crate::identity::inbox::InboxId;
use crate::identity::member::Installation;
use crate::media::Laid;

const DIGEST_BYTES: usize = 16;
/// More than any call answers.
const MAX_BYTES: usize = 28 << 20;

/// Something that came from the network.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Arrival {
    /// Listening begins for the inbox.
    #[n(0)]
    Beginning(#[n(0)] Beginning),
    /// What was added to an inbox's log.
    #[n(1)]
    Log(#[n(0)] Log),
    /// The inbox of an address.
    #[n(2)]
    Inbox(#[n(0)] InboxOf),
    /// What a server thinks of a contract wallet's signature.
    #[n(3)]
    Verdict(#[n(0)] Verdict),
    /// Key packages of installations.
    #[n(4)]
    KeyPackages(#[n(0)] KeyPackages),
    /// A welcome: a `WelcomeMessage`.
    #[n(5)]
    Welcome(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A message to a group: a `GroupMessage`.
    #[n(6)]
    Message(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// The welcomes of a commit were delivered.
    #[n(7)]
    Welcomed(#[n(0)] Welcomed),
    /// Our key package was uploaded.
    #[n(8)]
    Uploaded(#[n(0)] Uploaded),
    /// A file that is to be said was brought, or cannot be.
    #[n(9)]
    Brought(#[n(0)] Brought),
    /// It is time to see what our own installations want; Unix time in nanoseconds.
    #[n(10)]
    Tend(#[n(0)] u64),
    /// Something sealed among our own installations was published: its `Parcel`.
    #[n(11)]
    Published(#[n(0)] Blob),
    /// A message of an archive.
    #[n(12)]
    Past(#[n(0)] Past),
    /// A `ConsentSave` of an archive.
    #[n(13)]
    Consent(#[n(0)] Blob),
    /// An archive was taken in, or could not be.
    #[n(14)]
    HistoryEnded(#[n(0)] HistoryEnded),
    /// Another installation's wish for history was fulfilled, or cannot be.
    #[n(15)]
    Answered(#[n(0)] Answered),
    /// What the owner thinks of people, as they said it here.
    #[n(16)]
    Thought(#[n(0)] Vec<Thought>),
}

/// Listening begins.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Beginning {
    /// The owner's inbox.
    #[n(0)]
    pub(crate) inbox: InboxId,
    /// Unix time in nanoseconds.
    #[n(1)]
    pub(crate) now_ns: u64,
}

/// What was added to an inbox's log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Log {
    /// When it was asked for, Unix time in nanoseconds: what was published before is in it.
    #[n(0)]
    pub(crate) asked_at_ns: u64,
    #[n(1)]
    pub(crate) inbox: InboxId,
    /// Each an `IdentityUpdateLog`; often none.
    #[n(2)]
    pub(crate) updates: Vec<Blob>,
}

/// Bytes in a list.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Blob(#[cbor(n(0), with = "minicbor::bytes")] pub(crate) Vec<u8>);

/// The inbox that a server says an address belongs to; its log has to prove it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct InboxOf {
    #[n(0)]
    pub(crate) address: String,
    #[n(1)]
    pub(crate) log: Log,
}

/// What a server thinks of a contract wallet's signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Verdict {
    #[n(0)]
    pub(crate) claim: Claim,
    #[n(1)]
    pub(crate) holds: bool,
}

/// Key packages of installations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct KeyPackages {
    /// Unix time in nanoseconds.
    #[n(0)]
    pub(crate) asked_at_ns: u64,
    #[n(1)]
    pub(crate) packages: Vec<KeyPackageOf>,
}

/// An installation's key package.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct KeyPackageOf {
    #[n(0)]
    pub(crate) installation: Installation,
    /// TLS bytes; nothing where the server has none.
    #[n(1)]
    pub(crate) package: Option<Blob>,
}

/// The welcomes of a commit were delivered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Welcomed {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) group: Vec<u8>,
    /// The number under which the server keeps the commit.
    #[n(1)]
    pub(crate) commit: u64,
}

/// Our key package was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Uploaded {
    /// Unix time in nanoseconds.
    #[n(0)]
    pub(crate) at_ns: u64,
}

/// A file that is to be said was brought, or cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Brought {
    /// What it is called meanwhile.
    #[n(0)]
    pub(crate) name: String,
    #[n(1)]
    pub(crate) laid: Laid,
}

/// A message of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Past {
    /// With whom its conversation is, if it is one of two.
    #[n(0)]
    pub(crate) peer: Option<InboxId>,
    /// A `GroupMessageSave`.
    #[n(1)]
    pub(crate) message: Blob,
}

/// What the owner thinks of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Thought {
    #[n(0)]
    pub(crate) inbox: InboxId,
    /// Whether they want to hear from them.
    #[n(1)]
    pub(crate) is_wanted: bool,
    /// When they said so, Unix time in nanoseconds.
    #[n(2)]
    pub(crate) at_ns: i64,
}

/// An archive was taken in, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct HistoryEnded {
    #[n(0)]
    pub(crate) pin: String,
    #[n(1)]
    pub(crate) url: String,
    /// Why it could not be.
    #[n(2)]
    pub(crate) reason: Option<String>,
}

/// Another installation's wish for history was fulfilled, or cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Answered {
    #[n(0)]
    pub(crate) pin: String,
    /// The answer, an `EncodedContent`.
    #[n(1)]
    content: Option<Blob>,
    #[n(2)]
    reason: String,
}

impl Answered {
    pub(crate) const fn with(pin: String, content: Vec<u8>) -> Self {
        Self { pin, content: Some(Blob(content)), reason: String::new() }
    }

    pub(crate) const fn not(pin: String, reason: String) -> Self {
        Self { pin, content: None, reason }
    }

    /// What to say, or why nothing is said.
    pub(crate) fn outcome(&self) -> Result<&[u8], &str> {
        self.content.as_ref().map_or(Err(self.reason.as_str()), |it| Ok(&it.0))
    }
}

impl Arrival {
    /// It as an envelope under `name`; nothing if nothing can have that name.
    pub(crate) fn envelope(&self, name: String) -> Option<Envelope> {
        let id = RemoteId::parse(name).ok()?;
        let carried = encode(self);
        let mut bytes = digest(&id, &carried).to_vec();
        bytes.extend(carried);
        Some(Envelope { id, bytes })
    }

    /// What an envelope of ours carries, if it is as it was.
    pub(crate) fn read(envelope: &Envelope) -> Option<Self> {
        let (stated, carried) = envelope.bytes.split_first_chunk::<DIGEST_BYTES>()?;
        if carried.len() > MAX_BYTES || *stated != digest(&envelope.id, carried) {
            return None;
        }
        minicbor::decode(carried).ok()
    }
}

fn digest(id: &RemoteId, carried: &[u8]) -> [u8; DIGEST_BYTES] {
    let name = Sha256::digest(id.as_str());
    let whole = Sha256::new().chain_update(name).chain_update(carried).finalize();
    let mut digest = [0; DIGEST_BYTES];
    digest.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    digest
}

/// Our own encoding; it cannot fail in memory.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_default()
}
