-- The dispatch journal: Waymark's own record, to be backed up. Times are epoch milliseconds.

CREATE TABLE drafts (
    id TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT,
    form TEXT NOT NULL,
    saved_at BIGINT NOT NULL
);

CREATE INDEX drafts_of_account ON drafts (account_id, saved_at);

CREATE TABLE dispatches (
    id TEXT NOT NULL PRIMARY KEY,
    draft_id TEXT,
    repo TEXT NOT NULL,
    issue BIGINT,
    -- Whose token the next operation is sent with: the person who acted last.
    account_id BIGINT NOT NULL,
    acts_as TEXT NOT NULL,
    dispatched_by TEXT NOT NULL,
    workflow TEXT NOT NULL,
    mode TEXT NOT NULL,
    title TEXT NOT NULL,
    instruction TEXT,
    -- What the placeholders in the operations stand for, and what is known of them (JSON).
    slots TEXT NOT NULL,
    bindings TEXT NOT NULL,
    state TEXT NOT NULL,
    -- 1 until the run is known or everything is undone.
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX dispatches_one_active_per_plan ON dispatches (repo, issue)
    WHERE active = 1 AND issue IS NOT NULL;
CREATE UNIQUE INDEX dispatches_one_per_draft ON dispatches (draft_id)
    WHERE draft_id IS NOT NULL AND state <> 'undone';
CREATE INDEX dispatches_of_plan ON dispatches (repo, issue, created_at);
CREATE INDEX dispatches_by_state ON dispatches (state);

CREATE TABLE operations (
    dispatch_id TEXT NOT NULL REFERENCES dispatches (id),
    seq BIGINT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    best_effort BIGINT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    -- The JSON that is sent, and the text that a rewrite expects to find, both with placeholders.
    body TEXT,
    expected TEXT,
    -- What a rewrite needs to apply its change to another text (JSON).
    args TEXT,
    state TEXT NOT NULL,
    -- 1 when it was sent and no answer tells what became of it: it is looked up before it is sent again.
    lost BIGINT NOT NULL,
    -- 1 when GitHub is known to have finished with the request, so that it cannot take effect later.
    settled BIGINT NOT NULL,
    -- What a lookup found that may or may not be ours (JSON).
    candidate TEXT,
    detail TEXT,
    url TEXT,
    problem TEXT,
    began_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (dispatch_id, key)
);
