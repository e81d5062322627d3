"""An iALS iteration of the `implicit` package: a line in asks for one, a line out is ms.

The first line in has the numbers of users and items; then comes a line of items for each user. An
iteration solves for all users and then for all items, by 3 steps of conjugate gradients, in single
precision, as the package does by default. Argument: factors.
"""

import sys
import time

import numpy as np
from implicit.cpu import _als
from scipy import sparse
from threadpoolctl import threadpool_limits

factors = int(sys.argv[1])
users, items = (int(x) for x in sys.stdin.readline().split())
rows = [np.array(sys.stdin.readline().split(), dtype=np.int32) for _ in range(users)]
starts = np.cumsum([0] + [len(row) for row in rows])
ones = np.full(starts[-1], 2, dtype=np.float32)  # confidence
by_user = sparse.csr_matrix((ones, np.concatenate(rows), starts), shape=(users, items))
by_item = by_user.T.tocsr()
draw = np.random.default_rng(1)
X = draw.random((users, factors), dtype=np.float32) * 0.01
Y = draw.random((items, factors), dtype=np.float32) * 0.01

with threadpool_limits(1, "blas"):
    for _ in sys.stdin:
        begin = time.perf_counter()
        _als.least_squares_cg(by_user, X, Y, 0.01, num_threads=2, cg_steps=3)
        _als.least_squares_cg(by_item, Y, X, 0.01, num_threads=2, cg_steps=3)
        print((time.perf_counter() - begin) * 1000, flush=True)
