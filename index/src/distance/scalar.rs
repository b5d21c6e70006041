//! Kernels in plain Rust: the twin of every fast path, and the path of other machines.

use super::Kernels;

pub(super) const KERNELS: Kernels = Kernels { name: "scalar", dot, squared };

/// Sums kept apart, so that the compiler can use what vector registers there are.
const LANES: usize = 8;

fn dot(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for_rows(query, rows, out, |a, b| a * b);
}

fn squared(query: &[f32], rows: &[f32], out: &mut [f32]) {
    for_rows(query, rows, out, |a, b| (a - b) * (a - b));
}

#[inline(always)]
fn for_rows(query: &[f32], rows: &[f32], out: &mut [f32], term: impl Fn(f32, f32) -> f32) {
    let (query_lanes, query_rest) = query.as_chunks::<LANES>();
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        let (row_lanes, row_rest) = row.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for (a, b) in query_lanes.iter().zip(row_lanes) {
            for lane in 0..LANES {
                sums[lane] += term(a[lane], b[lane]);
            }
        }
        for (lane, (a, b)) in query_rest.iter().zip(row_rest).enumerate() {
            sums[lane] += term(*a, *b);
        }
        *out = sums.iter().sum();
    }
}
