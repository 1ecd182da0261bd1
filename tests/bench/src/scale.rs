//! How large the benchmarks are: as promised, or small for a first look.

/// Another number of records for the parts that collect, for a machine with more or less patience.
const RECORDS: &str = "BENCH_RECORDS";

/// The scale of a run.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Small numbers, a minute for everything; its figures are no proof.
    pub quick: bool,
}

impl Scale {
    /// A number as promised, or the small one.
    #[must_use]
    pub const fn pick(self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// Like [`Scale::pick`], for the number of records to collect.
    #[must_use]
    pub fn records(self, full: usize, quick: usize) -> usize {
        let asked = std::env::var(RECORDS).ok().and_then(|text| text.parse().ok());
        asked.unwrap_or_else(|| self.pick(full, quick))
    }
}
