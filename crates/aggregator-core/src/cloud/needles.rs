//! Which of many texts occur in a text, in time that does not grow with their number (Aho and Corasick 1975).

use polars::prelude::{InitHashMaps, PlHashMap};
use std::collections::VecDeque;

/// The root: nothing has matched so far.
const ROOT: usize = 0;

/// Texts that are looked for.
///
/// They are a tree of bytes. A node is what has matched so far; its `shorter` node is the longest proper end of that which is in the tree
/// too, where to go on when the next byte does not fit. A byte at a time is right for UTF-8: no character begins within another.
#[derive(Clone, Debug)]
pub(crate) struct Needles {
    steps: PlHashMap<(usize, u8), usize>,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// The needle that ends here.
    needle: Option<usize>,
    shorter: usize,
    /// The nearest of the shorter nodes at which a needle ends.
    shorter_needle: Option<usize>,
}

impl Needles {
    /// Reads the needles, which are known by their places from here on. They are different, and none is empty.
    pub(crate) fn new<'a>(needles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut found = Self { steps: PlHashMap::new(), nodes: vec![Node::default()] };
        // Children by node, for the walk by depth.
        let mut children: Vec<Vec<(u8, usize)>> = vec![Vec::new()];
        for (place, needle) in needles.into_iter().enumerate() {
            let mut at = ROOT;
            for byte in needle.bytes() {
                let next = found.nodes.len();
                let step = *found.steps.entry((at, byte)).or_insert(next);
                if step == next {
                    found.nodes.push(Node::default());
                    children.push(Vec::new());
                    if let Some(children) = children.get_mut(at) {
                        children.push((byte, next));
                    }
                }
                at = step;
            }
            if let Some(node) = found.nodes.get_mut(at) {
                node.needle = Some(place);
            }
        }
        found.link(&children);
        found
    }

    /// Finds the shorter nodes, from the root on, since they are nearer to it.
    fn link(&mut self, children: &[Vec<(u8, usize)>]) {
        let mut waiting = VecDeque::from([ROOT]);
        while let Some(at) = waiting.pop_front() {
            for &(byte, child) in children.get(at).map(Vec::as_slice).unwrap_or_default() {
                let shorter = if at == ROOT { ROOT } else { self.step(self.node(at).shorter, byte) };
                let end = self.node(shorter);
                let shorter_needle = if end.needle.is_some() { Some(shorter) } else { end.shorter_needle };
                if let Some(node) = self.nodes.get_mut(child) {
                    (node.shorter, node.shorter_needle) = (shorter, shorter_needle);
                }
                waiting.push_back(child);
            }
        }
    }

    fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or_default()
    }

    fn step(&self, mut at: usize, byte: u8) -> usize {
        loop {
            match self.steps.get(&(at, byte)) {
                Some(next) => return *next,
                None if at == ROOT => return ROOT,
                None => at = self.node(at).shorter,
            }
        }
    }

    /// Calls `found` with the place of each needle that occurs in `text`, once for each time that it does.
    pub(crate) fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        let mut at = ROOT;
        for byte in text.bytes() {
            at = self.step(at, byte);
            let mut ending = Some(at);
            while let Some(node) = ending.map(|at| self.node(at)) {
                if let Some(needle) = node.needle {
                    found(needle);
                }
                ending = node.shorter_needle;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn found(needles: &[&str], text: &str) -> BTreeSet<usize> {
        let mut places = BTreeSet::new();
        Needles::new(needles.iter().copied()).find(text, |place| {
            places.insert(place);
        });
        places
    }

    #[test]
    fn needles_within_needles_are_found() {
        assert_eq!(found(&["he", "she", "his", "hers", "s", "é"], "ushers"), [0, 1, 3, 4].into());
        assert_eq!(found(&["i-1", "i-12", "2"], "arn:i-12"), [0, 1, 2].into());
        assert_eq!(found(&[], "x"), BTreeSet::new());
    }

    proptest! {
        #[test]
        fn prop_what_is_found_is_what_is_contained(needles in proptest::collection::btree_set("[abé]{1,4}", 0..12), text in "[abéc]{0,20}") {
            let needles: Vec<_> = needles.iter().map(String::as_str).collect();
            let contained = (0..needles.len()).filter(|place| text.contains(needles[*place])).collect();
            prop_assert_eq!(found(&needles, &text), contained);
        }
    }
}
