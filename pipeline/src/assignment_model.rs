//! An assignment network as the association asks it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use mvmhat_association::{AssignmentModel, AssignmentSource, AssociationConfig};
use mvmhat_console::usage;
use mvmhat_learning::{
    ASSIGNMENT_NETWORK, AssignmentNetwork, AssignmentNetworkConfig, RecurrentConfig, Temperature,
    TransformerConfig, ViewEmbeddings,
};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor, no_grad};

/// People of all views up to whom the network is asked: it works with the square of their number, the attention of its
/// Transformer with the square of that.
const MOST_PEOPLE: usize = 48;

/// The file of weights of the assignment network that the configuration asks for, if it does and names one.
pub(crate) fn weights(config: &AssociationConfig) -> Option<&Path> {
    match config {
        AssociationConfig::Clustering(config) if config.assignment == AssignmentSource::Network => {
            config.assignment_weights.as_deref().map(Path::new)
        }
        _ => None,
    }
}

/// The assignment network that the configuration asks for, if it does.
///
/// # Errors
/// No weights named, a file that cannot be read, or one that holds no assignment network.
pub fn open_assignment_model(
    config: &AssociationConfig,
    device: Device,
) -> Result<Option<Box<dyn AssignmentModel>>> {
    if let Some(weights) = weights(config) {
        return Ok(Some(Box::new(Network::read(weights, device)?)));
    }
    match config {
        AssociationConfig::Clustering(config) if config.assignment == AssignmentSource::Network => {
            Err(usage!(
                "association.assignment: network needs weights: association.assignment_weights=FILE (safetensors)"
            ))
        }
        _ => Ok(None),
    }
}

struct Network {
    network: AssignmentNetwork,
    device: Device,
    /// Whether too many people were warned of.
    warned: bool,
}

impl Network {
    /// Reads a network of either form with the published sizes; which form tell the names in the file.
    fn read(path: &Path, device: Device) -> Result<Self> {
        let at = || format!("association.assignment_weights: {}", path.display());
        let tensors = Tensor::read_safetensors(path).with_context(at)?;
        let mut tensors: BTreeMap<String, Tensor> = tensors.into_iter().collect();
        // A file of `mvmhat train` holds the embedding network, too.
        let inside = format!("{ASSIGNMENT_NETWORK}.");
        if tensors.keys().any(|name| name.starts_with(&inside)) {
            let own =
                |(name, tensor): (String, Tensor)| Some((name.strip_prefix(&inside)?.to_owned(), tensor));
            tensors = tensors.into_iter().filter_map(own).collect();
        }
        let names: BTreeSet<&String> = tensors.keys().collect();
        for config in [
            AssignmentNetworkConfig::Transformer(TransformerConfig::default()),
            AssignmentNetworkConfig::Recurrent(RecurrentConfig::default()),
        ] {
            let mut store = VarStore::new(device);
            let network = config.init(&store.root());
            let variables: BTreeMap<String, Tensor> = store.variables().into_iter().collect();
            if variables.keys().collect::<BTreeSet<_>>() == names {
                for (name, variable) in &variables {
                    no_grad(|| variable.shallow_clone().f_copy_(&tensors[name])).with_context(at)?;
                }
                store.freeze();
                return Ok(Self { network, device, warned: false });
            }
        }
        bail!(
            "{}: these are not the variables of an assignment network, neither as Transformer nor recurrent",
            at()
        );
    }
}

impl AssignmentModel for Network {
    fn probabilities(&mut self, views: &[Vec<&[f32]>]) -> Vec<f32> {
        let people: usize = views.iter().map(Vec::len).sum();
        if people > MOST_PEOPLE {
            if !self.warned {
                tracing::warn!(
                    "{people} people at one timestep: the assignment network is asked about {MOST_PEOPLE} at most"
                );
            }
            self.warned = true;
            return Vec::new();
        }
        let width = views.iter().flatten().next().map_or(0, |embedding| embedding.len());
        let matrix = |view: &Vec<&[f32]>| {
            Tensor::from_slice(&view.concat()).view([view.len() as i64, width as i64]).to(self.device)
        };
        let sets: Vec<Tensor> = views.iter().map(matrix).collect();
        // Embeddings of one recording have one length, so they always form a sample.
        let Ok(sets) = ViewEmbeddings::new(&sets) else { return Vec::new() };
        let probabilities = no_grad(|| self.network.forward(&sets.soft_assignments(&Temperature::default())));
        // The probability of a pair is the mean of both directions.
        let probabilities = (&probabilities + probabilities.tr()) * 0.5;
        let probabilities = probabilities.to_kind(Kind::Float).to(Device::Cpu).contiguous().view([-1]);
        Vec::<f32>::try_from(probabilities).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(config: &AssignmentNetworkConfig, path: &Path) {
        let store = VarStore::new(Device::Cpu);
        let _network = config.init(&store.root());
        store.save(path).unwrap();
    }

    #[test]
    fn either_form_is_read_and_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.safetensors");
        for config in [
            AssignmentNetworkConfig::Transformer(TransformerConfig::default()),
            AssignmentNetworkConfig::Recurrent(RecurrentConfig::default()),
        ] {
            saved(&config, &path);
            let mut network = Network::read(&path, Device::Cpu).unwrap();
            let (red, blue): ([f32; 2], [f32; 2]) = ([1.0, 0.0], [0.0, 1.0]);
            let said = network.probabilities(&[vec![&red, &blue], vec![], vec![&red]]);
            assert_eq!(said.len(), 9);
            assert!(said.iter().all(|p| (0.0..=1.0).contains(p)));
            assert_eq!(said[2], said[6], "symmetric");
            assert!(network.probabilities(&[]).is_empty() && network.probabilities(&[vec![]]).is_empty());
            let crowd = vec![&red[..]; MOST_PEOPLE + 1];
            assert!(network.probabilities(&[crowd]).is_empty());
        }
    }

    #[test]
    fn another_network_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.safetensors");
        Tensor::write_safetensors(&[("weight", Tensor::zeros([2, 2], (Kind::Float, Device::Cpu)))], &path)
            .unwrap();
        let error = format!("{:#}", Network::read(&path, Device::Cpu).err().unwrap());
        assert!(error.contains("not the variables of an assignment network"), "{error}");
        let error = format!("{:#}", Network::read(&folder.path().join("none"), Device::Cpu).err().unwrap());
        assert!(error.contains("association.assignment_weights"), "{error}");
    }
}
