//! How real pictures look.

use sparring_wide::{Beta, Matrix, Seed, gemm, gemm_nt, gemm_tn, normal};

use super::generator::names;
use super::shape::{Architecture, PictureShape};
use super::stack::{Pulled, Stack, StackTrace};
use crate::body::{Network, Noise};

/// A critic of pictures, told a vector of each where there is one (Miyato and Koyama, 2018, eq. 4).
///
/// ```text
/// D(x, t) = <w + t E, phi(x)> + b
/// ```
///
/// A class is told as a one in its place, so that its row of `E` is its embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureCritic {
    stack: Stack,
    /// `w [1, F]`, `b [1, 1]`, `E [T, F]`
    head: Vec<Matrix>,
}

/// A batch that a critic has judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The logits `[B]`.
    pub logits: Vec<f32>,
    features: Matrix,
    /// `w + t E`, `[B, F]`
    directions: Matrix,
    told: Option<Matrix>,
    trace: StackTrace,
    pulled: Option<Pulled>,
}

impl PictureCritic {
    /// With weights drawn; `width` channels at full size.
    pub fn new(
        shape: PictureShape,
        of: Architecture,
        (told_dim, width): (usize, usize),
        seed: Seed,
    ) -> Self {
        let (layers, features) = shape.critic(of, width);
        let seed = seed.derive("critic");
        let std = (of == Architecture::Reference).then_some(0.02);
        let judge = std.unwrap_or_else(|| (features as f32).sqrt().recip());
        Self {
            stack: Stack::new(layers, std, seed),
            head: vec![
                normal(1, features, judge, seed.derive("judge")),
                Matrix::zeros(1, 1),
                normal(told_dim, features, judge, seed.derive("classes")),
            ],
        }
    }

    /// The logits of pictures `[B, S S C]`, with dropout if there is any.
    ///
    /// # Panics
    /// If what is told `[B, T]` is missing.
    pub fn judge(&self, pictures: Matrix, told: Option<&Matrix>, dropout: Noise) -> Judged {
        let (features, trace) = self.stack.forward(pictures, dropout);
        let directions = self.directions(features.rows, told);
        Judged {
            logits: self.logits_of(&features, &directions),
            features,
            directions,
            told: told.filter(|_| self.head[2].rows > 0).cloned(),
            trace,
            pulled: None,
        }
    }

    /// The logits of pictures without dropout.
    ///
    /// # Panics
    /// If what is told is missing.
    pub fn logits(&self, pictures: Matrix, told: Option<&Matrix>) -> Vec<f32> {
        let features = self.stack.infer(pictures);
        self.logits_of(&features, &self.directions(features.rows, told))
    }

    /// How well pictures fit each of some vectors that may be told `[V, T]`, whether they look real or
    /// not: `<t E, phi(x)>`, `[B, V]`.
    ///
    /// # Panics
    /// If the vectors have another width.
    pub fn agreement(&self, pictures: Matrix, told: &Matrix) -> Matrix {
        let features = self.stack.infer(pictures);
        let (mut directions, mut fits) = (Matrix::default(), Matrix::default());
        gemm(told, &self.head[2], Beta::Replace, &mut directions);
        gemm_nt(&features, &directions, Beta::Replace, &mut fits);
        fits
    }

    /// `w + t E` of each row.
    fn directions(&self, rows: usize, told: Option<&Matrix>) -> Matrix {
        let (w, e) = (&self.head[0], &self.head[2]);
        let mut directions = Matrix::from_vec(rows, w.cols, w.data.repeat(rows));
        if e.rows > 0 {
            let told = told.expect("a critic that is told something");
            assert_eq!(told.shape(), (rows, e.rows), "told of each");
            gemm(told, e, Beta::Add, &mut directions);
        }
        directions
    }

    fn logits_of(&self, features: &Matrix, directions: &Matrix) -> Vec<f32> {
        let bias = self.head[1].data[0];
        let rows = features.rows_iter().zip(directions.rows_iter());
        rows.map(|(phi, d)| phi.iter().zip(d).map(|(p, d)| p * d).sum::<f32>() + bias)
            .collect()
    }

