//! Adversarial training of pictures, and how good they are.
