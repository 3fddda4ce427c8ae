//! Compiles the protocol files of Farcaster and XMTP, without protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    compile("../adapters/farcaster/proto", &["rpc.proto"])?;
    compile("../adapters/xmtp/proto", &["identity.proto", "mls.proto", "migration.proto"])
}

fn compile(folder: &str, files: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={folder}");
    let files = protox::compile(files, [folder])?;
    tonic_prost_build::configure()
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .compile_fds(files)?;
    Ok(())
}
