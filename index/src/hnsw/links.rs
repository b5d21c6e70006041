//! The links of a level while several threads build it: read without a lock, written under one.

#[cfg(all(test, loom))]
use loom::sync::atomic::{AtomicU32, Ordering};
#[cfg(all(test, loom))]
use loom::sync::{Mutex, MutexGuard};
use std::sync::PoisonError;
#[cfg(not(all(test, loom)))]
use std::sync::atomic::{AtomicU32, Ordering};
#[cfg(not(all(test, loom)))]
use std::sync::{Mutex, MutexGuard};

use super::graph::NO_NODE;

/// The links of each node, at a fixed stride.
///
/// Who reads while another writes may see some old and some new links of a node, some twice, or
/// fewer than there are; each is one that was written. Walks need no more than that, so no access
/// orders any other. Writers of one node take its lock, which orders what they read and write.
pub(super) struct Links {
    places: Vec<AtomicU32>,
    stride: usize,
}

impl Links {
    pub(super) fn new(nodes: usize, stride: usize) -> Links {
        let places = (0..nodes * stride).map(|_| AtomicU32::new(NO_NODE)).collect();
        Links { places, stride }
    }

    #[inline]
    pub(super) fn of(&self, node: u32) -> impl Iterator<Item = u32> {
        let places = self.places(node).iter();
        places.map(|place| place.load(Ordering::Relaxed)).take_while(|&link| link != NO_NODE)
    }

    /// Replaces the links of a node, of which there are at most the stride.
    pub(super) fn set(&self, node: u32, links: &[u32]) {
        let links = links.iter().copied().chain(std::iter::repeat(NO_NODE));
        for (place, link) in self.places(node).iter().zip(links) {
            place.store(link, Ordering::Relaxed);
        }
    }

    /// Gives a node its first links, before those that others have added to it already; where there
    /// is no room for all, the last of these go.
    pub(super) fn begin(&self, node: u32, links: &[u32]) {
        let added: Vec<u32> = self.of(node).filter(|link| !links.contains(link)).collect();
        self.set(node, links);
        for (count, link) in (links.len()..).zip(added) {
            self.push(node, count, link);
        }
    }

    /// Adds a link to a node that has `count` of them; false where there is no room.
    pub(super) fn push(&self, node: u32, count: usize, link: u32) -> bool {
        let place = self.places(node).get(count);
        place.inspect(|place| place.store(link, Ordering::Relaxed)).is_some()
    }

    /// The first `kept` places of every node, once no thread writes.
    pub(super) fn kept(&self, kept: usize) -> Vec<u32> {
        let rows = self.places.chunks_exact(self.stride);
        rows.flat_map(|row| row[..kept].iter().map(|place| place.load(Ordering::Relaxed))).collect()
    }

    fn places(&self, node: u32) -> &[AtomicU32] {
        &self.places[node as usize * self.stride..][..self.stride]
    }
}

/// Locks for the links of nodes, which share them.
pub(super) struct Locks(Vec<Mutex<()>>);

impl Locks {
    pub(super) fn new(locks: usize) -> Locks {
        Locks((0..locks).map(|_| Mutex::new(())).collect())
    }

    pub(super) fn lock(&self, node: u32) -> MutexGuard<'_, ()> {
        // A lock guards no data of its own that a panic could leave half changed.
        self.0[node as usize % self.0.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every order in which threads may run and every value that a relaxed load may see:
/// `make test-orders`.
#[cfg(all(test, loom))]
mod orders {
    use std::sync::Arc;

    use loom::thread;

    use super::{Links, Locks};

    /// Adds a link as the builder does.
    fn add(links: &Links, node: u32, link: u32) {
        let count = links.of(node).count();
        assert!(links.push(node, count, link));
    }

    fn sorted(links: &Links, node: u32) -> Vec<u32> {
        let mut found: Vec<u32> = links.of(node).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn a_link_that_was_added_stays_while_others_are_added() {
        loom::model(|| {
            let shared = Arc::new((Links::new(1, 3), Locks::new(1)));
            let writers = [7, 8].map(|link| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let (links, locks) = &*shared;
                    let _lock = locks.lock(0);
                    add(links, 0, link);
                })
            });
            let seen = sorted(&shared.0, 0);
            assert!([&[][..], &[7], &[8], &[7, 8]].contains(&&seen[..]), "{seen:?}");
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            assert_eq!(sorted(&shared.0, 0), [7, 8]);
        });
    }

    #[test]
    fn a_reader_sees_only_links_that_were_written_while_they_are_replaced() {
        loom::model(|| {
            let shared = Arc::new((Links::new(2, 3), Locks::new(1)));
            shared.0.set(0, &[1, 2, 3]);
            shared.0.set(1, &[9]);
            let writer = {
                let shared = shared.clone();
                thread::spawn(move || {
                    let (links, locks) = &*shared;
                    let _lock = locks.lock(0);
                    links.set(0, &[4, 5]);
                })
            };
            let seen: Vec<u32> = shared.0.of(0).collect();
            assert!(seen.len() <= 3);
            assert!(seen.iter().all(|link| (1..=5).contains(link)), "{seen:?}");
            writer.join().unwrap();
            assert_eq!(shared.0.of(0).collect::<Vec<_>>(), [4, 5]);
            assert_eq!(shared.0.kept(2), [4, 5, 9, super::NO_NODE]);
        });
    }

    #[test]
    fn a_node_that_begins_keeps_what_another_added() {
        loom::model(|| {
            let shared = Arc::new((Links::new(1, 3), Locks::new(1)));
            let adder = {
                let shared = shared.clone();
                thread::spawn(move || {
                    let _lock = shared.1.lock(0);
                    add(&shared.0, 0, 3);
                })
            };
            {
                let _lock = shared.1.lock(0);
                shared.0.begin(0, &[1, 2]);
            }
            adder.join().unwrap();
            assert_eq!(sorted(&shared.0, 0), [1, 2, 3]);
        });
    }

    #[test]
    fn one_that_replaces_links_keeps_what_another_added() {
        loom::model(|| {
            let shared = Arc::new((Links::new(1, 3), Locks::new(1)));
            shared.0.set(0, &[1, 2]);
            let adder = {
                let shared = shared.clone();
                thread::spawn(move || {
                    let _lock = shared.1.lock(0);
                    add(&shared.0, 0, 3);
                })
            };
            {
                let _lock = shared.1.lock(0);
                // Like the builder that leaves the best of those it has read.
                let read: Vec<u32> = shared.0.of(0).filter(|&link| link != 1).collect();
                shared.0.set(0, &read);
            }
            adder.join().unwrap();
            assert_eq!(sorted(&shared.0, 0), [2, 3]);
        });
    }

    #[test]
    #[should_panic(expected = "a link was lost")]
    fn without_a_lock_the_orders_include_one_that_loses_a_link() {
        loom::model(|| {
            let links = Arc::new(Links::new(1, 3));
            let writers = [7, 8].map(|link| {
                let links = links.clone();
                thread::spawn(move || add(&links, 0, link))
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            assert_eq!(sorted(&links, 0), [7, 8], "a link was lost");
        });
    }
}
