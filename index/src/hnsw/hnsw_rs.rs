//! Graphs built by the `hnsw_rs` crate: an independent builder to compare this crate's own with.

use std::collections::BTreeMap;

use ::hnsw_rs::prelude::{Distance, Hnsw};

use super::build::{BuildOptions, Built, BuiltLevel, Space};
use super::graph::NO_NODE;
use crate::error::{Error, Result};

/// The square of the Euclidean distance between codes, in steps. It is never negative, which
/// the crate asserts.
#[derive(Clone, Copy, Debug)]
struct SquaredSteps;

impl Distance<u8> for SquaredSteps {
    fn eval(&self, a: &[u8], b: &[u8]) -> f32 {
        let difference = |(&a, &b): (&u8, &u8)| i32::from(a) - i32::from(b);
        a.iter().zip(b).map(difference).map(|steps| steps * steps).sum::<i32>() as f32
    }
}

/// Builds the graph of all documents of a space. The crate uses all processors, draws levels at
/// random anew each time, and chooses links by other rules.
///
/// # Errors
/// [`Error::InvalidInput`] for the inner product, which it cannot be given.
pub(crate) fn build_with_hnsw_rs(space: &Space, options: &BuildOptions) -> Result<Built> {
    if space.is_inner_product() {
        return Err(Error::invalid(
            "hnsw_rs does not build graphs for inner products: use the builder of this crate",
        ));
    }
    let documents = space.len();
    let hnsw = Hnsw::<u8, SquaredSteps>::new(
        options.m,
        documents,
        16,
        options.ef_construction,
        SquaredSteps,
    );
    let rows: Vec<(&[u8], usize)> = (0..documents)
        .map(|slot| (&space.codes.row(slot as u32)[..space.components], slot))
        .collect();
    if options.threads > 1 {
        hnsw.parallel_insert_slice(&rows);
    } else {
        rows.iter().for_each(|&row| hnsw.insert_slice(row));
    }

    // By level, the links of each slot that is on it.
    let mut levels: Vec<BTreeMap<u32, Vec<u32>>> = Vec::new();
    let points = hnsw.get_point_indexation();
    for layer in 0..=usize::from(points.get_max_level_observed()) {
        for point in points.get_layer_iterator(layer) {
            let slot = point.get_origin_id() as u32;
            // Lists above a point's own level have no meaning.
            for (level, links) in point.get_neighborhood_id().iter().take(layer + 1).enumerate() {
                if levels.len() <= level {
                    levels.resize(level + 1, BTreeMap::new());
                }
                let links = links.iter().map(|link| link.d_id as u32).filter(|&link| link != slot);
                levels[level].insert(slot, links.collect());
            }
        }
    }
    let stride = 2 * options.m;
    let mut built = Built { stride, links: vec![NO_NODE; documents * stride], levels: Vec::new() };
    for (number, nodes) in levels.iter().enumerate() {
        if number == 0 {
            for (&slot, links) in nodes {
                let places = &mut built.links[slot as usize * stride..][..stride];
                places.iter_mut().zip(links).for_each(|(place, &link)| *place = link);
            }
            continue;
        }
        let slots: Vec<u32> = nodes.keys().copied().collect();
        let mut links = vec![NO_NODE; slots.len() * options.m];
        for (places, own) in links.chunks_exact_mut(options.m).zip(nodes.values()) {
            let positions = own.iter().filter_map(|link| slots.binary_search(link).ok());
            places.iter_mut().zip(positions).for_each(|(place, node)| *place = node as u32);
        }
        built.levels.push(BuiltLevel { stride: options.m, slots, links });
    }
    Ok(built)
}