    /// The derivative of each logit by its picture `[B, S S C]`; kept for
    /// [`gradient`](Self::gradient).
    pub fn slopes<'a>(&self, judged: &'a mut Judged) -> &'a Matrix {
        if judged.pulled.is_none() {
            let by = judged.directions.clone();
            judged.pulled = Some(self.stack.pull(&judged.trace, by));
        }
        let pulled = judged.pulled.as_ref().expect("was just made");
        &pulled.by_input
    }

    /// The derivatives by each weight of `sum_b by_logits_b D(x_b) + along_b . grad_x D(x_b)`.
    ///
    /// The network is linear in pieces, so that the second term, from which a penalty on the slope
    /// learns, takes one pass forward along the slopes instead of two passes of central differences.
    pub fn gradient(
        &self,
        judged: &mut Judged,
        by_logits: &[f32],
        along: Option<Matrix>,
    ) -> Vec<Matrix> {
        self.slopes(judged);
        let pulled = judged.pulled.as_ref().expect("was just made");
        let along =
            along.unwrap_or_else(|| Matrix::zeros(pulled.by_input.rows, pulled.by_input.cols));
        let (motions, mut moved) = self.stack.along(&judged.trace, along);
        let scale = Some((by_logits, motions.as_slice()));
        let mut gradient = head_gradient(judged, by_logits, &mut moved);
        gradient.extend(self.stack.gradient(&judged.trace, pulled, scale));
        gradient
    }

    /// The same without a penalty, a pass forward cheaper.
    pub fn plain_gradient(&self, judged: &Judged, by_logits: &[f32]) -> Vec<Matrix> {
        let pulled = self.pull(judged, by_logits);
        let mut still = Matrix::zeros(judged.features.rows, judged.features.cols);
        let mut gradient = head_gradient(judged, by_logits, &mut still);
        gradient.extend(self.stack.gradient(&judged.trace, &pulled, None));
        gradient
    }

    /// The derivatives by the pictures `[B, S S C]`, given those by the logits.
    pub fn by_pictures(&self, judged: &Judged, by_logits: &[f32]) -> Matrix {
        self.pull(judged, by_logits).by_input
    }

    fn pull(&self, judged: &Judged, by_logits: &[f32]) -> Pulled {
        let mut by = judged.directions.clone();
        for (row, g) in by.data.chunks_mut(by.cols).zip(by_logits) {
            for by in row {
                *by *= g;
            }
        }
        self.stack.pull(&judged.trace, by)
    }
}

/// The derivatives by the weights of the head; `moved` is what the features move along the slopes.
fn head_gradient(judged: &Judged, by_logits: &[f32], moved: &mut Matrix) -> Vec<Matrix> {
    for ((moved, phi), g) in moved
        .data
        .chunks_mut(judged.features.cols)
        .zip(judged.features.rows_iter())
        .zip(by_logits)
    {
        moved.iter_mut().zip(phi).for_each(|(m, p)| *m += g * p);
    }
    let ones = Matrix::from_vec(moved.rows, 1, vec![1.0; moved.rows]);
    let (mut by_w, mut by_e) = (Matrix::default(), Matrix::zeros(0, moved.cols));
    gemm_tn(&ones, moved, Beta::Replace, &mut by_w);
    if let Some(told) = &judged.told {
        gemm_tn(told, moved, Beta::Replace, &mut by_e);
    }
    let by_b = Matrix::from_vec(1, 1, vec![by_logits.iter().sum()]);
    vec![by_w, by_b, by_e]
}

impl Network for PictureCritic {
    fn names(&self) -> Vec<String> {
        let head = ["judge", "bias", "told"].map(|name| format!("critic.{name}"));
        let stack = names("critic", self.stack.weights().len());
        head.into_iter().chain(stack).collect()
    }

