//! Moving direct conversations from leg to leg, and leaving accounts, by the owner's hand.

use std::collections::BTreeMap;

use threadbridge_core::model::direct::ReplyOn;
use threadbridge_core::model::id::{AccountName, ConversationId};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{self, NotMoved, Retired, Target};
use threadbridge_core::store::tables::LEGS;
use threadbridge_core::store::{Reads, Store};

use crate::cli::harmless;
use crate::control::ThreadAct;
use crate::exit::{Exit, Failure, OrExit};
use crate::handover::{NotHandedOver, move_with_history};
use crate::order::target_in;
use crate::registry::Connected;
use crate::settings::Settings;
use crate::settings::direct::ReplySetting;

/// Does it, and tells what came of it.
pub(crate) async fn carry_out(
    (store, settings): (&Store, &Settings),
    accounts: &BTreeMap<AccountName, Connected>,
    (target, act): (&str, &ThreadAct),
) -> Result<String, Failure> {
    let conversation = conversation(store, settings, target)?;
    match act {
        ThreadAct::Move { to, with_history } => {
            let account = AccountName::parse(to.clone()).or_exit(Exit::Failed)?;
            let now = Clock::System.now();
            let leg = if *with_history {
                let unknown = || Failure::new(Exit::Failed, NotMoved::NoWay);
                let adapter = &accounts.get(&account).ok_or_else(unknown)?.adapter;
                let moved = (conversation, account);
                move_with_history(store, &**adapter, moved, now).await.map_err(not_handed_over)?
            } else {
                let leg = pipeline::move_to(store, conversation, account, now).await;
                leg.map_err(not_moved)?
            };
            Ok(format!("it goes on over {}", harmless(&leg.to_string())))
        }
        ThreadAct::ReplyOn { on } => {
            let chosen = match on.as_str() {
                "settings" => None,
                _ => Some(ReplySetting::try_from(on.clone()).or_exit(Exit::Failed)?.0),
            };
            let said = match &chosen {
                None => "it is answered as the settings say".to_owned(),
                Some(ReplyOn::Last) => "it is answered where they spoke last".to_owned(),
                Some(ReplyOn::Order) => "it is answered on the first account that works".to_owned(),
                Some(ReplyOn::Account(name)) => format!("it is answered on {name}"),
            };
            pipeline::reply_on(store, conversation, chosen).await.map_err(not_moved)?;
            Ok(said)
        }
    }
}

fn conversation(
    store: &Store,
    settings: &Settings,
    target: &str,
) -> Result<ConversationId, Failure> {
    match target_in(store, settings, target)? {
        Target::Conversation(id) => Ok(id),
        Target::Leg(leg) => {
            let id =
                store.snapshot().or_exit(Exit::Store)?.get(&LEGS, &leg).or_exit(Exit::Store)?;
            id.ok_or_else(|| Failure::new(Exit::Failed, "nothing was said there yet"))
        }
    }
}

fn not_handed_over(error: NotHandedOver) -> Failure {
    let exit = match error {
        NotHandedOver::NotMoved(error) => return not_moved(error),
        NotHandedOver::NoFile(_) | NotHandedOver::TooLarge | NotHandedOver::Unsealed(_) => {
            Exit::Failed
        }
        NotHandedOver::Read(_) => Exit::Store,
    };
    Failure::new(exit, error)
}

fn not_moved(error: NotMoved) -> Failure {
    let exit = match &error {
        NotMoved::NotDirect
        | NotMoved::NoWay
        | NotMoved::LessProtected
        | NotMoved::HistoryLessProtected => Exit::Failed,
        NotMoved::Write(_) => Exit::Store,
    };
    Failure::new(exit, error)
}

/// Leaves an account, and tells of each conversation what became of it.
pub(crate) async fn retire(store: &Store, account: &str) -> Result<String, Failure> {
    let account = AccountName::parse(account.to_owned()).or_exit(Exit::Failed)?;
    let now = Clock::System.now();
    let retired = pipeline::retire(store, account, now).await.or_exit(Exit::Store)?;
    let mut lines: Vec<String> = retired.iter().map(line).collect();
    if lines.is_empty() {
        lines.push("no conversation has a leg on it".to_owned());
    }
    lines.push("take the account out of bridge.toml when nothing of it is on its way".to_owned());
    Ok(lines.join("\n"))
}

fn line(retired: &Retired) -> String {
    let leg = retired.leg.to_string();
    let name = harmless(retired.name.as_deref().unwrap_or(&leg));
    match &retired.went_on {
        Ok(to) => format!("{name}: goes on over {}", harmless(&to.to_string())),
        Err(why) => format!("{name}: cannot go on: {why}"),
    }
}
