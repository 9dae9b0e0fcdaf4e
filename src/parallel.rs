//! The same question asked of very many things, on the processors there are. The answer is the same as on one.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread;

/// Fewer things than this are not worth another thread.
const WORTH: usize = 50_000;
/// Most threads: others want a processor, too.
const MOST: usize = 4;

/// Looking them up reads files.
static PROCESSORS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// Those that are wanted, in their order.
pub fn filter<T: Copy + Send + Sync>(all: &[T], wanted: impl Fn(T) -> bool + Sync) -> Vec<T> {
    in_parts(all, |part, found| found.extend(part.iter().copied().filter(|one| wanted(*one))))
}

/// What becomes of each, in their order.
pub fn map<T: Copy + Sync, R: Send>(all: &[T], of: impl Fn(T) -> R + Sync) -> Vec<R> {
    in_parts(all, |part, found| found.extend(part.iter().map(|one| of(*one))))
}

/// Does something with each, in no order.
pub fn each<T: Copy + Sync>(all: &[T], act: impl Fn(T) + Sync) {
    in_parts(all, |part, _: &mut Vec<()>| part.iter().for_each(|one| act(*one)));
}

/// Cuts into parts, and puts together what they add, at most one for each.
pub fn in_parts<T: Sync, R: Send>(all: &[T], answer: impl Fn(&[T], &mut Vec<R>) + Sync) -> Vec<R> {
    let parts = (all.len() / WORTH).min(*PROCESSORS).clamp(1, MOST);
    let (here, rest) = all.split_at(all.len().div_ceil(parts));
    let answer = &answer;
    let apart = move |part: &[T]| {
        let mut found = Vec::with_capacity(part.len());
        answer(part, &mut found);
        found
    };
    let mut found = Vec::with_capacity(all.len());
    thread::scope(|scope| {
        let begin = |part| (part, thread::Builder::new().spawn_scoped(scope, move || apart(part)));
        let others: Vec<_> = rest.chunks(here.len().max(1)).map(begin).collect();
        answer(here, &mut found);
        for (part, other) in others {
            match other.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(more)) => found.extend(more),
                Ok(Err(panic)) => resume_unwind(panic),
                // There is no other thread to be had.
                Err(_) => answer(part, &mut found),
            }
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn many_are_answered_like_few() {
        for count in [0, 1, WORTH, 2 * WORTH, 7 * WORTH + 3] {
            let all: Vec<usize> = (0..count).collect();
            let odd: Vec<usize> = (0..count).filter(|one| one % 2 == 1).collect();
            assert_eq!(filter(&all, |one| one % 2 == 1), odd);
            assert_eq!(map(&odd, |one| one / 2), (0..odd.len()).collect::<Vec<_>>());
            let sum = AtomicUsize::new(0);
            each(&odd, |one| _ = sum.fetch_add(one, Ordering::Relaxed));
            assert_eq!(sum.into_inner(), odd.iter().sum::<usize>());
        }
    }
}
