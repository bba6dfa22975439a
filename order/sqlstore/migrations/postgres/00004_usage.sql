-- +goose Up

-- What carriers were asked, by Korean day (2006-01-02) and by month (2006-01): a day counts in both of its rows.
CREATE TABLE IF NOT EXISTS {p}usage (
    carrier   TEXT COLLATE "C" NOT NULL,
    period    TEXT COLLATE "C" NOT NULL,
    units     BIGINT NOT NULL, -- reserved, and not given back: what may be charged for
    calls     BIGINT NOT NULL,
    asked     BIGINT NOT NULL, -- waybills
    found     BIGINT NOT NULL,
    not_found BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    won       BIGINT NOT NULL, -- price of the asks that are charged for, or may be
    PRIMARY KEY (carrier, period)
);
