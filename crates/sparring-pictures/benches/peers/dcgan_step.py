"""A training step of DCGAN in PyTorch: a line in asks for a turn, a line out answers it.

First come the sizes, the weights of both networks and a batch of noise, as `picture_step.rs` writes
them. `logits` is answered with the critic's logits of the pictures of that noise, without dropout and
with running moments; `steps COUNT` trains and is answered with milliseconds a step, then milliseconds
of processor time a step, of all threads.

Arguments: `contiguous` or `channels-last`, how pictures lie; the number of threads.
"""

import sys
import time

import torch
from torch import nn

from dcgan import networks, optimisers, step

kind = sys.argv[1]
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
line = sys.stdin.readline
batch, noise_dim, width = (int(x) for x in line().split())
wide = 4 * width

generator, critic = networks(noise_dim, width)


def numbers():
    rows, cols = (int(x) for x in line().split())
    return torch.tensor([float(x) for x in line().split()]).reshape(rows, cols)


def places_last(flat):
    """Rows of 7 x 7 places with channels as rows of channels with places."""
    return flat.unflatten(1, (49, wide)).transpose(1, 2).flatten(1)


def load(layer):
    weight, bias = numbers(), numbers().flatten()
    if isinstance(layer, nn.BatchNorm2d):
        weight = weight.flatten()
    elif isinstance(layer, nn.Linear):
        weight, bias = places_last(weight).T, places_last(bias[None])[0]
    else:
        weight = weight.unflatten(0, (5, 5, -1)).permute(3, 2, 0, 1)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)


for at in (0, 2, 4, 5, 7):
    load(generator[at])
judge, judge_bias = places_last(numbers()), numbers().flatten()
with torch.no_grad():
    critic[7].weight.copy_(judge)
    critic[7].bias.copy_(judge_bias)
for at in (0, 3):
    load(critic[at])
given = numbers()
if kind == "channels-last":
    generator, critic = (net.to(memory_format=torch.channels_last) for net in (generator, critic))
rules = optimisers(generator, critic)
stored = torch.randint(0, 256, (640, 1, 28, 28), dtype=torch.uint8)


def turn():
    real = stored[torch.randint(0, 640, (batch,))].float() / 127.5 - 1.0
    if kind == "channels-last":
        real = real.contiguous(memory_format=torch.channels_last)
    step(generator, critic, rules, real, torch.randn(batch, noise_dim))


for request in sys.stdin:
    name, *counts = request.split()
    if name == "logits":
        generator.eval(), critic.eval()
        with torch.no_grad():
            print(*critic(generator(given)).flatten().tolist(), flush=True)
        generator.train(), critic.train()
        continue
    count = int(counts[0])
    begin, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        turn()
    each = 1000 / count
    elapsed, processor = time.perf_counter() - begin, time.process_time() - processor
    print(elapsed * each, processor * each, flush=True)
