//! The store in memory keeps everything: retention has its own tests, over the real engines.

use async_trait::async_trait;
use jiff::Timestamp;

use super::memory_store::MemoryStore;
use crate::{
    domain::{
        failure::Outcome,
        retention::{Extent, Person},
    },
    ports::{
        records::CallCursor,
        retention::{Aside, Bundle, Deletion, Disposal, Pile, Replacement, Retained, Selection, Tally},
    },
};

#[async_trait]
impl Retained for MemoryStore {
    async fn tally(&self, _: &Selection) -> Outcome<Tally> {
        unreachable!("collecting does not count")
    }
    async fn keys(&self, _: &Selection, _: Option<CallCursor>, _: usize) -> Outcome<Vec<CallCursor>> {
        unreachable!("collecting does not walk")
    }
    async fn bundles(&self, _: &[String]) -> Outcome<Vec<Bundle>> {
        unreachable!("collecting does not copy")
    }
    async fn put(&self, _: Vec<Bundle>, _: Option<&str>, _: bool) -> Outcome<()> {
        unreachable!("collecting does not copy")
    }
    async fn delete(&self, _: Deletion, _: &str) -> Outcome<Tally> {
        unreachable!("collecting does not delete")
    }
    async fn pile(&self, _: Pile, _: Timestamp, _: &[Extent]) -> Outcome<(u64, u64)> {
        unreachable!("collecting does not count")
    }
    async fn clear(&self, _: Pile, _: Timestamp, _: &[Extent], _: usize, _: &str) -> Outcome<u64> {
        unreachable!("collecting does not delete")
    }
    async fn begin(&self, _: &Disposal) -> Outcome<Disposal> {
        unreachable!("collecting does not dispose")
    }
    async fn add_history(&self, _: &str, _: u64) -> Outcome<()> {
        unreachable!("collecting does not dispose")
    }
    async fn end(&self, _: &str, _: u64) -> Outcome<Option<Disposal>> {
        unreachable!("collecting does not dispose")
    }
    async fn disposals(&self, _: &str, _: usize) -> Outcome<Vec<Disposal>> {
        unreachable!("collecting does not dispose")
    }
    async fn aside(&self, _: &Person, _: &[Extent], _: i64, _: usize) -> Outcome<Vec<Aside>> {
        unreachable!("collecting does not look for persons")
    }
    async fn blank_aside(&self, _: &[i64], _: &str, _: &str) -> Outcome<()> {
        unreachable!("collecting does not erase")
    }
    async fn replace(&self, _: Vec<Replacement>, _: &str) -> Outcome<()> {
        unreachable!("collecting does not replace")
    }
}
