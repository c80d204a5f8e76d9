//! Runs of physical pages: the map of dumps that list what they hold as ranges.

use super::{PFN_LIMIT, PhysicalRange};
use crate::error::Defect;
use memory::Pfn;

/// Runs, ascending and apart from each other.
#[derive(Debug)]
pub(super) struct Runs(Vec<Run>);

#[derive(Clone, Copy, Debug)]
struct Run {
    /// First page frame number.
    first: u64,
    count: u64,
    /// How many pages lie in the file before this run's.
    index: u64,
}

/// A run as the file describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunDescription {
    /// Where in the file it is described.
    pub offset: u64,
    /// `BasePage`.
    pub first: u64,
    /// `PageCount`.
    pub count: u64,
}

impl Runs {
    /// The runs that `descriptions` describe, in the order of the file: the pages of each follow those of the one
    /// before, without gaps. So with the runs 1337 + 2 pages and 1400 + 1 page, page 1400 is the third in the file.
    pub fn new(descriptions: impl IntoIterator<Item = RunDescription>) -> Result<Self, Defect> {
        let mut runs = Vec::new();
        let mut index: u64 = 0;
        for RunDescription { offset, first, count } in descriptions {
            let too_large = |what, found| Defect::TooLarge { what, offset, found, limit: PFN_LIMIT };
            if first.checked_add(count).is_none_or(|end| end > PFN_LIMIT) {
                return Err(too_large("the run's last page", first.saturating_add(count)));
            }
            runs.push((offset, Run { first, count, index }));
            index = index.saturating_add(count);
            if index > PFN_LIMIT {
                return Err(too_large("the number of pages up to the run", index));
            }
        }
        runs.retain(|(_, run)| run.count != 0);
        runs.sort_by_key(|(_, run)| run.first);
        for ((_, before), (offset, run)) in runs.iter().zip(runs.iter().skip(1)) {
            if before.first + before.count > run.first {
                return Err(Defect::OverlappingRuns { offset: *offset, first: run.first, count: run.count });
            }
        }
        Ok(Self(runs.into_iter().map(|(_, run)| run).collect()))
    }

    /// How many pages lie in the file before page `page`, and how many follow from it on in its run.
    pub fn find(&self, page: u64) -> Option<(u64, u64)> {
        let after = self.0.partition_point(|run| run.first <= page);
        let run = self.0.get(after.checked_sub(1)?)?;
        let within = page.checked_sub(run.first).filter(|within| *within < run.count)?;
        Some((run.index + within, run.count - within))
    }

    pub fn page_count(&self) -> u64 {
        self.0.iter().map(|run| run.count).sum()
    }

    pub fn ranges(&self) -> impl Iterator<Item = PhysicalRange> {
        self.0.iter().map(|run| PhysicalRange { start: Pfn(run.first).address(), pages: run.count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(described: &[(u64, u64)]) -> Result<Runs, Defect> {
        let describe = |(index, &(first, count))| RunDescription { offset: 0x100 * index as u64, first, count };
        Runs::new(described.iter().enumerate().map(describe))
    }

    #[test]
    fn pages_are_counted_in_the_order_of_the_file() {
        let runs = runs(&[(1400, 1), (1337, 2)]).unwrap();
        assert_eq!(runs.find(1400), Some((0, 1)));
        assert_eq!(runs.find(1337), Some((1, 2)));
        assert_eq!(runs.find(1338), Some((2, 1)));
        assert_eq!(runs.find(1339), None);
        assert_eq!(runs.find(1336), None);
        assert_eq!(runs.page_count(), 3);
    }

    #[test]
    fn a_page_can_lie_in_one_run_only() {
        let overlap = Defect::OverlappingRuns { offset: 0x100, first: 12, count: 1 };
        assert_eq!(runs(&[(10, 4), (12, 1)]).unwrap_err(), overlap);
    }

    #[test]
    fn runs_end_where_addresses_end() {
        assert!(runs(&[(PFN_LIMIT - 1, 1)]).is_ok());
        assert!(runs(&[(PFN_LIMIT - 1, 2)]).is_err());
        assert!(runs(&[(u64::MAX, u64::MAX)]).is_err());
    }
}
