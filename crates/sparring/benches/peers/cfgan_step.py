"""The CFGAN step in PyTorch: one line in asks for some steps, one line out is ms a step.

A step is one of the discriminator and one of the generator, both with Adam, scheme ZP: zeros are
drawn anew for the mask and for reconstruction. Arguments: batch, items, hidden, ones a profile,
`fused` or `plain` Adam.
"""

import sys
import time

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

batch, items, hidden, ones = (int(x) for x in sys.argv[1:5])
fused = sys.argv[5] == "fused"
torch.set_num_threads(2)
torch.manual_seed(1)


def network(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, hidden), nn.Sigmoid(), nn.Linear(hidden, outputs))


G, D = network(items, items), network(2 * items, 1)
adam_g = torch.optim.Adam(G.parameters(), lr=1e-4, fused=fused or None)
adam_d = torch.optim.Adam(D.parameters(), lr=1e-4, fused=fused or None)
users = 16 * batch
data = torch.zeros(users, items)
for row in data:
    row[torch.randperm(items)[:ones]] = 1
real_target, fake_target = torch.ones(batch, 1), torch.zeros(batch, 1)


def draw(zeros, share):
    return (torch.rand_like(zeros) < share) & zeros.bool()


def step(start):
    c = data[start : start + batch]
    zeros = 1 - c
    with torch.no_grad():
        fake = G(c) * (c + draw(zeros, 0.7))
    loss = bce(D(torch.cat([c, c], 1)), real_target) + bce(D(torch.cat([c, fake], 1)), fake_target)
    adam_d.zero_grad()
    loss.backward()
    adam_d.step()
    x = G(c)
    logits = D(torch.cat([c, x * (c + draw(zeros, 0.7))], 1))
    loss = bce(logits, real_target) + 0.03 * (x * x * draw(zeros, 0.7)).sum(1).mean()
    adam_g.zero_grad()
    loss.backward(inputs=list(G.parameters()))
    adam_g.step()


for line in sys.stdin:
    n = int(line)
    begin = time.perf_counter()
    for at in range(n):
        step(at * batch % users)
    print((time.perf_counter() - begin) * 1000 / n, flush=True)
