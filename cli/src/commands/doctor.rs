//! `mlsearch doctor`.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread;

use anyhow::{Result, bail};
use clap::Args;
use mlsearch::encoder::runtime::{self, PATH_VARIABLE};
use mlsearch::encoder::{Encoder, EncoderOptions, Fingerprint, ModelConfig};
use mlsearch::index::{FORMAT_VERSION, OLDEST_READABLE};
use mlsearch::{MODEL_VARIABLE, locate_model};
use serde::Serialize;

use crate::arguments::Global;
use crate::failure::Unsound;
use crate::output::style::{DIM, ERROR, GOOD, HEADING, bytes, one_line};
use crate::output::table::{Align, Table};
use crate::output::{Console, json};

/// Mean cosine to the original model's vectors that a good conversion reaches.
const LEAST_MEAN_COSINE: f32 = 0.99;
/// Cosine to the original model's vector that every text reaches with a good conversion.
const LEAST_COSINE: f32 = 0.95;
/// Variables that decide what is used.
const VARIABLES: [&str; 4] =
    [MODEL_VARIABLE, PATH_VARIABLE, "ORT_DYLIB_PATH", "ORT_DISABLE_TELEMETRY"];

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(&self, global: &Global, console: &Console) -> Result<()> {
        let report = Report::of_everything(global);
        if self.json {
            json::print(&report, console)?;
        } else {
            console.print(&report.render())?;
        }
        if report.ok { Ok(()) } else { bail!(Unsound) }
    }
}

/// Everything that was looked at.
#[derive(Serialize)]
struct Report {
    /// Whether nothing is wrong.
    ok: bool,
    version: &'static str,
    format: Format,
    machine: Machine,
    /// Environment variables that are set.
    environment: Vec<(&'static str, String)>,
    runtime: Option<Runtime>,
    model: Option<Model>,
    encoder: Option<EncoderReport>,
    problems: Vec<Problem>,
}

/// Versions of index files.
#[derive(Serialize)]
struct Format {
    written: u32,
    oldest_readable: u32,
}

#[derive(Serialize)]
struct Machine {
    system: &'static str,
    architecture: &'static str,
    cores: Option<usize>,
    features: Vec<&'static str>,
    memory_bytes: Option<u64>,
    available_memory_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Runtime {
    library: PathBuf,
    version: Option<String>,
    build: &'static str,
    providers: Vec<&'static str>,
}

#[derive(Serialize)]
struct Model {
    folder: PathBuf,
    name: String,
    version: String,
    fingerprint: String,
    dimension: usize,
    max_tokens: usize,
    bytes: u64,
    /// Whether every file is the one that the configuration describes.
    intact: bool,
}

#[derive(Serialize)]
struct EncoderReport {
    device: String,
    /// Why it is not another.
    note: Option<String>,
    parity: Option<Parity>,
}

/// How near its vectors come to the original model's.
#[derive(Serialize)]
struct Parity {
    texts: usize,
    mean_cosine: f32,
    worst_cosine: Option<f32>,
    worst_language: Option<String>,
    different_tokens: usize,
}

/// Something that is wrong, and what to do.
#[derive(Serialize)]
struct Problem {
    check: &'static str,
    what: String,
}

impl Report {
    fn of_everything(global: &Global) -> Self {
        let mut problems = Problems::default();
        let runtime = problems.note("runtime", look_at_runtime(global));
        let model = look_at_model(global, &mut problems);
        // Neither is worth a second message.
        let encoder = match (&runtime, &model) {
            (Some(_), Some(model)) if model.intact => look_at_encoder(model, global, &mut problems),
            _ => None,
        };
        let variables = VARIABLES.into_iter();
        Self {
            ok: problems.found.is_empty(),
            version: env!("CARGO_PKG_VERSION"),
            format: Format { written: FORMAT_VERSION, oldest_readable: OLDEST_READABLE },
            machine: Machine::this(),
            environment: variables
                .filter_map(|name| Some((name, env::var_os(name)?.to_string_lossy().into_owned())))
                .collect(),
            runtime,
            model,
            encoder,
            problems: problems.found,
        }
    }
}

#[derive(Default)]
struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    fn add(&mut self, check: &'static str, what: impl ToString) {
        self.found.push(Problem { check, what: what.to_string() });
    }

