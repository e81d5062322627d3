//! Sizes of pictures and the networks that go with them.

use sparring_wide::Seed;

use super::convolution::Window;
use super::stack::{Layer, Stack};

/// Side and colours of square pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureShape {
    /// Places of a row, and rows: 28, 32 or 64 in practice; an even number.
    pub side: usize,
    /// Channels: 1 for grey, 3 for colour.
    pub channels: usize,
}

/// The two pairs of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Architecture {
    /// DCGAN (Radford et al., 2016), read as the usual one for 28 x 28: two transposed convolutions of
    /// 5 x 5 over 128 channels with batch norm; a critic of two convolutions with dropout .3.
    Reference,
    /// The same resolutions and about the same work without batch statistics: windows of 4 x 4, and of
    /// 6 x 6 next to the pictures, and leaky units on both sides, a generator that mixes places at the
    /// lowest resolution, a critic of hidden features.
    #[default]
    Modern,
}

impl Architecture {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Modern => "modern",
        }
    }
}

/// Slope of leaky units below zero.
const LEAK: f32 = 0.2;
/// Features of the modern critic.
const HIDDEN: usize = 128;

impl PictureShape {
    /// Numbers of a picture.
    pub fn size(&self) -> usize {
        self.side * self.side * self.channels
    }

    /// The sides from this one down, halved while even and above 8.
    fn sides(&self) -> Vec<usize> {
        let mut sides = vec![self.side];
        let mut side = self.side;
        while side > 8 && side.is_multiple_of(2) {
            side /= 2;
            sides.push(side);
        }
        sides
    }

    /// The layers of a generator from `input` numbers; `width` channels at full size.
    pub(super) fn generator(&self, of: Architecture, input: usize, width: usize) -> Vec<Layer> {
        let sides = self.sides();
        let last = sides.len() - 1;
        let channels = |level: usize| match of {
            _ if level == 0 => self.channels,
            Architecture::Reference | Architecture::Modern => width << level,
        };
        let places = sides[last] * sides[last];
        let mut layers = vec![Layer::Dense {
            input,
            output: places * channels(last),
        }];
        let unit = |layers: &mut Vec<Layer>, level: usize| match of {
            Architecture::Reference => layers.extend([
                Layer::Norm {
                    channels: channels(level),
                },
                Layer::Leaky { slope: 0.0 },
            ]),
            Architecture::Modern => layers.push(Layer::Leaky { slope: LEAK }),
        };
        unit(&mut layers, last);
        if of == Architecture::Modern {
            layers.push(Layer::Up(Window {
                side: sides[last],
                fine: channels(last),
                coarse: channels(last),
                kernel: 3,
                stride: 1,
                padding: 1,
            }));
            unit(&mut layers, last);
        }
        for level in (0..last).rev() {
            let (kernel, padding) = of.window(level);
            layers.push(Layer::Up(Window {
                side: sides[level],
                fine: channels(level),
                coarse: channels(level + 1),
                kernel,
                stride: 2,
                padding,
            }));
            if level > 0 {
                unit(&mut layers, level);
            }
        }
        layers.push(Layer::Tanh);
        layers
    }

    /// The layers of a critic, and how many features they give.
    pub(super) fn critic(&self, of: Architecture, width: usize) -> (Vec<Layer>, usize) {
        let sides = self.sides();
        let mut layers = Vec::new();
        let mut from = self.channels;
        for (level, &side) in sides[..sides.len() - 1].iter().enumerate() {
            let to = width << (level + 1);
            let (kernel, padding) = of.window(level);
            layers.push(Layer::Down(Window {
                side,
                fine: from,
                coarse: to,
                kernel,
                stride: 2,
                padding,
            }));
            layers.push(Layer::Leaky { slope: LEAK });
            if of == Architecture::Reference {
                layers.push(Layer::Dropout { rate: 0.3 });
            }
            from = to;
        }
        let coarsest = sides[sides.len() - 1];
        let flat = coarsest * coarsest * from;
        if of == Architecture::Reference {
            return (layers, flat);
        }
        layers.push(Layer::Dense {
            input: flat,
            output: HIDDEN,
        });
        layers.push(Layer::Leaky { slope: LEAK });
        (layers, HIDDEN)
    }
}

impl Architecture {
    /// Side of a window that halves the grid of a level, and the zeros around it.
    fn window(self, level: usize) -> (usize, usize) {
        match self {
            Self::Reference => (5, 2),
            // Next to the pictures, where channels are few, a wider one costs little.
            Self::Modern if level == 0 => (6, 2),
            Self::Modern => (4, 1),
        }
    }
}

/// A network of `width` features of pictures and, behind it, a layer of `classes` logits: small, so
/// that it is trained within a minute or two on the set that is to be judged.
pub fn features(shape: PictureShape, width: usize, classes: usize, seed: Seed) -> (Stack, Stack) {
    let mut layers = Vec::new();
    let (mut from, mut side) = (shape.channels, shape.side);
    let mut to = 32;
    while side > 8 && side.is_multiple_of(2) {
        layers.push(Layer::Down(Window {
            side,
            fine: from,
            coarse: to,
            kernel: 4,
            stride: 2,
            padding: 1,
        }));
        layers.push(Layer::Leaky { slope: 0.0 });
        (from, to, side) = (to, 2 * to, side / 2);
    }
    layers.push(Layer::Dense {
        input: side * side * from,
        output: width,
    });
    layers.push(Layer::Leaky { slope: 0.0 });
    let head = vec![Layer::Dense {
        input: width,
        output: classes,
    }];
    let (body, head_seed) = (seed.derive("features"), seed.derive("classes"));
    (
        Stack::new(layers, None, body),
        Stack::new(head, None, head_seed),
    )
}
