//! A finished graph, read in place.

use zerocopy::little_endian::U32;

/// Fills the places of missing links.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// A graph over the slots of a segment. Nothing in it is trusted: a link may name a slot that
/// does not exist.
#[derive(Clone, Debug)]
pub(crate) struct Graph<'file> {
    /// The links of each slot, so many a slot.
    pub(crate) links: &'file [U32],
    pub(crate) stride: usize,
    /// From level 1 up.
    pub(crate) levels: Vec<Level<'file>>,
}

/// A level above the lowest. Its nodes are numbered by their position in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level<'file> {
    /// The slot of each node, ascending.
    pub(crate) slots: &'file [U32],
    /// The links of each node to others of its level.
    pub(crate) links: &'file [U32],
    pub(crate) stride: usize,
}

/// Where a walk finds its way.
pub(crate) trait Layer {
    /// How many nodes there are.
    fn nodes(&self) -> usize;

    /// The nodes that a node is linked to.
    fn neighbors(&self, node: u32) -> impl Iterator<Item = u32>;

    /// Asks for the links of a node.
    fn prefetch(&self, node: u32);
}

impl Graph<'_> {
    /// How many slots it has.
    pub(crate) fn nodes(&self) -> usize {
        self.links.len() / self.stride
    }
}

impl Layer for Graph<'_> {
    fn nodes(&self) -> usize {
        self.nodes()
    }

    #[inline]
    fn neighbors(&self, node: u32) -> impl Iterator<Item = u32> {
        neighbors(self.links, self.stride, node)
    }

    #[inline]
    fn prefetch(&self, node: u32) {
        prefetch(self.links, self.stride, node);
    }
}

impl Layer for Level<'_> {
    fn nodes(&self) -> usize {
        self.slots.len()
    }

    fn neighbors(&self, node: u32) -> impl Iterator<Item = u32> {
        neighbors(self.links, self.stride, node)
    }

    fn prefetch(&self, node: u32) {
        prefetch(self.links, self.stride, node);
    }
}

#[inline]
fn neighbors(links: &[U32], stride: usize, node: u32) -> impl Iterator<Item = u32> + '_ {
    let links = &links[node as usize * stride..][..stride];
    links.iter().map(|link| link.get()).take_while(|&link| link != NO_NODE)
}

#[inline]
fn prefetch(links: &[U32], stride: usize, node: u32) {
    use zerocopy::IntoBytes as _;
    let bytes = stride * size_of::<U32>();
    crate::distance::prefetch(links.as_bytes(), node as usize * bytes, bytes);
}
