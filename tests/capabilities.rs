//! The table in `docs/adapters.md` says what the adapters say.

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::capabilities::{Backfill, Capabilities, Order, Permanence, Support};
use threadbridge_core::model::id::{Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::secret::Secret;
use threadbridge_farcaster::{Config as FarcasterConfig, Credentials, Endpoint, Farcaster};
use threadbridge_lens::{Config as LensConfig, Lens};
use threadbridge_loopback::network::{LoopbackNetwork, Rules, Secrecy};
use threadbridge_loopback::{Config, Loopback};
use threadbridge_xmtp::{Config as XmtpConfig, Xmtp};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/adapters.md");

fn support(support: Support) -> String {
    match support {
        Support::Rejected => "rejected",
        Support::Dropped => "dropped",
        Support::Fallback => "fallback",
        Support::Partial => "partial",
        Support::Full => "full",
    }
    .to_owned()
}

fn row(name: &str, capabilities: &Capabilities) -> String {
    let Capabilities { features, limits, .. } = capabilities;
    let order = match capabilities.order {
        Order::None => "none",
        Order::PerAuthor => "per author",
        Order::PerConversation => "per conversation",
    };
    let history = match capabilities.backfill {
        Backfill::Nothing => "nothing".to_owned(),
        Backfill::Messages(count) => format!("{count} messages"),
        Backfill::Within(span) => format!("{} days", span.as_secs() / 86_400),
        Backfill::Everything => "everything".to_owned(),
    };
    let stays = match capabilities.permanence {
        Permanence::Forever => "for good",
        Permanence::UntilDeleted => "until deleted",
        Permanence::UntilEvicted => "until deleted or pushed out",
        Permanence::UntilCleared => "until cleared",
        Permanence::For(_) => "for a while",
    };
    let ids = if capabilities.ids_known_before_sending { "yes" } else { "no" };
    let cells = [
        name.to_owned(),
        capabilities.level.code().to_owned(),
        format!("{} {}", limits.text.max, limits.text.unit.plural()),
        support(features.reply),
        support(features.mention),
        support(features.reaction),
        support(features.edit),
        support(features.delete),
        support(features.receipt),
        support(features.link),
        support(features.quote),
        ids.to_owned(),
        order.to_owned(),
        history,
        stays.to_owned(),
    ];
    format!("| {} |", cells.join(" | "))
}

fn loopback(secrecy: Secrecy) -> Loopback {
    let rules = Rules { secrecy, ..Rules::default() };
    let network = LoopbackNetwork::new(Network::parse("loopback").unwrap(), rules);
    Loopback::connect(&network, RemoteAuthor::parse("bridge").unwrap(), Config::default())
}

#[tokio::test]
async fn the_documented_table_is_what_the_adapters_state() {
    // Another test may have installed it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let nodes = vec![Endpoint {
        url: "grpc://127.0.0.1:1".to_owned(),
        credentials: Credentials::default(),
    }];
    let farcaster = Farcaster::connect(&FarcasterConfig::reading(nodes)).unwrap();
    let web = |address: &str| url::Url::parse(address).unwrap();
    let (api, grove) = (web("http://127.0.0.1:1/graphql"), web("http://127.0.0.1:1"));
    let lens = LensConfig::reading(api, grove, web("https://app.example"));
    let lens = Lens::connect(&lens).unwrap();
    let clear = loopback(Secrecy::Clear);
    let encrypted = loopback(Secrecy::Encrypted { past_epochs: 1 });
    let xmtp = XmtpConfig::new(web("http://127.0.0.1:1"), Secret::new("01".repeat(32)));
    let xmtp = Xmtp::connect(&xmtp).unwrap();
    let stated: [(&str, &dyn Adapter, &str); 6] = [
        ("`loopback`", &clear, "room"),
        ("`loopback`, encrypted", &encrypted, "room"),
        ("`farcaster` casts", &farcaster, "channel/https://farcaster.xyz/~/channel/books"),
        ("`farcaster` direct casts", &farcaster, "direct/5"),
        ("`lens` posts", &lens, "thread/42"),
        ("`xmtp` conversations", &xmtp, "group/0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    ];
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let rows = stated.map(|(name, adapter, conversation)| {
        let conversation = RemoteConversation::parse(conversation).unwrap();
        row(name, adapter.capabilities(&conversation))
    });
    let lacks: Vec<_> = rows.iter().filter(|row| !document.lines().any(|it| it == *row)).collect();
    assert!(lacks.is_empty(), "docs/adapters.md lacks these rows: {lacks:#?}");
}
