-- The overview is answered from a copy of the plans in memory, which asks with every page for what was written
-- since it was made. All of this is part of the mirror.
DROP TABLE mirror_counts;
DROP TABLE mirror_people;
DROP INDEX mirror_plans_by_change;
DROP INDEX mirror_plans_by_number;
DROP INDEX mirror_plans_by_phase;
DROP INDEX mirror_plans_by_author;
DROP INDEX mirror_plans_by_repo;
ALTER TABLE mirror_plans DROP COLUMN title;
ALTER TABLE mirror_plans DROP COLUMN author;
ALTER TABLE mirror_plans DROP COLUMN phase;
ALTER TABLE mirror_plans DROP COLUMN phase_rank;
ALTER TABLE mirror_plans DROP COLUMN labels;
ALTER TABLE mirror_plans DROP COLUMN dispatched_by;
ALTER TABLE mirror_plans DROP COLUMN search;
-- Who has to do with the plan (JSON).
ALTER TABLE mirror_plans ADD COLUMN people TEXT NOT NULL DEFAULT '[]';
-- The repository's version at which the row was written last.
ALTER TABLE mirror_plans ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX mirror_plans_by_version ON mirror_plans (repo, version);
CREATE INDEX mirror_plans_by_number ON mirror_plans (number);

-- Grows with every writing of its plans; `removed` is the version at which one was removed last.
ALTER TABLE mirror_repositories ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE mirror_repositories ADD COLUMN removed BIGINT NOT NULL DEFAULT 0;

-- Everything is read again, so that the new column is filled.
UPDATE mirror_repositories SET since = NULL;
