//! What our adapter asks, read by the true schema.

use serde_json::Value;

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
