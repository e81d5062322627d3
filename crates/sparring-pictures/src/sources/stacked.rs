//! Three grey pictures as the colours of one: stacked digits (Metz et al., 2017, section 3.3.1), whose
//! thousand classes tell how many modes a generator covers.

use std::path::PathBuf;

use rand::RngExt;
use sparring_deep::PictureShape;
use sparring_wide::Seed;

use crate::error::PictureError;
use crate::set::Pictures;

/// The fixed seed by which the three are drawn.
const SEED: Seed = Seed(1000);

/// `n` colour pictures of three grey ones each, drawn by lot; the class is that of all three.
pub(super) fn stacked(grey: &Pictures, n: usize, name: &str) -> Result<Pictures, PictureError> {
    let classes = grey.classes();
    let labels = grey.labels.as_ref().filter(|_| grey.shape.channels == 1);
    let Some(labels) = labels.filter(|_| n > 0 && (2..=100).contains(&classes)) else {
        return Err(PictureError::Empty {
            path: PathBuf::from(name),
            finding: "cannot be stacked: that takes grey pictures of 2 to 100 classes".to_owned(),
        });
    };
    let mut stream = SEED.stream("stacked");
    let shape = PictureShape {
        channels: 3,
        ..grey.shape
    };
    let mut bytes = vec![0; n * shape.size()];
    let mut of = Vec::with_capacity(n);
    for picture in bytes.chunks_mut(shape.size()) {
        let mut class = 0;
        for channel in 0..3 {
            let at = stream.random_range(0..grey.len());
            let places = picture[channel..].iter_mut().step_by(3);
            places
                .zip(grey.picture(at))
                .for_each(|(to, from)| *to = *from);
            class = class * u32::try_from(classes).expect("few classes") + labels[at];
        }
        of.push(class);
    }
    Ok(Pictures {
        shape,
        bytes,
        labels: Some(of),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_the_three_of_its_colours() {
        let grey = Pictures {
            shape: PictureShape {
                side: 28,
                channels: 1,
            },
            // A picture is filled with its class.
            bytes: (0..4_u8).flat_map(|at| [at; 784]).collect(),
            labels: Some(vec![0, 1, 2, 3]),
        };
        let stacks = stacked(&grey, 200, "g").unwrap();
        assert_eq!((stacks.len(), stacks.shape.channels), (200, 3));
        let labels = stacks.labels.as_ref().unwrap();
        for (at, class) in labels.iter().enumerate() {
            let [a, b, c] = [0, 1, 2].map(|channel| u32::from(stacks.picture(at)[channel]));
            assert_eq!(a * 16 + b * 4 + c, *class);
        }
        assert!(stacks.classes() > 50);
        let plain = Pictures {
            labels: None,
            ..grey
        };
        let error = stacked(&plain, 200, "g").unwrap_err().to_string();
        assert!(error.contains("g: cannot be stacked"), "{error}");
    }
}
