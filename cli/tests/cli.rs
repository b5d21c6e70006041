//! The command, run as users run it. One program for all of it: the command is large to build.

#[path = "cli/support.rs"]
mod support;

#[path = "cli/building.rs"]
mod building;
#[path = "cli/checking.rs"]
mod checking;
#[path = "cli/damage.rs"]
mod damage;
#[path = "cli/encoding.rs"]
mod encoding;
#[path = "cli/evaluation.rs"]
mod evaluation;
#[path = "cli/filtering.rs"]
mod filtering;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/interrupting.rs"]
mod interrupting;
#[path = "cli/network.rs"]
mod network;
#[path = "cli/querying.rs"]
mod querying;
#[path = "cli/storing.rs"]
mod storing;
#[path = "cli/usage.rs"]
mod usage;
