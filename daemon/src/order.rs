//! What the owner orders from the command line: done by the running daemon, or by the command
//! itself where none runs.

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;
use threadbridge_core::archive::import::{Accounts, ImportError, Imported, import_from};
use threadbridge_core::archive::item;
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::erasure::Erase;
use threadbridge_core::model::id::{AccountName, MessageId};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{self, NotDone, Stepped, Target};
use threadbridge_core::store::tables::{CONVERSATIONS, MESSAGES};
use threadbridge_core::store::{Reads, Store};

use crate::cli::{counted, find_target, harmless, select};
use crate::control::{Erased, Request, ThreadAct, Typed, Unheard, ask};
use crate::exit::{Exit, Failure, OrExit};
use crate::foreign;
use crate::hand::{Hand, LATER};
use crate::home::Home;
use crate::registry::connect_all;
use crate::settings::Settings;
use crate::{passage, unlock, word};

/// Nobody types more; files are sent otherwise.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Why something cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsayable {
    /// Nothing is there.
    #[error("there is nothing to say")]
    Empty,
    /// It is too long.
    #[error("that is longer than 64 kB, which nobody would read")]
    TooLong,
    /// The machine gave no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}

/// Has a request carried out, and tells what came of it.
pub(crate) fn carry_out(
    home: &Home,
    settings: &Settings,
    request: &Request,
) -> Result<String, Failure> {
    match ask(&home.socket_path(settings), request) {
        Err(Unheard::NobodyThere) => {}
        answer => return Ok(answer?),
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Failed)?;
    let store = unlock::open(home, settings)?;
    runtime.block_on(async {
        let done = alone((home, settings), &store, request).await;
        store.close().await.or_exit(Exit::Store)?;
        done
    })
}

async fn alone(
    (home, settings): (&Home, &Settings),
    store: &Store,
    request: &Request,
) -> Result<String, Failure> {
    let now = Clock::System.now();
    match request {
        Request::Say { target, text } => {
            let content = content(text).or_exit(Exit::Failed)?;
            let target = target_in(store, settings, target)?;
            let (message, _) =
                pipeline::say(store, target, content, now).await.map_err(not_done)?;
            Ok(format!("{message}\n{LATER}"))
        }
        Request::SendTo { .. } | Request::Group { .. } | Request::Facts => {
            let accounts = connect_all(home, settings, &BTreeMap::new()).or_exit(Exit::Settings)?;
            Hand { store, settings, accounts: &accounts }.alone(request).await
        }
        Request::Replay { id } => {
            let legs = pipeline::replay(store, *id).await.map_err(not_done)?;
            Ok(format!("{}; no daemon is running", replayed(legs.len())))
        }
        Request::Drop { id } => {
            let count = pipeline::discard(store, *id).await.map_err(not_done)?;
            Ok(dropped(count))
        }
        Request::Person { act } => word::carry_out((home, settings), store, act, now).await,
        Request::Thread { target, act } => {
            let accounts = match act {
                ThreadAct::Move { with_history: true, .. } => {
                    connect_all(home, settings, &BTreeMap::new()).or_exit(Exit::Settings)?
                }
                ThreadAct::Move { .. } | ThreadAct::ReplyOn { .. } => BTreeMap::new(),
            };
            passage::carry_out((store, settings), &accounts, (target, act)).await
        }
        Request::Retire { account } => passage::retire(store, account).await,
        Request::Erase { kind, which } => {
            let what = to_erase(store, settings, *kind, which)?;
            let id = pipeline::erase(store, what, now).await.map_err(not_done)?;
            loop {
                match pipeline::step_erasure(store, now).await.or_exit(Exit::Store)? {
                    Stepped::On => {}
                    Stepped::Nothing => return Ok(format!("erasure {id} is done")),
                    Stepped::Waits(_) => {
                        return Ok(format!(
                            "erasure {id} waits: no daemon is running to take the copies back"
                        ));
                    }
                }
            }
        }
        Request::Import { .. } | Request::History { .. } => take_in(store, settings, request).await,
        Request::Reload => Err(Failure::new(Exit::Network, "no daemon is running here")),
    }
}

