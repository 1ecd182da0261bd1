//! Random sequences of operations, held against a model: always the same ones, or `CALLSYNC_MODEL_CASES` new ones.

use std::{env, fmt::Debug};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

/// How many new cases instead of the usual ones.
const CASES: &str = "CALLSYNC_MODEL_CASES";

/// Hands `cases` values of a strategy to `check`, which panics when a promise is broken.
///
/// # Panics
/// With the simplest value found that breaks `check`.
pub fn hold<S>(cases: u32, values: S, check: impl Fn(S::Value))
where
    S: Strategy,
    S::Value: Debug + Clone,
{
    let asked = env::var(CASES).ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 2_048,
        ..Config::default()
    };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let result = runner.run(&values, |value| {
        check(value);
        Ok::<(), TestCaseError>(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
