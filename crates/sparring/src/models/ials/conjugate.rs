//! The same small problems by a few steps of conjugate gradients from the last solution (Takács,
//! Pilászy and Tikk, "Applications of the conjugate gradient method for implicit feedback
//! collaborative filtering", RecSys 2011), which never forms their matrices.

#![expect(
    clippy::inline_always,
    reason = "kernels must be compiled for the vector unit"
)]

use super::least_squares::{Common, Kernel, LANES, Rows, dot, multiply_add, on_vectors};

/// Rows of the design matrix that are read together.
const TOGETHER: usize = 4;

/// Scratch memory of one problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// The rows of the problem, `[S, D]`, padded by rows of zeros.
    packed: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
}

/// `A = G + sum_s h_s h_s' + l2`, with `G` symmetric, `[D, D]`.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    gram: &'a [f32],
    packed: &'a [f32],
    l2: f32,
}

impl Common {
    /// Improves the solution `w` of `(weight H' H + sum_s h_s h_s' + l2) w = sum_s h_s`, where `s`
    /// runs over `which` rows of `H`, by some steps from what `out` holds.
    pub(super) fn improve(
        &self,
        rows: &Rows,
        which: &[u32],
        (l2, steps): (f32, usize),
        memory: &mut Memory,
        out: &mut [f32],
    ) {
        let d = rows.width;
        let Memory {
            packed,
            residual,
            direction,
            product,
        } = memory;
        packed.clear();
        residual.clear();
        residual.resize(d, 0.0);
        for &row in which {
            let values = &rows.values[row as usize * d..][..d];
            packed.extend_from_slice(values);
            residual
                .iter_mut()
                .zip(values)
                .for_each(|(sum, v)| *sum += v);
        }
        packed.resize(which.len().next_multiple_of(TOGETHER) * d, 0.0);
        product.clear();
        product.resize(d, 0.0);
        on_vectors(Descend {
            matrix: Matrix {
                gram: self.full(),
                packed,
                l2,
            },
            steps,
            vectors: [residual, direction, product],
            solution: out,
        });
    }
}

/// Conjugate gradients; `vectors` are the right-hand side, which becomes the residual, and scratch.
struct Descend<'a> {
    matrix: Matrix<'a>,
    steps: usize,
    vectors: [&'a mut Vec<f32>; 3],
    solution: &'a mut [f32],
}

impl Kernel for Descend<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let [residual, direction, product] = self.vectors;
        let (a, x) = (self.matrix, self.solution);
        a.times::<FUSED>(x, product);
        residual
            .iter_mut()
            .zip(&*product)
            .for_each(|(r, p)| *r -= p);
        direction.clear();
        direction.extend_from_slice(residual);
        let mut length = dot::<FUSED>(residual, residual);
        for _ in 0..self.steps {
            // Nothing is left to improve in single precision.
            if length < 1e-20 {
                break;
            }
            a.times::<FUSED>(direction, product);
            let step = length / dot::<FUSED>(direction, product);
            scale_add::<FUSED>(x, step, direction);
            scale_add::<FUSED>(residual, -step, product);
            let new = dot::<FUSED>(residual, residual);
            let keep = new / length;
            length = new;
            for (d, r) in direction.iter_mut().zip(&*residual) {
                *d = multiply_add::<FUSED>(keep, *d, *r);
            }
        }
    }
}

impl Matrix<'_> {
    /// `out = A x`.
    #[inline(always)]
    fn times<const FUSED: bool>(self, x: &[f32], out: &mut [f32]) {
        let d = x.len();
        for (out, x) in out.iter_mut().zip(x) {
            *out = self.l2 * x;
        }
        for (columns, x) in self
            .gram
            .chunks_exact(TOGETHER * d)
            .zip(x.chunks_exact(TOGETHER))
        {
            let Some(x) = x.first_chunk() else { return };
            add_rows::<FUSED>(columns, *x, out);
        }
        for rows in self.packed.chunks_exact(TOGETHER * d) {
            let mut dots = [[0.0_f32; LANES]; TOGETHER];
            for at in (0..d).step_by(LANES) {
                let Some(x) = x[at..].first_chunk::<LANES>() else {
                    return;
                };
                for (row, dots) in dots.iter_mut().enumerate() {
                    let Some(values) = rows[row * d + at..].first_chunk::<LANES>() else {
                        return;
                    };
                    for lane in 0..LANES {
                        dots[lane] = multiply_add::<FUSED>(values[lane], x[lane], dots[lane]);
                    }
                }
            }
            add_rows::<FUSED>(rows, dots.map(total), out);
        }
    }
}

/// `out += sum_r factors_r rows_r`.
#[inline(always)]
fn add_rows<const FUSED: bool>(rows: &[f32], factors: [f32; TOGETHER], out: &mut [f32]) {
    let d = out.len();
    for at in (0..d).step_by(LANES) {
        let Some(out) = out[at..].first_chunk_mut::<LANES>() else {
            return;
        };
        for (row, factor) in factors.iter().enumerate() {
            let Some(values) = rows[row * d + at..].first_chunk::<LANES>() else {
                return;
            };
            for lane in 0..LANES {
                out[lane] = multiply_add::<FUSED>(*factor, values[lane], out[lane]);
            }
        }
    }
}

#[inline(always)]
fn scale_add<const FUSED: bool>(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = multiply_add::<FUSED>(factor, *from, *to);
    }
}

/// Sum of the lanes, in halves.
#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut n = LANES / 2;
    while n > 0 {
        for lane in 0..n {
            lanes[lane] += lanes[lane + n];
        }
        n /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ials::least_squares::Scratch;

    #[test]
    fn many_steps_give_the_exact_solution() {
        let width = 20;
        let value = |at: usize| ((at * 37 + 11) % 101) as f32 / 101.0 - 0.5;
        let values: Vec<f32> = (0..30 * width).map(value).collect();
        let rows = Rows::padded(&values, width);
        let common = Common::new(&rows, 0.3);
        let which = [0, 3, 4, 9, 17, 22, 28];
        let mut exact = vec![0.0; rows.width];
        common.solve(
            &rows,
            &which,
            0.8,
            &mut Scratch::new(rows.width),
            &mut exact,
        );
        let mut found = vec![0.0; rows.width];
        let mut memory = Memory::default();
        let far = |found: &[f32]| -> f32 {
            let apart = found.iter().zip(&exact).map(|(a, b)| (a - b).abs());
            apart.fold(0.0, f32::max)
        };
        common.improve(&rows, &which, (0.8, 3), &mut memory, &mut found);
        let after_three = far(&found);
        common.improve(&rows, &which, (0.8, 40), &mut memory, &mut found);
        assert!(far(&found) < 1e-5, "{}", far(&found));
        assert!(
            far(&found) < after_three,
            "three steps are not all: {after_three}"
        );
        // A solution stays one.
        found.copy_from_slice(&exact);
        common.improve(&rows, &which, (0.8, 3), &mut memory, &mut found);
        assert!(far(&found) < 1e-5, "{}", far(&found));
    }
}
