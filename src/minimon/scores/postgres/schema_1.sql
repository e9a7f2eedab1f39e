-- Version 1 of the ledger's tables. A later version is a file of its own; this one is never changed.
--
-- Rows are added and nothing else: the triggers refuse every other change to everybody, and the rights to make one are
-- taken from the owner, too, who has to give them back to himself first.

CREATE SCHEMA minimon;
REVOKE ALL ON SCHEMA minimon FROM PUBLIC;

CREATE TABLE minimon.versions (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- What stood in a file before its first record, if the ledger was imported from one: lines of 1.3.0.
CREATE TABLE minimon.older (
    part integer PRIMARY KEY,
    data bytea NOT NULL
);

CREATE TABLE minimon.records (
    seq bigint PRIMARY KEY CHECK (seq >= 0),
    line bytea NOT NULL,                                   -- as in the file, without its line feed
    key bytea NOT NULL UNIQUE CHECK (length(key) = 16),    -- a hash of subject and nonce
    ends bigint NOT NULL,                                  -- at which byte the line ends in a file with all before it
    nodes bytea NOT NULL,                                  -- of the Merkle tree, which this leaf completes, the leaf first
    brings_key boolean NOT NULL                            -- a public key comes with it
);
CREATE INDEX records_with_keys ON minimon.records (seq) WHERE brings_key;

-- One for each batch, in its own transaction.
CREATE TABLE minimon.checkpoints (
    size bigint PRIMARY KEY,
    note bytea NOT NULL                                    -- size and root, signed (C2SP tlog-checkpoint)
);

CREATE FUNCTION minimon.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of minimon.% is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Numbers without a gap, each line behind the one that it names, its own hash at the foot of the tree.
CREATE FUNCTION minimon.check_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first bigint := (SELECT min(seq) FROM added);
    before bytea := (SELECT line FROM minimon.records WHERE seq = first - 1);
    wrong bigint := (
        SELECT min(seq) FROM (
            SELECT seq, line, nodes,
                lag(seq, 1, first - 1) OVER one_after_the_other AS last_seq,
                lag(line, 1, before) OVER one_after_the_other AS last_line
            FROM added WINDOW one_after_the_other AS (ORDER BY seq)
        ) AS pairs
        WHERE seq <> last_seq + 1
            OR substr(nodes, 1, 32) <> sha256('\x00'::bytea || line)
            OR seq > 0 AND coalesce(position(
                format(',"seq":%s,"prev":"%s",', seq, encode(sha256(last_line), 'hex'))::bytea IN substr(line, 1, 130)
            ), 0) = 0
    );
BEGIN
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'record % does not follow the ledger', wrong USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER check_added AFTER INSERT ON minimon.records
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION minimon.check_added();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON minimon.records
    FOR EACH STATEMENT EXECUTE FUNCTION minimon.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON minimon.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION minimon.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON minimon.older
    FOR EACH STATEMENT EXECUTE FUNCTION minimon.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON minimon.versions
    FOR EACH STATEMENT EXECUTE FUNCTION minimon.refuse_change();

-- Also where a session calls itself a replica.
ALTER TABLE minimon.records ENABLE ALWAYS TRIGGER check_added, ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE minimon.checkpoints ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE minimon.older ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE minimon.versions ENABLE ALWAYS TRIGGER refuse_change;

REVOKE UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA minimon FROM CURRENT_USER;
