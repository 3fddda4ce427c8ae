//! `threadbridge thread`: what was said in a conversation, and what became of it on each leg.

use serde::Serialize;
use threadbridge_core::model::direct::Direct;
use threadbridge_core::store::Reads;
use threadbridge_core::store::tables::DIRECTS;
use threadbridge_core::view::{self, Line, LineState};

use super::output::{harmless, instant, print, print_json, rfc3339};
use super::target::{self, NoTarget};
use crate::control::{Request, ThreadAct};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::{order, unlock};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The conversation: its id or the beginning of it, a link's name, or a leg.
    conversation: String,
    /// How many of the last events are shown.
    #[arg(long, default_value_t = 30)]
    limit: usize,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Has a direct conversation go on over another account, until they speak elsewhere.
    Move {
        /// The account.
        #[arg(long)]
        to: String,
        /// Hands over there what was said before, as an encrypted file with its key beside it.
        #[arg(long)]
        with_history: bool,
    },
    /// Chooses where a direct conversation is answered.
    ReplyOn {
        /// `last`, `order`, an account, or `settings`.
        on: String,
    },
}

#[derive(Debug, Serialize)]
struct Shown {
    seq: u64,
    message: String,
    kind: String,
    author: Option<String>,
    name: Option<String>,
    leg: Option<String>,
    sent_at: Option<String>,
    level: &'static str,
    text: Option<String>,
    in_reply_to: Option<String>,
    replaces: Option<String>,
    legs: Vec<ShownLeg>,
}

#[derive(Debug, Serialize)]
struct ShownLeg {
    leg: String,
    state: &'static str,
    reason: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let act = args.action.as_ref().map(|it| match it {
        Action::Move { to, with_history } => {
            ThreadAct::Move { to: to.clone(), with_history: *with_history }
        }
        Action::ReplyOn { on } => ThreadAct::ReplyOn { on: on.clone() },
    });
    if let Some(act) = act {
        let request = Request::Thread { target: args.conversation.clone(), act };
        return print(&order::carry_out(home, &settings, &request)?);
    }
    let snapshot = unlock::snapshot(home, &settings)?;
    let found = target::find(&snapshot, &settings, &args.conversation).or_exit(Exit::Failed)?;
    let conversation = target::conversation(&snapshot, &found).or_exit(Exit::Store)?;
    let Some(conversation) = conversation else {
        let unknown = NoTarget::Unknown { text: args.conversation.clone(), meant: String::new() };
        return Err(Failure::new(Exit::Failed, unknown));
    };
    let lines = view::thread(&snapshot, conversation.id, args.limit).or_exit(Exit::Store)?;
    if args.json {
        return print_json(&lines.iter().map(shown).collect::<Vec<_>>());
    }
    let name = conversation.name.as_deref().map(harmless).unwrap_or_default();
    print(format!("{} {name}", conversation.id).trim_end())?;
    for line in &lines {
        print(&text(line))?;
    }
    let direct = snapshot.get(&DIRECTS, &conversation.id).or_exit(Exit::Store)?;
    direct.iter().flat_map(ways).try_for_each(|it| print(&it))
}

/// Where a direct conversation is answered, and what no longer is a way to them.
fn ways(direct: &Direct) -> Vec<String> {
    let out = match direct.way_out() {
        Ok(way) => format!("answers go to {}", harmless(&way.leg.to_string())),
        Err(why) => format!("answers go nowhere: {why}"),
    };
    let closed = direct.closed.iter().map(|(leg, closed)| {
        let leg = harmless(&leg.to_string());
        format!("closed since {}: {leg}: {}", instant(closed.since), harmless(&closed.reason))
    });
    [out].into_iter().chain(closed).collect()
}

fn shown(line: &Line) -> Shown {
    Shown {
        seq: line.seq.0,
        message: line.message.to_string(),
        kind: kind(line),
        author: line.author.as_ref().map(|author| author.uri()),
        name: line.profile.as_ref().and_then(|profile| profile.display_name.clone()),
        leg: line.leg.as_ref().map(ToString::to_string),
        sent_at: rfc3339(line.sent_at),
        level: line.level.code(),
        text: line.text.clone(),
        in_reply_to: line.in_reply_to.map(|id| id.to_string()),
        replaces: line.replaces.map(|id| id.to_string()),
        legs: line
            .legs
            .iter()
            .map(|(leg, state)| {
                let (state, reason) = outcome(state);
                ShownLeg { leg: leg.to_string(), state, reason }
            })
            .collect(),
    }
}

fn kind(line: &Line) -> String {
    format!("{:?}", line.kind).to_lowercase()
}

fn outcome(state: &LineState) -> (&'static str, Option<String>) {
    match state {
        LineState::Original => ("original", None),
        LineState::Delivered => ("delivered", None),
        LineState::Pending => ("pending", None),
        LineState::Failed(letter) => ("failed", Some(format!("dead letter {letter}"))),
        LineState::Noted(reason) => ("noted", Some(reason.clone())),
    }
}

fn text(line: &Line) -> String {
    let who = line.profile.as_ref().and_then(|it| it.display_name.clone().or(it.handle.clone()));
    let who = match (&line.author, who) {
        (Some(author), Some(name)) => format!("{} ({})", harmless(&name), harmless(&author.uri())),
        (Some(author), None) => harmless(&author.uri()),
        (None, _) => "you".to_owned(),
    };
    let said = line.text.as_deref().map_or_else(|| format!("({})", kind(line)), harmless);
    let mut shown =
        format!("{:>6}  {}  {}  {who}: {said}", line.seq, instant(line.sent_at), line.level.code());
    for (leg, state) in &line.legs {
        let (state, reason) = outcome(state);
        let reason = reason.map(|reason| format!(": {}", harmless(&reason))).unwrap_or_default();
        shown.push_str(&format!("\n        {state} on {}{reason}", harmless(&leg.to_string())));
    }
    shown
}
