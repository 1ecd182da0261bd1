//! Attacks one target: its corpus, then mutations; briefly and always the same, or for as long as is asked for.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use sha2::{Digest as _, Sha256};

use crate::mutation::{Mutation, any_mutation};

/// How long each target goes on.
const SECONDS: &str = "CALLSYNC_FUZZ_SECONDS";
/// Mutations in a brief pass.
const BRIEF: u32 = 400;
/// Mutations between two looks at the watch.
const ROUND: u32 = 200;
/// Most changes to a seed.
const CHANGES: usize = 6;

/// What is attacked, and with what it begins.
#[derive(Debug)]
pub struct Target {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    brief: u32,
}

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
}

impl Target {
    /// With what its corpus holds.
    ///
    /// # Panics
    /// When the corpus cannot be read.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let target = Self {
            name,
            seeds: Vec::new(),
            brief: BRIEF,
        };
        let directory = corpus(name);
        if directory.is_dir() {
            target.files(&directory)
        } else {
            target
        }
    }

    /// Every file of a directory as a seed.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn files(mut self, directory: &Path) -> Self {
        let listed = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let mut files: Vec<PathBuf> = listed
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file())
            .collect();
        // The same order on every machine, so that a brief pass tries the same inputs.
        files.sort();
        for file in files {
            let seed = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            self.seeds.push(seed);
        }
        self
    }

    /// Another seed.
    #[must_use]
    pub fn seed(mut self, seed: impl Into<Vec<u8>>) -> Self {
        self.seeds.push(seed.into());
        self
    }

    /// So many mutations in a brief pass, for targets that are slow.
    #[must_use]
    pub const fn brief(mut self, brief: u32) -> Self {
        self.brief = brief;
        self
    }

    /// Hands every input to `check`, which panics when a promise is broken.
    ///
    /// # Panics
    /// With the smallest input found that breaks `check`, after writing it into the corpus.
    pub fn attack(&self, check: impl Fn(&[u8])) {
        assert!(!self.seeds.is_empty(), "{} has no seeds", self.name);
        for seed in &self.seeds {
            check(seed);
        }
        let seconds = env::var(SECONDS).ok().and_then(|text| text.parse().ok());
        let Some(seconds) = seconds else {
            let same = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
            self.round(TestRunner::new_with_rng(config(self.brief), same), &check);
            return;
        };
        let (began, long) = (Instant::now(), Duration::from_secs(seconds));
        let mut inputs = 0_u64;
        while began.elapsed() < long {
            self.round(TestRunner::new(config(ROUND)), &check);
            inputs += u64::from(ROUND);
        }
        // Past the test harness, which hides what passing tests print.
        let _ = writeln!(
            std::io::stderr().lock(),
            "{}: {inputs} inputs in {} s without a finding",
            self.name,
            began.elapsed().as_secs()
        );
    }

    fn round(&self, mut runner: TestRunner, check: &impl Fn(&[u8])) {
        let inputs = (any::<Index>(), vec(any_mutation(), 0..=CHANGES)).prop_map(|(seed, changes)| {
            let seed = self.seeds[seed.index(self.seeds.len())].clone();
            let change = |input, change: &Mutation| change.apply(input, &self.seeds);
            changes.iter().fold(seed, change)
        });
        let result = runner.run(&inputs, |input| {
            check(&input);
            Ok::<(), TestCaseError>(())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, input)) => panic!(
                "{}: {reason}\ninput, kept as {}: {:?}",
                self.name,
                keep(self.name, &input),
                String::from_utf8_lossy(&input)
            ),
            Err(TestError::Abort(reason)) => panic!("{}: {reason}", self.name),
        }
    }
}

fn config(cases: u32) -> Config {
    Config {
        cases,
        // The corpus remembers what was found, as inputs and not as states of a generator.
        failure_persistence: None,
        max_shrink_iters: 4_096,
        ..Config::default()
    }
}

/// Where the input is now.
fn keep(name: &str, input: &[u8]) -> String {
    let directory = corpus(name);
    let digest = hex::encode(&Sha256::digest(input)[..6]);
    let file = directory.join(format!("finding-{digest}"));
    // Printed as well, when there is no place for it.
    match fs::create_dir_all(&directory).and_then(|()| fs::write(&file, input)) {
        Ok(()) => file.display().to_string(),
        Err(error) => format!("nothing, {}: {error}", file.display()),
    }
}
