//! Generates the client and message types from `proto/`, without protoc.

const FILES: [&str; 5] =
    ["identity.proto", "mls.proto", "group.proto", "content.proto", "sync.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(FILES, ["proto"])?;
    // Ordered maps, so that the same value has the same bytes each time.
    tonic_prost_build::configure()
        .build_server(false)
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)?;
    Ok(())
}
