//! What holds for every sample: gradients are the derivatives, orders do not matter, nothing to compare is zero.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_learning::{
    AssignmentNetworkConfig, MvmhatLossConfig, MvmhatPpLossConfig, RecurrentConfig, TransformerConfig,
    ViewEmbeddings, asymmetry, focal_cross_entropy, identity_contrastive, nuclear_norm, pseudo_labels,
    sum_excess,
};
use proptest::prelude::*;
use tch::{Device, IndexOp, Kind, Tensor, nn, no_grad};

const DOUBLE: (Kind, Device) = (Kind::Double, Device::Cpu);

/// Embeddings of frame-sets of `sizes`, the same for the same seed.
fn embeddings(sizes: &[i64], width: i64, seed: u64) -> Vec<Tensor> {
    let mut state = seed;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    };
    let mut set = |n: i64| {
        let values: Vec<f64> = (0..n * width).map(|_| number()).collect();
        let set = Tensor::from_slice(&values).view([n, width]);
        &set / set.norm_scalaropt_dim(2.0, [1i64].as_slice(), true)
    };
    sizes.iter().map(|&n| set(n)).collect()
}

/// Largest difference between the gradient of `loss` at `at` and central differences, of all inputs.
fn gradient_error(at: &[Tensor], loss: impl Fn(&[Tensor]) -> Tensor) -> f64 {
    let inputs: Vec<_> = at.iter().map(|input| input.copy().set_requires_grad(true)).collect();
    let gradients = Tensor::run_backward(&[loss(&inputs)], &inputs, false, false);
    let step = 1e-5;
    let mut worst = 0f64;
    for (which, gradient) in gradients.iter().enumerate() {
        for place in 0..at[which].numel() as i64 {
            let shifted = |by: f64| {
                let inputs: Vec<_> = at.iter().map(Tensor::copy).collect();
                let _ = inputs[which].view([-1]).i(place).g_add_scalar_(by);
                no_grad(|| loss(&inputs)).double_value(&[])
            };
            let expected = (shifted(step) - shifted(-step)) / (2.0 * step);
            worst = worst.max((gradient.view([-1]).double_value(&[place]) - expected).abs());
        }
    }
    worst
}

/// Softer than in training, so that no softmax is saturated and every entry has a say.
fn mvmhat() -> MvmhatLossConfig {
    MvmhatLossConfig { temperature_epsilon: 0.5, ..MvmhatLossConfig::default() }
}

fn mvmhat_pp() -> MvmhatPpLossConfig {
    MvmhatPpLossConfig { temperature_epsilon: 0.5, ..MvmhatPpLossConfig::default() }
}

/// Probabilities that any matrix gives, in place of a network.
fn squash(soft_assignments: &Tensor) -> Tensor {
    (soft_assignments * 3.0 - 1.0).sigmoid()
}

fn sample(tensors: &[Tensor]) -> ViewEmbeddings {
    ViewEmbeddings::new(tensors).unwrap()
}

#[test]
fn gradients_of_the_published_losses_are_their_derivatives() {
    for (sizes, seed) in [(&[3, 2, 4, 3][..], 1), (&[4, 1, 0, 2], 2), (&[2, 5], 3), (&[5, 4, 3], 4)] {
        let at = embeddings(sizes, 3, seed);
        let error = gradient_error(&at, |sets| mvmhat().loss(&sample(sets)).total().shallow_clone());
        assert!(error < 1e-6, "mvmhat {sizes:?}: {error}");
        let error = gradient_error(&at, |sets| {
            mvmhat_pp().loss(&sample(sets), squash).unwrap().total().shallow_clone()
        });
        assert!(error < 1e-6, "mvmhat_pp {sizes:?}: {error}");
    }
}

#[test]
fn gradients_of_each_term_on_the_network_output_are_its_derivatives() {
    let sets = embeddings(&[3, 2, 3], 3, 5);
    let sets = sample(&sets);
    let soft = sets.soft_assignments(&mvmhat_pp().temperature());
    let labels = pseudo_labels(&sets, &soft, 0.5).unwrap();
    let probabilities = [squash(&soft)];
    let check = |name: &str, error: f64| assert!(error < 1e-6, "{name}: {error}");
    check("focal", gradient_error(&probabilities, |p| focal_cross_entropy(&p[0], &labels, 2.0)));
    check("asymmetry", gradient_error(&probabilities, |p| asymmetry(&p[0])));
    check("nuclear norm", gradient_error(&probabilities, |p| nuclear_norm(&p[0])));
    check("sums", gradient_error(&probabilities, |p| sum_excess(&p[0], 3)));
}

