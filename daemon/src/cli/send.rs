//! `threadbridge send`: says something in a conversation, as the owner.

use std::io::{self, IsTerminal, Read};

use super::output::print;
use crate::control::Request;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::order::{self, MAX_TEXT_BYTES};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The conversation: its id or the beginning of it, a link's name, or a leg.
    conversation: String,
    /// What to say; read from standard input if it is left out.
    text: Vec<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let text = if args.text.is_empty() { read()? } else { args.text.join(" ") };
    let request = Request::Say { target: args.conversation.clone(), text };
    print(&order::carry_out(home, &settings, &request)?)
}

fn read() -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Settings, "there is nothing to say; add it to the command"));
    }
    let mut text = String::new();
    let most = MAX_TEXT_BYTES.saturating_add(1) as u64;
    io::stdin().lock().take(most).read_to_string(&mut text).or_exit(Exit::Failed)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