    fn weights(&self) -> Vec<&Matrix> {
        self.head.iter().chain(self.stack.weights()).collect()
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let stack = self.stack.weights_mut().iter_mut();
        self.head.iter_mut().chain(stack).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::check;

    const SHAPE: PictureShape = PictureShape {
        side: 12,
        channels: 1,
    };

    fn dropout() -> Noise {
        Noise {
            seed: Seed(4),
            step: 1,
        }
    }

    /// Two classes, and what is no class.
    fn told() -> Matrix {
        Matrix::from_vec(3, 3, vec![1.0, 0.0, 0.0, 0.3, -0.8, 0.5, 0.0, 1.0, 0.0])
    }

    /// `sum_b by_b D(x_b) + (D(x_b + v_b) - D(x_b - v_b)) / 2`: the penalty's term as design has it.
    fn objective(critic: &PictureCritic, x: &Matrix, by: &[f32], v: &Matrix) -> f64 {
        let told = told();
        let logits = |step: f32| {
            let moved = x.data.iter().zip(&v.data).map(|(x, v)| x + step * v);
            let moved = Matrix::from_vec(x.rows, x.cols, moved.collect());
            critic.judge(moved, Some(&told), dropout()).logits
        };
        let (at, ahead, behind) = (logits(0.0), logits(1.0), logits(-1.0));
        let each = by.iter().enumerate().map(|(b, by)| {
            let slope = (f64::from(ahead[b]) - f64::from(behind[b])) / 2.0;
            f64::from(*by) * f64::from(at[b]) + slope
        });
        each.sum()
    }

    #[test]
    fn agreement_is_what_telling_adds_to_a_logit() {
        let critic = PictureCritic::new(SHAPE, Architecture::Modern, (3, 2), Seed(1));
        let x = normal(3, SHAPE.size(), 0.7, Seed(2));
        let nothing = Matrix::zeros(3, 3);
        let plain = critic.logits(x.clone(), Some(&nothing));
        let with = critic.logits(x.clone(), Some(&told()));
        let fits = critic.agreement(x, &told());
        for row in 0..3 {
            let added = with[row] - plain[row];
            assert!(
                (fits.row(row)[row] - added).abs() < 1e-5,
                "{fits:?} {added}"
            );
        }
    }

    #[test]
    fn losses_and_penalties_are_learnt_from_as_differences_say() {
        for of in [Architecture::Reference, Architecture::Modern] {
            let mut critic = PictureCritic::new(SHAPE, of, (3, 2), Seed(1));
            for (at, weights) in critic.weights_mut().into_iter().enumerate() {
                // Biases that keep every unit away from its kink, on either side of it.
                let sign = |n: usize| if n.is_multiple_of(2) { 1.0 } else { -1.0 };
                if at > 2 && at.is_multiple_of(2) {
                    weights.data = (0..weights.data.len()).map(sign).collect();
                } else if at != 1 {
                    let (inputs, size) = if at > 2 {
                        (weights.rows, 0.4)
                    } else {
                        (1, 1.0)
                    };
                    let std = size / (inputs as f32).sqrt();
                    *weights = normal(weights.rows, weights.cols, std, Seed(at as u64));
                }
            }
            let x = normal(3, SHAPE.size(), 0.7, Seed(2));
            let v = normal(3, SHAPE.size(), 0.05, Seed(3));
            let by = [0.7, -1.0, 0.4];
            let mut judged = critic.judge(x.clone(), Some(&told()), dropout());
            let slopes = critic.slopes(&mut judged).clone();
            // Linear nearby: half of the way between both ends of a step is the slope along it.
            let logits = |sign: f32| {
                let moved = x.data.iter().zip(&v.data).map(|(x, v)| x + sign * v);
                let moved = Matrix::from_vec(3, x.cols, moved.collect());
                critic.judge(moved, Some(&told()), dropout()).logits
            };
            for (row, (ahead, behind)) in logits(1.0).into_iter().zip(logits(-1.0)).enumerate() {
                let each = slopes.row(row).iter().zip(v.row(row));
                let along: f32 = each.map(|(s, v)| s * v).sum();
                let expected = (ahead - behind) / 2.0;
                assert!((along - expected).abs() < 1e-4, "{along} {expected}");
                assert!(expected.abs() > 1e-3, "it moves: {expected}");
            }
            let gradient = critic.gradient(&mut judged, &by, Some(v.clone()));
            assert_eq!(gradient.len(), critic.names().len());
            for (at, found) in gradient.iter().enumerate() {
                check(critic.weights()[at], found, |matrix| {
                    let mut moved = critic.clone();
                    *moved.weights_mut()[at] = matrix.clone();
                    objective(&moved, &x, &by, &v)
                });
            }
            let plain = critic.plain_gradient(&judged, &by);
            let still = critic.gradient(&mut judged, &by, None);
            for (a, b) in plain.iter().zip(&still) {
                for (a, b) in a.data.iter().zip(&b.data) {
                    assert!((a - b).abs() < 1e-4 * (1.0 + a.abs()), "{a} {b}");
                }
            }
        }
    }
}
