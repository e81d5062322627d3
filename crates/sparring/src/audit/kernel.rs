//! Densities of users: a kernel on the sphere of profiles.
//!
//! ```text
//! p(x) = mean_s exp(k (cos(x, s) - 1)),   cos(x, s) = |x and s| / sqrt(|x| |s|)
//! ```
//!
//! This is the von Mises-Fisher kernel but for its constant, which falls out of every ratio. With
//! `k = 20` a copy of a user weighs as much as 400,000 users with .35 in common, as two users of a
//! log of films have it, and a near copy (.8) still as 8,000.

use rayon::prelude::*;

use crate::fidelity::Crowd;
use crate::models::Profiles;

/// Concentration `k` of the kernel.
const CONCENTRATION: f64 = 20.0;

/// Users among whom densities are measured.
pub(super) struct Kernel<'a> {
    among: &'a Profiles,
    /// Users by item.
    index: Profiles,
    /// Roots of the lengths.
    roots: Vec<f64>,
}

/// What one thread counts in.
pub(super) struct Counts {
    common: Vec<u32>,
    touched: Vec<u32>,
}

impl<'a> Kernel<'a> {
    pub(super) fn of(among: &'a Profiles) -> Self {
        Self {
            among,
            index: among.transpose(),
            roots: among.rows().map(|row| (row.len() as f64).sqrt()).collect(),
        }
    }

    pub(super) fn among(&self) -> &Profiles {
        self.among
    }

    /// Nothing counted yet.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            common: vec![0; self.roots.len()],
            touched: Vec::new(),
        }
    }

    /// The weight of every user with something in common with a profile, by rising index.
    pub(super) fn weights(
        &self,
        profile: &[u32],
        counts: &mut Counts,
        mut each: impl FnMut(usize, f64),
    ) {
        for &item in profile {
            for &user in self.index.row(item as usize) {
                let common = &mut counts.common[user as usize];
                if *common == 0 {
                    counts.touched.push(user);
                }
                *common += 1;
            }
        }
        counts.touched.sort_unstable();
        let root = (profile.len() as f64).sqrt();
        for user in counts.touched.drain(..) {
            let user = user as usize;
            let common = f64::from(std::mem::take(&mut counts.common[user]));
            let cosine = common / (root * self.roots[user]);
            each(user, (CONCENTRATION * (cosine - 1.0)).exp());
        }
    }

    /// `ln p` of a profile.
    pub(super) fn log_density(&self, profile: &[u32], counts: &mut Counts) -> f64 {
        let (mut sum, mut met) = (0.0, 0);
        self.weights(profile, counts, |_, weight| {
            sum += weight;
            met += 1;
        });
        let n = self.roots.len();
        let strangers = (n - met) as f64 * (-CONCENTRATION).exp();
        ((sum + strangers) / n as f64).ln()
    }

    /// `ln p` of every profile.
    pub(super) fn log_densities(&self, profiles: &Profiles) -> Vec<f64> {
        (0..profiles.n_rows())
            .into_par_iter()
            .map_init(
                || self.counts(),
                |counts, user| self.log_density(profiles.row(user), counts),
            )
            .collect()
    }
}

/// `ln p` of the users of one crowd among those of another.
pub(super) fn log_densities(of: &Crowd, among: &Crowd) -> Vec<f64> {
    Kernel::of(&among.profiles).log_densities(&of.profiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Profiles, log};

    #[test]
    fn worked_by_hand() {
        // {0, 1} among {0, 1}, {0, 2}, {3}: cosines 1, 1/2, 0.
        let rows = |pairs: &[(u32, u32)]| Profiles::of(&log(3, 5, pairs.iter().copied()));
        let among = rows(&[(0, 0), (0, 1), (1, 0), (1, 2), (2, 3)]);
        let of = rows(&[(0, 0), (0, 1), (1, 4), (2, 3)]);
        let found = Kernel::of(&among).log_densities(&of);
        let expected = (1.0 + (-10.0_f64).exp() + (-20.0_f64).exp()) / 3.0;
        assert!((found[0] - expected.ln()).abs() < 1e-12);
        assert!((found[1] + 20.0).abs() < 1e-12, "a stranger to all");
        let expected = (1.0 + 2.0 * (-20.0_f64).exp()) / 3.0;
        assert!((found[2] - expected.ln()).abs() < 1e-12);
    }
}
