//! `threadbridge send`: says something in a conversation or to somebody, as the owner.

use std::io::{self, IsTerminal, Read};

use super::output::print;
use crate::control::Request;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::order::{self, MAX_TEXT_BYTES};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// To whom, instead of a conversation: an address, an id of the network, NETWORK:ID, or a name.
    /// A conversation with them begins if there is none.
    #[arg(long, value_name = "WHO")]
    to: Option<String>,
    /// By which account; the only one that reaches them, if none is named.
    #[arg(long, requires = "to")]
    account: Option<String>,
    /// The conversation: its id or the beginning of it, a link's name, or a leg; left out with
    /// `--to`. Then what to say; read from standard input if it is left out.
    #[arg(value_name = "CONVERSATION] [TEXT")]
    words: Vec<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let said = |words: &[String]| if words.is_empty() { read() } else { Ok(words.join(" ")) };
    let request = match (&args.to, args.words.split_first()) {
        (Some(who), _) => {
            let (who, account) = (who.clone(), args.account.clone());
            Request::SendTo { who, account, text: said(&args.words)? }
        }
        (None, Some((target, text))) => Request::Say { target: target.clone(), text: said(text)? },
        (None, None) => {
            let why = "where is it to be said? name a conversation, or somebody by --to";
            return Err(Failure::new(Exit::Settings, why));
        }
    };
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
