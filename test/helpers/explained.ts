import { type CompiledQuery, Kysely } from 'kysely'
import pg from 'pg'
import type { Test } from 'tap'
import { z } from 'zod'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { migrate } from '../../src/store/migrate.js'
import type { Schema } from '../../src/store/schema.js'
import { type PlanNode, planNode } from './plans.js'
import { createDatabase } from './postgres.js'
import { silent } from './stores.js'

const explained = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: planNode })]) })])

/** An empty, migrated database on Postgres, with a connection beside the store's, and the plans of what the store reads. */
export async function openExplained(t: Test) {
  const { url } = await createDatabase(t)
  const statements: CompiledQuery[] = []
  const db = new Kysely<Schema>({
    dialect: createPostgresDatabase(url, 1, silent).dialect,
    log: ({ query }) => {
      statements.push(query)
    },
  })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(async () => {
    await client.end()
    await db.destroy()
  })
  await migrate(db)

  return {
    url,
    db,
    client,

    /** The statement that the store itself makes is explained, and run, not a copy of it. @throws when it is not one */
    async explain(read: () => Promise<unknown>): Promise<PlanNode> {
      statements.length = 0
      await read()
      const [statement] = statements
      if (statement === undefined || statements.length !== 1) throw new Error('not one statement')
      const answer = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement.sql}`, [
        ...statement.parameters,
      ])
      const [{ 'QUERY PLAN': plan }] = explained.parse(answer.rows)
      return plan[0].Plan
    },
  }
}
