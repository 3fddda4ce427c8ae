//! What only the chain can say: whose a name is, and what a wallet that is a contract says to a
//! signature. Contracts are executed by @ethereumjs/evm, all else is the devnet's, and viem is asked the
//! same.

use serde_json::{Value, json};
use threadbridge_core::adapter::{Recheck as _, Rechecked};
use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::proof::{Proof, ProofKind};
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Store;
use threadbridge_devnet::ethereum::faults::{Fault, When};
use threadbridge_devnet::ethereum::{Address, Ethereum, EthereumSettings};
use threadbridge_ethereum::{
    Challenge, EnsName, Node, NodeConfig, NodeError, Unresolved, Wallet, WalletSignature, Wallets,
};
use tokio::process::Command;

use super::contract::{FACTORY, factory, make, wallet_of};
use super::{challenge, joined, key, signs, wallet};
use crate::client::{Client, folder, install};
use crate::people::identity;
use crate::process::Place;

async fn chain() -> Ethereum {
    drop(rustls::crypto::ring::default_provider().install_default());
    Ethereum::start(EthereumSettings::default()).await.unwrap()
}

fn node(url: &str, chain_id: u64) -> Node {
    Node::new(NodeConfig { rpc: url.parse().unwrap(), chain_id, key: None }).unwrap()
}

