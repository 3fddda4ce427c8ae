//! The register as a JSON document: `docs/register.md` says what is in it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use threadbridge_core::archive::owner::OwnerId;
use threadbridge_core::model::id::{Identity, Leg, Network, RemoteAuthor};
use threadbridge_core::model::register::{
    Carried, Class, Entry, Said, Subject, SubjectId, SubjectRow, Sum, Terms,
};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::register::{Broken, SIGNED_FOR, Statement};

const FORMAT: &str = "threadbridge register";

/// Why a text is no register.
#[derive(Debug, Error)]
pub(super) enum NoRegister {
    #[error("it is no register of this form")]
    Json(#[from] serde_json::Error),
    #[error("it is a register of another version, or something else")]
    Format,
    #[error("`{0}` is not what a register has there")]
    Field(&'static str),
    #[error("it does not end where its `head` says: something was cut out or altered")]
    Cut,
    #[error("the register cannot be believed")]
    Broken(#[from] Broken),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    format: String,
    version: u8,
    /// Microseconds since 1970-01-01.
    made_at: i64,
    entries: Vec<EntryText>,
    open: Vec<SumText>,
    names: Vec<NameText>,
    head: HeadText,
    signed_by: String,
    signed_for: String,
    signature: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct EntryText {
    number: u64,
    before: String,
    day: u64,
    subject: String,
    #[serde(flatten)]
    said: SaidText,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
enum SaidText {
    Carried(CarriedText),
    Given { terms: Vec<String> },
    Withdrawn { terms: Vec<String> },
}

#[derive(Debug, Serialize, Deserialize)]
struct CarriedText {
    network: String,
    class: String,
    terms: Vec<String>,
    count: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SumText {
    day: u64,
    subject: String,
    #[serde(flatten)]
    carried: CarriedText,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NameText {
    subject: String,
    salt: String,
    kind: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadText {
    count: u64,
    hash: String,
}

impl Document {
    /// A statement that was signed.
    pub(super) fn of(
        statement: &Statement,
        (owner, signature): (OwnerId, &[u8; 64]),
    ) -> Result<Self, Broken> {
        let head = statement.head()?;
        Ok(Self {
            format: FORMAT.to_owned(),
            version: 1,
            made_at: statement.made_at.as_micros(),
            entries: statement.entries.iter().map(entry_text).collect(),
            open: statement.open.iter().map(sum_text).collect(),
            names: statement.names.iter().map(name_text).collect(),
            head: HeadText { count: head.count, hash: hex::encode(head.hash) },
            signed_by: owner.to_string(),
            signed_for: SIGNED_FOR.to_owned(),
            signature: hex::encode(signature),
        })
    }

    /// As text.
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// From text.
    pub(super) fn read(text: &str) -> Result<Self, NoRegister> {
        Ok(serde_json::from_str(text)?)
    }

    /// What it states, who signed it, and the signature; nothing of it was believed yet.
    pub(super) fn into_statement(self) -> Result<(Statement, OwnerId, [u8; 64]), NoRegister> {
        if self.format != FORMAT || self.version != 1 || self.signed_for != SIGNED_FOR {
            return Err(NoRegister::Format);
        }
        let statement = Statement {
            made_at: Timestamp::from_micros(self.made_at),
            entries: self.entries.iter().map(entry).collect::<Result<_, _>>()?,
            open: self.open.iter().map(sum).collect::<Result<_, _>>()?,
            names: self.names.into_iter().map(name).collect::<Result<_, _>>()?,
        };
        let head = statement.head()?;
        if head.count != self.head.count || bytes(&self.head.hash, "head")? != head.hash {
            return Err(NoRegister::Cut);
        }
        let owner = OwnerId::from_bytes(bytes(&self.signed_by, "signed_by")?);
        Ok((statement, owner, bytes(&self.signature, "signature")?))
    }
}

fn words(terms: Terms) -> Vec<String> {
    terms.words().map(str::to_owned).collect()
}

fn carried_text(it: &Carried) -> CarriedText {
    CarriedText {
        network: it.network.as_str().to_owned(),
        class: it.class.as_str().to_owned(),
        terms: words(it.terms),
        count: it.count,
    }
}

fn entry_text(entry: &Entry) -> EntryText {
    EntryText {
        number: entry.number,
        before: hex::encode(entry.before),
        day: entry.day,
        subject: entry.subject.to_string(),
        said: match &entry.said {
            Said::Carried(it) => SaidText::Carried(carried_text(it)),
            Said::Given(terms) => SaidText::Given { terms: words(*terms) },
            Said::Withdrawn(terms) => SaidText::Withdrawn { terms: words(*terms) },
        },
    }
}

fn sum_text(sum: &Sum) -> SumText {
    let subject = sum.subject.to_string();
    SumText { day: sum.day, subject, carried: carried_text(&sum.carried) }
}

fn name_text(row: &SubjectRow) -> NameText {
    let (kind, name, link) = match &row.subject {
        Subject::Leg(leg, link) => ("leg", leg.to_string(), link.clone()),
        Subject::Link(name) => ("link", name.clone(), None),
        Subject::Person(who) => ("person", who.uri(), None),
    };
    let (subject, salt) = (row.id.to_string(), hex::encode(row.salt));
    NameText { subject, salt, kind: kind.to_owned(), name, link }
}

fn bytes<const N: usize>(text: &str, field: &'static str) -> Result<[u8; N], NoRegister> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| NoRegister::Field(field))?;
    Ok(bytes)
}

fn subject(text: &str) -> Result<SubjectId, NoRegister> {
    Ok(SubjectId::from_bytes(bytes(text, "subject")?))
}

fn terms(words: &[String]) -> Result<Terms, NoRegister> {
    let mut parsed = words.iter().map(|it| Terms::parse(it).ok_or(NoRegister::Field("terms")));
    parsed.try_fold(Terms::default(), |all, one| Ok(all.and(one?)))
}

fn carried(it: &CarriedText) -> Result<Carried, NoRegister> {
    let class = Class::ALL.into_iter().find(|class| class.as_str() == it.class);
    Ok(Carried {
        network: Network::parse(it.network.as_str()).map_err(|_| NoRegister::Field("network"))?,
        class: class.ok_or(NoRegister::Field("class"))?,
        terms: terms(&it.terms)?,
        count: it.count,
    })
}

fn entry(it: &EntryText) -> Result<Entry, NoRegister> {
    Ok(Entry {
        number: it.number,
        before: bytes(&it.before, "before")?,
        day: it.day,
        subject: subject(&it.subject)?,
        said: match &it.said {
            SaidText::Carried(it) => Said::Carried(carried(it)?),
            SaidText::Given { terms: it } => Said::Given(terms(it)?),
            SaidText::Withdrawn { terms: it } => Said::Withdrawn(terms(it)?),
        },
    })
}

fn sum(it: &SumText) -> Result<Sum, NoRegister> {
    Ok(Sum { day: it.day, subject: subject(&it.subject)?, carried: carried(&it.carried)? })
}

fn name(it: NameText) -> Result<SubjectRow, NoRegister> {
    let wrong = || NoRegister::Field("name");
    let named = match it.kind.as_str() {
        "leg" => Subject::Leg(Leg::parse(&it.name).map_err(|_| wrong())?, it.link),
        "link" => Subject::Link(it.name),
        "person" => {
            let (network, author) = it.name.split_once(':').ok_or_else(wrong)?;
            let network = Network::parse(network).map_err(|_| wrong())?;
            let author = RemoteAuthor::parse(author).map_err(|_| wrong())?;
            Subject::Person(Identity { network, author })
        }
        _ => return Err(NoRegister::Field("kind")),
    };
    let (id, salt) = (subject(&it.subject)?, bytes(&it.salt, "salt")?);
    Ok(SubjectRow { id, salt, subject: named, conversation: None })
}
