//! The words that stand for a content where it cannot be shown, as the official clients write them.

use serde_json::Value;

use super::kind::{Kind, spelled};
use crate::wire::proto::content::EncodedContent;

pub(crate) fn reply(text: Option<&str>) -> String {
    match text {
        Some(text) => format!("Replied with \"{text}\" to an earlier message"),
        None => "Replied to an earlier message".to_owned(),
    }
}

pub(crate) fn reaction(reaction: &str, is_taken_back: bool) -> String {
    if is_taken_back {
        format!("Removed \"{reaction}\" from an earlier message")
    } else {
        format!("Reacted with \"{reaction}\" to an earlier message")
    }
}

pub(crate) fn attachment(filename: Option<&str>) -> String {
    let name = filename.unwrap_or("this content");
    format!("Can't display {name}. This app doesn't support attachments.")
}

pub(crate) fn remote_attachment(filename: Option<&str>) -> String {
    let name = filename.unwrap_or("this content");
    format!("Can't display {name}. This app doesn't support remote attachments.")
}

pub(crate) const MULTI_REMOTE_ATTACHMENT: &str =
    "Can't display this content. This app doesn't support multiple remote attachments.";

/// What is shown of a content that is not read here: its sender's words, else what official clients
/// would have written, else that there is something.
pub(crate) fn shown(encoded: &EncodedContent, content: &[u8]) -> String {
    let own = encoded.fallback.as_deref().map(str::trim).filter(|words| !words.is_empty());
    if let Some(own) = own {
        return own.to_owned();
    }
    let kind = encoded.r#type.as_ref().and_then(Kind::of);
    kind.and_then(|kind| written(kind, content)).unwrap_or_else(|| {
        let name = encoded.r#type.as_ref().map(spelled).unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        format!("[something that cannot be shown here: {name}]")
    })
}

fn written(kind: Kind, content: &[u8]) -> Option<String> {
    let json = || serde_json::from_slice::<Value>(content).ok();
    let field = |json: &Value, name: &str| json.get(name)?.as_str().map(str::to_owned);
    match kind {
        Kind::TransactionReference => {
            let reference = field(&json()?, "reference").filter(|text| !text.is_empty());
            Some(reference.map_or_else(
                || "Crypto transaction".to_owned(),
                |reference| {
                    format!(
                        "[Crypto transaction] Use a blockchain explorer to learn more using the \
                         transaction hash: {reference}"
                    )
                },
            ))
        }
        Kind::WalletSendCalls => Some(format!("[Transaction request generated]: {}", json()?)),
        Kind::Actions => {
            let json = json()?;
            let labels = json.get("actions")?.as_array()?.iter().zip(1..);
            let labels: Vec<_> = labels
                .map(|(action, nth)| {
                    format!("[{nth}] {}", field(action, "label").unwrap_or_default())
                })
                .collect();
            Some(format!(
                "{}\n\n{}\n\nReply with the number to select",
                field(&json, "description").unwrap_or_default(),
                labels.join("\n")
            ))
        }
        Kind::Intent => Some(format!("User selected action: {}", field(&json()?, "actionId")?)),
        Kind::MultiRemoteAttachment => Some(MULTI_REMOTE_ATTACHMENT.to_owned()),
        Kind::Attachment => Some(attachment(None)),
        Kind::RemoteAttachment => Some(remote_attachment(None)),
        Kind::Reply => Some(reply(None)),
        Kind::Text
        | Kind::Markdown
        | Kind::Reaction
        | Kind::OldReaction
        | Kind::ReadReceipt
        | Kind::GroupUpdated
        | Kind::DeleteMessage
        | Kind::EditMessage
        | Kind::LeaveRequest
        | Kind::DeviceSync => None,
    }
}