    fn note<T, E: ToString>(&mut self, check: &'static str, outcome: Result<T, E>) -> Option<T> {
        outcome.map_err(|error| self.add(check, error)).ok()
    }
}

fn look_at_runtime(global: &Global) -> mlsearch::encoder::Result<Runtime> {
    let runtime = runtime::load(global.runtime())?;
    Ok(Runtime {
        library: runtime.library().to_owned(),
        version: runtime.version().map(str::to_owned),
        build: runtime.build_info(),
        providers: runtime.providers(),
    })
}

fn look_at_model(global: &Global, problems: &mut Problems) -> Option<Model> {
    let folder = problems.note("model", locate_model(global.model()))?;
    let config = problems.note("model", ModelConfig::read(&folder))?;
    let intact = problems.note("model files", config.verify_files(&folder)).is_some();
    Some(Model {
        fingerprint: Fingerprint::of(&config).to_string(),
        dimension: config.dimension,
        max_tokens: config.max_tokens,
        bytes: config.files.values().map(|file| file.bytes).sum(),
        name: config.name,
        version: config.version,
        folder,
        intact,
    })
}

fn look_at_encoder(
    model: &Model,
    global: &Global,
    problems: &mut Problems,
) -> Option<EncoderReport> {
    // The files were verified just now.
    let options = EncoderOptions { verify: false, ..global.encoder_options() };
    let encoder = problems.note("encoder", Encoder::open(&model.folder, &options))?;
    let parity = problems.note("parity", encoder.parity()).map(|report| Parity {
        texts: report.texts.len(),
        mean_cosine: report.mean_cosine(),
        worst_cosine: report.worst().map(|text| text.cosine),
        worst_language: report.worst().map(|text| text.language.clone()),
        different_tokens: report.different_tokens(),
    });
    if let Some(parity) = &parity {
        let again = "copy or convert the model again, or use another ONNX Runtime";
        if parity.different_tokens > 0 {
            let what = "of the texts are cut into other tokens than by the original model";
            problems.add("parity", format!("{} {what}; {again}", parity.different_tokens));
        }
        // A comparison that is not a number is not good either.
        let is_near =
            parity.mean_cosine >= LEAST_MEAN_COSINE && parity.worst_cosine >= Some(LEAST_COSINE);
        if !is_near {
            problems
                .add("parity", format!("the vectors are not those of the original model; {again}"));
        }
    }
    let status = encoder.device();
    Some(EncoderReport { device: status.device.to_string(), note: status.note.clone(), parity })
}

impl Machine {
    fn this() -> Self {
        Self {
            system: env::consts::OS,
            architecture: env::consts::ARCH,
            cores: thread::available_parallelism().ok().map(usize::from),
            features: features(),
            memory_bytes: memory("MemTotal:"),
            available_memory_bytes: memory("MemAvailable:"),
        }
    }
}

/// Abilities of the processor that make encoding and search fast.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    use std::arch::is_x86_feature_detected as has;
    let detected = [
        ("avx2", has!("avx2")),
        ("fma", has!("fma")),
        ("f16c", has!("f16c")),
        ("avxvnni", has!("avxvnni")),
        ("avx512f", has!("avx512f")),
        ("avx512bw", has!("avx512bw")),
        ("avx512vnni", has!("avx512vnni")),
        ("amx-int8", cpuinfo_has("amx_int8")),
    ];
    detected.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

/// Abilities of the processor that make encoding and search fast.
#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    use std::arch::is_aarch64_feature_detected as has;
    let detected = [
        ("neon", has!("neon")),
        ("dotprod", has!("dotprod")),
        ("i8mm", has!("i8mm")),
        ("sve", has!("sve")),
    ];
    detected.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
}

