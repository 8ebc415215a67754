//! The trainable parameters of a network.

use tch::nn::VarStore;
use tch::{TchError, Tensor, no_grad};

/// A trainable variable.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in the store.
    pub name: String,
    /// A handle that shares its memory.
    pub tensor: Tensor,
    /// Whether it has weight decay.
    pub decays: bool,
}

/// The trainable variables of a network, ordered by name. Gradients and optimizer states are lists in the same order.
#[derive(Debug)]
pub struct Parameters(Vec<Parameter>);

/// A prefix to freeze that matches no variable.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing to freeze: no variable's name begins with `{prefix}`; the first of {variables} is `{first}`"
)]
pub struct FreezeError {
    prefix: String,
    variables: usize,
    first: String,
}

/// Freezes the variables whose names begin with one of the prefixes. The running statistics of batch normalizations are
/// not trainable variables: they are still updated.
///
/// # Errors
/// If a prefix matches no variable; nothing is frozen then.
pub fn freeze(store: &VarStore, prefixes: &[String]) -> Result<(), FreezeError> {
    let variables = sorted_variables(store);
    for prefix in prefixes {
        if !variables.iter().any(|(name, _)| name.starts_with(prefix.as_str())) {
            let first = variables.first().map_or_else(String::new, |(name, _)| name.clone());
            return Err(FreezeError { prefix: prefix.clone(), variables: variables.len(), first });
        }
    }
    for (name, tensor) in &variables {
        if prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())) {
            let _ = tensor.set_requires_grad(false);
        }
    }
    Ok(())
}

/// All variables of a store with their names, in the order of names.
pub fn sorted_variables(store: &VarStore) -> Vec<(String, Tensor)> {
    let mut variables: Vec<_> = store.variables().into_iter().collect();
    variables.sort_by(|(a, _), (b, _)| a.cmp(b));
    variables
}

impl Parameters {
    /// The variables of a store that are not frozen, see [`freeze`]. All of them have weight decay.
    pub fn trainable(store: &VarStore) -> Self {
        let trained = sorted_variables(store).into_iter().filter(|(_, tensor)| tensor.requires_grad());
        Self(trained.map(|(name, tensor)| Parameter { name, tensor, decays: true }).collect())
    }

    /// Without weight decay of biases and of the scales of normalizations: the variables of fewer than two dimensions.
    #[must_use]
    pub fn without_decay_of_biases_and_norms(mut self) -> Self {
        self.0.iter_mut().for_each(|parameter| parameter.decays = parameter.tensor.dim() >= 2);
        self
    }

    /// The parameters in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.0.iter()
    }

    /// The gradient of a scalar loss with respect to each parameter; undefined for those it does not depend on.
    ///
    /// # Errors
    /// If the loss is not a scalar or depends on no variable.
    pub fn gradients(&self, loss: &Tensor) -> Result<Vec<Tensor>, TchError> {
        // Two cases that libtorch does not check.
        if loss.numel() != 1 {
            return Err(TchError::Shape(format!(
                "a loss is one number, and this has the shape {:?}",
                loss.size()
            )));
        }
        if !loss.requires_grad() {
            return Err(TchError::Torch("the loss depends on no trained variable".into()));
        }
        let tensors: Vec<_> = self.iter().map(|parameter| &parameter.tensor).collect();
        Tensor::f_run_backward(&[loss], &tensors, false, false)
    }

    /// A tensor of zeros per parameter, with its memory layout.
    pub(crate) fn zeros(&self) -> Vec<Tensor> {
        no_grad(|| self.iter().map(|parameter| parameter.tensor.zeros_like()).collect())
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = &'a Parameter;
    type IntoIter = std::slice::Iter<'a, Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn store() -> VarStore {
        let store = VarStore::new(Device::Cpu);
        let root = store.root();
        let _ = (&root / "head").ones("weight", &[2, 2]);
        let _ = (&root / "body").ones("weight", &[2, 2]);
        let _ = (&root / "body").ones("bias", &[2]);
        let _ = (&root / "body").ones_no_train("running_mean", &[2]);
        store
    }

    fn names(parameters: &Parameters) -> Vec<&str> {
        parameters.iter().map(|parameter| parameter.name.as_str()).collect()
    }

    #[test]
    fn ordered_by_name_and_without_what_is_not_trained() {
        let store = store();
        let parameters = Parameters::trainable(&store).without_decay_of_biases_and_norms();
        assert_eq!(names(&parameters), ["body.bias", "body.weight", "head.weight"]);
        assert_eq!(parameters.iter().map(|p| p.decays).collect::<Vec<_>>(), [false, true, true]);
    }

    #[test]
    fn frozen_by_prefix() {
        let store = store();
        freeze(&store, &["body.".into()]).unwrap();
        assert_eq!(names(&Parameters::trainable(&store)), ["head.weight"]);
        let error = freeze(&store, &["head".into(), "neck.".into()]).unwrap_err();
        let expected =
            "nothing to freeze: no variable's name begins with `neck.`; the first of 4 is `body.bias`";
        assert_eq!(error.to_string(), expected);
        assert_eq!(names(&Parameters::trainable(&store)), ["head.weight"], "all or nothing");
    }

    #[test]
    fn gradients_in_the_order_of_the_parameters() {
        let store = store();
        let parameters = Parameters::trainable(&store);
        let variables = store.variables();
        let loss =
            (&variables["body.weight"] * 3.0).sum(Kind::Float) + variables["body.bias"].sum(Kind::Float);
        let gradients = parameters.gradients(&loss).unwrap();
        assert_eq!(gradients[0], Tensor::from_slice(&[1f32, 1.0]));
        assert_eq!(gradients[1].double_value(&[1, 1]), 3.0);
        assert!(!gradients[2].defined(), "the loss does not depend on the head");
        assert!(parameters.gradients(&Tensor::from(1f32)).is_err(), "a loss of nothing");
        assert!(parameters.gradients(&variables["body.bias"]).is_err(), "two losses");
    }
}
