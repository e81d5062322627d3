//! Small regularised least squares problems, one a user, in single precision on vector units.
//!
//! Plain loops over chunks of constant width, compiled for the vector unit found at run time. All
//! widths are padded to a multiple of [`LANES`] with zeros, and the padded part of a matrix is the
//! identity, so that padding stays zero in every solution.

#![expect(
    clippy::inline_always,
    reason = "kernels must be compiled for the vector unit"
)]

use pulp::Arch;
use rayon::prelude::*;

/// Rows of a register tile.
pub(super) const LANES: usize = 16;
/// Columns of a register tile.
const COLUMNS: usize = 4;
/// Rows of the design matrix that stay in the first-level cache.
const PACK: usize = 64;
/// Rows whose products are summed by one thread, whatever the number of threads.
const BLOCK: usize = 512;

/// Rows of factors, row-major `[N, D]` with `D` a multiple of [`LANES`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

/// Scratch memory of one solve.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    /// Lower triangle, column-major `[D, D]`.
    matrix: Vec<f32>,
    packed: Vec<f32>,
}

/// What is common to all problems of one half-iteration: `weight * H' H` over all rows `H`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Common {
    width: usize,
    /// The lower triangle, column-major.
    matrix: Vec<f32>,
    /// Both triangles.
    full: Vec<f32>,
}

impl Rows {
    /// Rows of `width` numbers, padded.
    pub(super) fn padded(values: &[f32], width: usize) -> Self {
        let to = width.next_multiple_of(LANES);
        let mut padded = vec![0.0; values.len() / width * to];
        for (row, values) in padded.chunks_mut(to).zip(values.chunks(width)) {
            row[..width].copy_from_slice(values);
        }
        Self {
            width: to,
            values: padded,
        }
    }

    /// One row with its padding.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..][..self.width]
    }

    /// The first `width` numbers of each row.
    pub(super) fn cut(&self, width: usize) -> Vec<f32> {
        let rows = self.values.chunks(self.width);
        rows.flat_map(|row| &row[..width]).copied().collect()
    }
}

impl Scratch {
    pub(super) fn new(width: usize) -> Self {
        Self {
            matrix: vec![0.0; width * width],
            packed: vec![0.0; PACK * width],
        }
    }
}

impl Common {
    /// `weight * H' H`, summed in blocks of fixed size.
    pub(super) fn new(rows: &Rows, weight: f32) -> Self {
        let d = rows.width;
        let parts: Vec<Vec<f32>> = rows
            .values
            .par_chunks(BLOCK * d)
            .map(|block| {
                let mut part = vec![0.0; d * d];
                for pack in block.chunks(PACK * d) {
                    on_vectors(Accumulate {
                        d,
                        pack,
                        matrix: &mut part,
                    });
                }
                part
            })
            .collect();
        let mut matrix = vec![0.0; d * d];
        for part in parts {
            matrix.iter_mut().zip(part).for_each(|(sum, p)| *sum += p);
        }
        for entry in &mut matrix {
            *entry *= weight;
        }
        let full = (0..d * d)
            .map(|at| matrix[(at / d).min(at % d) * d + (at / d).max(at % d)])
            .collect();
        Self {
            width: d,
            matrix,
            full,
        }
    }

    /// `weight * H' H` with both triangles.
    pub(super) fn full(&self) -> &[f32] {
        &self.full
    }

    /// Writes the solution `w` of `(weight H' H + sum_s h_s h_s' + l2) w = sum_s h_s`, where `s`
    /// runs over `which` rows of `H`. Not finite if the matrix is not positive definite.
    pub(super) fn solve(
        &self,
        rows: &Rows,
        which: &[u32],
        l2: f32,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        out.fill(0.0);
        for &row in which {
            let values = rows.row(row as usize);
            out.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
        }
        self.solve_for(rows, which, l2, scratch, out);
    }

