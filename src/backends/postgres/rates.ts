import type { RateStore, Taken } from '../../policies/rate-store.ts'
import { Refused } from '../refused.ts'
import { toIndexKey } from './index-key.ts'
import type { PostgresPool } from './pool.ts'

/**
 * The arithmetic of `counting.ts` as a function, so that one round trip decides. Rows are locked in the order of their
 * keys: two requests that take the same limits never wait for each other. What a crash loses counts from nothing
 * again, so the table is not logged and no commit waits for the disk.
 */
export const RATES_TABLE = `
CREATE UNLOGGED TABLE trestle_rates (
  key text PRIMARY KEY,
  at double precision NOT NULL DEFAULT 0,
  taken double precision NOT NULL DEFAULT 0,
  before double precision NOT NULL DEFAULT 0,
  ends double precision NOT NULL DEFAULT 0
);
CREATE INDEX trestle_rates_ends ON trestle_rates (ends);

CREATE FUNCTION trestle_take(
  keys text[], strategies text[], counts double precision[], windows double precision[],
  bursts double precision[], costs double precision[]
) RETURNS double precision[] LANGUAGE plpgsql AS $$
DECLARE
  n integer := cardinality(keys);
  known trestle_rates[];
  one_row trestle_rates;
  now double precision;
  one double precision; began double precision; rest double precision; weight double precision;
  taken double precision; last double precision; counted double precision; room double precision;
  ats double precision[]; takens double precision[]; befores double precision[]; ends_at double precision[];
  waits double precision[]; lefts double precision[]; left_resets double precision[];
  dones double precision[]; done_resets double precision[];
  every boolean := true;
  reply double precision[] := '{}';
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  INSERT INTO trestle_rates (key) SELECT DISTINCT k FROM unnest(keys) AS k ORDER BY k ON CONFLICT DO NOTHING;
  PERFORM 1 FROM trestle_rates WHERE key = ANY (keys) ORDER BY key FOR UPDATE;
  now := extract(epoch FROM clock_timestamp()) * 1000;
  FOR i IN 1..n LOOP
    SELECT * INTO one_row FROM trestle_rates WHERE key = keys[i];
    IF strategies[i] = 'token-bucket' THEN
      one := windows[i] / counts[i];
      last := greatest(one_row.at, now);
      ats[i] := last + costs[i] * one;
      takens[i] := 0; befores[i] := 0; ends_at[i] := ats[i];
      waits[i] := ats[i] - now - bursts[i] * one;
      IF waits[i] <= one * 1e-6 THEN waits[i] := 0; END IF;
      lefts[i] := greatest(0, floor(bursts[i] - (last - now) / one + 1e-6));
      left_resets[i] := last - now;
      dones[i] := greatest(0, floor(bursts[i] - (ats[i] - now) / one + 1e-6));
      done_resets[i] := ats[i] - now;
    ELSE
      began := floor(now / windows[i]) * windows[i];
      IF one_row.at = began THEN taken := one_row.taken; last := one_row.before;
      ELSIF one_row.at = began - windows[i] THEN taken := 0; last := one_row.taken;
      ELSE taken := 0; last := 0; END IF;
      counted := CASE WHEN strategies[i] = 'sliding-window' THEN last ELSE 0 END;
      rest := began + windows[i] - now;
      weight := counted * rest / windows[i];
      IF taken + weight + costs[i] <= counts[i] + 1e-6 THEN waits[i] := 0;
      ELSIF strategies[i] = 'fixed-window' THEN waits[i] := greatest(1, rest);
      ELSE
        room := counts[i] - costs[i];
        IF taken <= room THEN waits[i] := greatest(1, rest - (room - taken) / counted * windows[i]);
        ELSE waits[i] := greatest(1, rest + greatest(0, 1 - greatest(0, room) / taken) * windows[i]); END IF;
      END IF;
      ats[i] := began; takens[i] := taken + costs[i]; befores[i] := last; ends_at[i] := began + 2 * windows[i];
      lefts[i] := greatest(0, floor(counts[i] - taken - weight + 1e-6));
      dones[i] := greatest(0, floor(counts[i] - taken - costs[i] - weight + 1e-6));
      left_resets[i] := rest + CASE WHEN strategies[i] = 'sliding-window' AND taken > 0 THEN windows[i] ELSE 0 END;
      done_resets[i] := rest + CASE WHEN strategies[i] = 'sliding-window' THEN windows[i] ELSE 0 END;
    END IF;
    IF waits[i] > 0 THEN every := false; END IF;
  END LOOP;
  FOR i IN 1..n LOOP
    IF every THEN
      -- To the minute: a row whose indexed columns stay as they are is changed where it is, and no index grows.
      UPDATE trestle_rates SET at = ats[i], taken = takens[i], before = befores[i], ends = ceil(ends_at[i] / 60000) * 60000
      WHERE key = keys[i];
      reply := reply || ARRAY[dones[i], done_resets[i], waits[i]];
    ELSE
      reply := reply || ARRAY[lefts[i], left_resets[i], waits[i]];
    END IF;
  END LOOP;
  RETURN reply;
END $$;
`

/** Decisions after which rows that do not matter any more are looked for. */
const SWEEP_EACH = 1000

/** Counts in Postgres, one round trip for each request. */
export function createPostgresRates({ use }: PostgresPool): RateStore {
  const refused = new Refused()
  let decisions = 0
  const sweep = (): void => {
    const gone = `DELETE FROM trestle_rates WHERE key IN (
      SELECT key FROM trestle_rates WHERE ends < extract(epoch FROM clock_timestamp()) * 1000
      LIMIT 5000 FOR UPDATE SKIP LOCKED)`
    use((client) => client.query(gone)).catch(() => {})
  }
  return {
    take: async (takes) => {
      const known = refused.answer(takes)
      if (known !== undefined) return known
      const values = [
        takes.map(({ key }) => toIndexKey(key)),
        takes.map(({ strategy }) => strategy),
        takes.map(({ count }) => count),
        takes.map(({ window }) => window),
        takes.map(({ burst }) => burst),
        takes.map(({ cost }) => cost),
      ]
      const text = 'SELECT trestle_take($1, $2, $3, $4, $5, $6) AS told'
      const answer = await use(async (client) => {
        // Who stood in line behind a refusal is answered by it.
        const known = refused.answer(takes)
        if (known !== undefined) return known
        return client.query<{ told: readonly number[] }>({ name: 'trestle_take', text, values })
      })
      if (!('rows' in answer)) return answer
      if (++decisions % SWEEP_EACH === 0) sweep()
      const told = answer.rows[0]?.told ?? []
      const taken = takes.map((_, index): Taken => {
        const [remaining = 0, reset = 0, retryAfter = 0] = told.slice(index * 3)
        return { allowed: retryAfter === 0, remaining, reset, retryAfter }
      })
      return refused.note(takes, taken)
    },
  }
}
