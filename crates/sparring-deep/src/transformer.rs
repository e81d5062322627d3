//! The causal transformer: dense layers by burn, attention by hand.

use burn::tensor::module::layer_norm;
use burn::tensor::{Tensor, activation};
use sparring_wide::{Matrix, Seed, dropout, normal, xavier_uniform};

use crate::attention::{Attended, Attention};
use crate::body::{Body, Noise};
use crate::device::{Device, to_device, to_host};
use crate::packed::Packed;

/// What stands under the root of a norm.
pub(crate) const EPSILON: f64 = 1e-5;
/// Weight matrices of a layer.
pub(crate) const PER_LAYER: usize = 12;
const NAMES: [&str; PER_LAYER] = [
    "attention.norm.gain",
    "attention.norm.bias",
    "attention.in.weight",
    "attention.in.bias",
    "attention.out.weight",
    "attention.out.bias",
    "forward.norm.gain",
    "forward.norm.bias",
    "forward.up.weight",
    "forward.up.bias",
    "forward.down.weight",
    "forward.down.bias",
];

/// The sizes of a transformer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransformerSizes {
    /// Width `K` of an event.
    pub width: usize,
    /// Attention heads; they divide `K`.
    pub heads: usize,
    /// Layers.
    pub layers: usize,
    /// Width `F` of the feed-forward layers.
    pub feedforward: usize,
    /// Share of activations that are dropped in training.
    pub dropout: f32,
    /// Whether attention fades with distance.
    pub recency: bool,
}

/// A stack of attention and feed-forward layers with the norms before them (Vaswani et al., 2017,
/// section 3; norms as in Xiong et al., 2020).
///
/// ```text
/// x = x + drop(attention(norm(x)) W_o + b_o)
/// x = x + drop(drop(relu(norm(x) W_u + b_u)) W_d + b_d)        output: norm(x) after the last layer
/// ```
///
/// The network is cut where attention looks across events. Each piece between two such cuts is
/// differentiated by burn: its output meets given derivatives as `sum(output * derivatives)`.
///
/// # Shapes
/// Input and output are `[N, K]`, rows packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformer {
    sizes: TransformerSizes,
    device: Device,
    weights: Vec<Matrix>,
}

/// A piece that was computed forward, waiting for derivatives.
struct Piece {
    x: Tensor<2>,
    attended: Option<Tensor<2>>,
    weights: Vec<Tensor<2>>,
    /// Where its weights stand.
    first: usize,
    residual: Tensor<2>,
    output: Tensor<2>,
}

/// What [`Transformer::backward`] needs of [`Transformer::forward`].
pub struct Trace {
    pieces: Vec<Piece>,
    attention: Vec<(Matrix, Attended)>,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace").finish_non_exhaustive()
    }
}

impl Transformer {
    /// With weights drawn by Glorot and Bengio (2010), those that add to the residual scaled by
    /// `1 / sqrt(2 layers)`.
    pub fn new(sizes: TransformerSizes, device: Device, seed: Seed) -> Self {
        let (k, f) = (sizes.width, sizes.feedforward);
        let ones = |n| Matrix::from_vec(1, n, vec![1.0; n]);
        let drawn = |rows, cols, seed: Seed| xavier_uniform(rows, cols, seed);
        let small = |rows, cols, seed: Seed| {
            let mut matrix = xavier_uniform(rows, cols, seed);
            let scale = (2.0 * sizes.layers as f32).sqrt().recip();
            matrix.data.iter_mut().for_each(|w| *w *= scale);
            matrix
        };
        let mut weights = Vec::with_capacity(sizes.layers * PER_LAYER + 2);
        for layer in 0..sizes.layers {
            let seed = |name| seed.derive(name).at(layer as u64);
            weights.extend([
                ones(k),
                Matrix::zeros(1, k),
                normal(k, 3 * k, (k as f32).sqrt().recip(), seed("in")),
                Matrix::zeros(1, 3 * k),
                small(k, k, seed("out")),
                Matrix::zeros(1, k),
                ones(k),
                Matrix::zeros(1, k),
                drawn(k, f, seed("up")),
                Matrix::zeros(1, f),
                small(f, k, seed("down")),
                Matrix::zeros(1, k),
            ]);
        }
        weights.extend([ones(k), Matrix::zeros(1, k)]);
        Self {
            sizes,
            device,
            weights,
        }
    }

    /// Its sizes.
    pub fn sizes(&self) -> TransformerSizes {
        self.sizes
    }

