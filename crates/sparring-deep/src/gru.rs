//! A gated recurrent unit over packed sequences, backward by hand.

use sparring_wide::{
    Beta, Matrix, Seed, add_to_rows, dropout, gemm, gemm_nt, gemm_tn, sigmoid, sum_rows,
    xavier_uniform,
};

use crate::body::{Body, Noise};
use crate::packed::Packed;

/// One layer of gated recurrent units (Cho et al., 2014, eq. 5 to 8, with the reset gate inside as
/// in Chung et al., 2014), as GRU4Rec uses it (Hidasi et al., 2016, eq. 1 to 4).
///
/// ```text
/// r = s(x W_r + b_r + h U_r)    u = s(x W_u + b_u + h U_u)    c = tanh(x W_c + b_c + r * (h U_c + d))
/// h' = (1 - u) * c + u * h,     h = 0 at first
/// ```
///
/// `W` are side by side, and so are `U`. The steps run over all sequences at once, the longest
/// first, so that the rows of a step lie together. There are no second derivatives in it and no
/// other layer, so it does without the framework.
///
/// # Shapes
/// Input and output are `[N, K]`, rows packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Gru {
    dropout: f32,
    /// `[K, 3 K]`, `[1, 3 K]`, `[K, 3 K]`, `[1, K]`
    weights: Vec<Matrix>,
}

/// The rows of packed sequences by time: at each step those of the sequences that still run.
#[derive(Debug, Clone)]
struct ByTime {
    /// The packed row of each row by time.
    rows: Vec<usize>,
    /// Where each step begins, and the end.
    starts: Vec<usize>,
}

/// What [`Gru::backward`] needs of [`Gru::forward`].
#[derive(Debug)]
pub struct GruTrace {
    by_time: ByTime,
    x: Matrix,
    /// `r`, `u`, `c` side by side `[N, 3 K]`.
    gates: Matrix,
    /// `h U_c + d` `[N, K]`.
    inner: Matrix,
    /// `h` after each row `[N, K]`.
    states: Matrix,
    noise: Noise,
}

impl ByTime {
    fn new(packed: &Packed) -> Self {
        let mut order: Vec<_> = packed.ranges().collect();
        // Longest first; a stable sort, so that equal ones keep their order.
        order.sort_by_key(|range| std::cmp::Reverse(range.len()));
        let (mut rows, mut starts) = (Vec::with_capacity(packed.n_rows()), vec![0]);
        let longest = order.first().map_or(0, ExactSizeIterator::len);
        for step in 0..longest {
            let running = order.iter().take_while(|range| range.len() > step);
            rows.extend(running.map(|range| range.start + step));
            starts.push(rows.len());
        }
        Self { rows, starts }
    }

    fn gather(&self, matrix: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(matrix.rows, matrix.cols);
        for (at, &row) in self.rows.iter().enumerate() {
            out.row_mut(at).copy_from_slice(matrix.row(row));
        }
        out
    }

    fn scatter(&self, matrix: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(matrix.rows, matrix.cols);
        for (at, &row) in self.rows.iter().enumerate() {
            out.row_mut(row).copy_from_slice(matrix.row(at));
        }
        out
    }

    /// First row and number of rows of each step.
    fn steps(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> + '_ {
        self.starts
            .windows(2)
            .map(|pair| (pair[0], pair[1] - pair[0]))
    }
}

impl Gru {
    /// With weights by Glorot and Bengio (2010).
    pub fn new(width: usize, dropout: f32, seed: Seed) -> Self {
        let three = |label: &str| {
            let mut all = Matrix::zeros(width, 3 * width);
            for gate in 0..3 {
                let part = xavier_uniform(width, width, seed.derive(label).at(gate as u64));
                for row in 0..width {
                    all.row_mut(row)[gate * width..(gate + 1) * width]
                        .copy_from_slice(part.row(row));
                }
            }
            all
        };
        let weights = vec![
            three("input"),
            Matrix::zeros(1, 3 * width),
            three("state"),
            Matrix::zeros(1, width),
        ];
        Self { dropout, weights }
    }

    fn width(&self) -> usize {
        self.weights[0].rows
    }

