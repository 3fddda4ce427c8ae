//! The repository keeps its own rules: who may depend on whom, how large and how named things are,
//! and that what the documents say is so.
//!
//! Each rule is a function from text to the places that break it, tried on a few lines beside it, and
//! a test that applies it to every file. A rule that cannot fail is no rule.

mod documents;
mod fences;
mod repository;
mod rust_text;
mod style;