    fn attention(&self) -> Attention {
        Attention {
            heads: self.sizes.heads,
            recency: self.sizes.recency,
        }
    }

    /// Where the weights of a piece begin, and one past their end.
    fn span(&self, piece: usize) -> (usize, usize) {
        let first = match piece {
            0 => 0,
            _ => (piece - 1) * PER_LAYER + 4,
        };
        let end = if piece == self.sizes.layers {
            self.weights.len()
        } else {
            piece * PER_LAYER + 4
        };
        (first, end)
    }

    /// From the residual and what attention found to the next residual, and to queries, keys and
    /// values or to the output.
    fn piece(
        x: &Tensor<2>,
        attended: Option<&Tensor<2>>,
        weights: &[Tensor<2>],
        masks: &[Tensor<2>],
    ) -> (Tensor<2>, Tensor<2>) {
        let mut weights = weights.iter().cloned();
        let mut next = || weights.next().expect("a piece has its weights");
        let masked = |values: Tensor<2>, at: usize| match masks.get(at) {
            Some(mask) => values * mask.clone(),
            None => values,
        };
        let mut x = x.clone();
        if let Some(attended) = attended {
            let out = attended.clone().matmul(next()) + next();
            x = x + masked(out, 0);
            let normed = norm(x.clone(), next(), next());
            let up = activation::relu(normed.matmul(next()) + next());
            let down = masked(up, 1).matmul(next()) + next();
            x = x + masked(down, 2);
        }
        let normed = norm(x.clone(), next(), next());
        let rest: Vec<Tensor<2>> = weights.collect();
        let output = match &rest[..] {
            [weight, bias] => normed.matmul(weight.clone()) + bias.clone(),
            _ => normed,
        };
        (x, output)
    }

    /// Masks of the three dropouts of a piece.
    fn masks(&self, piece: usize, rows: usize, noise: Noise) -> Vec<Matrix> {
        if piece == 0 || self.sizes.dropout == 0.0 {
            return Vec::new();
        }
        let widths = [self.sizes.width, self.sizes.feedforward, self.sizes.width];
        let each = widths.into_iter().enumerate().map(|(at, width)| {
            let mut mask = Matrix::from_vec(rows, width, vec![1.0; rows * width]);
            let seed = noise.seed.derive("layer").at((piece * 3 + at) as u64);
            dropout(&mut mask, self.sizes.dropout, seed, noise.step);
            mask
        });
        each.collect()
    }
}

impl Body for Transformer {
    type Trace = Trace;

    fn forward(&self, x: Matrix, packed: &Packed, noise: Noise) -> (Matrix, Trace) {
        let place = self.device.place().autodiff();
        let leaf = |matrix: Matrix| to_device(matrix, &place).require_grad();
        let mut trace = Trace {
            pieces: Vec::new(),
            attention: Vec::new(),
        };
        let (rows, mut x) = (x.rows, leaf(x));
        let mut attended: Option<Tensor<2>> = None;
        loop {
            let piece = trace.pieces.len();
            let (first, end) = self.span(piece);
            let weights: Vec<_> = self.weights[first..end].iter().cloned().map(leaf).collect();
            let masks: Vec<_> = self
                .masks(piece, rows, noise)
                .into_iter()
                .map(|mask| to_device(mask, &place))
                .collect();
            let (residual, output) = Self::piece(&x, attended.as_ref(), &weights, &masks);
            let host = to_host(output.clone().inner());
            let next = residual.clone().inner();
            trace.pieces.push(Piece {
                x,
                attended: attended.take(),
                weights,
                first,
                residual,
                output,
            });
            if piece == self.sizes.layers {
                return (host, trace);
            }
            x = next.autodiff().require_grad();
            let found = self.attention().forward(&host, packed);
            attended = Some(leaf(found.output.clone()));
            trace.attention.push((host, found));
        }
    }

