//! Where the model runs.

use std::fmt;
use std::str::FromStr;

/// The device that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    Cpu,
    /// The first CUDA device; an error where it cannot be used.
    Cuda,
    /// CUDA where it can be used, else the processor; [`DeviceStatus::note`] says why.
    #[default]
    Auto,
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Auto => "auto",
        })
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "auto" => Ok(Self::Auto),
            _ => Err(format!("unknown device {text:?}; the devices are cpu, cuda and auto")),
        }
    }
}

/// The device in use, and why it is not another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceStatus {
    /// [`Device::Cpu`] or [`Device::Cuda`].
    pub device: Device,
    /// With [`Device::Auto`]: why CUDA is not in use.
    pub note: Option<String>,
}
