//! seal
use super::account::Account;
use tokio_util::sync::CancellationToken;
pub(crate) async fn run(_account: &Account, stop: CancellationToken) {
    stop.cancelled().await
}