    /// States by time and what the backward pass needs.
    fn run(&self, x: &Matrix, packed: &Packed, noise: Noise) -> GruTrace {
        let k = self.width();
        let by_time = ByTime::new(packed);
        let x = by_time.gather(x);
        let mut gates = Matrix::default();
        gemm(&x, &self.weights[0], Beta::Replace, &mut gates);
        add_to_rows(&mut gates, &self.weights[1].data);
        let mut trace = GruTrace {
            inner: Matrix::zeros(x.rows, k),
            states: Matrix::zeros(x.rows, k),
            by_time,
            x,
            gates,
            noise,
        };
        let (mut state, mut products) = (Matrix::default(), Matrix::default());
        let mut before = 0;
        for (step, (start, count)) in trace.by_time.steps().enumerate() {
            state.reshape(count, k);
            if step == 0 {
                state.fill(0.0);
            } else {
                let from = &trace.states.data[before * k..(before + count) * k];
                state.data.copy_from_slice(from);
            }
            gemm(&state, &self.weights[2], Beta::Replace, &mut products);
            for row in 0..count {
                let (p, h) = (products.row(row), state.row(row));
                let gates = trace.gates.row_mut(start + row);
                let (r, rest) = gates.split_at_mut(k);
                let (u, c) = rest.split_at_mut(k);
                let inner = trace.inner.row_mut(start + row);
                let out = trace.states.row_mut(start + row);
                for i in 0..k {
                    r[i] = sigmoid(r[i] + p[i]);
                    u[i] = sigmoid(u[i] + p[k + i]);
                    inner[i] = p[2 * k + i] + self.weights[3].data[i];
                    c[i] = (c[i] + r[i] * inner[i]).tanh();
                    out[i] = c[i] + u[i] * (h[i] - c[i]);
                }
            }
            before = start;
        }
        trace
    }
}

impl Body for Gru {
    type Trace = GruTrace;

    fn forward(&self, x: Matrix, packed: &Packed, noise: Noise) -> (Matrix, GruTrace) {
        let trace = self.run(&x, packed, noise);
        let mut out = trace.by_time.scatter(&trace.states);
        dropout(
            &mut out,
            self.dropout,
            noise.seed.derive("states"),
            noise.step,
        );
        (out, trace)
    }

    fn backward(
        &self,
        trace: GruTrace,
        _packed: &Packed,
        mut derivatives: Matrix,
    ) -> (Matrix, Vec<Matrix>) {
        let k = self.width();
        let noise = trace.noise;
        dropout(
            &mut derivatives,
            self.dropout,
            noise.seed.derive("states"),
            noise.step,
        );
        let by_states = trace.by_time.gather(&derivatives);
        let n = by_states.rows;
        let mut by_gates = Matrix::zeros(n, 3 * k);
        let mut by_recurrent = Matrix::zeros(n, 3 * k);
        let mut states_before = Matrix::zeros(n, k);
        let steps: Vec<(usize, usize)> = trace.by_time.steps().collect();
        // Derivatives by the state that a step leaves, from the step after it.
        let mut carried = Matrix::default();
        let mut by_products = Matrix::default();
        for (step, &(start, count)) in steps.iter().enumerate().rev() {
            if let Some(earlier) = step.checked_sub(1) {
                let from = steps[earlier].0 * k;
                states_before.data[start * k..(start + count) * k]
                    .copy_from_slice(&trace.states.data[from..from + count * k]);
            }
            by_products.reshape(count, 3 * k);
            let mut through = Matrix::zeros(count, k);
            for row in 0..count {
                let at = start + row;
                let gates = trace.gates.row(at);
                let (inner, h) = (trace.inner.row(at), states_before.row(at));
                let direct = by_gates.row_mut(at);
                let products = by_products.row_mut(row);
                for i in 0..k {
                    let (r, u, c) = (gates[i], gates[k + i], gates[2 * k + i]);
                    let mut g = by_states.row(at)[i];
                    if row < carried.rows {
                        g += carried.row(row)[i];
                    }
                    let by_c = g * (1.0 - u) * (1.0 - c * c);
                    let by_u = g * (h[i] - c) * u * (1.0 - u);
                    let by_r = by_c * inner[i] * r * (1.0 - r);
                    (direct[i], direct[k + i], direct[2 * k + i]) = (by_r, by_u, by_c);
                    (products[i], products[k + i], products[2 * k + i]) = (by_r, by_u, by_c * r);
                    through.row_mut(row)[i] = g * u;
                }
            }
            by_recurrent.data[start * 3 * k..(start + count) * 3 * k]
                .copy_from_slice(&by_products.data);
            gemm_nt(&by_products, &self.weights[2], Beta::Add, &mut through);
            carried = through;
        }
        let mut found = [(); 4].map(|()| Matrix::default());
        gemm_tn(&trace.x, &by_gates, Beta::Replace, &mut found[0]);
        let mut sum = Vec::new();
        sum_rows(&by_gates, &mut sum);
        found[1] = Matrix::from_vec(1, 3 * k, sum);
        gemm_tn(&states_before, &by_recurrent, Beta::Replace, &mut found[2]);
        let mut sum = Vec::new();
        sum_rows(&by_recurrent, &mut sum);
        found[3] = Matrix::from_vec(1, k, sum.split_off(2 * k));
        let mut by_x = Matrix::default();
        gemm_nt(&by_gates, &self.weights[0], Beta::Replace, &mut by_x);
        (trace.by_time.scatter(&by_x), found.into())
    }

