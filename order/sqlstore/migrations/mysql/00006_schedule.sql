-- +goose Up

-- What was learned, such as the model of the schedule, by name.
CREATE TABLE IF NOT EXISTS {p}keepsakes (
    name    VARBINARY(100) NOT NULL,
    made_at BIGINT NOT NULL,
    data    LONGBLOB NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB;

-- From when a watch may be asked beside others, before it is due; the latest time there is: never.
ALTER TABLE {p}watches
    ADD COLUMN early_at BIGINT NOT NULL DEFAULT 9223372036854775807,
    ADD INDEX {p}watches_early (life, carrier, early_at);
