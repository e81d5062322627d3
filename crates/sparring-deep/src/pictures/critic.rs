//! How real pictures look.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, Seed, gemm_tn, normal};

use super::generator::names;
use super::shape::{Architecture, PictureShape};
use super::stack::{Pulled, Stack, StackTrace};
use crate::body::{Network, Noise};

/// A critic of pictures, told their classes where there are classes (Miyato and Koyama, 2018, eq. 4).
///
/// ```text
/// D(x, y) = <w + e_y, phi(x)> + b
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PictureCritic {
    stack: Stack,
    /// `w [1, F]`, `b [1, 1]`, `e [Y, F]`
    head: Vec<Matrix>,
}

/// A batch that a critic has judged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The logits `[B]`.
    pub logits: Vec<f32>,
    features: Matrix,
    trace: StackTrace,
    classes: Option<Vec<u32>>,
    pulled: Option<Pulled>,
}

impl PictureCritic {
    /// With weights drawn; `width` channels at full size.
    pub fn new(
        shape: PictureShape,
        of: Architecture,
        (classes, width): (usize, usize),
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
                normal(classes, features, judge, seed.derive("classes")),
            ],
        }
    }

    fn classes(&self) -> usize {
        self.head[2].rows
    }

    /// The logits of pictures `[B, S S C]`, with dropout if there is any.
    ///
    /// # Panics
    /// If classes are missing.
    pub fn judge(&self, pictures: Matrix, classes: Option<&[u32]>, dropout: Noise) -> Judged {
        let (features, trace) = self.stack.forward(pictures, dropout);
        let classes = (self.classes() > 0).then(|| classes.expect("told the classes").to_vec());
        Judged {
            logits: self.logits_of(&features, classes.as_deref()),
            features,
            trace,
            classes,
            pulled: None,
        }
    }

    /// The logits of pictures without dropout.
    ///
    /// # Panics
    /// If classes are missing.
    pub fn logits(&self, pictures: Matrix, classes: Option<&[u32]>) -> Vec<f32> {
        let classes = (self.classes() > 0).then(|| classes.expect("told the classes"));
        self.logits_of(&self.stack.infer(pictures), classes)
    }

    fn logits_of(&self, features: &Matrix, classes: Option<&[u32]>) -> Vec<f32> {
        let bias = self.head[1].data[0];
        let logit = |(row, phi): (usize, &[f32])| {
            let plain: f32 = phi.iter().zip(&self.head[0].data).map(|(p, w)| p * w).sum();
            let told = classes.map_or(0.0, |classes| {
                let e = self.head[2].row(classes[row] as usize);
                phi.iter().zip(e).map(|(p, e)| p * e).sum()
            });
            plain + told + bias
        };
        features.rows_iter().enumerate().map(logit).collect()
    }

    /// The derivative of each logit by its picture `[B, S S C]`; kept for
    /// [`gradient`](Self::gradient).
    pub fn slopes<'a>(&self, judged: &'a mut Judged) -> &'a Matrix {
        if judged.pulled.is_none() {
            let (w, told) = (&self.head[0].data, judged.classes.as_deref());
            let mut by = Matrix::zeros(judged.features.rows, judged.features.cols);
            by.data
                .par_chunks_mut(w.len())
                .enumerate()
                .for_each(|(row, by)| {
                    by.copy_from_slice(w);
                    if let Some(classes) = told {
                        let e = self.head[2].row(classes[row] as usize);
                        by.iter_mut().zip(e).for_each(|(by, e)| *by += e);
                    }
                });
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
        let mut gradient = self.head_gradient(judged, by_logits, &mut moved);
        gradient.extend(self.stack.gradient(&judged.trace, pulled, scale));
        gradient
    }

    /// The same without a penalty, a pass forward cheaper.
    pub fn plain_gradient(&self, judged: &Judged, by_logits: &[f32]) -> Vec<Matrix> {
        let pulled = self.pull(judged, by_logits);
        let mut still = Matrix::zeros(judged.features.rows, judged.features.cols);
        let mut gradient = self.head_gradient(judged, by_logits, &mut still);
        gradient.extend(self.stack.gradient(&judged.trace, &pulled, None));
        gradient
    }

    /// The derivatives by the pictures `[B, S S C]`, given those by the logits.
    pub fn by_pictures(&self, judged: &Judged, by_logits: &[f32]) -> Matrix {
        self.pull(judged, by_logits).by_input
    }

    fn pull(&self, judged: &Judged, by_logits: &[f32]) -> Pulled {
        let w = &self.head[0].data;
        let mut by = Matrix::zeros(judged.features.rows, w.len());
        for (row, (by, g)) in by.data.chunks_mut(w.len()).zip(by_logits).enumerate() {
            by.iter_mut().zip(w).for_each(|(by, w)| *by = g * w);
            if let Some(classes) = &judged.classes {
                let e = self.head[2].row(classes[row] as usize);
                by.iter_mut().zip(e).for_each(|(by, e)| *by += g * e);
            }
        }
        self.stack.pull(&judged.trace, by)
    }

    fn head_gradient(&self, judged: &Judged, by_logits: &[f32], moved: &mut Matrix) -> Vec<Matrix> {
        for ((moved, phi), g) in moved
            .data
            .chunks_mut(judged.features.cols)
            .zip(judged.features.rows_iter())
            .zip(by_logits)
        {
            moved.iter_mut().zip(phi).for_each(|(m, p)| *m += g * p);
        }
        let ones = Matrix::from_vec(moved.rows, 1, vec![1.0; moved.rows]);
        let mut by_w = Matrix::default();
        gemm_tn(&ones, moved, Beta::Replace, &mut by_w);
        let mut by_classes = Matrix::zeros(self.classes(), moved.cols);
        if let Some(classes) = &judged.classes {
            for (row, &class) in moved.rows_iter().zip(classes) {
                let to = by_classes.row_mut(class as usize);
                to.iter_mut().zip(row).for_each(|(to, m)| *to += m);
            }
        }
        let by_b = Matrix::from_vec(1, 1, vec![by_logits.iter().sum()]);
        vec![by_w, by_b, by_classes]
    }
}

