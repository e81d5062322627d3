//! Causal attention over packed sequences, backward by hand.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use sparring_wide::{Matrix, exp, vectorised};

use crate::packed::Packed;

/// Queries of a block: keys after its last query are never looked at.
const BLOCK: usize = 64;

/// Scaled dot-product attention with several heads, each event looking at itself and at what came
/// before it in its sequence (Vaswani et al., 2017, eq. 1).
///
/// ```text
/// O_i = sum_{j <= i} P_ij V_j,   P_ij = exp(q_i . k_j / sqrt(d_h) - m_h (i - j) - lse_i)
/// ```
///
/// With `recency` head `h` of `H` fades with distance by `m_h = 2^(-8 h / H)`, `h` from 1 (Press et
/// al., 2022, section 3); else `m_h = 0`.
///
/// # Shapes
/// `qkv [N, 3 K]`: queries, keys and values side by side, each with `heads` heads of `K / heads`.
/// The output is `[N, K]`. Sequences are independent, so the bits do not depend on threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attention {
    /// Number of heads; divides `K`.
    pub heads: usize,
    /// Whether attention fades with distance.
    pub recency: bool,
}

/// `m_h` of a head, from 0.
pub(crate) fn slope_of(recency: bool, head: usize, heads: usize) -> f32 {
    if recency {
        (-8.0 * (head + 1) as f32 / heads as f32).exp2()
    } else {
        0.0
    }
}

/// What the backward pass needs of the forward one.
#[derive(Debug, Clone, PartialEq)]
pub struct Attended {
    /// The output `[N, K]`.
    pub output: Matrix,
    /// `lse_i`, logarithms of the sums of exponentials `[N, heads]`.
    lse: Matrix,
}

/// Scratch of one thread.
#[derive(Default)]
struct Scratch {
    p: Vec<f32>,
    dp: Vec<f32>,
}

/// The three parts of one sequence's rows.
#[derive(Clone, Copy)]
struct Rows<'a> {
    qkv: &'a [f32],
    n: usize,
    width: usize,
}

impl<'a> Rows<'a> {
    /// Columns of part 0 (queries), 1 (keys) or 2 (values) of a head.
    fn part(self, part: usize, head: usize, size: usize) -> MatRef<'a, f32> {
        MatRef::from_row_major_slice(self.qkv, self.n, 3 * self.width)
            .subcols(part * self.width + head * size, size)
    }
}

