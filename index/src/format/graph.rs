//! The upper levels of a graph, as a section holds them.

use zerocopy::little_endian::U32;
use zerocopy::{FromBytes, IntoBytes};

use super::Flaw;
use crate::hnsw::{Built, Graph, Level};

/// More levels than any writer makes.
const MAX_LEVELS: usize = 32;

/// More links a node than any writer makes.
const MAX_STRIDE: u32 = 1024;

/// The bytes of the section of levels: how many there are, the stride of level 0, each level's
/// number of nodes and stride, and then each level's slots and links.
pub(crate) fn encode_levels(built: &Built) -> Vec<u8> {
    let number = |value: usize| u32::try_from(value).expect("a segment has fewer than 2^32 slots");
    let mut words = vec![number(built.levels.len()), number(built.stride)];
    for level in &built.levels {
        words.extend([number(level.slots.len()), number(level.stride)]);
    }
    for level in &built.levels {
        words.extend_from_slice(&level.slots);
        words.extend_from_slice(&level.links);
    }
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The bytes of the links of level 0.
pub(crate) fn encode_links(links: &[u32]) -> &[u8] {
    links.as_bytes()
}

/// Reads a graph of `documents` slots. The lengths are checked, and what links say is not.
pub(crate) fn decode<'file>(
    links: &'file [u8],
    levels: &'file [u8],
    documents: u32,
) -> Result<Graph<'file>, Flaw> {
    let cut_short = || Flaw::Damaged("its section of levels is cut short".to_owned());
    let words = <[U32]>::ref_from_bytes(levels).map_err(|_| cut_short())?;
    let (header, mut rest) = words.split_at_checked(2).ok_or_else(cut_short)?;
    let (count, stride) = (header[0].get() as usize, header[1].get());
    if count > MAX_LEVELS || !(1..=MAX_STRIDE).contains(&stride) {
        return Flaw::damaged(format!("its graph counts {count} levels and {stride} links a slot"));
    }
    let stride = stride as usize;
    let links = <[U32]>::ref_from_bytes(links)
        .ok()
        .filter(|links| Some(links.len()) == (documents as usize).checked_mul(stride));
    let Some(links) = links else {
        return Flaw::damaged("its section of links has the wrong length");
    };
    let (shapes, mut values) = rest.split_at_checked(2 * count).ok_or_else(cut_short)?;
    rest = shapes;
    let mut found = Vec::with_capacity(count);
    for shape in rest.chunks_exact(2) {
        let (nodes, stride) = (shape[0].get(), shape[1].get());
        if !(1..=documents).contains(&nodes) || !(1..=MAX_STRIDE).contains(&stride) {
            return Flaw::damaged(format!(
                "a level of its graph has {nodes} nodes of {stride} links"
            ));
        }
        let (nodes, stride) = (nodes as usize, stride as usize);
        let (slots, after) = values.split_at_checked(nodes).ok_or_else(cut_short)?;
        let links_length = nodes.checked_mul(stride).ok_or_else(cut_short)?;
        let (links, after) = after.split_at_checked(links_length).ok_or_else(cut_short)?;
        found.push(Level { slots, links, stride });
        values = after;
    }
    if !values.is_empty() {
        return Flaw::damaged("there is something after the last level of its graph");
    }
    Ok(Graph { links, stride, levels: found })
}
