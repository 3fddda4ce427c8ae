//! A hub's console: one JSON command a line, one JSON answer a line.
//!
//! | command | what it does |
//! | --- | --- |
//! | `{"do":"fault","fault":{"kind":"delay","ms":50},"scope":"writes","when":{"chance":0.1}}` | sets a fault; answers with its `fault` id |
//! | `{"do":"clear","fault":0}`, `{"do":"clear"}` | takes one fault back, or all |
//! | `{"do":"stall","shard":1}`, `{"do":"resume","shard":1}` | stops a shard's blocks, lets them go on |
//! | `{"do":"cut","what":"connections"}` (or `"streams"`) | breaks what is open now |
//! | `{"do":"struck"}` | how often each kind of fault has struck |
//! | `{"do":"register","fid":1,"signer":"<hex>","units":1,"name":"alice","pro":true}` | what contracts and the fname server would say of a fid |
//! | `{"do":"height","shard":1}` | the height of a shard |
//!
//! A command may carry an `id`, which its answer repeats. Answers have `"ok": true`, or
//! `"ok": false` and an `error`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::faults::{Fault, FaultId, Scope, When};
use super::hub::Hub;
use super::person;

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
    Stall {
        shard: u32,
    },
    Resume {
        shard: u32,
    },
    Cut {
        what: Open,
    },
    Struck,
    Register {
        fid: u64,
        signer: String,
        units: Option<u32>,
        name: Option<String>,
        #[serde(default)]
        pro: bool,
    },
    Height {
        shard: u32,
    },
}

/// What can be cut.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Open {
    Connections,
    Streams,
}

/// Does what a line says, and answers.
pub fn answer(hub: &Hub, line: &str) -> Value {
    let line: Line = match serde_json::from_str(line) {
        Ok(line) => line,
        Err(error) => return json!({ "ok": false, "error": error.to_string() }),
    };
    let mut answer = match act(hub, line.command) {
        Ok(answer) => answer,
        Err(error) => json!({ "ok": false, "error": error }),
    };
    if let (Some(fields), Some(id)) = (answer.as_object_mut(), line.id) {
        fields.insert("id".to_owned(), id);
    }
    answer
}

fn act(hub: &Hub, command: Command) -> Result<Value, String> {
    let faults = hub.faults();
    match command {
        Command::Fault { fault, scope, when } => {
            return Ok(json!({ "ok": true, "fault": faults.set(fault, scope, when) }));
        }
        Command::Clear { fault: Some(id) } => faults.clear(id),
        Command::Clear { fault: None } => faults.clear_all(),
        Command::Stall { shard } => faults.stall_shard(shard),
        Command::Resume { shard } => faults.resume_shard(shard),
        Command::Cut { what: Open::Connections } => faults.cut_connections(),
        Command::Cut { what: Open::Streams } => faults.cut_streams(),
        Command::Struck => return Ok(json!({ "ok": true, "struck": faults.struck() })),
        Command::Height { shard } => {
            return Ok(json!({ "ok": true, "height": hub.height(shard) }));
        }
        Command::Register { fid, signer, units, name, pro } => {
            let signer = hex::decode(signer.trim_start_matches("0x"))
                .ok()
                .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
                .ok_or("signer must be 32 bytes in hex")?;
            for event in person::registration(fid, &signer, units.unwrap_or(1)) {
                hub.submit_onchain_event(event);
            }
            if pro {
                hub.submit_onchain_event(person::pro(fid));
            }
            if let Some(name) = name {
                hub.submit_username_proof(person::name_proof(fid, &name))
                    .map_err(|refusal| refusal.to_string())?;
            }
        }
    }
    Ok(json!({ "ok": true }))
}
