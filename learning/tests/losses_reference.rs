//! Every loss against a second, independent implementation: `reference/losses.py`, whose numbers are `losses.json`
//! beside it. The first lines of the script tell how to make them again.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a broken set-up may stop it")]

use mvmhat_learning::{
    Loss, MvmhatLossConfig, MvmhatPpLossConfig, ViewEmbeddings, identity_contrastive, pseudo_labels,
};
use serde_json::Value;
use tch::{Kind, Tensor};

const TOLERANCE: f64 = 1e-9;

struct Case(Value);

impl Case {
    fn all() -> Vec<Self> {
        let Value::Array(cases) = serde_json::from_str(include_str!("reference/losses.json")).unwrap() else {
            panic!("a list of cases")
        };
        cases.into_iter().map(Self).collect()
    }

    fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap()
    }

    fn numbers(values: &Value) -> Vec<f64> {
        values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    fn square(&self, key: &str) -> Tensor {
        let values = Self::numbers(&self.0[key]);
        let side = values.len().isqrt() as i64;
        Tensor::from_slice(&values).view([side, side])
    }

    fn tensors(&self) -> Vec<Tensor> {
        let width = self.0["width"].as_i64().unwrap();
        let sets = self.0["embedding_sets"].as_array().unwrap();
        sets.iter()
            .map(Self::numbers)
            .map(|values| Tensor::from_slice(&values).view([values.len() as i64 / width, width]))
            .collect()
    }

    fn views(&self) -> ViewEmbeddings {
        ViewEmbeddings::new(&self.tensors()).unwrap()
    }

    fn mvmhat(&self) -> MvmhatLossConfig {
        MvmhatLossConfig {
            temperature_delta: self.number("delta"),
            temperature_epsilon: self.number("epsilon"),
            ..MvmhatLossConfig::default()
        }
    }

    fn mvmhat_pp(&self) -> MvmhatPpLossConfig {
        MvmhatPpLossConfig {
            temperature_delta: self.number("delta"),
            temperature_epsilon: self.number("epsilon"),
            ..MvmhatPpLossConfig::default()
        }
    }

    /// Compares each term and the total with those under `key`.
    fn check(&self, key: &str, loss: &Loss) {
        let name = &self.0["name"];
        let expected = self.0[key].as_object().unwrap();
        assert_eq!(loss.terms().len(), expected.len(), "{name}");
        for term in loss.terms() {
            let (value, expected) = (term.value.double_value(&[]), expected[term.name].as_f64().unwrap());
            assert!((value - expected).abs() < TOLERANCE, "{name}, {}: {value} not {expected}", term.name);
        }
        let (total, expected) = (loss.total().double_value(&[]), self.number(&format!("{key}_total")));
        assert!((total - expected).abs() < TOLERANCE, "{name}: {total} not {expected}");
    }

    fn check_tensor(&self, what: &str, value: &Tensor, expected: &Tensor) {
        assert_eq!(value.size(), expected.size(), "{}: {what}", self.0["name"]);
        assert!(value.allclose(expected, 0.0, TOLERANCE, false), "{}: {what}\n{value}", self.0["name"]);
    }
}

#[test]
fn the_cases_reach_every_branch() {
    let cases = Case::all();
    assert!(cases.iter().any(|case| case.number("unmatched") > 0.0));
    assert!(cases.iter().any(|case| case.number("contrastive") > 0.0));
    for term in ["symmetric", "transitive"] {
        assert!(cases.iter().any(|case| case.0["mvmhat"][term] != case.0["mvmhat_pp"][term]), "{term}");
    }
}

#[test]
fn mvmhat_is_that_of_numpy() {
    for case in Case::all() {
        case.check("mvmhat", &case.mvmhat().loss(&case.views()));
    }
}

#[test]
fn mvmhat_pp_is_that_of_numpy() {
    for case in Case::all() {
        let loss = case.mvmhat_pp().loss(&case.views(), |soft| {
            case.check_tensor("soft assignments", soft, &case.square("soft_assignments"));
            case.square("probabilities")
        });
        case.check("mvmhat_pp", &loss.unwrap());
    }
}

#[test]
fn single_precision_is_near() {
    for case in Case::all() {
        let sets: Vec<_> = case.tensors().iter().map(|set| set.to_kind(Kind::Float)).collect();
        let loss = case.mvmhat().loss(&ViewEmbeddings::new(&sets).unwrap());
        let (total, expected) = (loss.total().double_value(&[]), case.number("mvmhat_total"));
        assert!((total - expected).abs() < 1e-5, "{}: {total} not {expected}", case.0["name"]);
    }
}

#[test]
fn pseudo_labels_are_those_of_scipy() {
    for case in Case::all() {
        let labels = pseudo_labels(&case.views(), &case.square("soft_assignments"), 0.5).unwrap();
        case.check_tensor("labels", &labels, &case.square("labels"));
    }
}

#[test]
fn the_contrastive_loss_is_that_of_numpy() {
    for case in Case::all() {
        let sets = case.tensors();
        let boxes = Tensor::cat(&sets, 0);
        let identities: Vec<i64> =
            Case::numbers(&case.0["identities"]).iter().map(|identity| *identity as i64).collect();
        let loss = identity_contrastive(&boxes, &Tensor::from_slice(&identities), 0.2);
        let (value, expected) = (loss.double_value(&[]), case.number("contrastive"));
        assert!((value - expected).abs() < TOLERANCE, "{}: {value} not {expected}", case.0["name"]);
    }
}