    /// The same for another right-hand side, which the solution overwrites.
    pub(super) fn solve_for(
        &self,
        rows: &Rows,
        which: &[u32],
        l2: f32,
        scratch: &mut Scratch,
        solution: &mut [f32],
    ) {
        let d = self.width;
        scratch.matrix.copy_from_slice(&self.matrix);
        for which in which.chunks(PACK) {
            for (&row, packed) in which.iter().zip(scratch.packed.chunks_mut(d)) {
                packed.copy_from_slice(rows.row(row as usize));
            }
            on_vectors(Accumulate {
                d,
                pack: &scratch.packed[..which.len() * d],
                matrix: &mut scratch.matrix,
            });
        }
        for at in 0..d {
            scratch.matrix[at * d + at] += l2;
        }
        on_vectors(Solve {
            d,
            matrix: &mut scratch.matrix,
            solution,
        });
    }
}

/// Work that is compiled for each kind of vector unit.
pub(super) trait Kernel {
    /// `FUSED`: the unit multiplies and adds in one instruction.
    fn run<const FUSED: bool>(self);
}

pub(super) fn on_vectors(kernel: impl Kernel) {
    let arch = Arch::new();
    if matches!(arch, Arch::Scalar) {
        kernel.run::<false>();
    } else {
        arch.dispatch(
            #[inline(always)]
            || kernel.run::<true>(),
        );
    }
}

#[inline(always)]
pub(super) fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Adds `P' P` to the lower triangle of a matrix, for packed rows `P`.
struct Accumulate<'a> {
    d: usize,
    pack: &'a [f32],
    matrix: &'a mut [f32],
}

impl Kernel for Accumulate<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let d = self.d;
        for i in (0..d).step_by(LANES) {
            for j in (0..i + LANES).step_by(COLUMNS) {
                let mut sums = [[0.0_f32; LANES]; COLUMNS];
                for row in self.pack.chunks_exact(d) {
                    let (Some(tall), Some(wide)) = (
                        row[i..].first_chunk::<LANES>(),
                        row[j..].first_chunk::<COLUMNS>(),
                    ) else {
                        return;
                    };
                    for c in 0..COLUMNS {
                        for r in 0..LANES {
                            sums[c][r] = multiply_add::<FUSED>(wide[c], tall[r], sums[c][r]);
                        }
                    }
                }
                for (c, sums) in sums.iter().enumerate() {
                    let column = &mut self.matrix[(j + c) * d + i..][..LANES];
                    column
                        .iter_mut()
                        .zip(sums)
                        .for_each(|(entry, sum)| *entry += sum);
                }
            }
        }
    }
}

/// Factorises a matrix in place (Cholesky, column by column) and solves for one right-hand side.
struct Solve<'a> {
    d: usize,
    matrix: &'a mut [f32],
    solution: &'a mut [f32],
}

impl Kernel for Solve<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (d, x) = (self.d, self.solution);
        for j in 0..d {
            let (done, rest) = self.matrix.split_at_mut(j * d);
            let column = &mut rest[..d];
            // Whole tiles from the one with the diagonal on; what lies above it is never read.
            for i in (j / LANES * LANES..d).step_by(LANES) {
                subtract::<FUSED>(done, d, (i, j), &mut column[i..i + LANES]);
            }
            let scale = column[j].sqrt().recip();
            for entry in &mut column[j..] {
                *entry *= scale;
            }
        }
        for j in 0..d {
            let column = &self.matrix[j * d..][..d];
            x[j] /= column[j];
            let value = -x[j];
            for (x, entry) in x[j + 1..].iter_mut().zip(&column[j + 1..]) {
                *x = multiply_add::<FUSED>(value, *entry, *x);
            }
        }
        for j in (0..d).rev() {
            let column = &self.matrix[j * d..][..d];
            let below = dot::<FUSED>(&column[j + 1..], &x[j + 1..]);
            x[j] = (x[j] - below) / column[j];
        }
    }
}

/// `column -= sum_k L_jk L_ik` over the finished columns `k`, for the rows `i..i + LANES`.
#[inline(always)]
fn subtract<const FUSED: bool>(done: &[f32], d: usize, (i, j): (usize, usize), column: &mut [f32]) {
    // Two sums in turn, since an addition has to wait for the one before.
    let mut sums = [[0.0_f32; LANES]; 2];
    for (k, finished) in done.chunks_exact(d).enumerate() {
        let Some(rows) = finished[i..].first_chunk::<LANES>() else {
            return;
        };
        let (value, sums) = (-finished[j], &mut sums[k % 2]);
        for r in 0..LANES {
            sums[r] = multiply_add::<FUSED>(value, rows[r], sums[r]);
        }
    }
    for (r, entry) in column.iter_mut().enumerate() {
        *entry += sums[0][r] + sums[1][r];
    }
}