impl Attention {
    /// The output and what [`backward`](Self::backward) needs.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(self, qkv: &Matrix, packed: &Packed) -> Attended {
        let width = self.width(qkv, packed);
        let mut output = Matrix::zeros(qkv.rows, width);
        let mut lse = Matrix::zeros(qkv.rows, self.heads);
        let tasks: Vec<_> = packed
            .ranges()
            .zip(packed.cut(&mut output.data, width))
            .zip(packed.cut(&mut lse.data, self.heads))
            .collect();
        tasks
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, ((range, out), lse)| {
                let rows = Rows {
                    qkv: &qkv.data[range.start * 3 * width..range.end * 3 * width],
                    n: range.len(),
                    width,
                };
                self.forward_one(rows, scratch, out, lse);
            });
        Attended { output, lse }
    }

    /// The derivatives by `qkv`, given those by the output.
    ///
    /// ```text
    /// dV = P' dO    dP = dO V'    dS_ij = P_ij (dP_ij - dO_i . O_i) / sqrt(d_h)    dQ = dS K    dK = dS' Q
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn backward(
        self,
        qkv: &Matrix,
        packed: &Packed,
        attended: &Attended,
        d_output: &Matrix,
    ) -> Matrix {
        let width = self.width(qkv, packed);
        assert_eq!(d_output.shape(), (qkv.rows, width), "derivatives");
        let mut d_qkv = Matrix::zeros(qkv.rows, 3 * width);
        let tasks: Vec<_> = packed
            .ranges()
            .zip(packed.cut(&mut d_qkv.data, 3 * width))
            .collect();
        tasks
            .into_par_iter()
            .for_each_init(Scratch::default, |scratch, (range, out)| {
                let rows = Rows {
                    qkv: &qkv.data[range.start * 3 * width..range.end * 3 * width],
                    n: range.len(),
                    width,
                };
                let part = |matrix: &'_ Matrix| range.start * matrix.cols..range.end * matrix.cols;
                let o = &attended.output.data[part(&attended.output)];
                let lse = &attended.lse.data[part(&attended.lse)];
                let d_o = &d_output.data[part(d_output)];
                self.backward_one(rows, scratch, (o, lse, d_o), out);
            });
        d_qkv
    }

    fn width(self, qkv: &Matrix, packed: &Packed) -> usize {
        let width = qkv.cols / 3;
        assert_eq!(qkv.cols, 3 * width, "queries, keys and values");
        assert_eq!(width % self.heads, 0, "heads divide the width");
        assert_eq!(qkv.rows, packed.n_rows(), "one row an event");
        width
    }

    fn forward_one(self, rows: Rows<'_>, scratch: &mut Scratch, out: &mut [f32], lse: &mut [f32]) {
        let size = rows.width / self.heads;
        for head in 0..self.heads {
            let v = rows.part(2, head, size);
            for (start, end) in blocks(rows.n) {
                self.weights(rows, head, (start, end), &mut scratch.p);
                normalise(&mut scratch.p, start, end, |row, value| {
                    lse[(start + row) * self.heads + head] = value;
                });
                let p = MatRef::from_row_major_slice(&scratch.p, end - start, end);
                let out = MatMut::from_row_major_slice_mut(out, rows.n, rows.width)
                    .subrows_mut(start, end - start)
                    .subcols_mut(head * size, size);
                matmul(out, Accum::Replace, p, v.subrows(0, end), 1.0, Par::Seq);
            }
        }
    }

    /// Scaled products of the queries of a block with all keys up to its end.
    fn weights(self, rows: Rows<'_>, head: usize, block: (usize, usize), s: &mut Vec<f32>) {
        let size = rows.width / self.heads;
        let (start, end) = block;
        let (q, k) = (rows.part(0, head, size), rows.part(1, head, size));
        s.clear();
        s.resize((end - start) * end, 0.0);
        matmul(
            MatMut::from_row_major_slice_mut(s, end - start, end),
            Accum::Replace,
            q.subrows(start, end - start),
            k.subrows(0, end).transpose(),
            (size as f32).sqrt().recip(),
            Par::Seq,
        );
        if self.recency {
            let slope = slope_of(true, head, self.heads);
            for (row, s) in s.chunks_mut(end).enumerate() {
                for (key, s) in s[..=start + row].iter_mut().enumerate() {
                    *s -= slope * (start + row - key) as f32;
                }
            }
        }
    }

    fn backward_one(
        self,
        rows: Rows<'_>,
        scratch: &mut Scratch,
        (o, lse, d_o): (&[f32], &[f32], &[f32]),
        out: &mut [f32],
    ) {
        let (n, width) = (rows.n, rows.width);
        let size = width / self.heads;
        let scale = (size as f32).sqrt().recip();
        let d_o_view = MatRef::from_row_major_slice(d_o, n, width);
        for head in 0..self.heads {
            let [q, k, v] = [0, 1, 2].map(|part| rows.part(part, head, size));
            let d_o_head = d_o_view.subcols(head * size, size);
            for (start, end) in blocks(n) {
                let height = end - start;
                self.weights(rows, head, (start, end), &mut scratch.p);
                let d_o_block = d_o_head.subrows(start, height);
                scratch.dp.clear();
                scratch.dp.resize(height * end, 0.0);
                matmul(
                    MatMut::from_row_major_slice_mut(&mut scratch.dp, height, end),
                    Accum::Replace,
                    d_o_block,
                    v.subrows(0, end).transpose(),
                    1.0,
                    Par::Seq,
                );
                for row in 0..height {
                    let at = (start + row) * width + head * size;
                    let dot: f32 = o[at..at + size]
                        .iter()
                        .zip(&d_o[at..at + size])
                        .map(|(o, d)| o * d)
                        .sum();
                    let p = &mut scratch.p[row * end..(row + 1) * end];
                    let dp = &mut scratch.dp[row * end..(row + 1) * end];
                    let lse = lse[(start + row) * self.heads + head];
                    slopes(p, dp, start + row + 1, (lse, dot, scale));
                }
                let p = MatRef::from_row_major_slice(&scratch.p, height, end);
                let ds = MatRef::from_row_major_slice(&scratch.dp, height, end);
                let mut add = |part: usize, from: usize, count: usize, a, b| {
                    let target = MatMut::from_row_major_slice_mut(out, n, 3 * width)
                        .subrows_mut(from, count)
                        .subcols_mut(part * width + head * size, size);
                    matmul(target, Accum::Add, a, b, 1.0, Par::Seq);
                };
                add(0, start, height, ds, k.subrows(0, end));
                add(1, 0, end, ds.transpose(), q.subrows(start, height));
                add(2, 0, end, p.transpose(), d_o_block);
            }
        }
    }
}

