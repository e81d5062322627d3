//! Pictures brought to another size.

/// A picture `[height, width, channels]` as a square of `side`, each place the mean over the area that
/// it covers.
pub(super) fn resized(
    picture: &[u8],
    (width, height, channels): (usize, usize, usize),
    side: usize,
) -> Vec<u8> {
    let (rows, columns) = (shares(height, side), shares(width, side));
    let mut out = Vec::with_capacity(side * side * channels);
    for row in &rows {
        for column in &columns {
            for channel in 0..channels {
                let mut sum = 0.0_f64;
                for (y, a) in row {
                    for (x, b) in column {
                        sum += a * b * f64::from(picture[(y * width + x) * channels + channel]);
                    }
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a mean of bytes"
                )]
                out.push(sum.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    out
}

/// For each of `to` places the places of `from` that it covers, and their shares.
fn shares(from: usize, to: usize) -> Vec<Vec<(usize, f64)>> {
    let scale = from as f64 / to as f64;
    let place = |at: usize| {
        let (start, end) = (at as f64 * scale, (at + 1) as f64 * scale);
        let covers = |source: usize| {
            let overlap = (end.min((source + 1) as f64) - start.max(source as f64)).max(0.0);
            (source, overlap / scale)
        };
        (0..from)
            .map(covers)
            .filter(|(_, share)| *share > 0.0)
            .collect()
    };
    (0..to).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_means_of_areas() {
        // 2 x 2 to 1, and 1 to 2 x 2.
        assert_eq!(resized(&[0, 100, 200, 100], (2, 2, 1), 1), [100]);
        assert_eq!(
            resized(&[7, 8, 9], (1, 1, 3), 2),
            [7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9]
        );
        // Three places to two: 1.5 each; (10 + .5 * 40) / 1.5 = 20, (.5 * 40 + 70) / 1.5 = 60.
        assert_eq!(
            resized(&[10, 40, 70].repeat(3), (3, 3, 1), 2),
            [20, 60, 20, 60]
        );
    }
}
