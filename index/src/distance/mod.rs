//! Distance kernels: one query against many rows, by the best instructions the machine has.
//!
//! Every kernel adds up a row in an order that depends on the dimension alone, so a distance
//! does not depend on where a row lies or which rows are beside it.

mod scalar;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use crate::metric::Metric;

/// Computes one number a row: `rows` holds `out.len()` rows of `query.len()` components.
type RowsKernel = fn(query: &[f32], rows: &[f32], out: &mut [f32]);

/// The kernels of one instruction set.
#[derive(Clone, Copy, Debug)]
struct Kernels {
    #[cfg_attr(not(test), expect(dead_code, reason = "names the kernels in test failures"))]
    name: &'static str,
    /// The dot product with each row.
    dot: RowsKernel,
    /// The squared Euclidean distance to each row.
    squared: RowsKernel,
}

/// Measures distances by one metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distance {
    metric: Metric,
    kernel: RowsKernel,
}

impl Distance {
    /// Chooses the kernel for a metric: once a search, not once a row.
    pub(crate) fn new(metric: Metric) -> Distance {
        static BEST: OnceLock<Kernels> = OnceLock::new();
        let kernels = BEST.get_or_init(|| available()[0]);
        let kernel = match metric {
            Metric::Cosine | Metric::InnerProduct => kernels.dot,
            Metric::Euclidean => kernels.squared,
        };
        Distance { metric, kernel }
    }

    /// The distances from `query` to each row of `rows`, into `out`. A row that is damaged so
    /// that its distance is not a number is infinitely far.
    pub(crate) fn measure(&self, query: &[f32], rows: &[f32], out: &mut [f32]) {
        assert_eq!(rows.len(), query.len() * out.len(), "rows are of the query's dimension");
        (self.kernel)(query, rows, out);
        match self.metric {
            Metric::Cosine => out.iter_mut().for_each(|x| *x = not_nan((1.0 - *x).clamp(0.0, 2.0))),
            Metric::InnerProduct => out.iter_mut().for_each(|x| *x = not_nan(-*x)),
            Metric::Euclidean => out.iter_mut().for_each(|x| *x = not_nan(x.sqrt())),
        }
    }
}

fn not_nan(distance: f32) -> f32 {
    if distance.is_nan() { f32::INFINITY } else { distance }
}

/// The kernels this machine can run, best first. The scalar ones are always there.
fn available() -> Vec<Kernels> {
    let mut kernels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    kernels.extend(x86_64::available());
    #[cfg(target_arch = "aarch64")]
    kernels.extend(aarch64::available());
    kernels.push(scalar::KERNELS);
    kernels
}
