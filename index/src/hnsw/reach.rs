//! Making every slot reachable from the entry.

use std::collections::VecDeque;

use super::build::Space;
use super::graph::NO_NODE;

/// Links every slot that no path leads to from `entry`. Walks that find a path keep it: only
/// links that no path needs are replaced.
pub(super) fn connect(space: &Space, links: &mut [u32], stride: usize, entry: u32) {
    let nodes = links.len() / stride;
    if nodes == 0 {
        return;
    }
    let mut reached = vec![false; nodes];
    // The links over which a slot was first reached.
    let mut needed = vec![false; links.len()];
    let mut queue = VecDeque::from([entry]);
    reached[entry as usize] = true;
    let mut unreached_from = 0;
    loop {
        spread(links, stride, &mut reached, &mut needed, &mut queue);
        let Some(lost) = (unreached_from..nodes).find(|&node| !reached[node]) else { return };
        unreached_from = lost;
        let Some(place) = place_for(space, links, stride, &reached, &needed, lost as u32) else {
            return;
        };
        links[place] = lost as u32;
        needed[place] = true;
        reached[lost] = true;
        queue.push_back(lost as u32);
    }
}

/// Follows links from the queue on.
fn spread(
    links: &[u32],
    stride: usize,
    reached: &mut [bool],
    needed: &mut [bool],
    queue: &mut VecDeque<u32>,
) {
    while let Some(node) = queue.pop_front() {
        let first = node as usize * stride;
        for place in first..first + stride {
            let link = links[place];
            if link != NO_NODE && !reached[link as usize] {
                reached[link as usize] = true;
                needed[place] = true;
                queue.push_back(link);
            }
        }
    }
}

/// A place for a link to a lost slot: with the nearest slot that is reached and has a link to
/// spare, among those the lost one knows, and else any.
fn place_for(
    space: &Space,
    links: &[u32],
    stride: usize,
    reached: &[bool],
    needed: &[bool],
    lost: u32,
) -> Option<usize> {
    let spare = |node: u32| {
        let first = node as usize * stride;
        let mut places = first..first + stride;
        // Readers stop at the first free place. The links that only fill a node up come last.
        let free = places.clone().find(|&place| links[place] == NO_NODE);
        free.or_else(|| places.rfind(|&place| !needed[place]))
    };
    let known = |node: u32| {
        let first = node as usize * stride;
        links[first..first + stride].iter().copied().filter(|&link| link != NO_NODE)
    };
    let mut near: Vec<u32> = known(lost)
        .flat_map(|node| std::iter::once(node).chain(known(node)))
        .filter(|&node| reached[node as usize] && node != lost)
        .collect();
    near.sort_unstable();
    near.dedup();
    let mut components = Vec::new();
    let mut scores = Vec::new();
    let query = space.query(lost, &mut components);
    space.score(&query, &components, &near, &mut scores);
    let mut by_distance: Vec<(f32, u32)> = scores.into_iter().zip(near).collect();
    by_distance.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let any = (0..reached.len() as u32).filter(|&node| reached[node as usize]);
    by_distance.into_iter().map(|(_, node)| node).chain(any).find_map(spare)
}
