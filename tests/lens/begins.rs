//! Somebody new has `init` make a bridge on Lens, and is told what to do until it speaks.

use threadbridge_devnet::lens::app::Place as Shelf;
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{Lens, Permissions, TEST_APP};

use super::world::quick;
use crate::process::{Place, until};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_is_told_what_to_do_until_their_bridge_speaks_on_lens() {
    let lens = Lens::start(quick()).await.unwrap();
    let (alice, bridge) = (lens.make_account("alice"), lens.make_account("bridge"));
    bridge.set_signless(&lens, false);
    let [tea, den] = ["tea", "den"].map(|name| lens.make_feed(name));

    let place = Place::empty();
    let answers = [
        format!("lens.endpoint={}", lens.api_url()),
        format!("lens.grove={}", lens.grove_url()),
        "lens.chain_id=37111".to_owned(),
        "lens.origin=http://localhost".to_owned(),
        format!("lens.account={:#x}", bridge.account()),
        format!("lens.app={TEST_APP:#x}"),
    ];
    let legs = [tea, den].map(|feed| format!("feed/{feed:#x}"));
    let mut args = vec!["init", "--network", "lens", "--join", &legs[0], &legs[1]];
    for answer in &answers {
        args.extend(["--answer", answer]);
    }
    let (code, said, wrong) = place.run(&args);
    assert_eq!(code, 0, "{wrong}");
    assert_eq!(place.mode("posts.key"), 0o600);
    let address = said.split_once("address: ").unwrap().1.split_whitespace().next().unwrap();
    for word in ["addAccountManager", "enableSignless"] {
        assert!(said.contains(word), "{said}");
    }

    // Nobody has let the key in yet.
    let (code, found, _) = place.run(&["doctor"]);
    assert_eq!(code, 5, "{found}");
    assert!(found.contains("accounts.posts login") && found.contains("manager"), "{found}");
    bridge.add_manager(&lens, address.parse().unwrap(), Permissions::SPEAK).unwrap();
    let (code, found, _) = place.run(&["doctor"]);
    assert_eq!(code, 5, "{found}");
    assert!(found.contains("enableSignless"), "{found}");
    bridge.set_signless(&lens, true);
    let (code, found, _) = place.run(&["doctor"]);
    assert_eq!(code, 0, "{found}");

    let daemon = place.daemon();
    place.logs("the bridge runs");
    until("the bridge to listen", || place.run(&["status"]).1.contains(" connected "));
    alice.say_in(&lens, Where { feed: Some(tea), ..Where::default() }, "hello").unwrap();
    until("the first message", || {
        lens.shows(Shelf::Feed(den)).iter().any(|it| it.text == "alice: hello")
    });
    assert_eq!(daemon.stops(), 0);
    lens.stop().await;
}
