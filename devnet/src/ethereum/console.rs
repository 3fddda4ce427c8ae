//! A node's console: one JSON command a line, one JSON answer a line.
//!
//! | command | what it does |
//! | --- | --- |
//! | `{"do":"name","name":"ann.eth","address":"0x…"}` | has a name lead to an address |
//! | `{"do":"called","address":"0x…","name":"ann.eth"}` | has an address say what it is called |
//! | `{"do":"wallet","address":"0x…","owner":"0x…"}` | gives a contract wallet an owner |
//! | `{"do":"fault","fault":{"kind":"delay","ms":50},"method":"eth_call","when":{"chance":0.1}}` | sets a fault; answers with its `fault` id |
//! | `{"do":"clear","fault":0}`, `{"do":"clear"}`, `{"do":"cut"}`, `{"do":"struck"}` | as for the other networks |
//!
//! A command may carry an `id`, which its answer repeats. Answers have `"ok": true`, or
//! `"ok": false` and an `error`.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Fault, FaultId, When};
use super::server::Ethereum;

#[derive(Debug, Deserialize)]
struct Line {
    id: Option<Value>,
    #[serde(flatten)]
    command: Command,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Command {
    Name {
        name: String,
        address: String,
    },
    Called {
        address: String,
        name: String,
    },
    Wallet {
        address: String,
        owner: String,
    },
    Fault {
        fault: Fault,
        method: Option<String>,
        #[serde(default)]
        when: When,
    },
    Clear {
        fault: Option<FaultId>,
    },
    Cut,
    Struck,
}

/// Does what a line says, and answers.
pub fn answer(ethereum: &Ethereum, line: &str) -> Value {
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => return json!({ "ok": false, "error": error.to_string() }),
    };
    let (is_ok, mut answer) = match act(ethereum, line.command) {
        Ok(answer) => (true, answer),
        Err(error) => (false, json!({ "error": error })),
    };
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("ok".to_owned(), json!(is_ok));
        fields.extend(line.id.map(|id| ("id".to_owned(), id)));
    }
    answer
}

fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|_hex| "an address is 0x and 40 hexadecimal digits".to_owned())
}

fn act(ethereum: &Ethereum, command: Command) -> Result<Value, String> {
    let faults = ethereum.faults();
    match command {
        Command::Name { name, address: to } => ethereum.name_leads_to(&name, address(&to)?),
        Command::Called { address: of, name } => ethereum.is_called(address(&of)?, &name),
        Command::Wallet { address: wallet, owner } => {
            ethereum.owns_wallet(address(&owner)?, address(&wallet)?);
        }
        Command::Fault { fault, method, when } => {
            return Ok(json!({ "fault": faults.set(fault, method.as_deref(), when) }));
        }
        Command::Clear { fault: Some(id) } => faults.clear(id),
        Command::Clear { fault: None } => faults.clear_all(),
        Command::Cut => faults.cut_connections(),
        Command::Struck => return Ok(json!({ "struck": faults.struck() })),
    }
    Ok(json!({}))
}
