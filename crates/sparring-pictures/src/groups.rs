//! Pictures in groups that look alike, for both networks to be told.
//!
//! Liu et al., 2020 ("Diverse image generation via self-conditioned GANs"): a generator that is told which
//! of the found groups to draw cannot leave one out. Departure: groups are found once, among blurred
//! pictures, and not again and again among the critic's features.

use sparring::models::Clusters;
use sparring_wide::Seed;

use crate::gan::blurred;
use crate::set::Pictures;
use crate::told::{Kind, Table, Told};

/// Pictures of a group, at least, on average.
const EACH: usize = 50;
/// Pictures that are blurred at once.
const BLOCK: usize = 1024;

impl Told {
    /// The pictures in `count` groups or fewer that look alike, which is told of each; nothing where there
    /// are too few pictures for two groups.
    pub fn alike_in_groups(pictures: &Pictures, count: usize, seed: Seed) -> Option<Self> {
        let count = count.min(pictures.len() / EACH);
        if count < 2 {
            return None;
        }
        let all: Vec<u32> = (0..u32::try_from(pictures.len()).ok()?).collect();
        let (mut places, mut width) = (Vec::new(), 0);
        for block in all.chunks(BLOCK) {
            let (rows, size) = blurred(&pictures.rows(block), pictures.shape);
            places.extend(rows.into_iter().map(f64::from));
            width = size;
        }
        let points: Vec<&[f64]> = places.chunks(width).collect();
        let found = Clusters::of(&points, count, seed.derive("groups"));
        // A place among the centres may have lost all its pictures.
        let mut used = found.nearest.clone();
        used.sort_unstable();
        used.dedup();
        let group = |centre: &usize| used.binary_search(centre).expect("it has pictures");
        let group = |centre| u32::try_from(group(centre)).expect("few groups");
        let of = found.nearest.iter().map(group).collect();
        Some(Self::new(Table::apart(Kind::Alike, used.len()), of))
    }
}

#[cfg(test)]
mod tests {
    use sparring_deep::PictureShape;

    use super::*;

    #[test]
    fn dark_and_light_pictures_are_two_groups() {
        let shape = PictureShape {
            side: 28,
            channels: 1,
        };
        let shade = |at: usize| u8::try_from(at % 2 * 200 + at % 7).unwrap();
        let bytes = (0..120).flat_map(|at| vec![shade(at); shape.size()]);
        let pictures = Pictures {
            shape,
            bytes: bytes.collect(),
            labels: None,
        };
        let told = Told::alike_in_groups(&pictures, 2, Seed(1)).unwrap();
        assert_eq!(told.table.kind, Kind::Alike);
        assert_eq!(told.table.pictures, [60, 60]);
        assert!((2..120).all(|at| told.alike(at, at % 2)));
        assert!(!told.alike(0, 1));
        // Fifty pictures a group at least.
        let groups =
            |count| Told::alike_in_groups(&pictures, count, Seed(1)).map(|t| t.table.groups());
        assert_eq!((groups(9), groups(1)), (Some(2), None));
    }
}
