//! What is asked over the socket, and answered.

use serde::{Deserialize, Serialize};
use threadbridge_core::secret::Secret;
use tokio::sync::oneshot;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::foreign::Kind;

/// Something that only the process with the store can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Say something as the owner.
    Say {
        /// A conversation's id or name, or a leg.
        target: String,
        /// What.
        text: String,
    },
    /// Say something to somebody as the owner, and begin the conversation with them if there is none.
    SendTo {
        /// Whom: an address or an id of the network, `NETWORK:ID`, or a name.
        who: String,
        /// By which account; the only one that can, if none is named.
        account: Option<String>,
        /// What.
        text: String,
    },
    /// Make, change or show a group.
    Group {
        /// What.
        act: GroupAct,
    },
    /// Tell how the accounts stand, as JSON: by account, names and values.
    Facts,
    /// Put dead letters back into the outbox: one, or all.
    Replay {
        /// Which; all if none is named.
        id: Option<u64>,
    },
    /// Drop dead letters for good: one, or all.
    Drop {
        /// Which; all if none is named.
        id: Option<u64>,
    },
    /// Say who somebody is, or what the owner thinks of them.
    Person {
        /// What.
        act: PersonAct,
    },
    /// Choose on which leg a direct conversation goes on.
    Thread {
        /// A conversation's id or name, or a leg.
        target: String,
        /// What to do with it.
        act: ThreadAct,
    },
    /// Leave an account: what can go on elsewhere does.
    Retire {
        /// Its name.
        account: String,
    },
    /// Read the settings again.
    Reload,
    /// Erase something.
    Erase {
        /// What sort of thing.
        kind: Erased,
        /// Which.
        which: String,
    },
    /// Take an archive in.
    Import {
        /// The file, by its whole path.
        path: String,
        /// What opens it.
        key: Typed,
        /// Whether accounts in it are taken over.
        with_accounts: bool,
    },
    /// Take the history of another program in.
    History {
        /// What wrote it.
        kind: Kind,
        /// Where it is, by its whole path.
        path: String,
        /// The account that it is kept under; the usual one if none is named.
        account: Option<String>,
        /// What opens it, if it is locked.
        key: Option<Typed>,
    },
}

/// What sort of thing is to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Erased {
    /// A message.
    Message,
    /// A conversation.
    Conversation,
    /// A person.
    Person,
    /// An account.
    Account,
}

/// A secret on its way through the socket, which is its owner's only. It does not print.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Typed(String);

impl Typed {
    /// What was typed or kept.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The secret.
    #[must_use]
    pub fn expose(&self) -> Secret {
        Secret::new(self.0.as_str())
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(..)")
    }
}

/// What the owner says of people, each named as `NETWORK:ID`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PersonAct {
    /// Two are one person.
    Join {
        /// One.
        one: String,
        /// The other.
        other: String,
    },
    /// One is not the person whom the others are.
    Separate {
        /// One.
        one: String,
        /// The others.
        others: Vec<String>,
    },
    /// A wallet signed that it is somebody's.
    Verify {
        /// Whose.
        one: String,
        /// The wallet's address.
        wallet: String,
        /// The name of ENS by which the owner knows it, if that is so.
        name: Option<String>,
        /// What it gave for the challenge, in hexadecimal.
        signature: String,
    },
    /// Proofs may join again whom the owner separated.
    Restore {
        /// Whom.
        one: String,
    },
    /// What the owner thinks of somebody.
    Think {
        /// Of whom.
        one: String,
        /// What; nothing for no more than of any stranger.
        attitude: Option<Thought>,
    },
}

/// What the owner does with a direct conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ThreadAct {
    /// It goes on over an account, until the other one speaks elsewhere.
    Move {
        /// The account.
        to: String,
        /// Whether what was said before is handed over there.
        #[serde(default)]
        with_history: bool,
    },
    /// It is answered as chosen from now on.
    ReplyOn {
        /// `last`, `order`, an account, or `settings` for what the settings say.
        on: String,
    },
}

/// What the owner does with a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GroupAct {
    /// It begins.
    New {
        /// What it is called.
        title: String,
        /// By which account; the only one that can, if none is named.
        account: Option<String>,
        /// Whom it begins with.
        members: Vec<String>,
    },
    /// People come in.
    Add {
        /// Its conversation.
        conversation: String,
        /// Who.
        members: Vec<String>,
    },
    /// People are sent away.
    Remove {
        /// Its conversation.
        conversation: String,
        /// Who.
        members: Vec<String>,
    },
    /// It gets another name.
    Rename {
        /// Its conversation.
        conversation: String,
        /// The name.
        title: String,
    },
    /// People may do more or less.
    Rank {
        /// Its conversation.
        conversation: String,
        /// Who.
        members: Vec<String>,
        /// What they may do from then on.
        rank: Ranked,
    },
    /// The owner leaves.
    Leave {
        /// Its conversation.
        conversation: String,
    },
    /// Who is in it.
    Members {
        /// Its conversation.
        conversation: String,
        /// Whether they are told as JSON.
        json: bool,
    },
}

/// What a member of a group may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ranked {
    /// What everybody may.
    Member,
    /// What admins may.
    Admin,
    /// Everything.
    Owner,
}

/// What the owner thinks of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thought {
    /// They may talk to the owner.
    Accepted,
    /// What they say stays where it was said.
    Muted,
    /// What they say is not taken in.
    Blocked,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// It is done.
    Done {
        /// What to show for it.
        text: String,
    },
    /// It is not.
    Failed {
        /// Why.
        reason: String,
        /// The exit code for that.
        exit: u8,
    },
}

/// A request on its way to the bridge.
#[derive(Debug)]
pub struct Order {
    /// What is asked.
    pub request: Request,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Answer>,
}
