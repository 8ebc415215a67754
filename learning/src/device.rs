//! The devices that networks run on.

use tch::{Cuda, Device};

/// A device that does not exist, or an invalid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Not the name of a device.
    #[error("device `{0}`: expected auto, cpu or cuda:N")]
    Name(String),
    /// A GPU that libtorch cannot use.
    #[error("device `{name}`: GPUs that this libtorch can use: {}; see `mvmhat doctor`", known(*gpus))]
    Gpu {
        /// The requested device.
        name: String,
        /// The number of GPUs that libtorch can use.
        gpus: i64,
    },
}

fn known(gpus: i64) -> String {
    if gpus > 0 { format!("{gpus}, counted from 0") } else { "none".into() }
}

/// `auto` (the first GPU that libtorch can use, else the CPU), `cpu` or `cuda:N`.
///
/// # Errors
/// An invalid name, or a GPU that libtorch cannot use.
pub fn parse_device(name: &str) -> Result<Device, DeviceError> {
    match name {
        "auto" => Ok(Device::cuda_if_available()),
        "cpu" => Ok(Device::Cpu),
        _ => {
            let number = if name == "cuda" { Some("0") } else { name.strip_prefix("cuda:") };
            let Some(Ok(number)) = number.map(str::parse::<usize>) else {
                return Err(DeviceError::Name(name.to_owned()));
            };
            let gpus = Cuda::device_count();
            if i64::try_from(number).is_ok_and(|number| number < gpus) {
                return Ok(Device::Cuda(number));
            }
            Err(DeviceError::Gpu { name: name.to_owned(), gpus })
        }
    }
}

/// The name of a device, as [`parse_device`] reads it.
pub fn device_name(device: Device) -> String {
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
        assert_eq!(device_name(parse_device("cpu").unwrap()), "cpu");
        assert!(parse_device("gpu").is_err());
        assert!(parse_device("cuda:x").is_err());
        assert!(parse_device("cuda:4096").is_err());
        assert!(parse_device(&format!("cuda:{}", usize::MAX)).is_err());
    }

    #[test]
    fn errors_say_what_there_is() {
        let error = parse_device("gpu").unwrap_err().to_string();
        assert_eq!(error, "device `gpu`: expected auto, cpu or cuda:N");
        let error = DeviceError::Gpu { name: "cuda:2".into(), gpus: 2 }.to_string();
        assert_eq!(
            error,
            "device `cuda:2`: GPUs that this libtorch can use: 2, counted from 0; see `mvmhat doctor`"
        );
    }
}
