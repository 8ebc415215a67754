//! From a network's definition and its weights to outputs.

use std::cell::Cell;
use std::time::{Duration, Instant};

use mvmhat_learning::{Fold, channels_last};
use tch::nn::{self, ModuleT, VarStore};
use tch::{Device, Kind, Tensor, no_grad};

use crate::{Error, StateDict};

/// A network with one input and one output, that can be folded.
pub trait Network: ModuleT + Fold {}

impl<T: ModuleT + Fold> Network for T {}

impl ModuleT for Box<dyn Network> {
    fn forward_t(&self, xs: &Tensor, train: bool) -> Tensor {
        (**self).forward_t(xs, train)
    }
}

impl Fold for Box<dyn Network> {
    fn fold(&mut self) {
        (**self).fold();
    }
}

/// A network ready for inference: weights loaded, norms folded.
#[derive(Debug)]
pub struct Inference {
    network: Box<dyn Network>,
    device: Device,
    forward: Cell<Duration>,
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
        // The variables are read only once; what stays of them is in the folded network.
        let store = VarStore::new(device);
        let network = build(&store.root());
        weights.load_into(&store, extra)?;
        Ok(Self::folded(network, device))
    }

    /// The same with the variables of a network that was built in the same way, as they are now.
    ///
    /// # Errors
    /// If they are of another network.
    pub fn of<N: Network + 'static>(
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
        Self { network: Box::new(network), device, forward: Cell::default() }
    }

    /// The output for a batch N x C x H x W of any memory layout.
    pub fn run(&self, batch: &Tensor) -> Tensor {
        let start = Instant::now();
        let output = no_grad(|| {
            let batch = channels_last(&batch.to_device(self.device).to_kind(Kind::Float));
            self.network.forward_t(&batch, false)
        });
        self.forward.set(self.forward.get() + start.elapsed());
        output
    }

    /// How long [`run`](Self::run) took so far, all calls together.
    pub fn forward_time(&self) -> Duration {
        self.forward.get()
    }
}

/// Makes the allocator keep freed memory for the next operation.
///
/// The outputs of layers are megabytes large. The GNU C library takes blocks of that size from the system one by one and
/// gives them back when they are freed, so every layer has its output's pages mapped and zeroed anew. It raises that
/// threshold to the largest such block it has seen freed, up to 32 MiB, and gives memory back only beyond twice of it
/// (`mallopt(3)`, `M_MMAP_THRESHOLD`): one block of that size is enough. Elsewhere this does nothing.
fn keep_memory() {
    const LARGEST_THRESHOLD: i64 = 32 << 20;
    const BOOKKEEPING: i64 = 8 << 10;
    drop(Tensor::empty([LARGEST_THRESHOLD - BOOKKEEPING], (Kind::Uint8, Device::Cpu)));
}
