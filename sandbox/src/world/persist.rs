//! The snapshot: the whole model as one JSON file, replaced as a whole, so that a killed process leaves
//! either the old world or the new one.

use std::{fs, io, path::Path};

use super::model::Model;

const FILE: &str = "world.json";

pub(super) fn load(dir: &Path) -> io::Result<Option<Model>> {
    match fs::read(dir.join(FILE)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

pub(super) fn save(dir: &Path, model: &Model) {
    let written = serde_json::to_vec(model).map_err(io::Error::other).and_then(|bytes| {
        let next = dir.join("world.json.next");
        fs::write(&next, bytes)?;
        fs::rename(&next, dir.join(FILE))
    });
    if let Err(error) = written {
        tracing::error!(%error, "the sandbox could not save its world");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_world_is_read_back() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        assert!(load(dir.path()).expect("readable").is_none());
        let model = Model { last_id: 7, ..Model::default() };
        save(dir.path(), &model);
        assert_eq!(load(dir.path()).expect("readable").map(|m| m.last_id), Some(7));
    }
}
