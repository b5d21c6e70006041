//! Rankings of one query: by the scores as they are or corrected, and what tells them apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mlsearch_index::{
    Key, Label, LabelFilter, Neighbor, SearchParams, SearchRequest, Selection, Snapshot,
};

use crate::answer::{Hit, SearchReport};
use crate::bias::{
    self, BiasReport, Corrected, Correction, Counterfactual, HitBias, Method, Offsets, Profile,
    Profiles, QueryMeans, Ranked, Scope, dot, interleave,
};
use crate::query::BiasDetail;
use crate::{Detection, LanguageShare, Query, Result, field_value, filterable};

/// A query, ready to be ranked by one correction or another.
pub(crate) struct Ranker<'search> {
    pub(crate) snapshot: &'search Snapshot,
    pub(crate) vector: &'search [f32],
    pub(crate) labels: LabelFilter,
    pub(crate) selection: Option<&'search Selection>,
    pub(crate) params: SearchParams,
    /// Whether every language has a ranking of its own.
    pub(crate) per_language: bool,
}

impl Ranker<'_> {
    /// The documents nearest by a correction.
    pub(crate) fn rank(
        &self,
        correction: Correction,
        corrected: &Corrected,
    ) -> Result<Vec<Neighbor>> {
        let request = self.request(corrected);
        let balanced = correction.method == Method::Balanced && !correction.is_none();
        if !self.per_language && !balanced {
            return Ok(self.snapshot.search(&request)?);
        }
        let labels = self.snapshot.labels().into_keys().filter(|label| self.labels.admits(*label));
        let mut lists = labels
            .map(|label| {
                let labels = LabelFilter::Only(BTreeSet::from([label]));
                Ok(self.snapshot.search(&SearchRequest { labels, ..request.clone() })?)
            })
            .collect::<Result<Vec<_>>>()?;
        if !self.per_language {
            return Ok(interleave(&lists, self.params.k));
        }
        lists.retain(|list| !list.is_empty());
        lists.sort_by(|a, b| {
            let (a, b) = (&a[0], &b[0]);
            a.distance.total_cmp(&b.distance).then(a.label.cmp(&b.label))
        });
        Ok(lists.into_iter().flatten().collect())
    }

    /// The cosine of the query and a document of its ranking.
    pub(crate) fn score(&self, corrected: &Corrected, neighbor: &Neighbor) -> Result<f32> {
        if *corrected == Corrected::default() {
            // The cosine distance is 1 - cosine.
            return Ok(1.0 - neighbor.distance);
        }
        Ok(dot(self.vector, &self.snapshot.record(neighbor.address)?.vector))
    }

    /// How the nearest are looked for.
    pub(crate) fn report(&self, corrected: &Corrected) -> SearchReport {
        let request = self.request(corrected);
        match self.snapshot.is_exact(&request) {
            true => SearchReport::EXACT,
            false => SearchReport { exact: false, ef: Some(self.snapshot.ef(&request)) },
        }
    }

    fn request<'a>(&'a self, corrected: &'a Corrected) -> SearchRequest<'a> {
        SearchRequest {
            vector: corrected.vector.as_deref().unwrap_or(self.vector),
            params: self.params,
            labels: self.labels.clone(),
            selection: self.selection,
            adjustments: corrected.adjustments.as_ref(),
        }
    }
}

/// The documents that a query searches, and how their languages stand to it.
pub(crate) struct PoolScope<'view> {
    profiles: &'view Profiles,
    offsets: Offsets,
    pool: BTreeMap<Label, u64>,
    /// The languages of the query.
    asked: &'view [LanguageShare],
    query_means: &'view QueryMeans,
}

impl<'view> PoolScope<'view> {
    pub(crate) fn of(
        ranker: &Ranker,
        profiles: &'view Profiles,
        asked: &'view [LanguageShare],
        query_means: &'view QueryMeans,
    ) -> Result<Self> {
        let mut pool = match ranker.selection {
            Some(selection) => ranker.snapshot.labels_of(selection)?,
            None => ranker.snapshot.labels(),
        };
        pool.retain(|label, _| ranker.labels.admits(*label));
        let offsets = Offsets::of(ranker.vector, profiles, |label| pool.contains_key(&label));
        Ok(Self { profiles, offsets, pool, asked, query_means })
    }

