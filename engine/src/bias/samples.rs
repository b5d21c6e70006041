//! Vectors of a language that spreads are estimated from, in few bits: a query looks at all of
//! them, of every language.

/// Components are whole numbers up to this, so that the rounding is a thousandth of the spread.
const MOST: f32 = 2047.0;
/// So many products of two add up to less than 2^31.
const PRODUCTS: usize = 512;

/// A vector in whole numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rounded {
    /// What a whole number stands for.
    unit: f32,
    components: Vec<i16>,
}

impl Rounded {
    /// Of one vector or several, row after row.
    pub(crate) fn of(vectors: &[f32]) -> Self {
        let greatest = vectors.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let unit = if greatest > 0.0 { greatest / MOST } else { 1.0 };
        let components = vectors.iter().map(|x| (x / unit).round() as i16).collect();
        Self { unit, components }
    }

    /// The standard deviation of the products of some rows with a vector; 0 for fewer than two.
    pub(crate) fn deviation(&self, vector: &Self) -> f64 {
        let unit = f64::from(self.unit) * f64::from(vector.unit);
        let rows = self.components.chunks_exact(vector.components.len().max(1));
        let count = rows.len() as f64;
        if count < 2.0 {
            return 0.0;
        }
        let (mut sum, mut squares) = (0.0, 0.0);
        for row in rows {
            let product = product(row, &vector.components) as f64;
            sum += product;
            squares += product * product;
        }
        let variance = (squares - sum * sum / count) / (count - 1.0);
        unit * variance.max(0.0).sqrt()
    }
}

/// The inner product, in a form that compilers turn into vector instructions.
fn product(a: &[i16], b: &[i16]) -> i64 {
    let chunks = a.chunks(PRODUCTS).zip(b.chunks(PRODUCTS));
    chunks
        .map(|(a, b)| {
            let products = a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b));
            i64::from(products.sum::<i32>())
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_a_sample() {
        let query = Rounded::of(&[1.0, 0.0]);
        // Products 1, 2 and 3.
        let rows = Rounded::of(&[1.0, 5.0, 2.0, 5.0, 3.0, 5.0]);
        assert!((rows.deviation(&query) - 1.0).abs() < 1e-3);
        assert_eq!(Rounded::of(&[1.0, 5.0]).deviation(&query), 0.0);
        assert_eq!(Rounded::of(&[]).deviation(&query), 0.0);
        assert_eq!(Rounded::of(&[0.0; 4]).deviation(&query), 0.0);
    }

    #[test]
    fn the_greatest_components_do_not_overflow() {
        let longest = Rounded::of(&[1.0; 16_384]);
        assert_eq!(product(&longest.components, &longest.components), 16_384 * 2047 * 2047);
    }
}
