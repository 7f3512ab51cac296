-- Who acted in a dispatch: what one of them made is the dispatch's own (JSON, account ids).
ALTER TABLE dispatches ADD COLUMN actors TEXT NOT NULL DEFAULT '[]';
UPDATE dispatches SET actors = '[' || account_id || ']';
UPDATE dispatches SET actors = '[' || account_id || ',' ||
        (SELECT MIN(a.id) FROM accounts a WHERE a.login = dispatches.dispatched_by) || ']'
    WHERE EXISTS (SELECT 1 FROM accounts a
        WHERE a.login = dispatches.dispatched_by AND a.id <> dispatches.account_id);

-- The node of an objective that a dispatch is for. One dispatch at a time holds it: until the next one
-- that was begun in view of what this one wrote.
ALTER TABLE dispatches ADD COLUMN objective BIGINT;
ALTER TABLE dispatches ADD COLUMN node TEXT;
ALTER TABLE dispatches ADD COLUMN claims_node BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX dispatches_one_claim_per_node ON dispatches (repo, objective, node)
    WHERE claims_node = 1;
