/**
 * The schema, as the steps that led to it. A step that has been released never changes: what is to be different goes
 * into a new one at the end. New columns of sessions go to the end of both tables (columns.ts).
 *
 * There are no keys and no indexes: DuckDB keeps an index in memory and pays for it with every row. Ids are unique
 * because a commit deletes the rows that its own replace (commit.ts).
 */

import type { Migration } from './migrate.ts';

const SESSION_COLUMNS = `
  id VARCHAR NOT NULL, id_hash UINTEGER NOT NULL, source VARCHAR NOT NULL, stream VARCHAR NOT NULL,
  identity VARCHAR NOT NULL, listener VARCHAR NOT NULL, listener_hash UBIGINT NOT NULL, address VARCHAR, port BIGINT,
  user_agent VARCHAR, user_name VARCHAR, device VARCHAR, nested BIGINT NOT NULL,
  player_name VARCHAR, player_version VARCHAR, player_type VARCHAR, platform VARCHAR,
  country_code VARCHAR, region_code VARCHAR, region VARCHAR, city VARCHAR, postal_code VARCHAR,
  latitude DOUBLE, longitude DOUBLE, accuracy_km DOUBLE, time_zone VARCHAR, asn BIGINT, organization VARCHAR,
  bot BOOLEAN NOT NULL, provisional BOOLEAN NOT NULL,
  started_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, ended_at BIGINT, reason VARCHAR,
  bytes BIGINT NOT NULL, requests BIGINT NOT NULL,
  packets_up BIGINT, bytes_up BIGINT, packets_down BIGINT, bytes_down BIGINT,
  quality VARCHAR, qualities VARCHAR, title VARCHAR, details VARCHAR,
  erased BOOLEAN NOT NULL, sequence BIGINT NOT NULL`;

const FIRST: Migration = {
  summary: 'the first schema',
  apply: async (run) => {
    await run(`CREATE TABLE sessions (${SESSION_COLUMNS})`);
    await run(`CREATE TABLE open_sessions (state VARCHAR NOT NULL, ${SESSION_COLUMNS})`);
    await run(`CREATE TABLE reports (source VARCHAR NOT NULL, stream VARCHAR NOT NULL, told_at BIGINT NOT NULL,
      sequence BIGINT NOT NULL, place BIGINT NOT NULL, body VARCHAR NOT NULL)`);
    await run(`CREATE TABLE samples (source VARCHAR NOT NULL, stream VARCHAR NOT NULL, measured_at BIGINT NOT NULL,
      metric VARCHAR NOT NULL, value DOUBLE NOT NULL)`);
    await run('CREATE TABLE cursors (source VARCHAR NOT NULL, body VARCHAR NOT NULL)');
    // The residue can be large: it is kept in pieces (residue.ts).
    await run('CREATE TABLE residue (place BIGINT NOT NULL, body VARCHAR NOT NULL)');
    await run('CREATE TABLE progress (sequence BIGINT NOT NULL)');
    await run('INSERT INTO progress VALUES (0)');
  },
};

const OUTBOX: Migration = {
  summary: 'an outbox for sinks',
  apply: async (run) => {
    await run(`CREATE TABLE outbox (sequence BIGINT NOT NULL, place BIGINT NOT NULL, happened_at BIGINT NOT NULL,
      listener VARCHAR, address VARCHAR, user_name VARCHAR, body VARCHAR NOT NULL)`);
    await run('CREATE TABLE sinks (name VARCHAR NOT NULL, sequence BIGINT NOT NULL, place BIGINT NOT NULL)');
  },
};

export const MIGRATIONS: readonly Migration[] = [FIRST, OUTBOX];
