//! Threadbridge.
