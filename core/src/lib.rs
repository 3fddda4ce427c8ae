//! The bridge without its networks: the vocabulary, the adapter contract, the pipeline and the store.
//!
//! Read in this order: [`model`] (the words), [`adapter`] (what a network must do for us),
//! [`fit`] (what a message becomes where less can be said), [`media`] (pictures that leave),
//! [`people`] (who is one person with whom), [`register`] (what went where by whose leave),
//! [`pipeline`] (a message's journey in three commits) and [`store`] (the encrypted database that all
//! of it rests on).

pub mod model;
pub mod secret;
pub mod media;
pub mod fit;
pub mod adapter;
pub mod store;
pub mod people;
pub mod register;
pub mod pipeline;
pub mod archive;
pub mod view;
pub mod invariants;
