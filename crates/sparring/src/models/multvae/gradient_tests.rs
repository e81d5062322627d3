use super::*;

fn batch() -> (SparseRows, SparseRows) {
    let mut counts = SparseRows::new();
    counts.push_row([0, 3, 4]);
    counts.push_row([1]);
    counts.push_row([4, 2]);
    let mut input = counts.clone();
    input.l2_normalise();
    (input, counts)
}

/// The loss and the derivatives by all weights, layer after layer.
fn found(network: &Network) -> (f64, Vec<f32>) {
    let (input, counts) = batch();
    let mut training = Training::new(network.clone());
    let bound = training.differentiate(&input, &counts, 0.5, Seed(3));
    let dense = training.rows.to_dense(5, 4);
    let mut all = [dense.data, training.bias].concat();
    for gradient in &training.gradients {
        all.extend(gradient.weight.data.iter().chain(&gradient.bias));
    }
    (bound.reconstruction + 0.5 * bound.divergence, all)
}

fn weights(network: &mut Network) -> Vec<&mut f32> {
    let Network {
        encoder,
        head,
        decoder,
        output,
    } = network;
    let mut all: Vec<&mut f32> = encoder.weight.data.iter_mut().collect();
    all.extend(&mut encoder.bias);
    for layer in [head, decoder, output] {
        all.extend(layer.weight.data.iter_mut().chain(&mut layer.bias));
    }
    all
}

#[test]
fn derivatives_are_differences() {
    let mut network = Network::new(5, 4, 2, Seed(8));
    let gradient = found(&network).1;
    assert_eq!(gradient.len(), weights(&mut network).len());
    for (at, found_there) in gradient.iter().enumerate() {
        let moved = |by: f32| {
            let mut network = network.clone();
            *weights(&mut network)[at] += by;
            found(&network).0
        };
        let difference = (moved(0.015_625) - moved(-0.015_625)) / 0.031_25;
        let found_there = f64::from(*found_there);
        assert!(
            (found_there - difference).abs() < 1e-3,
            "{at}: {found_there} and {difference}"
        );
    }
}

#[test]
fn divergence_by_hand() {
    // mu = 2, ln variance = ln 4: (4 + 4 - ln 4 - 1) / 2 = 2.806853; with noise 3 the code is
    // 2 + 2 * 3 = 8. With d = 1 by the code and beta = 1: by mu 1 + 2, by ln variance
    // (1 * 2 * 3 + 3) / 2 = 4.5.
    let mut values = Values {
        moments: Matrix::from_vec(1, 2, vec![2.0, 4.0_f32.ln()]),
        noise: Matrix::from_vec(1, 1, vec![3.0]),
        d_latent: Matrix::from_vec(1, 1, vec![1.0]),
        ..Values::default()
    };
    sample(&values.moments, &values.noise, &mut values.latent);
    assert!((values.latent.data[0] - 8.0).abs() < 1e-5);
    assert!((values.pull_back(1.0) - 2.806_853).abs() < 1e-5);
    let [d_mean, d_log] = values.d_moments.data[..] else {
        panic!("two moments")
    };
    assert!((d_mean - 3.0).abs() < 1e-5 && (d_log - 4.5).abs() < 1e-5);
}