    fn infer(&self, x: Matrix, packed: &Packed) -> Matrix {
        let noise = Noise {
            seed: Seed(0),
            step: 0,
        };
        let trace = self.run(&x, packed, noise);
        trace.by_time.scatter(&trace.states)
    }

    fn names(&self) -> Vec<String> {
        let names = ["input.weight", "input.bias", "state.weight", "state.bias"];
        names.map(|name| format!("gru.{name}")).into()
    }

    fn weights(&self) -> &[Matrix] {
        &self.weights
    }

    fn weights_mut(&mut self) -> &mut [Matrix] {
        &mut self.weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::{check, weighted};
    use sparring_wide::normal;

    #[test]
    fn worked_by_hand() {
        // Width 1, all weights 1, biases 0, x = 0 then 0: r = u = 1/2, c = tanh(h / 2).
        let mut gru = Gru::new(1, 0.0, Seed(1));
        for weight in gru.weights_mut() {
            weight.fill(0.0);
        }
        gru.weights[0].fill(1.0);
        // x = ln 3: r = u = 3/4, c = tanh(ln 3) = 0.8, h = 0.25 * 0.8 = 0.2
        let out = gru.infer(Matrix::from_vec(1, 1, vec![3_f32.ln()]), &Packed::of([1]));
        assert!((out.data[0] - 0.2).abs() < 1e-6);
        // Then x = 0: u = 1/2, c = 0, h = 0.1
        let x = Matrix::from_vec(2, 1, vec![3_f32.ln(), 0.0]);
        assert!((gru.infer(x, &Packed::of([2])).data[1] - 0.1).abs() < 1e-6);
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let mut gru = Gru::new(3, 0.3, Seed(1));
        gru.weights[3] = normal(1, 3, 1.0, Seed(5));
        let packed = Packed::of([2, 4, 1]);
        let noise = Noise {
            seed: Seed(4),
            step: 1,
        };
        let (x, weight) = (normal(7, 3, 1.0, Seed(1)), normal(7, 3, 1.0, Seed(2)));
        let value =
            |gru: &Gru, x: &Matrix| weighted(&gru.forward(x.clone(), &packed, noise).0, &weight);
        let (_, trace) = gru.forward(x.clone(), &packed, noise);
        let (by_x, by_weights) = gru.backward(trace, &packed, weight.clone());
        check(&x, &by_x, |x| value(&gru, x));
        for (at, gradient) in by_weights.iter().enumerate() {
            check(&gru.weights[at], gradient, |matrix| {
                let mut moved = gru.clone();
                moved.weights[at] = matrix.clone();
                value(&moved, &x)
            });
        }
    }

    #[test]
    fn sequences_do_not_touch() {
        let gru = Gru::new(3, 0.0, Seed(1));
        let x = normal(6, 3, 1.0, Seed(1));
        let both = gru.infer(x.clone(), &Packed::of([2, 4]));
        let second = Matrix::from_vec(4, 3, x.data[6..].to_vec());
        let alone = gru.infer(second, &Packed::of([4]));
        for (a, b) in both.data[6..].iter().zip(&alone.data) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}