/// A node that executes contracts, on which there is the factory; where it is.
async fn machine() -> (Client, String) {
    let folder = folder("ethereum");
    install(&folder);
    let mut machine = Client::spawns("chain", Command::new("node").arg(folder.join("chain.mjs")));
    let url = machine.is_ready().await["url"].as_str().unwrap().to_owned();
    let put = json!({ "do": "put", "address": FACTORY.to_string(), "code": hex(&factory()) });
    machine.does(put).await;
    (machine, url)
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

/// A place whose settings name the node.
fn place(url: &str) -> Place {
    let place = Place::new();
    let settings = format!("{}\n[ethereum]\nrpc = {:?}\n", place.read("bridge.toml"), url);
    place.write("bridge.toml", &settings);
    place
}

async fn address(viem: &mut Client, key: &str) -> Address {
    let told = viem.does(json!({ "do": "address", "key": key })).await;
    told["address"].as_str().unwrap().parse().unwrap()
}

/// What viem finds of a signature.
async fn viem_finds(viem: &mut Client, of: (&str, Address), text: &str, signed: &str) -> bool {
    let (url, address) = of;
    let asked = json!({
        "do": "verifies", "url": url, "address": address.to_string(), "text": text,
        "signature": signed,
    });
    viem.does(asked).await["valid"].as_bool().unwrap()
}

async fn wraps(viem: &mut Client, owner: Address, signed: &str) -> String {
    let asked = json!({
        "do": "wrap", "factory": FACTORY.to_string(), "data": hex(&make(owner)),
        "signature": signed,
    });
    viem.does(asked).await["signature"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_a_contract_says_itself_what_it_signed_also_before_it_is_made() {
    let ((mut machine, url), mut viem) = (machine().await, wallet().await);
    let place = place(&url);
    let owner = address(&mut viem, &key(3)).await;
    let contract = wallet_of(owner);
    let text_of = |who: &str| challenge(&place, who, &contract.to_string());
    let verify = |who: &str, signature: &str| {
        place.run(&["person", "verify", who, &contract.to_string(), "--signature", signature])
    };
    // It is not there: only a signature that says how it is made is its own.
    let text = text_of("lens:0xa1");
    let signed = signs(&mut viem, &key(3), &text).await;
    let wrapped = wraps(&mut viem, owner, &signed).await;
    let thief = signs(&mut viem, &key(4), &text).await;
    let stolen = wraps(&mut viem, owner, &thief).await;
    for (signature, is_good) in
        [(&signed, false), (&stolen, false), (&thief, false), (&wrapped, true)]
    {
        let found = viem_finds(&mut viem, (&url, contract), &text, signature).await;
        assert_eq!(found, is_good, "{signature}");
        let (code, out, err) = verify("lens:0xa1", signature);
        assert_eq!(code == 0, is_good, "{signature}: {out}{err}");
    }
    assert_eq!(joined(&place, "lens:0xa1").len(), 2);
    let shown = place.run(&["person", "lens:0xa1"]).1;
    assert!(shown.contains("by a contract's word for you"), "{shown}");
    // It is there: it answers by itself.
    let call = json!({ "do": "call", "to": FACTORY.to_string(), "data": hex(&make(owner)) });
    let made = machine.does(call).await;
    assert!(made["returned"].as_str().unwrap().ends_with(&hex(contract.as_slice())[2..]), "{made}");
    let daemon = place.daemon();
    let text = text_of("farcaster:7");
    let signed = signs(&mut viem, &key(3), &text).await;
    let thief = signs(&mut viem, &key(4), &text).await;
    for (signature, is_good) in [(&thief, false), (&signed, true)] {
        let found = viem_finds(&mut viem, (&url, contract), &text, signature).await;
        assert_eq!(found, is_good, "{signature}");
        let (code, out, err) = verify("farcaster:7", signature);
        assert_eq!(code == 0, is_good, "{signature}: {out}{err}");
    }
    assert_eq!(joined(&place, "farcaster:7").len(), 3);
    assert_eq!(daemon.stops(), 0);
    // Without a node nobody can ask it.
    let without = Place::new();
    let text = challenge(&without, "farcaster:7", &contract.to_string());
    let signed = signs(&mut viem, &key(3), &text).await;
    let verify = ["person", "verify", "farcaster:7", &contract.to_string(), "--signature", &signed];
    let (code, _, err) = without.run(&verify);
    assert!(code == 1 && err.contains("name one as `rpc` in `[ethereum]`"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_wallet_and_back_is_shown_and_joins_nobody() {
    let (ethereum, mut viem) = (chain().await, wallet().await);
    let place = place(&ethereum.url());
    let ann = address(&mut viem, &key(5)).await;
    let told: Value = viem.does(json!({ "do": "chain", "url": ethereum.url() })).await;
    assert_eq!((&told["chain"], told["number"].as_str()), (&json!(1), Some("1")), "{told}");
    let (code, _, err) = place.run(&["person", "verify", "farcaster:7", "ann.eth"]);
    assert!(code == 1 && err.contains("leads to no address"), "{code} {err}");
    ethereum.name_leads_to("ann.eth", ann);
    let asked = json!({ "do": "name", "url": ethereum.url(), "name": "Ann.eth" });
    let found = viem.does(asked.clone()).await;
    assert_eq!(
        (&found["address"], &found["called"]),
        (&json!(ann.to_checksum(None)), &Value::Null)
    );
    let text = challenge(&place, "farcaster:7", "Ann.eth");
    assert!(text.contains(&format!("Wallet: {}", ann.to_string().to_lowercase())), "{text}");
    let signed = signs(&mut viem, &key(5), &text).await;
    let verify = ["person", "verify", "farcaster:7", "ann.eth", "--signature", &signed];
    let (code, out, err) = place.run(&verify);
    assert!(code == 0 && out.contains("does not say that it is called so"), "{out}{err}");
    let wallet = format!("ethereum:{}", ann.to_string().to_lowercase());
    assert_eq!(joined(&place, "farcaster:7"), [wallet.clone(), "farcaster:7".to_owned()]);
    for called in ["bob.eth", "Ann.eth"] {
        ethereum.is_called(ann, called);
        assert!(place.run(&verify).1.contains("does not say"), "{called}");
    }
    ethereum.is_called(ann, "ann.eth");
    assert_eq!(viem.does(asked).await["called"], json!("ann.eth"));
    let (_, out, _) = place.run(&verify);
    assert!(out.contains("ann.eth and the wallet name each other"), "{out}");
    let shown = place.run(&["person", &wallet]).1;
    assert!(shown.contains("shown, joins nobody: ens:ann.eth and ethereum:"), "{shown}");
    assert_eq!(joined(&place, "farcaster:7").len(), 2);
    for (name, why) in [("аnn.eth", "only names of letters"), ("ann..eth", "parts with dots")] {
        let (code, _, err) = place.run(&["person", "verify", "farcaster:7", name]);
        assert!(code == 2 && err.contains(why), "{code} {err}");
    }
    let without = Place::new().run(&["person", "verify", "farcaster:7", "ann.eth"]);
    assert!(without.0 == 2 && without.2.contains("`rpc` in `[ethereum]`"), "{}", without.2);
    ethereum.stop().await;
}

/// A wallet that is a contract.
const CONTRACT: &str = "0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";

/// The proof of a contract's signature and of a name, made here.
async fn proofs(ethereum: &Ethereum, viem: &mut Client, owner: Address) -> [Proof; 2] {
    let by = OwnerKey::of(&Store::in_memory().unwrap().snapshot().unwrap());
    let of: Identity = identity("farcaster", "7");
    let contract = Wallet::parse(CONTRACT).unwrap();
    ethereum.owns_wallet(owner, CONTRACT.parse().unwrap());
    let now = Clock::System.now();
    let challenges = Challenge::good(&by, &of, contract, now);
    let signed = signs(viem, &key(6), &challenges[0].text()).await;
    let signed = WalletSignature::parse(&signed).unwrap();
    let node = node(&ethereum.url(), 1);
    let vouched = signed.proves_by_contract(&node, &challenges, now).await.unwrap();
    ethereum.name_leads_to("ann.eth", owner);
    ethereum.is_called(owner, "ann.eth");
    let named = EnsName::parse("ann.eth").unwrap().proves(&node, now).await.unwrap().unwrap();
    [vouched, named]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_said_is_looked_at_again_with_the_block_that_says_so() {
    let (ethereum, mut viem) = (chain().await, wallet().await);
    let owner = address(&mut viem, &key(6)).await;
    let proofs = proofs(&ethereum, &mut viem, owner).await;
    let kinds = proofs.each_ref().map(|it| it.kind);
    assert_eq!(kinds, [ProofKind::ContractSignature, ProofKind::Name]);
    let wallets = Wallets { node: Some(node(&ethereum.url(), 1)) };
    for proof in &proofs {
        assert_eq!(proof.block.as_ref().unwrap().chain, 1);
        let told = wallets.recheck(proof).await.unwrap();
        let Rechecked::Holds { block: Some(block), .. } = told else { panic!("{told:?}") };
        let seen = viem.does(json!({ "do": "chain", "url": ethereum.url() })).await;
        assert_eq!(seen["number"], json!(block.number.to_string()));
        let hash: String = block.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(seen["hash"], json!(format!("0x{hash}")));
        // Nobody else's, and nobody's without a node.
        let other = Proof {
            other: identity("ethereum", &format!("0x{}", "11".repeat(20))),
            ..proof.clone()
        };
        assert!(matches!(wallets.recheck(&other).await.unwrap(), Rechecked::Lapsed { .. }));
        let none = Wallets { node: None }.recheck(proof).await.unwrap();
        assert_eq!(none, Rechecked::Unable);
    }
    // A node that does not answer says nothing of them.
    let fault = ethereum.faults().set(Fault::Unavailable, None, When::Always);
    for proof in &proofs {
        assert!(wallets.recheck(proof).await.is_err());
    }
    ethereum.faults().clear(fault);
    let other = address(&mut viem, &key(7)).await;
    ethereum.owns_wallet(other, CONTRACT.parse().unwrap());
    ethereum.name_leads_to("ann.eth", other);
    for proof in &proofs {
        let told = wallets.recheck(proof).await.unwrap();
        assert!(matches!(told, Rechecked::Lapsed { .. }), "{told:?}");
    }
    ethereum.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_or_fails_is_believed_nothing() {
    let ethereum = chain().await;
    let to: Address = format!("0x{}", "a1".repeat(20)).parse().unwrap();
    ethereum.name_leads_to("ann.eth", to);
    let (right, name) = (node(&ethereum.url(), 1), EnsName::parse("ann.eth").unwrap());
    assert_eq!(name.wallet(&right).await.unwrap().0.to_string(), to.to_string().to_lowercase());
    let other = name.wallet(&node(&ethereum.url(), 10)).await;
    let is_other =
        matches!(other, Err(Unresolved::Node(NodeError::OtherChain { expected: 10, told: 1 })));
    assert!(is_other, "{other:?}");
    let nonsense = |result| Fault::Nonsense { result };
    let long = format!("0x{}", "00".repeat(64 * 1024));
    for (method, fault) in [
        (None, Fault::Unavailable),
        (None, Fault::RateLimited { retry_after_s: 7 }),
        (None, Fault::Refused { code: -32_005 }),
        (None, Fault::HtmlForJson),
        (None, Fault::OtherId),
        (None, Fault::Cut),
        (None, nonsense(json!(null))),
        (None, nonsense(json!([1, 2]))),
        (Some("eth_chainId"), nonsense(json!("0x"))),
        (Some("eth_chainId"), nonsense(json!("0xffffffffffffffffff"))),
        (Some("eth_getBlockByNumber"), nonsense(json!({ "number": "0x1", "hash": "0x12" }))),
        (Some("eth_getBlockByNumber"), nonsense(json!({ "number": 1, "hash": "0x12" }))),
        (Some("eth_call"), nonsense(json!("0x123"))),
        (Some("eth_call"), nonsense(json!("0x01"))),
        (Some("eth_call"), nonsense(json!(format!("0x{}", "ff".repeat(32))))),
        (Some("eth_call"), nonsense(json!(long))),
    ] {
        let shown = format!("{method:?} {fault:?}");
        let id = ethereum.faults().set(fault, method, When::Always);
        assert!(name.wallet(&right).await.is_err(), "{shown}");
        ethereum.faults().clear(id);
        assert!(name.wallet(&right).await.is_ok(), "after {shown}");
    }
    ethereum.stop().await;
}