#[test]
fn gradients_of_our_own_losses_are_their_derivatives() {
    let boxes = [Tensor::cat(&embeddings(&[3, 3, 2], 4, 6), 0)];
    let people = Tensor::from_slice(&[0i64, 1, 2, 1, 0, 2, 0, 1]);
    let error = gradient_error(&boxes, |boxes| identity_contrastive(&boxes[0], &people, 0.2));
    assert!(error < 1e-6, "contrastive: {error}");
}

#[test]
fn gradients_of_the_networks_are_their_derivatives() {
    let forms = [
        AssignmentNetworkConfig::Recurrent(RecurrentConfig { hidden: 2, layers: 2 }),
        AssignmentNetworkConfig::Transformer(TransformerConfig {
            width: 8,
            layers: 2,
            heads: 2,
            feed_forward: 6,
        }),
    ];
    for form in forms {
        tch::manual_seed(1);
        let mut store = nn::VarStore::new(Device::Cpu);
        let network = form.init(&store.root());
        store.double();
        let soft = [sample(&embeddings(&[2, 1, 2], 3, 7)).soft_assignments(&mvmhat_pp().temperature())];
        let weights = Tensor::arange(25, DOUBLE).sin().view([5, 5]);
        let value = |soft: &Tensor| (network.forward(soft) * &weights).sum(Kind::Double);
        let error = gradient_error(&soft, |soft| value(&soft[0]));
        assert!(error < 1e-6, "{form:?}, input: {error}");

        // A few entries of every variable; its own memory is changed and put back.
        let names = store.variables();
        let mut names: Vec<_> = names.iter().collect();
        names.sort_by_key(|(name, _)| name.as_str());
        store.trainable_variables().iter_mut().for_each(Tensor::zero_grad);
        value(&soft[0]).backward();
        for (name, variable) in names {
            let gradient = variable.grad().view([-1]);
            for place in (0..variable.numel() as i64).step_by(1 + variable.numel() / 5) {
                let mut entry = variable.detach().view([-1]).i(place);
                let mut shifted = |by: f64| {
                    let _ = entry.g_add_scalar_(by);
                    let value = no_grad(|| value(&soft[0])).double_value(&[]);
                    let _ = entry.g_add_scalar_(-by);
                    value
                };
                let expected = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                let error = (gradient.double_value(&[place]) - expected).abs();
                assert!(error < 1e-6, "{form:?}, {name}: {error}");
            }
        }
    }
}

#[test]
fn where_there_is_nothing_to_compare_the_consistency_is_zero_and_gradients_flow() {
    for sizes in [&[][..], &[0], &[1], &[4], &[0, 0, 0], &[0, 3, 0], &[1, 1, 1]] {
        let inputs: Vec<_> =
            embeddings(sizes, 3, 8).into_iter().map(|set| set.set_requires_grad(true)).collect();
        let sets = sample(&inputs);
        let config = MvmhatPpLossConfig {
            pseudo_labels: false,
            symmetry: false,
            nuclear_norm: false,
            sums: false,
            ..mvmhat_pp()
        };
        let unasked = |_: &Tensor| -> Tensor { panic!("no term needs the network") };
        for loss in [mvmhat().loss(&sets), config.loss(&sets, unasked).unwrap()] {
            assert_eq!(loss.total().double_value(&[]), 0.0, "{sizes:?}");
            if !inputs.is_empty() {
                loss.total().backward();
                assert!(inputs.iter().all(|set| set.grad().abs().sum(Kind::Double).double_value(&[]) == 0.0));
            }
        }
        if sets.boxes() == 0 {
            let loss = mvmhat_pp().loss(&sets, |_| panic!("there is nobody")).unwrap();
            assert_eq!(loss.total().double_value(&[]), 0.0);
        }
    }
}

#[test]
fn a_sample_with_empty_and_single_sets_has_a_finite_gradient() {
    let inputs: Vec<_> =
        embeddings(&[1, 0, 3, 1, 2], 4, 9).into_iter().map(|set| set.set_requires_grad(true)).collect();
    mvmhat_pp().loss(&sample(&inputs), squash).unwrap().total().backward();
    assert!(inputs.iter().all(|set| set.grad().isfinite().all().int64_value(&[]) == 1));
}