    /// What a correction changes for a query in the languages `asked`: nothing where all that is
    /// searched is in one of them.
    pub(crate) fn correct(&self, vector: &[f32], correction: Correction) -> Corrected {
        let own = |profile: &Profile| {
            self.asked.iter().any(|of| of.language.same_language(&profile.language))
        };
        if let [only] = &self.offsets.languages[..]
            && own(&self.profiles.languages[only.profile])
        {
            return Corrected::default();
        }
        let mean = match correction.method {
            Method::Center => self.query_means.of(self.asked),
            _ => None,
        };
        bias::correct(vector, correction, &self.offsets, self.profiles, mean.as_deref())
    }
}

/// What a report is made of.
pub(crate) struct Explanation<'search> {
    pub(crate) scope: &'search PoolScope<'search>,
    pub(crate) ranker: &'search Ranker<'search>,
    /// What the ranking was ranked by.
    pub(crate) corrected: &'search Corrected,
    /// Whether the index keeps documents by group.
    pub(crate) has_groups: bool,
}

impl Explanation<'_> {
    /// The report of a ranking; puts what each hit owes to its language into the hits.
    pub(crate) fn of(
        &self,
        query: &Query,
        detected: &Detection,
        ranking: &[Neighbor],
        hits: &mut [Hit],
        id_of: impl Fn(&Neighbor) -> Result<String>,
    ) -> Result<BiasReport> {
        let PoolScope { profiles, offsets, pool, .. } = self.scope;
        let mut found: Vec<(&Neighbor, &Hit)> = ranking.iter().zip(&*hits).collect();
        if self.ranker.per_language {
            // Languages one after the other are no ranking: told is how their hits would rank.
            found.sort_by(|(a, _), (b, _)| a.distance.total_cmp(&b.distance));
        }
        let ranked: Vec<Ranked> = found
            .iter()
            .map(|(neighbor, hit)| Ranked { label: neighbor.label, group: hit.group.as_deref() })
            .collect();
        let group_sizes = self.group_sizes(hits)?;
        let scope = Scope { offsets, profiles, pool, detected, group_sizes: &group_sizes };
        let mut report = bias::report(scope, &ranked);
        let mut other_places: HashMap<Key, usize> = HashMap::new();
        // A correction is about languages beside each other: language by language there is no such
        // ranking to compare.
        let one_ranking = !self.ranker.per_language;
        if one_ranking && query.bias == BiasDetail::Counterfactual && offsets.languages.len() > 1 {
            let correction = match query.correction.is_none() {
                true => Correction::new(Method::Center),
                false => Correction::default(),
            };
            let corrected = self.scope.correct(self.ranker.vector, correction);
            let other = self.ranker.rank(correction, &corrected)?;
            other_places = other.iter().map(|neighbor| neighbor.key).zip(1..).collect();
            let ids = other.iter().map(id_of).collect::<Result<Vec<String>>>()?;
            let given: Vec<String> = hits.iter().map(|hit| hit.id.clone()).collect();
            report.counterfactual = Some(Counterfactual::of(correction, &given, &ids));
        }
        let is_plain = *self.corrected == Corrected::default();
        for (hit, neighbor) in hits.iter_mut().zip(ranking) {
            let offset = offsets.offset(neighbor.label) as f32;
            hit.bias = Some(HitBias {
                offset,
                corrected_score: match is_plain {
                    true => hit.score - offset,
                    false => 1.0 - neighbor.distance,
                },
                other_rank: other_places.get(&neighbor.key).copied(),
            });
        }
        Ok(report)
    }

    /// The documents of each hit's group that were searched; of none if the index cannot tell.
    fn group_sizes<'hits>(&self, hits: &'hits [Hit]) -> Result<BTreeMap<&'hits str, usize>> {
        let mut sizes = BTreeMap::new();
        let groups = hits.iter().filter_map(|hit| hit.group.as_deref());
        for group in groups.filter(|_| self.has_groups) {
            if sizes.contains_key(group) {
                continue;
            }
            let value = field_value::from_text(group);
            let members = self.ranker.snapshot.with_value(filterable::GROUP, &value)?;
            let searched = members.iter().filter(|(address, label)| {
                let selected = self.ranker.selection.is_none_or(|of| of.contains(*address));
                selected && self.ranker.labels.admits(*label)
            });
            sizes.insert(group, searched.count());
        }
        Ok(sizes)
    }
}