/// The inner product, in a fixed order.
#[inline(always)]
pub(super) fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.chunks(LANES), b.chunks(LANES));
    for (a, b) in a.zip(b) {
        for (lane, (a, b)) in a.iter().zip(b).enumerate() {
            sums[lane] = multiply_add::<FUSED>(*a, *b, sums[lane]);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    fn rows(n: usize, width: usize) -> Rows {
        let mut stream = sparring_wide::Seed(2).stream("rows");
        let values: Vec<f32> = (0..n * width)
            .map(|_| stream.random_range(-1.0..1.0))
            .collect();
        Rows::padded(&values, width)
    }

    #[test]
    fn by_hand() {
        // H = (1 1), (0 2), weight 1/2, row 1 chosen, l2 = 1:
        // A = [.5 .5; .5 2.5] + [0 0; 0 4] + 1 = [1.5 .5; .5 7.5], b = (0 2), determinant 11:
        // w = (-1 / 11, 3 / 11).
        let rows = Rows::padded(&[1.0, 1.0, 0.0, 2.0], 2);
        let common = Common::new(&rows, 0.5);
        let mut out = vec![f32::NAN; LANES];
        common.solve(&rows, &[1], 1.0, &mut Scratch::new(LANES), &mut out);
        for (found, expected) in out.iter().zip([-1.0 / 11.0, 3.0 / 11.0, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(rows.cut(2), [1.0, 1.0, 0.0, 2.0]);
    }

    #[test]
    fn solutions_satisfy_their_equations() {
        for width in [1, 15, 16, 33, 64] {
            let rows = rows(700, width);
            let d = rows.width;
            let which: Vec<u32> = (0..150).map(|at| at * 4).collect();
            let (weight, l2) = (0.1, 0.5);
            let mut out = vec![0.0; d];
            let common = Common::new(&rows, weight);
            common.solve(&rows, &which, l2, &mut Scratch::new(d), &mut out);
            // A w - b, one row of H at a time, in double precision.
            let mut left: Vec<f64> = out.iter().map(|&w| f64::from(w) * f64::from(l2)).collect();
            let mut scale = 0.0_f64;
            for (at, row) in rows.values.chunks(d).enumerate() {
                let chosen = f64::from(u8::from(which.contains(&u32::try_from(at).unwrap())));
                let value: f64 = row.iter().zip(&out).map(|(h, w)| f64::from(h * w)).sum();
                for (left, &h) in left.iter_mut().zip(row) {
                    *left += f64::from(h) * (value * (f64::from(weight) + chosen) - chosen);
                }
                scale += chosen;
            }
            let worst = left.iter().fold(0.0_f64, |worst, l| worst.max(l.abs()));
            assert!(worst < 1e-6 * scale, "width {width}: {worst}");
        }
    }

    #[test]
    fn the_portable_kernels_agree_with_the_vector_unit() {
        let rows = rows(PACK, 32);
        let d = rows.width;
        let (mut plain, mut vector) = (vec![0.0; d * d], vec![0.0; d * d]);
        let kernel = |matrix| Accumulate {
            d,
            pack: &rows.values,
            matrix,
        };
        kernel(&mut plain).run::<false>();
        on_vectors(kernel(&mut vector));
        for at in 0..d {
            plain[at * d + at] += 1.0;
            vector[at * d + at] += 1.0;
        }
        let (mut x, mut y) = (vec![1.0; d], vec![1.0; d]);
        let solve = |matrix, solution| Solve {
            d,
            matrix,
            solution,
        };
        solve(&mut plain, &mut x).run::<false>();
        on_vectors(solve(&mut vector, &mut y));
        for (x, y) in x.iter().zip(y) {
            assert!((x - y).abs() < 1e-4, "{x} {y}");
        }
    }
}