/// What is to be erased, by the name that people type.
pub(crate) fn to_erase(
    store: &Store,
    settings: &Settings,
    kind: Erased,
    which: &str,
) -> Result<Erase, Failure> {
    let snapshot = store.snapshot().or_exit(Exit::Store)?;
    let refused = |why: String| Err(Failure::new(Exit::Failed, why));
    match kind {
        Erased::Message => {
            let Ok(id) = MessageId::parse(which) else {
                return refused(
                    "a message is 64 hexadecimal digits, as `thread --json` shows".into(),
                );
            };
            match snapshot.get(&MESSAGES, &id).or_exit(Exit::Store)? {
                Some(_) => Ok(Erase::Message(id)),
                None => refused("there is no such message".to_owned()),
            }
        }
        Erased::Conversation => {
            let id = select::conversation(&snapshot, settings, which)?;
            let row = snapshot.get(&CONVERSATIONS, &id).or_exit(Exit::Store)?;
            let legs = row.map(|it| it.legs).unwrap_or_default();
            if settings
                .links()
                .iter()
                .any(|link| legs.iter().any(|leg| link.legs.contains_key(leg)))
            {
                return refused("a link still names it; take that out of bridge.toml first".into());
            }
            Ok(Erase::Conversation(id))
        }
        Erased::Person => {
            let identities = select::person(&snapshot, which)?;
            Ok(Erase::Person(identities.into_iter().collect()))
        }
        Erased::Account => match AccountName::parse(which) {
            Ok(name) if settings.accounts.contains_key(&name) => refused(
                "the settings still have that account; take it out of bridge.toml first".into(),
            ),
            Ok(name) => Ok(Erase::Account(name)),
            Err(error) => Err(Failure::new(Exit::Failed, error)),
        },
    }
}

/// Takes an archive or a history in; what came of it, for people.
pub(crate) async fn take_in(
    store: &Store,
    settings: &Settings,
    request: &Request,
) -> Result<String, Failure> {
    if let Request::Import { path, key, with_accounts } = request {
        return take_archive_in(store, path, key, *with_accounts).await;
    }
    let Request::History { kind, path, account, key } = request else {
        return Err(Failure::new(Exit::Failed, "that brings nothing in"));
    };
    let key = key.as_ref().map(Typed::expose);
    foreign::carry_out(store, settings, (*kind, path, account.as_deref()), key).await
}

async fn take_archive_in(
    store: &Store,
    path: &str,
    key: &Typed,
    with_accounts: bool,
) -> Result<String, Failure> {
    let accounts = if with_accounts { Accounts::TakeOver } else { Accounts::LeaveOut };
    let secret = unlock::root(&key.expose());
    let now = Clock::System.now();
    let imported = import_from(store, Path::new(path), &secret, accounts, now).await;
    imported.map(|it| told(&it)).map_err(|error| {
        let exit = match &error {
            ImportError::Archive(_)
            | ImportError::AccountsIntoALiveStore
            | ImportError::AnotherIsUnfinished => Exit::Failed,
            ImportError::Read(_) | ImportError::Write(_) => Exit::Store,
        };
        Failure::new(exit, error)
    })
}

/// What came of an import.
fn told(imported: &Imported) -> String {
    let tally = &imported.tally;
    let mut lines = vec![format!("signed by {}", imported.verified.header.owner())];
    for (number, count) in &tally.came {
        lines.push(format!("  {count} {} came", item::name(*number)));
    }
    let counts = [
        (tally.known, "were here already"),
        (tally.erased, "stay out: they were erased here"),
        (tally.left_out, "of accounts were left out"),
        (tally.conflict_count, "are otherwise here, and stay as they are"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        lines.push(format!("  {count} {what}"));
    }
    lines.extend(tally.conflicts.iter().map(|it| format!("    {}", harmless(&it.to_string()))));
    if !imported.keeps_places && tally.came.contains_key(&2) {
        lines.push("what came is history behind what was here, and goes to no leg".to_owned());
    }
    lines.join("\n")
}

/// What a text is as content.
pub(crate) fn content(text: &str) -> Result<Content, Unsayable> {
    match text.len() {
        0 => Err(Unsayable::Empty),
        1..=MAX_TEXT_BYTES => {
            let salt = Salt::random().map_err(|_| Unsayable::NoRandomness)?;
            Ok(Content::plain(salt, text))
        }
        _ => Err(Unsayable::TooLong),
    }
}

/// The conversation that a text names, in a store that is open for writing.
pub(crate) fn target_in(store: &Store, settings: &Settings, text: &str) -> Result<Target, Failure> {
    let snapshot = store.snapshot().or_exit(Exit::Store)?;
    find_target(&snapshot, settings, text).or_exit(Exit::Failed)
}

/// What is said of dead letters that were dropped.
pub(crate) fn dropped(count: usize) -> String {
    format!("{} dropped", counted(count, "dead letter"))
}

/// What is said of dead letters that are sent again.
pub(crate) fn replayed(legs: usize) -> String {
    format!("back in the outbox of {}", counted(legs, "leg"))
}

/// How a request that was not done exits.
pub(crate) fn not_done(error: NotDone) -> Failure {
    let exit = match &error {
        NotDone::NoSuch(_) => Exit::Failed,
        NotDone::Read(_) | NotDone::Write(_) => Exit::Store,
    };
    Failure::new(exit, error)
}
