//! What became of a transaction.

use serde_json::{Value, json};

use super::object;
use crate::lens::clock::date_time;
use crate::lens::faults::{Fault, Union};
use crate::lens::world::World;
use crate::lens::world::transaction::{Fate, Transaction};

/// The status of a transaction, which nobody may have heard of.
pub(crate) fn status(world: &World, found: Option<&Transaction>, now_ms: u64) -> Value {
    if world.faults.strikes(&Fault::FutureMember { of: Union::Status }) {
        return object("FutureThing", json!({}));
    }
    let Some(transaction) = found else {
        return object(
            "NotIndexedYetStatus",
            json!({ "reason": "The transaction is not known yet", "txHasMined": false }),
        );
    };
    let summary = |status: &str| {
        let operation = transaction.effect.operation();
        json!([object("SubOperationStatus", json!({ "operation": operation, "status": status }))])
    };
    // The time that what it posts is dated with.
    let at = date_time(transaction.block_ms / 1000 * 1000);
    match &transaction.fate {
        Fate::UnderWay if now_ms < transaction.mined_ms => object(
            "NotIndexedYetStatus",
            json!({ "reason": "The transaction is not mined yet", "txHasMined": false }),
        ),
        Fate::UnderWay => object(
            "PendingTransactionStatus",
            json!({ "blockTimestamp": at, "summary": summary("PENDING") }),
        ),
        Fate::Finished { .. } => object(
            "FinishedTransactionStatus",
            json!({ "blockTimestamp": at, "summary": summary("FINISHED") }),
        ),
        Fate::Failed { reason } => object(
            "FailedTransactionStatus",
            json!({ "reason": reason, "blockTimestamp": at, "summary": summary("FAILED") }),
        ),
    }
}
