//! `bridge.toml`: what the owner wants, read from the file, from `BRIDGE_*` variables and from
//! `--set` flags, and checked as a whole. Whatever is wrong is said at once, each fault with its
//! place.

pub mod account;
pub mod direct;
pub mod ethereum;
mod extract;
pub mod farcaster;
pub mod lens;
pub mod fault;
pub mod keep;
mod key_path;
pub mod limits;
pub mod link;
pub mod media;
mod merge;
pub mod person;
mod rules;
pub mod schema;
mod schema_node;
pub mod secrets;
mod shape;
pub mod store;
mod toml_text;
pub mod xmtp;

use std::collections::BTreeMap;

use figment::value::Value;
use schemars::JsonSchema;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::link::Link;
use threadbridge_core::secret::SecretRef;

use self::account::AccountSettings;
use self::direct::DirectSettings;
use self::ethereum::EthereumSettings;
use self::extract::Reader;
use self::fault::{Fault, Faults};
use self::keep::KeepSettings;
use self::key_path::KeyPath;
use self::limits::LimitSettings;
use self::link::LinkSettings;
use self::media::MediaSettings;
use self::merge::Merged;
pub use self::merge::Sources;
use self::person::PersonSettings;
use self::rules::WrittenAccount;
use self::shape::{Misfit, Shape};
use self::store::{KeySource, StoreSettings};

/// The settings of a bridge.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(title = "bridge.toml", deny_unknown_fields)]
pub struct Settings {
    /// The encrypted store.
    pub store: StoreSettings,
    /// Your logins, each under a name of your own.
    #[schemars(default, with = "BTreeMap<String, AccountSettings>")]
    pub accounts: BTreeMap<AccountName, AccountSettings>,
    /// Conversations that are joined.
    #[schemars(default, length(max = 10_000))]
    pub links: Vec<LinkSettings>,
    /// People whom you introduce.
    #[schemars(default, length(max = 10_000))]
    pub people: Vec<PersonSettings>,
    /// How conversations with one person on several networks are one.
    #[schemars(default)]
    pub direct: DirectSettings,
    /// How long messages are kept.
    #[schemars(default)]
    pub keep: KeepSettings,
    /// The node of Ethereum that is asked about names and wallets.
    #[schemars(default)]
    pub ethereum: EthereumSettings,
    /// What may be fetched.
    #[schemars(default)]
    pub media: MediaSettings,
    /// Bounds that you may want to move.
    #[schemars(default)]
    pub limits: LimitSettings,
}

/// Settings without a fault.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What is allowed but may surprise.
    pub notes: Vec<String>,
}

impl Settings {
    /// Every reference to a secret, with its key.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let mut found = Vec::new();
        if let KeySource::Kept(reference) = &self.store.key {
            found.push(("store.key".to_owned(), reference));
        }
        found.extend(self.ethereum.key.iter().map(|key| ("ethereum.key".to_owned(), key)));
        for (name, account) in &self.accounts {
            let of_account = account.secrets().into_iter();
            found.extend(of_account.map(|(key, it)| (format!("accounts.{name}.{key}"), it)));
        }
        found
    }

    /// Whether an account only speaks, beside another.
    #[must_use]
    pub fn is_voice(&self, account: &AccountName) -> bool {
        self.people.iter().flat_map(|it| it.voices.values()).any(|it| it.0 == *account)
    }

    /// The links as core takes them.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        self.links.iter().map(LinkSettings::link).collect()
    }
}

