//! What others say is heard as they said it.

use threadbridge_core::model::event::{Action, Event};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;

use super::{AdapterWorld, Desk};
use threadbridge_core::model::capabilities::{Capabilities, Reactions, Support};

/// Something to say.
pub(super) fn words(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_700_000_000),
        mark: None,
        expires: None,
    }
}

/// A reaction that can be expressed.
pub(super) fn reaction(capabilities: &Capabilities) -> Option<String> {
    if !capabilities.features.reaction.is_native() {
        return None;
    }
    match &capabilities.reactions {
        Reactions::Any => Some("👍".to_owned()),
        Reactions::Only(known) => known.values().next().cloned(),
    }
}

pub(super) fn text_of(event: &Event) -> &str {
    match &event.action {
        Action::Say(said) | Action::Edit { said, .. } => {
            said.content.text().map_or("", |text| text.as_str)
        }
        Action::Delete { .. }
        | Action::React { .. }
        | Action::Unreact { .. }
        | Action::Read { .. } => "",
    }
}

/// Each action that the capabilities have, done by somebody else, arrives as that action, with the
/// network's name for it, once, and after what was done before.
pub async fn what_is_said_arrives(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let capabilities = desk.adapter().capabilities(desk.conversation()).clone();
    let features = capabilities.features;
    let first = world.peer_does(&Outgoing::Say(words("hé €"))).await;
    let mut expected = vec![(first.clone(), "hé €".to_owned())];
    let mut count = 1;
    if features.reply.is_native() {
        let reply_to = ReplyTo::Message(first.clone());
        let reply = Outgoing::Say(Say { reply_to, ..words("🌷 two") });
        expected.push((world.peer_does(&reply).await, "🌷 two".to_owned()));
        count += 1;
    }
    desk.hear(count).await;
    let heard = desk.events.iter().map(|it| (it.id.clone(), text_of(it).to_owned()));
    assert_eq!(heard.collect::<Vec<_>>(), expected);
    for event in &desk.events {
        assert_eq!(event.conversation, world.conversation());
        assert_ne!(Some(&event.author), desk.adapter().identity());
    }
    if let Some(reply) = desk.events.get(1) {
        let Action::Say(said) = &reply.action else { panic!("a reply is said: {reply:?}") };
        assert_eq!(said.reply_to.as_ref(), Some(&first));
    }
    let mut done = Vec::new();
    let target = first.clone();
    if features.receipt.is_native()
        && let Some((newest, _)) = expected.last()
    {
        done.push(Outgoing::Read { up_to: newest.clone() });
    }
    if let Some(emoji) = reaction(&capabilities) {
        let (react, unreact) = (target.clone(), target.clone());
        done.push(Outgoing::React { target: react, emoji: emoji.clone() });
        done.push(Outgoing::Unreact { target: unreact, emoji });
    }
    if features.edit.is_native() {
        done.push(Outgoing::Edit { target: target.clone(), say: words("hé € 2") });
    }
    if features.receipt == Support::Full {
        done.push(Outgoing::Read { up_to: target.clone() });
    }
    if features.delete.is_native() {
        done.push(Outgoing::Delete { target: target.clone() });
    }
    for outgoing in done {
        world.peer_does(&outgoing).await;
        count += 1;
        desk.hear(count).await;
        let event = desk.events.last().unwrap();
        assert!(is_same(&event.action, &outgoing), "{outgoing:?} arrived as {event:?}");
    }
}

fn is_same(action: &Action, outgoing: &Outgoing) -> bool {
    match (action, outgoing) {
        (Action::Say(said), Outgoing::Say(say)) => {
            said.content.text().is_some_and(|text| text.as_str == say.text)
        }
        (Action::Edit { target, said }, Outgoing::Edit { target: of, say }) => {
            target == of && said.content.text().is_some_and(|text| text.as_str == say.text)
        }
        (Action::Delete { target }, Outgoing::Delete { target: of })
        | (Action::Read { up_to: target }, Outgoing::Read { up_to: of }) => target == of,
        (Action::React { target, emoji }, Outgoing::React { target: of, emoji: with })
        | (Action::Unreact { target, emoji }, Outgoing::Unreact { target: of, emoji: with }) => {
            target == of && emoji == with
        }
        (
            Action::Say(_)
            | Action::Edit { .. }
            | Action::Delete { .. }
            | Action::Read { .. }
            | Action::React { .. }
            | Action::Unreact { .. },
            _,
        ) => false,
    }
}

/// What is said in a conversation that no link names is not heard, and leaves no trace.
pub async fn others_conversations_are_elsewhere(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    if world.peer_says_elsewhere("not for us").await {
        world.peer_does(&Outgoing::Say(words("for us"))).await;
        desk.hear(1).await;
        assert_eq!(text_of(&desk.events[0]), "for us");
        assert!(desk.events.iter().all(|it| it.conversation == world.conversation()));
    }
}
