-- +goose Up

-- What was learned, such as the model of the schedule, by name.
CREATE TABLE IF NOT EXISTS {p}keepsakes (
    name    VARBINARY(100) NOT NULL,
    made_at BIGINT NOT NULL,
    data    LONGBLOB NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB;
