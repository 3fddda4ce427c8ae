//! People of the demo hold a conversation.

use threadbridge_devnet::farcaster::app::{App, Place};
use threadbridge_devnet::farcaster::console;
use threadbridge_devnet::farcaster::person::Words;
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{
    CastsByParentRequest, Message, ReactionType, ReactionsByTargetRequest, SignerRequest,
    UserDataType, casts_by_parent_request, reactions_by_target_request,
};

use crate::kit::{included, person, quick, start, until};

fn text(message: &Message) -> &str {
    match &message.data.as_ref().unwrap().body {
        Some(Body::CastAddBody(body)) => &body.text,
        other => panic!("not a cast: {other:?}"),
    }
}

#[tokio::test]
async fn people_talk_like_and_take_back() {
    let (hub, mut client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let ben = person(&hub, &client, 2).await;

    let url = "https://farcaster.xyz/~/channel/books".to_owned();
    let parent = Some(Parent::ParentUrl(url.clone()));
    let words = Words { parent, mentions: vec![(2, 3)], ..Words::from("hi , what do you read?") };
    let question = ann.cast(&hub, words).unwrap();
    let answer = ben.reply(&hub, &question, "Middlemarch 📚").unwrap();
    ann.react(&hub, ReactionType::Like, &answer).unwrap();
    included(&client, &answer).await;

    let parent = casts_by_parent_request::Parent::ParentCastId(question.clone());
    let request = CastsByParentRequest { parent: Some(parent), ..Default::default() };
    let replies = client.get_casts_by_parent(request).await.unwrap().into_inner().messages;
    assert_eq!(replies.iter().map(text).collect::<Vec<_>>(), ["Middlemarch 📚"]);

    let likes = || {
        let mut client = client.clone();
        let target = reactions_by_target_request::Target::TargetCastId(answer.clone());
        let request = ReactionsByTargetRequest { target: Some(target), ..Default::default() };
        async move { client.get_reactions_by_target(request).await.unwrap().into_inner().messages.len() }
    };
    until(|| async { (likes().await == 1).then_some(()) }).await;
    ann.unreact(&hub, ReactionType::Like, &answer).unwrap();
    until(|| async { (likes().await == 0).then_some(()) }).await;
    ben.remove(&hub, &answer).unwrap();
    until(|| {
        let mut client = client.clone();
        let answer = answer.clone();
        async move { client.get_cast(answer).await.err() }
    })
    .await;
    hub.stop().await;
}

#[tokio::test]
async fn a_name_is_shown_once_it_is_owned() {
    let (hub, client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let refusal = ann.show(&hub, UserDataType::Username, "ann").unwrap_err();
    assert_eq!(refusal.reason, "fname is not registered for fid");
    ann.take_name(&hub, "Ann").unwrap_err();
    ann.take_name(&hub, "ann").unwrap();
    until(|| async { ann.show(&hub, UserDataType::Username, "ann").ok() }).await;
    hub.stop().await;
}

#[tokio::test]
async fn the_console_registers_and_turns_the_dial() {
    let (hub, mut client) = start(quick()).await;
    let signer = "11".repeat(32);
    let line = format!(r#"{{"id":1,"do":"register","fid":7,"signer":"{signer}","name":"gus"}}"#);
    assert_eq!(console::answer(&hub, &line).to_string(), r#"{"id":1,"ok":true}"#);
    let request = SignerRequest { fid: 7, signer: vec![0x11; 32] };
    until(|| {
        let mut client = client.clone();
        let request = request.clone();
        async move { client.get_signer(request).await.ok() }
    })
    .await;

    let line = r#"{"do":"fault","fault":{"kind":"unavailable"},"scope":"reads"}"#;
    assert_eq!(console::answer(&hub, line).to_string(), r#"{"fault":0,"ok":true}"#);
    assert_eq!(client.get_signer(request.clone()).await.unwrap_err().code() as i32, 14);
    assert_eq!(
        console::answer(&hub, r#"{"do":"struck"}"#).to_string(),
        r#"{"ok":true,"struck":{"unavailable":1}}"#
    );
    console::answer(&hub, r#"{"do":"clear"}"#);
    client.get_signer(request).await.unwrap();
    assert_eq!(console::answer(&hub, r#"{"do":"nothing"}"#)["ok"], false);
    hub.stop().await;
}

#[tokio::test]
async fn an_app_shows_answers_below_what_they_answer() {
    let (hub, client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let ben = person(&hub, &client, 2).await;
    ann.show(&hub, UserDataType::Display, "Ann").unwrap();
    let first = ann.cast(&hub, "first").unwrap();
    let second = ann.reply(&hub, &first, "second").unwrap();
    let third = ann.reply(&hub, &first, "third").unwrap();
    let answer = ben.reply(&hub, &second, "an answer").unwrap();
    ben.react(&hub, ReactionType::Like, &third).unwrap();
    included(&client, &third).await;
    included(&client, &answer).await;
    let mut app = App::open(hub.grpc_addr()).await.unwrap();
    let place = Place::Thread(first.clone());
    let shown = until(|| {
        let (mut app, place) = (app.clone(), place.clone());
        async move {
            let shown = app.shows(&place).await.unwrap();
            shown.iter().any(|cast| cast.likes == 1).then_some(shown)
        }
    })
    .await;
    let seen: Vec<_> = shown.iter().map(|it| (it.author.as_str(), it.depth, &*it.text)).collect();
    let expected =
        [("Ann", 0, "first"), ("Ann", 1, "second"), ("2", 2, "an answer"), ("Ann", 1, "third")];
    assert_eq!(seen, expected);
    let direct = app.direct(&place).await.unwrap();
    assert_eq!(direct.iter().map(text).collect::<Vec<_>>(), ["second", "third"]);
    hub.stop().await;
}
