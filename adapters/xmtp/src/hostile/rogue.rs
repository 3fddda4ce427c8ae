//! An installation that keeps the network's rules only where it wants to, for whoever tries what
//! others make of what it writes.

use openmls::prelude::{
    Extension, Extensions, GroupContext, KeyPackage, MlsGroup, MlsMessageBodyIn, MlsMessageIn,
    PURE_CIPHERTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, StagedWelcome, UnknownExtension,
};
use openmls_traits::OpenMlsProvider as _;
use prost::Message as _;
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Keys;
use tls_codec::{Deserialize as _, Serialize as _};

use crate::mls::client::{Client, Installation, InstallationKey, Leaf};
use crate::mls::extension::{IMMUTABLE, Terms};
use crate::mls::group::create::Founding;
use crate::mls::key_package::KeyPackages;
use crate::mls::key_package::foreign::{self, Usable};
use crate::mls::permission::Preset;
use crate::mls::provider::{
    CIPHERSUITE, MAX_PAST_EPOCHS, Place, Provider, capabilities, join_config,
};
use crate::welcome::kem::Kem;
use crate::welcome::unwrap::{Unwrapped, unwrap};
use crate::welcome::wrap::wrap_with;
use crate::welcome::{SealFor, Wrapping};
use crate::wire::proto::mls::WelcomeMessage;

/// Somebody whom a group of the rogue's begins with.
#[derive(Clone, Debug)]
pub struct Fellow {
    /// Their inbox.
    pub inbox: String,
    /// The place in their inbox's log that the group is to name.
    pub place: u64,
    /// Their installation.
    pub installation: [u8; 32],
    /// Its key package, as the network has it.
    pub key_package: Vec<u8>,
}

/// What is wrong with a group that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Nothing; it is a conversation of two.
    Pair,
    /// What it is for good has no length of its own around it.
    Bare,
    /// Somebody is listed who is not in its tree.
    Listed,
    /// A member's place in their log does not exist.
    Place,
    /// It is a conversation of two others.
    Strangers,
    /// It is a conversation of two with an admin.
    Ruled,
}

/// How a welcome is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// With X-Wing as the network's clients seal.
    XWing,
    /// With X-Wing by the code point that was assigned later.
    XWingLater,
    /// With X25519, for the init key.
    X25519,
}

/// A group that began.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Its id.
    pub group: Vec<u8>,
    /// The commit that brings the fellows in.
    pub commit: Vec<u8>,
    welcome: Vec<u8>,
}

/// The rogue.
#[derive(Debug)]
pub struct Rogue {
    keys: Keys,
    client: Client,
}

impl Rogue {
    /// The installation with this secret, which says to be of that inbox.
    #[must_use]
    pub fn of(inbox: &str, secret: &[u8; 32]) -> Option<Self> {
        let keys = super::keys()?;
        let installation = Installation::keep(&keys, secret);
        Some(Self { keys, client: Client::new(inbox.to_owned(), installation) })
    }

    /// A key package of its own.
    #[must_use]
    pub fn key_package(&self) -> Option<Vec<u8>> {
        KeyPackages::load(&self.keys).ok()?.offer(&self.client, Clock::System.now()).ok()
    }

    /// One that names no key for welcomes: they are wrapped for its init key.
    #[must_use]
    pub fn plain_key_package(&self) -> Option<Vec<u8>> {
        KeyPackages::load(&self.keys).ok()?.plain(&self.client, Clock::System.now()).ok()
    }

    /// Joins the group that a `WelcomeMessage` is to, whatever it is; its id.
    #[must_use]
    pub fn join(&self, welcome: &[u8]) -> Option<Vec<u8>> {
        let message = WelcomeMessage::decode(welcome).ok()?;
        let Unwrapped::Welcome { bytes, .. } = unwrap(&self.keys, &message).ok()? else {
            return None;
        };
        let message = MlsMessageIn::tls_deserialize_exact(&bytes).ok()?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else { return None };
        let provider = Provider::over(&self.keys);
        let staged = StagedWelcome::new_from_welcome(&provider, &join_config(), welcome, None);
        let mls = staged.ok()?.into_group(&provider).ok()?;
        provider.storage().keep();
        Some(mls.group_id().as_slice().to_vec())
    }

