//! The network's official client against the hub: everything that a real node was seen to do.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use tokio::process::Command;

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/farcaster")
}

/// Installs the pinned client where it is missing, one test at a time.
pub(crate) async fn install() {
    let installing = tokio::task::spawn_blocking(|| {
        // Tests of other crates may want to install it, too.
        let lock = std::fs::File::open(folder().join("package.json")).unwrap();
        lock.lock().unwrap();
        if folder().join("node_modules/@farcaster/hub-nodejs").exists() {
            return;
        }
        let installed = std::process::Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder())
            .status()
            .unwrap();
        assert!(installed.success(), "npm ci failed");
    });
    installing.await.unwrap();
}

async fn run(script: &str, hub: &Hub) -> (bool, String) {
    let client = Command::new("node")
        .arg(script)
        .args(["--hub", &hub.grpc_addr().to_string()])
        .args(["--http", &hub.http_addr().to_string()])
        .current_dir(folder())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(120), client).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_finds_everything_as_on_a_real_node() {
    install().await;
    let settings =
        HubSettings { block_interval: Duration::from_millis(50), ..HubSettings::default() };
    let hub = Hub::start(settings).await.unwrap();
    let (is_well, said) = run("conformance.mjs", &hub).await;
    assert!(is_well, "{said}");
    assert!(said.contains("72 passed, 0 failed"), "{said}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_notices_a_hub_that_is_not_like_a_real_node() {
    install().await;
    let settings = HubSettings {
        block_interval: Duration::from_millis(50),
        url_prefix_collision: false,
        ..HubSettings::default()
    };
    let hub = Hub::start(settings).await.unwrap();
    let (is_well, said) = run("conformance.mjs", &hub).await;
    assert!(!is_well, "{said}");
    assert!(said.contains("71 passed, 1 failed"), "{said}");
    hub.stop().await;
}