    fn backward(
        &self,
        trace: Trace,
        packed: &Packed,
        derivatives: Matrix,
    ) -> (Matrix, Vec<Matrix>) {
        let place = self.device.place();
        let constant = |matrix: Matrix| to_device(matrix, &place).autodiff();
        let mut gradients: Vec<Matrix> = self
            .weights
            .iter()
            .map(|weight| Matrix::zeros(weight.rows, weight.cols))
            .collect();
        let (mut by_output, mut by_residual) = (derivatives, None::<Tensor<2>>);
        let mut attention = trace.attention;
        for piece in trace.pieces.into_iter().rev() {
            let mut surrogate = (piece.output * constant(by_output)).sum();
            if let Some(by_residual) = by_residual {
                surrogate = surrogate + (piece.residual * by_residual.autodiff()).sum();
            }
            let mut found = surrogate.backward();
            for (at, weight) in piece.weights.iter().enumerate() {
                if let Some(gradient) = weight.grad_remove(&mut found) {
                    gradients[piece.first + at] = to_host(gradient);
                }
            }
            let by_x = piece.x.grad_remove(&mut found);
            let by_x = by_x.expect("every piece depends on its input");
            let Some(attended) = piece.attended else {
                return (to_host(by_x), gradients);
            };
            let by_attended = attended.grad_remove(&mut found);
            let by_attended = to_host(by_attended.expect("and on what attention found"));
            let (qkv, kept) = attention.pop().expect("one attention between two pieces");
            by_output = self.attention().backward(&qkv, packed, &kept, &by_attended);
            by_residual = Some(by_x);
        }
        unreachable!("the first piece has no attention before it")
    }

    fn infer(&self, x: Matrix, packed: &Packed) -> Matrix {
        let place = self.device.place();
        let mut x = to_device(x, &place);
        let mut attended: Option<Tensor<2>> = None;
        for piece in 0..=self.sizes.layers {
            let (first, end) = self.span(piece);
            let weights: Vec<_> = self.weights[first..end]
                .iter()
                .map(|weight| to_device(weight.clone(), &place))
                .collect();
            let (residual, output) = Self::piece(&x, attended.as_ref(), &weights, &[]);
            let host = to_host(output);
            if piece == self.sizes.layers {
                return host;
            }
            x = residual;
            attended = Some(to_device(
                self.attention().forward(&host, packed).output,
                &place,
            ));
        }
        unreachable!("the last piece returns")
    }

    fn names(&self) -> Vec<String> {
        let layers = 0..self.sizes.layers;
        let mut names: Vec<String> = layers
            .flat_map(|layer| NAMES.map(|name| format!("layer{layer}.{name}")))
            .collect();
        names.extend(["norm.gain", "norm.bias"].map(str::to_owned));
        names
    }

    fn weights(&self) -> &[Matrix] {
        &self.weights
    }

    fn weights_mut(&mut self) -> &mut [Matrix] {
        &mut self.weights
    }
}

/// `gain (x - mean) / sqrt(variance + epsilon) + bias` of each row.
fn norm(x: Tensor<2>, gain: Tensor<2>, bias: Tensor<2>) -> Tensor<2> {
    let width = x.dims()[1];
    layer_norm(
        x,
        gain.reshape([width]),
        Some(bias.reshape([width])),
        EPSILON,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::{check, weighted};

    fn network() -> Transformer {
        let sizes = TransformerSizes {
            width: 6,
            heads: 2,
            layers: 2,
            feedforward: 8,
            dropout: 0.2,
            recency: true,
        };
        Transformer::new(sizes, Device::Cpu, Seed(3))
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let (network, packed) = (network(), Packed::of([4, 1, 3]));
        let noise = Noise {
            seed: Seed(4),
            step: 1,
        };
        let x = normal(8, 6, 1.0, Seed(1));
        let weight = normal(8, 6, 1.0, Seed(2));
        let value = |network: &Transformer, x: &Matrix| {
            weighted(&network.forward(x.clone(), &packed, noise).0, &weight)
        };
        let (_, trace) = network.forward(x.clone(), &packed, noise);
        let (by_x, by_weights) = network.backward(trace, &packed, weight.clone());
        check(&x, &by_x, |x| value(&network, x));
        for (at, gradient) in by_weights.iter().enumerate() {
            let moved = |matrix: &Matrix| {
                let mut moved = network.clone();
                moved.weights[at] = matrix.clone();
                value(&moved, &x)
            };
            check(&network.weights[at], gradient, moved);
        }
        assert_eq!(network.names().len(), network.weights.len());
    }

    #[test]
    fn what_comes_later_changes_nothing() {
        let (network, packed) = (network(), Packed::of([4, 4]));
        let x = normal(8, 6, 1.0, Seed(1));
        let before = network.infer(x.clone(), &packed);
        let mut moved = x;
        moved.row_mut(3)[0] += 1.0;
        let after = network.infer(moved, &packed);
        for row in [0, 1, 2, 4, 5, 6, 7] {
            assert_eq!(before.row(row), after.row(row), "row {row}");
        }
        assert_ne!(before.row(3), after.row(3));
    }
}
