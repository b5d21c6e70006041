//! Which nodes a walk has seen.

/// A set of nodes that empties at the cost of what is in it, not of what could be.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    nodes: usize,
    words: Vec<u64>,
    /// The words that are not zero, some of them more than once.
    touched: Vec<u32>,
}

impl Visited {
    /// Empties the set, and makes room for nodes below `nodes`.
    pub(crate) fn reset(&mut self, nodes: usize) {
        for word in self.touched.drain(..) {
            self.words[word as usize] = 0;
        }
        self.nodes = nodes;
        let words = nodes.div_ceil(64);
        if self.words.len() < words {
            self.words.resize(words, 0);
        }
    }

    /// Adds a node, and returns whether it is new. A node that there is no room for is not: the
    /// links of a damaged file name such.
    #[inline]
    pub(crate) fn insert(&mut self, node: u32) -> bool {
        if node as usize >= self.nodes {
            return false;
        }
        let word = &mut self.words[node as usize / 64];
        let bit = 1 << (node % 64);
        if *word & bit != 0 {
            return false;
        }
        if *word == 0 {
            self.touched.push(node / 64);
        }
        *word |= bit;
        true
    }
}
