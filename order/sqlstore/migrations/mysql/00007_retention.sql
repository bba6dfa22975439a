-- +goose Up

-- 1: what was known of the shipment is forgotten, and only that there was one stays.
ALTER TABLE {p}fulfil_shipments
    ADD COLUMN /*M! IF NOT EXISTS */ forgotten SMALLINT NOT NULL DEFAULT 0,
    ADD INDEX /*M! IF NOT EXISTS */ {p}fulfil_shipments_seen (forgotten, seen_at, courier, number, generation);

-- Watches of a life, page by page.
ALTER TABLE {p}watches ADD INDEX /*M! IF NOT EXISTS */ {p}watches_life (life, courier, number, generation, carrier, role);