/// Abilities of the processor that make encoding and search fast: none known.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// Whether Linux lists an ability that the standard library cannot ask the processor for.
#[cfg(target_arch = "x86_64")]
fn cpuinfo_has(flag: &str) -> bool {
    let Ok(text) = fs::read_to_string("/proc/cpuinfo") else { return false };
    let flags = text.lines().find_map(|line| line.strip_prefix("flags"));
    flags.is_some_and(|flags| flags.split_whitespace().any(|found| found == flag))
}

/// A figure of Linux's memory statistics, in bytes; none on other systems.
fn memory(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

impl Report {
    fn render(&self) -> String {
        let mut text = String::new();
        let mut section = |name: &str, facts: &[(&str, String)]| {
            let mut table = Table::new(&[Align::Left, Align::Left]);
            for (fact, value) in facts {
                table.row(&[*fact, value.as_str()]);
            }
            text.push_str(&format!("{HEADING}{name}{HEADING:#}\n{}\n", table.render(2)));
        };
        section("mlsearch", &self.program());
        section("machine", &self.machine.facts());
        section("ONNX Runtime", &self.runtime.as_ref().map_or_else(not_usable, Runtime::facts));
        section("model", &self.model.as_ref().map_or_else(not_usable, Model::facts));
        section("encoder", &self.encoder.as_ref().map_or_else(not_usable, EncoderReport::facts));
        if self.ok {
            text.push_str(&format!("{GOOD}everything works{GOOD:#}\n"));
        }
        for problem in &self.problems {
            text.push_str(&format!(
                "{ERROR}{}:{ERROR:#} {}\n",
                problem.check,
                one_line(&problem.what)
            ));
        }
        if self.runtime.is_none() || self.model.as_ref().is_none_or(|model| !model.intact) {
            text.push_str(&format!(
                "{DIM}the encoder can be checked when runtime and model are in order{DIM:#}\n"
            ));
        }
        text
    }

    fn program(&self) -> Vec<(&'static str, String)> {
        let format = &self.format;
        let mut facts = vec![
            ("version", self.version.to_owned()),
            (
                "index format",
                format!("{}, reads {} and later", format.written, format.oldest_readable),
            ),
        ];
        facts.extend(self.environment.iter().map(|(name, value)| (*name, value.clone())));
        facts
    }
}

fn not_usable() -> Vec<(&'static str, String)> {
    vec![("not usable", String::new())]
}

impl Machine {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("system", format!("{}, {}", self.system, self.architecture)),
            ("cores", self.cores.map_or_else(|| "unknown".to_owned(), |cores| cores.to_string())),
            ("features", self.features.join(", ")),
        ];
        if let (Some(memory), Some(available)) = (self.memory_bytes, self.available_memory_bytes) {
            facts.push(("memory", format!("{}, {} available", bytes(memory), bytes(available))));
        }
        facts
    }
}

impl Runtime {
    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("version", self.version.clone().unwrap_or_else(|| "unknown".to_owned())),
            ("library", self.library.display().to_string()),
            ("providers", self.providers.join(", ")),
            ("build", self.build.to_owned()),
        ]
    }
}

impl Model {
    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("name", format!("{} {}", self.name, self.version)),
            ("folder", self.folder.display().to_string()),
            ("fingerprint", self.fingerprint.clone()),
            (
                "vectors",
                format!("{} components, of up to {} tokens", self.dimension, self.max_tokens),
            ),
            ("size", bytes(self.bytes)),
            ("files", if self.intact { "as described" } else { "not as described" }.to_owned()),
        ]
    }
}

impl EncoderReport {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("device", self.device.clone())];
        facts.extend(self.note.iter().map(|note| ("note", note.clone())));
        if let Some(parity) = &self.parity {
            let worst = match (parity.worst_cosine, &parity.worst_language) {
                (Some(cosine), Some(language)) => format!(", worst {cosine:.4} ({language})"),
                _ => String::new(),
            };
            facts.push(("parity", format!("mean cosine {:.4}{worst}", parity.mean_cosine)));
            facts.push((
                "tokens",
                format!("{} of {} texts differ", parity.different_tokens, parity.texts),
            ));
        }
        facts
    }
}
