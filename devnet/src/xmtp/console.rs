//! A node's console: one JSON command a line, one JSON answer a line.
//!
//! | command | what it does |
//! | --- | --- |
//! | `{"do":"fault","fault":{"kind":"delay","ms":50},"scope":"writes","when":{"chance":0.1}}` | sets a fault; answers with its `fault` id |
//! | `{"do":"clear","fault":0}`, `{"do":"clear"}` | takes one fault back, or all |
//! | `{"do":"cut","what":"connections"}` (or `"streams"`) | breaks what is open now |
//! | `{"do":"struck"}`, `{"do":"calls"}` | how often each kind of fault has struck, each method was called |
//! | `{"do":"cutover","over":true}` | ends publishing and streaming, or takes it back |
//! | `{"do":"contract","chain":232,"contract":"0x…","owner":"0x…"}` | gives a contract wallet an owner |
//! | `{"do":"inbox","address":"0x…"}` | the `inbox` of an address, with its `installations` |
//! | `{"do":"groups"}` | how many messages each group has |
//!
//! A command may carry an `id`, which its answer repeats. Answers have `"ok": true`, or
//! `"ok": false` and an `error`.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Fault, FaultId, Scope, When};
use super::node::Node;

#[derive(Debug, Deserialize)]
struct Line {
    id: Option<Value>,
    #[serde(flatten)]
    command: Command,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Command {
    Fault {
        fault: Fault,
        #[serde(default)]
        scope: Scope,
        #[serde(default)]
        when: When,
    },
    Clear {
        fault: Option<FaultId>,
    },
    Cut {
        what: Open,
    },
    Struck,
    Calls,
    Cutover {
        over: bool,
    },
    Contract {
        chain: u64,
        contract: String,
        owner: String,
    },
    Inbox {
        address: String,
    },
    Groups,
}

/// What can be cut.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Open {
    Connections,
    Streams,
}

/// Does what a line says, and answers.
pub fn answer(node: &Node, line: &str) -> Value {
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => return json!({ "ok": false, "error": error.to_string() }),
    };
    let (is_ok, mut answer) = match act(node, line.command) {
        Ok(answer) => (true, answer),
        Err(error) => (false, json!({ "error": error })),
    };
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("ok".to_owned(), json!(is_ok));
        fields.extend(line.id.map(|id| ("id".to_owned(), id)));
    }
    answer
}

fn act(node: &Node, command: Command) -> Result<Value, String> {
    let faults = node.faults();
    match command {
        Command::Fault { fault, scope, when } => {
            return Ok(json!({ "fault": faults.set(fault, scope, when) }));
        }
        Command::Clear { fault: Some(id) } => faults.clear(id),
        Command::Clear { fault: None } => faults.clear_all(),
        Command::Cut { what: Open::Connections } => faults.cut_connections(),
        Command::Cut { what: Open::Streams } => faults.cut_streams(),
        Command::Struck => return Ok(json!({ "struck": faults.struck() })),
        Command::Calls => return Ok(json!({ "calls": faults.calls() })),
        Command::Cutover { over } => node.cut_over(over),
        Command::Contract { chain, contract, owner } => {
            let [contract, owner] = [contract, owner].map(|text| text.parse::<Address>());
            let (Ok(contract), Ok(owner)) = (contract, owner) else {
                return Err("contract and owner must be addresses".to_owned());
            };
            node.chains().set_owner(chain, contract, owner);
        }
        Command::Inbox { address } => {
            let inbox = node.inbox_of(&address);
            let installations = inbox.as_deref().map(|inbox| node.installations(inbox));
            return Ok(json!({ "inbox": inbox, "installations": installations }));
        }
        Command::Groups => {
            return Ok(json!({ "groups": node.groups().into_iter().collect::<BTreeMap<_, _>>() }));
        }
    }
    Ok(json!({}))
}