/// Reads settings, or says all that is wrong with them.
pub fn load(sources: &Sources) -> Result<Loaded, Faults> {
    let mut merged = Merged::of(sources);
    let schema = schema::schema();
    let mut root = merged.root.clone();
    let written = |value: &Value| merged.written(value).map(str::to_owned);
    let mut shape = Shape::new(&schema, &written);
    shape.check(&mut root);
    let mut misfits = shape.misfits;

    let mut reader = Reader::new(&root, &misfits);
    let mut read = read_all(&mut reader, &root);
    let Reader { misfits: refused, .. } = reader;
    misfits.extend(refused);
    for (name, account) in &mut read.accounts {
        let path = KeyPath::default().key("accounts").key(name);
        let is_in_it = |misfit: &Misfit| misfit.path.parent().as_ref() == Some(&path);
        account.is_whole = !misfits.iter().any(is_in_it) && !merged.is_doubtful(&path);
    }
    misfits.extend(rules::check(&root, &read.accounts));

    let mut faults = std::mem::take(&mut merged.faults);
    faults.extend(misfits.iter().filter(|m| !merged.is_doubtful(&m.path)).map(|m| merged.fault(m)));
    faults.sort();
    faults.dedup();
    match read.settings() {
        Some(settings) if faults.is_empty() => {
            let notes = rules::notes(&settings);
            Ok(Loaded { settings, notes })
        }
        _ => Err(Faults(faults)),
    }
}

impl Merged<'_> {
    fn fault(&self, misfit: &Misfit) -> Fault {
        let place = self.place(&misfit.path, misfit.at);
        let is_stray = matches!(place, fault::Place::Variable(_)) && misfit.path.0.len() == 1;
        let mut expected = misfit.expected.clone();
        if is_stray && misfit.at == merge::At::Key {
            let known = expected.unwrap_or_default();
            expected = Some(format!(
                "{known}: variables that begin with `BRIDGE_` are settings (the log level is `RUST_LOG`)"
            ));
        }
        Fault {
            place,
            key: misfit.path.to_string(),
            problem: misfit.problem.clone(),
            expected,
            nearest: misfit.nearest.clone(),
        }
    }
}

/// The sections, as far as they could be read.
struct Sections {
    store: Option<StoreSettings>,
    accounts: rules::Accounts,
    links: Vec<Option<LinkSettings>>,
    people: Vec<Option<PersonSettings>>,
    direct: Option<DirectSettings>,
    keep: Option<KeepSettings>,
    ethereum: Option<EthereumSettings>,
    media: Option<MediaSettings>,
    limits: Option<LimitSettings>,
}

fn read_all(reader: &mut Reader<'_>, root: &Value) -> Sections {
    let path = KeyPath::default();
    let at = |key: &str| root.as_dict().and_then(|root| root.get(key));
    let names = at("accounts").and_then(Value::as_dict).into_iter().flat_map(|dict| dict.keys());
    let count = |key: &str| at(key).and_then(Value::as_array).map_or(0, <[Value]>::len);
    let (links, people) = (0..count("links"), 0..count("people"));
    Sections {
        store: reader.section(&path.key("store")),
        accounts: names
            .map(|name| {
                let path = path.key("accounts").key(name);
                let settings = AccountSettings::read(reader, &path);
                (name.clone(), WrittenAccount { settings, is_whole: true })
            })
            .collect(),
        links: links.map(|index| reader.section(&path.key("links").index(index))).collect(),
        people: people.map(|index| reader.section(&path.key("people").index(index))).collect(),
        direct: match at("direct") {
            Some(_) => reader.section(&path.key("direct")),
            None => Some(DirectSettings::default()),
        },
        keep: match at("keep") {
            Some(_) => reader.section(&path.key("keep")),
            None => Some(KeepSettings::default()),
        },
        ethereum: match at("ethereum") {
            Some(_) => reader.section(&path.key("ethereum")),
            None => Some(EthereumSettings::default()),
        },
        media: match at("media") {
            Some(_) => reader.section(&path.key("media")),
            None => Some(MediaSettings::default()),
        },
        limits: match at("limits") {
            Some(_) => reader.section(&path.key("limits")),
            None => Some(LimitSettings::default()),
        },
    }
}

impl Sections {
    fn settings(self) -> Option<Settings> {
        let accounts = self
            .accounts
            .into_iter()
            .map(|(name, account)| Some((AccountName::parse(name).ok()?, account.settings?)))
            .collect::<Option<_>>()?;
        Some(Settings {
            store: self.store?,
            accounts,
            links: self.links.into_iter().collect::<Option<_>>()?,
            people: self.people.into_iter().collect::<Option<_>>()?,
            direct: self.direct?,
            keep: self.keep?,
            ethereum: self.ethereum?,
            media: self.media?,
            limits: self.limits?,
        })
    }
}

#[cfg(test)]
mod tests;
