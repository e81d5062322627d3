//! An amount of memory, as people write and read it.

use std::fmt;
use std::str::FromStr;

/// A number of bytes: parsed from `8GiB`, `1.5 MB` or `4096`, shown as `8.0 GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Text that is not an amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an amount of memory")]
pub struct BytesError {
    /// What was given.
    pub text: String,
}

impl BytesError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "write a number above 0 with KiB, MiB, GiB, TiB, kB, MB, GB or TB, such as 8GiB or 500MiB, \
         or plain bytes"
    }
}

/// Units in lower case, each with its number of bytes.
const UNITS: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
];

impl FromStr for Bytes {
    type Err = BytesError;

    fn from_str(text: &str) -> Result<Self, BytesError> {
        let wrong = || BytesError {
            text: text.to_owned(),
        };
        let number = text.trim();
        let end = number
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(number.len());
        let (number, unit) = number.split_at(end);
        let unit = unit.trim_start().to_ascii_lowercase();
        let (_, factor) = UNITS.iter().find(|(u, _)| *u == unit).ok_or_else(wrong)?;
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let bytes = (number * *factor as f64).floor();
        // What f64 holds exactly: far beyond any machine.
        if !(1.0..=9e15).contains(&bytes) {
            return Err(wrong());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1 to 9e15"
        )]
        Ok(Self(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |&&(_, bytes): &&(&str, u64)| self.0 >= bytes;
        let units = [
            ("TiB", 1 << 40),
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("KiB", 1 << 10),
        ];
        match units.iter().find(fits) {
            Some((unit, bytes)) => write!(f, "{:.1} {unit}", self.0 as f64 / *bytes as f64),
            None => write!(f, "{} bytes", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        for (text, bytes) in [
            ("4096", 4096),
            ("8GiB", 8 << 30),
            ("500 mib", 500 << 20),
            ("1.5KiB", 1536),
            ("2GB", 2_000_000_000),
            ("7b", 7),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in [
            "", "GiB", "lots", "8G", "-1GiB", "0", "0.4", "1.2.3MiB", "1e9", "inf", "99999TiB",
            "8 GiB x",
        ] {
            let error = text.parse::<Bytes>().unwrap_err();
            assert!(error.to_string().contains(text) && error.hint().contains("8GiB"));
        }
    }

    #[test]
    fn what_people_read() {
        for (bytes, text) in [
            (1023, "1023 bytes"),
            (1 << 20, "1.0 MiB"),
            (80_000_000_000, "74.5 GiB"),
            (3 << 40, "3.0 TiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }
}
