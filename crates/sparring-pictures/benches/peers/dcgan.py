"""The DCGAN for 28 x 28 in PyTorch, as the tutorials have it, and a step of its training."""

import torch
from torch import nn
from torch.nn import functional as F


def networks(noise_dim, width):
    """A generator and a critic, `width` channels at full size."""
    wide, narrow = 4 * width, 2 * width
    generator = nn.Sequential(
        nn.Linear(noise_dim, 49 * wide),
        nn.Unflatten(1, (wide, 7, 7)),
        nn.BatchNorm2d(wide),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(wide, narrow, 5, 2, 2, 1),
        nn.BatchNorm2d(narrow),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(narrow, 1, 5, 2, 2, 1),
        nn.Tanh(),
    )
    critic = nn.Sequential(
        nn.Conv2d(1, narrow, 5, 2, 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(0.3),
        nn.Conv2d(narrow, wide, 5, 2, 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(49 * wide, 1),
    )
    return generator, critic


def optimisers(generator, critic):
    """Adam for each, as in the paper."""
    return [
        torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
        for net in (generator, critic)
    ]


def step(generator, critic, rules, real, noise):
    """One step of both on a batch of real pictures."""
    fake = generator(noise)
    of_real, of_fake = critic(torch.cat([real, fake.detach()])).chunk(2)
    loss = F.softplus(-of_real).mean() + F.softplus(of_fake).mean()
    rules[1].zero_grad()
    loss.backward()
    rules[1].step()
    critic.requires_grad_(False)
    loss = F.softplus(-critic(fake)).mean()
    rules[0].zero_grad()
    loss.backward()
    rules[0].step()
    critic.requires_grad_(True)
