//! Writing posts, edits, deletes, upvotes and reposts.

use threadbridge_core::{
    adapter::Unrenderable,
    media::locator,
    model::{
        id::{RemoteConversation, RemoteId},
        outgoing::{Embed, Outgoing, ReplyTo, Say},
    },
};

use crate::{
    draft::{Answers, Draft, Named, Reaction, Shown, Words},
    mark,
    name::{self, Place, post_of},
    parse::{REPOST, UPVOTE},
};

/// Writes what is to be said in `conversation`.
pub(crate) fn render(
    conversation: &RemoteConversation,
    outgoing: &Outgoing,
) -> Result<Vec<u8>, Unrenderable> {
    if Place::parse(conversation).is_none() {
        return Err(Unrenderable::new("the conversation is none that lens has"));
    }
    let draft = match outgoing {
        Outgoing::Say(say) => Draft::Say { words: words(say)?, answers: answers(&say.reply_to)? },
        Outgoing::Edit { target, say } => Draft::Edit { post: post(target)?, words: words(say)? },
        Outgoing::Delete { target } => Draft::Delete { post: post(target)? },
        Outgoing::React { target, emoji } => react(target, emoji, true)?,
        Outgoing::Unreact { target, emoji } => react(target, emoji, false)?,
        Outgoing::Read { .. } => return Err(Unrenderable::new("posts have no receipts")),
    };
    serde_json::to_vec(&draft).map_err(|_json| Unrenderable::new("the draft cannot be written"))
}

fn post(id: &RemoteId) -> Result<String, Unrenderable> {
    let post = post_of(id).ok_or_else(|| Unrenderable::new("what is referred to is no post"))?;
    Ok(post.to_owned())
}

fn react(target: &RemoteId, emoji: &str, is_given: bool) -> Result<Draft, Unrenderable> {
    let bare = |text: &str| text.replace('\u{fe0f}', "");
    let reaction = if bare(emoji) == bare(REPOST) {
        Reaction::Repost
    } else if bare(emoji) == bare(UPVOTE) {
        Reaction::Upvote
    } else {
        return Err(Unrenderable::new("the reaction is neither an upvote nor a repost"));
    };
    Ok(Draft::React { post: post(target)?, reaction, is_given })
}

fn answers(reply_to: &ReplyTo) -> Result<Answers, Unrenderable> {
    Ok(match reply_to {
        ReplyTo::Conversation => Answers::Place,
        ReplyTo::Message(id) => Answers::Post(post(id)?),
        ReplyTo::PartBefore => Answers::PartBefore,
    })
}

fn words(say: &Say) -> Result<Words, Unrenderable> {
    let mentions = say.mentions.iter().filter_map(|mention| {
        let who = name::account(&mention.identity)?;
        Some(Named { range: mention.range.clone(), who })
    });
    let mut words = Words {
        text: say.text.clone(),
        mentions: mentions.collect(),
        mark: say.mark.as_ref().map(mark::to_value),
        ..Words::default()
    };
    for embed in &say.embeds {
        match embed {
            Embed::Url(url) => words.links.push(url.clone()),
            Embed::Quote(id) => words.quotes.push(post(id)?),
            // Where it is encrypted or enclosed, `send` brings it, or says that it could not.
            Embed::Media(media) => words.media.push(Shown {
                url: locator(media),
                media_type: bare_type(&media.content_type),
                description: media.description.clone(),
            }),
        }
    }
    Ok(words)
}

fn bare_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use threadbridge_core::model::time::Timestamp;

    use super::*;

    fn say(text: &str) -> Say {
        Say {
            text: text.to_owned(),
            mentions: Vec::new(),
            embeds: Vec::new(),
            reply_to: ReplyTo::Conversation,
            sent_at: Timestamp::from_secs(0),
            mark: None,
            expires: None,
        }
    }

    fn rendered(outgoing: &Outgoing) -> Result<Draft, Unrenderable> {
        let conversation = RemoteConversation::parse("thread/42").unwrap();
        render(&conversation, outgoing).map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    fn id(text: &str) -> RemoteId {
        RemoteId::parse(text).unwrap()
    }

    #[test]
    fn each_act_is_drafted_as_that_act() {
        let draft = rendered(&Outgoing::Say(say("hi"))).unwrap();
        assert!(matches!(draft, Draft::Say { answers: Answers::Place, .. }));
        let reply = Say { reply_to: ReplyTo::Message(id("7")), ..say("hi") };
        let draft = rendered(&Outgoing::Say(reply)).unwrap();
        assert!(matches!(draft, Draft::Say { answers: Answers::Post(post), .. } if post == "7"));
        let edit = Outgoing::Edit { target: id("7"), say: say("ho") };
        assert!(matches!(rendered(&edit).unwrap(), Draft::Edit { post, .. } if post == "7"));
        let unreact = Outgoing::Unreact { target: id("7"), emoji: "\u{2764}".to_owned() };
        let draft = rendered(&unreact).unwrap();
        let reaction = Reaction::Upvote;
        assert_eq!(draft, Draft::React { post: "7".to_owned(), reaction, is_given: false });
    }

    #[test]
    fn what_lens_cannot_hold_is_not_drafted() {
        assert!(rendered(&Outgoing::Read { up_to: id("7") }).is_err());
        let wow = Outgoing::React { target: id("7"), emoji: "🎉".to_owned() };
        assert!(rendered(&wow).is_err());
        assert!(rendered(&Outgoing::Delete { target: id("7/deleted") }).is_err());
        let nowhere = RemoteConversation::parse("room/1").unwrap();
        assert!(render(&nowhere, &Outgoing::Say(say("hi"))).is_err());
    }
}
