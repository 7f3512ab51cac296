-- Who has to do with a plan: for "mine" and "needs you". Part of the mirror.
CREATE TABLE mirror_people (
    -- In lower case.
    login TEXT NOT NULL,
    repo TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- 1 when this person wrote or dispatched the plan.
    own BIGINT NOT NULL,
    -- 1 while the plan waits for this person.
    needed BIGINT NOT NULL,
    PRIMARY KEY (login, repo, number)
);
CREATE INDEX mirror_people_of_plan ON mirror_people (repo, number);

-- A branch, pull request or run leads to its plan, whichever repository it is in.
CREATE INDEX mirror_links_by_value ON mirror_links (kind, value);

-- Everything is read again, so that the new table is filled.
UPDATE mirror_repositories SET since = NULL;

DROP INDEX mirror_plans_by_change;
DROP INDEX mirror_plans_by_phase;
CREATE INDEX mirror_plans_by_change ON mirror_plans (changed_at, repo, number, phase);
CREATE INDEX mirror_plans_by_number ON mirror_plans (number, repo, phase);
CREATE INDEX mirror_plans_by_phase ON mirror_plans (phase_rank, changed_at DESC, repo DESC, number DESC, phase);
CREATE INDEX mirror_plans_by_author ON mirror_plans (author, changed_at DESC, repo DESC, number DESC, phase);
CREATE INDEX mirror_plans_by_repo ON mirror_plans (repo, phase);

-- Text is found by an index where the server has the extension; without it the search only takes longer.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX mirror_plans_search ON mirror_plans USING gin (search gin_trgm_ops);
EXCEPTION WHEN OTHERS THEN
    NULL;
END $$;

-- Personal tokens of the API: Waymark's own record, to be backed up. Times are epoch milliseconds.
CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    -- SHA-256 of the token, as hex: whoever reads the table can not use it.
    hash TEXT NOT NULL UNIQUE,
    -- 1 when it may also change things.
    writes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT
);

CREATE INDEX api_tokens_of_account ON api_tokens (account_id, created_at);
