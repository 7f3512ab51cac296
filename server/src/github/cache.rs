//! Answers that are kept for conditional reads, of all tokens together up to a fixed size. Those that were not
//! used for longest go first.
//!
//! An answer is kept for the one token it was given to, and only when it is whole.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashlink::LruCache;
use http::{HeaderMap, Uri};
use octocrab::service::middleware::cache::{CacheKey, CacheStorage, CacheWriter, CachedResponse};

/// Bytes of all bodies together.
const MOST: usize = 128 << 20;
/// Counted for an answer beside its body.
const OVERHEAD: usize = 1024;

/// Everything that is kept; cheap to clone.
#[derive(Clone)]
pub(super) struct Cache(Arc<Mutex<Kept>>);

struct Kept {
    answers: LruCache<(Owner, Uri), (CacheKey, CachedResponse)>,
    bytes: usize,
    most: usize,
}

/// Whose answers: a hash of the token.
type Owner = [u8; 32];

impl Default for Cache {
    fn default() -> Self {
        Cache(Arc::new(Mutex::new(Kept { answers: LruCache::new_unbounded(), bytes: 0, most: MOST })))
    }
}

impl Cache {
    /// The answers that were given to one token.
    pub(super) fn of(&self, owner: Owner) -> Owned {
        Owned { cache: self.clone(), owner }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, key: (Owner, Uri), answer: (CacheKey, CachedResponse)) {
        self.bytes += answer.1.body.len() + OVERHEAD;
        if let Some((_, before)) = self.answers.insert(key, answer) {
            self.bytes -= before.body.len() + OVERHEAD;
        }
        while self.bytes > self.most
            && let Some((_, (_, oldest))) = self.answers.remove_lru()
        {
            self.bytes -= oldest.body.len() + OVERHEAD;
        }
    }
}

pub(super) struct Owned {
    cache: Cache,
    owner: Owner,
}

impl CacheStorage for Owned {
    fn try_hit(&self, uri: &Uri) -> Option<CacheKey> {
        self.cache.kept().answers.get(&(self.owner, uri.clone())).map(|(key, _)| key.clone())
    }

    fn load(&self, uri: &Uri) -> Option<CachedResponse> {
        // What went between the question and the answer is an empty answer, which nobody takes for a document.
        let kept =
            self.cache.kept().answers.get(&(self.owner, uri.clone())).map(|(_, answer)| answer.clone());
        Some(kept.unwrap_or_default())
    }

    fn writer(&self, uri: &Uri, key: CacheKey, headers: HeaderMap) -> Box<dyn CacheWriter> {
        let response = CachedResponse { body: Vec::new(), headers };
        Box::new(Writer { cache: self.cache.clone(), key: (self.owner, uri.clone()), tag: key, response })
    }
}

struct Writer {
    cache: Cache,
    key: (Owner, Uri),
    tag: CacheKey,
    response: CachedResponse,
}

impl CacheWriter for Writer {
    fn write_body(&mut self, data: &[u8]) {
        self.response.body.extend_from_slice(data);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The writer also goes when the connection is cut in the middle of a body.
        if serde_json::from_slice::<serde::de::IgnoredAny>(&self.response.body).is_err() {
            return;
        }
        let answer = (self.tag.clone(), std::mem::take(&mut self.response));
        self.cache.kept().put(self.key.clone(), answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(cache: &Owned, path: &str, parts: &[&str]) {
        let uri = path.parse().expect("a path");
        let mut writer = cache.writer(&uri, CacheKey::ETag(path.to_owned()), HeaderMap::new());
        parts.iter().for_each(|part| writer.write_body(part.as_bytes()));
    }

    fn has(cache: &Owned, path: &str) -> bool {
        cache.try_hit(&path.parse().expect("a path")).is_some()
    }

    #[test]
    fn an_answer_is_kept_for_its_own_token_and_only_whole() {
        let all = Cache::default();
        let (one, other) = (all.of([1; 32]), all.of([2; 32]));
        write(&one, "/a", &["{\"a\"", ": 1}"]);
        write(&one, "/cut", &["{\"a\": [1, "]);
        assert!(has(&one, "/a") && !has(&other, "/a") && !has(&one, "/cut"));
        let body = |path: &str| one.load(&path.parse().expect("a path")).map(|answer| answer.body);
        assert_eq!(body("/a"), Some(b"{\"a\": 1}".to_vec()));
        assert_eq!(body("/gone"), Some(Vec::new()), "no panic for what went meanwhile");
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let all = Cache::default();
        all.kept().most = 3 * (OVERHEAD + 2);
        let one = all.of([1; 32]);
        ["/1", "/2", "/3"].iter().for_each(|path| write(&one, path, &["{}"]));
        assert!(has(&one, "/1"));
        write(&one, "/4", &["{}"]);
        write(&one, "/4", &["[]"]);
        assert_eq!(["/1", "/2", "/3", "/4"].map(|path| has(&one, path)), [true, false, true, true]);
        assert_eq!(all.kept().bytes, 3 * (OVERHEAD + 2));
    }
}
