import { z } from 'zod'

const environment = z.object({
  BENCH_POSTGRES_BINARIES: z.string(),
  BENCH_POSTGRES_FOLDER: z.string(),
  BENCH_POSTGRES_PASSWORD: z.string(),
  TEST_REDIS_SERVER: z.string(),
  TEST_CHROMIUM: z.string().optional(),
  TEST_PGBOUNCER: z.string().optional(),
})

/** What scripts/bench.mjs has found and made for the run: the programs, and an empty cluster. */
export function readEnvironment(given: NodeJS.ProcessEnv) {
  const env = environment.parse(given)
  return {
    postgres: {
      binaries: env.BENCH_POSTGRES_BINARIES,
      folder: env.BENCH_POSTGRES_FOLDER,
      password: env.BENCH_POSTGRES_PASSWORD,
    },
    redisServer: env.TEST_REDIS_SERVER,
    chromium: env.TEST_CHROMIUM,
    pgbouncer: env.TEST_PGBOUNCER,
  }
}
