//! Composition by the fast Fourier transform, of tilted distributions.
//!
//! ```text
//! tilted mass  p_j e^(t l_j) / E e^(t L),   sum of n losses = inverse FFT of prod_i F_i^(n_i)
//! ```
//! The transform is circular. What lies outside the window is added to masses inside it, so that
//! none of those is too small. Rounding is bounded: a coefficient of a transform is off by no more
//! than [`ROUNDING`] `log2 N`, which is carried through the powers and added to every mass.

use rustfft::num_complex::Complex64;
use rustfft::{FftDirection, FftPlanner};

use super::grid::{Grid, after};
use super::pmf::Pmf;
use super::tilt::{Part, Window};

/// Rounding of a coefficient by each of the `log2 N` layers of a transform whose inputs sum to 1.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// The tilted law of a sum of losses, in a window.
pub(crate) struct Composed {
    pub(crate) grid: Grid,
    /// The point of `mass[0]`.
    pub(crate) first: i64,
    /// No mass is below the true one.
    pub(crate) mass: Vec<f64>,
    pub(crate) window: Window,
    /// The chance of an infinite loss.
    pub(crate) infinite: f64,
}

/// Points that a window takes.
pub(crate) fn points(window: &Window, grid: Grid) -> usize {
    let bins = (window.high - window.low) / grid.step;
    if bins >= f64::from(u32::MAX) {
        return usize::MAX;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    quick_size(bins.max(0.0) as usize + 3)
}

/// The next size with small factors.
fn quick_size(least: usize) -> usize {
    let whole = least.next_power_of_two();
    let smaller = [whole / 8 * 5, whole / 4 * 3, whole / 8 * 7];
    smaller
        .into_iter()
        .find(|size| *size >= least)
        .unwrap_or(whole)
}

/// Composes the parts within a window.
pub(crate) fn compose(parts: &[Part], window: Window) -> Composed {
    let grid = parts[0].0.grid;
    let size = points(&window, grid);
    let first = grid.at_or_below(window.low);
    let mut planner = FftPlanner::new();
    let forward = planner.plan_fft(size, FftDirection::Forward);
    let layers = (size as f64).log2().max(1.0);
    let slack = ROUNDING * layers;
    let mut product = vec![Complex64::new(1.0, 0.0); size];
    // `ln` of the size of each coefficient of the product, and of what it may be.
    let mut sizes = vec![(0.0, 0.0); size];
    let mut offset = 0_i128;
    for (pmf, count) in parts {
        let (mut coefficients, centre) = folded(pmf, window.tilt, size);
        offset += i128::from(centre) * i128::from(*count);
        forward.process(&mut coefficients);
        multiply(
            &mut product,
            &mut sizes,
            &coefficients,
            (*count as f64, slack),
        );
    }
    let error = |(size, most): &(f64, f64)| most.exp() - size.exp() + slack * size.exp();
    let noise = sizes.iter().map(error).sum::<f64>() / size as f64;
    planner
        .plan_fft(size, FftDirection::Inverse)
        .process(&mut product);
    let start = (i128::from(first) - offset).rem_euclid(size as i128);
    let start = usize::try_from(start).expect("a remainder is below the size");
    let value = |at: usize| (product[(start + at) % size].re / size as f64).max(0.0) + noise;
    let infinite = parts
        .iter()
        .map(|(pmf, count)| pmf.infinite * *count as f64)
        .sum();
    Composed {
        grid,
        first,
        mass: (0..size).map(value).collect(),
        window,
        infinite,
    }
}

/// The tilted masses on a circle, with the point that became its origin.
fn folded(pmf: &Pmf, tilt: f64, size: usize) -> (Vec<Complex64>, i64) {
    let own = pmf.cumulants(tilt);
    let centre = pmf.grid.at_or_below(own.mean + 0.5 * pmf.grid.step);
    let mut circle = vec![Complex64::default(); size];
    let start = (pmf.first - centre).rem_euclid(after(0, size));
    let mut at = usize::try_from(start).expect("a remainder is not negative");
    for (mass, point) in pmf.mass.iter().zip(pmf.first..) {
        if *mass > 0.0 {
            let log = mass.ln() + tilt * pmf.grid.loss(point) - own.log_mgf;
            circle[at].re += log.exp();
        }
        at = if at + 1 == size { 0 } else { at + 1 };
    }
    (circle, centre)
}

/// Multiplies by a power of the coefficients.
fn multiply(
    product: &mut [Complex64],
    sizes: &mut [(f64, f64)],
    coefficients: &[Complex64],
    (count, slack): (f64, f64),
) {
    for ((product, size), coefficient) in product.iter_mut().zip(sizes).zip(coefficients) {
        let length = coefficient.norm();
        size.0 += count * length.ln();
        size.1 += count * (length + slack).ln();
        *product *= if count <= 1.0 {
            *coefficient
        } else {
            Complex64::from_polar((count * length.ln()).exp(), count * coefficient.arg())
        };
    }
}
