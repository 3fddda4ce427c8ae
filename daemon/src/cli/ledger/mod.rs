//! `threadbridge ledger`: what went to which network, when, and by whose leave.

mod document;

use std::fs;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::register::{Said, Subject, SubjectId, Terms};
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::register::Statement;

use self::document::Document;
use super::archive::owner;
use super::output::{counted, harmless, instant, print, table};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

/// No register is larger: an entry is some 400 bytes.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    /// Where the register is written, signed by the owner's key; it is shown if not given.
    path: Option<PathBuf>,
    /// Prints the signed document instead of text.
    #[arg(long, conflicts_with = "path")]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Checks a register that was written down: is the chain whole, and who signed it? Needs no store.
    Verify {
        /// The register.
        path: PathBuf,
        /// Who must have signed it, as `threadbridge archive owner` shows them.
        #[arg(long, value_name = "HEX")]
        owner: Option<String>,
    },
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    if let Some(Action::Verify { path, owner }) = &args.action {
        return verify(path, owner.as_deref());
    }
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    let statement = Statement::of(&snapshot, Clock::System.now()).or_exit(Exit::Store)?;
    if args.path.is_none() && !args.json {
        return print(&shown(&statement));
    }
    let key = OwnerKey::of(&snapshot);
    let signature = statement.sign(&key).or_exit(Exit::Problems)?;
    let document = Document::of(&statement, (key.public(), &signature)).or_exit(Exit::Problems)?;
    match &args.path {
        None => print(&document.text().or_exit(Exit::Failed)?),
        Some(path) => {
            write(path, &document.text().or_exit(Exit::Failed)?).or_exit(Exit::Failed)?;
            let entries = counted(statement.entries.len(), "entry").replace("entrys", "entries");
            print(&format!("{entries} in `{}`; it is not encrypted", path.display()))
        }
    }
}

/// Writes a new file that only its owner can read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut out = BufWriter::new(file);
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

fn verify(path: &Path, by: Option<&str>) -> Result<(), Failure> {
    let by = by.map(owner).transpose()?;
    let file = fs::File::open(path).or_exit(Exit::Failed)?;
    let mut text = String::new();
    let mut file = BufReader::new(file).take(MAX_BYTES);
    file.read_to_string(&mut text).or_exit(Exit::Failed)?;
    let (statement, signer, signature) =
        Document::read(&text).and_then(Document::into_statement).or_exit(Exit::Problems)?;
    if by.is_some_and(|by| by != signer) {
        return Err(Failure::new(Exit::Problems, "another owner has signed it"));
    }
    let head = statement.verify(signer, &signature).or_exit(Exit::Problems)?;
    print(&format!(
        "whole and unaltered\nmade {} UTC\nsigned by {signer}\n{} entries, {} days' sums open, {} names",
        instant(statement.made_at),
        head.count,
        statement.open.len(),
        statement.names.len(),
    ))
}

/// The register for people.
fn shown(statement: &Statement) -> String {
    let heading = ["DAY", "NETWORK", "WHERE", "WHAT", "COUNT", "BY"].map(str::to_owned);
    let mut rows = vec![heading.to_vec()];
    for entry in &statement.entries {
        rows.push(line(statement, (entry.day, &entry.subject), &entry.said));
    }
    for sum in &statement.open {
        let said = Said::Carried(sum.carried.clone());
        rows.push(line(statement, (sum.day, &sum.subject), &said));
    }
    if rows.len() == 1 {
        return "nothing went anywhere yet".to_owned();
    }
    table(&rows)
}

fn line(statement: &Statement, (day, subject): (u64, &SubjectId), said: &Said) -> Vec<String> {
    let row = statement.name(subject);
    let (name, link) = match row.map(|it| &it.subject) {
        None => ("(erased)".to_owned(), None),
        Some(Subject::Leg(leg, link)) => (leg.to_string(), link.clone()),
        Some(Subject::Link(name)) => (name.clone(), None),
        Some(Subject::Person(who)) => (who.uri(), None),
    };
    let link = link.map(|it| format!(" ({})", harmless(&it))).unwrap_or_default();
    let terms = |terms: &Terms| terms.words().collect::<Vec<_>>().join(", ");
    let (network, what, count, by) = match said {
        Said::Carried(it) => {
            let by = format!("{}{link}", terms(&it.terms));
            (it.network.as_str(), it.class.as_str(), it.count.to_string(), by)
        }
        Said::Given(it) => ("", "allowed", String::new(), terms(it)),
        Said::Withdrawn(it) => ("", "allowed no longer", String::new(), terms(it)),
    };
    [day_shown(day), network.into(), harmless(&name), what.into(), count, by].into()
}

fn day_shown(day: u64) -> String {
    let seconds = i64::try_from(day).unwrap_or(i64::MAX).saturating_mul(86_400);
    instant(Timestamp::from_secs(seconds)).chars().take(10).collect()
}
