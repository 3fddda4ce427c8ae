//! Whoever is on the other side: contract wallets, passkeys and keys of the network's second version.

use threadbridge_devnet::xmtp::make::{Act, Passkey, Signer, Wallet, inbox_of, update};
use threadbridge_devnet::xmtp::wire::identity::identity_api_client::IdentityApiClient;
use threadbridge_devnet::xmtp::wire::identity::{IdentityUpdate, PublishIdentityUpdateRequest};

use super::bridged::{Bridged, own_address};
use super::person::{Outfit, Person, Sdk, wallet};

/// Before any app's clock.
const AT: u64 = 1_700_000_000_000_000_000;

async fn publishes(bridged: &Bridged, update: IdentityUpdate) {
    let mut client = IdentityApiClient::connect(bridged.node.url()).await.unwrap();
    let request = PublishIdentityUpdateRequest { identity_update: Some(update) };
    client.publish_identity_update(request).await.unwrap();
}

/// A conversation of two goes both ways.
async fn they_talk(bridged: &mut Bridged, ann: &mut Person) {
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    ann.says(&dm, "is anybody there?").await;
    bridged.zoe_hears("is anybody there?").await;
    bridged.zoe_says("I am");
    bridged.reads(ann, &dm, "zoe: I am").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_a_contract_wallet_is_talked_to() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let contract = "0x00000000000000000000000000000000000000aa".to_owned();
        let owner = wallet("ann").address();
        bridged.node.chains().set_owner(232, contract.parse().unwrap(), owner);
        let outfit = Outfit { contract: Some((232, contract.clone())), ..Outfit::default() };
        let mut ann = Person::joins_with(&bridged.node, "ann", sdk, outfit).await;
        assert_eq!(ann.address(), contract);
        they_talk(&mut bridged, &mut ann).await;
        let asked = bridged.node.faults().calls()["VerifySmartContractWalletSignatures"];
        assert!(asked > 1, "the bridge asks the contract's chain, too: {asked}");
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_adds_a_passkey_is_still_talked_to() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        let (owner, passkey) = (wallet("ann"), Passkey::of("ann's passkey"));
        let by = Signer::Wallet(&owner);
        let acts = [Act::Add(by, Signer::Passkey(&passkey))];
        publishes(&bridged, update(&ann.inbox(), AT, &acts)).await;
        they_talk(&mut bridged, &mut ann).await;
        // Another app of theirs joins behind it.
        let tablet = Person::joins(&bridged.node, "ann", Sdk::Five).await;
        assert_eq!(bridged.node.installations(&ann.inbox()).len(), 2);
        for person in [ann, tablet] {
            person.leaves().await;
        }
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_came_from_the_second_version_is_talked_to() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let (owner, key) = (wallet("ann"), Wallet::of("ann's key of the second version"));
        let legacy = Signer::Legacy(&owner, &key);
        let inbox = inbox_of(legacy, 0);
        publishes(&bridged, update(&inbox, AT, &[Act::Create(legacy, 0)])).await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        assert_eq!(ann.inbox(), inbox, "the inbox that there was");
        they_talk(&mut bridged, &mut ann).await;
        ann.leaves().await;
        bridged.ends().await;
    }
}
