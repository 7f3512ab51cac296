-- Who connected a repository: Waymark's own record, to be backed up. Times are epoch milliseconds.
CREATE TABLE connections (
    repo TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    connected_at BIGINT NOT NULL
);

-- The mirror: droppable, rebuilt from GitHub alone.
CREATE TABLE mirror_repositories (
    repo TEXT NOT NULL PRIMARY KEY,
    private BIGINT NOT NULL,
    archived BIGINT NOT NULL,
    default_branch TEXT NOT NULL,
    description TEXT,
    -- Merge methods the repository allows, separated by commas.
    methods TEXT NOT NULL,
    -- The last complete read, and the newest change it saw (as GitHub writes it).
    synced_at BIGINT,
    since TEXT,
    -- Why the mirror is old, in words.
    stale TEXT
);

CREATE TABLE mirror_plans (
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    phase TEXT NOT NULL,
    phase_rank BIGINT NOT NULL,
    -- 1 when nothing more is expected to happen by itself.
    ended BIGINT NOT NULL,
    -- Names between commas, with a comma at both ends.
    labels TEXT NOT NULL,
    objective BIGINT,
    dispatched_by TEXT,
    -- Lower case: what the text filter looks in.
    search TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    -- Why the last read failed, in words.
    stale TEXT,
    -- The row of the overview and the plan as it was read (JSON).
    summary TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (repo, number)
);

CREATE INDEX mirror_plans_by_change ON mirror_plans (changed_at);
CREATE INDEX mirror_plans_by_phase ON mirror_plans (phase, changed_at);

-- By what a delivery is led to its plan.
CREATE TABLE mirror_links (
    repo TEXT NOT NULL,
    -- `run`, `pull`, `branch` or `sha`.
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (repo, kind, value, number)
);
CREATE INDEX mirror_links_of_plan ON mirror_links (repo, number);
