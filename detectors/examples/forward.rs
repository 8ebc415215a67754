//! Times the forward pass of the networks that have a counterpart in `scripts/bench-inference.py`, on one thread.
//!
//! `forward WEIGHTS_FOLDER` prints a line per network: its name and the milliseconds per image, the best of several runs.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use mvmhat_detectors::{EmbedderConfig, Inference, PYRAMIDS, PersonNetworkConfig, Yolox, YoloxConfig};
use mvmhat_learning::networks::{Osnet, OsnetConfig};
use mvmhat_weights::StateDict;
use tch::{Device, Kind, Tensor, nn};

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("which folder are the weights in?")?;
    let read = |name: &str| StateDict::read(&Path::new(&folder).join(name));
    tch::set_num_threads(1);

    let nano = |path: &nn::Path| Yolox::new(path, YoloxConfig::NANO);
    let nano = Inference::load(nano, &read("yolox_nano.safetensors")?, &[], Device::Cpu)?;
    time("yolox_nano", &nano, [4, 416, 416, 3], 4);
    // The size that an image of 16:9 is shrunk to, and our own network in comparison.
    time("yolox_nano wide", &nano, [4, 256, 416, 3], 4);
    for backbone in PYRAMIDS.into_iter().filter(|backbone| backbone.name != "resnet18") {
        let config = PersonNetworkConfig { backbone, ..Default::default() };
        let store = nn::VarStore::new(Device::Cpu);
        let _network = config.build(&store.root());
        config.initialize(&store, 0)?;
        let person = Inference::from_variables(|path| config.build(path), &store)?;
        time(&format!("person {}", backbone.name), &person, [4, 416, 416, 3], 4);
        time(&format!("person {} wide", backbone.name), &person, [4, 256, 416, 3], 4);
    }

    let osnet = |path: &nn::Path| Osnet::new(path, OsnetConfig::X0_25);
    let weights = read("osnet_x0_25_msmt17.safetensors")?.renamed(Osnet::published_name);
    let osnet = Inference::load(osnet, &weights, &[], Device::Cpu)?;
    // The crops go through in the batches of the embedder.
    time("osnet_x0_25_msmt17", &osnet, [32, 256, 128, 3], EmbedderConfig::default().batch as i64);
    Ok(())
}

fn time(name: &str, network: &Inference, [n, h, w, c]: [i64; 4], batch_size: i64) {
    // Channels last, as images are decoded.
    let images = Tensor::rand([n, h, w, c], (Kind::Float, Device::Cpu)).permute([0, 3, 1, 2]);
    let run = |_| {
        let start = Instant::now();
        for batch in images.split(batch_size, 0) {
            let _ = network.run(&batch);
        }
        start.elapsed().as_secs_f64()
    };
    let best = (0..20).map(run).fold(f64::INFINITY, f64::min);
    println!("{name} {:.3}", 1e3 * best / n as f64);
}
