//! More than fits into one block, one page, or one unit of storage.

use std::collections::BTreeSet;

use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::{
    CastsByParentRequest, FidRequest, HubEventType, SignerRequest, casts_by_parent_request,
};

use crate::kit::{events, quick, start, until};

const CASTS: usize = 5000;
const URL: &str = "https://farcaster.xyz/~/channel/busy";

#[tokio::test]
async fn five_thousand_casts_are_merged_once_and_listed_once() {
    let (hub, client) = start(quick()).await;
    let ann = Person::new(1, [1; 32]);
    ann.register(&hub, 60);
    let signer = SignerRequest { fid: 1, signer: ann.signer().to_vec() };
    until(|| {
        let (mut client, signer) = (client.clone(), signer.clone());
        async move { client.get_signer(signer).await.ok() }
    })
    .await;
    let mut sent = BTreeSet::new();
    for n in 0..CASTS {
        let parent = Some(Parent::ParentUrl(URL.to_owned()));
        let words = Words { parent, ..Words::from(format!("cast {n}").as_str()) };
        sent.insert(ann.cast(&hub, words).unwrap().hash);
    }

    let shard = threadbridge_devnet::farcaster::router::shard_of(1, 2);
    let merged = until(|| async {
        let all = events(&client, shard).await;
        let merges =
            all.iter().filter(|event| event.r#type() == HubEventType::MergeMessage).count();
        (merges >= CASTS).then_some(merges)
    })
    .await;
    assert_eq!(merged, CASTS);

    let (mut listed, mut token) = (Vec::new(), None);
    loop {
        let request = FidRequest { fid: 1, page_token: token, ..FidRequest::default() };
        let page = client.clone().get_casts_by_fid(request).await.unwrap().into_inner();
        listed.extend(page.messages.into_iter().map(|message| message.hash));
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), CASTS);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), sent);

    let (mut channel, mut token) = (BTreeSet::new(), None);
    loop {
        let parent = Some(casts_by_parent_request::Parent::ParentUrl(URL.to_owned()));
        let request =
            CastsByParentRequest { parent, page_token: token, ..CastsByParentRequest::default() };
        let page = client.clone().get_casts_by_parent(request).await.unwrap().into_inner();
        if page.messages.is_empty() {
            break;
        }
        channel.extend(page.messages.into_iter().map(|message| message.hash));
        token = page.next_page_token;
    }
    assert_eq!(channel, sent);
    hub.stop().await;
}
