//! The whole bridge from outside.
