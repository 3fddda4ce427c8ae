//! What our adapter asks, read by the true schema, and what it lays down, by the official ones.

use serde_json::{Value, json};
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_kit::deadline::until;

use super::crossing::{Crossing, OWN, books, town};
use super::script::{folder, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_valid_by_all_rules_and_takes_its_variables() {
    let documents = folder().join("../../../adapters/lens/src/wire/documents");
    let samples = folder().join("variables.json");
    let args = ["--folder", documents.to_str().unwrap(), "--samples", samples.to_str().unwrap()];
    let (is_well, said) = run("documents.mjs", &args, "").await;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert!(is_well, "{found:#}");
    assert!(found["operations"].as_u64().unwrap() >= 15, "{found}");
}

/// Something to say, as all its parts.
fn say(text: &str, embeds: Vec<Embed>) -> Outgoing {
    Outgoing::Say(Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds,
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_800_000_000),
        mark: None,
        expires: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_bridge_lays_down_is_what_the_standard_wants() {
    let town = town(&[]).await;
    let api = town.api();
    let mut crossing = Crossing::opens(town, &api).await.listens().await;
    let media = |content_type: &str| {
        Embed::Media(ExternalPart {
            url: format!("https://x.test/{content_type}"),
            content_type: content_type.to_owned(),
            description: "a \"thing\"".to_owned(),
            ..ExternalPart::default()
        })
    };
    let kinds = [
        ("words", Vec::new()),
        ("a link", vec![Embed::Url("https://x.test/page".to_owned())]),
        ("pictures", vec![media("image/png"), media("image/jpeg")]),
        ("a film", vec![media("video/mp4")]),
        ("a sound", vec![media("audio/mpeg")]),
        ("a file", vec![media("application/pdf")]),
    ];
    let count = kinds.len();
    for (text, embeds) in kinds {
        crossing.zoe.does(&books(), &say(text, embeds)).unwrap();
    }
    until("all kinds on Lens", async || {
        let posts = crossing.on_lens().await;
        (posts.iter().filter(|it| it["by"] == OWN).count() == count).then_some(())
    })
    .await;
    let contents = crossing.reference.0.does(json!({ "do": "contents" })).await;
    let contents = contents["contents"].as_array().unwrap();
    let lines: Vec<_> = contents.iter().map(|it| it["json"].as_str().unwrap()).collect();
    let (is_well, said) = run("metadata.mjs", &[], &(lines.join("\n") + "\n")).await;
    assert!(is_well, "{said}");
    for kind in ["text-only", "link", "image", "video", "audio"] {
        let schema = format!("https://json-schemas.lens.dev/posts/{kind}/3.0.0.json");
        assert!(said.contains(&schema), "nothing of the kind {kind}: {said}");
    }
    crossing.ends().await;
}
