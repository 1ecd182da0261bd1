//! Several measurements of one thing.

use std::{fmt, time::Duration};

/// Measurements in seconds.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Measures something `times` times.
    pub fn of(times: usize, mut measure: impl FnMut() -> Duration) -> Self {
        Self((0..times).map(|_| measure().as_secs_f64()).collect())
    }

    /// Half are below it.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    }

    fn end(&self, choose: fn(f64, f64) -> f64) -> f64 {
        self.0.iter().copied().reduce(choose).unwrap_or_default()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |seconds: f64| seconds * 1_000.0;
        let (low, high) = (ms(self.end(f64::min)), ms(self.end(f64::max)));
        write!(
            f,
            "median {:.1} ms of {} ({low:.1} to {high:.1})",
            ms(self.median()),
            self.0.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;

    #[test]
    fn median_does_not_depend_on_the_order() {
        assert_eq!(Sample(vec![3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Sample::default().median(), 0.0);
    }
}
