//! The oracle of `SeqGAN`: a random recurrent network whose law of sequences is known, so that drawn
//! sequences can be judged by their likelihood under it.

use sparring_wide::{Beta, Matrix, Seed, add_to_rows, draw_by_logits, gemm, normal, sigmoid};

/// Sequences that are worked on at once.
const BLOCK: usize = 250;

/// An LSTM with weights from the standard normal law (Yu et al., "`SeqGAN`", AAAI 2017, section 4.1).
///
/// ```text
/// i, f, o = s(x W + b + h U)    g = tanh(x W_g + b_g + h U_g)    c' = f c + i g    h' = o tanh(c')
/// p(token | tokens before) = softmax(h' V + d)        the token before the first one is 0
/// ```
#[derive(Debug, Clone)]
pub struct Oracle {
    /// `[tokens, K]`
    embeddings: Matrix,
    /// `W [K, 4 K]`, `b [1, 4 K]`, `U [K, 4 K]`
    gates: [Matrix; 3],
    /// `V [K, tokens]`, `d [1, tokens]`
    head: [Matrix; 2],
}

impl Oracle {
    /// With weights drawn.
    pub fn new(tokens: usize, width: usize, seed: Seed) -> Self {
        let drawn = |rows, cols, name: &str| normal(rows, cols, 1.0, seed.derive(name));
        Self {
            embeddings: drawn(tokens, width, "embeddings"),
            gates: [
                drawn(width, 4 * width, "input"),
                drawn(1, 4 * width, "bias"),
                drawn(width, 4 * width, "state"),
            ],
            head: [drawn(width, tokens, "head"), drawn(1, tokens, "head bias")],
        }
    }

    /// One step of several sequences: their tokens before, `h` and `c`, which change; logits
    /// `[B, tokens]`.
    fn step(&self, tokens: &[u32], h: &mut Matrix, c: &mut Matrix) -> Matrix {
        let k = self.embeddings.cols;
        let mut x = Matrix::zeros(tokens.len(), k);
        for (row, token) in tokens.iter().enumerate() {
            x.row_mut(row)
                .copy_from_slice(self.embeddings.row(*token as usize));
        }
        let mut gates = Matrix::default();
        gemm(&x, &self.gates[0], Beta::Replace, &mut gates);
        gemm(h, &self.gates[2], Beta::Add, &mut gates);
        add_to_rows(&mut gates, &self.gates[1].data);
        for row in 0..tokens.len() {
            let gates = gates.row(row);
            for at in 0..k {
                let [i, f, o] = [0, 1, 2].map(|gate| sigmoid(gates[gate * k + at]));
                let g = gates[3 * k + at].tanh();
                let cell = &mut c.row_mut(row)[at];
                *cell = f * *cell + i * g;
                h.row_mut(row)[at] = o * cell.tanh();
            }
        }
        let mut logits = Matrix::default();
        gemm(h, &self.head[0], Beta::Replace, &mut logits);
        add_to_rows(&mut logits, &self.head[1].data);
        logits
    }

    fn states(&self, n: usize) -> [Matrix; 2] {
        [(); 2].map(|()| Matrix::zeros(n, self.embeddings.cols))
    }

    /// `n` sequences of `length` tokens.
    pub fn draw(&self, n: usize, length: usize, seed: Seed) -> Vec<Vec<u32>> {
        let mut all = Vec::with_capacity(n);
        while all.len() < n {
            let block = BLOCK.min(n - all.len());
            let mut stream = seed.stream_at("oracle", all.len() as u64);
            let [mut h, mut c] = self.states(block);
            let mut sequences = vec![Vec::with_capacity(length); block];
            let mut before = vec![0; block];
            for _ in 0..length {
                let mut logits = self.step(&before, &mut h, &mut c);
                for (row, sequence) in sequences.iter_mut().enumerate() {
                    let token = draw_by_logits(logits.row_mut(row), &mut stream);
                    before[row] = u32::try_from(token).expect("fewer than 2^32 tokens");
                    sequence.push(before[row]);
                }
            }
            all.append(&mut sequences);
        }
        all
    }

    /// Mean of `-ln p` over the tokens of some sequences of one length.
    ///
    /// # Panics
    /// If their lengths differ.
    pub fn nll(&self, sequences: &[Vec<u32>]) -> f64 {
        let (mut sum, mut tokens) = (0.0, 0.0);
        for block in sequences.chunks(BLOCK) {
            let length = block[0].len();
            assert!(block.iter().all(|s| s.len() == length), "one length");
            let [mut h, mut c] = self.states(block.len());
            let mut before = vec![0; block.len()];
            for at in 0..length {
                let logits = self.step(&before, &mut h, &mut c);
                for (row, sequence) in block.iter().enumerate() {
                    let z = logits.row(row);
                    let most = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    let total: f64 = z.iter().map(|z| f64::from(z - most).exp()).sum();
                    before[row] = sequence[at];
                    sum += f64::from(most - z[sequence[at] as usize]) + total.ln();
                    tokens += 1.0;
                }
            }
        }
        sum / tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_sequences_are_likelier_than_others() {
        let oracle = Oracle::new(50, 8, Seed(1));
        let own = oracle.nll(&oracle.draw(400, 10, Seed(2)));
        let other = Oracle::new(50, 8, Seed(3)).draw(400, 10, Seed(2));
        assert!(own + 1.0 < oracle.nll(&other));
        assert!(own < 50.0_f64.ln());
    }

    #[test]
    fn a_step_by_hand() {
        let one = |x: f32, n| Matrix::from_vec(1, n, vec![x; n]);
        let oracle = Oracle {
            embeddings: Matrix::from_vec(2, 1, vec![1.0, -1.0]),
            gates: [one(0.5, 4), one(0.0, 4), one(2.0, 4)],
            head: [Matrix::from_vec(1, 2, vec![1.0, -1.0]), one(0.0, 2)],
        };
        // x = 1, h = c = 0: gates s(.5) = .62246, g = tanh(.5) = .46212; c = .28765, h = .62246 * tanh(c)
        let h = 0.622_459_3 * 0.287_649_7_f64.tanh();
        let expected = (1.0 + (-2.0 * h).exp()).ln();
        assert!((oracle.nll(&[vec![0]]) - expected).abs() < 1e-5);
    }
}