impl Network for PictureCritic {
    fn names(&self) -> Vec<String> {
        let head = ["judge", "bias", "classes"].map(|name| format!("critic.{name}"));
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

    /// `sum_b by_b D(x_b) + (D(x_b + v_b) - D(x_b - v_b)) / 2`: the penalty's term as design has it.
    fn objective(critic: &PictureCritic, x: &Matrix, by: &[f32], v: &Matrix) -> f64 {
        let classes = Some([0, 2, 1].as_slice());
        let logits = |step: f32| {
            let moved = x.data.iter().zip(&v.data).map(|(x, v)| x + step * v);
            let moved = Matrix::from_vec(x.rows, x.cols, moved.collect());
            critic.judge(moved, classes, dropout()).logits
        };
        let (at, ahead, behind) = (logits(0.0), logits(1.0), logits(-1.0));
        let each = by.iter().enumerate().map(|(b, by)| {
            let slope = (f64::from(ahead[b]) - f64::from(behind[b])) / 2.0;
            f64::from(*by) * f64::from(at[b]) + slope
        });
        each.sum()
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
            let mut judged = critic.judge(x.clone(), Some(&[0, 2, 1]), dropout());
            let slopes = critic.slopes(&mut judged).clone();
            // Linear nearby: half of the way between both ends of a step is the slope along it.
            let logits = |sign: f32| {
                let moved = x.data.iter().zip(&v.data).map(|(x, v)| x + sign * v);
                let moved = Matrix::from_vec(3, x.cols, moved.collect());
                critic.judge(moved, Some(&[0, 2, 1]), dropout()).logits
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
