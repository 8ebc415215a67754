//! Where networks run.

use anyhow::Result;
use tch::{Cuda, Device};

use crate::error::usage;

/// `auto` (the first GPU that libtorch can use, else the CPU), `cpu` or `cuda:N`.
///
/// # Errors
/// Another word, or a GPU that libtorch does not have.
pub(crate) fn parse(text: &str) -> Result<Device> {
    let gpus = Cuda::device_count();
    match text {
        "auto" => Ok(Device::cuda_if_available()),
        "cpu" => Ok(Device::Cpu),
        _ => {
            let number = if text == "cuda" { Some("0") } else { text.strip_prefix("cuda:") };
            let Some(Ok(number)) = number.map(str::parse::<usize>) else {
                return Err(usage!("device `{text}`: expected auto, cpu or cuda:N"));
            };
            if i64::try_from(number).is_ok_and(|number| number < gpus) {
                return Ok(Device::Cuda(number));
            }
            let there = if gpus > 0 { format!("{gpus}, counted from 0") } else { "none".into() };
            Err(usage!("device `{text}`: GPUs that this libtorch can use: {there}; see `mvmhat doctor`"))
        }
    }
}

/// The name that [`parse`] takes.
pub(crate) fn name(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_devices_agree() {
        assert_eq!(name(parse("cpu").unwrap()), "cpu");
        assert!(parse("gpu").is_err());
        assert!(parse("cuda:x").is_err());
        assert!(parse("cuda:4096").is_err());
        assert!(parse(&format!("cuda:{}", usize::MAX)).is_err());
    }
}