/// The blocks of queries of a sequence: first and one past the last.
fn blocks(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n)
        .step_by(BLOCK)
        .map(move |start| (start, n.min(start + BLOCK)))
}

/// Softmax of the rows of a block over the keys each may see; the others get zero.
fn normalise(s: &mut [f32], start: usize, end: usize, mut tell: impl FnMut(usize, f32)) {
    for (row, s) in s.chunks_mut(end).enumerate() {
        let (seen, hidden) = s.split_at_mut(start + row + 1);
        hidden.fill(0.0);
        let (most, sum) = vectorised(|| {
            let most = seen.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sums = [0.0_f32; 8];
            for eight in seen.chunks_mut(8) {
                for (x, sum) in eight.iter_mut().zip(&mut sums) {
                    *x = exp(*x - most);
                    *sum += *x;
                }
            }
            let sum: f32 = sums.iter().sum();
            let scale = sum.recip();
            for x in seen.iter_mut() {
                *x *= scale;
            }
            (most, sum)
        });
        tell(row, most + sum.ln());
    }
}

/// From products to probabilities in `p`, and from their derivatives to those of the products.
fn slopes(p: &mut [f32], dp: &mut [f32], seen: usize, (lse, dot, scale): (f32, f32, f32)) {
    vectorised(|| {
        for (p, dp) in p[..seen].iter_mut().zip(&mut dp[..seen]) {
            *p = exp(*p - lse);
            *dp = *p * (*dp - dot) * scale;
        }
    });
    p[seen..].fill(0.0);
    dp[seen..].fill(0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::{check, weighted};
    use sparring_wide::{Seed, normal};

    const PLAIN: Attention = Attention {
        heads: 1,
        recency: false,
    };

    #[test]
    fn worked_by_hand() {
        // One head of width 1: q = k = (1, 1), v = (2, 4). The second event weighs both alike.
        let qkv = Matrix::from_vec(3, 3, vec![1., 1., 2., 1., 1., 4., 5., 5., 7.]);
        let out = PLAIN.forward(&qkv, &Packed::of([2, 1])).output;
        assert_eq!(out.data, [2.0, 3.0, 7.0]);
        // q_1 . k = (0, ln 3): weights 1/4 and 3/4.
        let qkv = Matrix::from_vec(2, 3, vec![0., 0., 2., 1., 3_f32.ln(), 4.]);
        let out = PLAIN.forward(&qkv, &Packed::of([2])).output;
        assert!((out.data[1] - 3.5).abs() < 1e-6);
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        // Longer than a block, so that several are crossed.
        let packed = Packed::of([3, 1, BLOCK + 5]);
        let qkv = normal(packed.n_rows(), 12, 1.0, Seed(1));
        let weight = normal(packed.n_rows(), 4, 1.0, Seed(2));
        let attention = Attention {
            heads: 2,
            recency: true,
        };
        let attended = attention.forward(&qkv, &packed);
        let gradient = attention.backward(&qkv, &packed, &attended, &weight);
        check(&qkv, &gradient, |qkv| {
            weighted(&attention.forward(qkv, &packed).output, &weight)
        });
    }
}
