//! A backbone with an embedding head, as `mvmhat train` trains it.
//!
//! ```text
//! crop 3 x H x W -> backbone -> F features -> linear, without bias -> D dimensions -> batch normalization ("BN neck")
//! ```
//!
//! The BN neck (Luo et al., *Bag of Tricks and a Strong Baseline for Deep Person Re-identification*, CVPRW 2019) spreads
//! the directions of embeddings evenly over the space. The published method has 1000 dimensions and no neck.

use mvmhat_learning::networks::Network;
use mvmhat_learning::{Fold, LdaHead};
use tch::nn::{self, Module, ModuleT};
use tch::{Tensor, no_grad};

use crate::{ConfigError, Error};

/// The network.
///
/// # Shapes
/// - input: N x 3 x H x W, red, green, blue, ImageNet mean 0 and deviation 1
/// - output: N x D, not yet of unit length
#[derive(Debug)]
pub struct EmbeddingNetwork {
    pub(super) backbone: Box<dyn Network>,
    pub(super) linear: nn::Linear,
    pub(super) neck: Option<nn::BatchNorm>,
}

impl EmbeddingNetwork {
    /// The features of the backbone, the input of the head: N x F.
    pub fn features(&self, xs: &Tensor, train: bool) -> Tensor {
        self.backbone.forward_t(xs, train)
    }

    /// The embeddings of features: N x D.
    pub fn head(&self, features: &Tensor, train: bool) -> Tensor {
        let embedding = self.linear.forward(features);
        match &self.neck {
            Some(neck) => neck.forward_t(&embedding, train),
            None => embedding,
        }
    }

    /// Replaces the head by a closed-form LDA head.
    ///
    /// # Errors
    /// If it is of another size, or there is no BN neck, which subtracts the mean.
    pub fn set_head(&self, lda_head: &LdaHead) -> Result<(), Error> {
        let LdaHead { weight, mean } = lda_head;
        let Some(neck) = &self.neck else {
            let rule =
                "the closed-form LDA head needs the BN neck, which subtracts the mean: it must be true";
            return Err(ConfigError { path: "train.network.bn_neck", value: "false".into(), rule }.into());
        };
        no_grad(|| {
            self.linear.ws.shallow_clone().f_copy_(weight)?;
            neck.running_mean.shallow_clone().f_copy_(&weight.f_mv(mean)?)?;
            let vectors = [(Some(&neck.running_var), 1.0), (neck.ws.as_ref(), 1.0), (neck.bs.as_ref(), 0.0)];
            for (vector, value) in vectors {
                if let Some(vector) = vector {
                    let _ = vector.shallow_clone().f_fill_(value)?;
                }
            }
            Ok(())
        })
    }
}

impl ModuleT for EmbeddingNetwork {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        self.head(&self.features(xs, train), train)
    }
}

impl Fold for EmbeddingNetwork {
    fn fold(&mut self) {
        self.backbone.fold();
    }
}

#[cfg(test)]
mod tests {
    use mvmhat_learning::networks::Backbone;
    use tch::Device;
    use tch::nn::VarStore;

    use super::*;
    use crate::EmbeddingNetworkConfig;

    fn built(config: &EmbeddingNetworkConfig, seed: u64) -> (VarStore, EmbeddingNetwork) {
        let store = VarStore::new(Device::Cpu);
        let network = config.build(&store.root());
        config.initialize(&store, seed).unwrap();
        (store, network)
    }

    fn small() -> EmbeddingNetworkConfig {
        let backbone = Backbone::named("osnet-x0.25").unwrap();
        EmbeddingNetworkConfig { backbone, embedding_dim: 24, crop_size: [64, 32], ..Default::default() }
    }

    fn embeddings(network: &EmbeddingNetwork) -> Tensor {
        let crops = Tensor::linspace(-1, 1, 2 * 3 * 64 * 32, (tch::Kind::Float, Device::Cpu));
        no_grad(|| network.forward_t(&crops.view([2, 3, 64, 32]), false))
    }

    #[test]
    fn the_initialization_is_a_function_of_the_seed_and_folding_keeps_the_embedding() {
        let (_, mut network) = built(&small(), 1);
        let first = embeddings(&network);
        assert_eq!(first.size(), [2, 24]);
        assert_eq!(first, embeddings(&built(&small(), 1).1));
        assert_ne!(first, embeddings(&built(&small(), 2).1));
        network.fold();
        assert!(first.allclose(&embeddings(&network), 1e-4, 1e-5, false));
    }

    #[test]
    fn the_head_can_be_replaced_by_a_closed_form_lda_head() {
        let (_, network) = built(&small(), 4);
        let crops =
            Tensor::linspace(-1, 1, 4 * 3 * 64 * 32, (tch::Kind::Float, Device::Cpu)).view([4, 3, 64, 32]);
        let features = no_grad(|| network.features(&crops, false));
        let lda_head = mvmhat_learning::LdaHeadConfig::default().fit(&features, &[0, 0, 1, 1], 24).unwrap();
        network.set_head(&lda_head).unwrap();
        let embedded = no_grad(|| network.forward_t(&crops, false));
        assert!(embedded.allclose(&lda_head.project(&features), 1e-3, 1e-3, false));
    }
}
