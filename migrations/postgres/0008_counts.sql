-- How many plans of each phase a repository has, so that the overview counts none. Part of the mirror.
CREATE TABLE mirror_counts (
    repo TEXT NOT NULL,
    phase TEXT NOT NULL,
    plans BIGINT NOT NULL,
    PRIMARY KEY (repo, phase)
);
INSERT INTO mirror_counts SELECT repo, phase, COUNT(*) FROM mirror_plans GROUP BY repo, phase;

-- The views of one person are answered from here alone.
DROP TABLE mirror_people;
CREATE TABLE mirror_people (
    -- In lower case.
    login TEXT NOT NULL,
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- 1 when this person wrote or dispatched the plan.
    own BIGINT NOT NULL,
    -- 1 while the plan waits for this person.
    needed BIGINT NOT NULL,
    -- As in mirror_plans.
    phase TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (login, repo, number)
);
CREATE INDEX mirror_people_of_plan ON mirror_people (repo, number);
CREATE INDEX mirror_people_own ON mirror_people (login, own, changed_at, repo, number, phase);
CREATE INDEX mirror_people_needed ON mirror_people (login, needed, changed_at, repo, number, phase);

-- Everything is read again, so that the table is filled.
UPDATE mirror_repositories SET since = NULL;
