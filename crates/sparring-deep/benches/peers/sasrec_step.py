"""A training step of SASRec in PyTorch: a line in asks for a turn, a line out answers it.

First come a line of sizes, the initial weights and the batches, as `sasrec_step.rs` writes them.
`loss` is answered with the loss of the first batch without dropout; `steps FROM COUNT` trains on
`COUNT` batches from number `FROM` on and is answered with milliseconds a step, then milliseconds of
processor time a step, of all threads.

Arguments: `padded`, where all rows are as long as the longest sequence and only the head and the loss
are over events alone, or `packed`, where dense layers too are over events alone and only attention is
padded; the number of threads.
"""

import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

kind = sys.argv[1]
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
line = sys.stdin.readline
items, longest, width, heads, layers, feedforward = (int(x) for x in line().split())
dropout = float(line())


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, feedforward), nn.Linear(feedforward, width)
        self.drop = nn.Dropout(dropout)

    def attention(self, x, shape, at):
        """`x [B, T, K]`, or `[N, K]` with rows that stand `at` places of `shape [B, T]`."""
        qkv, packed = self.qkv(x), x.dim() == 2
        if packed:
            padded = qkv.new_zeros(shape[0] * shape[1], 3 * width)
            qkv = padded.index_copy(0, at, qkv).unflatten(0, shape)
        q, k, v = qkv.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
        # Padding comes after the events, so that what is causal sees none of it.
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        found = found.transpose(1, 2).flatten(2)
        return self.out(found.flatten(0, 1)[at] if packed else found)

    def forward(self, x, shape, at):
        x = x + self.drop(self.attention(self.norm1(x), shape, at))
        up = self.drop(F.relu(self.up(self.norm2(x))))
        return x + self.drop(self.down(up))


class SasRec(nn.Module):
    def __init__(self):
        super().__init__()
        self.items, self.places = nn.Embedding(items, width), nn.Embedding(longest, width)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm, self.drop = nn.LayerNorm(width), nn.Dropout(dropout)

    def forward(self, rows, places, shape, at, targets):
        x = self.drop(math.sqrt(width) * self.items(rows) + self.places(places))
        for layer in self.layers:
            x = layer(x, shape, at)
        hidden = self.norm(x)
        if x.dim() == 3:
            hidden = hidden.flatten(0, 1)[at]
        return F.cross_entropy(hidden @ self.items.weight.T, targets)


def read_weights(model):
    parameters = [(model.items.weight, False), (model.places.weight, False)]
    parts = [(e.norm1, e.qkv, e.out, e.norm2, e.up, e.down) for e in model.layers]
    for part in [*sum(parts, ()), model.norm]:
        parameters += [(part.weight, isinstance(part, nn.Linear)), (part.bias, False)]
    for parameter, transposed in parameters:
        rows, cols = (int(x) for x in line().split())
        values = torch.tensor([float(x) for x in line().split()]).reshape(rows, cols)
        with torch.no_grad():
            parameter.copy_(values.T if transposed else values.reshape(parameter.shape))


def read_batch():
    rows, targets = [], []
    for _ in range(int(line())):
        rows.append(torch.tensor([int(x) for x in line().split()]))
        targets.append(torch.tensor([int(x) for x in line().split()]))
    padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    shape = tuple(padded.shape)
    places = torch.arange(shape[1]).expand(shape).contiguous()
    at = (places < torch.tensor([[len(row)] for row in rows])).flatten().nonzero().flatten()
    if kind == "packed":
        padded, places = padded.flatten()[at], places.flatten()[at]
    return padded, places, shape, at, torch.cat(targets)


model = SasRec()
read_weights(model)
batches = [read_batch() for _ in range(int(line()))]
adam = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0, fused=True)


def step(batch):
    loss = model(*batch)
    adam.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    adam.step()
    return loss.item()


for request in sys.stdin:
    name, *numbers = request.split()
    if name == "loss":
        model.eval()
        with torch.no_grad():
            print(model(*batches[0]).item(), flush=True)
        model.train()
        continue
    first, count = (int(x) for x in numbers)
    begin, processor = time.perf_counter(), time.process_time()
    for at in range(first, first + count):
        step(batches[at % len(batches)])
    each = 1000 / count
    elapsed, processor = time.perf_counter() - begin, time.process_time() - processor
    print(elapsed * each, processor * each, flush=True)
