//! What every loss must keep.

use super::{AdversarialLoss, LogitGrads};

/// The values of both losses.
pub(super) fn values(loss: &dyn AdversarialLoss, real: &[f32], fake: &[f32]) -> (f32, f32) {
    let (mut a, mut b, mut g) = (
        vec![0.0; real.len()],
        vec![0.0; fake.len()],
        vec![0.0; fake.len()],
    );
    let d = loss.discriminator(
        real,
        fake,
        LogitGrads {
            real: &mut a,
            fake: &mut b,
        },
    );
    (d, loss.generator(real, fake, &mut g))
}

/// Derivatives equal central differences, and extreme logits stay finite.
pub(super) fn contract(loss: &dyn AdversarialLoss) {
    let (real, fake) = ([0.3, -1.7, 2.2], [-0.4, 1.6, 0.9]);
    let (mut a, mut b, mut g) = ([0.0; 3], [0.0; 3], [0.0; 3]);
    loss.discriminator(
        &real,
        &fake,
        LogitGrads {
            real: &mut a,
            fake: &mut b,
        },
    );
    loss.generator(&real, &fake, &mut g);
    let step = 1e-2;
    let moved = |logits: &[f32; 3], at: usize, by: f32| {
        let mut logits = *logits;
        logits[at] += by;
        logits
    };
    for at in 0..3 {
        let up = values(loss, &moved(&real, at, step), &fake);
        let down = values(loss, &moved(&real, at, -step), &fake);
        close(a[at], (up.0 - down.0) / (2.0 * step));
        let up = values(loss, &real, &moved(&fake, at, step));
        let down = values(loss, &real, &moved(&fake, at, -step));
        close(b[at], (up.0 - down.0) / (2.0 * step));
        close(g[at], (up.1 - down.1) / (2.0 * step));
    }
    for (real, fake) in [(1e4, -1e4), (-1e4, 1e4), (1e4, 1e4)] {
        let (d, g) = values(loss, &[real], &[fake]);
        assert!(d.is_finite() && g.is_finite(), "{d} {g}");
    }
}

fn close(given: f32, difference: f32) {
    assert!(
        (given - difference).abs() < 2e-3,
        "derivative {given}, difference {difference}"
    );
}
