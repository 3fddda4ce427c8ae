//! Lens judged by its own software: the official clients, and a strict server on the true schema.

mod clients;
mod script;
mod standard;
