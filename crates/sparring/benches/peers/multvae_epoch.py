"""A MultVAE epoch in PyTorch, as it is commonly written: a line in asks for one, a line out is ms.

The first line in has the numbers of users and items; then comes a line of items for each user.
Batches are rows of a sparse matrix made dense. Argument: `fused` or `plain` Adam.
"""

import sys
import time

import numpy as np
import torch
from scipy import sparse
from torch import nn
from torch.nn import functional as F

fused = sys.argv[1] == "fused"
torch.set_num_threads(2)
torch.manual_seed(1)
users, items = (int(x) for x in sys.stdin.readline().split())
rows = [np.array(sys.stdin.readline().split(), dtype=np.int32) for _ in range(users)]
starts = np.cumsum([0] + [len(row) for row in rows])
ones = np.ones(starts[-1], dtype=np.float32)
data = sparse.csr_matrix((ones, np.concatenate(rows), starts), shape=(users, items))


class MultVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(items, 600)
        self.head = nn.Linear(600, 400)
        self.decoder = nn.Linear(200, 600)
        self.output = nn.Linear(600, items)

    def forward(self, x):
        hidden = torch.tanh(self.encoder(F.dropout(F.normalize(x), 0.5)))
        mean, log = self.head(hidden).chunk(2, 1)
        z = mean + torch.exp(0.5 * log) * torch.randn_like(mean)
        return self.output(torch.tanh(self.decoder(z))), mean, log


model = MultVAE()
adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=fused or None)


def epoch():
    order, total = np.random.permutation(users), 0.0
    for start in range(0, users, 500):
        x = torch.from_numpy(data[order[start : start + 500]].toarray())
        logits, mean, log = model(x)
        likelihood = (F.log_softmax(logits, 1) * x).sum(1).mean()
        divergence = 0.5 * (mean.pow(2) + log.exp() - log - 1).sum(1).mean()
        loss = 0.2 * divergence - likelihood
        adam.zero_grad()
        loss.backward()
        adam.step()
        total += loss.item()
    return total


for _ in sys.stdin:
    begin = time.perf_counter()
    epoch()
    print((time.perf_counter() - begin) * 1000, flush=True)
