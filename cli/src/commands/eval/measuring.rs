//! What every measurement of an encoder takes: corrections, and a cache of vectors.

use std::ops::ControlFlow;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use mlsearch::bias::{Correction, Method, QueryMeans};
use mlsearch::encoder::Encoder;
use mlsearch::eval::{CachingEncoder, Progress, VectorCache};
use mlsearch::{Error, locate_model};

use super::stages::Stages;
use crate::arguments::Global;
use crate::debias::{self, Debias};
use crate::failure::Stopped;
use crate::interrupt::Interrupt;
use crate::output::Console;

#[derive(Debug, Args)]
pub(super) struct Measuring {
    /// Measure the rankings also with these corrections for language: auto, center, standardize,
    /// lsar, balanced; see `mlsearch query --help`
    #[arg(long, value_name = "METHOD,METHOD", value_delimiter = ',', value_parser = debias::methods())]
    debias: Vec<Debias>,

    /// Strengths of the corrections, 0 to 1; `balanced` is always done whole
    #[arg(long, value_name = "SHARE,SHARE", value_delimiter = ',', requires = "debias", value_parser = debias::share)]
    strength: Vec<f32>,

    /// Folder that keeps the vectors of all texts, so that measuring again takes seconds; by
    /// default `mlsearch/eval` in the user's folder for caches. It may be removed at any time
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cache: Option<PathBuf>,

    /// Encode every text again, and keep no vectors
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

/// What a measurement works with.
pub(super) struct Bench<'a> {
    pub(super) encoder: CachingEncoder<'a>,
    pub(super) query_means: QueryMeans,
    /// Hears of progress, and may end the work.
    pub(super) listen: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl Measuring {
    /// What is to be measured beside the uncorrected rankings.
    pub(super) fn corrections(&self) -> Vec<Correction> {
        let mut corrections = Vec::new();
        for debias in &self.debias {
            let mut strengths: Vec<Option<f32>> = self.strength.iter().copied().map(Some).collect();
            if strengths.is_empty() || *debias == Debias::Method(Method::Balanced) {
                strengths = vec![None];
            }
            for strength in strengths {
                let correction = debias.correction(strength);
                if !correction.is_none() && !corrections.contains(&correction) {
                    corrections.push(correction);
                }
            }
        }
        corrections
    }

    /// Opens the encoder and its cache for `work`, shows its progress, and lets Ctrl-C end it.
    pub(super) fn measure<T>(
        &self,
        global: &Global,
        console: &Console,
        work: impl FnOnce(&mut Bench<'_>) -> Result<T>,
    ) -> Result<T> {
        let encoder = Encoder::open(locate_model(global.model())?, &global.encoder_options())
            .map_err(Error::from)?;
        let query_means = QueryMeans::read(encoder.folder(), encoder.fingerprint())?;
        let caching = match self.cache_folder() {
            Some(folder) => CachingEncoder::new(&encoder, VectorCache::open(folder, &encoder)?),
            None => CachingEncoder::from(&encoder),
        };
        let interrupt = Interrupt::take_over(console)?;
        let mut stages = Stages::new(console);
        let mut listen = |progress: Progress| {
            stages.show(progress);
            if interrupt.is_wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let mut bench = Bench { encoder: caching, query_means, listen: &mut listen };
        match work(&mut bench) {
            Err(error) if matches!(error.downcast_ref(), Some(Error::Cancelled)) => {
                bail!(Stopped { outcome: "there are no figures yet".to_owned() })
            }
            other => other,
        }
    }

    fn cache_folder(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let default = || Some(dirs::cache_dir()?.join("mlsearch").join("eval"));
        self.cache.clone().or_else(default)
    }
}
