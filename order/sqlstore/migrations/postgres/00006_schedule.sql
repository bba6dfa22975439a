-- +goose Up

-- What was learned, such as the model of the schedule, by name.
CREATE TABLE IF NOT EXISTS {p}keepsakes (
    name    BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    data    BYTEA NOT NULL,
    PRIMARY KEY (name)
);

-- From when a watch may be asked beside others, before it is due; the latest time there is: never.
ALTER TABLE {p}watches ADD COLUMN early_at BIGINT NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX IF NOT EXISTS {p}watches_early ON {p}watches (life, carrier, early_at) WHERE early_at < 9223372036854775807;
