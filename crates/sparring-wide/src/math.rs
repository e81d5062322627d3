//! Exponential and logarithm that the compiler can vectorise, the same bits on every machine.

/// Highest input of [`exp`] below infinity, rounded down.
const HIGHEST: f32 = 88.0;

/// `e^x` with a relative error of about `2e-7`; inputs are clamped to `[-87, 88]`.
///
/// `x = n ln 2 + r` with `|r| <= ln(2) / 2`; `e^r` is its Taylor series to the seventh power
/// (remainder `r^8 / 8! < 6e-9`), and `2^n` is written into the exponent.
#[inline]
pub fn exp(x: f32) -> f32 {
    // ln 2 in two parts: the first has few bits, so that n times it is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, HIGHEST);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // The low bits of `shifted` are those of `n`.
    let exponent = shifted
        .to_bits()
        .wrapping_sub(ROUND.to_bits())
        .wrapping_add(127);
    p * f32::from_bits(exponent << 23)
}

/// `ln(1 + e^x)`, to about `2e-7` of its size or `1e-7`.
///
/// `max(x, 0) + ln(1 + e^-|x|)`, where `ln(1 + t) = 2 artanh(s)`, `s = t / (2 + t) <= 1/3`: the
/// series `2 (s + s^3/3 + ... + s^13/13)` leaves less than `2e-8`.
#[inline]
pub fn log1p_exp(x: f32) -> f32 {
    let t = exp(-x.abs());
    let s = t / (2.0 + t);
    let q = s * s;
    let mut p = 1.0 / 13.0;
    p = p * q + 1.0 / 11.0;
    p = p * q + 1.0 / 9.0;
    p = p * q + 1.0 / 7.0;
    p = p * q + 0.2;
    p = p * q + 1.0 / 3.0;
    p = p * q + 1.0;
    x.max(0.0) + 2.0 * s * p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_close_to_the_standard_ones() {
        for i in -8700..=8800_i16 {
            let x = f32::from(i) / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 4e-7, "at {x}");
        }
        assert_eq!(exp(f32::NEG_INFINITY).to_bits(), exp(-87.0).to_bits());
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn softplus_is_close_to_the_standard_one() {
        for i in -3000..=3000_i16 {
            let x = f32::from(i) / 100.0;
            let exact = f64::from(x).exp().ln_1p();
            let error = (f64::from(log1p_exp(x)) - exact).abs();
            assert!(error < 3e-7 * (1.0 + exact), "at {x}: {error}");
        }
    }
}
