"""Trains a DCGAN for 28 x 28 in PyTorch and draws with it: the peer whose likeness is to be beaten.

Arguments: an IDX file of grey pictures (.gz or not), how many of its pictures, passes over them, the
IDX file to write, how many pictures to draw, the number of threads. Networks, batch, optimiser and rates
are those of `dcgan_step.py`. `sparring image score --real FILE --pictures WRITTEN` judges what is drawn.
"""

import gzip
import struct
import sys
import time

import torch
from torch import nn

from dcgan import networks, optimisers, step

source, limit, epochs, target, draws, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.manual_seed(1)
noise_dim, batch = 100, 64

opened = gzip.open if source.endswith(".gz") else open
with opened(source, "rb") as file:
    magic, count, height, width = struct.unpack(">4i", file.read(16))
    assert (magic, height, width) == (0x803, 28, 28), "an IDX file of 28 x 28 grey pictures"
    pictures = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)
pictures = pictures.reshape(count, 1, 28, 28)[: int(limit)]

generator, critic = networks(noise_dim, 32)
for net in (generator, critic):
    for layer in net:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
        elif isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
generator, critic = (net.to(memory_format=torch.channels_last) for net in (generator, critic))
rules = optimisers(generator, critic)

begin, steps = time.perf_counter(), 0
for epoch in range(int(epochs)):
    order = torch.randperm(len(pictures))
    for which in order.split(batch):
        if len(which) < batch:
            continue
        real = pictures[which].float().div_(127.5).sub_(1.0).contiguous(memory_format=torch.channels_last)
        step(generator, critic, rules, real, torch.randn(batch, noise_dim))
        steps += 1
    print(f"epoch {epoch + 1}: {steps} steps in {time.perf_counter() - begin:.0f} s", flush=True)

generator.eval()
with torch.no_grad():
    drawn = [generator(torch.randn(500, noise_dim)) for _ in range(0, int(draws), 500)]
drawn = torch.cat(drawn)[: int(draws)].add(1.0).mul(127.5).round().clamp(0, 255).to(torch.uint8)
with open(target, "wb") as file:
    file.write(struct.pack(">4i", 0x803, len(drawn), 28, 28))
    file.write(drawn.contiguous().numpy().tobytes())
