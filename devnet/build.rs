//! Compiles the Farcaster protocol files, without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = "../adapters/farcaster/proto";
    println!("cargo::rerun-if-changed={folder}");
    let files = protox::compile(["rpc.proto"], [folder])?;
    tonic_prost_build::configure()
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .compile_fds(files)?;
    Ok(())
}
