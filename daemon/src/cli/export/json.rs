//! One JSON document, for other programs.

use std::fs;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::{Value, json};
use threadbridge_core::archive::export::Selection;
use threadbridge_core::archive::item::{Item, MessageItem};
use threadbridge_core::model::copy::MadeBy;
use threadbridge_core::store::Snapshot;

use super::readable::{each_item, shown};
use crate::cli::output::{print, rfc3339};
use crate::exit::{Exit, Failure, OrExit};

pub(super) fn write(
    snapshot: &Snapshot,
    selection: &Selection,
    path: &Path,
) -> Result<(), Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let draft = std::path::PathBuf::from(draft);
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(Exit::Failed, "a file of this name exists already"));
    }
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600);
    let file = file.open(&draft).or_exit(Exit::Failed)?;
    let mut out = BufWriter::new(file);
    let mut count = 0_usize;
    out.write_all(b"{\"format\":\"threadbridge readable\",\"version\":1,\"items\":[")
        .or_exit(Exit::Failed)?;
    each_item(snapshot, selection, |item| {
        let Some(value) = value(snapshot, &item)? else { return Ok(()) };
        let comma: &[u8] = if count == 0 { b"\n" } else { b",\n" };
        count = count.saturating_add(1);
        out.write_all(comma).or_exit(Exit::Failed)?;
        serde_json::to_writer(&mut out, &value).or_exit(Exit::Failed)
    })?;
    out.write_all(b"\n]}\n").or_exit(Exit::Failed)?;
    let file = out.into_inner().or_exit(Exit::Failed)?;
    file.sync_all().or_exit(Exit::Failed)?;
    fs::rename(&draft, path).or_exit(Exit::Failed)?;
    print(&format!("{count} items are in `{}`; it is not encrypted", path.display()))
}

fn value(snapshot: &Snapshot, item: &Item) -> Result<Option<Value>, Failure> {
    Ok(Some(match item {
        Item::Conversation(item) => json!({
            "type": "conversation",
            "id": item.conversation.id.to_string(),
            "name": item.conversation.name,
            "legs": item.conversation.legs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "created_at": rfc3339(item.conversation.created_at),
        }),
        Item::Message(item) => message(snapshot, item)?,
        Item::Participant(item) => json!({
            "type": "participant",
            "conversation": item.conversation.to_string(),
            "identity": item.identity.uri(),
        }),
        Item::Profile(row) => json!({
            "type": "profile",
            "identity": row.identity.as_ref().map(|it| it.uri()),
            "name": row.display_name,
            "handle": row.handle,
            "picture": row.picture_url,
        }),
        Item::Proof(proof) => json!({
            "type": "proof",
            "one": proof.one.uri(),
            "other": proof.other.uri(),
            "kind": format!("{:?}", proof.kind),
            "evidence": hex::encode(&proof.evidence),
            "checked_by": proof.checker,
            "checked_at": rfc3339(proof.checked_at),
            "holds": proof.holds(),
        }),
        Item::Tie(tie) => json!({
            "type": "joined by hand",
            "one": tie.one.uri(),
            "other": tie.other.uri(),
            "since": rfc3339(tie.since),
        }),
        Item::Expiry(row) => json!({
            "type": "disappears",
            "message": row.message.to_string(),
            "at": rfc3339(row.at),
        }),
        Item::Gap(_)
        | Item::Erased(_)
        | Item::Name(_)
        | Item::Tombstone(_)
        | Item::Account(_)
        | Item::Key(_)
        | Item::Cursor(_)
        | Item::Waiting(_)
        | Item::Refusal(_)
        | Item::Backlog(_)
        | Item::Outbox(_)
        | Item::DeadLetter(_)
        | Item::Counter(_)
        | Item::Home(_)
        | Item::Apart(_)
        | Item::Parting(_)
        | Item::Attitude(_)
        | Item::Direct(_)
        | Item::Register(_)
        | Item::Subject(_)
        | Item::Sum(_)
        | Item::Grant(_) => return Ok(None),
    }))
}

fn message(snapshot: &Snapshot, item: &MessageItem) -> Result<Value, Failure> {
    let shown = shown(snapshot, item)?;
    let copies: Vec<Value> = item
        .copies
        .iter()
        .map(|copy| {
            json!({
                "leg": copy.leg.to_string(),
                "part": copy.part,
                "id": copy.remote_id.as_ref().map(ToString::to_string),
                "made_by": match copy.made_by {
                    MadeBy::Author => "author",
                    MadeBy::Us => "bridge",
                    MadeBy::OtherBridge => "another bridge",
                },
                "at": rfc3339(copy.at),
            })
        })
        .collect();
    let notes: Vec<Value> = item
        .notes
        .iter()
        .map(|note| {
            json!({ "leg": note.leg.to_string(), "refused": note.refused, "reason": note.reason })
        })
        .collect();
    Ok(json!({
        "type": "message",
        "id": item.record.message.to_string(),
        "conversation": item.conversation.to_string(),
        "seq": item.seq.0,
        "kind": format!("{:?}", shown.kind).to_lowercase(),
        "author": item.record.author.as_ref().map(|it| it.uri()),
        "name": shown.name,
        "sent_at": rfc3339(item.record.sent_at),
        "text": shown.text,
        "addresses": shown.addresses,
        "in_reply_to": shown.in_reply_to,
        "replaces": shown.replaces,
        "deleted": item.deleted,
        "edits": item.edits.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "copies": copies,
        "notes": notes,
    }))
}
