//! From a network's definition and its weights to outputs.

use std::cell::Cell;
use std::time::{Duration, Instant};

use mvmhat_learning::channels_last;
use mvmhat_learning::networks::{Network, PublishedNames};
use mvmhat_weights::StateDict;
use tch::nn::{self, VarStore};
use tch::{Device, Kind, TchError, Tensor, no_grad};

use crate::Error;

/// A network ready for inference: weights loaded, normalizations folded.
#[derive(Debug)]
pub struct Inference {
    network: Box<dyn Network>,
    device: Device,
    forward_time: Cell<Duration>,
}

impl Inference {
    /// Builds a network, loads its weights and folds it. Weights whose names begin with one of `extra` need not be in the
    /// network.
    ///
    /// # Errors
    /// If the weights are of another network.
    pub fn load<N: Network + 'static>(
        build: impl FnOnce(&nn::Path) -> N,
        weights: &StateDict,
        extra: &[&str],
        device: Device,
    ) -> Result<Self, Error> {
        keep_memory();
        // The variables are read only once; the folded network holds what it needs of them.
        let store = VarStore::new(device);
        let network = build(&store.root());
        weights.load_into(&store, extra)?;
        Ok(Self::folded(network, device))
    }

    /// A network with a copy of the present `variables` of one that was built in the same way.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn from_variables<N: Network + 'static>(
        build: impl FnOnce(&nn::Path) -> N,
        variables: &VarStore,
    ) -> Result<Self, Error> {
        let mut store = VarStore::new(variables.device());
        let network = build(&store.root());
        store.copy(variables)?;
        Ok(Self::folded(network, variables.device()))
    }

    fn folded<N: Network + 'static>(mut network: N, device: Device) -> Self {
        network.fold();
        Self { network: Box::new(network), device, forward_time: Cell::default() }
    }

    /// The output for a batch N x C x H x W of any memory layout.
    pub fn run(&self, batch: &Tensor) -> Tensor {
        let start = Instant::now();
        let output = no_grad(|| {
            let batch = channels_last(&batch.to_device(self.device).to_kind(Kind::Float));
            self.network.forward_t(&batch, false)
        });
        self.forward_time.set(self.forward_time.get() + start.elapsed());
        output
    }

    /// How long [`run`](Self::run) took so far, all calls together.
    pub fn forward_time(&self) -> Duration {
        self.forward_time.get()
    }
}

/// Makes the allocator keep freed memory for the next operation.
///
/// The outputs of layers are megabytes large. The GNU C library takes blocks of that size from the system one by one and
/// returns them when they are freed, so every layer has its output's pages mapped and zeroed anew. It raises that
/// threshold to the largest such block it has seen freed, up to 32 MiB, and returns memory only beyond twice of it
/// (`mallopt(3)`, `M_MMAP_THRESHOLD`): one block of that size is enough. Elsewhere this does nothing.
fn keep_memory() {
    const LARGEST_THRESHOLD: i64 = 32 << 20;
    const BOOKKEEPING: i64 = 8 << 10;
    drop(Tensor::empty([LARGEST_THRESHOLD - BOOKKEEPING], (Kind::Uint8, Device::Cpu)));
}

/// Published weights under the names of a network's variables.
pub(crate) fn with_variable_names(weights: &StateDict, names: &PublishedNames) -> StateDict {
    weights.renamed(names.rule(|name| weights.get(name).is_some()))
}

/// Copies the variables of one store into those of another that have `prefix` before their names.
pub(crate) fn copy_variables(from: &VarStore, to: &VarStore, prefix: &str) -> Result<(), TchError> {
    let variables = to.variables();
    no_grad(|| {
        from.variables().iter().try_for_each(|(name, tensor)| {
            match variables.get(&format!("{prefix}{name}")) {
                Some(variable) => variable.shallow_clone().f_copy_(tensor),
                None => Ok(()),
            }
        })
    })
}
