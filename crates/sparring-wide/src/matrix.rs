//! A dense row-major matrix.

/// A row-major matrix `[rows, cols]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// Entry `(r, c)` is at `r * cols + c`.
    pub data: Vec<f32>,
}

impl Matrix {
    /// All zeros.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        let data = vec![0.0; rows * cols];
        Self { rows, cols, data }
    }

    /// From row-major entries.
    ///
    /// # Panics
    /// If `data.len() != rows * cols`.
    pub fn from_vec(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        assert_eq!(data.len(), rows * cols, "a matrix of {rows} x {cols}");
        Self { rows, cols, data }
    }

    /// Row `row`.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.cols..][..self.cols]
    }

    /// Row `row`, to write to.
    pub fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.data[row * self.cols..][..self.cols]
    }

    /// All rows in order (none if there are no columns).
    pub fn rows_iter(&self) -> std::slice::Chunks<'_, f32> {
        self.data.chunks(self.cols.max(1))
    }

    /// Takes another shape, keeping the allocation; the entries are unspecified afterwards.
    pub fn reshape(&mut self, rows: usize, cols: usize) {
        self.data.resize(rows * cols, 0.0);
        (self.rows, self.cols) = (rows, cols);
    }

    /// Sets every entry to `value`.
    pub fn fill(&mut self, value: f32) {
        self.data.fill(value);
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_where_they_should_be() {
        let mut matrix = Matrix::from_vec(2, 3, vec![1., 2., 3., 4., 5., 6.]);
        assert_eq!(matrix.row(1), [4., 5., 6.]);
        matrix.row_mut(0)[2] = 9.0;
        assert_eq!(matrix.data, [1., 2., 9., 4., 5., 6.]);
        matrix.reshape(1, 2);
        assert_eq!((matrix.shape(), matrix.data.len()), ((1, 2), 2));
    }
}
