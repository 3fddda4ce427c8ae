//! Generated from `proto/`.

tonic::include_proto!("_");