    /// What somebody said in a group; nothing of what is no such message. Commits are followed.
    #[must_use]
    pub fn read(&self, group: &[u8], message: &[u8]) -> Option<Vec<u8>> {
        let message = MlsMessageIn::tls_deserialize_exact(message).ok()?;
        let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else { return None };
        let provider = Provider::over(&self.keys);
        let mut mls = self.group(&provider, group)?;
        let said = match mls.process_message(&provider, message).ok()?.into_content() {
            ProcessedMessageContent::ApplicationMessage(said) => Some(said.into_bytes()),
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                mls.merge_staged_commit(&provider, *staged).ok()?;
                None
            }
            ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_)
            | ProcessedMessageContent::OwnPrivateMessage
            | ProcessedMessageContent::OwnPendingCommit => None,
        };
        provider.storage().keep();
        said
    }

    /// Begins a group, or a conversation of two with the only fellow, with the rogue's inbox at `own`
    /// in its log.
    #[must_use]
    pub fn begin(&self, own: u64, fellows: &[Fellow], flaw: Flaw) -> Option<Begun> {
        let is_dm = matches!(flaw, Flaw::Pair | Flaw::Strangers | Flaw::Ruled);
        let peer = fellows.first()?.inbox.clone();
        let group = Founding::Group {
            preset: Preset::AllMembers,
            name: "rogue".to_owned(),
            description: String::new(),
            image: String::new(),
        };
        let founding = if is_dm { Founding::Dm { peer } } else { group };
        let mut before = founding.terms(&self.client.inbox).ok()?;
        spoil(&mut before, flaw, &self.client.inbox);
        let mut extensions = before.extensions()?;
        if flaw == Flaw::Bare {
            let bare = UnknownExtension(before.metadata.encode_to_vec());
            extensions.add_or_replace(Extension::Unknown(IMMUTABLE, bare)).ok()?;
        }
        let provider = Provider::over(&self.keys);
        let mut mls = MlsGroup::builder()
            .ciphersuite(CIPHERSUITE)
            .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .max_past_epochs(MAX_PAST_EPOCHS)
            .use_ratchet_tree_extension(true)
            .with_capabilities(capabilities(Place::Creator))
            .with_group_context_extensions(extensions)
            .build(&provider, &self.client.installation, self.client.credential())
            .ok()?;
        let mut after = before.clone();
        let members = &mut after.membership.members;
        members.insert(self.client.inbox.clone(), own);
        members.extend(fellows.iter().map(|it| (it.inbox.clone(), it.place)));
        match flaw {
            Flaw::Listed => drop(members.insert("e".repeat(64), 1)),
            Flaw::Place => {
                members.values_mut().for_each(|place| *place = place.saturating_add(1 << 40))
            }
            Flaw::None | Flaw::Pair | Flaw::Bare | Flaw::Strangers | Flaw::Ruled => {}
        }
        let extensions = after.update(&before, mls.extensions())?;
        let packages = fellows.iter().map(|it| Some(usable(it, &provider)?.package));
        let packages: Option<Vec<KeyPackage>> = packages.collect();
        let (commit, welcome) = self.commits(&provider, &mut mls, packages?, extensions)?;
        mls.merge_pending_commit(&provider).ok()?;
        provider.storage().keep();
        Some(Begun { group: mls.group_id().as_slice().to_vec(), commit, welcome: welcome? })
    }

    fn commits(
        &self,
        provider: &Provider<'_>,
        mls: &mut MlsGroup,
        adds: Vec<KeyPackage>,
        extensions: Extensions<GroupContext>,
    ) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let builder = mls.commit_builder().propose_adds(adds).force_self_update(true);
        let builder = builder.propose_group_context_extensions(extensions).ok()?;
        let (rand, crypto) = (provider.rand(), provider.crypto());
        let builder = builder.load_psks(provider.storage()).ok()?;
        let built = builder.build(rand, crypto, &self.client.installation, |_| true).ok()?;
        let bundle = built.stage_commit(provider).ok()?;
        let welcome = bundle.to_welcome_msg().and_then(|it| it.tls_serialize_detached().ok());
        Some((bundle.commit().tls_serialize_detached().ok()?, welcome))
    }

    /// A welcome to a group that began, as a `WelcomeMessageInput`. The commit stands at `cursor`.
    #[must_use]
    pub fn welcome(
        &self,
        begun: &Begun,
        cursor: u64,
        to: &Fellow,
        wrapped: Wrapped,
    ) -> Option<Vec<u8>> {
        let Usable { package, seal_for } = usable(to, &Provider::over(&self.keys))?;
        let init = package.hpke_init_key().as_slice().to_vec();
        let (kem, seal_for) = match wrapped {
            Wrapped::XWing => (Kem::XWING_OLD, seal_for),
            Wrapped::XWingLater => (Kem::XWING, seal_for),
            Wrapped::X25519 => {
                (Kem::X25519, SealFor { wrapping: Wrapping::X25519, key: init, ..seal_for })
            }
        };
        Some(wrap_with(kem, &begun.welcome, cursor, &seal_for).ok()?.encode_to_vec())
    }

    /// Encrypts anything for a group.
    #[must_use]
    pub fn say(&self, group: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let provider = Provider::over(&self.keys);
        let mut mls = self.group(&provider, group)?;
        let message = mls.create_message(&provider, &self.client.installation, plain).ok()?;
        provider.storage().keep();
        message.tls_serialize_detached().ok()
    }

    /// Sets an attribute of a group, in which it may do everything. The rogue goes on by this commit.
    #[must_use]
    pub fn rule(&self, group: &[u8], key: &str, value: &str) -> Option<Vec<u8>> {
        self.terms(group, true, &|terms| {
            terms.mutable.attributes.insert(key.to_owned(), value.to_owned());
        })
    }

    /// A commit that leaves nobody in the list of those who may do everything, with the rogue where it
    /// was.
    #[must_use]
    pub fn abdicate(&self, group: &[u8]) -> Option<Vec<u8>> {
        self.terms(group, false, &|terms| terms.mutable.super_admin_list = None)
    }

    /// A commit by which a member is listed no more and stays in the tree, with the rogue where it was.
    #[must_use]
    pub fn unlist(&self, group: &[u8], inbox: &str) -> Option<Vec<u8>> {
        self.terms(group, false, &|terms| {
            terms.membership.members.remove(inbox);
        })
    }

    fn terms(&self, group: &[u8], goes_on: bool, change: &dyn Fn(&mut Terms)) -> Option<Vec<u8>> {
        let provider = Provider::over(&self.keys);
        let mut mls = self.group(&provider, group)?;
        let before = Terms::read(mls.extensions()).ok()?;
        let mut after = before.clone();
        change(&mut after);
        let extensions = after.update(&before, mls.extensions())?;
        let (commit, _) = self.commits(&provider, &mut mls, Vec::new(), extensions)?;
        if goes_on {
            mls.merge_pending_commit(&provider).ok()?;
            provider.storage().keep();
        }
        Some(commit)
    }

    fn group(&self, provider: &Provider<'_>, group: &[u8]) -> Option<MlsGroup> {
        MlsGroup::load(provider.storage(), &openmls::prelude::GroupId::from_slice(group)).ok()?
    }
}

fn spoil(terms: &mut Terms, flaw: Flaw, own: &str) {
    match flaw {
        Flaw::Strangers => {
            if let Some(members) = &mut terms.metadata.dm_members
                && let Some(one) = &mut members.dm_member_one
            {
                one.inbox_id = "f".repeat(64);
            }
        }
        Flaw::Ruled => {
            if let Some(list) = &mut terms.mutable.super_admin_list {
                list.inbox_ids.push(own.to_owned());
            }
        }
        Flaw::None | Flaw::Pair | Flaw::Bare | Flaw::Listed | Flaw::Place => {}
    }
}

fn usable(fellow: &Fellow, provider: &Provider<'_>) -> Option<Usable> {
    let installation: InstallationKey = fellow.installation;
    let leaf = Leaf { inbox: fellow.inbox.clone(), installation };
    foreign::check(&fellow.key_package, &leaf, provider).ok()
}

/// What is encrypted for a group, around any content.
#[must_use]
pub fn envelope(content: &[u8], idempotency_key: &str) -> Vec<u8> {
    crate::content::envelope::wrap(content.to_vec(), idempotency_key)
}