#[test]
fn perfect_embeddings_cost_nothing_and_all_alike_cost_the_margin() {
    let sets = [3, 2, 3].map(|n| Tensor::eye(3, DOUBLE).narrow(0, 0, n));
    let [full, _, again] = &sets;
    let loss = MvmhatLossConfig::default().loss(&sample(&[full.copy(), again.copy()]));
    assert_eq!(loss.total().double_value(&[]), 0.0);
    // Alike: C is 1/3 everywhere, each row and column short of the margin by exactly 0.5; three pairs, three triples.
    let alike = [3, 2, 3].map(|n| Tensor::ones([n, 1], DOUBLE));
    let loss = MvmhatLossConfig::default().loss(&sample(&alike));
    assert!((loss.total().double_value(&[]) - 1.0).abs() < 1e-12);
    // With matches: 1/3 and 1/3 of an unmatched person neither stands out.
    let three = [3, 3].map(|n| Tensor::ones([n, 1], DOUBLE));
    let loss = MvmhatPpLossConfig::default().loss(&sample(&three), squash).unwrap();
    assert_eq!(loss.terms()[0].value.double_value(&[]), 0.0);
}

#[test]
fn terms_can_be_switched_off_and_weighted() {
    let sets = sample(&embeddings(&[3, 2, 4], 3, 10));
    let all = mvmhat_pp().loss(&sets, squash).unwrap();
    let names: Vec<_> = all.terms().iter().map(|term| term.name).collect();
    assert_eq!(names, ["symmetric", "transitive", "pseudo_labels", "symmetry", "nuclear_norm", "sums"]);
    let config =
        MvmhatPpLossConfig { pseudo_labels: false, sums_weight: 7.0, transitive: false, ..mvmhat_pp() };
    let some = config.loss(&sets, squash).unwrap();
    let names: Vec<_> = some.terms().iter().map(|term| term.name).collect();
    assert_eq!(names, ["symmetric", "symmetry", "nuclear_norm", "sums"]);
    let expected: f64 = some.terms().iter().map(|term| term.weight * term.value.double_value(&[])).sum();
    assert!((some.total().double_value(&[]) - expected).abs() < 1e-12);
    // Without a term for unmatched people the consistency is that of MvMHAT.
    let config = MvmhatPpLossConfig { unmatched: false, ..mvmhat_pp() };
    let without = config.loss(&sets, squash).unwrap();
    for (ours, plain) in without.terms().iter().zip(mvmhat().loss(&sets).terms()) {
        assert_eq!(ours.value, plain.value);
    }
}

/// Both total losses of a sample.
fn totals(tensors: &[Tensor]) -> [f64; 2] {
    let sets = sample(tensors);
    let plus_plus = mvmhat_pp().loss(&sets, squash).unwrap();
    [mvmhat().loss(&sets).total().double_value(&[]), plus_plus.total().double_value(&[])]
}

fn close(a: [f64; 2], b: [f64; 2]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_boxes_does_not_matter(sizes in prop::collection::vec(0i64..5, 1..5), seed: u64, turn in 0i64..5) {
        let sets = embeddings(&sizes, 4, seed);
        let turned: Vec<_> = sets
            .iter()
            .map(|set| if set.size()[0] > 0 { set.flip([0]).roll([turn], [0]) } else { set.copy() })
            .collect();
        prop_assert!(close(totals(&sets), totals(&turned)));
    }

    /// Of equally large sets the first is the rows, so all sizes differ here.
    #[test]
    fn the_order_of_views_does_not_matter(
        sizes in Just(vec![0i64, 1, 2, 3, 4, 5]).prop_shuffle(), count in 2usize..5, seed: u64, turn in 0usize..5,
    ) {
        let sets = embeddings(&sizes[..count], 4, seed);
        let mut turned: Vec<_> = sets.iter().map(Tensor::copy).collect();
        turned.rotate_left(turn % count);
        prop_assert!(close(totals(&sets), totals(&turned)));
    }

    #[test]
    fn losses_are_finite_and_consistency_is_within_its_bounds(sizes in prop::collection::vec(0i64..6, 0..6), seed: u64) {
        let sets = sample(&embeddings(&sizes, 3, seed));
        let loss = MvmhatLossConfig::default().loss(&sets);
        for term in loss.terms() {
            // Each of 2n shortfalls is at most 1 + margin, and there are 2n to share.
            let value = term.value.double_value(&[]);
            prop_assert!((0.0..=1.5).contains(&value), "{}: {value}", term.name);
        }
        let loss = MvmhatPpLossConfig::default().loss(&sets, squash).unwrap();
        prop_assert!(loss.total().double_value(&[]).is_finite());
    }
}
