//! Where a model computes: on the processor's cores, or on a graphics card where the crate is built for one.

use crate::error::{Error, Result};
use candle_core::Device;
use std::fmt;
use std::str::FromStr;

/// The device on which a model computes.
///
/// `Auto` takes the first CUDA device where the crate is built with the feature `cuda` and one is there, else the CPU; the environment variable
/// `NEUROCELL_DEVICE` (`cpu`, `cuda`, `cuda:1`) decides for `Auto`. A model says where it computes when it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compute {
    /// A CUDA device if there is one, else the CPU.
    #[default]
    Auto,
    /// The processor's cores.
    Cpu,
    /// A CUDA device by its number, from 0.
    Cuda(usize),
}

impl Compute {
    pub(super) fn device(self) -> Result<Device> {
        match self {
            Compute::Auto => match std::env::var("NEUROCELL_DEVICE").ok().filter(|name| !name.is_empty()) {
                Some(name) => match name.parse()? {
                    Compute::Auto => Ok(Compute::first_cuda()),
                    named => named.device(),
                },
                None => Ok(Compute::first_cuda()),
            },
            Compute::Cpu => Ok(Device::Cpu),
            Compute::Cuda(number) => Device::new_cuda(number).map_err(|e| {
                let advice = match cfg!(feature = "cuda") {
                    true => "see `nvidia-smi` for the devices that are there, or take Compute::Cpu",
                    false => "this build computes on the CPU only: build with `--features cuda`, or take Compute::Cpu",
                };
                Error::value(format!("CUDA device {number} cannot be used: {e}"), advice).caused_by(e)
            }),
        }
    }

    fn first_cuda() -> Device {
        match cfg!(feature = "cuda") {
            true => Device::new_cuda(0).unwrap_or(Device::Cpu),
            false => Device::Cpu,
        }
    }
}

impl FromStr for Compute {
    type Err = Error;

    fn from_str(name: &str) -> Result<Compute> {
        match name.split_once(':') {
            None if name == "auto" => Ok(Compute::Auto),
            None if name == "cpu" => Ok(Compute::Cpu),
            None if name == "cuda" => Ok(Compute::Cuda(0)),
            Some(("cuda", number)) if number.parse::<usize>().is_ok() => Ok(Compute::Cuda(number.parse().unwrap_or(0))),
            _ => {
                let known = ["auto", "cpu", "cuda", "cuda:1"].map(str::to_owned);
                Err(Error::unknown("device", name, &known))
            }
        }
    }
}

/// As [`Compute::from_str`] reads it.
impl fmt::Display for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Compute::Auto => f.write_str("auto"),
            Compute::Cpu => f.write_str("cpu"),
            Compute::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}
