-- Several dispatches in a row: Waymark's own record, to be backed up. Times are epoch milliseconds.
CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    -- Whose token the items are dispatched with.
    account_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE batch_items (
    batch_id TEXT NOT NULL REFERENCES batches (id),
    seq BIGINT NOT NULL,
    -- What is to be dispatched (JSON).
    work TEXT NOT NULL,
    -- `waiting`, `dispatched` (then the dispatch tells the rest) or `refused` (then `problems` says why).
    state TEXT NOT NULL,
    dispatch_id TEXT,
    problems TEXT,
    PRIMARY KEY (batch_id, seq)
);

CREATE INDEX batch_items_by_state ON batch_items (state);

-- Runs that were asked to stop, until GitHub says that they have ended.
CREATE TABLE cancellations (
    repo TEXT NOT NULL,
    run BIGINT NOT NULL,
    plan BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    -- When it was forced, because asking did not help.
    forced_at BIGINT,
    PRIMARY KEY (repo, run)
);

-- Logs of jobs that are over, read once from GitHub.
CREATE TABLE mirror_logs (
    repo TEXT NOT NULL,
    job BIGINT NOT NULL,
    text TEXT NOT NULL,
    -- 1 when only the end is kept.
    cut BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (repo, job)
);
