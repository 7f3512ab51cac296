-- Dispatches that wait for their person, which the overview asks for with every page.
CREATE INDEX dispatches_stopped ON dispatches (account_id) WHERE state = 'stopped';
