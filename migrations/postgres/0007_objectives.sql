-- Objectives as they were read from GitHub: droppable like the rest of the mirror. Times are epoch milliseconds.
CREATE TABLE mirror_objectives (
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    as_of BIGINT NOT NULL,
    -- Why the last read failed, in words.
    stale TEXT,
    -- The row of the list and the objective as it was read (JSON).
    summary TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (repo, number)
);

-- What changed a node: Waymark's own record, to be backed up.
CREATE TABLE objective_changes (
    id TEXT NOT NULL PRIMARY KEY,
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    node TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- The login that acted; nothing when the change was only seen on GitHub.
    who TEXT,
    -- Status, plan and pull request before and after (JSON).
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT
);
CREATE INDEX objective_changes_of_node ON objective_changes (repo, number, node, at);

-- Who lets an objective's nodes start by themselves.
CREATE TABLE objective_auto (
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    -- Nodes that may be worked on at the same time.
    most BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    -- Why it was paused, in words, when Waymark did it.
    reason TEXT,
    enabled_at BIGINT NOT NULL,
    PRIMARY KEY (repo, number)
);

-- Starts that were announced, vetoed or made.
CREATE TABLE objective_starts (
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    node TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    -- `announced`, `vetoed`, `started` or `failed`.
    state TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (repo, number, node)
);
