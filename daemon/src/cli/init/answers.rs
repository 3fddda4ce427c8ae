//! What a first bridge needs to know: from flags, else asked for at the terminal, else the usual.

use std::io::{self, BufRead, IsTerminal};

use super::Args;
use crate::cli::output::tell;
use crate::exit::{Exit, Failure, OrExit};

/// Enough to write a first bridge.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) account: String,
    pub(super) nodes: Vec<String>,
    pub(super) realm: String,
    pub(super) fid: Option<u64>,
    pub(super) join: Option<[String; 2]>,
    pub(super) key: String,
}

pub(super) fn gather(args: Args) -> Result<Answers, Failure> {
    let asks = !args.yes && io::stdin().is_terminal();
    let ask = |flag: Option<String>, question: &str, usual: &str| match flag {
        Some(given) => Ok(given),
        None if asks => asked(question, usual),
        None => Ok(usual.to_owned()),
    };
    let account = ask(args.account, "what do you call this account?", "casts")?;
    let mut nodes = args.nodes;
    if nodes.is_empty() {
        let node = ask(None, "a Farcaster node (grpc://, grpcs://, http://, https://)?", "")?;
        nodes.extend(node.split_whitespace().map(str::to_owned));
    }
    if nodes.is_empty() {
        return Err(Failure::new(
            Exit::Settings,
            "a bridge needs a node; name one with `--node grpcs://HOST:PORT`",
        ));
    }
    let realm = ask(args.realm, "which network: main, test or dev?", "main")?;
    let fid = ask(args.fid.map(|fid| fid.to_string()), "your fid (nothing: only read)?", "")?;
    let fid = match fid.trim() {
        "" => None,
        digits => Some(digits.parse().map_err(|_| {
            Failure::new(Exit::Settings, "a fid is a whole number; `--fid NUMBER` names it")
        })?),
    };
    let [first, second] = <[String; 2]>::try_from(args.join).unwrap_or_default();
    let given = |text: String| (!text.is_empty()).then_some(text);
    let first = ask(
        given(first),
        "a conversation to join (channel/NAME or thread/0x…; nothing: later)?",
        "",
    )?;
    let join = match first.as_str() {
        "" => None,
        _ => Some([first, ask(given(second), "and the other one?", "")?]),
    };
    let key = ask(
        args.key,
        "what opens the store (file:PATH, passphrase, env:NAME, keyring:NAME)?",
        "file:store.key",
    )?;
    Ok(Answers { account, nodes, realm, fid, join, key })
}

fn asked(question: &str, usual: &str) -> Result<String, Failure> {
    let shown = if usual.is_empty() { String::new() } else { format!(" [{usual}]") };
    tell(&format!("{question}{shown}"));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).or_exit(Exit::Failed)?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { usual.to_owned() } else { answer.to_owned() })
}
