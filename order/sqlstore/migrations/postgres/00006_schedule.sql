-- +goose Up

-- What was learned, such as the model of the schedule, by name.
CREATE TABLE IF NOT EXISTS {p}keepsakes (
    name    BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    data    BYTEA NOT NULL,
    PRIMARY KEY (name)
);
