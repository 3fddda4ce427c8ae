//! Generates the client and message types from `proto/`, without protoc.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir("proto")? {
        let path: PathBuf = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    let descriptors = protox::compile(&files, ["proto"])?;
    // What was signed must survive decoding byte for byte, so `Message` is our own type, which
    // keeps the inner message as the bytes that arrived.
    tonic_prost_build::configure()
        .build_server(false)
        .btree_map(".")
        .boxed(".HubEvent.body.merge_username_proof_body")
        .extern_path(".Message", "crate::wire::SignedMessage")
        .compile_fds(descriptors)?;
    Ok(())
}
